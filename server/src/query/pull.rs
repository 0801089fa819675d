//! What changed for one device since a cursor, one page at a time.
//!
//! A cursor is either "everything up to change n", or "n units into the snapshot that began at change
//! m". A cursor nobody gave out, or from before a restored backup, gets a snapshot: current state only,
//! newest history first.

use std::collections::{BTreeMap, BTreeSet};

use kinchaku_protocol::doc::field::{Bytes, to_bytes};
use kinchaku_protocol::doc::{MAX_PAGE, Page, Role, Row, StateRoot, Table as List};
use kinchaku_protocol::ids::Pid;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Time;

use super::page_rows::{bytes, history_row, lot_row, number, texts};
use super::{Enrolled, Reader};
use crate::ledger::change::{self, FACT_LIST};
use crate::ledger::rows::{
    AllowanceRow, BusinessRow, CounterRow, FactRow, ForkRow, IntentRow, LotRow, Topic, account_party,
};
use crate::store::table::{Column, Value};
use crate::store::{StoreError, Which};

/// Bytes of rows and facts in a page: what else a page has fits beside them.
const ROOM: usize = MAX_PAGE - 8 * 1_024;

/// Rows of changes looked at for one page.
const CHANGES: u32 = 200;

/// Rows of history, sales and facts in a snapshot.
const NEWEST: u32 = 300;

/// How often a page that a commit overtook is made again.
const TRIES: usize = 3;

/// Where a device stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cursor {
    /// It has every change up to this one.
    Upto(u64),
    /// It has the snapshot begun at this change up to this place; none before its first page. Rows come
    /// and go between pages, so a number of them would not say where it is.
    Within(u64, Option<Place>),
}

impl Cursor {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (seq, rest) = rest.split_first_chunk::<8>()?;
        let seq = u64::from_be_bytes(*seq);
        match (*kind, rest) {
            (1, []) => Some(Self::Upto(seq)),
            (2, rest) => {
                let place = rest.split_first().map(|(list, key)| (*list, key.to_vec()));
                Some(Self::Within(seq, place))
            }
            _ => None,
        }
    }

    fn bytes(&self) -> Bytes {
        let mut bytes = Vec::new();
        match self {
            Self::Upto(seq) => {
                bytes.push(1);
                bytes.extend(seq.to_be_bytes());
            }
            Self::Within(seq, place) => {
                bytes.push(2);
                bytes.extend(seq.to_be_bytes());
                if let Some((list, key)) = place {
                    bytes.push(*list);
                    bytes.extend(key);
                }
            }
        }
        Bytes(bytes)
    }
}

/// Where a unit stands in a snapshot: its list, and its key in it.
type Place = (u8, Vec<u8>);

/// A row or a fact of a page.
enum Unit {
    Row(Row),
    Fact(u64, Vec<u8>),
}

impl Unit {
    /// The newest history comes first.
    fn place(&self) -> Place {
        match self {
            Self::Row(row) if row.table == List::History => {
                let newest_first = row.key.0.iter().map(|byte| !byte).collect();
                (row.table.number(), newest_first)
            }
            Self::Row(row) => (row.table.number(), row.key.0.clone()),
            Self::Fact(number, _) => (FACT_LIST, number.to_be_bytes().to_vec()),
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Row(row) => to_bytes(row).len(),
            Self::Fact(_, bytes) => bytes.len().saturating_add(5),
        }
    }
}

/// Keys of rows by list, in the order of the list's number.
type Keys = BTreeMap<u8, BTreeSet<Vec<u8>>>;

/// Who asks.
pub(super) struct Asker<'a> {
    pub(super) device: &'a Enrolled,
    topic: Topic,
    party: Pid,
}

impl Reader {
    /// One page for a device, not signed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn page(&self, device: &Enrolled, cursor: &[u8], nonce: Bytes, now: Time) -> Result<Page, StoreError> {
        let asker = Asker {
            device,
            topic: if device.role == Role::Wallet {
                Topic::Account
            } else {
                Topic::Shop
            },
            party: device.account.map_or(device.owner, account_party),
        };
        for _ in 1..TRIES {
            let heard = self.heard(&asker).await?;
            let page = self.make_page(&asker, cursor, nonce.clone(), now).await?;
            if heard == self.heard(&asker).await? {
                return Ok(page);
            }
        }
        self.make_page(&asker, cursor, nonce, now).await
    }

    /// The directory as a page for everybody, not signed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn directory(&self, now: Time) -> Result<Page, StoreError> {
        let rows = self.shops(None).await?;
        Ok(Page {
            cursor: Cursor::Upto(self.last_change().await?).bytes(),
            rows,
            facts: Vec::new(),
            root: StateRoot {
                balance: Amount::ZERO,
                reserved: Amount::ZERO,
                negative: Amount::ZERO,
            },
            at: now,
            epoch: self.epoch().await?,
            more: false,
            snapshot: Some(true),
            nonce: None,
        })
    }

    async fn make_page(&self, asker: &Asker<'_>, cursor: &[u8], nonce: Bytes, now: Time) -> Result<Page, StoreError> {
        let last = self.last_change().await?;
        let (units, from) = match Cursor::read(cursor) {
            Some(Cursor::Upto(seq)) if seq <= last => (None, Cursor::Upto(seq)),
            Some(within @ Cursor::Within(seq, _)) if seq <= last => (Some(self.snapshot(asker).await?), within),
            _ => (Some(self.snapshot(asker).await?), Cursor::Within(last, None)),
        };
        let (units, next, more, snapshot) = match (units, from) {
            (Some(units), Cursor::Within(began, have)) => {
                let first = have.is_none().then_some(true);
                let (units, next) = cut(units, began, have);
                let more = matches!(next, Cursor::Within(..));
                (units, next, more, first)
            }
            (_, Cursor::Upto(seq) | Cursor::Within(seq, _)) => {
                let (units, next, more) = self.changed(asker, seq, last).await?;
                (units, next, more, None)
            }
        };
        let (mut rows, mut facts) = (Vec::new(), Vec::new());
        for unit in units {
            match unit {
                Unit::Row(row) => rows.push(row),
                Unit::Fact(_, bytes) => facts.push(Bytes(bytes)),
            }
        }
        Ok(Page {
            cursor: next.bytes(),
            rows,
            facts,
            root: self.root(asker).await?,
            at: now,
            epoch: self.epoch().await?,
            more,
            snapshot,
            nonce: Some(nonce),
        })
    }

    async fn last_change(&self) -> Result<u64, StoreError> {
        let row = self.one::<CounterRow>("name", &"change".to_owned()).await?;
        Ok(row.map_or(0, |row| row.value))
    }

    /// The newest change that concerns the asker alone.
    async fn heard(&self, asker: &Asker<'_>) -> Result<Option<Vec<Value>>, StoreError> {
        let sql = "select coalesce(max(seq), 0) from changes where muni = $1 and topic = $2 and party = $3";
        let parameters = vec![asker.topic.to_value(), asker.party.to_value()];
        Ok(self.store.report(self.town, sql, parameters).await?.pop())
    }

    /// What changed after `seq`, whole changes only, as much as a page holds.
    async fn changed(&self, asker: &Asker<'_>, seq: u64, last: u64) -> Result<(Vec<Unit>, Cursor, bool), StoreError> {
        let mut limit = CHANGES;
        loop {
            let (keys, upto, full) = self.changes(asker, seq, limit).await?;
            let units = self.units(asker, &keys).await?;
            let size: usize = units.iter().map(Unit::size).sum();
            if size > ROOM && limit > 1 {
                limit = limit.min(CHANGES).checked_div(4).unwrap_or(1).max(1);
                continue;
            }
            let next = if full { upto } else { last.max(upto) };
            return Ok((units, Cursor::Upto(next), full));
        }
    }

    async fn changes(&self, asker: &Asker<'_>, seq: u64, limit: u32) -> Result<(Keys, u64, bool), StoreError> {
        let sql = "select seq, list, row_key from (\
                 select seq, list, row_key from changes where muni = $1 and topic = $3 and party = $4 and seq > $2 \
                 union all \
                 select seq, list, row_key from changes where muni = $1 and topic = 0 and seq > $2\
             ) as heard order by seq limit $5";
        let parameters = vec![
            seq.to_value(),
            asker.topic.to_value(),
            asker.party.to_value(),
            limit.to_value(),
        ];
        let found = self.store.report(self.town, sql, parameters).await?;
        let full = found.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
        let mut keys = Keys::new();
        let mut upto = seq;
        for row in &found {
            let [seq, list, key] = row.as_slice() else {
                return Err(StoreError::Value(crate::store::table::BadValue));
            };
            upto = u64::from_value(seq)?;
            let changes = change::unpack(u8::from_value(list)?, Vec::from_value(key)?);
            for (list, key) in changes.map_err(|_| crate::store::table::BadValue)? {
                keys.entry(list).or_default().insert(key);
            }
        }
        Ok((keys, upto, full))
    }

    /// The rows with these keys as they are now.
    async fn units(&self, asker: &Asker<'_>, keys: &Keys) -> Result<Vec<Unit>, StoreError> {
        let none = BTreeSet::new();
        let of = |list: List| keys.get(&list.number()).unwrap_or(&none);
        let mut rows = Vec::new();
        if !of(List::Account).is_empty() {
            rows.extend(self.account(asker).await?);
        }
        if !of(List::Class).is_empty() {
            rows.extend(self.classes().await?);
        }
        if !of(List::Rule).is_empty() {
            rows.extend(self.rules().await?);
        }
        if !of(List::Standing).is_empty() {
            rows.extend(self.standings(asker, of(List::Standing)).await?);
        }
        let lots = self.lots(asker, of(List::Lot)).await?;
        if !of(List::Balance).is_empty() {
            rows.extend(self.balances(asker, of(List::Balance)).await?);
        }
        rows.extend(lots);
        rows.extend(self.allowances(asker, of(List::Allowance)).await?);
        if !of(List::Shop).is_empty() {
            rows.extend(self.shops(Some(of(List::Shop))).await?);
        }
        rows.extend(self.history(texts(of(List::History))).await?);
        rows.extend(self.sales(bytes(of(List::Sale))).await?);
        if of(List::Device).contains(asker.device.id.to_be_bytes().as_slice()) {
            rows.extend(self.device_row(asker).await?);
        }
        let mut units: Vec<Unit> = rows.into_iter().map(Unit::Row).collect();
        let numbers = keys.get(&FACT_LIST).unwrap_or(&none);
        let numbers = numbers.iter().filter_map(|key| Some(number(key)?.to_value())).collect();
        let facts = self.among::<FactRow>("number", numbers).await?;
        units.extend(facts.into_iter().map(|fact| Unit::Fact(fact.number, fact.doc)));
        Ok(units)
    }

    /// Everything a device needs to begin, in an order that does not change between pages.
    async fn snapshot(&self, asker: &Asker<'_>) -> Result<Vec<Unit>, StoreError> {
        let mut rows = self.classes().await?;
        rows.extend(self.rules().await?);
        rows.extend(self.shops(None).await?);
        rows.extend(self.device_row(asker).await?);
        let column = if asker.topic == Topic::Account {
            "account"
        } else {
            "shop"
        };
        let value = match asker.device.account {
            Some(account) => account.to_value(),
            None => asker.device.owner.to_value(),
        };
        if let Some(account) = asker.device.account {
            rows.extend(self.account(asker).await?);
            rows.extend(self.balances(asker, &BTreeSet::new()).await?);
            rows.extend(self.standings(asker, &BTreeSet::new()).await?);
            let lots = self.among::<LotRow>("account", vec![account.to_value()]).await?;
            rows.extend(lots.iter().filter(|lot| !lot.remaining.is_zero()).map(lot_row));
            let own = self
                .among::<AllowanceRow>("device", vec![asker.device.id.to_value()])
                .await?;
            let own = own.iter().map(|row| row.reference.0.to_vec()).collect();
            let allowances = self.allowances(asker, &own).await?;
            rows.extend(allowances.into_iter().filter(|row| row.value.is_some()));
            let newest = Which::Newest("account", account.to_value(), "tran_id", NEWEST);
            let history: Vec<BusinessRow> = self.rows(newest).await?;
            rows.extend(history.iter().map(history_row));
        }
        let intents: Vec<IntentRow> = self.rows(Which::Newest(column, value, "fact", NEWEST)).await?;
        if asker.topic == Topic::Shop {
            rows.extend(
                self.sales(intents.iter().map(|row| row.id.to_value()).collect())
                    .await?,
            );
        }
        let mut units: Vec<Unit> = rows.into_iter().map(Unit::Row).collect();
        if asker.topic == Topic::Account {
            let mut numbers: Vec<Value> = intents.iter().map(|row| row.fact.to_value()).collect();
            let allowances = intents.iter().map(|row| row.allowance).collect::<BTreeSet<_>>();
            let allowances = allowances.iter().map(Column::to_value).collect();
            let forks = self.among::<ForkRow>("allowance", allowances).await?;
            numbers.extend(forks.iter().filter_map(|fork| Some(fork.fact?.to_value())));
            let facts = self.among::<FactRow>("number", numbers).await?;
            units.extend(facts.into_iter().map(|fact| Unit::Fact(fact.number, fact.doc)));
        }
        Ok(units)
    }

    async fn root(&self, asker: &Asker<'_>) -> Result<StateRoot, StoreError> {
        let values = asker.device.account.map(|account| account.to_value());
        let lots = self.among::<LotRow>("account", values.into_iter().collect()).await?;
        let owed = match asker.device.account {
            Some(account) => self.owed(account).await?,
            None => Vec::new(),
        };
        let sum = |amounts: Vec<Amount>| Amount::sum(amounts).unwrap_or(Amount::MAX);
        Ok(StateRoot {
            balance: sum(lots.iter().map(|lot| lot.remaining).collect()),
            reserved: sum(lots.iter().map(|lot| lot.held).collect()),
            negative: sum(owed.iter().map(|row| row.owed).collect()),
        })
    }
}

/// The units of a snapshot that a page holds, from where the device is.
fn cut(units: Vec<Unit>, began: u64, have: Option<Place>) -> (Vec<Unit>, Cursor) {
    let mut units: Vec<(Place, Unit)> = units.into_iter().map(|unit| (unit.place(), unit)).collect();
    units.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut size = 0_usize;
    let mut taken = Vec::new();
    let mut last = have;
    for (place, unit) in units {
        if last.as_ref().is_some_and(|last| place <= *last) {
            continue;
        }
        size = size.saturating_add(unit.size());
        // One larger than a page would go nowhere for ever; no row is.
        if size > ROOM && !taken.is_empty() {
            return (taken, Cursor::Within(began, last));
        }
        last = Some(place);
        taken.push(unit);
    }
    (taken, Cursor::Upto(began))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lot(number: u64) -> Unit {
        Unit::Row(Row {
            table: List::Lot,
            key: Bytes(number.to_be_bytes().to_vec()),
            value: Some(Bytes(vec![0; ROOM / 4])),
        })
    }

    #[test]
    fn a_row_that_vanishes_between_pages_takes_no_other_along() {
        let (first, next) = cut((0..6).map(lot).collect(), 7, None);
        assert_eq!(first.len(), 3);
        let Some(Cursor::Within(7, have)) = Cursor::read(&next.bytes().0) else {
            panic!("no cursor within the snapshot");
        };
        // Lots 0 and 1 were spent meanwhile.
        let (second, next) = cut((2..6).map(lot).collect(), 7, have);
        let places: Vec<Place> = second.iter().map(Unit::place).collect();
        assert_eq!(places, [lot(3).place(), lot(4).place(), lot(5).place()]);
        assert_eq!(next, Cursor::Upto(7));
    }

    #[test]
    fn the_newest_history_comes_first_and_facts_last() {
        let history = |id: &str| {
            Unit::Row(Row {
                table: List::History,
                key: Bytes(id.as_bytes().to_vec()),
                value: None,
            })
        };
        let units = vec![
            Unit::Fact(1, Vec::new()),
            history("20260601000000000001"),
            history("20260602000000000002"),
        ];
        let (sorted, _) = cut(units, 1, None);
        let places: Vec<Place> = sorted.iter().map(Unit::place).collect();
        assert_eq!(places[0], history("20260602000000000002").place());
        assert_eq!(places[2].0, FACT_LIST);
    }
}
