//! The PIN, and its recovery.

use kinchaku_core::gate::{GateError, RecoverError};
use kinchaku_core::lock::LockError;
use kinchaku_core::sync::SyncError;
use kinchaku_design::Key;

use super::{link, store, sync};
use crate::output::{Exit, Problem};

/// Why the payment key is not to be had.
pub fn problem(error: &GateError) -> Problem {
    match error {
        GateError::Lock(error) => lock(*error),
        GateError::Key(error) => store::key(*error),
        GateError::Store(error) => store::store(error),
    }
}

/// Why the PIN did not open, or was not taken.
pub fn lock(error: LockError) -> Problem {
    let pin = |key| Problem::new(key, Exit::Pin);
    match error {
        LockError::WrongPin { tries_left, wait_s: 0 } => pin(Key::ErrorPinWrong).count("left", tries_left),
        LockError::WrongPin { tries_left, wait_s } => pin(Key::ErrorPinWrongWait)
            .count("left", tries_left)
            .count("seconds", wait_s),
        LockError::Wait { seconds } => pin(Key::ErrorPinWait).count("seconds", seconds),
        LockError::Locked => pin(Key::ErrorPinLocked),
        LockError::TrivialPin => Problem::new(Key::ErrorPinSequence, Exit::Refused),
        LockError::NotSet => pin(Key::ErrorPinMissing),
        LockError::AlreadySet => Problem::new(Key::ErrorAlreadyEnrolled, Exit::AlreadyDone),
        LockError::NoMemory => Problem::new(Key::ErrorInternal, Exit::Other),
        LockError::Store(error) => store::store(&error),
        LockError::Vault(error) => store::vault(error),
    }
}

/// Why paying stays locked.
pub fn recover(error: &RecoverError) -> Problem {
    match error {
        RecoverError::Sync(SyncError::Refused { .. }) => Problem::new(Key::ErrorUnlockCode, Exit::Refused),
        RecoverError::Sync(error) => sync::problem(error),
        RecoverError::Gate(error) => problem(error),
        RecoverError::Link(error) => link::problem(error),
        RecoverError::Waiting { until } => link::waits(*until),
    }
}
