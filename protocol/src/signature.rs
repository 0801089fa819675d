//! ES256 (ECDSA P-256 with SHA-256), low-S only: one way to sign, one way to check.
//!
//! Checking runs on ring, which is twice as fast as p256 here; signing runs on p256, which is
//! deterministic (RFC 6979). A signature with a high S is refused, so that nobody can make a second
//! valid signature from a first (T4).

use std::fmt;

use p256::ecdsa::signature::Signer as _;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::ids::Kid;

/// Half of the order of P-256, rounded down: the largest S that is low (SEC 1, FIPS 186-5).
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d,
    0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

/// A compressed P-256 public key (SEC 1), as it travels. Not yet known to be a point.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(pub [u8; 33]);

/// Why a signature does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The 33 bytes are not a point of P-256.
    #[error("not a P-256 key")]
    BadKey,
    /// S is above half of the order, so it is somebody's second form of a signature.
    #[error("signature is not in low-S form")]
    HighS,
    /// The signature is not of this message by this key.
    #[error("signature does not verify")]
    Mismatch,
}

/// A key that could not sign: cancelled, locked, destroyed. The reason is the key holder's affair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key did not sign")]
pub struct SignError;

/// Whoever can sign with a P-256 key, in software or in hardware.
pub trait Signer {
    /// The key others verify with.
    fn public_key(&self) -> PublicKey;

    /// ES256 over `message` as r ‖ s, low-S.
    ///
    /// # Errors
    /// [`SignError`] where the key did not sign.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError>;
}

impl PublicKey {
    /// Names the key: first four bytes of SHA-256 of its compressed form.
    #[must_use]
    pub fn kid(&self) -> Kid {
        let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(self.0).into();
        Kid([a, b, c, d])
    }

    /// Checks an ES256 signature of `message`.
    ///
    /// # Errors
    /// [`SignatureError`]; nothing about the message is revealed.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), SignatureError> {
        self.point()?.verify(message, signature)
    }

    /// The key ready for many checks: decompression costs a square root.
    ///
    /// # Errors
    /// [`SignatureError::BadKey`].
    pub fn point(&self) -> Result<VerifyingPoint, SignatureError> {
        let key = p256::PublicKey::from_sec1_bytes(&self.0).map_err(|_| SignatureError::BadKey)?;
        let point = key.to_sec1_point(false);
        let bytes = <[u8; 65]>::try_from(point.as_bytes()).map_err(|_| SignatureError::BadKey)?;
        Ok(VerifyingPoint(bytes))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.kid())
    }
}

/// A public key already known to be a point of the curve.
#[derive(Clone, Copy)]
pub struct VerifyingPoint([u8; 65]);

impl VerifyingPoint {
    /// Checks an ES256 signature of `message`.
    ///
    /// # Errors
    /// [`SignatureError::HighS`] or [`SignatureError::Mismatch`].
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), SignatureError> {
        let (_, s) = signature.split_at(32);
        if s > HALF_ORDER.as_slice() {
            return Err(SignatureError::HighS);
        }
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.0)
            .verify(message, signature)
            .map_err(|_| SignatureError::Mismatch)
    }
}

/// A private key in memory: servers, the desk, tests. Wiped when dropped, never printed.
pub struct SoftwareSigner {
    key: p256::ecdsa::SigningKey,
    public: PublicKey,
}

impl SoftwareSigner {
    /// From 32 random bytes.
    ///
    /// # Errors
    /// [`SignatureError::BadKey`] for zero or a value not below the order (one in 2^32).
    pub fn from_scalar(scalar: &[u8; 32]) -> Result<Self, SignatureError> {
        let key = p256::ecdsa::SigningKey::from_slice(scalar).map_err(|_| SignatureError::BadKey)?;
        let point = key.verifying_key().to_sec1_point(true);
        let public = <[u8; 33]>::try_from(point.as_bytes()).map_err(|_| SignatureError::BadKey)?;
        Ok(Self {
            key,
            public: PublicKey(public),
        })
    }

    /// The secret, to be sealed by whoever keeps it.
    #[must_use]
    pub fn scalar(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key.to_bytes().into())
    }

    /// From PKCS #8 PEM.
    ///
    /// # Errors
    /// [`SignatureError::BadKey`] for anything else.
    pub fn from_pem(pem: &str) -> Result<Self, SignatureError> {
        let secret = p256::SecretKey::from_pkcs8_pem(pem).map_err(|_| SignatureError::BadKey)?;
        Self::from_scalar(&secret.to_bytes().into())
    }

    /// As PKCS #8 PEM.
    ///
    /// # Errors
    /// [`SignatureError::BadKey`] where the key cannot be written.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, SignatureError> {
        p256::SecretKey::from(&self.key)
            .to_pkcs8_pem(p256::pkcs8::LineEnding::LF)
            .map_err(|_| SignatureError::BadKey)
    }
}

impl Signer for SoftwareSigner {
    fn public_key(&self) -> PublicKey {
        self.public
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        let signature: p256::ecdsa::Signature = self.key.try_sign(message).map_err(|_| SignError)?;
        Ok(signature.normalize_s().to_bytes().into())
    }
}

impl fmt::Debug for SoftwareSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoftwareSigner({})", self.public.kid())
    }
}

#[cfg(test)]
mod tests {
    use super::{PublicKey, SignatureError, Signer, SoftwareSigner};
    use p256::ecdsa::signature::Verifier as _;
    use proptest::prelude::*;

    fn signer() -> SoftwareSigner {
        SoftwareSigner::from_scalar(&[7; 32]).unwrap()
    }

    /// n - s: the other valid S of a signature.
    fn high(signature: [u8; 64]) -> [u8; 64] {
        let s = p256::ecdsa::Signature::from_slice(&signature).unwrap();
        let (r, s) = s.split_scalars();
        let twin = p256::ecdsa::Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).unwrap();
        twin.to_bytes().into()
    }

    /// T4: the malleated twin of a signature is refused although p256 itself accepts it.
    #[test]
    fn the_high_s_twin_is_refused() {
        let signature = signer().sign(b"pay").unwrap();
        let twin = high(signature);
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&signer().public_key().0).unwrap();
        assert!(
            key.verify(b"pay", &p256::ecdsa::Signature::from_slice(&twin).unwrap())
                .is_ok()
        );
        assert_eq!(signer().public_key().verify(b"pay", &twin), Err(SignatureError::HighS));
    }

    #[test]
    fn a_key_that_is_no_point_is_refused() {
        assert_eq!(PublicKey([9; 33]).verify(b"", &[1; 64]), Err(SignatureError::BadKey));
    }

    #[test]
    fn keys_survive_their_pem_form_and_never_print_their_secret() {
        let pem = signer().to_pem().unwrap();
        let back = SoftwareSigner::from_pem(&pem).unwrap();
        assert_eq!(back.public_key(), signer().public_key());
        assert!(!format!("{back:?}").contains("0707"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// T3: no flipped bit of message or signature verifies.
        #[test]
        fn no_flipped_bit_verifies(message in proptest::collection::vec(any::<u8>(), 1..200), bit in 0..512_usize) {
            let signature = signer().sign(&message).unwrap();
            let key = signer().public_key();
            prop_assert!(key.verify(&message, &signature).is_ok());
            let mut forged = signature;
            forged[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(key.verify(&message, &forged).is_err());
            let mut altered = message.clone();
            let at = bit % (message.len() * 8);
            altered[at / 8] ^= 1 << (at % 8);
            prop_assert!(key.verify(&altered, &signature).is_err());
        }
    }
}
