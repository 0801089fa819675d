//! What can go wrong, as screens need to tell it apart. No text of SQLite's, which may quote what was stored.

use super::aside::SetAside;
use crate::durable;
use crate::secret::NoRandom;
use crate::vault::VaultError;
use rusqlite::ErrorCode;
use rusqlite::ffi;
use std::io;

/// Why the store did not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The key cannot be had. Nothing was touched; [`KeyTrouble`] says whether trying later helps.
    #[error("the database key is not available: {0}")]
    KeyUnavailable(KeyTrouble),
    /// Key and database do not belong together. Both were set aside.
    #[error("the database belongs to another key; kept as {0}")]
    WrongKey(SetAside),
    /// The key is right and the database cannot be read. It was set aside.
    #[error("the database is damaged; kept as {0}")]
    Damaged(SetAside),
    /// A newer version of the app wrote it: update the app. Nothing was touched.
    #[error("the store has version {found}, this app knows {known}")]
    TooNew {
        /// The version on disk.
        found: u32,
        /// The newest version this app knows.
        known: u32,
    },
    /// The disk is full.
    #[error("no space left")]
    NoSpace,
    /// Another process has the store open.
    #[error("the store is open elsewhere")]
    Locked,
    /// The file system failed.
    #[error("input or output failed: {0}")]
    Io(io::ErrorKind),
    /// SQLite failed with this extended code.
    #[error("SQLite failed with code {0}")]
    Sqlite(i32),
}

/// Why there is no database key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyTrouble {
    /// The vault did not open the envelope; for [`VaultError::Locked`], later it may.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// There is a database but no envelope.
    #[error("the envelope is missing")]
    EnvelopeMissing,
    /// The envelope is not one.
    #[error("the envelope is not readable")]
    EnvelopeUnreadable,
}

/// Why a read or a write failed. A failed write changed nothing, but for [`StoreError::Unconfirmed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The disk is full.
    #[error("no space left")]
    NoSpace,
    /// The file is damaged; open it again, and it is checked and set aside.
    #[error("the database is damaged")]
    Damaged,
    /// Another process holds the file.
    #[error("the database is busy")]
    Busy,
    /// An older copy was put back: a sync has to come first (T5).
    #[error("an older copy of the store was put back")]
    RolledBack,
    /// Written and durable, but the vault has not noted it yet.
    #[error("written, but not noted by the vault: {0}")]
    Unconfirmed(VaultError),
    /// The vault failed before anything was written.
    #[error(transparent)]
    Vault(VaultError),
    /// A rule of the schema was broken; the extended code says which kind.
    #[error("a constraint failed with code {0}")]
    Constraint(i32),
    /// A row that was expected is not there.
    #[error("a row is missing")]
    NoRow,
    /// A stored value has another form than it should.
    #[error("a stored value is not readable")]
    Unreadable,
    /// The operating system gave no random bytes.
    #[error(transparent)]
    NoRandom(#[from] NoRandom),
    /// Reading or writing the file failed.
    #[error("input or output failed")]
    Io,
    /// SQLite failed with this extended code.
    #[error("SQLite failed with code {0}")]
    Sqlite(i32),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(failure, _) => from_code(failure),
            rusqlite::Error::SqlInputError { error, .. } => from_code(error),
            rusqlite::Error::QueryReturnedNoRows => Self::NoRow,
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => Self::Unreadable,
            _ => Self::Sqlite(ffi::SQLITE_MISUSE),
        }
    }
}

fn from_code(failure: ffi::Error) -> StoreError {
    match (failure.code, failure.extended_code) {
        // The index of the log is the one file SQLite does not report a full disk for.
        (ErrorCode::DiskFull, _) | (_, ffi::SQLITE_IOERR_SHMSIZE) => StoreError::NoSpace,
        (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => StoreError::Damaged,
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => StoreError::Busy,
        (ErrorCode::ConstraintViolation, code) => StoreError::Constraint(code),
        (ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly, _) => StoreError::Io,
        (_, code) => StoreError::Sqlite(code),
    }
}

impl From<KeyTrouble> for OpenError {
    fn from(trouble: KeyTrouble) -> Self {
        Self::KeyUnavailable(trouble)
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            kind if durable::is_full(kind) => Self::NoSpace,
            kind => Self::Io(kind),
        }
    }
}

impl From<VaultError> for OpenError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::NoSpace => Self::NoSpace,
            other => Self::KeyUnavailable(other.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sqlite(code: i32) -> StoreError {
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), None).into()
    }

    #[test]
    fn what_people_can_act_on_is_told_apart() {
        assert_eq!(sqlite(ffi::SQLITE_FULL), StoreError::NoSpace);
        assert_eq!(sqlite(ffi::SQLITE_IOERR_SHMSIZE), StoreError::NoSpace);
        assert_eq!(sqlite(ffi::SQLITE_CORRUPT), StoreError::Damaged);
        assert_eq!(sqlite(ffi::SQLITE_NOTADB), StoreError::Damaged);
        assert_eq!(sqlite(ffi::SQLITE_BUSY), StoreError::Busy);
        assert_eq!(sqlite(ffi::SQLITE_IOERR_FSYNC), StoreError::Io);
        assert_eq!(OpenError::from(StoreError::Busy), OpenError::Locked);
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
            assert_eq!(OpenError::from(io::Error::from(kind)), OpenError::NoSpace);
            assert_eq!(
                OpenError::from(VaultError::from(io::Error::from(kind))),
                OpenError::NoSpace
            );
        }
    }
}
