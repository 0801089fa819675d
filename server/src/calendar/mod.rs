//! Days on which things happen: business days, the close of a settlement, the day of a grant.
//!
//! Holidays are a list, not a computation: the Cabinet Office publishes them for this year and the next
//! ([`holidays`]), and a town's folder may carry a newer list. What lies beyond the list is an error that
//! names the year, never a guess.

mod grant;
mod holidays;
mod settlement;
#[cfg(test)]
mod tests;

pub use self::grant::{GrantCalendar, after_purchase};
pub use self::holidays::{HolidayProblem, Holidays};
pub use self::settlement::{MonthlyClose, Period, Settlement, WeeklyClose};

use std::collections::BTreeSet;

use chrono::{Datelike as _, Weekday};
use kinchaku_protocol::time::Day;

/// Whose business days are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Business {
    /// Banks close on Saturdays, Sundays, holidays and from 31 December to 3 January (銀行法施行令 5).
    Bank,
    /// Town halls close on Saturdays, Sundays, holidays, from 29 December to 3 January (行政機関の休日に関する
    /// 法律 1, and the towns' ordinances after it) and on days of their own.
    Office,
}

/// Where a day goes that is no business day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shift {
    /// To the next business day.
    Next,
    /// To the business day before.
    Before,
}

/// A day that cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The list of holidays does not reach this year.
    #[error("{year} 年の祝日がまだ登録されていません。内閣府の祝日一覧を holidays.csv に入れてください。")]
    UnknownYear {
        /// Which year.
        year: i32,
    },
    /// Before 1970 or far ahead.
    #[error("暦にない日付です。")]
    NoDate,
}

/// The calendar of a town.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    holidays: Holidays,
    closed: BTreeSet<Day>,
}

impl Calendar {
    /// Holidays and the days on which the town's offices are closed besides.
    #[must_use]
    pub const fn new(holidays: Holidays, closed: BTreeSet<Day>) -> Self {
        Self { holidays, closed }
    }

    /// The years that are known.
    #[must_use]
    pub const fn holidays(&self) -> &Holidays {
        &self.holidays
    }

    /// Whether business is done on a day.
    ///
    /// # Errors
    /// [`CalendarError`] where the year's holidays are not known.
    pub fn is_business_day(&self, day: Day, business: Business) -> Result<bool, CalendarError> {
        let date = day.date().ok_or(CalendarError::NoDate)?;
        let holiday = self.holidays.name(day)?.is_some();
        let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        let year_end = matches!(
            (business, date.month(), date.day()),
            (_, 1, 1..=3) | (_, 12, 31) | (Business::Office, 12, 29..)
        );
        let own = business == Business::Office && self.closed.contains(&day);
        Ok(!(holiday || weekend || year_end || own))
    }

    /// The day itself where business is done on it, else the next or the last one before.
    ///
    /// # Errors
    /// [`CalendarError`].
    pub fn shifted(&self, day: Day, business: Business, shift: Shift) -> Result<Day, CalendarError> {
        let mut day = day;
        while !self.is_business_day(day, business)? {
            day = match shift {
                Shift::Next => day.plus(1),
                Shift::Before => Day(day.0.checked_sub(1).ok_or(CalendarError::NoDate)?),
            };
        }
        Ok(day)
    }

    /// The `count`th business day after a day, which itself does not count. The day itself for a count of 0.
    ///
    /// # Errors
    /// [`CalendarError`].
    pub fn business_days_after(&self, day: Day, count: u32, business: Business) -> Result<Day, CalendarError> {
        let mut day = day;
        for _ in 0..count {
            day = self.shifted(day.plus(1), business, Shift::Next)?;
        }
        Ok(day)
    }
}

/// The day of the week.
///
/// # Errors
/// [`CalendarError::NoDate`].
pub fn weekday(day: Day) -> Result<Weekday, CalendarError> {
    Ok(day.date().ok_or(CalendarError::NoDate)?.weekday())
}

/// The first such weekday on or after a day.
///
/// # Errors
/// [`CalendarError::NoDate`].
pub fn on_or_after(day: Day, wanted: Weekday) -> Result<Day, CalendarError> {
    let ahead = (7 + wanted.num_days_from_monday() - weekday(day)?.num_days_from_monday()) % 7;
    Ok(day.plus(ahead))
}
