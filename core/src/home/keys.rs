//! K_sync: made once, sealed by the vault, used without asking anybody. Of K_pay, which the PIN opens, the
//! public half: what allowances are asked for.

use super::Home;
use crate::key::{KeyError, SoftwareKey};
use crate::store::{StoreError, meta};
use crate::vault::Purpose;
use kinchaku_protocol::signature::PublicKey;
use rusqlite::Connection;

const SYNC_KEY: &str = "home.sync-key";
const PAYMENT_PUBLIC: &str = "home.payment-key";

/// Why K_sync could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncKeyError {
    /// The vault or the random source failed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Home {
    /// K_sync, made at the first call.
    ///
    /// # Errors
    /// [`SyncKeyError`].
    pub fn sync_key(&self) -> Result<SoftwareKey, SyncKeyError> {
        let vault = self.store().vault();
        let sealed = self
            .store()
            .read(|db| meta::get(db, SYNC_KEY).map_err(StoreError::from))?;
        if let Some(sealed) = sealed {
            return Ok(SoftwareKey::open(vault, Purpose::SyncKey, &sealed)?);
        }
        let key = SoftwareKey::make()?;
        let sealed = key.seal(vault, Purpose::SyncKey)?;
        self.store()
            .write(|db| meta::set(db, SYNC_KEY, &sealed).map_err(StoreError::from))?;
        Ok(key)
    }
}

/// The payment key this device pays with.
///
/// # Errors
/// [`StoreError`].
pub fn payment_public(db: &Connection) -> Result<Option<PublicKey>, StoreError> {
    let bytes = meta::get(db, PAYMENT_PUBLIC)?;
    Ok(bytes.and_then(|bytes| bytes.try_into().ok()).map(PublicKey))
}

/// From now on this device pays with another key.
///
/// # Errors
/// [`StoreError`].
pub fn set_payment_public(db: &Connection, key: &PublicKey) -> Result<(), StoreError> {
    Ok(meta::set(db, PAYMENT_PUBLIC, &key.0)?)
}
