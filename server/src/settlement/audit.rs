//! What an audit asks of settlement (docs/rules.md): a closed period still comes to what was written when it was
//! closed (I6), a payment is taken back once and whole or was refunded in cash (I7), what the list of transactions
//! adds up to is what the ledger owes shops and has paid them (I12), and every payout is its posting.

use std::collections::{BTreeMap, BTreeSet};

use kinchaku_protocol::ids::{ClassId, DocId, Pid};
use kinchaku_protocol::money::Signed;

use super::action::ShopSum;
use super::rows::{PayoutRow, PeriodRow, PeriodState, RefundKind, RefundRow};
use super::split;
use crate::ledger::rows::{Book, BusinessRow, OperationId};
use crate::ledger::view::View;
use crate::query::Reader;
use crate::query::audit::Violation;
use crate::store::StoreError;
use crate::store::table::{BadValue, Column, Value};

type ByShop = BTreeMap<(Pid, ClassId), Signed>;

/// What settlement left in the books.
#[derive(Debug, Default)]
pub(crate) struct Closes {
    periods: Vec<PeriodRow>,
    payouts: Vec<PayoutRow>,
    /// What a closed period comes to now.
    sums: BTreeMap<(ClassId, u32), Vec<ShopSum>>,
    /// Payments of which one class was taken back and another was not, or one twice.
    uneven: Vec<DocId>,
    /// Payments refunded in cash that are taken back as well.
    twice: Vec<DocId>,
    /// Uses less cancelled uses of the list of transactions.
    listed: ByShop,
    /// What the ledger owes.
    payable: ByShop,
    /// What the ledger has paid.
    paid: ByShop,
}

const UNEVEN: &str = "select intent from (select intent, class, \
     sum(case when operation_id = 1 then 1 else -1 end) as net from business \
     where muni = $1 and intent is not null and operation_id in (1, 4) group by intent, class) as nets \
     group by intent having max(net) <> min(net) or min(net) < 0 or max(net) > 1 order by intent";

const TWICE: &str = "select r.intent from refunds r join intents i on i.muni = r.muni and i.id = r.intent \
     where r.muni = $1 and r.kind = 1 and i.paid = 0 order by r.intent";

const LISTED: &str = "select shop, class, cast(sum(case when operation_id = 1 then amount else -amount end) as bigint) \
     from business where muni = $1 and shop is not null and operation_id in (1, 4) group by shop, class";

const BOOKED: &str = "select party, class, cast(sum(amount) as bigint) from postings where muni = $1 and book = $2 \
     group by party, class";

impl Closes {
    /// Of the rows at hand, which must be all there are.
    pub(crate) fn of(view: &View) -> Self {
        let mut closes = Self {
            periods: view.periods.all().cloned().collect(),
            payouts: view.payouts.all().cloned().collect(),
            twice: view
                .refunds
                .all()
                .filter(|row| is_twice(view, row))
                .map(|row| row.intent)
                .collect(),
            ..Self::default()
        };
        let mut nets: BTreeMap<DocId, BTreeMap<ClassId, i64>> = BTreeMap::new();
        for row in view.business.all() {
            let (Some(shop), Some(by)) = (row.shop, direction(row)) else {
                continue;
            };
            let amount = if by > 0 {
                row.amount.credit()
            } else {
                row.amount.debit()
            };
            add(&mut closes.listed, (shop, row.class), amount);
            if let Some(intent) = row.intent {
                let net = nets.entry(intent).or_default().entry(row.class).or_default();
                *net = net.saturating_add(by);
            }
        }
        closes.uneven = nets
            .into_iter()
            .filter(|(_, classes)| {
                let values: BTreeSet<i64> = classes.values().copied().collect();
                values.len() > 1 || values.iter().any(|net| !(0..=1).contains(net))
            })
            .map(|(intent, _)| intent)
            .collect();
        for row in view.postings.all() {
            match row.book {
                Book::ShopPayable => add(&mut closes.payable, (row.party, row.class), row.amount),
                Book::Payout => add(&mut closes.paid, (row.party, row.class), row.amount),
                _ => {}
            }
        }
        closes.sums = closes
            .closed()
            .map(|row| ((row.class, row.number), sums(view, row)))
            .collect();
        closes
    }

    /// Of everything that is stored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn read(reader: &Reader) -> Result<Self, StoreError> {
        let (periods, payouts) = reader.all_payouts().await?;
        let mut closes = Self {
            periods,
            payouts,
            ..Self::default()
        };
        let closed: Vec<PeriodRow> = closes.closed().cloned().collect();
        for row in closed {
            let sums = reader.days_sums(row.class, (row.first, row.last)).await?;
            closes.sums.insert((row.class, row.number), sums);
        }
        closes.uneven = ids(&reader.told(UNEVEN, Vec::new()).await?)?;
        closes.twice = ids(&reader.told(TWICE, Vec::new()).await?)?;
        closes.listed = by_shop(&reader.told(LISTED, Vec::new()).await?)?;
        closes.payable = by_shop(&reader.told(BOOKED, vec![Book::ShopPayable.to_value()]).await?)?;
        closes.paid = by_shop(&reader.told(BOOKED, vec![Book::Payout.to_value()]).await?)?;
        Ok(closes)
    }

    fn closed(&self) -> impl Iterator<Item = &PeriodRow> {
        self.periods.iter().filter(|row| row.state == PeriodState::Closed)
    }

    /// What does not hold.
    pub(crate) fn violations(&self) -> Vec<Violation> {
        let mut violations = Vec::new();
        let mut broken = |rule, place: String| violations.push(Violation { rule, place });
        for intent in &self.uneven {
            broken("I7 a payment is taken back once and whole", format!("intent {intent}"));
        }
        for intent in &self.twice {
            broken("I7 cash and a reversal exclude each other", format!("intent {intent}"));
        }
        self.check_sums(&mut broken);
        self.check_payouts(&mut broken);
        let shops: BTreeSet<&(Pid, ClassId)> = self.listed.keys().chain(self.payable.keys()).collect();
        for key in shops {
            let of = |sums: &ByShop| sums.get(key).copied().unwrap_or_default().units();
            if Some(of(&self.listed)) != of(&self.payable).checked_add(of(&self.paid)) {
                broken(
                    "I12 transactions add up to the ledger",
                    format!("shop {} class {}", key.0, key.1),
                );
            }
        }
        violations
    }

    /// I6: what was written is what the list still adds up to.
    fn check_sums(&self, broken: &mut impl FnMut(&'static str, String)) {
        for ((class, number), sums) in &self.sums {
            let written = self
                .payouts
                .iter()
                .filter(|row| (row.class, row.number) == (*class, *number));
            let written: BTreeMap<Pid, (u64, u64)> = written
                .map(|row| (row.shop, (row.used.units(), row.cancelled.units())))
                .filter(|(_, sums)| *sums != (0, 0))
                .collect();
            let now: BTreeMap<Pid, (u64, u64)> = sums
                .iter()
                .map(|sum| (sum.shop, (sum.used.units(), sum.cancelled.units())))
                .collect();
            if written != now {
                let place = format!("class {class} period {number}");
                broken("I6 a closed period never changes", place);
            }
        }
    }

    fn check_payouts(&self, broken: &mut impl FnMut(&'static str, String)) {
        let by_key: BTreeMap<_, _> = self
            .payouts
            .iter()
            .map(|row| ((row.class, row.number, row.shop), row))
            .collect();
        let mut paid = ByShop::new();
        for row in &self.payouts {
            let place = || format!("class {} period {} shop {}", row.class, row.number, row.shop);
            let before = by_key.get(&(row.class, row.number.saturating_sub(1), row.shop));
            if before.map_or(Signed::ZERO, |before| before.carried_out) != row.carried_in {
                broken("I6 what is left over goes to the next period", place());
            }
            if split(row.used, row.cancelled, row.carried_in) != Ok((row.paid, row.carried_out))
                || row.entry.is_some() == row.paid.is_zero()
            {
                broken("I6 a payout is what its period comes to", place());
            }
            add(&mut paid, (row.shop, row.class), row.paid.credit());
        }
        for period in self.closed() {
            let before = self
                .payouts
                .iter()
                .filter(|row| row.class == period.class && row.number.checked_add(1) == Some(period.number));
            for row in before.filter(|row| row.carried_out != Signed::ZERO) {
                if !by_key.contains_key(&(row.class, period.number, row.shop)) {
                    let place = format!("class {} period {} shop {}", row.class, period.number, row.shop);
                    broken("I6 what is left over goes to the next period", place);
                }
            }
        }
        paid.retain(|_, sum| *sum != Signed::ZERO);
        if paid != self.paid {
            broken("I12 payouts are their postings", "all shops".to_owned());
        }
    }
}

fn is_twice(view: &View, row: &RefundRow) -> bool {
    row.kind == RefundKind::Cash && view.intents.get(&(row.intent,)).is_some_and(|intent| !intent.paid)
}

/// What a row adds to its shop's sum.
const fn direction(row: &BusinessRow) -> Option<i64> {
    match row.operation_id {
        OperationId::Use => Some(1),
        OperationId::UseCancel => Some(-1),
        OperationId::Grant | OperationId::Charge | OperationId::GrantCancel => None,
    }
}

fn sums(view: &View, period: &PeriodRow) -> Vec<ShopSum> {
    let mut sums: BTreeMap<Pid, ShopSum> = BTreeMap::new();
    for row in view.business.all().filter(|row| row.class == period.class) {
        let day = row.posted_at.day();
        let (Some(shop), Some(by)) = (row.shop, direction(row)) else {
            continue;
        };
        if day < period.first || day > period.last {
            continue;
        }
        let sum = sums.entry(shop).or_insert(ShopSum {
            shop,
            used: Default::default(),
            cancelled: Default::default(),
        });
        let side = if by > 0 { &mut sum.used } else { &mut sum.cancelled };
        *side = side.plus(row.amount).unwrap_or(*side);
    }
    sums.into_values().collect()
}

fn add(sums: &mut ByShop, key: (Pid, ClassId), by: Signed) {
    let sum = sums.entry(key).or_default();
    *sum = sum.plus(by).unwrap_or(*sum);
}

fn ids(rows: &[Vec<Value>]) -> Result<Vec<DocId>, StoreError> {
    let first = |row: &Vec<Value>| row.first().ok_or(BadValue).and_then(DocId::from_value);
    Ok(rows.iter().map(first).collect::<Result<_, _>>()?)
}

fn by_shop(rows: &[Vec<Value>]) -> Result<ByShop, StoreError> {
    let mut sums = ByShop::new();
    for row in rows {
        let [shop, class, sum] = row.as_slice() else {
            return Err(BadValue.into());
        };
        sums.insert(
            (Pid::from_value(shop)?, ClassId::from_value(class)?),
            Signed::from_value(sum)?,
        );
    }
    sums.retain(|_, sum| *sum != Signed::ZERO);
    Ok(sums)
}
