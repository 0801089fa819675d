//! What went wrong, in the words of `design/strings.json`: a key with its values, and how to end.

use kinchaku_design::format::{Unit, date, moment, money, number};
use kinchaku_design::{Key, Lang, say};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Time;
use serde_json::{Map, Value, json};

use super::exit::Exit;

/// A reason why a command did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    key: Key,
    exit: Exit,
    values: Vec<(&'static str, Filling)>,
}

/// A value in a text: people read it with its unit, machines as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filling {
    /// Money or points.
    Money(Unit, Amount),
    /// How many.
    Count(u64),
    /// A name or a place.
    Text(String),
    /// A thing that has a word of its own in every language, and one for machines.
    Word(&'static str, Key),
    /// A time of day; near enough for the day to be left out.
    Moment(Time),
    /// The day of a time.
    Day(Time),
    /// A time of day with its day, seen from now.
    At(Time, Time),
}

impl Problem {
    /// A problem whose text has no places.
    pub const fn new(key: Key, exit: Exit) -> Self {
        Self {
            key,
            exit,
            values: Vec::new(),
        }
    }

    /// Puts a value in its place.
    pub fn with(mut self, name: &'static str, value: Filling) -> Self {
        self.values.push((name, value));
        self
    }

    /// Yen in its place.
    pub fn yen(self, name: &'static str, amount: Amount) -> Self {
        self.with(name, Filling::Money(Unit::Yen, amount))
    }

    /// A number in its place.
    pub fn count(self, name: &'static str, count: impl Into<u64>) -> Self {
        self.with(name, Filling::Count(count.into()))
    }

    /// A name in its place.
    pub fn named(self, name: &'static str, text: impl Into<String>) -> Self {
        self.with(name, Filling::Text(text.into()))
    }

    /// How the command ends.
    pub const fn exit(&self) -> Exit {
        self.exit
    }

    /// The code people read to the call centre.
    pub fn code(&self) -> &'static str {
        self.key.code().unwrap_or("")
    }

    /// The sentence, without the code.
    pub fn text(&self, lang: Lang) -> String {
        let said: Vec<(&str, String)> = self
            .values
            .iter()
            .map(|(name, value)| (*name, value.text(lang)))
            .collect();
        let said: Vec<(&str, &str)> = said.iter().map(|(name, text)| (*name, text.as_str())).collect();
        say(lang, self.key, &said)
    }

    /// For machines: `{"schema":1,"code":…,"message":…}`, and `values` where the text has any.
    pub fn json(&self, lang: Lang) -> Value {
        let mut object = json!({ "schema": 1, "code": self.code(), "message": self.text(lang) });
        if !self.values.is_empty() {
            let values: Map<String, Value> = self
                .values
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.json()))
                .collect();
            if let Some(members) = object.as_object_mut() {
                members.insert("values".to_owned(), Value::Object(values));
            }
        }
        object
    }
}

impl Filling {
    fn text(&self, lang: Lang) -> String {
        match self {
            Self::Money(unit, amount) => money(lang, *unit, amount.units()),
            Self::Count(count) => number(*count),
            Self::Text(text) => text.clone(),
            Self::Word(_, key) => kinchaku_design::text(lang, *key).to_owned(),
            // Today's, by the time itself: a challenge lives for minutes.
            Self::Moment(time) => moment(lang, time.0, time.0),
            Self::Day(time) => date(lang, time.day().0, 0),
            Self::At(time, now) => moment(lang, time.0, now.0),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Money(_, amount) => amount.units().into(),
            Self::Count(count) => (*count).into(),
            Self::Text(text) => text.as_str().into(),
            Self::Word(word, _) => (*word).into(),
            Self::Moment(time) | Self::Day(time) | Self::At(time, _) => time.to_string().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_units_and_machines_numbers() {
        let problem = Problem::new(Key::ErrorOverPaper, Exit::Refused).yen("limit", Amount::of(1_000));
        assert_eq!(
            problem.text(Lang::En),
            "At a shop with only a paper code: up to 1,000 yen a payment without a network. Pay where there is a network."
        );
        let json = problem.json(Lang::Ja);
        assert_eq!(
            (&json["schema"], &json["code"], &json["values"]["limit"]),
            (&json!(1), &json!("K-207"), &json!(1000))
        );
    }
}
