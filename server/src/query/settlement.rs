//! What shops are paid: periods and their payouts, what the open period comes to so far (F167), and what no period
//! will ever pay.

use std::collections::BTreeMap;

use kinchaku_protocol::ids::{ClassId, Pid};
use kinchaku_protocol::money::{Amount, Signed};
use kinchaku_protocol::time::{Day, Time};

use super::Reader;
use super::lists::columns;
use crate::calendar::Period;
use crate::ledger::Broken;
use crate::programme::{Class, Programmes};
use crate::settlement::action::ShopSum;
use crate::settlement::rows::{PayoutRow, PeriodRow, PeriodState};
use crate::settlement::{first_day, next_period, split};
use crate::store::StoreError;
use crate::store::table::{BadValue, Column, Value};

/// What a shop did in a range of days, by the journal of transactions: one scan in its order.
const SUMS: &str = "select shop, \
     cast(sum(case when operation_id = 1 then amount else 0 end) as bigint), \
     cast(sum(case when operation_id = 4 then amount else 0 end) as bigint) \
     from business where muni = $1 and tran_id >= $2 and tran_id < $3 and class = $4 and shop is not null \
     and operation_id in (1, 4) group by shop order by shop";

/// The same of one shop.
const SHOP_SUMS: &str = "select shop, \
     cast(sum(case when operation_id = 1 then amount else 0 end) as bigint), \
     cast(sum(case when operation_id = 4 then amount else 0 end) as bigint) \
     from business where muni = $1 and shop = $5 and tran_id >= $2 and tran_id < $3 and class = $4 \
     and operation_id in (1, 4) group by shop";

const PAYOUTS: &str = "select shop, used, cancelled, carried_in, paid, carried_out, entry from payouts \
     where muni = $1 and class = $2 and number = $3 order by shop";

/// How far the payment of a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodStanding {
    /// It is not over: sums grow.
    Open,
    /// It is over, and its close is due or under way.
    Due,
    /// Its sums are written.
    Closed,
}

/// A period as a shop sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopPeriod {
    /// Which value.
    pub class: ClassId,
    /// Its place, from 1.
    pub number: u32,
    /// Its first posting day.
    pub first: Day,
    /// Its last.
    pub last: Day,
    /// When the money arrives.
    pub paid_on: Day,
    /// Whether it is one for what came in after the season.
    pub late: bool,
    /// How far it is.
    pub standing: PeriodStanding,
    /// Payments.
    pub used: Amount,
    /// Payments taken back.
    pub cancelled: Amount,
    /// Left over from the period before.
    pub carried_in: Signed,
    /// What is paid, as it stands.
    pub paid: Amount,
    /// Left for the next one.
    pub carried_out: Signed,
}

/// What a shop is owed or owes that no period may ever pay: a person has to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsettled {
    /// Which value.
    pub class: ClassId,
    /// Which shop.
    pub shop: Pid,
    /// Posted before the first of them.
    pub posted: Signed,
    /// Left over from the last one that is closed, after a season: what the shop owes, and may never sell enough for.
    pub carried: Signed,
}

impl Reader {
    /// Periods whose close has begun, of one class or of all, by class and number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn periods(&self, class: Option<ClassId>) -> Result<Vec<PeriodRow>, StoreError> {
        match class {
            Some(class) => self.among("class", vec![class.to_value()]).await,
            None => self.all().await,
        }
    }

    /// Every period and every payout.
    pub(crate) async fn all_payouts(&self) -> Result<(Vec<PeriodRow>, Vec<PayoutRow>), StoreError> {
        Ok((self.all().await?, self.all().await?))
    }

    /// A report of somebody else's.
    pub(crate) async fn told(&self, sql: &'static str, parameters: Vec<Value>) -> Result<Vec<Vec<Value>>, StoreError> {
        self.store.report(self.town, sql, parameters).await
    }

    /// What shops are paid for a period, by shop.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn payouts(&self, class: ClassId, number: u32) -> Result<Vec<PayoutRow>, StoreError> {
        let parameters = vec![class.to_value(), number.to_value()];
        let rows = self.store.report(self.town, PAYOUTS, parameters).await?;
        rows.iter()
            .map(|row| {
                let [shop, used, cancelled, carried_in, paid, carried_out, entry] = columns(row)?;
                Ok(PayoutRow {
                    class,
                    number,
                    shop: Pid::from_value(shop)?,
                    used: Amount::from_value(used)?,
                    cancelled: Amount::from_value(cancelled)?,
                    carried_in: Signed::from_value(carried_in)?,
                    paid: Amount::from_value(paid)?,
                    carried_out: Signed::from_value(carried_out)?,
                    entry: Option::from_value(entry)?,
                })
            })
            .collect()
    }

    /// A shop's periods, newest first within each class: the open one as it stands, those before it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn shop_settlements(&self, shop: Pid, now: Time) -> Result<Vec<ShopPeriod>, StoreError> {
        let Some(programmes) = self.programmes().await? else {
            return Ok(Vec::new());
        };
        let payouts = self.among::<PayoutRow>("shop", vec![shop.to_value()]).await?;
        let payouts: BTreeMap<(ClassId, u32), PayoutRow> =
            payouts.into_iter().map(|row| ((row.class, row.number), row)).collect();
        let mut all = Vec::new();
        for class in programmes.classes.values() {
            let mut periods = self.shop_class(&programmes, class, shop, &payouts, now).await?;
            periods.reverse();
            all.append(&mut periods);
        }
        Ok(all)
    }

    async fn shop_class(
        &self,
        programmes: &Programmes,
        class: &Class,
        shop: Pid,
        payouts: &BTreeMap<(ClassId, u32), PayoutRow>,
        now: Time,
    ) -> Result<Vec<ShopPeriod>, StoreError> {
        let mut periods = Vec::new();
        let mut before = None;
        let mut carried = Signed::ZERO;
        for row in self.periods(Some(class.id)).await? {
            if row.state == PeriodState::Closing {
                break;
            }
            let period = Period {
                number: row.number,
                first: row.first,
                last: row.last,
                paid: row.paid_on,
                late: row.late,
            };
            let payout = payouts.get(&(class.id, row.number));
            periods.extend(payout.map(|payout| shop_period(class.id, &period, payout)));
            carried = payout.map_or(Signed::ZERO, |payout| payout.carried_out);
            before = Some((row.number, row.last));
        }
        // A year whose holidays nobody knows ends the list, not the answer.
        while let Ok(Some(period)) = next_period(programmes, class, before) {
            if period.first > now.day() {
                break;
            }
            let sum = self
                .shop_sums(SHOP_SUMS, class.id, (period.first, period.last), Some(shop))
                .await?;
            let sum = sum.first().copied().unwrap_or(ShopSum {
                shop,
                used: Amount::ZERO,
                cancelled: Amount::ZERO,
            });
            let (paid, carried_out) = split(sum.used, sum.cancelled, carried).map_err(out_of_range)?;
            before = Some((period.number, period.last));
            let nothing = sum.used.is_zero() && sum.cancelled.is_zero() && carried == Signed::ZERO;
            if period.late && nothing {
                continue;
            }
            periods.push(ShopPeriod {
                class: class.id,
                number: period.number,
                first: period.first,
                last: period.last,
                paid_on: period.paid,
                late: period.late,
                standing: if period.last < now.day() {
                    PeriodStanding::Due
                } else {
                    PeriodStanding::Open
                },
                used: sum.used,
                cancelled: sum.cancelled,
                carried_in: carried,
                paid,
                carried_out,
            });
            carried = carried_out;
        }
        Ok(periods)
    }

    /// What shops did in a period whose close has begun, with those that only have something left over; and the
    /// shops whose sums are written already.
    pub(crate) async fn period_sums(
        &self,
        class: ClassId,
        number: u32,
    ) -> Result<(Vec<ShopSum>, Vec<Pid>), StoreError> {
        let periods = self.periods(Some(class)).await?;
        let Some(period) = periods.into_iter().find(|row| row.number == number) else {
            return Ok((Vec::new(), Vec::new()));
        };
        let sums = self.shop_sums(SUMS, class, (period.first, period.last), None).await?;
        let mut sums: BTreeMap<Pid, ShopSum> = sums.into_iter().map(|sum| (sum.shop, sum)).collect();
        let before = self.payouts(class, number.saturating_sub(1)).await?;
        for row in before.iter().filter(|row| row.carried_out != Signed::ZERO) {
            sums.entry(row.shop).or_insert(ShopSum {
                shop: row.shop,
                used: Amount::ZERO,
                cancelled: Amount::ZERO,
            });
        }
        let written = self.payouts(class, number).await?;
        Ok((
            sums.into_values().collect(),
            written.into_iter().map(|row| row.shop).collect(),
        ))
    }

    /// What every shop did with a class from one posting day to another.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn days_sums(&self, class: ClassId, days: (Day, Day)) -> Result<Vec<ShopSum>, StoreError> {
        self.shop_sums(SUMS, class, days, None).await
    }

    async fn shop_sums(
        &self,
        sql: &'static str,
        class: ClassId,
        (first, last): (Day, Day),
        shop: Option<Pid>,
    ) -> Result<Vec<ShopSum>, StoreError> {
        let mut parameters = vec![
            Value::Text(first.digits()),
            Value::Text(last.plus(1).digits()),
            class.to_value(),
        ];
        parameters.extend(shop.map(|shop| shop.to_value()));
        let rows = self.store.report(self.town, sql, parameters).await?;
        rows.iter()
            .map(|row| {
                let [shop, used, cancelled] = columns(row)?;
                Ok(ShopSum {
                    shop: Pid::from_value(shop)?,
                    used: Amount::from_value(used)?,
                    cancelled: Amount::from_value(cancelled)?,
                })
            })
            .collect()
    }

    /// What no period pays: posted before the first, or owed by a shop after the end of a season.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn unsettled(&self) -> Result<Vec<Unsettled>, StoreError> {
        let Some(programmes) = self.programmes().await? else {
            return Ok(Vec::new());
        };
        let mut all: BTreeMap<(ClassId, Pid), (Signed, Signed)> = BTreeMap::new();
        for class in programmes.classes.values() {
            let mut periods = self.periods(Some(class.id)).await?;
            periods.retain(|row| row.state == PeriodState::Closed);
            if let Some(last) = periods.pop().filter(|row| row.late) {
                for row in self.payouts(class.id, last.number).await? {
                    all.entry((class.id, row.shop)).or_default().1 = row.carried_out;
                }
            }
            let Some(before) = first_day(class).0.checked_sub(1) else {
                continue;
            };
            for sum in self.days_sums(class.id, (Day(0), Day(before))).await? {
                let (posted, _) = all.entry((class.id, sum.shop)).or_default();
                let net = posted
                    .plus(sum.used.credit())
                    .and_then(|net| net.plus(sum.cancelled.debit()));
                *posted = net.map_err(|_| BadValue)?;
            }
        }
        let lines = all.into_iter().map(|((class, shop), (posted, carried))| Unsettled {
            class,
            shop,
            posted,
            carried,
        });
        Ok(lines
            .filter(|line| line.posted != Signed::ZERO || line.carried != Signed::ZERO)
            .collect())
    }
}

const fn shop_period(class: ClassId, period: &Period, payout: &PayoutRow) -> ShopPeriod {
    ShopPeriod {
        class,
        number: period.number,
        first: period.first,
        last: period.last,
        paid_on: period.paid,
        late: period.late,
        standing: PeriodStanding::Closed,
        used: payout.used,
        cancelled: payout.cancelled,
        carried_in: payout.carried_in,
        paid: payout.paid,
        carried_out: payout.carried_out,
    }
}

const fn out_of_range(_: Broken) -> StoreError {
    StoreError::Value(BadValue)
}
