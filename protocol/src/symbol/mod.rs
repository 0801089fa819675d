//! QR symbols: text to a square of dark and light modules (ISO/IEC 18004).
//!
//! Payment codes go as bytes with an ECI header where a character is not ASCII (EMV QRCPS MPM 4.12):
//! the encoder's own choice of modes would put Japanese UTF-8 into Kanji segments, which other wallets
//! misread. Receipts are base45 and go in alphanumeric mode.

mod draw;
mod purpose;

use qrcode::bits::Bits;
use qrcode::types::QrError;
use qrcode::{Color, EcLevel, QrCode, Version};

pub use draw::{Ground, Luma, Run};
pub use purpose::Purpose;

/// ECI assignment number of UTF-8.
const UTF_8: u32 = 26;

/// How much of a symbol may be damaged and still be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// About 7 %: the full receipt on a bright screen.
    L,
    /// About 15 %: print, and short codes on screens.
    M,
    /// About 25 %.
    Q,
    /// About 30 %.
    H,
}

/// Why a text has no symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SymbolError {
    /// It does not fit into the largest symbol at this level.
    #[error("too long for a QR symbol")]
    TooLong,
    /// It has a character that alphanumeric mode lacks.
    #[error("a character that the alphanumeric mode lacks")]
    NotAlphanumeric,
}

/// A QR symbol without its quiet zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    size: usize,
    version: u8,
    level: Level,
    /// Row by row from the upper left; `true` is dark.
    modules: Vec<bool>,
}

impl Symbol {
    /// The smallest symbol of `text` as bytes, with the UTF-8 header where it is not all ASCII: payment
    /// codes.
    ///
    /// # Errors
    /// [`SymbolError::TooLong`].
    pub fn bytes(text: &str, level: Level) -> Result<Self, SymbolError> {
        Self::smallest(level, |bits| {
            if !text.is_ascii() {
                bits.push_eci_designator(UTF_8)?;
            }
            bits.push_byte_data(text.as_bytes())
        })
    }

    /// The smallest symbol of `text` in alphanumeric mode: receipts.
    ///
    /// # Errors
    /// [`SymbolError`].
    pub fn alphanumeric(text: &str, level: Level) -> Result<Self, SymbolError> {
        if !text.bytes().all(is_alphanumeric) {
            return Err(SymbolError::NotAlphanumeric);
        }
        Self::smallest(level, |bits| bits.push_alphanumeric_data(text.as_bytes()))
    }

    /// Modules along one side: 21 to 177.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// 1 to 40.
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.version
    }

    /// The level asked for.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Whether the module in column `x` of row `y` is dark; outside the symbol none is.
    #[must_use]
    pub fn dark(&self, x: usize, y: usize) -> bool {
        let row = self.modules.chunks_exact(self.size).nth(y);
        row.and_then(|row| row.get(x)).copied().unwrap_or(false)
    }

    fn smallest(level: Level, push: impl Fn(&mut Bits) -> Result<(), QrError>) -> Result<Self, SymbolError> {
        let correction = level.correction();
        // Within each of these ranges the same text takes the same number of bits.
        for (from, to) in [(1, 9), (10, 26), (27, 40)] {
            let mut bits = Bits::new(Version::Normal(to));
            if push(&mut bits).is_err() {
                continue;
            }
            let length = bits.len();
            for version in from..=to {
                let mut bits = Bits::new(Version::Normal(version));
                let room = bits.max_len(correction).unwrap_or(0);
                if room < length {
                    continue;
                }
                push(&mut bits).map_err(|_| SymbolError::TooLong)?;
                bits.push_terminator(correction).map_err(|_| SymbolError::TooLong)?;
                let code = QrCode::with_bits(bits, correction).map_err(|_| SymbolError::TooLong)?;
                return Ok(Self::made(code, version, level));
            }
        }
        Err(SymbolError::TooLong)
    }

    fn made(code: QrCode, version: i16, level: Level) -> Self {
        Self {
            size: code.width(),
            version: u8::try_from(version).unwrap_or(u8::MAX),
            level,
            modules: code
                .into_colors()
                .into_iter()
                .map(|color| color == Color::Dark)
                .collect(),
        }
    }
}

impl Level {
    const fn correction(self) -> EcLevel {
        match self {
            Self::L => EcLevel::L,
            Self::M => EcLevel::M,
            Self::Q => EcLevel::Q,
            Self::H => EcLevel::H,
        }
    }
}

/// Whether alphanumeric mode has this character.
const fn is_alphanumeric(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b' ' | b'$' | b'%' | b'*' | b'+' | b'-' | b'.' | b'/' | b':')
}
