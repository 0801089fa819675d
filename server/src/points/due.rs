//! What of points is due, found by reading; the books look again before they do anything. In chunks, each after a
//! place in the list, so that what cannot be done yet holds up nothing behind it.

use kinchaku_protocol::ids::{ClassId, DocId};
use kinchaku_protocol::time::Day;

use crate::calendar::{CalendarError, GrantCalendar};
use crate::points::rows::EarningState;
use crate::programme::Programmes;
use crate::query::Reader;
use crate::query::lists::columns;
use crate::store::StoreError;
use crate::store::table::{Column, Value};

/// How many are found at once; the number stands in the queries too.
const CHUNK: usize = 500;

/// Weeks whose grants have come, and why that of others cannot be told.
#[derive(Clone, Debug, Default)]
pub struct Weeks {
    /// Class and Monday.
    pub due: Vec<(ClassId, Day)>,
    /// The calendar lacks something for a week of which nothing was granted yet.
    pub untold: Option<CalendarError>,
}

impl Reader {
    /// Weeks of which something waits for its grant, and whose day has come (F012, F013).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due_weeks(&self, programmes: &Programmes, today: Day) -> Result<Weeks, StoreError> {
        let sql = "select min(week) from earnings where muni = $1 and state = $2";
        let state = EarningState::Pending.to_value();
        let first = self.store.report(self.town, sql, vec![state]).await?.pop();
        let mut weeks = Weeks::default();
        let Some([first]) = first.as_deref() else {
            return Ok(weeks);
        };
        let Some(first) = Option::<Day>::from_value(first)? else {
            return Ok(weeks);
        };
        let earning = programmes.classes.values();
        for (class, grants) in earning.filter_map(|class| Some((class.id, &class.earn.as_ref()?.1))) {
            let mut monday = GrantCalendar::week(first).map_or(first, |(monday, _)| monday);
            while monday <= today {
                match grants.granted(&programmes.calendar, monday) {
                    Ok(day) if day <= today => weeks.due.push((class, monday)),
                    Ok(_) => {}
                    Err(error) => weeks.untold = Some(error),
                }
                monday = monday.plus(7);
            }
        }
        Ok(weeks)
    }

    /// Earnings of a class and a week that wait for their grant. Those of one account stand together.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pending_earnings(&self, class: ClassId, week: Day) -> Result<Vec<(DocId, ClassId)>, StoreError> {
        let sql = "select account, intent from earnings where muni = $1 and state = $2 and week = $3 and class = $4 \
                   order by account, intent limit 500";
        let state = EarningState::Pending.to_value();
        let parameters = vec![state, week.to_value(), class.to_value()];
        let rows = self.store.report(self.town, sql, parameters).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let [account, intent] = columns(row)?;
            found.push((u64::from_value(account)?, DocId::from_value(intent)?));
        }
        // The rest of the last account comes with the next chunk, in one lot.
        let last = found.last().map(|(account, _)| *account);
        let whole = |account: u64| found.len() < CHUNK || Some(account) != last;
        let some = found.iter().any(|(account, _)| whole(*account));
        let taken = found.iter().filter(|(account, _)| !some || whole(*account));
        Ok(taken.map(|(_, intent)| (*intent, class)).collect())
    }

    /// Balances of the extending kind whose last day has passed, after one of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due_balances(
        &self,
        today: Day,
        (account, class): (u64, ClassId),
    ) -> Result<Vec<(u64, ClassId)>, StoreError> {
        let sql = "select account, class from extending where muni = $1 and until < $2 \
                   and (account > $3 or (account = $3 and class > $4)) order by account, class limit 500";
        let parameters = vec![today.to_value(), account.to_value(), class.to_value()];
        let rows = self.store.report(self.town, sql, parameters).await?;
        pairs(&rows)
    }

    /// Members of a class with ranks who were not judged today, after an account (F018).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn members_to_judge(
        &self,
        class: ClassId,
        today: Day,
        after: u64,
    ) -> Result<Vec<(u64, ClassId)>, StoreError> {
        let sql = "select distinct p.account, p.class from point_days p \
                   where p.muni = $1 and p.class = $2 and p.account > $3 and not exists \
                   (select 1 from ranks r where r.muni = p.muni and r.account = p.account and r.class = p.class \
                   and r.judged >= $4) order by p.account limit 500";
        let parameters = vec![class.to_value(), after.to_value(), today.to_value()];
        let rows = self.store.report(self.town, sql, parameters).await?;
        pairs(&rows)
    }
}

fn pairs(rows: &[Vec<Value>]) -> Result<Vec<(u64, ClassId)>, StoreError> {
    rows.iter()
        .map(|row| {
            let [account, class] = columns(row)?;
            Ok((u64::from_value(account)?, ClassId::from_value(class)?))
        })
        .collect()
}
