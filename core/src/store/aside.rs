//! Setting a store aside: renamed with everything that belongs to it, so that somebody with time and the vault can
//! still read it. Nothing is ever deleted here.

use super::files::{Files, beside};
use crate::durable;
use kinchaku_protocol::time::Time;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The name the database has now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside(pub PathBuf);

impl fmt::Display for SetAside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

/// Sets the store in `folder` aside on a person's word: for a key that is gone for good. The store must be closed.
///
/// # Errors
/// Those of the file system; calling again goes on.
pub fn set_aside(folder: &Path, now: Time) -> io::Result<SetAside> {
    rename(&Files::new(folder), now)
}

/// Renames to `wallet.db.damaged-<seconds>` and the like. The database first: after a crash in between, what is left
/// is no store, and the next open sets that aside too.
pub(super) fn rename(files: &Files, now: Time) -> io::Result<SetAside> {
    let base = beside(&files.database, &format!(".damaged-{}", now.0));
    let name = (1..)
        .map(|n: u32| {
            if n == 1 {
                base.clone()
            } else {
                beside(&base, &format!("-{n}"))
            }
        })
        .find(|name| !name.exists())
        .unwrap_or(base);
    for (path, end) in files.belonging() {
        if path.exists() {
            fs::rename(&path, beside(&name, end))?;
        }
    }
    if files.suspect.exists() {
        fs::remove_file(&files.suspect)?;
    }
    durable::sync_folder(&files.database)?;
    Ok(SetAside(name))
}
