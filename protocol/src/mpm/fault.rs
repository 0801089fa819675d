//! Broken rules as a screen needs them: one reason, and what helps.

use super::network::Network;
use super::parse::Parsed;
use super::recognise::NextStep;
use super::{ErrorKind, Payload};

/// The one reason why a payment code is not paid, the gravest of its broken rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The checksum is missing or wrong: the camera misread it, or it is cut off. Scan again.
    Misread,
    /// The checksum holds, but the objects do not follow one another as they must.
    Broken,
    /// Something stands twice in it: it is open which of the two would be paid.
    Ambiguous,
    /// More than 512 bytes.
    TooLong,
    /// The amount is zero or not a plain number.
    Amount,
    /// It is whole, but something is missing or not as it must be; what it says can be shown.
    Incomplete,
}

impl Fault {
    /// One word, which stays as it is for good.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Misread => "misread",
            Self::Broken => "broken",
            Self::Ambiguous => "ambiguous",
            Self::TooLong => "too_long",
            Self::Amount => "amount",
            Self::Incomplete => "incomplete",
        }
    }
}

impl Parsed {
    /// Why it is not paid; `None` where no rule is broken.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        use ErrorKind as E;
        // Gravest first: a wrong checksum explains whatever else is wrong.
        let order = [
            (Fault::Misread, &[E::Crc][..]),
            (Fault::Broken, &[E::Tlv, E::PayloadFormat, E::Order]),
            (Fault::Ambiguous, &[E::Duplicate]),
            (Fault::TooLong, &[E::Size]),
            (Fault::Amount, &[E::Amount]),
            (Fault::Incomplete, &self.errors),
        ];
        let found = order
            .into_iter()
            .find(|(_, kinds)| kinds.iter().any(|kind| self.has(*kind)));
        found.map(|(fault, _)| fault)
    }

    /// Whether it is whole: objects in order, each once, under a checksum that holds. Codes of some
    /// countries are whole and leave mandatory objects out; they can be shown, not paid.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self.fault(), None | Some(Fault::Amount | Fault::Incomplete))
    }

    /// Whose code it is. Unknown where nothing in it can be relied on.
    #[must_use]
    pub fn network(&self) -> Network {
        Payload::network(&self.payload)
    }

    /// What the person can do next.
    pub(super) fn next(&self) -> NextStep {
        match (self.fault(), self.network()) {
            (Some(Fault::Misread), _) => NextStep::Rescan,
            (None, Network::Ours) => NextStep::Pay,
            (Some(_), Network::Ours | Network::Unknown) => NextStep::AskShop,
            (_, Network::Jpqr | Network::Other(_) | Network::Unknown) => NextStep::OtherApp,
        }
    }
}
