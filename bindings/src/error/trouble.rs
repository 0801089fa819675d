//! What any call can meet.

use kinchaku_core::key::KeyError;
use kinchaku_core::store::StoreError;
use kinchaku_core::vault::VaultError;

use crate::host::Part;

/// The phone or the wallet itself does not do. Nothing was written, but for [`Trouble::Unconfirmed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum Trouble {
    /// The phone is full.
    #[error("no space left")]
    NoSpace,
    /// The database is damaged: open the wallet again, and it is checked and set aside.
    #[error("the database is damaged")]
    Damaged,
    /// The database is busy. Try again.
    #[error("the database is busy")]
    Busy,
    /// An older copy of the wallet was put back: a sync has to come first (T5).
    #[error("an older copy was put back")]
    RolledBack,
    /// It is written and durable, but the vault has not noted it: open the wallet again, and show what is there then.
    #[error("written, but not noted by the vault")]
    Unconfirmed,
    /// Reading or writing a file failed.
    #[error("input or output failed")]
    Io,
    /// The database failed in a way that nobody can act on.
    #[error("the database failed with code {code}")]
    Database {
        /// SQLite's.
        code: i32,
    },
    /// The vault is locked: after the phone was unlocked once, it works.
    #[error("the vault is locked")]
    VaultLocked,
    /// The phone's key for this wallet is gone for good: enrol again.
    #[error("the device key no longer exists")]
    KeyInvalidated,
    /// Sealed bytes were altered, or come from another phone.
    #[error("sealed bytes do not open")]
    Sealed,
    /// A host said that it had done something and had not, or gave what cannot be an answer.
    #[error("the {part:?} is not to be believed")]
    NotBelieved {
        /// Which.
        part: Part,
    },
    /// A host failed.
    #[error("the {part:?} failed with code {code}")]
    Host {
        /// Which.
        part: Part,
        /// Its own number; 4294967295 where it threw something its trait has no name for.
        code: u32,
    },
    /// The system gives no random numbers.
    #[error("no random bytes")]
    NoRandom,
    /// The wallet was closed.
    #[error("the wallet is closed")]
    Closed,
    /// A host called the wallet while it was being asked.
    #[error("called out of a host")]
    Reentered,
    /// A mistake of ours. What was durable before stays.
    #[error("a mistake in the wallet")]
    Mistake,
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoSpace => Self::NoSpace,
            StoreError::Damaged => Self::Damaged,
            StoreError::Busy => Self::Busy,
            StoreError::RolledBack => Self::RolledBack,
            StoreError::Unconfirmed(_) => Self::Unconfirmed,
            StoreError::Vault(error) => error.into(),
            StoreError::Constraint(code) | StoreError::Sqlite(code) => Self::Database { code },
            StoreError::NoRow | StoreError::Unreadable => Self::Damaged,
            StoreError::NoRandom(_) => Self::NoRandom,
            StoreError::Io => Self::Io,
        }
    }
}

impl From<VaultError> for Trouble {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Locked => Self::VaultLocked,
            VaultError::KeyInvalidated => Self::KeyInvalidated,
            VaultError::Refused | VaultError::Exposed => Self::Sealed,
            VaultError::NoSpace => Self::NoSpace,
            VaultError::Io(_) => Self::Io,
            VaultError::NoRandom(_) => Self::NoRandom,
            VaultError::NotKept => Self::NotBelieved { part: Part::Vault },
            VaultError::Host(code) => Self::Host {
                part: Part::Vault,
                code,
            },
        }
    }
}

/// Of a key that asks nobody; [`super::PayError`] tells the person's part apart.
impl From<KeyError> for Trouble {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Cancelled | KeyError::Locked => Self::VaultLocked,
            KeyError::Invalidated => Self::KeyInvalidated,
            KeyError::NotAKey => Self::Sealed,
            KeyError::BadSignature => Self::NotBelieved { part: Part::Key },
            KeyError::Vault(error) => error.into(),
            KeyError::NoRandom(_) => Self::NoRandom,
            KeyError::Host(code) => Self::Host { part: Part::Key, code },
        }
    }
}
