//! Data objects one after another: ID (2 digits), length (2 digits), value (EMV QRCPS MPM 3.2).
//!
//! Lengths count Unicode characters (4.4.1.1). Some generators count UTF-8 bytes instead; that reading
//! exists so that a screen can show such a code, never as the first choice.

use super::object::{ObjectId, two_digits};
use super::payload::Fields;
use super::{MAX_VALUE_CHARACTERS, WriteError};

/// What a length counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lengths {
    /// Unicode characters, as the specification says.
    Characters,
    /// UTF-8 bytes: a known mistake of generators.
    Bytes,
}

/// One data object and where it starts in the text that was walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object<'a> {
    /// Its ID.
    pub id: ObjectId,
    /// Its value; empty where the length is 00, which no rule allows.
    pub value: &'a str,
    /// Byte offset of its ID.
    pub start: usize,
}

/// The text stops being data objects at this byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no data object at byte {at}")]
pub struct Derailed {
    /// Byte offset of the object that could not be read.
    pub at: usize,
}

/// Goes through `text` object by object; after the first [`Derailed`] there is nothing more.
#[must_use]
pub const fn walk(text: &str, lengths: Lengths) -> Walk<'_> {
    Walk {
        rest: text,
        at: 0,
        lengths,
    }
}

/// The iterator of [`walk`].
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    rest: &'a str,
    at: usize,
    lengths: Lengths,
}

impl<'a> Walk<'a> {
    fn step(&mut self) -> Option<Object<'a>> {
        let (id, rest) = self.rest.split_at_checked(2)?;
        let (length, rest) = rest.split_at_checked(2)?;
        let id = ObjectId::from_digits(id)?;
        let length = usize::from(two_digits(length)?);
        let bytes = match self.lengths {
            Lengths::Characters => bytes_of_characters(rest, length)?,
            Lengths::Bytes => length,
        };
        let (value, rest) = rest.split_at_checked(bytes)?;
        let object = Object {
            id,
            value,
            start: self.at,
        };
        self.at = self.at.checked_add(4)?.checked_add(bytes)?;
        self.rest = rest;
        Some(object)
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Result<Object<'a>, Derailed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let at = self.at;
        Some(self.step().ok_or_else(|| {
            self.rest = "";
            Derailed { at }
        }))
    }
}

/// How many bytes the first `count` characters of `text` take; `None` where there are fewer.
fn bytes_of_characters(text: &str, count: usize) -> Option<usize> {
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    ends.into_iter().nth(count)
}

/// One object as text, its length in characters.
///
/// # Errors
/// [`WriteError::ValueLength`] for a value of none or more than 99 characters.
pub fn object(id: ObjectId, value: &str) -> Result<String, WriteError> {
    let length = value.chars().count();
    if length == 0 || length > MAX_VALUE_CHARACTERS {
        return Err(WriteError::ValueLength { id });
    }
    Ok(format!("{id}{length:02}{value}"))
}

/// The value of template `id` with these fields, ascending by their ID.
///
/// # Errors
/// [`WriteError::ValueLength`] for a value, or the whole, of more than 99 characters.
pub fn objects(id: ObjectId, fields: &Fields) -> Result<String, WriteError> {
    let mut text = String::new();
    for (field, value) in fields {
        text.push_str(&object(*field, value)?);
    }
    if text.chars().count() > MAX_VALUE_CHARACTERS {
        return Err(WriteError::ValueLength { id });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{Derailed, Lengths, object, walk};
    use crate::mpm::ObjectId;
    use proptest::prelude::*;

    fn read(text: &str, lengths: Lengths) -> Result<Vec<(String, String)>, Derailed> {
        walk(text, lengths)
            .map(|object| object.map(|o| (o.id.to_string(), o.value.to_owned())))
            .collect()
    }

    #[test]
    fn lengths_count_characters() {
        let read = read("0103abc0209ナタデココ カフェ0304🍡🍡🍡🍡", Lengths::Characters).unwrap();
        assert_eq!(read[1], ("02".to_owned(), "ナタデココ カフェ".to_owned()));
        assert_eq!(read[2], ("03".to_owned(), "🍡🍡🍡🍡".to_owned()));
    }

    #[test]
    fn lengths_can_be_read_as_bytes() {
        assert_eq!(
            read("0806カフ", Lengths::Bytes).unwrap(),
            [("08".to_owned(), "カフ".to_owned())]
        );
        assert_eq!(read("0805カフ", Lengths::Bytes), Err(Derailed { at: 0 }));
    }

    #[test]
    fn it_says_where_it_derailed_and_stops() {
        for (text, at) in [
            ("0102ab1", 6),
            ("0102ab03", 6),
            ("0102abx201z", 6),
            ("0102ab0x", 6),
            ("0102ab0205four", 6),
            ("0102ab02+1a", 6),
            ("０１01a", 0),
            ("0102ab03０1a", 6),
        ] {
            let mut walk = walk(text, Lengths::Characters).skip_while(Result::is_ok);
            assert_eq!(walk.next(), Some(Err(Derailed { at })), "{text}");
            assert_eq!(walk.next(), None, "{text}");
        }
    }

    #[test]
    fn an_object_needs_one_to_99_characters() {
        let id = ObjectId::MERCHANT_NAME;
        assert_eq!(object(id, "あ").unwrap(), "5901あ");
        assert!(object(id, "").is_err());
        assert!(object(id, &"あ".repeat(99)).is_ok());
        assert!(object(id, &"a".repeat(100)).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(values in proptest::collection::vec((0..100_u8, "\\PC{1,99}"), 0..8)) {
            let mut text = String::new();
            let mut expected = Vec::new();
            for (id, value) in values {
                let id = ObjectId::new(id).unwrap();
                prop_assert!(value.chars().count() <= 99);
                text.push_str(&object(id, &value).unwrap());
                expected.push((id.to_string(), value));
            }
            prop_assert_eq!(read(&text, Lengths::Characters), Ok(expected));
        }

        #[test]
        fn every_start_is_where_its_id_stands(text in "([0-9]{2}0[0-9]\\PC{0,9}){0,6}") {
            for lengths in [Lengths::Characters, Lengths::Bytes] {
                for object in walk(&text, lengths).map_while(Result::ok) {
                    let rest = text.get(object.start..).unwrap();
                    prop_assert!(rest.starts_with(&object.id.to_string()));
                }
            }
        }
    }
}
