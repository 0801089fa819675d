//! The envelope: the database key, sealed by the vault.
//!
//! ```text
//! "KNEV" ‖ version 1 (1) ‖ key id (16, random) ‖ made at (8, big-endian seconds) ‖ sealed key
//! ```
//! Associated data is everything before the sealed key, so nothing of the head can be exchanged. The form is frozen
//! by a test; another version is refused as newer.

use super::error::{KeyTrouble, OpenError};
use crate::durable;
use crate::secret::Secret;
use crate::vault::{self, Purpose, SecretVault, VaultError};
use kinchaku_protocol::time::Time;
use std::path::Path;

const MAGIC: [u8; 4] = *b"KNEV";
const VERSION: u8 = 1;
const HEAD_LEN: usize = 4 + 1 + 16 + 8;

/// The raw 256-bit key of the database.
pub type DatabaseKey = Secret<[u8; 32]>;

/// Opens the envelope; `None` if there is none.
pub fn open(path: &Path, vault: &dyn SecretVault) -> Result<Option<DatabaseKey>, OpenError> {
    let Some(bytes) = durable::read(path)? else {
        return Ok(None);
    };
    let unreadable = OpenError::KeyUnavailable(KeyTrouble::EnvelopeUnreadable);
    let Some((head, sealed)) = bytes.split_first_chunk::<HEAD_LEN>() else {
        return Err(unreadable);
    };
    match head.strip_prefix(MAGIC.as_slice()) {
        Some([VERSION, ..]) => (),
        Some([version, ..]) => {
            return Err(OpenError::TooNew {
                found: (*version).into(),
                known: VERSION.into(),
            });
        }
        _ => return Err(unreadable),
    }
    let opened = vault.open(Purpose::DatabaseKey, head, sealed)?;
    Secret::from_slice(opened.expose()).map(Some).ok_or(unreadable)
}

/// Makes a key and its envelope, durable before this returns.
pub fn make(path: &Path, vault: &dyn SecretVault, now: Time) -> Result<DatabaseKey, OpenError> {
    let key = DatabaseKey::random().map_err(VaultError::from)?;
    let id: [u8; 16] = crate::secret::random().map_err(VaultError::from)?;
    let head = [MAGIC.as_slice(), &[VERSION], &id, &now.0.to_be_bytes()].concat();
    let sealed = vault::sealed(vault, Purpose::DatabaseKey, &head, key.expose())?;
    durable::replace(path, &[head, sealed].concat())?;
    Ok(key)
}
