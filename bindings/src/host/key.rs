//! The phone's own payment key.

use kinchaku_core::key::{self as core, KeyError};
use kinchaku_protocol::signature::PublicKey;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use std::sync::Arc;

use super::{NONSENSE, UNEXPECTED, asking};

/// A key that was made.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct MadeKey {
    /// What names it to the host, 1 to 64 bytes: the PIN locks it away, and nobody can sign without it.
    pub handle: Vec<u8>,
    /// Its point, uncompressed: 04 ‖ x ‖ y. The last 65 bytes of what Java and Apple give.
    pub point: Vec<u8>,
}

/// Why the key did not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum KeyTrouble {
    /// The person closed the prompt.
    #[error("cancelled by the person")]
    Cancelled,
    /// The person has not confirmed yet: show the prompt, then confirm the payment again.
    #[error("the key is locked")]
    Locked,
    /// The key is gone for good.
    #[error("the key no longer exists")]
    Invalidated,
    /// Not a handle of this host.
    #[error("not a key of this device")]
    Unknown,
    /// Anything else.
    #[error("the key failed with code {code}")]
    Host {
        /// The host's own number.
        code: u32,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for KeyTrouble {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Host { code: UNEXPECTED }
    }
}

impl From<KeyTrouble> for KeyError {
    fn from(trouble: KeyTrouble) -> Self {
        match trouble {
            KeyTrouble::Cancelled => Self::Cancelled,
            KeyTrouble::Locked => Self::Locked,
            KeyTrouble::Invalidated => Self::Invalidated,
            KeyTrouble::Unknown => Self::NotAKey,
            KeyTrouble::Host { code } => Self::Host(code),
        }
    }
}

/// Payment keys in the phone's hardware: P-256, never exported, used only after the person was there.
///
/// An implementation MUST NOT call the wallet, MUST NOT wait for a person (show the prompt before `confirm`, keep what
/// it unlocked for one signature, answer `Locked` without it), MUST NOT make a weaker key than it was built for, and MUST
/// turn every failure of its own into a `KeyTrouble`. Every signature is verified against the key that was made.
#[uniffi::export(foreign)]
pub trait DeviceKey: Send + Sync {
    /// Makes another key; the older ones stay, and work.
    ///
    /// # Errors
    /// [`KeyTrouble`].
    fn make(&self) -> Result<MadeKey, KeyTrouble>;

    /// The point of a key, as [`MadeKey`] has it.
    ///
    /// # Errors
    /// [`KeyTrouble`].
    fn point(&self, handle: Vec<u8>) -> Result<Vec<u8>, KeyTrouble>;

    /// ECDSA over the SHA-256 of `message`, in DER, as key stores give it.
    ///
    /// # Errors
    /// [`KeyTrouble`].
    fn sign(&self, handle: Vec<u8>, message: Vec<u8>) -> Result<Vec<u8>, KeyTrouble>;
}

/// The phone's keys as the core knows them.
pub(crate) struct HostKeys(Arc<dyn DeviceKey>);

impl HostKeys {
    pub const fn new(host: Arc<dyn DeviceKey>) -> Self {
        Self(host)
    }

    fn key(&self, handle: &[u8], point: &[u8]) -> Result<Box<dyn core::DeviceKey>, KeyError> {
        let point = p256::PublicKey::from_sec1_bytes(point).map_err(|_| KeyError::Host(NONSENSE))?;
        let compressed = point.to_sec1_point(true);
        let public = compressed.as_bytes().try_into().map_err(|_| KeyError::Host(NONSENSE))?;
        Ok(Box::new(HostKey {
            host: Arc::clone(&self.0),
            handle: handle.to_vec(),
            public: PublicKey(public),
        }))
    }
}

impl core::PaymentKeys for HostKeys {
    fn make(&self) -> Result<(Vec<u8>, Box<dyn core::DeviceKey>), KeyError> {
        let MadeKey { handle, point } = asking(|| self.0.make())?;
        if handle.is_empty() || handle.len() > 64 {
            return Err(KeyError::Host(NONSENSE));
        }
        let key = self.key(&handle, &point)?;
        Ok((handle, key))
    }

    fn open(&self, handle: &[u8]) -> Result<Box<dyn core::DeviceKey>, KeyError> {
        let point = asking(|| self.0.point(handle.to_vec()))?;
        self.key(handle, &point)
    }
}

struct HostKey {
    host: Arc<dyn DeviceKey>,
    handle: Vec<u8>,
    public: PublicKey,
}

impl core::DeviceKey for HostKey {
    fn public_key(&self) -> PublicKey {
        self.public
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        let der = asking(|| self.host.sign(self.handle.clone(), message.to_vec()))?;
        let signature = p256::ecdsa::Signature::from_der(&der).map_err(|_| KeyError::BadSignature)?;
        Ok(signature.to_bytes().into())
    }
}
