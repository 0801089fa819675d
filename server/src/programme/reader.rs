//! Reads a TOML table key by key and keeps everything that is wrong with it: wrong values, and keys that
//! nobody asked for.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use chrono::NaiveDate;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::{Day, Time};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

use super::problem::{ProgrammeProblem, Wrong};

/// A file's name and text, and what was found wrong in it.
pub(super) struct Source<'a> {
    name: &'a str,
    text: &'a str,
    problems: RefCell<Vec<ProgrammeProblem>>,
}

impl<'a> Source<'a> {
    pub(super) const fn new(name: &'a str, text: &'a str) -> Self {
        Self {
            name,
            text,
            problems: RefCell::new(Vec::new()),
        }
    }

    /// Reads the file's outermost table with `read`; what is wrong, where anything is.
    pub(super) fn read<T>(self, read: impl FnOnce(&Reader<'_>) -> Option<T>) -> Result<T, Vec<ProgrammeProblem>> {
        let table = match DeTable::parse(self.text) {
            Ok(table) => table,
            Err(error) => {
                let at = error.span().unwrap_or_default();
                let said = error.message().to_owned();
                self.wrong(&at, String::new(), Wrong::Syntax { said });
                return Err(self.problems.into_inner());
            }
        };
        let value = {
            let reader = Reader::new(&self, table.get_ref(), String::new(), 0..0);
            let value = read(&reader);
            reader.no_other_keys();
            value
        };
        match (value, self.problems.into_inner()) {
            (Some(value), problems) if problems.is_empty() => Ok(value),
            (_, problems) => Err(problems),
        }
    }

    fn wrong(&self, at: &Range<usize>, key: String, wrong: Wrong) {
        let before = self.text.as_bytes().iter().take(at.start);
        self.problems.borrow_mut().push(ProgrammeProblem {
            file: self.name.to_owned(),
            line: before.filter(|byte| **byte == b'\n').count() + 1,
            key,
            wrong,
        });
    }
}

/// One table.
pub(super) struct Reader<'a> {
    source: &'a Source<'a>,
    table: &'a DeTable<'a>,
    path: String,
    span: Range<usize>,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Reader<'a> {
    const fn new(source: &'a Source<'a>, table: &'a DeTable<'a>, path: String, span: Range<usize>) -> Self {
        Self {
            source,
            table,
            path,
            span,
            asked: RefCell::new(BTreeSet::new()),
        }
    }

    fn key(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// The key's value, where it is there.
    fn value(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().insert(key);
        self.table.get(key)
    }

    /// Whether a key is there.
    pub(super) fn has(&self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    /// Notes that something is wrong with a key, at its value or, where it has none, at the table.
    pub(super) fn wrong(&self, key: &'static str, wrong: Wrong) {
        let at = self.value(key).map_or(self.span.clone(), Spanned::span);
        self.source.wrong(&at, self.key(key), wrong);
    }

    /// The value of a key that has to be there, as `read` understands it.
    fn required<T>(&self, key: &'static str, read: impl FnOnce(&'a DeValue<'a>) -> Result<T, Wrong>) -> Option<T> {
        let Some(value) = self.value(key) else {
            self.wrong(key, Wrong::Missing);
            return None;
        };
        read(value.get_ref()).map_err(|wrong| self.wrong(key, wrong)).ok()
    }

    /// A text, not empty.
    pub(super) fn text(&self, key: &'static str) -> Option<String> {
        self.required(key, |value| match value.as_str().map(str::trim) {
            Some("") => Err(Wrong::Missing),
            Some(text) => Ok(text.to_owned()),
            None => Err(Wrong::Kind { wanted: "文字" }),
        })
    }

    /// A number within bounds.
    pub(super) fn number(&self, key: &'static str, bounds: RangeInclusive<u64>) -> Option<u64> {
        let (least, most) = (*bounds.start(), *bounds.end());
        self.required(key, |value| {
            let integer = value.as_integer().ok_or(Wrong::Kind { wanted: "数" })?;
            let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
            number
                .filter(|n| bounds.contains(n))
                .ok_or(Wrong::Range { least, most })
        })
    }

    /// A number that a `u32` holds.
    pub(super) fn small(&self, key: &'static str, bounds: RangeInclusive<u32>) -> Option<u32> {
        let bounds = u64::from(*bounds.start())..=u64::from(*bounds.end());
        self.number(key, bounds).and_then(|number| u32::try_from(number).ok())
    }

    /// The same, or `default` where the key is not there.
    pub(super) fn small_or(&self, key: &'static str, bounds: RangeInclusive<u32>, default: u32) -> Option<u32> {
        if self.has(key) {
            self.small(key, bounds)
        } else {
            Some(default)
        }
    }

    /// An amount of at least 1.
    pub(super) fn amount(&self, key: &'static str) -> Option<Amount> {
        self.number(key, 1..=Amount::MAX.units())
            .and_then(|units| Amount::new(units).ok())
    }

    /// Yes or no; no where it is not there.
    pub(super) fn flag(&self, key: &'static str) -> Option<bool> {
        if !self.has(key) {
            return Some(false);
        }
        self.required(key, |value| {
            value.as_bool().ok_or(Wrong::Kind {
                wanted: "true か false",
            })
        })
    }

    /// One of several words.
    pub(super) fn choice<T: Copy>(&self, key: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        self.required(key, |value| {
            let found = value
                .as_str()
                .and_then(|text| words.iter().find(|(word, _)| *word == text));
            found.map(|(_, value)| *value).ok_or_else(|| Wrong::Choice {
                words: words.iter().map(|(word, _)| *word).collect(),
            })
        })
    }

    /// The same, or `default` where the key is not there.
    pub(super) fn choice_or<T: Copy>(&self, key: &'static str, words: &[(&'static str, T)], default: T) -> Option<T> {
        if self.has(key) {
            self.choice(key, words)
        } else {
            Some(default)
        }
    }

    /// A day.
    pub(super) fn day(&self, key: &'static str) -> Option<Day> {
        self.required(key, day)
    }

    /// A moment to the minute, on the clock of Japan.
    pub(super) fn moment(&self, key: &'static str) -> Option<Time> {
        self.required(key, moment)
    }

    /// A list of texts; empty where it is not there.
    pub(super) fn texts(&self, key: &'static str) -> Option<Vec<String>> {
        self.list(key, "文字の並び", |value| value.as_str().map(ToOwned::to_owned))
    }

    /// A list of days; empty where it is not there.
    pub(super) fn days(&self, key: &'static str) -> Option<Vec<Day>> {
        self.list(key, "日付の並び", |value| day(value).ok())
    }

    fn list<T>(
        &self,
        key: &'static str,
        wanted: &'static str,
        read: impl Fn(&DeValue<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        if !self.has(key) {
            return Some(Vec::new());
        }
        self.required(key, |value| {
            let array = value.as_array().ok_or(Wrong::Kind { wanted })?;
            let items = array.iter().map(|item| read(item.get_ref()));
            items.collect::<Option<Vec<T>>>().ok_or(Wrong::Kind { wanted })
        })
    }

    /// A table that has to be there.
    pub(super) fn table<T>(&self, key: &'static str, read: impl FnOnce(&Reader<'_>) -> Option<T>) -> Option<T> {
        let Some(value) = self.value(key) else {
            self.wrong(key, Wrong::Missing);
            return None;
        };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(key, Wrong::Kind { wanted: "表" });
            return None;
        };
        self.inner(table, self.key(key), value.span(), read)
    }

    /// A table that may be missing.
    pub(super) fn maybe<T>(&self, key: &'static str, read: impl FnOnce(&Reader<'_>) -> Option<T>) -> Option<Option<T>> {
        if self.has(key) {
            self.table(key, read).map(Some)
        } else {
            Some(None)
        }
    }

    /// A list of tables; empty where it is not there.
    pub(super) fn tables<T>(&self, key: &'static str, read: impl Fn(&Reader<'_>) -> Option<T>) -> Option<Vec<T>> {
        let Some(value) = self.value(key) else {
            return Some(Vec::new());
        };
        let wanted = "表の並び";
        let Some(array) = value.get_ref().as_array() else {
            self.wrong(key, Wrong::Kind { wanted });
            return None;
        };
        let mut all = Some(Vec::new());
        for (place, item) in (1..).zip(array.iter()) {
            let Some(table) = item.get_ref().as_table() else {
                self.wrong(key, Wrong::Kind { wanted });
                return None;
            };
            let path = format!("{}[{place}]", self.key(key));
            // Every table is read, so that all that is wrong is said.
            let read = self.inner(table, path, item.span(), &read);
            all = all.zip(read).map(|(mut all, one)| {
                all.push(one);
                all
            });
        }
        all
    }

    /// What a key is in each of a list of tables, without a look at anything else.
    pub(super) fn names(&self, list: &str, key: &str) -> BTreeSet<String> {
        let tables = self.table.get(list).and_then(|value| value.get_ref().as_array());
        let names = tables.into_iter().flat_map(|tables| tables.iter()).filter_map(|table| {
            let name = table.get_ref().as_table()?.get(key)?;
            name.get_ref().as_str().map(ToOwned::to_owned)
        });
        names.collect()
    }

    fn inner<T>(
        &self,
        table: &DeTable<'_>,
        path: String,
        span: Range<usize>,
        read: impl FnOnce(&Reader<'_>) -> Option<T>,
    ) -> Option<T> {
        let reader = Reader::new(self.source, table, path, span);
        let value = read(&reader);
        reader.no_other_keys();
        value
    }

    fn no_other_keys(&self) {
        let asked = self.asked.borrow();
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if !asked.contains(name) {
                self.source.wrong(&key.span(), self.key(name), Wrong::Unknown);
            }
        }
    }
}

const DAY: Wrong = Wrong::Kind {
    wanted: "日付（2024-06-03 の形）",
};
const MOMENT: Wrong = Wrong::Kind {
    wanted: "日時（2024-06-03T10:00 の形）",
};

fn date(datetime: &Datetime) -> Option<NaiveDate> {
    let date = datetime.date?;
    NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
}

fn day(value: &DeValue<'_>) -> Result<Day, Wrong> {
    let datetime = value.as_datetime().ok_or(DAY)?;
    if datetime.time.is_some() {
        return Err(DAY);
    }
    date(datetime).and_then(Day::of).ok_or(DAY)
}

fn moment(value: &DeValue<'_>) -> Result<Time, Wrong> {
    let datetime = value.as_datetime().ok_or(MOMENT)?;
    let time = datetime.time.ok_or(MOMENT)?;
    if datetime.offset.is_some() {
        return Err(Wrong::Offset);
    }
    if time.second.unwrap_or(0) != 0 || time.nanosecond.unwrap_or(0) != 0 {
        return Err(Wrong::Seconds);
    }
    let day = date(datetime).and_then(Day::of).ok_or(MOMENT)?;
    let minutes = u64::from(time.hour) * 60 + u64::from(time.minute);
    Ok(day.start().after(minutes * 60))
}
