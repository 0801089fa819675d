//! `wallet.kcv`: HMAC-SHA256(database key, "kcv" ‖ salt), where the salt is the first 16 bytes of the database.
//!
//! SQLCipher answers a wrong key and a damaged first page alike. This file tells them apart: if it fits the key and
//! the database, and SQLCipher still cannot read, the database is damaged.

use super::envelope::DatabaseKey;
use crate::durable;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// How a key fits a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// They belong together.
    Yes,
    /// They do not.
    No,
    /// The database is too short to be one.
    Cut,
    /// Nothing was written down: the first open was cut off, or the file was lost.
    Unknown,
}

/// Compares the key and the database with what was written down.
pub fn check(path: &Path, database: &Path, key: &DatabaseKey) -> io::Result<Fit> {
    let Some(kept) = durable::read(path)? else {
        return Ok(Fit::Unknown);
    };
    let Some(salt) = salt(database)? else {
        return Ok(Fit::Cut);
    };
    let fits = mac(key, &salt).is_some_and(|mac| mac.verify_slice(&kept).is_ok());
    Ok(if fits { Fit::Yes } else { Fit::No })
}

/// Writes down that the key belongs to the database.
pub fn write(path: &Path, database: &Path, key: &DatabaseKey) -> io::Result<()> {
    let salt = salt(database)?.ok_or(ErrorKind::UnexpectedEof)?;
    let mac = mac(key, &salt).ok_or(ErrorKind::InvalidInput)?;
    durable::replace(path, &mac.finalize().into_bytes())
}

fn mac(key: &DatabaseKey, salt: &[u8; 16]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).ok()?;
    mac.update(b"kcv");
    mac.update(salt);
    Some(mac)
}

fn salt(database: &Path) -> io::Result<Option<[u8; 16]>> {
    let mut salt = [0; 16];
    match File::open(database).and_then(|mut file| file.read_exact(&mut salt)) {
        Ok(()) => Ok(Some(salt)),
        Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}
