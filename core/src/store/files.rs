//! The names of the store's files.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where everything lies.
pub struct Files {
    pub database: PathBuf,
    pub envelope: PathBuf,
    pub check_value: PathBuf,
    pub lock: PathBuf,
    /// Present where a read met a damaged page: the next open looks closely.
    pub suspect: PathBuf,
}

impl Files {
    pub fn new(folder: &Path) -> Self {
        Self {
            database: folder.join("wallet.db"),
            envelope: folder.join("wallet.envelope"),
            check_value: folder.join("wallet.kcv"),
            lock: folder.join("wallet.lock"),
            suspect: folder.join("wallet.suspect"),
        }
    }

    /// SQLite's write-ahead log.
    pub fn log(&self) -> PathBuf {
        beside(&self.database, "-wal")
    }

    /// Everything without which the database cannot be read again later.
    pub fn belonging(&self) -> [(PathBuf, &'static str); 5] {
        [
            (self.database.clone(), ""),
            (self.log(), "-wal"),
            (beside(&self.database, "-shm"), "-shm"),
            (self.envelope.clone(), ".envelope"),
            (self.check_value.clone(), ".kcv"),
        ]
    }
}

/// `path` with more at the end of its name.
pub fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    PathBuf::from(name)
}
