//! What a person types for the card, checked before any card is touched: a typing error costs no try.

use std::fmt;

use zeroize::Zeroizing;

use super::profile::SecretKind;
use crate::secret::Secret;

/// 署名用 password: 6 to 16 capitals and digits (F052, F139).
pub struct SignPassword(Secret<Vec<u8>>);

/// 利用者証明用 PIN: four digits (F054).
pub struct AuthPin(CardPin);

/// 券面事項入力補助用 PIN: four digits (F054).
pub struct TextPin(CardPin);

/// Four digits as the card compares them; on the heap, because an array leaves a copy wherever it is moved from.
struct CardPin(Secret<Vec<u8>>);

/// Why what was typed cannot be the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// Neither a letter from A to Z nor a digit; for a PIN, not a digit.
    #[error("character {position} cannot be part of it")]
    Character {
        /// Counted from 1.
        position: usize,
    },
    /// Too short or too long.
    #[error("{length} characters")]
    Length {
        /// As typed.
        length: usize,
    },
}

/// A secret on its way to VERIFY.
pub trait CardSecret: sealed::Ascii + Send + 'static {
    /// Which one.
    const KIND: SecretKind;
}

mod sealed {
    pub trait Ascii {
        /// The bytes that the card compares.
        fn ascii(&self) -> &[u8];
    }
}

impl SignPassword {
    /// Reads what a person typed: small letters become capitals and full width becomes half width, because
    /// the card compares bytes. The caller wipes its own copy.
    ///
    /// # Errors
    /// [`BadSecret`].
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        // Room for the longest password at once: a vector that grows leaves copies behind.
        let mut bytes = Vec::with_capacity(MOST);
        let length = characters(text, |position, half| {
            let capital = half.to_ascii_uppercase();
            if !capital.is_ascii_uppercase() && !capital.is_ascii_digit() {
                return Err(BadSecret::Character { position });
            }
            if bytes.len() < MOST {
                bytes.push(capital);
            }
            Ok(())
        });
        // Taken over before anything can fail, so that a refused password is wiped too.
        let password = Self(Secret::new(bytes));
        let length = length?;
        match length {
            LEAST..=MOST => Ok(password),
            _ => Err(BadSecret::Length { length }),
        }
    }
}

const LEAST: usize = 6;
const MOST: usize = 16;

impl CardPin {
    fn parse(text: &str) -> Result<Self, BadSecret> {
        let mut digits = Zeroizing::new(vec![0; 4]);
        let length = characters(text, |position, half| {
            if !half.is_ascii_digit() {
                return Err(BadSecret::Character { position });
            }
            if let Some(digit) = digits.get_mut(position.saturating_sub(1)) {
                *digit = half;
            }
            Ok(())
        })?;
        match length {
            4 => Ok(Self(Secret::new(std::mem::take(&mut *digits)))),
            length => Err(BadSecret::Length { length }),
        }
    }
}

/// Gives each character with its place, counted from 1, as one byte; what is not ASCII in either width is
/// none. Returns how many there were.
fn characters(text: &str, mut take: impl FnMut(usize, u8) -> Result<(), BadSecret>) -> Result<usize, BadSecret> {
    let mut position: usize = 0;
    for typed in text.chars() {
        position = position.saturating_add(1);
        let half = half_width(typed).ok_or(BadSecret::Character { position })?;
        take(position, half)?;
    }
    Ok(position)
}

/// U+FF01 to U+FF5E stand for U+0021 to U+007E.
fn half_width(typed: char) -> Option<u8> {
    let code = u32::from(typed);
    let half = match code {
        0xff01..=0xff5e => code.checked_sub(0xfee0)?,
        _ => code,
    };
    u8::try_from(half).ok().filter(u8::is_ascii)
}

macro_rules! pins {
    ($($pin:ident),*) => {$(
        impl $pin {
            /// Reads what a person typed; full-width digits are taken as digits. The caller wipes its own copy.
            ///
            /// # Errors
            /// [`BadSecret`].
            pub fn parse(text: &str) -> Result<Self, BadSecret> {
                CardPin::parse(text).map(Self)
            }
        }

        impl CardSecret for $pin {
            const KIND: SecretKind = SecretKind::$pin;
        }

        impl sealed::Ascii for $pin {
            fn ascii(&self) -> &[u8] {
                self.0.0.expose()
            }
        }

        impl fmt::Debug for $pin {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($pin))
            }
        }
    )*};
}
pins!(AuthPin, TextPin);

impl CardSecret for SignPassword {
    const KIND: SecretKind = SecretKind::SignPassword;
}

impl sealed::Ascii for SignPassword {
    fn ascii(&self) -> &[u8] {
        self.0.expose()
    }
}

impl fmt::Debug for SignPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignPassword")
    }
}

#[cfg(test)]
mod tests {
    use super::sealed::Ascii as _;
    use super::*;

    #[test]
    fn passwords_reach_the_card_as_capitals_of_half_width() {
        for typed in ["ABC123", "abc123", "ＡＢＣ１２３", "ａｂＣ1２3"] {
            assert_eq!(SignPassword::parse(typed).unwrap().ascii(), b"ABC123", "{typed}");
        }
        assert_eq!(SignPassword::parse("A234567890123456").unwrap().ascii().len(), 16);
    }

    #[test]
    fn a_password_that_cannot_be_one_says_where() {
        for (typed, error) in [
            ("", BadSecret::Length { length: 0 }),
            ("ABC12", BadSecret::Length { length: 5 }),
            ("A2345678901234567", BadSecret::Length { length: 17 }),
            ("ABC-123", BadSecret::Character { position: 4 }),
            ("ABC 123", BadSecret::Character { position: 4 }),
            ("ａｂｃー１２３", BadSecret::Character { position: 4 }),
            ("ABC123é", BadSecret::Character { position: 7 }),
            ("あ", BadSecret::Character { position: 1 }),
            ("ABC12\0", BadSecret::Character { position: 6 }),
        ] {
            assert_eq!(SignPassword::parse(typed).unwrap_err(), error, "{typed}");
        }
    }

    #[test]
    fn pins_are_four_digits_of_either_width() {
        for typed in ["2580", "２５８０", "2５8０"] {
            assert_eq!(AuthPin::parse(typed).unwrap().ascii(), b"2580");
            assert_eq!(TextPin::parse(typed).unwrap().ascii(), b"2580");
        }
        assert_eq!(AuthPin::parse("258").unwrap_err(), BadSecret::Length { length: 3 });
        assert_eq!(AuthPin::parse("25801").unwrap_err(), BadSecret::Length { length: 5 });
        assert_eq!(
            TextPin::parse("25A0").unwrap_err(),
            BadSecret::Character { position: 3 }
        );
        assert_eq!(
            TextPin::parse("٢٥٨٠").unwrap_err(),
            BadSecret::Character { position: 1 }
        );
    }

    #[test]
    fn secrets_print_their_kind_alone() {
        let password = SignPassword::parse("ABC123").unwrap();
        let pins = (AuthPin::parse("2580").unwrap(), TextPin::parse("2580").unwrap());
        assert_eq!(format!("{password:?} {pins:?}"), "SignPassword (AuthPin, TextPin)");
    }
}
