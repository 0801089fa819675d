//! The rows of a page, from the rows of the books: each list for one device, nothing of anybody else's.

use std::collections::{BTreeMap, BTreeSet};

use kinchaku_protocol::doc::field::{Bytes, Field, to_bytes};
use kinchaku_protocol::doc::{
    AccountRow as PageAccount, BalanceRow, ClassRow as PageClass, HistoryRow, LotRow as PageLot, MemberRow, Row,
    SaleRow, ShopRow as PageShop, Table as List,
};
use kinchaku_protocol::ids::{MarkId, Pid};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::card_number;

use super::Reader;
use super::pull::Asker;
use crate::ledger::rows::{
    AccountRow, AllowanceRow, BusinessRow, ClassRow, DeviceDocRow, DeviceRow, FactRow, HoldRow, HoldState, IntentRow,
    LotRow, MarkRow, ShopRow, ShopSetRow,
};
use crate::store::StoreError;
use crate::store::table::{Column, Value};

impl Reader {
    pub(super) async fn account(&self, asker: &Asker<'_>) -> Result<Vec<Row>, StoreError> {
        let values = asker.device.account.map(|account| account.to_value());
        let found = self.among::<AccountRow>("id", values.into_iter().collect()).await?;
        let Some(row) = found.first() else {
            return Ok(Vec::new());
        };
        let account = PageAccount {
            level: row.level,
            stopped: row.stopped,
        };
        let mut rows = vec![page_row(List::Account, Vec::new(), &account)];
        let card = card_number::of(row.id);
        rows.extend(card.map(|card| page_row(List::Member, Vec::new(), &MemberRow { card })));
        Ok(rows)
    }

    pub(super) async fn classes(&self) -> Result<Vec<Row>, StoreError> {
        let classes = self.all::<ClassRow>().await?;
        Ok(classes
            .into_iter()
            .map(|row| {
                let class = PageClass {
                    class: row.id,
                    service_type: row.service_type.number(),
                    name: row.name,
                };
                page_row(List::Class, row.id.0.to_be_bytes().to_vec(), &class)
            })
            .collect())
    }

    /// Sums by class; of the classes in `wanted` also those with nothing left, of none wanted all there are.
    pub(super) async fn balances(&self, asker: &Asker<'_>, wanted: &BTreeSet<Vec<u8>>) -> Result<Vec<Row>, StoreError> {
        let values = asker.device.account.map(|account| account.to_value());
        let lots = self.among::<LotRow>("account", values.into_iter().collect()).await?;
        let mut sums = BTreeMap::new();
        for lot in &lots {
            let (remaining, held) = sums.entry(lot.class).or_insert((Amount::ZERO, Amount::ZERO));
            *remaining = remaining.plus(lot.remaining).unwrap_or(Amount::MAX);
            *held = held.plus(lot.held).unwrap_or(Amount::MAX);
        }
        Ok(sums
            .into_iter()
            .map(|(class, (remaining, held))| (class.0.to_be_bytes().to_vec(), BalanceRow { class, remaining, held }))
            .filter(|(key, _)| wanted.is_empty() || wanted.contains(key))
            .map(|(key, balance)| page_row(List::Balance, key, &balance))
            .collect())
    }

    pub(super) async fn lots(&self, asker: &Asker<'_>, keys: &BTreeSet<Vec<u8>>) -> Result<Vec<Row>, StoreError> {
        let numbers = keys.iter().filter_map(|key| Some(number(key)?.to_value())).collect();
        let lots = self.among::<LotRow>("id", numbers).await?;
        Ok(lots
            .iter()
            .filter(|lot| Some(lot.account) == asker.device.account)
            .map(|lot| {
                let mut row = lot_row(lot);
                if lot.remaining.is_zero() {
                    row.value = None;
                }
                row
            })
            .collect())
    }

    /// The device's own allowances: as signed while open, gone afterwards.
    pub(super) async fn allowances(&self, asker: &Asker<'_>, keys: &BTreeSet<Vec<u8>>) -> Result<Vec<Row>, StoreError> {
        let allowances = self.among::<AllowanceRow>("reference", bytes(keys)).await?;
        let holds = self.among::<HoldRow>("subject", bytes(keys)).await?;
        let open: BTreeSet<_> = holds
            .iter()
            .filter(|hold| hold.state == HoldState::Open)
            .map(|hold| hold.subject)
            .collect();
        Ok(allowances
            .into_iter()
            .filter(|row| row.device == asker.device.id)
            .map(|row| Row {
                table: List::Allowance,
                key: Bytes(row.reference.0.to_vec()),
                value: open.contains(&row.reference).then_some(Bytes(row.doc)),
            })
            .collect())
    }

    pub(super) async fn shops(&self, only: Option<&BTreeSet<Vec<u8>>>) -> Result<Vec<Row>, StoreError> {
        let (shops, sets, marks) = match only {
            None => (
                self.all::<ShopRow>().await?,
                self.all::<ShopSetRow>().await?,
                self.all::<MarkRow>().await?,
            ),
            Some(keys) => (
                self.among("shop", bytes(keys)).await?,
                self.among("shop", bytes(keys)).await?,
                self.among("shop", bytes(keys)).await?,
            ),
        };
        let mut sets = super::sets_of(sets);
        let mut alive: BTreeMap<Pid, Vec<MarkId>> = BTreeMap::new();
        for mark in marks.into_iter().filter(|mark: &MarkRow| mark.dead_at.is_none()) {
            alive.entry(mark.shop).or_default().push(mark.mark);
        }
        Ok(shops
            .into_iter()
            .map(|row| {
                let shop = PageShop {
                    shop: row.shop,
                    name: row.name,
                    kana: row.kana,
                    sets: sets.remove(&row.shop).unwrap_or_default(),
                    marks: alive.remove(&row.shop).unwrap_or_default(),
                    offline: row.offline,
                };
                let mut page = page_row(List::Shop, row.shop.0.to_vec(), &shop);
                if row.dead_at.is_some() {
                    page.value = None;
                }
                page
            })
            .collect())
    }

    pub(super) async fn history(&self, keys: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let rows = self.among::<BusinessRow>("tran_id", keys).await?;
        Ok(rows.iter().map(history_row).collect())
    }

    pub(super) async fn sales(&self, keys: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let intents = self.among::<IntentRow>("id", keys).await?;
        let numbers = intents.iter().map(|row| row.fact.to_value()).collect();
        let facts = self.among::<FactRow>("number", numbers).await?;
        let facts: BTreeMap<u64, Vec<u8>> = facts.into_iter().map(|fact| (fact.number, fact.doc)).collect();
        Ok(intents
            .into_iter()
            .map(|row| {
                let sale = SaleRow {
                    intent: row.id,
                    mark: row.mark,
                    total: row.total,
                    status: row.status.number(),
                    occurred_at: row.occurred_at,
                    posted_at: row.posted_at,
                    fact: Bytes(facts.get(&row.fact).cloned().unwrap_or_default()),
                };
                page_row(List::Sale, row.id.0.to_vec(), &sale)
            })
            .collect())
    }

    pub(super) async fn device_row(&self, asker: &Asker<'_>) -> Result<Option<Row>, StoreError> {
        let device = self.one::<DeviceRow>("id", &asker.device.id).await?;
        let Some(device) = device else {
            return Ok(None);
        };
        let document = self.one::<DeviceDocRow>("reference", &device.current).await?;
        Ok(document.map(|document| Row {
            table: List::Device,
            key: Bytes(device.id.to_be_bytes().to_vec()),
            value: Some(Bytes(document.doc)),
        }))
    }
}

pub(super) fn page_row(table: List, key: Vec<u8>, value: &impl Field) -> Row {
    Row {
        table,
        key: Bytes(key),
        value: Some(Bytes(to_bytes(value))),
    }
}

pub(super) fn lot_row(lot: &LotRow) -> Row {
    let row = PageLot {
        lot: lot.id,
        class: lot.class,
        remaining: lot.remaining,
        until: lot.until,
        issued_at: lot.issued_at,
    };
    page_row(List::Lot, lot.id.to_be_bytes().to_vec(), &row)
}

pub(super) fn history_row(row: &BusinessRow) -> Row {
    let history = HistoryRow {
        tran_id: row.tran_id.clone(),
        operation: row.operation.number(),
        operation_id: row.operation_id.number(),
        class: row.class,
        amount: row.amount,
        shop: row.shop,
        occurred_at: row.occurred_at,
        posted_at: row.posted_at,
    };
    page_row(List::History, row.tran_id.clone().into_bytes(), &history)
}

pub(super) fn number(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.try_into().ok()?))
}

pub(super) fn bytes(keys: &BTreeSet<Vec<u8>>) -> Vec<Value> {
    keys.iter().map(|key| Value::Bytes(key.clone())).collect()
}

pub(super) fn texts(keys: &BTreeSet<Vec<u8>>) -> Vec<Value> {
    keys.iter()
        .map(|key| Value::Text(String::from_utf8_lossy(key).into_owned()))
        .collect()
}
