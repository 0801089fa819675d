//! What a caller hopes to see, and how far a text shows that it is that, letter for letter.

use kinchaku_protocol::doc::{Receipt, Refusal};
use kinchaku_protocol::mpm::{Fault, Scanned, recognise};

/// How well a text fits what is hoped for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// Something else, or not whole.
    Other,
    /// Of the kind hoped for, with nothing in it that would show a wrong letter: right if the symbol was read with
    /// check symbols to spare.
    Alike,
    /// Of that kind, and its own checksum or signature holds: right however badly the symbol was seen.
    Proven,
}

impl From<bool> for Fit {
    /// A plain yes says nothing about each letter.
    fn from(hoped: bool) -> Self {
        if hoped { Self::Alike } else { Self::Other }
    }
}

/// What a picture is hoped to show. Whatever else is in it is read too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A shop's code, of whatever network.
    Shop,
    /// A payer's receipt.
    Receipt,
    /// A shop's refusal.
    Refusal,
    /// Any code that can be told from any text.
    Code,
}

impl Wanted {
    /// How well `text` fits.
    #[must_use]
    pub fn fit(self, text: &str) -> Fit {
        match (self, recognise(text)) {
            (Self::Shop | Self::Code, Scanned::Emv(parsed)) if parsed.is_valid() => Fit::Proven,
            (Self::Code, Scanned::Emv(parsed)) if parsed.fault() != Some(Fault::Misread) => Fit::Alike,
            (Self::Receipt | Self::Code, Scanned::Receipt(text)) => receipt(&text),
            (Self::Refusal | Self::Code, Scanned::Refusal(text)) => refusal(&text),
            (Self::Code, Scanned::Emv(_) | Scanned::Text(_) | Scanned::Empty) => Fit::Other,
            (Self::Code, _) => Fit::Alike,
            _ => Fit::Other,
        }
    }
}

fn receipt(text: &str) -> Fit {
    Receipt::read(text).map_or(Fit::Other, |receipt| proven_if(receipt.is_of_one_key()))
}

fn refusal(text: &str) -> Fit {
    Refusal::read(text).map_or(Fit::Other, |refusal| proven_if(refusal.is_of_one_key()))
}

/// One that is forged was read all the same, and its verification says so.
const fn proven_if(proven: bool) -> Fit {
    if proven { Fit::Proven } else { Fit::Alike }
}
