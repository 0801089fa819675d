//! The invariants of the books (docs/rules.md, I1 to I5 and I9), checked on what is stored; and the state hash,
//! which two databases with the same history share, and every order of arrival of the same documents.
//!
//! The hash leaves out what legitimately differs between orders: transaction ids, posting times,
//! superseded facts and whether what is not paid once was; and stops for nothing but more than a line
//! held, since a refusal that comes first would have spared them, with the epochs they raised. Lots of one
//! line are interchangeable, so they count by account, class, last day and scope.

use std::collections::{BTreeMap, BTreeSet};

use kinchaku_protocol::doc::{Fact, FactKind, Reason, Received};
use kinchaku_protocol::ids::{ClassId, DocId, Pid, Ref};
use kinchaku_protocol::money::{Amount, Signed};
use sha2::{Digest, Sha256};

use super::Reader;
use super::lists::columns;
use crate::identity::audit::People;
use crate::ledger::rows::{
    AllowanceRow, Book, EntryKind, EntryRow, FactRow, ForkRow, HoldLineRow, HoldLotRow, HoldRow, HoldState, IntentRow,
    LotRow, PostingRow, Proof, RevokedRow, TakingRow,
};
use crate::ledger::view::View;
use crate::points::audit::{Claims, Points};
use crate::sale::audit::Sales;
use crate::settlement::audit::Closes;
use crate::store::StoreError;
use crate::store::table::Column;

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
    facts: Vec<FactRow>,
    revoked: Vec<RevokedRow>,
    sums: Sums,
    points: Points,
    sales: Sales,
    people: People,
    closes: Closes,
}

/// What postings add up to.
#[derive(Default)]
struct Sums {
    by_lot: BTreeMap<u64, Signed>,
    /// Entries that do not sum to zero, with the class.
    unbalanced: Vec<(u64, ClassId)>,
    /// What shops are owed, where it is not zero.
    payables: Vec<(Pid, ClassId, Signed)>,
    /// What forks cost, where it is not zero.
    losses: Vec<(ClassId, Signed)>,
    /// What residents owe, where it is not zero: below it.
    claims: Claims,
    /// What the office took away.
    forfeits: Claims,
}

/// Audits the rows at hand, which must be all there are: for simulations that need no database.
#[must_use]
pub fn inspect(view: &View) -> Report {
    Stock {
        lots: view.lots.all().cloned().collect(),
        holds: view.holds.all().cloned().collect(),
        lines: view.hold_lines.all().cloned().collect(),
        shares: view.hold_lots.all().cloned().collect(),
        takings: view.takings.all().cloned().collect(),
        allowances: view.allowances.all().cloned().collect(),
        intents: view.intents.all().cloned().collect(),
        entries: view.entries.all().cloned().collect(),
        forks: view.forks.all().cloned().collect(),
        facts: view.facts.all().cloned().collect(),
        revoked: view.revoked.all().cloned().collect(),
        sums: Sums::of(view.postings.all()),
        points: Points::of(view),
        sales: Sales::of(view),
        people: People::of(view),
        closes: Closes::of(view),
    }
    .report()
}

impl Reader {
    /// Checks the invariants. It reads everything: for tests, and for a quiet hour.
    ///
    /// # Errors
    /// [`StoreError`]; a violation is no error.
    pub async fn audit(&self) -> Result<Report, StoreError> {
        Ok(self.stock().await?.report())
    }

    async fn stock(&self) -> Result<Stock, StoreError> {
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
            facts: self.all().await?,
            revoked: self.all().await?,
            sums: self.posted().await?,
            sales: self.all_sales().await?,
            points: Points {
                balances: self.all().await?,
                earnings: self.all().await?,
                campaigns: self.all().await?,
                refunds: self.all().await?,
                forfeits: self.all().await?,
                classes: self.all().await?,
            },
            people: People {
                persons: self.all().await?,
                keys: self.all().await?,
                pendings: self.all().await?,
                personal_keys: self.all().await?,
                data: self.all().await?,
                key_ids: self.all().await?,
                progress: self.all().await?,
            },
            closes: Closes::read(self).await?,
        })
    }

    /// The database adds up what may be millions of postings.
    async fn posted(&self) -> Result<Sums, StoreError> {
        let by_lot = "select lot, cast(sum(amount) as bigint) from postings where muni = $1 and lot is not null \
                      group by lot order by lot";
        let unbalanced = "select entry, class from postings where muni = $1 \
                          group by entry, class having sum(amount) <> 0 order by entry, class";
        let payables = "select party, class, cast(sum(amount) as bigint) from postings \
                        where muni = $1 and book = $2 group by party, class having sum(amount) <> 0 \
                        order by party, class";
        let losses = "select class, cast(sum(amount) as bigint) from postings where muni = $1 and book = $2 \
                      group by class having sum(amount) <> 0 order by class";
        let claims = "select party, class, cast(sum(amount) as bigint) from postings \
                      where muni = $1 and book = $2 group by party, class having sum(amount) <> 0 \
                      order by party, class";
        let mut sums = Sums::default();
        for row in self.store.report(self.town, by_lot, Vec::new()).await? {
            let [lot, sum] = columns(&row)?;
            sums.by_lot.insert(u64::from_value(lot)?, Signed::from_value(sum)?);
        }
        for row in self.store.report(self.town, unbalanced, Vec::new()).await? {
            let [entry, class] = columns(&row)?;
            sums.unbalanced
                .push((u64::from_value(entry)?, ClassId::from_value(class)?));
        }
        for row in self
            .store
            .report(self.town, payables, vec![Book::ShopPayable.to_value()])
            .await?
        {
            let [party, class, sum] = columns(&row)?;
            let owed = (
                Pid::from_value(party)?,
                ClassId::from_value(class)?,
                Signed::from_value(sum)?,
            );
            sums.payables.push(owed);
        }
        for row in self
            .store
            .report(self.town, losses, vec![Book::ForkLoss.to_value()])
            .await?
        {
            let [class, sum] = columns(&row)?;
            sums.losses
                .push((ClassId::from_value(class)?, Signed::from_value(sum)?));
        }
        let books = [
            (Book::Receivable, &mut sums.claims),
            (Book::Forfeit, &mut sums.forfeits),
        ];
        for (book, sums) in books {
            for row in self.store.report(self.town, claims, vec![book.to_value()]).await? {
                let [party, class, sum] = columns(&row)?;
                let key = (Pid::from_value(party)?, ClassId::from_value(class)?);
                sums.insert(key, Signed::from_value(sum)?);
            }
        }
        Ok(sums)
    }
}

impl Sums {
    fn of<'r>(postings: impl Iterator<Item = &'r PostingRow>) -> Self {
        let mut by_lot = BTreeMap::new();
        let mut entries = BTreeMap::new();
        let mut payables = BTreeMap::new();
        let mut losses = BTreeMap::new();
        let mut claims = Claims::new();
        let mut forfeits = Claims::new();
        for row in postings {
            add(&mut entries, (row.entry, row.class), row.amount);
            if let Some(lot) = row.lot {
                add(&mut by_lot, lot, row.amount);
            }
            match row.book {
                Book::ShopPayable => add(&mut payables, (row.party, row.class), row.amount),
                Book::ForkLoss => add(&mut losses, row.class, row.amount),
                Book::Receivable => add(&mut claims, (row.party, row.class), row.amount),
                Book::Forfeit => add(&mut forfeits, (row.party, row.class), row.amount),
                _ => {}
            }
        }
        let counts = |sum: &Signed| *sum != Signed::ZERO;
        Self {
            by_lot,
            unbalanced: entries
                .into_iter()
                .filter(|(_, sum)| counts(sum))
                .map(|(key, _)| key)
                .collect(),
            payables: payables
                .into_iter()
                .filter(|(_, sum)| counts(sum))
                .map(|((party, class), sum)| (party, class, sum))
                .collect(),
            losses: losses.into_iter().filter(|(_, sum)| counts(sum)).collect(),
            claims: claims.into_iter().filter(|(_, sum)| counts(sum)).collect(),
            forfeits: forfeits.into_iter().filter(|(_, sum)| counts(sum)).collect(),
        }
    }
}

fn add<K: Ord>(sums: &mut BTreeMap<K, Signed>, key: K, by: Signed) {
    let sum = sums.entry(key).or_default();
    *sum = sum.plus(by).unwrap_or(*sum);
}

impl Stock {
    fn report(&self) -> Report {
        let mut violations = Vec::new();
        let mut broken = |rule, place: String| violations.push(Violation { rule, place });
        for (entry, class) in &self.sums.unbalanced {
            broken("I1 entries sum to zero", format!("entry {entry} class {class}"));
        }
        self.check_lots(&mut broken);
        self.check_holds(&mut broken);
        self.check_payments(&mut broken);
        self.points.check_balances(&self.lots, &self.sums.claims, &mut broken);
        self.points.check_forfeits(&self.sums.forfeits, &mut broken);
        self.points.check_earnings(&self.intents, &self.lines, &mut broken);
        violations.extend(self.people.violations());
        violations.extend(self.sales.violations());
        violations.extend(self.closes.violations());
        let counts = [
            self.lots.len(),
            self.holds.len(),
            self.intents.len(),
            self.entries.len(),
        ];
        Report {
            looked_at: counts
                .iter()
                .map(|count| u64::try_from(*count).unwrap_or(u64::MAX))
                .sum(),
            state: self.hash(),
            violations,
        }
    }

    /// The holds that have ended.
    fn done(&self) -> BTreeSet<Ref> {
        let done = self.holds.iter().filter(|row| row.state == HoldState::Done);
        done.map(|row| row.subject).collect()
    }

    /// I2, I2b and I3: what is left of a lot is what was posted to it, and no more of it is held.
    fn check_lots(&self, broken: &mut impl FnMut(&'static str, String)) {
        let mut held: BTreeMap<u64, Amount> = BTreeMap::new();
        let done = self.done();
        for share in self.shares.iter().filter(|share| !done.contains(&share.hold)) {
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
            if self.sums.by_lot.get(&lot.id).copied().unwrap_or_default() != lot.remaining.credit() {
                broken("I3 a lot is the sum of its postings", place());
            }
        }
    }

    /// I4: what lines hold and took is what their lots gave and hold.
    fn check_holds(&self, broken: &mut impl FnMut(&'static str, String)) {
        let mut by_line: BTreeMap<(Ref, u8), Vec<&HoldLotRow>> = BTreeMap::new();
        for share in &self.shares {
            by_line.entry((share.hold, share.line)).or_default().push(share);
        }
        for line in &self.lines {
            let place = || format!("hold {} line {}", line.hold, line.line);
            let shares = by_line.remove(&(line.hold, line.line)).unwrap_or_default();
            let sum = |of: fn(&HoldLotRow) -> Amount| {
                Amount::sum(shares.iter().map(|share| of(share))).unwrap_or(Amount::MAX)
            };
            if sum(|share| share.amount) != line.amount {
                broken("I4 a reserve is held on lots", place());
            }
            if sum(|share| share.taken) != line.consumed || line.consumed > line.amount {
                broken("I4 a line takes what its lots give", place());
            }
        }
        let allowances: BTreeSet<Ref> = self.allowances.iter().map(|row| row.reference).collect();
        for hold in &self.holds {
            if !allowances.contains(&hold.subject) {
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
        let paid = Amount::sum(
            self.intents
                .iter()
                .filter(|intent| intent.paid)
                .map(|intent| intent.total),
        );
        let sums = self.lines.iter().flat_map(|line| [line.consumed, line.lost]);
        if paid != Amount::sum(sums) {
            broken("I4 what is paid is what lines gave and lost", "all holds".to_owned());
        }
        let payments: BTreeSet<DocId> = self.intents.iter().map(|row| row.id).collect();
        for row in &self.takings {
            if !payments.contains(&row.intent) {
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
        lines.extend(
            self.holds
                .iter()
                .map(|row| format!("hold {} {:?} {}", row.subject, row.state, row.lapsed)),
        );
        lines.extend(self.lines.iter().map(|row| {
            format!(
                "line {} {} {} {} {}",
                row.hold, row.line, row.amount, row.consumed, row.lost
            )
        }));
        let said = self.last_facts();
        lines.extend(
            self.intents
                .iter()
                .map(|row| format!("intent {} {} {:?} {}", row.id, row.paid, said.get(&row.fact), row.late)),
        );
        let forks = self.forks.iter().filter(|row| row.fact.is_some());
        lines.extend(forks.map(|row| format!("fork {} {}", row.allowance, row.seq)));
        let soft = self.softly_stopped();
        let hard = self.revoked.iter().filter(|row| !soft.contains(&row.pid));
        lines.extend(hard.map(|row| format!("revoked {}", row.pid)));
        lines.extend(self.sums.payables.iter().map(|row| format!("payable {row:?}")));
        lines.extend(self.sums.losses.iter().map(|row| format!("loss {row:?}")));
        lines.extend(self.sums.claims.iter().map(|row| format!("claim {row:?}")));
        let digest = Sha256::digest(lines.join("\n"));
        data_encoding::HEXLOWER.encode(&digest)
    }

    /// What the last fact of each payment says: whether it is paid, and why not.
    fn last_facts(&self) -> BTreeMap<u64, (bool, Reason)> {
        let of_intents: BTreeSet<u64> = self.intents.iter().map(|row| row.fact).collect();
        let facts = self.facts.iter().filter(|row| of_intents.contains(&row.number));
        facts
            .filter_map(|row| {
                let fact = Received::<Fact>::read(&row.doc).ok()?;
                let fact = fact.claims();
                Some((row.number, (fact.kind == FactKind::Posted, fact.reason)))
            })
            .collect()
    }

    /// The names of accounts against which nothing is proven but that a line did not hold what shops accepted.
    fn softly_stopped(&self) -> BTreeSet<Pid> {
        let accounts = |proofs: &[Proof]| -> BTreeSet<u64> {
            let named: BTreeSet<Ref> = self
                .forks
                .iter()
                .filter(|row| proofs.contains(&row.proof))
                .map(|row| row.allowance)
                .collect();
            let allowances = self.allowances.iter().filter(|row| named.contains(&row.reference));
            allowances.map(|row| row.account).collect()
        };
        let hard = accounts(&[Proof::SameCounter, Proof::AboveClose]);
        let soft = &accounts(&[Proof::OverReserve]) - &hard;
        let names = self.allowances.iter().filter(|row| soft.contains(&row.account));
        names.map(|row| row.holder).collect()
    }
}
