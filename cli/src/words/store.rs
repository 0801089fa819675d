//! Store, vault and keys.

use kinchaku_core::key::KeyError;
use kinchaku_core::store::{KeyTrouble, OpenError, StoreError};
use kinchaku_core::vault::VaultError;
use kinchaku_design::Key;

use crate::output::{Exit, Problem};

/// Why a device's folder did not open. What was set aside is named.
pub fn open(error: &OpenError) -> Problem {
    let unreadable = |key| Problem::new(key, Exit::Unreadable);
    match error {
        OpenError::KeyUnavailable(KeyTrouble::Vault(error)) => vault(*error),
        OpenError::KeyUnavailable(KeyTrouble::EnvelopeMissing) => unreadable(Key::ErrorVaultMissing),
        OpenError::KeyUnavailable(KeyTrouble::EnvelopeUnreadable) => unreadable(Key::ErrorVaultDamaged),
        OpenError::WrongKey(kept) | OpenError::Damaged(kept) => {
            unreadable(Key::ErrorStoreSetAsideWhere).named("path", kept.to_string())
        }
        OpenError::TooNew { .. } => unreadable(Key::ErrorStoreNewer),
        OpenError::NoSpace => Problem::new(Key::ErrorDiskFull, Exit::Other),
        OpenError::Locked => unreadable(Key::ErrorStoreBusy),
        OpenError::Io(_) | OpenError::Sqlite(_) => unreadable(Key::ErrorStoreUnreachable),
    }
}

/// Why a read or a write failed.
pub fn store(error: &StoreError) -> Problem {
    match error {
        StoreError::NoSpace => Problem::new(Key::ErrorDiskFull, Exit::Other),
        StoreError::Damaged => Problem::new(Key::ErrorStoreDamaged, Exit::Unreadable),
        StoreError::Busy => Problem::new(Key::ErrorStoreBusy, Exit::Unreadable),
        StoreError::RolledBack => Problem::new(Key::ErrorStoreOldCopy, Exit::NeedsNetwork),
        StoreError::Unconfirmed(_) => Problem::new(Key::ErrorWrittenNotNoted, Exit::Partly),
        StoreError::Vault(error) => vault(*error),
        StoreError::Unreadable => Problem::new(Key::ErrorStoreDamaged, Exit::Unreadable),
        StoreError::Io => Problem::new(Key::ErrorStorage, Exit::Other),
        StoreError::Constraint(_) | StoreError::NoRow | StoreError::NoRandom(_) | StoreError::Sqlite(_) => {
            Problem::new(Key::ErrorInternal, Exit::Other)
        }
    }
}

/// Why the vault did not answer.
pub fn vault(error: VaultError) -> Problem {
    let unreadable = |key| Problem::new(key, Exit::Unreadable);
    match error {
        VaultError::Locked => unreadable(Key::ErrorDeviceLocked),
        VaultError::KeyInvalidated => unreadable(Key::ErrorVaultMissing),
        VaultError::Refused | VaultError::Host(_) => unreadable(Key::ErrorVaultDamaged),
        VaultError::Exposed => unreadable(Key::ErrorVaultExposed),
        VaultError::NoSpace => Problem::new(Key::ErrorDiskFull, Exit::Other),
        VaultError::Io(_) => unreadable(Key::ErrorStoreUnreachable),
        VaultError::NotKept => Problem::new(Key::ErrorStorage, Exit::Other),
        VaultError::NoRandom(_) => Problem::new(Key::ErrorInternal, Exit::Other),
    }
}

/// Why a key did not sign.
pub fn key(error: KeyError) -> Problem {
    let unreadable = |key| Problem::new(key, Exit::Unreadable);
    match error {
        KeyError::Cancelled => Problem::new(Key::ErrorInterrupted, Exit::Interrupted),
        KeyError::Locked => unreadable(Key::ErrorDeviceLocked),
        KeyError::Invalidated => unreadable(Key::ErrorVaultMissing),
        KeyError::NotAKey | KeyError::BadSignature | KeyError::Host(_) => unreadable(Key::ErrorVaultDamaged),
        KeyError::Vault(error) => vault(error),
        KeyError::NoRandom(_) => Problem::new(Key::ErrorInternal, Exit::Other),
    }
}
