//! What a symbol is shown for decides how it is encoded (docs/protocol.md): here once, for everything that is drawn.

use super::{Level, Symbol, SymbolError, is_alphanumeric};

/// What a symbol is shown for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A shop's payment code: as bytes, as EMV QRCPS MPM 4.12 has it, and printed, so level M.
    Mark,
    /// A receipt with the allowance: the densest there is, on a bright screen, so level L.
    FullReceipt,
    /// Any other code of ours, on a screen or printed: short receipts, refusals, a person's own code, vouchers,
    /// enrolment. In alphanumeric mode where the text allows, at level M.
    Code,
}

impl Symbol {
    /// The symbol of a text for a purpose.
    ///
    /// # Errors
    /// [`SymbolError`].
    pub fn of(purpose: Purpose, text: &str) -> Result<Self, SymbolError> {
        match purpose {
            Purpose::Mark => Self::bytes(text, Level::M),
            Purpose::FullReceipt => Self::alphanumeric(text, Level::L),
            Purpose::Code if text.bytes().all(is_alphanumeric) => Self::alphanumeric(text, Level::M),
            Purpose::Code => Self::bytes(text, Level::M),
        }
    }
}
