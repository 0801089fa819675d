//! Opening: process lock → key → does it fit → connection and settings → is it sound → migrations → chain head.

use super::aside;
use super::chain_head::{ChainHead, Standing};
use super::check_value::{self, Fit};
use super::connect::connect;
use super::envelope::{self, DatabaseKey};
use super::error::{KeyTrouble, OpenError, StoreError};
use super::files::Files;
use super::health;
use super::migrate::{self, Migration};
use super::{Inner, Store};
use crate::durable;
use crate::fault;
use crate::vault::SecretVault;
use kinchaku_protocol::time::Time;
use rusqlite::Connection;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// What opening found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// There was no store before.
    pub created: bool,
    /// The whole file was looked at.
    pub checked: bool,
    /// Whether it is the newest copy.
    pub standing: Standing,
}

/// Opens or makes the store.
pub fn open(
    folder: &Path,
    vault: Arc<dyn SecretVault>,
    now: Time,
    migrations: &[Migration],
) -> Result<(Store, Opened), OpenError> {
    durable::private_folder(folder)?;
    let files = Files::new(folder);
    let process = hold(&files.lock)?;
    let existed = files.database.exists();
    let key = key(&files, vault.as_ref(), now, existed)?;
    let suspect = health::is_suspect(&files);
    let Connected {
        mut connection,
        version,
        checked,
    } = match connected(&files, &key, now, suspect, migrations) {
        Err(Trouble::Damaged) => return Err(OpenError::Damaged(aside::rename(&files, now)?)),
        Err(Trouble::WrongKey) => return Err(OpenError::WrongKey(aside::rename(&files, now)?)),
        Err(Trouble::Other(error)) => return Err(error),
        Ok(connected) => connected,
    };
    migrate::migrate(&mut connection, version, migrations)?;
    if checked {
        // On a full disk the store still opens for reading, and is looked at again next time.
        let _ = health::note(&connection, &files, now);
    }
    let head = ChainHead::load(&connection, vault.as_ref())?;
    if !health::is_intact(&connection).map_err(StoreError::from)? {
        drop(connection);
        return Err(OpenError::Damaged(aside::rename(&files, now)?));
    }
    let opened = Opened {
        created: !existed,
        checked,
        standing: head.standing(),
    };
    let store = Store {
        open: Mutex::new(Inner { connection, head }),
        vault,
        files,
        _process: process,
    };
    Ok((store, opened))
}

/// A database that answers, before it is migrated.
struct Connected {
    connection: Connection,
    version: u32,
    /// The whole of it was looked at, or there is nothing yet to look at.
    checked: bool,
}

/// Why there is no connection: what must be set aside, and the rest.
enum Trouble {
    Damaged,
    WrongKey,
    Other(OpenError),
}

fn hold(path: &Path) -> Result<File, OpenError> {
    let file = OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// The database key. A new one is made only where there is no database that an old one could belong to.
fn key(files: &Files, vault: &dyn SecretVault, now: Time, existed: bool) -> Result<DatabaseKey, OpenError> {
    match envelope::open(&files.envelope, vault)? {
        Some(key) => Ok(key),
        None if existed => Err(OpenError::KeyUnavailable(KeyTrouble::EnvelopeMissing)),
        None => {
            let key = envelope::make(&files.envelope, vault, now)?;
            fault::point("store.enveloped");
            Ok(key)
        }
    }
}

fn connected(
    files: &Files,
    key: &DatabaseKey,
    now: Time,
    suspect: bool,
    migrations: &[Migration],
) -> Result<Connected, Trouble> {
    let fit = check_value::check(&files.check_value, &files.database, key)?;
    match fit {
        Fit::No => return Err(Trouble::WrongKey),
        Fit::Cut => return Err(Trouble::Damaged),
        Fit::Yes | Fit::Unknown => (),
    }
    let found = connect(&files.database, key).and_then(|connection| {
        let version = migrate::version(&connection)?;
        let check = version > 0 && (suspect || health::is_due(&connection, now).unwrap_or(true));
        let sound = !check || health::is_sound(&connection)?;
        let checked = check || version == 0;
        Ok((
            sound,
            Connected {
                connection,
                version,
                checked,
            },
        ))
    });
    let found = match found.map_err(StoreError::from) {
        Ok((true, found)) => found,
        Err(StoreError::Damaged) if fit == Fit::Unknown => return Err(Trouble::WrongKey),
        Ok((false, _)) | Err(StoreError::Damaged) => return Err(Trouble::Damaged),
        Err(error) => return Err(Trouble::Other(error.into())),
    };
    migrate::refuse_newer(found.version, migrations)?;
    if fit == Fit::Unknown {
        fault::point("store.created");
        check_value::write(&files.check_value, &files.database, key)?;
    }
    Ok(found)
}

impl From<OpenError> for Trouble {
    fn from(error: OpenError) -> Self {
        Self::Other(error)
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self::Other(error.into())
    }
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoSpace => Self::NoSpace,
            StoreError::Busy => Self::Locked,
            StoreError::Vault(error) | StoreError::Unconfirmed(error) => error.into(),
            StoreError::Sqlite(code) | StoreError::Constraint(code) => Self::Sqlite(code),
            StoreError::Damaged => Self::Sqlite(rusqlite::ffi::SQLITE_CORRUPT),
            _ => Self::Io(std::io::ErrorKind::Other),
        }
    }
}
