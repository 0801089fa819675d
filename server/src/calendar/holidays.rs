//! The Cabinet Office's list of holidays (国民の祝日・休日): two columns, date and name, Shift_JIS as
//! published or UTF-8. Substitute holidays (振替休日) and days between two holidays (国民の休日) stand in it
//! under the name 休日.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, NaiveDate};
use encoding_rs::SHIFT_JIS;
use kinchaku_protocol::time::Day;

use super::CalendarError;

/// As of the list published in February 2026.
/// Source: 内閣府「国民の祝日について」, <https://www8.cao.go.jp/chosei/shukujitsu/gaiyou.html> (PDL 1.0),
/// from 2024 on, put into UTF-8.
const KEPT: &[u8] = include_bytes!("holidays.csv");

/// The published list begins in 1955; earlier years than this one are passed over.
const FIRST_YEAR: i32 = 2022;

/// The law of 1948 names 16 holidays a year. Fewer are a list that was cut off.
const LEAST_IN_A_YEAR: usize = 16;

/// What is wrong with a list of holidays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HolidayProblem {
    /// Neither UTF-8 nor Shift_JIS.
    #[error("文字コードが UTF-8 でも Shift_JIS でもありません。")]
    Encoding,
    /// A line that is no date with a name.
    #[error("{line} 行目が「2026/1/1,元日」の形ではありません。")]
    Line {
        /// Counted from 1.
        line: usize,
    },
    /// A date that stands there twice.
    #[error("{line} 行目の日付は前にもあります。")]
    Twice {
        /// Counted from 1.
        line: usize,
    },
    /// A year that does not go from New Year's Day to autumn.
    #[error("{year} 年の祝日がそろっていません。")]
    Incomplete {
        /// Which year.
        year: i32,
    },
    /// No holiday at all.
    #[error("祝日がひとつもありません。")]
    Empty,
}

/// Holidays of some years, whole years only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holidays {
    names: BTreeMap<Day, String>,
    years: BTreeSet<i32>,
}

impl Holidays {
    /// The list this version of the server carries.
    ///
    /// # Errors
    /// [`HolidayProblem`] where the file was damaged before it was built in.
    pub fn kept() -> Result<Self, HolidayProblem> {
        Self::read(KEPT)
    }

    /// Reads a list. All of it or nothing.
    ///
    /// # Errors
    /// [`HolidayProblem`].
    pub fn read(bytes: &[u8]) -> Result<Self, HolidayProblem> {
        let text = decode(bytes).ok_or(HolidayProblem::Encoding)?;
        let mut names = BTreeMap::new();
        // The first line names the columns.
        for (line, row) in (1_usize..).zip(text.lines()).skip(1) {
            if row.trim().is_empty() {
                continue;
            }
            let (date, name) = parse(row).ok_or(HolidayProblem::Line { line })?;
            if date.year() < FIRST_YEAR {
                continue;
            }
            let day = Day::of(date).ok_or(HolidayProblem::Line { line })?;
            if names.insert(day, name.to_owned()).is_some() {
                return Err(HolidayProblem::Twice { line });
            }
        }
        let years = whole_years(&names)?;
        Ok(Self { names, years })
    }

    /// This list, with the years of another one in place of its own: the newer list wins.
    #[must_use]
    pub fn renewed_by(mut self, newer: Self) -> Self {
        self.names
            .retain(|day, _| day.date().is_some_and(|date| !newer.years.contains(&date.year())));
        self.names.extend(newer.names);
        self.years.extend(newer.years);
        self
    }

    /// The years it knows.
    #[must_use]
    pub const fn years(&self) -> &BTreeSet<i32> {
        &self.years
    }

    /// The holiday of a day; `None` where it is none.
    ///
    /// # Errors
    /// [`CalendarError`] where the year is not known.
    pub fn name(&self, day: Day) -> Result<Option<&str>, CalendarError> {
        let year = day.date().ok_or(CalendarError::NoDate)?.year();
        if !self.years.contains(&year) {
            return Err(CalendarError::UnknownYear { year });
        }
        Ok(self.names.get(&day).map(String::as_str))
    }
}

fn decode(bytes: &[u8]) -> Option<String> {
    let utf8 = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(utf8) {
        return Some(text.to_owned());
    }
    SHIFT_JIS
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map(std::borrow::Cow::into_owned)
}

fn parse(row: &str) -> Option<(NaiveDate, &str)> {
    let (date, name) = row.split_once(',')?;
    let name = name.trim();
    let mut parts = date.trim().split(['/', '-']).map(str::parse::<u32>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    if parts.next().is_some() || name.is_empty() {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    Some((date, name))
}

/// The years of a list, each of them whole.
fn whole_years(names: &BTreeMap<Day, String>) -> Result<BTreeSet<i32>, HolidayProblem> {
    let mut years: BTreeMap<i32, Vec<NaiveDate>> = BTreeMap::new();
    for date in names.keys().filter_map(|day| day.date()) {
        years.entry(date.year()).or_default().push(date);
    }
    for (&year, dates) in &years {
        let new_year = dates.first().is_some_and(|date| date.ordinal() == 1);
        let autumn = dates.last().is_some_and(|date| date.month() >= 10);
        if !new_year || !autumn || dates.len() < LEAST_IN_A_YEAR {
            return Err(HolidayProblem::Incomplete { year });
        }
    }
    if years.is_empty() {
        return Err(HolidayProblem::Empty);
    }
    Ok(years.into_keys().collect())
}
