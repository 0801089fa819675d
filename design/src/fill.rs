//! Placeholders: `{amount}` in a text, filled by name.

use std::fmt;

use crate::{Key, Lang, text};

/// Why a text could not be filled; a mistake of the caller, never of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FillError {
    /// The text has a placeholder that no value was given for.
    Missing(String),
    /// A value was given that the text has no place for.
    Unused(String),
}

impl fmt::Display for FillError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "no value for {{{name}}}"),
            Self::Unused(name) => write!(f, "no place for {{{name}}}"),
        }
    }
}

impl std::error::Error for FillError {}

/// Puts `values` in the places of `text`. Values are never searched for placeholders themselves, so a
/// shop called `{amount}` stays that.
///
/// # Errors
/// [`FillError`] when a place has no value or a value no place.
pub fn fill(text: &str, values: &[(&str, &str)]) -> Result<String, FillError> {
    let (filled, missing) = replace(text, values);
    if let Some(name) = missing {
        return Err(FillError::Missing(name.to_owned()));
    }
    match values.iter().find(|(name, _)| !has_place(text, name)) {
        Some((name, _)) => Err(FillError::Unused((*name).to_owned())),
        None => Ok(filled),
    }
}

/// The text of `key` with `values` in their places, for screens, which must always say something: a
/// place without a value keeps its braces.
#[must_use]
pub fn say(lang: Lang, key: Key, values: &[(&str, &str)]) -> String {
    replace(text(lang, key), values).0
}

/// The filled text, and the first placeholder without a value.
fn replace<'t>(text: &'t str, values: &[(&str, &str)]) -> (String, Option<&'t str>) {
    let mut filled = String::with_capacity(text.len());
    let mut missing = None;
    let mut rest = text;
    while let Some((before, name, after)) = next_place(rest) {
        filled.push_str(before);
        match values.iter().find(|(given, _)| *given == name) {
            Some((_, value)) => filled.push_str(value),
            None => {
                missing = missing.or(Some(name));
                filled.push('{');
                filled.push_str(name);
                filled.push('}');
            }
        }
        rest = after;
    }
    filled.push_str(rest);
    (filled, missing)
}

fn has_place(text: &str, name: &str) -> bool {
    let mut rest = text;
    while let Some((_, found, after)) = next_place(rest) {
        if found == name {
            return true;
        }
        rest = after;
    }
    false
}

/// What stands before the next placeholder, its name, and what follows it.
fn next_place(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_filled_and_values_are_left_alone() {
        let filled = fill("{shop}に{amount}", &[("amount", "1,200円"), ("shop", "{amount}")]);
        assert_eq!(filled.as_deref(), Ok("{amount}に1,200円"));
    }

    #[test]
    fn a_missing_and_an_unused_value_are_told_apart() {
        assert_eq!(
            fill("{shop}に{amount}", &[("shop", "A")]),
            Err(FillError::Missing("amount".into()))
        );
        assert_eq!(
            fill("{shop}に", &[("shop", "A"), ("amount", "1円")]),
            Err(FillError::Unused("amount".into()))
        );
    }

    #[test]
    fn a_screen_keeps_the_name_of_a_missing_value() {
        assert_eq!(
            say(Lang::Ja, Key::ErrorPinWrong, &[]),
            text(Lang::Ja, Key::ErrorPinWrong)
        );
        assert_eq!(
            say(Lang::En, Key::ErrorPinWrong, &[("left", "2")]),
            "The PIN is wrong. 2 more wrong tries stop paying."
        );
    }
}
