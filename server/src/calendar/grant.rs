//! When earned points are granted (F011 to F013): payments of a week from Monday to Sunday, a week in
//! between, and a day of the third week. Points for buying are granted a number of days after it (F080).

use std::collections::BTreeMap;

use chrono::Weekday;
use kinchaku_protocol::time::Day;

use super::{Business, Calendar, CalendarError, Shift, weekday};

/// The days of grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantCalendar {
    /// Weeks after the week of the payments: 2 leaves one week in between.
    pub weeks: u32,
    /// Its weekday in the usual week.
    pub weekday: Weekday,
    /// Grants that were moved, from the day they would have been to the day that was announced (F013).
    pub moved: BTreeMap<Day, Day>,
}

impl GrantCalendar {
    /// The Monday and the Sunday of the week whose payments are granted together, by a posting day.
    ///
    /// # Errors
    /// [`CalendarError::NoDate`].
    pub fn week(posted: Day) -> Result<(Day, Day), CalendarError> {
        let since_monday = weekday(posted)?.num_days_from_monday();
        let monday = Day(posted.0.checked_sub(since_monday).ok_or(CalendarError::NoDate)?);
        Ok((monday, monday.plus(6)))
    }

    /// The day on which a payment's points are granted, by its posting day: the usual weekday, where the town
    /// hall is closed the next day it is open, or what was announced instead.
    ///
    /// # Errors
    /// [`CalendarError`].
    pub fn granted(&self, calendar: &Calendar, posted: Day) -> Result<Day, CalendarError> {
        let (monday, _) = Self::week(posted)?;
        let usual = monday.plus(self.weeks * 7 + self.weekday.num_days_from_monday());
        if let Some(announced) = self.moved.get(&usual) {
            return Ok(*announced);
        }
        calendar.shifted(usual, Business::Office, Shift::Next)
    }
}

/// The day on which points for buying are granted: so many days later, holiday or not (F080).
#[must_use]
pub const fn after_purchase(purchased: Day, days: u32) -> Day {
    purchased.plus(days)
}
