//! Name, address, birth date and sex as card and certificate state them (基本4情報).
//!
//! Read once, checked, and shown to a person for confirmation; never printed by `Debug`. The text is not
//! the register's exact spelling: a character the card cannot hold is replaced, and [`Substituted`] says
//! which ones were (外字).

use crate::doc::field::{Field, Sink, WrongValue};

pub use super::birth::BirthDate;

/// The longest name in bytes of UTF-8: 128 characters of four bytes. No limit is published; names of
/// foreign residents written in full-width letters take three bytes a letter. What is longer is a file
/// made to fill a screen or a database.
pub const MAX_NAME: usize = 512;

/// The longest address in bytes of UTF-8: about 340 characters of three bytes.
pub const MAX_ADDRESS: usize = 1_024;

/// Which of the attributes an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttributeField {
    /// 氏名
    Name,
    /// 氏名の代替文字の使用位置情報
    NameSubstituted,
    /// 性別
    Sex,
    /// 生年月日
    Birth,
    /// 住所
    Address,
    /// 住所の代替文字の使用位置情報
    AddressSubstituted,
}

/// Why attributes are refused. What they say is never part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttributeError {
    /// It is not there.
    #[error("{0:?} is missing")]
    Missing(AttributeField),
    /// It is there twice: two readers could take two values.
    #[error("{0:?} is there twice")]
    Twice(AttributeField),
    /// Not UTF-8 in the form it must have.
    #[error("{0:?} is not text")]
    NotText(AttributeField),
    /// A text without a character.
    #[error("{0:?} is empty")]
    Empty(AttributeField),
    /// Longer than any such text is.
    #[error("{field:?} has {length} bytes")]
    TooLong {
        /// Which.
        field: AttributeField,
        /// How many bytes it has.
        length: usize,
    },
    /// Characters that control a screen, reorder or hide what stands beside them (T2).
    #[error("character {position} of {field:?} is a control character")]
    Hostile {
        /// Which.
        field: AttributeField,
        /// The character, counted from 1.
        position: usize,
    },
    /// No date of the calendar, or of another era than it says.
    #[error("not a birth date")]
    BirthDate,
    /// Not one digit.
    #[error("not a sex as JIS X 0303 codes it")]
    Sex,
    /// Not a row of `0` and `1`.
    #[error("{0:?} is not a row of 0 and 1")]
    Flags(AttributeField),
}

/// 基本4情報.
#[derive(Clone, PartialEq, Eq)]
pub struct BasicFour {
    /// Family and given name, parted by U+3000 in Japanese names.
    pub name: String,
    /// As registered, numbers in full width.
    pub address: String,
    /// Parts of it may be unknown.
    pub birth: BirthDate,
    /// As registered.
    pub sex: Sex,
}

/// Which characters of a text stand for another one that could not be written (外字).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Substituted {
    /// One for each character of the name; empty where the certificate does not say.
    pub name: Vec<bool>,
    /// One for each character of the address; empty where the certificate does not say.
    pub address: Vec<bool>,
}

/// Sex by JIS X 0303.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sex {
    /// 0
    Unknown,
    /// 1
    Male,
    /// 2
    Female,
    /// 9
    NotApplicable,
    /// A digit JIS X 0303 leaves free: kept, as some cards may have one.
    Other(u8),
}

impl BasicFour {
    /// Checks that both texts are fit to be shown.
    ///
    /// # Errors
    /// [`AttributeError`].
    pub fn new(name: String, address: String, birth: BirthDate, sex: Sex) -> Result<Self, AttributeError> {
        check(&name, AttributeField::Name, MAX_NAME)?;
        check(&address, AttributeField::Address, MAX_ADDRESS)?;
        Ok(Self {
            name,
            address,
            birth,
            sex,
        })
    }
}

impl Substituted {
    /// From rows of `0` and `1`; an empty row where there is none.
    ///
    /// # Errors
    /// [`AttributeError::Flags`].
    pub fn read(name: &str, address: &str) -> Result<Self, AttributeError> {
        Ok(Self {
            name: flags(name, AttributeField::NameSubstituted, MAX_NAME)?,
            address: flags(address, AttributeField::AddressSubstituted, MAX_ADDRESS)?,
        })
    }

    /// Whether any character differs from the register's.
    #[must_use]
    pub fn any(&self) -> bool {
        self.name.contains(&true) || self.address.contains(&true)
    }
}

fn flags(text: &str, field: AttributeField, limit: usize) -> Result<Vec<bool>, AttributeError> {
    if text.len() > limit {
        return Err(AttributeError::TooLong {
            field,
            length: text.len(),
        });
    }
    let flag = |byte| match byte {
        b'0' => Ok(false),
        b'1' => Ok(true),
        _ => Err(AttributeError::Flags(field)),
    };
    text.bytes().map(flag).collect()
}

impl Sex {
    /// From the digit of JIS X 0303, in ASCII.
    ///
    /// # Errors
    /// [`AttributeError::Sex`] for anything but one digit.
    pub fn read(text: &[u8]) -> Result<Self, AttributeError> {
        match *text {
            [c @ b'0'..=b'9'] => Ok(Self::from_digit(c & 0x0f).ok_or(AttributeError::Sex)?),
            _ => Err(AttributeError::Sex),
        }
    }

    /// From a digit's value; `None` above 9.
    #[must_use]
    pub const fn from_digit(digit: u8) -> Option<Self> {
        match digit {
            0 => Some(Self::Unknown),
            1 => Some(Self::Male),
            2 => Some(Self::Female),
            9 => Some(Self::NotApplicable),
            3..=8 => Some(Self::Other(digit)),
            _ => None,
        }
    }

    /// The digit's value.
    #[must_use]
    pub const fn digit(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Male => 1,
            Self::Female => 2,
            Self::NotApplicable => 9,
            Self::Other(digit) => digit,
        }
    }
}

/// Whether a text of unknown origin can be shown and stored: bounded, and without a character that has
/// no shape of its own. Variation selectors stay, as names need them (Unicode IVD).
fn check(text: &str, field: AttributeField, limit: usize) -> Result<(), AttributeError> {
    if text.trim().is_empty() {
        return Err(AttributeError::Empty(field));
    }
    if text.len() > limit {
        return Err(AttributeError::TooLong {
            field,
            length: text.len(),
        });
    }
    match text.chars().position(is_hostile) {
        Some(before) => Err(AttributeError::Hostile {
            field,
            position: before.saturating_add(1),
        }),
        None => Ok(()),
    }
}

/// Controls, bidirectional controls, joiners, fillers, tags, line separators and noncharacters.
pub(super) fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e00ff}')
}

macro_rules! unprinted {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            /// Its type alone: it is personal data.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}
pub(super) use unprinted;
unprinted!(BasicFour, Substituted, Sex);

/// `[name, address, birth, sex]`, for sealed storage.
impl Field for BasicFour {
    fn put(&self, to: &mut Sink<'_>) {
        let _ = to.array(4);
        self.name.put(to);
        self.address.put(to);
        self.birth.put(to);
        self.sex.put(to);
    }

    fn take(from: &mut minicbor::Decoder<'_>) -> Result<Self, WrongValue> {
        if from.array()? != Some(4) {
            return Err(WrongValue);
        }
        let (name, address) = (Field::take(from)?, Field::take(from)?);
        Self::new(name, address, Field::take(from)?, Field::take(from)?).map_err(|_| WrongValue)
    }
}

/// `[name, address]`, each a row of booleans.
impl Field for Substituted {
    fn put(&self, to: &mut Sink<'_>) {
        let _ = to.array(2);
        self.name.put(to);
        self.address.put(to);
    }

    fn take(from: &mut minicbor::Decoder<'_>) -> Result<Self, WrongValue> {
        if from.array()? != Some(2) {
            return Err(WrongValue);
        }
        Ok(Self {
            name: Field::take(from)?,
            address: Field::take(from)?,
        })
    }
}

/// The digit of JIS X 0303.
impl Field for Sex {
    fn put(&self, to: &mut Sink<'_>) {
        self.digit().put(to);
    }

    fn take(from: &mut minicbor::Decoder<'_>) -> Result<Self, WrongValue> {
        Self::from_digit(Field::take(from)?).ok_or(WrongValue)
    }
}
