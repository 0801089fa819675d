//! The invariants of the books (docs/rules.md, I1 to I5), checked on what is stored; and the state hash,
//! which two databases with the same history share, and every order of arrival of the same documents.
//!
//! The hash leaves out what legitimately differs between orders: transaction ids, posting times and
//! superseded facts. Lots of one line are interchangeable (D49), so they count by account, class, last
//! day and scope.

use std::collections::BTreeMap;

use kinchaku_protocol::ids::{DocId, Ref};
use kinchaku_protocol::money::{Amount, Signed};
use sha2::{Digest, Sha256};

use super::Reader;
use super::lists::columns;
use crate::ledger::rows::{
    AllowanceRow, BulletinRow, EntryKind, EntryRow, ForkRow, HoldLineRow, HoldLotRow, HoldRow, HoldState, IntentRow,
    LotRow, RevokedRow, TakingRow,
};
use crate::store::StoreError;
use crate::store::table::{Column, Value};

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its name, as in docs/rules.md.
    pub rule: &'static str,
    /// Where: numbers and references, no personal data.
    pub place: String,
}

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What does not hold; empty where the books are sound.
    pub violations: Vec<Violation>,
    /// Lots, holds, payments and entries looked at.
    pub looked_at: u64,
    /// The state hash, in hexadecimal.
    pub state: String,
}

/// Everything an audit looks at.
struct Stock {
    lots: Vec<LotRow>,
    holds: Vec<HoldRow>,
    lines: Vec<HoldLineRow>,
    shares: Vec<HoldLotRow>,
    takings: Vec<TakingRow>,
    allowances: Vec<AllowanceRow>,
    intents: Vec<IntentRow>,
    entries: Vec<EntryRow>,
    forks: Vec<ForkRow>,
    revoked: Vec<RevokedRow>,
    bulletins: Vec<BulletinRow>,
    /// Sums of postings by lot.
    by_lot: BTreeMap<u64, Signed>,
    /// Sums of postings by entry and class that are not zero.
    unbalanced: Vec<Vec<Value>>,
    /// What each shop is owed, by class.
    payables: Vec<Vec<Value>>,
    /// What forks cost, by class.
    losses: Vec<Vec<Value>>,
}

impl Reader {
    /// Checks the invariants. It reads everything: for tests, and for a quiet hour.
    ///
    /// # Errors
    /// [`StoreError`]; a violation is no error.
    pub async fn audit(&self) -> Result<Report, StoreError> {
        let stock = self.stock().await?;
        let mut violations = Vec::new();
        let mut broken = |rule, place: String| violations.push(Violation { rule, place });
        for row in &stock.unbalanced {
            broken("I1 entries sum to zero", format!("entry and class {row:?}"));
        }
        stock.check_lots(&mut broken);
        stock.check_holds(&mut broken);
        stock.check_payments(&mut broken);
        let counts = [stock.lots.len(), stock.holds.len(), stock.intents.len(), stock.entries.len()];
        Ok(Report {
            looked_at: counts.iter().map(|count| u64::try_from(*count).unwrap_or(u64::MAX)).sum(),
            state: stock.hash(),
            violations,
        })
    }

    async fn stock(&self) -> Result<Stock, StoreError> {
        let by_lot = "select lot, cast(sum(amount) as bigint) from postings where muni = $1 and lot is not null \
                      group by lot order by lot";
        let unbalanced = "select entry, class, cast(sum(amount) as bigint) from postings where muni = $1 \
                          group by entry, class having sum(amount) <> 0 order by entry, class";
        let payables = "select party, class, cast(sum(amount) as bigint) from postings \
                        where muni = $1 and book = 3 group by party, class having sum(amount) <> 0 \
                        order by party, class";
        let losses = "select class, cast(sum(amount) as bigint) from postings where muni = $1 and book = 4 \
                      group by class having sum(amount) <> 0 order by class";
        let report = |sql| self.store.report(self.town, sql, Vec::new());
        let mut sums = BTreeMap::new();
        for row in report(by_lot).await? {
            let [lot, sum] = columns(&row)?;
            sums.insert(u64::from_value(lot)?, Signed::from_value(sum)?);
        }
        Ok(Stock {
            lots: self.all().await?,
            holds: self.all().await?,
            lines: self.all().await?,
            shares: self.all().await?,
            takings: self.all().await?,
            allowances: self.all().await?,
            intents: self.all().await?,
            entries: self.all().await?,
            forks: self.all().await?,
            revoked: self.all().await?,
            bulletins: self.all().await?,
            by_lot: sums,
            unbalanced: report(unbalanced).await?,
            payables: report(payables).await?,
            losses: report(losses).await?,
        })
    }
}

impl Stock {
    fn done(&self, hold: Ref) -> bool {
        self.holds.iter().any(|row| row.subject == hold && row.state == HoldState::Done)
    }

    /// I2, I2b and I3: what is left of a lot is what was posted to it, and no more of it is held.
    fn check_lots(&self, broken: &mut impl FnMut(&'static str, String)) {
        let mut held: BTreeMap<u64, Amount> = BTreeMap::new();
        for share in self.shares.iter().filter(|share| !self.done(share.hold)) {
            let sum = held.entry(share.lot).or_default();
            *sum = sum.plus(share.amount.less(share.taken)).unwrap_or(Amount::MAX);
        }
        for lot in &self.lots {
            let place = || format!("lot {}", lot.id);
            if lot.remaining > lot.units {
                broken("I2 no lot grows", place());
            }
            if lot.held > lot.remaining {
                broken("I2b no lot is held twice", place());
            }
            if held.get(&lot.id).copied().unwrap_or_default() != lot.held {
                broken("I2b a lot's holds are its hold lines", place());
            }
            if self.by_lot.get(&lot.id).copied().unwrap_or_default() != lot.remaining.credit() {
                broken("I3 a lot is the sum of its postings", place());
            }
        }
    }

    /// I4: what lines hold and took is what their lots gave and hold.
    fn check_holds(&self, broken: &mut impl FnMut(&'static str, String)) {
        for line in &self.lines {
            let place = || format!("hold {} line {}", line.hold, line.line);
            let shares = self.shares.iter().filter(|share| share.hold == line.hold && share.line == line.line);
            let sum = |of: fn(&HoldLotRow) -> Amount| Amount::sum(shares.clone().map(of)).unwrap_or(Amount::MAX);
            if sum(|share| share.amount) != line.amount {
                broken("I4 a reserve is held on lots", place());
            }
            if sum(|share| share.taken) != line.consumed || line.consumed > line.amount {
                broken("I4 a line takes what its lots give", place());
            }
        }
        for hold in &self.holds {
            if !self.allowances.iter().any(|row| row.reference == hold.subject) {
                broken("I4 a hold has its allowance", format!("hold {}", hold.subject));
            }
        }
    }

    /// I5: a payment is in the books at most once, and exactly while it is paid.
    fn check_payments(&self, broken: &mut impl FnMut(&'static str, String)) {
        let mut net: BTreeMap<DocId, i64> = BTreeMap::new();
        for entry in &self.entries {
            let by = match entry.kind {
                EntryKind::Pay => 1,
                EntryKind::Reverse => -1,
                _ => 0,
            };
            if let Some(intent) = entry.intent {
                let sum = net.entry(intent).or_default();
                *sum = sum.saturating_add(by);
            }
        }
        for intent in &self.intents {
            if net.remove(&intent.id).unwrap_or(0) != i64::from(intent.paid) {
                broken("I5 a payment is posted once", format!("intent {}", intent.id));
            }
        }
        for intent in net.keys() {
            broken("I5 an entry has its payment", format!("intent {intent}"));
        }
        let paid = Amount::sum(self.intents.iter().filter(|intent| intent.paid).map(|intent| intent.total));
        let sums = self.lines.iter().flat_map(|line| [line.consumed, line.lost]);
        if paid != Amount::sum(sums) {
            broken("I4 what is paid is what lines gave and lost", "all holds".to_owned());
        }
        for row in &self.takings {
            if !self.intents.iter().any(|intent| intent.id == row.intent) {
                broken("I5 a taking has its payment", format!("intent {}", row.intent));
            }
        }
    }

    fn hash(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        let mut lots: BTreeMap<_, (Amount, Amount)> = BTreeMap::new();
        for lot in &self.lots {
            let key = (lot.account, lot.class, lot.until, lot.set_id);
            let (remaining, held) = lots.entry(key).or_default();
            *remaining = remaining.plus(lot.remaining).unwrap_or(Amount::MAX);
            *held = held.plus(lot.held).unwrap_or(Amount::MAX);
        }
        lines.extend(lots.iter().map(|(key, sums)| format!("lots {key:?} {sums:?}")));
        lines.extend(self.holds.iter().map(|row| format!("hold {} {:?} {}", row.subject, row.state, row.lapsed)));
        lines.extend(
            self.lines
                .iter()
                .map(|row| format!("line {} {} {} {} {}", row.hold, row.line, row.amount, row.consumed, row.lost)),
        );
        lines.extend(
            self.intents.iter().map(|row| format!("intent {} {} {:?} {}", row.id, row.paid, row.reason, row.late)),
        );
        let forks = self.forks.iter().filter(|row| row.fact.is_some());
        lines.extend(forks.map(|row| format!("fork {} {}", row.allowance, row.seq)));
        lines.extend(self.revoked.iter().map(|row| format!("revoked {}", row.pid)));
        lines.extend(self.payables.iter().map(|row| format!("payable {row:?}")));
        lines.extend(self.losses.iter().map(|row| format!("loss {row:?}")));
        lines.push(format!("epoch {:?}", self.bulletins.iter().map(|row| row.epoch).max()));
        let digest = Sha256::digest(lines.join("\n"));
        data_encoding::HEXLOWER.encode(&digest)
    }
}
