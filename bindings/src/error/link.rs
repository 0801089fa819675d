//! Why a card was not linked.

use kinchaku_core::link::LinkError as Core;
use kinchaku_protocol::doc::Reason;

use super::{SyncError, Trouble};
use crate::value::epoch_s;

/// Why a card's proof came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum LinkError {
    /// The 15 minutes are over: begin again, with a network.
    #[error("the challenge is over")]
    Over,
    /// Another proof of this device still waits for the server; `Wallet.resume_link` sends it.
    #[error("a proof waits")]
    Waiting {
        /// Until when it is sent.
        until_s: i64,
    },
    /// The card has not been read for this yet, or was read for something else.
    #[error("the card was not read for this")]
    NotRead,
    /// The town decided against it.
    #[error("refused")]
    Refused {
        /// Why.
        reason: LinkRefusal,
    },
    /// The server was not reached, or not believed.
    #[error("{reason}")]
    Server {
        /// Why.
        reason: SyncError,
    },
    /// The phone or the wallet itself.
    #[error("{trouble}")]
    Device {
        /// What.
        trouble: Trouble,
    },
}

/// Why the town decided against a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum LinkRefusal {
    /// The challenge is unknown or over.
    Challenge,
    /// The card's signature is not right.
    CardSignature,
    /// Nobody the town trusts issued the certificate.
    CertificateUntrusted,
    /// The certificate's time is over.
    CertificateExpired,
    /// The certificate was revoked.
    CertificateRevoked,
    /// The account is linked to another person.
    AnotherPerson,
    /// The person is linked to another account.
    AnotherAccount,
    /// The guardian's part is not right.
    Guardian,
    /// The attributes are not proven.
    Attributes,
    /// Not a minor.
    NotAMinor,
    /// The account has no card.
    NotLinked,
    /// A card the town does not know.
    UnknownCard,
    /// Anything else.
    Other,
}

impl From<Reason> for LinkRefusal {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Challenge => Self::Challenge,
            Reason::CardSignature => Self::CardSignature,
            Reason::CertificateUntrusted => Self::CertificateUntrusted,
            Reason::CertificateExpired => Self::CertificateExpired,
            Reason::CertificateRevoked => Self::CertificateRevoked,
            Reason::AnotherPerson => Self::AnotherPerson,
            Reason::AnotherAccount => Self::AnotherAccount,
            Reason::Guardian => Self::Guardian,
            Reason::Attributes => Self::Attributes,
            Reason::NotAMinor => Self::NotAMinor,
            Reason::NotLinked => Self::NotLinked,
            Reason::UnknownCard => Self::UnknownCard,
            // Reasons of payments, which no answer about a card has.
            _ => Self::Other,
        }
    }
}

super::from_trouble!(LinkError);

impl From<Core> for LinkError {
    fn from(error: Core) -> Self {
        match error {
            Core::Over => Self::Over,
            Core::Waiting { until } => Self::Waiting {
                until_s: epoch_s(until),
            },
            Core::WrongEvidence => Self::NotRead,
            Core::Refused(reason) => Self::Refused { reason: reason.into() },
            Core::Sync(error) => match SyncError::from(error) {
                SyncError::Device { trouble } => Self::Device { trouble },
                reason => Self::Server { reason },
            },
            Core::Store(error) => error.into(),
        }
    }
}
