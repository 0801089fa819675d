//! The rules a payload can break, each with the short code that commands print.

use std::fmt;

/// A broken rule. A payload can break several; they are listed in this order, each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// The payload does not start with `000201`: not an EMV merchant code.
    PayloadFormat,
    /// 00 is not first or 63 is not last (4.6.1).
    Order,
    /// The CRC is missing or wrong: scan again.
    Crc,
    /// An ID or length is not two digits, a value is cut short, or characters are left over.
    Tlv,
    /// An ID occurs twice in one place: it is open which one counts (4.3.1.2).
    Duplicate,
    /// A mandatory object is missing.
    Mandatory,
    /// A value is too short or too long.
    Length,
    /// A value has characters its format does not allow.
    Format,
    /// A template has no usable globally unique identifier.
    UniqueId,
    /// A fee is there without the indicator that calls for it, or the other way round.
    Condition,
    /// An amount is zero or not a plain decimal number.
    Amount,
    /// More than 512 bytes.
    Size,
}

impl ErrorKind {
    /// The code, which stays as it is for good.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::PayloadFormat => "PFI",
            Self::Order => "ORDER",
            Self::Crc => "CRC",
            Self::Tlv => "TLV",
            Self::Duplicate => "DUP",
            Self::Mandatory => "MANDATORY",
            Self::Length => "LEN",
            Self::Format => "FORMAT",
            Self::UniqueId => "GUID",
            Self::Condition => "COND",
            Self::Amount => "AMOUNT",
            Self::Size => "SIZE",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The broken rules found so far.
#[derive(Debug, Default)]
pub(super) struct Errors(Vec<ErrorKind>);

impl Errors {
    /// Notes a broken rule.
    pub(super) fn add(&mut self, kind: ErrorKind) {
        if !self.0.contains(&kind) {
            self.0.push(kind);
        }
    }

    /// Notes a broken rule unless it holds.
    pub(super) fn require(&mut self, holds: bool, kind: ErrorKind) {
        if !holds {
            self.add(kind);
        }
    }

    /// Whether this rule is broken.
    pub(super) fn has(&self, kind: ErrorKind) -> bool {
        self.0.contains(&kind)
    }

    /// All of them, in the order of [`ErrorKind`].
    pub(super) fn into_sorted(mut self) -> Vec<ErrorKind> {
        self.0.sort_unstable();
        self.0
    }
}
