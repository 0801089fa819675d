//! Birth dates of the resident register: parts may be unknown, and people read them by era (和暦).

use chrono::{Datelike as _, NaiveDate};

use super::attributes::{AttributeError, unprinted};
use crate::doc::field::{Field, Sink, WrongValue};

/// A birth date in the Gregorian calendar, as far as it is known.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BirthDate {
    /// Unknown where the register has none.
    pub year: Option<u16>,
    /// Unknown where the register has none.
    pub month: Option<u8>,
    /// Unknown where the register has none.
    pub day: Option<u8>,
}

/// An era, its first day and its last. Two eras share the days on which Meiji and Taisho ended.
struct Era {
    name: &'static str,
    first: (u16, u8, u8),
    last: (u16, u8, u8),
}

/// By the digit of certificates: 1 is 明治, 5 is 令和.
const ERAS: [Era; 5] = [
    Era {
        name: "明治",
        first: (1868, 1, 25),
        last: (1912, 7, 30),
    },
    Era {
        name: "大正",
        first: (1912, 7, 30),
        last: (1926, 12, 25),
    },
    Era {
        name: "昭和",
        first: (1926, 12, 25),
        last: (1989, 1, 7),
    },
    Era {
        name: "平成",
        first: (1989, 1, 8),
        last: (2019, 4, 30),
    },
    Era {
        name: "令和",
        first: (2019, 5, 1),
        last: (9999, 12, 31),
    },
];

impl BirthDate {
    /// Checks that there is such a date.
    ///
    /// # Errors
    /// [`AttributeError::BirthDate`].
    pub fn new(year: Option<u16>, month: Option<u8>, day: Option<u8>) -> Result<Self, AttributeError> {
        let date = Self { year, month, day };
        // A leap year where the year is unknown: 29 February is possible then.
        let exists = date.first_and_last(year.unwrap_or(2000)).is_some();
        if exists && year.is_none_or(|year| (1..=9999).contains(&year)) {
            Ok(date)
        } else {
            Err(AttributeError::BirthDate)
        }
    }

    /// From `YYYYMMDD` of a card's file; zeros are unknown parts.
    ///
    /// # Errors
    /// [`AttributeError::BirthDate`].
    pub fn from_digits(text: &[u8]) -> Result<Self, AttributeError> {
        let (year, rest) = text.split_at_checked(4).ok_or(AttributeError::BirthDate)?;
        let (month, day) = rest.split_at_checked(2).ok_or(AttributeError::BirthDate)?;
        if day.len() != 2 {
            return Err(AttributeError::BirthDate);
        }
        let known = |digits| number(digits).map(|n| (n != 0).then_some(n));
        let small = |digits| known(digits).map(|n| n.and_then(|n| u8::try_from(n).ok()));
        Self::new(known(year)?, small(month)?, small(day)?)
    }

    /// From `EYYYYMMDD` of a certificate: the era's digit, 0 where unknown, and a Gregorian date. Where the
    /// year is unknown the era goes with it.
    ///
    /// # Errors
    /// [`AttributeError::BirthDate`], also where the date is of another era.
    pub fn from_era_digits(text: &[u8]) -> Result<Self, AttributeError> {
        let (&era, digits) = text.split_first().ok_or(AttributeError::BirthDate)?;
        let date = Self::from_digits(digits)?;
        let era = match era {
            b'0' => return Ok(date),
            b'1'..=b'5' => ERAS.get(usize::from(era.saturating_sub(b'1'))),
            _ => None,
        }
        .ok_or(AttributeError::BirthDate)?;
        let agrees = date
            .range()
            .is_none_or(|(first, last)| parts(last) >= era.first && parts(first) <= era.last);
        if agrees {
            Ok(date)
        } else {
            Err(AttributeError::BirthDate)
        }
    }

    /// The first and the last day it can be; `None` where the year is unknown.
    #[must_use]
    pub fn range(&self) -> Option<(NaiveDate, NaiveDate)> {
        self.first_and_last(self.year?)
    }

    /// As people read it: 昭和55年2月17日, 令和元年5月1日, 昭和10年5月(日は不明), 昭和10年(月日は不明). By the
    /// Gregorian calendar where it can be of two eras or of none.
    #[must_use]
    pub fn wareki(&self) -> String {
        let days = match (self.month, self.day) {
            (Some(month), Some(day)) => format!("{month}月{day}日"),
            (Some(month), None) => format!("{month}月(日は不明)"),
            (None, _) => "(月日は不明)".to_owned(),
        };
        match (self.year, self.range()) {
            (Some(year), Some((first, last))) => {
                let of = |date| ERAS.iter().rev().find(|era| parts(date) >= era.first);
                match (of(first), of(last)) {
                    (Some(era), Some(same)) if era.name == same.name => {
                        let count = match year.saturating_sub(era.first.0) {
                            0 => "元".to_owned(),
                            before => before.saturating_add(1).to_string(),
                        };
                        format!("{}{count}年{days}", era.name)
                    }
                    _ => format!("{year}年{days}"),
                }
            }
            _ if self.month.is_none() => "不明".to_owned(),
            _ => format!("{days}(年は不明)"),
        }
    }

    fn first_and_last(&self, year: u16) -> Option<(NaiveDate, NaiveDate)> {
        let at = |month: u8, day: u8| NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day));
        match (self.month, self.day) {
            (None, day) => {
                // A day without its month says nothing of the year's.
                (1..=31).contains(&day.unwrap_or(1)).then_some(())?;
                Some((at(1, 1)?, at(12, 31)?))
            }
            (Some(month), Some(day)) => at(month, day).map(|date| (date, date)),
            (Some(month), None) => {
                let last = (28..=31).rev().find_map(|day| at(month, day))?;
                Some((at(month, 1)?, last))
            }
        }
    }
}

unprinted!(BirthDate);

/// `[year, month, day]`, `null` for what is unknown.
impl Field for BirthDate {
    fn put(&self, to: &mut Sink<'_>) {
        let _ = to.array(3);
        self.year.put(to);
        self.month.put(to);
        self.day.put(to);
    }

    fn take(from: &mut minicbor::Decoder<'_>) -> Result<Self, WrongValue> {
        if from.array()? != Some(3) {
            return Err(WrongValue);
        }
        Self::new(Field::take(from)?, Field::take(from)?, Field::take(from)?).map_err(|_| WrongValue)
    }
}

/// A number of ASCII digits, and of nothing else.
fn number(digits: &[u8]) -> Result<u16, AttributeError> {
    digits.iter().try_fold(0_u16, |sum, byte| {
        let digit = byte.is_ascii_digit().then_some(u16::from(byte & 0x0f));
        let next = digit.and_then(|digit| sum.checked_mul(10)?.checked_add(digit));
        next.ok_or(AttributeError::BirthDate)
    })
}

fn parts(date: NaiveDate) -> (u16, u8, u8) {
    let small = |n: u32| u8::try_from(n).unwrap_or(u8::MAX);
    (
        u16::try_from(date.year()).unwrap_or(u16::MAX),
        small(date.month()),
        small(date.day()),
    )
}
