//! Results by day and by month (F104 to F108), added up by the database over the journal of transactions.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Months};
use kinchaku_protocol::ids::{ClassId, Pid};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Day;

use super::Reader;
use super::lists::columns;
use super::transactions::end_of;
use crate::export::{Sales, Tally};
use crate::ledger::rows::OperationId;
use crate::store::StoreError;
use crate::store::table::{BadValue, Column, Value};

/// Days and months are beginnings of transaction numbers.
macro_rules! results {
    ($length:literal, $shop:literal) => {
        concat!(
            "select substr(tran_id, 1, ",
            $length,
            "), class, operation_id, cast(sum(amount) as bigint), count(*) from business where muni = $1 and ",
            $shop,
            "tran_id >= $2 and tran_id < $3 group by substr(tran_id, 1, ",
            $length,
            "), class, operation_id order by 1, 2, 3"
        )
    };
}

/// Sales are shops': points given up for an exchange or an entry to a draw are in lists of their own.
macro_rules! sales {
    ($length:literal) => {
        results!($length, "(shop is not null or operation_id not in (1, 4)) and ")
    };
}

const DAYS: &str = sales!("8");
const MONTHS: &str = sales!("6");
const SHOP_DAYS: &str = results!("8", "shop = $4 and ");
const SHOP_MONTHS: &str = results!("6", "shop = $4 and ");

/// What entries of a kind took from residents (book 2).
macro_rules! ended {
    ($kind:literal) => {
        concat!(
            "select e.period, p.class, cast(-sum(p.amount) as bigint), count(distinct e.id) \
             from entries e join postings p on p.muni = e.muni and p.entry = e.id and p.book = 2 \
             where e.muni = $1 and e.kind = ",
            $kind,
            " and e.period >= $2 and e.period <= $3 group by e.period, p.class order by e.period, p.class"
        )
    };
}

const EXPIRED: &str = ended!("6");
const FORFEITED: &str = ended!("8");

/// How results are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// By posting day.
    Day,
    /// By month of posting.
    Month,
}

/// What happened with one class in a day or month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultLine {
    /// The day, or the first one of the month.
    pub from: Day,
    /// Which value.
    pub class: ClassId,
    /// 付与, 利用 and their cancellations.
    pub sales: Sales,
    /// 有効期限切れ: ended by itself. A shop has no part in it.
    pub expired: Tally,
    /// 失効: taken away by the office.
    pub lapsed: Tally,
}

type Lines = BTreeMap<(Day, ClassId), ResultLine>;

impl Reader {
    /// Results of one shop, or of all with what expired or was taken away, from one posting day to another; months are whole ones.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn results(
        &self,
        shop: Option<Pid>,
        by: By,
        first: Day,
        last: Day,
    ) -> Result<Vec<ResultLine>, StoreError> {
        let mut lines = Lines::new();
        self.add_results(&mut lines, shop, by, span(by, first, last)).await?;
        if shop.is_none() {
            let days = span(by, first, last);
            self.add_ended(&mut lines, EXPIRED, |line| &mut line.expired, by, days)
                .await?;
            self.add_ended(&mut lines, FORFEITED, |line| &mut line.lapsed, by, days)
                .await?;
        }
        Ok(lines.into_values().collect())
    }

    /// Results of several shops together.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn results_of(
        &self,
        shops: &[Pid],
        by: By,
        first: Day,
        last: Day,
    ) -> Result<Vec<ResultLine>, StoreError> {
        let mut lines = Lines::new();
        for shop in shops {
            self.add_results(&mut lines, Some(*shop), by, span(by, first, last))
                .await?;
        }
        Ok(lines.into_values().collect())
    }

    async fn add_results(
        &self,
        lines: &mut Lines,
        shop: Option<Pid>,
        by: By,
        (first, last): (Day, Day),
    ) -> Result<(), StoreError> {
        let sql = match (by, shop) {
            (By::Day, None) => DAYS,
            (By::Month, None) => MONTHS,
            (By::Day, Some(_)) => SHOP_DAYS,
            (By::Month, Some(_)) => SHOP_MONTHS,
        };
        let mut parameters = vec![Value::Text(first.digits()), Value::Text(end_of(last))];
        parameters.extend(shop.map(|shop| shop.to_value()));
        for row in self.store.report(self.town, sql, parameters).await? {
            let [from, class, operation, amount, count] = columns(&row)?;
            let from = day_of(&String::from_value(from)?).ok_or(BadValue)?;
            let more = Tally {
                amount: Amount::from_value(amount)?,
                count: u64::from_value(count)?,
            };
            let line = line(lines, from, ClassId::from_value(class)?);
            let tally = match OperationId::from_value(operation)? {
                OperationId::Use => &mut line.sales.used,
                OperationId::Grant | OperationId::Charge => &mut line.sales.added,
                OperationId::UseCancel => &mut line.sales.use_cancelled,
                OperationId::GrantCancel => &mut line.sales.add_cancelled,
            };
            add(tally, more)?;
        }
        Ok(())
    }

    async fn add_ended(
        &self,
        lines: &mut Lines,
        sql: &'static str,
        tally: fn(&mut ResultLine) -> &mut Tally,
        by: By,
        (first, last): (Day, Day),
    ) -> Result<(), StoreError> {
        let parameters = vec![first.to_value(), last.to_value()];
        for row in self.store.report(self.town, sql, parameters).await? {
            let [day, class, amount, count] = columns(&row)?;
            let day = Day::from_value(day)?;
            let from = match by {
                By::Day => day,
                By::Month => span(by, day, day).0,
            };
            let more = Tally {
                amount: Amount::from_value(amount)?,
                count: u64::from_value(count)?,
            };
            add(tally(line(lines, from, ClassId::from_value(class)?)), more)?;
        }
        Ok(())
    }
}

fn line(lines: &mut Lines, from: Day, class: ClassId) -> &mut ResultLine {
    lines.entry((from, class)).or_insert(ResultLine {
        from,
        class,
        sales: Sales::default(),
        expired: Tally::default(),
        lapsed: Tally::default(),
    })
}

fn add(tally: &mut Tally, more: Tally) -> Result<(), StoreError> {
    tally.amount = tally.amount.plus(more.amount).map_err(|_| BadValue)?;
    tally.count = tally.count.saturating_add(more.count);
    Ok(())
}

/// The days as they are, or the whole months they lie in.
fn span(by: By, first: Day, last: Day) -> (Day, Day) {
    if by == By::Day {
        return (first, last);
    }
    let begin = |day: Day| day.date().and_then(|date| date.with_day(1));
    let from = begin(first).and_then(Day::of).unwrap_or(first);
    let next = begin(last).and_then(|date| date.checked_add_months(Months::new(1)));
    let to = next.and_then(|date| date.pred_opt()).and_then(Day::of).unwrap_or(last);
    (from, to)
}

/// 20240603, or 202406 for its first day.
fn day_of(digits: &str) -> Option<Day> {
    let first = if digits.len() == 6 { "01" } else { "" };
    let date = chrono::NaiveDate::parse_from_str(&format!("{digits}{first}"), "%Y%m%d");
    Day::of(date.ok()?)
}
