//! マイキーID: eight characters of `A` to `Z` and `0` to `9` (F189), made by the server or chosen by a
//! person (F190, F191). Who holds one already is known to the server alone.

use std::fmt;

use crate::doc::field::{Field, Sink, WrongValue};

/// Characters of a My Key ID.
pub const LENGTH: usize = 8;

/// How often a candidate is made; the last one is registered (F190).
pub const GENERATIONS: u8 = 3;

/// How often somebody may choose an ID that is taken before one is made for them (F191).
pub const CHOICES: u8 = 3;

/// What an ID is made of.
const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// A My Key ID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MyKeyId([u8; LENGTH]);

/// Why text is no My Key ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MyKeyIdError {
    /// Not eight characters.
    #[error("{characters} characters instead of {LENGTH}")]
    Length {
        /// How many there are.
        characters: usize,
    },
    /// A character that is neither a letter from A to Z nor a digit.
    #[error("character {position} is neither A to Z nor 0 to 9")]
    Character {
        /// Which one, counted from 1 as people count.
        position: usize,
    },
}

impl MyKeyId {
    /// Reads what a person typed: lower case and full width are taken for what they mean, spaces around
    /// it are not there.
    ///
    /// # Errors
    /// [`MyKeyIdError`], the first character that is wrong before the length.
    pub fn parse(text: &str) -> Result<Self, MyKeyIdError> {
        let mut id = [0; LENGTH];
        let mut characters = 0_usize;
        for c in text.trim().chars() {
            let typed = half_width(c).map(|c| c.to_ascii_uppercase());
            let position = characters.saturating_add(1);
            let byte = typed
                .filter(|c| ALPHABET.contains(c))
                .ok_or(MyKeyIdError::Character { position })?;
            if let Some(place) = id.get_mut(characters) {
                *place = byte;
            }
            characters = position;
        }
        if characters == LENGTH {
            Ok(Self(id))
        } else {
            Err(MyKeyIdError::Length { characters })
        }
    }

    /// An ID from 16 random bytes. Of the 36⁸ IDs none is likelier than another by more than one part in
    /// 2⁸⁶, as 128 bits are taken modulo 36⁸.
    #[must_use]
    pub fn from_random(random: &[u8; 16]) -> Self {
        let mut rest = u128::from_be_bytes(*random);
        let base = 36_u128;
        let id = [(); LENGTH].map(|()| {
            let digit = usize::try_from(rest.checked_rem(base).unwrap_or(0)).unwrap_or(0);
            rest = rest.checked_div(base).unwrap_or(0);
            ALPHABET.get(digit).copied().unwrap_or(b'0')
        });
        Self(id)
    }

    /// Its eight characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// ASCII of a character typed in half or full width (U+FF01 to U+FF5E mirror ASCII).
fn half_width(c: char) -> Option<u8> {
    let code = u32::from(c);
    let ascii = match c {
        '\u{ff01}'..='\u{ff5e}' => code.checked_sub(0xfee0)?,
        _ => code,
    };
    u8::try_from(ascii).ok().filter(u8::is_ascii)
}

impl fmt::Display for MyKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for MyKeyId {
    /// Nothing: it is half of a login (F195).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MyKeyId(..)")
    }
}

impl Field for MyKeyId {
    fn put(&self, to: &mut Sink<'_>) {
        let _ = to.str(self.as_str());
    }

    fn take(from: &mut minicbor::Decoder<'_>) -> Result<Self, WrongValue> {
        let text = from.str()?;
        Self::parse(text)
            .ok()
            .filter(|id| id.as_str() == text)
            .ok_or(WrongValue)
    }
}

#[cfg(test)]
mod tests {
    use super::{MyKeyId, MyKeyIdError};
    use crate::doc::field::{from_bytes, to_bytes};
    use proptest::prelude::*;

    #[test]
    fn what_people_type_is_read_as_they_mean_it() {
        for typed in [
            "AB12CD90",
            "ab12cd90",
            "ＡＢ１２ＣＤ９０",
            "ａｂ１２ｃｄ９０",
            " AB12CD90\u{3000}",
        ] {
            assert_eq!(MyKeyId::parse(typed).map(|id| id.to_string()), Ok("AB12CD90".into()));
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        let character = |position| Err(MyKeyIdError::Character { position });
        assert_eq!(MyKeyId::parse("AB12-D90"), character(5));
        assert_eq!(MyKeyId::parse("ＡＢ１２ＣＤ９ー"), character(8));
        assert_eq!(MyKeyId::parse("AB 2CD90"), character(3));
        assert_eq!(MyKeyId::parse("àB12CD90"), character(1));
        assert_eq!(MyKeyId::parse("AB12CD9"), Err(MyKeyIdError::Length { characters: 7 }));
        assert_eq!(MyKeyId::parse("AB12CD900"), Err(MyKeyIdError::Length { characters: 9 }));
        assert_eq!(MyKeyId::parse(""), Err(MyKeyIdError::Length { characters: 0 }));
    }

    #[test]
    fn stored_forms_are_exact_and_nothing_is_printed_by_accident() {
        let id = MyKeyId::parse("AB12CD90").unwrap();
        assert_eq!(from_bytes::<MyKeyId>(&to_bytes(&id)), Ok(id));
        assert!(from_bytes::<MyKeyId>(&to_bytes(&"ab12cd90".to_owned())).is_err());
        assert_eq!(format!("{id:?}"), "MyKeyId(..)");
    }

    /// F190: every character appears in every place about equally often.
    #[test]
    fn made_ids_lean_to_no_character() {
        let mut counts = [[0_u32; 36]; 8];
        let rounds = 36_000_u32;
        for round in 0..rounds {
            let seed = <sha2::Sha256 as sha2::Digest>::digest(round.to_be_bytes());
            let id = MyKeyId::from_random(seed[..16].try_into().unwrap());
            for (place, c) in id.as_str().bytes().enumerate() {
                counts[place][super::ALPHABET.iter().position(|a| *a == c).unwrap()] += 1;
            }
        }
        // 1,000 expected each; six standard deviations are about 190.
        assert!(counts.iter().flatten().all(|n| (810..1_190).contains(n)), "{counts:?}");
    }

    proptest! {
        #[test]
        fn every_made_id_is_one_that_can_be_typed(random: [u8; 16]) {
            let id = MyKeyId::from_random(&random);
            prop_assert_eq!(MyKeyId::parse(id.as_str()), Ok(id));
        }
    }
}
