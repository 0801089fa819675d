//! The lists of the console and the operator: the trial balance, a shop's payments, what forks cost.

use kinchaku_protocol::doc::{FactKind, Reason};
use kinchaku_protocol::ids::{ClassId, DocId, MarkId, Pid};
use kinchaku_protocol::money::{Amount, Signed};
use kinchaku_protocol::time::Time;

use super::Reader;
use crate::command::NewShop;
use crate::ledger::rows::{AccountRow, Book, BusinessRow, ClassRow, IntentRow, ShopRow, ShopSetRow};
use crate::store::StoreError;
use crate::store::table::{BadValue, Column, Value};

/// What one ledger account holds of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrialLine {
    /// Which value.
    pub class: ClassId,
    /// Which account of the ledger, over all parties.
    pub book: Book,
    /// Its sum.
    pub sum: Signed,
}

/// A payment as the shop's list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    /// The payment.
    pub intent: DocId,
    /// The sheet.
    pub mark: MarkId,
    /// The whole of it.
    pub total: Amount,
    /// The kind of its last fact.
    pub status: FactKind,
    /// Why it is not paid.
    pub reason: Reason,
    /// When it happened.
    pub occurred_at: Time,
    /// When the books took it.
    pub posted_at: Time,
    /// Its rows in the transaction list (F113, F114).
    pub rows: Vec<BusinessRow>,
}

/// What a holder's forks cost the scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// The pseudonym under which it happened.
    pub holder: Pid,
    /// Whose it is.
    pub account: u64,
    /// Which value.
    pub class: ClassId,
    /// How much.
    pub lost: Amount,
}

impl Reader {
    /// Every ledger account by class; for each class the sums add up to zero (I1).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn trial_balance(&self) -> Result<Vec<TrialLine>, StoreError> {
        let sql = "select class, book, cast(sum(amount) as bigint) from postings where muni = $1 \
                   group by class, book order by class, book";
        let rows = self.store.report(self.town, sql, Vec::new()).await?;
        rows.iter()
            .map(|row| {
                let [class, book, sum] = columns(row)?;
                Ok(TrialLine {
                    class: ClassId::from_value(class)?,
                    book: Book::from_value(book)?,
                    sum: Signed::from_value(sum)?,
                })
            })
            .collect()
    }

    /// What a shop is owed, by class.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn payable(&self, shop: Pid) -> Result<Vec<(ClassId, Signed)>, StoreError> {
        let sql = "select class, cast(sum(amount) as bigint) from postings \
                   where muni = $1 and book = $2 and party = $3 group by class order by class";
        let parameters = vec![Book::ShopPayable.to_value(), shop.to_value()];
        let rows = self.store.report(self.town, sql, parameters).await?;
        rows.iter()
            .map(|row| {
                let [class, sum] = columns(row)?;
                Ok((ClassId::from_value(class)?, Signed::from_value(sum)?))
            })
            .collect()
    }

    /// A shop's payments, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn shop_sales(&self, shop: Pid) -> Result<Vec<Sale>, StoreError> {
        let intents = self.among::<IntentRow>("shop", vec![shop.to_value()]).await?;
        let rows = self.among::<BusinessRow>("shop", vec![shop.to_value()]).await?;
        let mut sales: Vec<Sale> = intents
            .into_iter()
            .map(|intent| Sale {
                intent: intent.id,
                mark: intent.mark,
                total: intent.total,
                status: intent.status,
                reason: intent.reason,
                occurred_at: intent.occurred_at,
                posted_at: intent.posted_at,
                rows: rows
                    .iter()
                    .filter(|row| row.intent == Some(intent.id))
                    .cloned()
                    .collect(),
            })
            .collect();
        sales.sort_by_key(|sale| (sale.occurred_at, sale.intent));
        Ok(sales)
    }

    /// What forks cost, by holder and class.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn exposure(&self) -> Result<Vec<Exposure>, StoreError> {
        let sql = "select a.holder, a.account, l.class, cast(sum(l.lost) as bigint) from hold_lines l \
                   join allowances a on a.muni = l.muni and a.reference = l.hold \
                   where l.muni = $1 and l.lost > 0 group by a.holder, a.account, l.class \
                   order by a.holder, a.account, l.class";
        let rows = self.store.report(self.town, sql, Vec::new()).await?;
        rows.iter()
            .map(|row| {
                let [holder, account, class, lost] = columns(row)?;
                Ok(Exposure {
                    holder: Pid::from_value(holder)?,
                    account: u64::from_value(account)?,
                    class: ClassId::from_value(class)?,
                    lost: Amount::from_value(lost)?,
                })
            })
            .collect()
    }

    /// Every class.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn class_list(&self) -> Result<Vec<ClassRow>, StoreError> {
        self.all().await
    }

    /// Every shop.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn shop_list(&self) -> Result<Vec<NewShop>, StoreError> {
        let sets = self.all::<ShopSetRow>().await?;
        let shops = self.all::<ShopRow>().await?;
        let mut sets = super::sets_of(sets);
        Ok(shops.into_iter().map(|row| super::new_shop(row, &mut sets)).collect())
    }

    /// Those of these shops that there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn shops_among(&self, shops: Vec<Pid>) -> Result<Vec<NewShop>, StoreError> {
        let shops: Vec<Value> = shops.iter().map(Column::to_value).collect();
        let mut sets = super::sets_of(self.among("shop", shops.clone()).await?);
        let rows: Vec<ShopRow> = self.among("shop", shops).await?;
        Ok(rows.into_iter().map(|row| super::new_shop(row, &mut sets)).collect())
    }

    /// An account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn account_by_number(&self, id: u64) -> Result<Option<AccountRow>, StoreError> {
        self.one("id", &id).await
    }
}

/// A report's row with exactly so many columns.
pub(crate) fn columns<const N: usize>(row: &[Value]) -> Result<&[Value; N], StoreError> {
    row.try_into().map_err(|_| StoreError::Value(BadValue))
}
