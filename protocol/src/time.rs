//! Times in seconds and days in Japan. Japan has had one offset, UTC+9, since 1951: no zone data needed.

use std::fmt;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate};

/// Seconds in a day.
pub const DAY_SECONDS: u64 = 86_400;

/// Japan's offset from UTC in seconds.
const JST_SECONDS: u64 = 9 * 3_600;

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

/// A day in Japan, counted from 1970-01-01. "Usable until" a day means until 24:00 of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub u32);

impl Time {
    /// The day it is in Japan.
    #[must_use]
    pub fn day(self) -> Day {
        let days = self.0.saturating_add(JST_SECONDS).checked_div(DAY_SECONDS);
        Day(u32::try_from(days.unwrap_or(0)).unwrap_or(u32::MAX))
    }

    /// `seconds` later.
    #[must_use]
    pub const fn after(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// `seconds` earlier.
    #[must_use]
    pub const fn before(self, seconds: u64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }

    /// Seconds from `earlier` to `self`, zero where `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The clock on a wall in Japan.
    #[must_use]
    pub fn in_japan(self) -> Option<DateTime<FixedOffset>> {
        let offset = FixedOffset::east_opt(i32::try_from(JST_SECONDS).ok()?)?;
        Some(DateTime::from_timestamp(i64::try_from(self.0).ok()?, 0)?.with_timezone(&offset))
    }
}

impl fmt::Display for Time {
    /// RFC 3339 with Japan's offset.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.in_japan() {
            Some(at) => f.write_str(&at.to_rfc3339()),
            None => write!(f, "@{}", self.0),
        }
    }
}

impl Day {
    /// The first second of the day.
    #[must_use]
    pub fn start(self) -> Time {
        let midnight = u64::from(self.0).saturating_mul(DAY_SECONDS);
        Time(midnight.saturating_sub(JST_SECONDS))
    }

    /// The first second after the day: 24:00.
    #[must_use]
    pub fn end(self) -> Time {
        self.start().after(DAY_SECONDS)
    }

    /// `days` later.
    #[must_use]
    pub const fn plus(self, days: u32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The calendar date.
    #[must_use]
    pub fn date(self) -> Option<NaiveDate> {
        NaiveDate::from_num_days_from_ce_opt(i32::try_from(self.0).ok()?.checked_add(719_163)?)
    }

    /// The day of a calendar date; `None` before 1970.
    #[must_use]
    pub fn of(date: NaiveDate) -> Option<Self> {
        let days = date.num_days_from_ce().checked_sub(719_163)?;
        u32::try_from(days).ok().map(Self)
    }

    /// `YYYYMMDD`, the head of a transaction id (F113).
    #[must_use]
    pub fn digits(self) -> String {
        self.date()
            .map_or_else(|| "00000000".to_owned(), |d| d.format("%Y%m%d").to_string())
    }
}

impl fmt::Display for Day {
    /// ISO 8601 date.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.date() {
            Some(date) => date.fmt(f),
            None => write!(f, "day {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Day, Time};
    use chrono::NaiveDate;

    #[test]
    fn a_day_in_japan_begins_nine_hours_before_utc() {
        // 2026-03-31T14:59:59Z and one second later: 23:59:59 and 24:00 in Japan.
        let last = Time(1_774_969_199);
        assert_eq!(last.day().to_string(), "2026-03-31");
        assert_eq!(last.after(1).day().to_string(), "2026-04-01");
        assert_eq!(last.day().end(), last.after(1));
        assert_eq!(last.to_string(), "2026-03-31T23:59:59+09:00");
    }

    #[test]
    fn days_and_dates_agree() {
        let date = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        let day = Day::of(date).unwrap();
        assert_eq!(day.date(), Some(date));
        assert_eq!(day.digits(), "20261121");
        assert_eq!(day.start().day(), day);
    }
}
