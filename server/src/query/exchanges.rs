//! Exchanges of points into money: those whose day has come, those of the office's list; and what the office took away.

use kinchaku_protocol::ids::{ClassId, DocId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::expiry;
use kinchaku_protocol::time::Day;

use super::Reader;
use super::lists::columns;
use crate::ledger::rows::LotRow;
use crate::points::rows::{BalanceRow, ExtendingRow, ForfeitRow};
use crate::sale::rows::{ExchangeRow, ExchangeState};
use crate::store::StoreError;
use crate::store::table::{Column, Value};

impl Reader {
    /// Exchanges whose day has come and that wait, the longest due first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn exchanges_due(&self, today: Day, limit: u32) -> Result<Vec<DocId>, StoreError> {
        let sql = "select id from exchanges where muni = $1 and state = $2 and due <= $3 order by due, id limit $4";
        let parameters = vec![ExchangeState::Waiting.to_value(), today.to_value(), limit.to_value()];
        let rows = self.store.report(self.town, sql, parameters).await?;
        let id = |row: &Vec<Value>| {
            let [id] = columns(row)?;
            Ok(DocId::from_value(id)?)
        };
        rows.iter().map(id).collect()
    }

    /// Exchanges after one of them, by their number; in one state alone where one is named.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn exchanges(
        &self,
        state: Option<ExchangeState>,
        after: Option<DocId>,
        limit: u32,
    ) -> Result<Vec<ExchangeRow>, StoreError> {
        let sql = "select id, programme, account, source, points, step, gives, class, amount, asked_at, due, state, \
                   taken, lot, tran_id, granted_at from exchanges where muni = $1 and id > $2 \
                   and state >= $3 and state <= $4 order by id limit $5";
        let after = after.map_or_else(|| Value::Bytes(Vec::new()), |id| id.to_value());
        let least = state.unwrap_or(ExchangeState::Waiting).to_value();
        let most = state.unwrap_or(ExchangeState::Granted).to_value();
        self.read(sql, vec![after, least, most, limit.to_value()]).await
    }

    /// The exchanges of an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn exchanges_of(&self, account: u64) -> Result<Vec<ExchangeRow>, StoreError> {
        self.among("account", vec![account.to_value()]).await
    }

    /// What the office took away, by its key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forfeit(&self, id: DocId) -> Result<Option<ForfeitRow>, StoreError> {
        self.one("id", &id).await
    }

    /// What the office took away from an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forfeits_of(&self, account: u64) -> Result<Vec<ForfeitRow>, StoreError> {
        self.among("account", vec![account.to_value()]).await
    }

    /// How much of a class an account could give up today: what nothing holds and is not owed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn free_of(&self, account: u64, class: ClassId, today: Day) -> Result<Amount, StoreError> {
        let lots: Vec<LotRow> = self.among("account", vec![account.to_value()]).await?;
        let ends: Vec<ExtendingRow> = self.among("account", vec![account.to_value()]).await?;
        let whole = ends.iter().find(|row| row.class == class).and_then(|row| row.until);
        let own = lots.iter().filter(|lot| lot.class == class);
        let usable = own.filter(|lot| expiry::usable(lot.until.or(whole), today));
        let free = Amount::sum(usable.map(|lot| lot.remaining.less(lot.held))).unwrap_or(Amount::MAX);
        let owed: Vec<BalanceRow> = self.owed(account).await?;
        let owed = owed.iter().find(|row| row.class == class);
        Ok(free.less(owed.map_or(Amount::ZERO, |row| row.owed)))
    }
}
