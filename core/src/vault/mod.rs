//! What the device keeps for the wallet outside the database: a key that seals, a key that binds the PIN to this
//! device, and a few small records that must not go back in time.
//!
//! On a phone the keys are in its key store and never leave it; at a desk they are a file ([`FileVault`]), which
//! protects a copied database and nothing more (docs/threats.md).

mod file;
#[cfg(test)]
pub(crate) mod shaky;

pub use file::FileVault;

use crate::durable;
use crate::key::PaymentKeys;
use crate::secret::{NoRandom, Secret};
use sha2::{Digest, Sha256};
use std::io;
use subtle::ConstantTimeEq as _;

/// What a sealed secret is for. Bytes sealed for one purpose never open for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The key of the database.
    DatabaseKey,
    /// K_sync, which signs requests and closes; needs no person.
    SyncKey,
    /// K_pay, which signs payments.
    PaymentKey,
    /// The PIN, as [`SecretVault::bind`] sees it.
    Pin,
}

impl Purpose {
    /// Its name in key derivation and associated data. Frozen: changing one makes what was sealed unreadable.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DatabaseKey => "db-key",
            Self::SyncKey => "sync-key",
            Self::PaymentKey => "pay-key",
            Self::Pin => "pin",
        }
    }
}

/// A record the vault keeps: small, read often, never larger than 64 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Record {
    /// How far the database had got: an older one put back is noticed by it (T5).
    ChainHead,
    /// Wrong PINs so far (T14).
    PinTries,
}

impl Record {
    /// Its name in files and key stores. Frozen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChainHead => "chain-head",
            Self::PinTries => "pin-tries",
        }
    }
}

/// Why the vault did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Not now: the screen was never unlocked since start-up, or the key store is busy. Try again later.
    #[error("the vault is locked")]
    Locked,
    /// The device key is gone for good: a new lock screen, a restored backup, a lost file.
    #[error("the device key no longer exists")]
    KeyInvalidated,
    /// The bytes were not sealed by this vault for this purpose, or were altered.
    #[error("sealed bytes do not open")]
    Refused,
    /// The desk's key file can be read by other users of the machine.
    #[error("the key file is readable by others")]
    Exposed,
    /// No room to write.
    #[error("no space left")]
    NoSpace,
    /// The file system failed.
    #[error("input or output failed: {0}")]
    Io(io::ErrorKind),
    /// The operating system gave no random bytes.
    #[error(transparent)]
    NoRandom(#[from] NoRandom),
    /// The host said it kept a record and did not.
    #[error("the vault did not keep what it was given")]
    NotKept,
    /// The host failed with a code of its own; never text, which may hold what nobody should see.
    #[error("the device failed with code {0}")]
    Host(u32),
}

impl From<io::Error> for VaultError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            kind if durable::is_full(kind) => Self::NoSpace,
            kind => Self::Io(kind),
        }
    }
}

/// The device's vault; the host implements it.
///
/// An implementation MUST NOT call back into the wallet, MUST NOT ask the person for anything (the database opens
/// in the background; what needs the person is a [`crate::key::DeviceKey`]), MUST use keys that no backup and no
/// other device gets, MUST keep purposes and records apart, and MUST turn every failure of its own, whatever its
/// type, into a [`VaultError`]. No method answers with nothing: the wallet checks what it is told.
pub trait SecretVault: Send + Sync {
    /// Seals `plaintext` with a key of this device and purpose. `associated` is authenticated and MUST be given
    /// again to open. Two calls MUST NOT give the same bytes.
    ///
    /// # Errors
    /// [`VaultError`].
    fn seal(&self, purpose: Purpose, associated: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, VaultError>;

    /// Opens what [`SecretVault::seal`] made.
    ///
    /// # Errors
    /// [`VaultError::Refused`] for other bytes, purposes, associated data or devices, else as they are.
    fn open(&self, purpose: Purpose, associated: &[u8], sealed: &[u8]) -> Result<Secret, VaultError>;

    /// A keyed one-way function of `input` that only this device can compute: the same input MUST always give the
    /// same 32 bytes, and each call MUST need the device.
    ///
    /// # Errors
    /// [`VaultError`].
    fn bind(&self, purpose: Purpose, input: &[u8]) -> Result<Secret<[u8; 32]>, VaultError>;

    /// Keeps a record, durable before it returns, the old one until then. Answers with the SHA-256 of what is kept.
    ///
    /// # Errors
    /// [`VaultError`]; the old record then still stands.
    fn put(&self, record: Record, bytes: &[u8]) -> Result<[u8; 32], VaultError>;

    /// Reads a record; `None` if there never was one. It MUST be what was put last.
    ///
    /// # Errors
    /// [`VaultError::Refused`] for a record that was altered.
    fn get(&self, record: Record) -> Result<Option<Vec<u8>>, VaultError>;

    /// Where this device makes and holds payment keys. `None` where it cannot: then they are made in software and
    /// sealed with [`Purpose::PaymentKey`]. The answer MUST be the same for the life of a wallet.
    fn payment_keys(&self) -> Option<&dyn PaymentKeys> {
        None
    }
}

/// Seals and checks that what was sealed opens again: a key that only a lying host ever had is noticed while nothing
/// depends on it.
///
/// # Errors
/// [`VaultError`], [`VaultError::NotKept`] where it opens to something else.
pub fn sealed(
    vault: &dyn SecretVault,
    purpose: Purpose,
    associated: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let sealed = vault.seal(purpose, associated, plaintext)?;
    let opened = vault.open(purpose, associated, &sealed)?;
    if bool::from(opened.expose().as_slice().ct_eq(plaintext)) {
        Ok(sealed)
    } else {
        Err(VaultError::NotKept)
    }
}

/// Keeps a record and checks that the host did.
///
/// # Errors
/// [`VaultError`].
pub fn keep(vault: &dyn SecretVault, record: Record, bytes: &[u8]) -> Result<(), VaultError> {
    let expected: [u8; 32] = Sha256::digest(bytes).into();
    if vault.put(record, bytes)? == expected {
        Ok(())
    } else {
        Err(VaultError::NotKept)
    }
}
