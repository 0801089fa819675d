//! Tokens and what was done with them.

use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::time::Time;

use super::Reader;
use super::lists::columns;
use crate::access::rows::{OfficeDeedRow, TokenRow};
use crate::store::StoreError;
use crate::store::table::Column as _;

impl Reader {
    /// The token with this hash, whether it is still good or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn token(&self, hash: DocId) -> Result<Option<TokenRow>, StoreError> {
        self.one("hash", &hash).await
    }

    /// Every token, by its number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tokens(&self) -> Result<Vec<TokenRow>, StoreError> {
        let mut tokens: Vec<TokenRow> = self.all().await?;
        tokens.sort_by_key(|token| token.id);
        Ok(tokens)
    }

    /// What was done after a line, in its order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn office_log_after(&self, after: u64, limit: u32) -> Result<Vec<OfficeDeedRow>, StoreError> {
        let sql = "select id, token, deed, target, at, device from office_log where muni = $1 and id > $2 \
                   order by id limit $3";
        let parameters = vec![after.to_value(), limit.to_value()];
        let rows = self.store.report(self.town, sql, parameters).await?;
        let deed = |row: &Vec<_>| {
            let [id, token, deed, target, at, device] = columns(row)?;
            Ok(OfficeDeedRow {
                id: u64::from_value(id)?,
                token: u64::from_value(token)?,
                deed: String::from_value(deed)?,
                target: String::from_value(target)?,
                at: Time::from_value(at)?,
                device: Option::from_value(device)?,
            })
        };
        rows.iter().map(deed).collect()
    }
}
