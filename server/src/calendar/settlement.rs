//! When shops are paid: weekly closes of a season (F092 to F094) and month-end closes (F095).
//!
//! A payment belongs to the period of the day on which it was posted; a close is at 24:00 of its last day.

use chrono::{Datelike as _, Months, NaiveDate, Weekday};
use kinchaku_protocol::time::Day;

use super::{Business, Calendar, CalendarError, Shift, on_or_after};

/// Days that are settled together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    /// Its place in the season or among the months, counted from 1.
    pub number: u32,
    /// Its first posting day.
    pub first: Day,
    /// Its last posting day.
    pub last: Day,
    /// The day on which the money arrives (着金日).
    pub paid: Day,
    /// Whether it is one for payments that came in after the season's end.
    pub late: bool,
}

/// Closes once a week during a season.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeeklyClose {
    /// The first day of use; the first period may be shorter than a week.
    pub first: Day,
    /// The last day of use; the last period may be shorter than a week.
    pub last: Day,
    /// The last day of a week.
    pub close: Weekday,
    /// The weekday of the payment, …
    pub pay: Weekday,
    /// … this many weeks after the week of the close, weeks beginning on Monday: 2 is the week after next.
    pub weeks: u32,
    /// Where a payment goes that falls on no business day of banks.
    pub shift: Shift,
    /// After the season, what comes in late is settled in periods of so many days, one after the other.
    pub late_days: u32,
}

/// Closes at the end of each month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthlyClose {
    /// The first day; months count from here.
    pub first: Day,
    /// Paid on this business day of banks after the close.
    pub business_days: u32,
}

/// How a class is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Once a week.
    Weekly(WeeklyClose),
    /// At the end of each month.
    Monthly(MonthlyClose),
}

impl Settlement {
    /// The period to which a posting day belongs; `None` outside all of them.
    ///
    /// # Errors
    /// [`CalendarError`] where its payment lies in a year whose holidays are not known.
    pub fn period(&self, calendar: &Calendar, posted: Day) -> Result<Option<Period>, CalendarError> {
        match self {
            Self::Weekly(weekly) => weekly.period(calendar, posted),
            Self::Monthly(monthly) => monthly.period(calendar, posted),
        }
    }
}

impl WeeklyClose {
    /// The period to which a posting day belongs; `None` before the season. Nobody can say how late something comes
    /// in, so the periods after it have no last one.
    ///
    /// # Errors
    /// [`CalendarError`] where its payment lies in a year whose holidays are not known.
    pub fn period(&self, calendar: &Calendar, posted: Day) -> Result<Option<Period>, CalendarError> {
        if posted < self.first {
            return Ok(None);
        }
        let first_close = on_or_after(self.first, self.close)?;
        let close = |day| on_or_after(day, self.close);
        let number = |close: Day| (close.0 - first_close.0) / 7 + 1;
        let late = posted > self.last;
        let (number, first, last) = if late {
            let days = self.late_days.max(1);
            let before = (posted.0 - self.last.0 - 1) / days;
            let first = self.last.plus(before * days + 1);
            (number(close(self.last)?) + 1 + before, first, first.plus(days - 1))
        } else {
            let end = close(posted)?;
            let begin = Day(end.0.saturating_sub(6));
            (number(end), begin.max(self.first), end.min(self.last))
        };
        Ok(Some(Period {
            number,
            first,
            last,
            paid: self.paid(calendar, last)?,
            late,
        }))
    }

    /// All periods of the season, without those for what comes in late.
    ///
    /// # Errors
    /// [`CalendarError`].
    pub fn periods(&self, calendar: &Calendar) -> Result<Vec<Period>, CalendarError> {
        let mut periods = Vec::new();
        let mut day = self.first;
        while day <= self.last {
            let Some(period) = self.period(calendar, day)? else {
                break;
            };
            day = period.last.plus(1);
            periods.push(period);
        }
        Ok(periods)
    }

    /// The payment of the week in which a period ends. A period cut short is paid as if its week had been
    /// whole: the season's last Saturday is paid with the Friday after it.
    fn paid(&self, calendar: &Calendar, last: Day) -> Result<Day, CalendarError> {
        let close = on_or_after(last, self.close)?;
        let monday = close
            .0
            .checked_sub(self.close.num_days_from_monday())
            .ok_or(CalendarError::NoDate)?;
        let wanted = Day(monday).plus(self.weeks * 7 + self.pay.num_days_from_monday());
        let paid = calendar.shifted(wanted, Business::Bank, self.shift)?;
        // Nothing is paid before it is closed.
        if paid <= close {
            return calendar.shifted(wanted, Business::Bank, Shift::Next);
        }
        Ok(paid)
    }
}

impl MonthlyClose {
    /// The month to which a posting day belongs; `None` before the first day.
    ///
    /// # Errors
    /// [`CalendarError`] where its payment lies in a year whose holidays are not known.
    pub fn period(&self, calendar: &Calendar, posted: Day) -> Result<Option<Period>, CalendarError> {
        if posted < self.first {
            return Ok(None);
        }
        let date = posted.date().ok_or(CalendarError::NoDate)?;
        let start = self.first.date().ok_or(CalendarError::NoDate)?;
        let months = (date.year() - start.year()) * 12 + date.month0() as i32 - start.month0() as i32;
        let month = NaiveDate::from_ymd_opt(date.year(), date.month(), 1).ok_or(CalendarError::NoDate)?;
        let next = month.checked_add_months(Months::new(1)).ok_or(CalendarError::NoDate)?;
        let last = next.pred_opt().and_then(Day::of).ok_or(CalendarError::NoDate)?;
        Ok(Some(Period {
            number: u32::try_from(months).unwrap_or(0) + 1,
            first: Day::of(month).ok_or(CalendarError::NoDate)?.max(self.first),
            last,
            paid: calendar.business_days_after(last, self.business_days, Business::Bank)?,
            late: false,
        }))
    }
}
