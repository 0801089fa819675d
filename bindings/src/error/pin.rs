//! Why a PIN does not do.

use kinchaku_core::gate::{GateError, RecoverError};
use kinchaku_core::key::KeyError;
use kinchaku_core::lock::LockError;

use super::{SyncError, Trouble};

/// Not four digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum PinTextError {
    /// A PIN is four digits, of either width.
    #[error("a PIN is four digits")]
    NotFourDigits,
}

/// Why the PIN did not open paying, or was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum PinError {
    /// Wrong; to be said with what is left, before the next try.
    #[error("wrong PIN")]
    Wrong {
        /// Tries before paying is locked, at least one.
        tries_left: i32,
        /// Seconds to wait before the next.
        wait_s: i64,
    },
    /// Too early. Nothing was counted.
    #[error("too early")]
    Wait {
        /// Seconds still to wait.
        wait_s: i64,
    },
    /// Paying is locked until the town has agreed to a new PIN.
    #[error("paying is locked")]
    Locked,
    /// One digit four times, or a run: 1111, 1234.
    #[error("the PIN is too easy")]
    TooEasy,
    /// There is no PIN: not enrolled.
    #[error("no PIN is set")]
    NotSet,
    /// There is one already: change it.
    #[error("a PIN is set already")]
    AlreadySet,
    /// Too little memory at the moment.
    #[error("not enough memory for the PIN")]
    NoMemory,
    /// The person closed the phone's prompt. Nothing was signed.
    #[error("cancelled")]
    Cancelled,
    /// The phone's own key wants its prompt first.
    #[error("the phone's key is locked")]
    KeyLocked,
    /// The town did not agree, or was not reached.
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

super::from_trouble!(PinError);

impl From<LockError> for PinError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::WrongPin { tries_left, wait_s } => Self::Wrong {
                tries_left: tries_left.into(),
                wait_s: crate::value::seconds(wait_s),
            },
            LockError::Wait { seconds } => Self::Wait {
                wait_s: crate::value::seconds(seconds),
            },
            LockError::Locked => Self::Locked,
            LockError::TrivialPin => Self::TooEasy,
            LockError::NotSet => Self::NotSet,
            LockError::AlreadySet => Self::AlreadySet,
            LockError::NoMemory => Self::NoMemory,
            LockError::Store(error) => Self::Device { trouble: error.into() },
            LockError::Vault(error) => Self::Device { trouble: error.into() },
        }
    }
}

impl From<KeyError> for PinError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Cancelled => Self::Cancelled,
            KeyError::Locked => Self::KeyLocked,
            other => Self::Device { trouble: other.into() },
        }
    }
}

impl From<GateError> for PinError {
    fn from(error: GateError) -> Self {
        match error {
            GateError::Lock(error) => error.into(),
            GateError::Key(error) => error.into(),
            GateError::Store(error) => error.into(),
        }
    }
}

impl From<RecoverError> for PinError {
    fn from(error: RecoverError) -> Self {
        match error {
            RecoverError::Sync(error) => Self::Server { reason: error.into() },
            RecoverError::Gate(error) => error.into(),
            // A code of the office needs no card.
            RecoverError::Link(_) | RecoverError::Waiting { .. } => Self::Device {
                trouble: Trouble::Mistake,
            },
        }
    }
}
