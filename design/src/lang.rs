//! The languages a person can choose.

use std::fmt;
use std::str::FromStr;

/// A language of the texts; Japanese unless the person chose another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Japanese.
    #[default]
    Ja,
    /// Easy Japanese (やさしい日本語, `ja-Hira`).
    Easy,
    /// English.
    En,
}

impl Lang {
    /// Every language, in the order of `--lang`.
    pub const ALL: [Self; 3] = [Self::Ja, Self::Easy, Self::En];

    /// The word of `--lang`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::Easy => "easy",
            Self::En => "en",
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names no language of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownLang;

impl fmt::Display for UnknownLang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected ja, easy or en")
    }
}

impl std::error::Error for UnknownLang {}

impl FromStr for Lang {
    type Err = UnknownLang;

    fn from_str(word: &str) -> Result<Self, UnknownLang> {
        Self::ALL
            .into_iter()
            .find(|lang| lang.name() == word)
            .ok_or(UnknownLang)
    }
}
