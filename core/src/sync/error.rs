//! Why a sync stopped, with what the screen needs.

use kinchaku_protocol::doc::DocError;

use crate::home::{SyncKeyError, TownError};
use crate::key::KeyError;
use crate::network::NetworkError;
use crate::store::StoreError;
use crate::trust::TrustError;

/// Why a sync stopped. Nothing is lost: the next run goes on from there.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncError {
    /// No network, no answer, or the wrong server.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The server is busy and said when to come back.
    #[error("the server asks to wait {seconds} s")]
    Busy {
        /// Seconds to wait.
        seconds: u64,
    },
    /// The server refused this device or this request.
    #[error("the server refused with status {status}")]
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// The server speaks another version: update the app, or wait until the server is updated.
    #[error("the server speaks version {server:?}")]
    Version {
        /// What it said it speaks.
        server: Option<u8>,
    },
    /// The server said something that nothing proves. It was ignored.
    #[error("unproven answer: {0}")]
    Unproven(#[from] TrustError),
    /// The server's answer does not read.
    #[error("the answer does not read")]
    Nonsense,
    /// Not enrolled.
    #[error("not enrolled")]
    NotEnrolled,
    /// K_sync did not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for SyncError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<DocError> for SyncError {
    fn from(error: DocError) -> Self {
        Self::Unproven(error.into())
    }
}

impl From<TownError> for SyncError {
    fn from(error: TownError) -> Self {
        match error {
            TownError::NotEnrolled => Self::NotEnrolled,
            TownError::Store(error) => Self::Store(error),
        }
    }
}

impl From<SyncKeyError> for SyncError {
    fn from(error: SyncKeyError) -> Self {
        match error {
            SyncKeyError::Key(error) => Self::Key(error),
            SyncKeyError::Store(error) => Self::Store(error),
        }
    }
}
