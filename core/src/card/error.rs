//! How an exchange ends without its output, and why a card is wanted once more.
//!
//! Nothing here carries what a person typed or what a card says of a person.

use kinchaku_protocol::time::Time;

use super::apdu::{CommandKind, StatusWord};
use super::profile::{File, SecretKind};

/// Why an exchange ended. Whatever was typed for it is gone; another exchange needs it typed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// The application is not there.
    #[error("not a My Number card")]
    NotMyNumberCard,
    /// A phone that holds certificates; it shows none of them without a PIN, and no attributes at all.
    #[error("a phone, not a card")]
    PhoneToken,
    /// Under 15, or declined (F053).
    #[error("no certificate for signatures")]
    NoSignCertificate,
    /// Declined, or taken off.
    #[error("no certificate for user authentication")]
    NoAuthCertificate,
    /// The card refused the secret and counted a try.
    #[error("{secret:?} is wrong, {left} left")]
    Wrong {
        /// Which.
        secret: SecretKind,
        /// Tries that are left, at least one.
        left: u8,
    },
    /// One try is left and the person did not agree to use it. Nothing was sent.
    #[error("one try of {secret:?} is left")]
    LastTry {
        /// Which.
        secret: SecretKind,
    },
    /// No try is left; the municipal office unlocks it (F140).
    #[error("{secret:?} is locked")]
    Locked {
        /// Which.
        secret: SecretKind,
    },
    /// The link was lost while the card had the secret. This is what the next touch found.
    #[error("unknown whether {secret:?} was right, {left} left")]
    Unconfirmed {
        /// Which.
        secret: SecretKind,
        /// Tries that are left, at least one.
        left: u8,
    },
    /// The secret was right and the link was lost before the end. The card forgot it; it is typed again.
    #[error("{secret:?} has to be typed again")]
    TypeAgain {
        /// Which.
        secret: SecretKind,
    },
    /// The certificate's time is over.
    #[error("expired at {until}")]
    Expired {
        /// Its end.
        until: Time,
    },
    /// The certificate's time has not begun: the clock may be wrong.
    #[error("not valid before {from}")]
    NotYetValid {
        /// Its beginning.
        from: Time,
    },
    /// A certificate or attributes that nobody issued whom we trust, or for another use.
    #[error("nobody we trust issued or signed it")]
    NotTrusted,
    /// The card's signature is not by the key of its own certificate: a copy of a card.
    #[error("the card does not have the key of its certificate")]
    Cloned,
    /// A key for which it is not known how a card signs with it.
    #[error("a key of an unknown kind")]
    UnknownKey,
    /// A file that is not what it should be.
    #[error("{file:?} does not read")]
    Malformed {
        /// Which.
        file: File,
    },
    /// The card refused a command in a way that says nothing to a person.
    #[error("{command:?} refused with {status}")]
    Refused {
        /// Which.
        command: CommandKind,
        /// The card's word.
        status: StatusWord,
    },
    /// The card went on answering and came to no end.
    #[error("a card that comes to no end")]
    Endless,
    /// The exchange has ended before.
    #[error("the exchange is over")]
    Over,
}

/// Why a card is wanted at the phone or reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// None was there yet.
    First,
    /// The link was lost, and nothing was lost by it.
    LinkLost,
    /// The link was lost while the card had the secret: the next touch asks how many tries are left, and the
    /// exchange ends with it.
    Unconfirmed {
        /// Which.
        secret: SecretKind,
    },
}

/// Why one touch does not go on.
#[derive(Debug)]
pub(super) enum Stop {
    Lost,
    Failed(CardError),
}

impl From<CardError> for Stop {
    fn from(error: CardError) -> Self {
        Self::Failed(error)
    }
}
