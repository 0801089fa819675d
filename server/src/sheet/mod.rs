//! The sheet a shop puts up at its counter (F066): its name, its signed code with the number of this one sheet (F119),
//! and how to pay in three steps.
//!
//! A sheet is composed once for a size of paper and then written as PDF, SVG or PNG. All three say the same; the same
//! sheet gives the same bytes. The PDF is what is printed: vectors and an embedded part of the typeface, tagged for
//! those who hear it. The SVG has its text as text, for whoever changes it; the PNG is drawn at 300 dpi, with the code
//! at a whole number of pixels a module.

mod face;
mod layout;
mod lines;
mod page;
mod pdf;
mod pictograms;
mod png;
mod svg;

use kinchaku_protocol::mpm::shop_mark::{Offline, ShopMark};
use kinchaku_protocol::symbol::{Purpose, Symbol, SymbolError};
use kinchaku_protocol::time::Day;

use face::Face;
use page::Page;

/// What stands on one sheet.
pub struct Sheet<'a> {
    symbol: Symbol,
    face: Face,
    mark: &'a ShopMark,
    words: Words<'a>,
}

/// What a sheet says that its code does not.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// The town, as people call it; nothing where it has not said so.
    pub town: &'a str,
    /// The shop's name in kana.
    pub kana: &'a str,
    /// What the shop calls the sheet or register.
    pub register: &'a str,
    /// When the sheet was made.
    pub issued: Day,
}

/// A size of paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// 148 mm by 210 mm, with a code 70 mm wide.
    A5,
    /// 210 mm by 297 mm, with a code 110 mm wide.
    A4,
}

/// Why there is no sheet.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The payload does not fit into a symbol.
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    /// The typeface of this build could not be opened.
    #[error("the typeface could not be opened")]
    Face,
    /// The file could not be written in its format.
    #[error("the {format} file could not be made")]
    Format {
        /// PDF or PNG.
        format: &'static str,
    },
}

impl<'a> Sheet<'a> {
    /// The sheet of a mark with its signed payload.
    ///
    /// # Errors
    /// [`SheetError`].
    pub fn new(payload: &str, mark: &'a ShopMark, words: Words<'a>) -> Result<Self, SheetError> {
        Ok(Self {
            symbol: Symbol::of(Purpose::Mark, payload)?,
            face: Face::open().ok_or(SheetError::Face)?,
            mark,
            words,
        })
    }

    /// As a file to print.
    ///
    /// # Errors
    /// [`SheetError::Format`].
    pub fn pdf(&self, paper: Paper) -> Result<Vec<u8>, SheetError> {
        pdf::write(&self.page(paper), &self.face, &self.symbol).ok_or(SheetError::Format { format: "PDF" })
    }

    /// As a drawing whose text is text.
    #[must_use]
    pub fn svg(&self, paper: Paper) -> String {
        svg::write(&self.page(paper), &self.symbol)
    }

    /// As pixels at 300 dpi.
    ///
    /// # Errors
    /// [`SheetError::Format`].
    pub fn png(&self, paper: Paper) -> Result<Vec<u8>, SheetError> {
        png::write(&self.page(paper), &self.face, &self.symbol).ok_or(SheetError::Format { format: "PNG" })
    }

    fn page(&self, paper: Paper) -> Page {
        layout::compose(self, paper)
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
