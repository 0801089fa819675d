//! Why a receipt is not answered at all, with what the person at the register needs.

use kinchaku_protocol::doc::{DocError, ReceiptError};
use kinchaku_protocol::rules::authorisation::AuthorisationError;
use kinchaku_protocol::signature::SignatureError;
use kinchaku_protocol::time::Time;

use crate::book::receipts::State;
use crate::home::SyncKeyError;
use crate::key::KeyError;
use crate::store::StoreError;
use crate::sync::SyncError;
use crate::trust::TrustError;

/// Why nothing was signed. Goods are not handed over.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiveError {
    /// Not a receipt of this service.
    #[error(transparent)]
    NotAReceipt(#[from] ReceiptError),
    /// Without a network the full receipt is needed.
    #[error("the full receipt is needed")]
    NeedsFullReceipt,
    /// The allowance is not one this town issued: forged, or this device has not synced for long.
    #[error("the allowance is not proven: {0}")]
    AllowanceNotProven(TrustError),
    /// The payment was altered, or signed by another key.
    #[error("the payment is not proven: {0}")]
    Forged(SignatureError),
    /// The payment does not fit its allowance: no honest wallet makes one.
    #[error(transparent)]
    Unfit(AuthorisationError),
    /// It was made out to another shop (T8).
    #[error("a payment to another shop")]
    OtherShop,
    /// It was shown here before (T9).
    #[error("shown before")]
    ShownBefore {
        /// When.
        at: Time,
        /// What became of it.
        state: State,
    },
    /// This device has not synced for too long to know whom to refuse.
    #[error("not synced for {days} days")]
    NotSynced {
        /// How long.
        days: u64,
    },
    /// This device does not know what time it is: go online once.
    #[error("the clock is lost")]
    ClockLost,
    /// This is not an enrolled device of a shop, or its enrolment has ended.
    #[error("not an enrolled device of a shop")]
    NotEnrolled,
    /// An older copy of this device was put back: go online once.
    #[error("an older copy was put back")]
    RolledBack,
    /// The server did not answer; nothing is known of the payment yet.
    #[error(transparent)]
    Sync(SyncError),
    /// K_sync did not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ReceiveError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::RolledBack => Self::RolledBack,
            other => Self::Store(other),
        }
    }
}

impl From<rusqlite::Error> for ReceiveError {
    fn from(error: rusqlite::Error) -> Self {
        Self::from(StoreError::from(error))
    }
}

impl From<DocError> for ReceiveError {
    fn from(error: DocError) -> Self {
        Self::NotAReceipt(error.into())
    }
}

impl From<SyncError> for ReceiveError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::NotEnrolled => Self::NotEnrolled,
            SyncError::Store(error) => Self::from(error),
            other => Self::Sync(other),
        }
    }
}

impl From<SyncKeyError> for ReceiveError {
    fn from(error: SyncKeyError) -> Self {
        match error {
            SyncKeyError::Key(error) => Self::Key(error),
            SyncKeyError::Store(error) => Self::from(error),
        }
    }
}
