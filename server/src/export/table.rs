//! Rows of a table, before they are CSV or XLSX.

use std::borrow::Cow;

use chrono::{Datelike as _, Timelike as _};
use kinchaku_protocol::ids::ServiceType;
use kinchaku_protocol::time::{Day, Time};

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// What somebody may have typed: never read as a formula.
    Text(Cow<'a, str>),
    /// A number.
    Number(i64),
    /// Nothing.
    Empty,
}

impl<'a> Cell<'a> {
    pub(super) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn number(number: u64) -> Self {
        // Amounts are below 10^15 and counts below that.
        i64::try_from(number).map_or_else(|_| Self::text(number.to_string()), Self::Number)
    }
}

/// A column's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The field name in files, as the source has it.
    pub field: &'static str,
    /// What a clerk reads.
    pub label: &'static str,
}

/// In which manner a file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Flavour {
    /// Each column holds what its name says; dates as 2024-06-03.
    #[default]
    Usual,
    /// As the system of the source writes it, for programs made for its files: in results `serviceType` holds
    /// the label and `type` the number (F106), days carry 0:00, and there is no column it does not have.
    Legacy,
}

/// Something with columns.
pub trait Row {
    /// Its columns in their order.
    fn columns(flavour: Flavour) -> &'static [Column];

    /// Its cells, one for each column.
    fn cells<'a>(&'a self, flavour: Flavour, into: &mut Vec<Cell<'a>>);
}

/// A class of value, as shops know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Money, points or voucher (F116).
    pub kind: ServiceType,
}

/// The label of a service type (F106).
pub(super) const fn label(kind: ServiceType) -> &'static str {
    match kind {
        ServiceType::Money => "マネー",
        ServiceType::Points => "ポイント",
        ServiceType::Voucher => "商品券",
    }
}

/// A day without a time.
pub(super) fn day(day: Day, flavour: Flavour) -> String {
    let form = match flavour {
        Flavour::Usual => "%Y-%m-%d",
        Flavour::Legacy => "%Y/%-m/%-d 0:00",
    };
    day.date()
        .map_or_else(|| day.to_string(), |date| date.format(form).to_string())
}

/// Date and time in Japan. By hand: a pattern read anew for each cell takes a third of an export's time, and a format
/// much of the rest.
pub(super) fn moment(time: Time, flavour: Flavour) -> String {
    let at = time.in_japan().map(|at| at.naive_local());
    let Some(at) = at.filter(|at| (0..10_000).contains(&at.year())) else {
        return time.to_string();
    };
    let mark = match flavour {
        Flavour::Usual => "-",
        Flavour::Legacy => "/",
    };
    let year = at.year().unsigned_abs();
    let parts = [
        (year / 100, ""),
        (year % 100, mark),
        (at.month(), mark),
        (at.day(), " "),
        (at.hour(), ":"),
        (at.minute(), ":"),
        (at.second(), ""),
    ];
    let mut text = String::with_capacity("2024-06-03 00:00:00".len());
    for (part, after) in parts {
        let digits = [part / 10, part % 10];
        text.extend(digits.iter().filter_map(|digit| char::from_digit(*digit, 10)));
        text.push_str(after);
    }
    text
}
