//! Public keys found on cards, and what they verify. RSA-2048 today; P-384 where a certificate says so.

use ring::signature::{
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};

/// 65537, the one exponent accepted: every key of JPKI has it, and small ones have broken verifiers.
const EXPONENT: [u8; 3] = [0x01, 0x00, 0x01];

/// Bytes of r ‖ s on P-384.
const P384_FIXED: usize = 96;

/// A signature is not of this message by this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("signature does not verify")]
pub struct BadSignature;

/// A key of a kind that is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RSA key of 2048 to 4096 bits with exponent 65537, and no key on P-384")]
pub struct UnsupportedKey;

/// The public key of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardKey {
    /// RSA, PKCS #1 v1.5 with SHA-256 (RFC 8017 8.2).
    Rsa(RsaKey),
    /// ECDSA on P-384 with SHA-384 (FIPS 186-5).
    P384(P384Key),
}

/// An RSA key of 2048 to 4096 bits.
#[derive(Clone, PartialEq, Eq)]
pub struct RsaKey {
    /// Big-endian, no leading zero.
    modulus: Vec<u8>,
}

/// A point of P-384, uncompressed (SEC 1). Whether it is on the curve shows when it verifies.
#[derive(Clone, PartialEq, Eq)]
pub struct P384Key {
    point: [u8; 97],
}

impl CardKey {
    /// Checks a signature of `message`.
    ///
    /// On P-384 both ways of writing r and s are read, ASN.1 DER and r ‖ s: which one cards of the next
    /// generation return is not published. So a signature's bytes never serve as an identity.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        match self {
            Self::Rsa(key) => key.verify(message, signature),
            Self::P384(key) => key.verify(message, signature),
        }
    }
}

impl RsaKey {
    /// From modulus and exponent as they stand in certificates: big-endian, a leading zero allowed.
    ///
    /// # Errors
    /// [`UnsupportedKey`].
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, UnsupportedKey> {
        let modulus = without_leading_zeros(modulus);
        let bits = modulus.len().saturating_mul(8).saturating_sub(
            modulus
                .first()
                .map_or(0, |byte| usize::try_from(byte.leading_zeros()).unwrap_or(8)),
        );
        let odd = modulus.last().is_some_and(|byte| byte & 1 == 1);
        if without_leading_zeros(exponent) == EXPONENT && (2048..=4096).contains(&bits) && odd {
            Ok(Self {
                modulus: modulus.to_vec(),
            })
        } else {
            Err(UnsupportedKey)
        }
    }

    /// Big-endian, no leading zero.
    #[must_use]
    pub fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// Checks a signature of `message`: RSASSA-PKCS1-v1_5 with SHA-256.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        RsaPublicKeyComponents {
            n: self.modulus.as_slice(),
            e: EXPONENT.as_slice(),
        }
        .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
        .map_err(|_| BadSignature)
    }
}

impl P384Key {
    /// From an uncompressed point.
    ///
    /// # Errors
    /// [`UnsupportedKey`] for any other form.
    pub fn new(point: &[u8]) -> Result<Self, UnsupportedKey> {
        match <[u8; 97]>::try_from(point) {
            Ok(point @ [0x04, ..]) => Ok(Self { point }),
            _ => Err(UnsupportedKey),
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let by = |algorithm| UnparsedPublicKey::new(algorithm, &self.point).verify(message, signature);
        // A DER form of 96 bytes is possible, if unlikely, so the length alone decides nothing.
        let fixed = signature.len() == P384_FIXED && by(&ECDSA_P384_SHA384_FIXED).is_ok();
        if fixed || by(&ECDSA_P384_SHA384_ASN1).is_ok() {
            Ok(())
        } else {
            Err(BadSignature)
        }
    }
}

fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

impl std::fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RsaKey(..)")
    }
}

impl std::fmt::Debug for P384Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("P384Key(..)")
    }
}
