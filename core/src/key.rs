//! Keys that sign: the host's, in hardware, or ours, in software. Nothing a key answers is used unverified.

use crate::secret::{NoRandom, Secret};
use crate::vault::{self, Purpose, SecretVault, VaultError};
use kinchaku_protocol::signature::{PublicKey, SignError, SignatureError, Signer, SoftwareSigner};
use std::cell::Cell;
use std::fmt;

/// Why a key did not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The person closed the prompt. Nothing was signed.
    #[error("cancelled by the person")]
    Cancelled,
    /// The device is locked; after unlocking it, the key works again.
    #[error("the key is locked")]
    Locked,
    /// The key is gone for good; the device must be enrolled again.
    #[error("the key no longer exists")]
    Invalidated,
    /// The bytes are not a key sealed by this vault for this purpose.
    #[error("not a key of this device")]
    NotAKey,
    /// The host answered with a signature that does not verify.
    #[error("the key signed something else")]
    BadSignature,
    /// The vault that seals the key did not answer.
    #[error(transparent)]
    Vault(VaultError),
    /// The operating system gave no random bytes.
    #[error(transparent)]
    NoRandom(#[from] NoRandom),
    /// The host failed with a code of its own; never text.
    #[error("the device failed with code {0}")]
    Host(u32),
}

impl From<VaultError> for KeyError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Locked => Self::Locked,
            VaultError::KeyInvalidated => Self::Invalidated,
            VaultError::Refused => Self::NotAKey,
            other => Self::Vault(other),
        }
    }
}

/// A P-256 key of this device; the host implements it.
///
/// An implementation MUST NOT call back into the wallet, MUST sign the bytes it is given (the SHA-256 is its own
/// part) and MUST turn every failure of its own into a [`KeyError`]. `sign` may ask the person, at most once.
pub trait DeviceKey: Send + Sync {
    /// The key others verify with.
    fn public_key(&self) -> PublicKey;

    /// ES256 over `message` as r ‖ s; either S is accepted, as hardware does not choose.
    ///
    /// # Errors
    /// [`KeyError`].
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError>;
}

impl DeviceKey for Box<dyn DeviceKey> {
    fn public_key(&self) -> PublicKey {
        (**self).public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        (**self).sign(message)
    }
}

/// Where a phone makes and holds payment keys that never leave it; the host implements it, [`crate::vault`] knows it.
///
/// The MUSTs of [`DeviceKey`] hold here too. Whether the key is the one that was enrolled is checked by the wallet.
pub trait PaymentKeys: Send + Sync {
    /// Makes another key; the older ones stay. Answers with what names it here, which the PIN will lock away.
    ///
    /// # Errors
    /// [`KeyError`].
    fn make(&self) -> Result<(Vec<u8>, Box<dyn DeviceKey>), KeyError>;

    /// The key of this handle.
    ///
    /// # Errors
    /// [`KeyError::NotAKey`] for a handle that was not given here, else [`KeyError`].
    fn open(&self, handle: &[u8]) -> Result<Box<dyn DeviceKey>, KeyError>;
}

/// Makes a payment key: in the phone's key store where it has one, else in software, sealed by the vault. Gives the
/// handle that the PIN locks away, and the key.
///
/// # Errors
/// [`KeyError`].
pub fn make_payment_key(vault: &dyn SecretVault) -> Result<(Vec<u8>, Box<dyn DeviceKey>), KeyError> {
    if let Some(keys) = vault.payment_keys() {
        return keys.make();
    }
    let key = SoftwareKey::make()?;
    Ok((key.seal(vault, Purpose::PaymentKey)?, Box::new(key)))
}

/// The payment key of a handle that [`make_payment_key`] gave.
///
/// # Errors
/// [`KeyError`].
pub fn open_payment_key(vault: &dyn SecretVault, handle: &[u8]) -> Result<Box<dyn DeviceKey>, KeyError> {
    match vault.payment_keys() {
        Some(keys) => keys.open(handle),
        None => Ok(Box::new(SoftwareKey::open(vault, Purpose::PaymentKey, handle)?)),
    }
}

/// Signs, brings S into its low form and verifies: the one way to use a [`DeviceKey`].
///
/// # Errors
/// [`KeyError`], [`KeyError::BadSignature`] if the host's answer does not verify.
pub fn verified_sign(key: &dyn DeviceKey, message: &[u8]) -> Result<[u8; 64], KeyError> {
    let answer = key.sign(message)?;
    let parsed = p256::ecdsa::Signature::from_slice(&answer).map_err(|_| KeyError::BadSignature)?;
    let signature = parsed.normalize_s().to_bytes().into();
    match key.public_key().verify(message, &signature) {
        Ok(()) => Ok(signature),
        Err(SignatureError::BadKey | SignatureError::HighS | SignatureError::Mismatch) => Err(KeyError::BadSignature),
    }
}

/// A [`DeviceKey`] where the protocol wants a [`Signer`]; it remembers why signing failed.
pub struct Verified<'a> {
    key: &'a dyn DeviceKey,
    failure: Cell<Option<KeyError>>,
}

impl<'a> Verified<'a> {
    /// Wraps the key.
    pub fn new(key: &'a dyn DeviceKey) -> Self {
        Self {
            key,
            failure: Cell::new(None),
        }
    }

    /// Why the last signature failed.
    pub fn failure(&self) -> Option<KeyError> {
        self.failure.get()
    }
}

impl Signer for Verified<'_> {
    fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        verified_sign(self.key, message).map_err(|error| {
            self.failure.set(Some(error));
            SignError
        })
    }
}

/// A key in software, for devices without a key store: in memory while it is used, sealed by the vault at rest.
/// Signatures are deterministic (RFC 6979) and low-S.
pub struct SoftwareKey(SoftwareSigner);

impl SoftwareKey {
    /// A fresh key.
    ///
    /// # Errors
    /// [`KeyError::NoRandom`].
    pub fn make() -> Result<Self, KeyError> {
        loop {
            let scalar: Secret<[u8; 32]> = Secret::random()?;
            // One number in 2^32 is not a key; another is drawn.
            if let Ok(signer) = SoftwareSigner::from_scalar(scalar.expose()) {
                return Ok(Self(signer));
            }
        }
    }

    /// The key as bytes that only this vault opens, for this purpose.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn seal(&self, vault: &dyn SecretVault, purpose: Purpose) -> Result<Vec<u8>, KeyError> {
        Ok(vault::sealed(vault, purpose, &[], self.0.scalar().as_slice())?)
    }

    /// The key that [`SoftwareKey::seal`] sealed.
    ///
    /// # Errors
    /// [`KeyError::NotAKey`] for other bytes, else [`KeyError`].
    pub fn open(vault: &dyn SecretVault, purpose: Purpose, sealed: &[u8]) -> Result<Self, KeyError> {
        let opened = vault.open(purpose, &[], sealed)?;
        let scalar = Secret::from_slice(opened.expose()).ok_or(KeyError::NotAKey)?;
        let signer = SoftwareSigner::from_scalar(scalar.expose()).map_err(|_| KeyError::NotAKey)?;
        Ok(Self(signer))
    }
}

impl DeviceKey for SoftwareKey {
    fn public_key(&self) -> PublicKey {
        self.0.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        self.0.sign(message).map_err(|SignError| KeyError::BadSignature)
    }
}

impl fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoftwareKey({})", self.public_key().kid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::FileVault;

    /// A host that answers for another message, or with the other S, or not at all.
    struct Host {
        key: SoftwareKey,
        answer: fn(&SoftwareKey, &[u8]) -> Result<[u8; 64], KeyError>,
    }

    impl DeviceKey for Host {
        fn public_key(&self) -> PublicKey {
            self.key.public_key()
        }

        fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
            (self.answer)(&self.key, message)
        }
    }

    fn host(answer: fn(&SoftwareKey, &[u8]) -> Result<[u8; 64], KeyError>) -> Host {
        let key = SoftwareKey::make().unwrap();
        Host { key, answer }
    }

    #[test]
    fn a_key_sealed_for_paying_opens_for_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let vault = FileVault::open(folder.path()).unwrap();
        let key = SoftwareKey::make().unwrap();
        let sealed = key.seal(&vault, Purpose::PaymentKey).unwrap();
        let opened = SoftwareKey::open(&vault, Purpose::PaymentKey, &sealed).unwrap();
        assert_eq!(opened.public_key(), key.public_key());
        assert_eq!(
            verified_sign(&opened, b"m").unwrap(),
            verified_sign(&key, b"m").unwrap()
        );
        let error = SoftwareKey::open(&vault, Purpose::SyncKey, &sealed).unwrap_err();
        assert_eq!(error, KeyError::NotAKey);
        let other = vault.seal(Purpose::PaymentKey, &[], b"not a scalar").unwrap();
        assert!(SoftwareKey::open(&vault, Purpose::PaymentKey, &other).is_err());
    }

    #[test]
    fn what_a_host_answers_is_verified() {
        let other_message = host(|key, _| key.sign(b"something else"));
        assert_eq!(verified_sign(&other_message, b"m"), Err(KeyError::BadSignature));
        let zeros = host(|_, _| Ok([0; 64]));
        assert_eq!(verified_sign(&zeros, b"m"), Err(KeyError::BadSignature));
        let cancelled = host(|_, _| Err(KeyError::Cancelled));
        let signer = Verified::new(&cancelled);
        assert_eq!(Signer::sign(&signer, b"m"), Err(SignError));
        assert_eq!(signer.failure(), Some(KeyError::Cancelled));
    }

    /// Hardware gives either S; what leaves the wallet has the low one (T4).
    #[test]
    fn a_high_s_of_the_host_is_brought_low() {
        let high = host(|key, message| {
            let low = p256::ecdsa::Signature::from_slice(&key.sign(message)?).unwrap();
            let (r, s) = low.split_scalars();
            let twin = p256::ecdsa::Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).unwrap();
            Ok(twin.to_bytes().into())
        });
        let signature = verified_sign(&high, b"m").unwrap();
        assert_eq!(signature, high.key.sign(b"m").unwrap());
    }

    #[test]
    fn a_key_prints_its_public_name_alone() {
        let key = SoftwareKey::make().unwrap();
        assert_eq!(format!("{key:?}"), format!("SoftwareKey({})", key.public_key().kid()));
    }
}
