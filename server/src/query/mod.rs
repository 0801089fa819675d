//! What can be read of a town's books without the lane: nothing here changes anything.
//!
//! - [`pull`]: what changed for one device since a cursor
//! - [`lists`]: the lists of the console and of the operator
//! - [`access`], [`setup`]: tokens and what was done with them; the folder in force, and how far its programmes are
//! - [`members`], `exchanges`: what an account has, and gave up
//! - [`people`]: cards and persons, sealed
//! - [`transactions`], [`results`], [`settlement`]: what shops and the office see of payments and of what is paid
//! - [`audit`]: the invariants of the books, and the hash two databases must agree on

pub mod access;
pub mod audit;
mod exchanges;
pub mod lists;
pub mod members;
mod offers;
mod page_rows;
mod page_standing;
pub mod people;
mod programmes;
pub mod pull;
pub mod results;
pub mod sales;
pub mod settlement;
pub mod setup;
pub mod transactions;

use std::collections::BTreeMap;
use std::sync::Arc;

use kinchaku_protocol::doc::Role;
use kinchaku_protocol::ids::{Pid, Ref, SetId};
use kinchaku_protocol::signature::PublicKey;
use kinchaku_protocol::time::Time;

use crate::command::{NewShop, Town};
use crate::ledger::decide::NOW;
use crate::ledger::rows::{CounterRow, DeviceDocRow, DeviceRow, IntentRow, MarkRow, ShopRow, ShopSetRow};
use crate::ledger::stop::EPOCH;
use crate::store::table::{Column, Table, Value};
use crate::store::{Query, Store, StoreError, Which};

/// Reads a town's books.
#[derive(Clone)]
pub struct Reader {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) town: Town,
    known: programmes::Known,
}

/// A device as the server knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// Its number.
    pub id: u64,
    /// Its newest document.
    pub reference: Ref,
    /// As what.
    pub role: Role,
    /// Its owner as its document says it.
    pub owner: Pid,
    /// The account, for wallets.
    pub account: Option<u64>,
    /// K_sync.
    pub sync_key: PublicKey,
    /// Until when the document that was asked for is good.
    pub expires: Time,
    /// Whether it was stopped.
    pub revoked: bool,
}

impl Reader {
    /// Of these books.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, town: Town) -> Self {
        Self {
            store,
            town,
            known: programmes::Known::default(),
        }
    }

    /// The device a document names, to check a request of it. A renewed device may still use the
    /// document before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn device(&self, reference: Ref) -> Result<Option<Enrolled>, StoreError> {
        let Some(document) = self.one::<DeviceDocRow>("reference", &reference).await? else {
            return Ok(None);
        };
        let device = self.one::<DeviceRow>("id", &document.device).await?;
        Ok(device.map(|device| Enrolled {
            id: device.id,
            reference: device.current,
            role: device.role,
            owner: device.owner,
            account: device.account,
            sync_key: device.sync_key,
            expires: document.expires,
            revoked: device.revoked,
        }))
    }

    /// The newest bulletin that was signed; none before the first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn bulletin(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "select doc from bulletins where muni = $1 order by epoch desc limit 1";
        let newest = self.store.report(self.town, sql, Vec::new()).await?.pop();
        match newest.as_deref() {
            Some([doc]) => Ok(Some(Vec::from_value(doc)?)),
            _ => Ok(None),
        }
    }

    /// The epoch of the bulletin in force; 0 before the first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn epoch(&self) -> Result<u32, StoreError> {
        let row = self.one::<CounterRow>("name", &EPOCH.to_owned()).await?;
        Ok(row.map_or(0, |row| u32::try_from(row.value).unwrap_or(u32::MAX)))
    }

    /// A shop.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn shop(&self, shop: Pid) -> Result<Option<NewShop>, StoreError> {
        let Some(row) = self.one::<ShopRow>("shop", &shop).await? else {
            return Ok(None);
        };
        let mut sets = sets_of(self.among("shop", vec![shop.to_value()]).await?);
        Ok(Some(new_shop(row, &mut sets)))
    }

    /// The sheets of a shop, with what it calls them; those no longer valid are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn marks(&self, shop: Pid) -> Result<Vec<MarkRow>, StoreError> {
        let marks = self.among::<MarkRow>("shop", vec![shop.to_value()]).await?;
        Ok(marks.into_iter().filter(|mark| mark.dead_at.is_none()).collect())
    }

    /// A payment, by the reference other documents use.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn intent(&self, reference: Ref) -> Result<Option<IntentRow>, StoreError> {
        self.one("reference", &reference).await
    }

    /// When the books were last written in; 0 where nobody has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_commit(&self) -> Result<Time, StoreError> {
        let row = self.one::<CounterRow>("name", &NOW.to_owned()).await?;
        Ok(Time(row.map_or(0, |row| row.value)))
    }

    async fn one<R: Table>(&self, column: &'static str, value: &impl Column) -> Result<Option<R>, StoreError> {
        Ok(self.among(column, vec![value.to_value()]).await?.into_iter().next())
    }

    async fn among<R: Table>(&self, column: &'static str, values: Vec<Value>) -> Result<Vec<R>, StoreError> {
        self.rows(Which::Among(column, values, None)).await
    }

    async fn all<R: Table>(&self) -> Result<Vec<R>, StoreError> {
        self.rows(Which::All).await
    }

    async fn rows<R: Table>(&self, which: Which) -> Result<Vec<R>, StoreError> {
        if matches!(&which, Which::Among(_, values, _) if values.is_empty()) {
            return Ok(Vec::new());
        }
        let loaded = self.store.read(self.town, vec![Query { table: R::DEF, which }]).await?;
        let rows = loaded.iter().flatten().map(|values| R::from_values(values));
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// The sets each shop is a member of.
fn sets_of(rows: Vec<ShopSetRow>) -> BTreeMap<Pid, Vec<SetId>> {
    let mut sets: BTreeMap<Pid, Vec<SetId>> = BTreeMap::new();
    for row in rows.into_iter().filter(|row| row.member) {
        sets.entry(row.shop).or_default().push(row.set_id);
    }
    sets
}

fn new_shop(row: ShopRow, sets: &mut BTreeMap<Pid, Vec<SetId>>) -> NewShop {
    NewShop {
        sets: sets.remove(&row.shop).unwrap_or_default(),
        shop: row.shop,
        merchant_id: row.merchant_id,
        name: row.name,
        kana: row.kana,
        romaji: row.romaji,
        city: row.city,
        mcc: row.mcc,
        postal: row.postal,
        offline: row.offline,
    }
}
