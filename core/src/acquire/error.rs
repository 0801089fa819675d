//! Why somebody did not acquire something, with what the screen needs.

use kinchaku_protocol::api::acquire::AcquireRefusal;

use crate::home::TownError;
use crate::key::KeyError;
use crate::store::StoreError;
use crate::sync::SyncError;

/// Why somebody did not acquire something.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcquireError {
    /// There is no network, and nothing was put down.
    #[error("needs a network")]
    NeedsNetwork,
    /// It was asked and no answer came: the server may have it or not. It is sent again by the next sync.
    #[error("no answer yet")]
    Waiting,
    /// Another request like this waits for its answer, with something else in it: a telephone number, a way to pay. It
    /// is answered by the next sync, and then this one can be asked.
    #[error("another one waits")]
    Another,
    /// A payment waits for its signature: what it needs cannot be given back now.
    #[error("a payment is being made")]
    Paying,
    /// A rule's no.
    #[error("refused: {0:?}")]
    Refused(AcquireRefusal),
    /// The server was not reached, not believed, or does not take this from this device.
    #[error(transparent)]
    Sync(SyncError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SyncError> for AcquireError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Store(error) => Self::Store(error),
            SyncError::Network(_) | SyncError::Busy { .. } => Self::NeedsNetwork,
            other => Self::Sync(other),
        }
    }
}

impl From<rusqlite::Error> for AcquireError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<KeyError> for AcquireError {
    fn from(error: KeyError) -> Self {
        SyncError::from(error).into()
    }
}

impl From<TownError> for AcquireError {
    fn from(error: TownError) -> Self {
        SyncError::from(error).into()
    }
}
