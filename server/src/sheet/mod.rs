//! The sheet a shop puts up (A5): its name, its register, its signed code (F119) and three steps.
//!
//! The SVG is what is printed. The PNG is the same sheet for whoever needs pixels, with the code at a whole
//! number of pixels a module; it is drawn without fonts, so it has the shop's Latin name alone.

mod layout;
mod letters;
mod png;
mod svg;

pub use self::png::PngError;

use kinchaku_protocol::mpm::shop_mark::{Offline, ShopMark};
use kinchaku_protocol::symbol::{Level, Symbol, SymbolError};
use kinchaku_protocol::time::Day;

/// What stands on one sheet.
pub struct Sheet<'a> {
    symbol: Symbol,
    mark: &'a ShopMark,
    kana: &'a str,
    register: &'a str,
    issued: Day,
}

impl<'a> Sheet<'a> {
    /// The sheet of a mark with its signed payload.
    ///
    /// # Errors
    /// [`SymbolError`] where the payload does not fit into a symbol.
    pub fn new(
        payload: &str,
        mark: &'a ShopMark,
        kana: &'a str,
        register: &'a str,
        issued: Day,
    ) -> Result<Self, SymbolError> {
        Ok(Self {
            symbol: Symbol::bytes(payload, Level::M)?,
            mark,
            kana,
            register,
            issued,
        })
    }

    /// What it says about paying without a network.
    const fn offline_words(&self) -> &'static str {
        match self.mark.offline {
            Offline::None => "電波のある所で支払ってください",
            Offline::Scan => "電波がなくても支払えます",
            Offline::Paper => "電波がなくても1回1,000円まで支払えます",
        }
    }

    /// The number that tells two sheets of a shop apart: eight digits.
    fn number(&self) -> String {
        let digits = self.mark.mark.to_string();
        match digits.split_at_checked(4) {
            Some((first, last)) => format!("{first}-{last}"),
            None => digits,
        }
    }
}

#[cfg(test)]
mod tests;
