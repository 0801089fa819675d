//! The phone's vault.

use kinchaku_core::secret::Secret;
use kinchaku_core::vault::{self as core, VaultError};
use std::sync::Arc;
use zeroize::Zeroize as _;

use super::key::{DeviceKey, HostKeys};
use super::{NONSENSE, UNEXPECTED, asking};

/// What sealed bytes are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum VaultPurpose {
    /// The key of the database.
    DatabaseKey,
    /// The key that signs requests.
    SyncKey,
    /// The key that signs payments, where it is not the phone's own.
    PaymentKey,
    /// The PIN.
    Pin,
}

/// A record of at most 64 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum VaultRecord {
    /// How far the database had got.
    ChainHead,
    /// Wrong PINs so far.
    PinTries,
}

/// What is kept of a record.
#[derive(Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Kept {
    /// There never was one.
    Nothing,
    /// What was put last.
    Bytes {
        /// As it was put.
        bytes: Vec<u8>,
    },
}

/// Why the vault did not answer. Whatever else goes wrong is [`VaultTrouble::Host`] with a code, never text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum VaultTrouble {
    /// Not now: the phone was never unlocked since it started, or its key store is busy.
    #[error("the vault is locked")]
    Locked,
    /// The device key is gone for good.
    #[error("the device key no longer exists")]
    KeyInvalidated,
    /// Not sealed here for this purpose with these associated bytes, or altered.
    #[error("sealed bytes do not open")]
    Refused,
    /// No room to write.
    #[error("no space left")]
    NoSpace,
    /// Anything else.
    #[error("the vault failed with code {code}")]
    Host {
        /// The host's own number.
        code: u32,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for VaultTrouble {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Host { code: UNEXPECTED }
    }
}

impl From<VaultTrouble> for VaultError {
    fn from(trouble: VaultTrouble) -> Self {
        match trouble {
            VaultTrouble::Locked => Self::Locked,
            VaultTrouble::KeyInvalidated => Self::KeyInvalidated,
            VaultTrouble::Refused => Self::Refused,
            VaultTrouble::NoSpace => Self::NoSpace,
            VaultTrouble::Host { code } => Self::Host(code),
        }
    }
}

/// What the phone's key store does for the wallet.
///
/// An implementation MUST NOT call the wallet (it is told `Reentered`), MUST NOT ask the person for anything, MUST use
/// keys that leave neither the phone nor its backups, MUST keep purposes and records apart, and MUST turn every failure
/// of its own, whatever its type, into a `VaultTrouble`. It is asked on threads of the wallet, several at a time. The
/// wallet verifies what it is told: what is sealed is opened again, what is put is compared by its digest, what is bound
/// is bound twice.
#[uniffi::export(foreign)]
pub trait SecretVault: Send + Sync {
    /// Seals `plaintext` with a key of this phone and `purpose`; `associated` is authenticated. AES-256-GCM does. Two
    /// calls MUST NOT give the same bytes.
    ///
    /// # Errors
    /// [`VaultTrouble`].
    fn seal(&self, purpose: VaultPurpose, associated: Vec<u8>, plaintext: Vec<u8>) -> Result<Vec<u8>, VaultTrouble>;

    /// Opens what `seal` made, for the same purpose and associated bytes alone.
    ///
    /// # Errors
    /// [`VaultTrouble`].
    fn open(&self, purpose: VaultPurpose, associated: Vec<u8>, sealed: Vec<u8>) -> Result<Vec<u8>, VaultTrouble>;

    /// A keyed one-way function of `input`: 32 bytes, always the same for the same input, and no other phone MUST be able
    /// to compute it. HMAC-SHA256 does.
    ///
    /// # Errors
    /// [`VaultTrouble`].
    fn bind(&self, purpose: VaultPurpose, input: Vec<u8>) -> Result<Vec<u8>, VaultTrouble>;

    /// Keeps a record, durable before it returns. Answers with the SHA-256 of what is kept.
    ///
    /// # Errors
    /// [`VaultTrouble`]; the old record then still stands.
    fn put(&self, record: VaultRecord, bytes: Vec<u8>) -> Result<Vec<u8>, VaultTrouble>;

    /// What was put last.
    ///
    /// # Errors
    /// [`VaultTrouble`].
    fn get(&self, record: VaultRecord) -> Result<Kept, VaultTrouble>;
}

/// The phone's vault as the core knows vaults.
pub(crate) struct HostVault {
    host: Arc<dyn SecretVault>,
    keys: Option<HostKeys>,
}

impl HostVault {
    pub fn new(host: Arc<dyn SecretVault>, key: Option<Arc<dyn DeviceKey>>) -> Self {
        Self {
            host,
            keys: key.map(HostKeys::new),
        }
    }
}

const fn purpose(purpose: core::Purpose) -> VaultPurpose {
    match purpose {
        core::Purpose::DatabaseKey => VaultPurpose::DatabaseKey,
        core::Purpose::SyncKey => VaultPurpose::SyncKey,
        core::Purpose::PaymentKey => VaultPurpose::PaymentKey,
        core::Purpose::Pin => VaultPurpose::Pin,
    }
}

const fn record(record: core::Record) -> VaultRecord {
    match record {
        core::Record::ChainHead => VaultRecord::ChainHead,
        core::Record::PinTries => VaultRecord::PinTries,
    }
}

fn nonsense<T>(_: T) -> VaultError {
    VaultError::Host(NONSENSE)
}

impl core::SecretVault for HostVault {
    fn seal(&self, of: core::Purpose, associated: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, VaultError> {
        let sealed = asking(|| self.host.seal(purpose(of), associated.to_vec(), plaintext.to_vec()))?;
        // A vault that seals nothing.
        let bare = !plaintext.is_empty() && sealed.windows(plaintext.len()).any(|part| part == plaintext);
        if bare || sealed.is_empty() {
            return Err(nonsense(()));
        }
        Ok(sealed)
    }

    fn open(&self, of: core::Purpose, associated: &[u8], sealed: &[u8]) -> Result<Secret, VaultError> {
        let opened = asking(|| self.host.open(purpose(of), associated.to_vec(), sealed.to_vec()))?;
        Ok(Secret::new(opened))
    }

    fn bind(&self, of: core::Purpose, input: &[u8]) -> Result<Secret<[u8; 32]>, VaultError> {
        let mut bound = asking(|| self.host.bind(purpose(of), input.to_vec()))?;
        let secret = Secret::from_slice(&bound);
        bound.zeroize();
        secret.ok_or_else(|| nonsense(()))
    }

    fn put(&self, of: core::Record, bytes: &[u8]) -> Result<[u8; 32], VaultError> {
        let kept = asking(|| self.host.put(record(of), bytes.to_vec()))?;
        kept.try_into().map_err(nonsense)
    }

    fn get(&self, of: core::Record) -> Result<Option<Vec<u8>>, VaultError> {
        match asking(|| self.host.get(record(of)))? {
            Kept::Nothing => Ok(None),
            Kept::Bytes { bytes } => Ok(Some(bytes)),
        }
    }

    fn payment_keys(&self) -> Option<&dyn kinchaku_core::key::PaymentKeys> {
        self.keys.as_ref().map(|keys| keys as _)
    }
}
