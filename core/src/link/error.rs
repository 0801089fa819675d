//! Why a link did not come about, with what the screen needs.

use kinchaku_protocol::doc::Reason;
use kinchaku_protocol::time::Time;

use crate::home::{SyncKeyError, TownError};
use crate::key::KeyError;
use crate::store::StoreError;
use crate::sync::SyncError;
use crate::trust::TrustError;

/// Why a card's proof came to nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The 15 minutes of the challenge are over: begin again, with a network.
    #[error("the challenge is over")]
    Over,
    /// Another proof of this device still waits for the server.
    #[error("a proof waits until {until}")]
    Waiting {
        /// Until when it is sent.
        until: Time,
    },
    /// The card was read for something else than the challenge is for.
    #[error("the evidence is not of the kind this challenge asks for")]
    WrongEvidence,
    /// The server decided against it.
    #[error("the server refused: {0:?}")]
    Refused(Reason),
    /// The server was not reached, or not believed.
    #[error(transparent)]
    Sync(SyncError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SyncError> for LinkError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Store(error) => Self::Store(error),
            other => Self::Sync(other),
        }
    }
}

impl From<rusqlite::Error> for LinkError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<SyncKeyError> for LinkError {
    fn from(error: SyncKeyError) -> Self {
        SyncError::from(error).into()
    }
}

impl From<KeyError> for LinkError {
    fn from(error: KeyError) -> Self {
        SyncError::from(error).into()
    }
}

impl From<TownError> for LinkError {
    fn from(error: TownError) -> Self {
        SyncError::from(error).into()
    }
}

impl From<TrustError> for LinkError {
    fn from(error: TrustError) -> Self {
        SyncError::from(error).into()
    }
}
