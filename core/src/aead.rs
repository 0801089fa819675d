//! Sealed bytes: `nonce (12) ‖ AES-256-GCM cipher text ‖ tag (16)`, the nonce random for each sealing.

use crate::secret::{NoRandom, Secret, random};
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};

const NONCE_LEN: usize = 12;

/// Why nothing was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// No nonce.
    #[error(transparent)]
    NoRandom(#[from] NoRandom),
    /// More than AES-GCM takes (64 GiB).
    #[error("too long to seal")]
    TooLong,
}

/// Seals `plaintext`; `associated` is authenticated with it and must be given again to open.
pub fn seal(key: &Secret<[u8; 32]>, associated: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
    let nonce: [u8; NONCE_LEN] = random()?;
    let payload = Payload {
        msg: plaintext,
        aad: associated,
    };
    let sealed = Aes256Gcm::new(key.expose().into())
        .encrypt(&Nonce::from(nonce), payload)
        .map_err(|_| SealError::TooLong)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Opens what [`seal`] made; `None` for another key, other associated bytes, or anything altered.
pub fn open(key: &Secret<[u8; 32]>, associated: &[u8], sealed: &[u8]) -> Option<Secret> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let payload = Payload {
        msg: sealed,
        aad: associated,
    };
    let plaintext = Aes256Gcm::new(key.expose().into()).decrypt(&Nonce::from(*nonce), payload);
    plaintext.ok().map(Secret::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_the_same_associated_bytes_open() {
        let key = Secret::new([1; 32]);
        let sealed = seal(&key, b"purpose", b"plain").unwrap();
        assert_eq!(open(&key, b"purpose", &sealed).unwrap().expose(), b"plain");
        assert!(open(&key, b"another", &sealed).is_none());
        assert!(open(&Secret::new([2; 32]), b"purpose", &sealed).is_none());
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(open(&key, b"purpose", &altered).is_none(), "byte {at}");
            assert!(open(&key, b"purpose", &sealed[..at]).is_none(), "cut at {at}");
        }
    }
}
