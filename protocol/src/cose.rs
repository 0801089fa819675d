//! COSE_Sign1 (RFC 9052 §4.2), untagged, ES256, with the external data `kinchaku/NAME/VERSION`.
//!
//! The bytes received are what is verified and stored; nothing is ever re-encoded to verify it.
//! The protected header is `{1: -7}` or `{1: -7, 4: kid}` and the unprotected one is empty: anything
//! else is another protocol.

use crate::cbor::{self, NotCanonical};
use crate::ids::Kid;
use crate::signature::{PublicKey, SignError, SignatureError, Signer, VerifyingPoint};

/// Why bytes are not one of our envelopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not canonical CBOR.
    #[error(transparent)]
    Encoding(#[from] NotCanonical),
    /// Canonical, but not a COSE_Sign1 of ours.
    #[error("not a COSE_Sign1 of this protocol")]
    Shape,
}

/// A COSE_Sign1 taken apart, not verified.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Who says they signed.
    pub kid: Option<Kid>,
    /// The signed document.
    pub payload: Vec<u8>,
    /// r ‖ s.
    pub signature: [u8; 64],
}

impl std::fmt::Debug for Envelope {
    /// Who and how much: some documents have a person's name in them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Envelope({:?}, {} bytes)", self.kid, self.payload.len())
    }
}

impl Envelope {
    /// Takes received bytes apart.
    ///
    /// # Errors
    /// [`EnvelopeError`].
    pub fn read(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        cbor::check(bytes)?;
        Self::read_canonical(bytes).ok_or(EnvelopeError::Shape)
    }

    fn read_canonical(bytes: &[u8]) -> Option<Self> {
        let mut decoder = minicbor::Decoder::new(bytes);
        (decoder.array().ok()?? == 4).then_some(())?;
        let kid = read_protected(decoder.bytes().ok()?)?;
        (decoder.map().ok()?? == 0).then_some(())?;
        let payload = decoder.bytes().ok()?.to_vec();
        let signature = <[u8; 64]>::try_from(decoder.bytes().ok()?).ok()?;
        Some(Self {
            kid,
            payload,
            signature,
        })
    }

    /// Signs a payload and gives the whole envelope.
    ///
    /// # Errors
    /// [`SignError`] where the key did not sign.
    pub fn sign(payload: &[u8], aad: &str, kid: Option<Kid>, signer: &dyn Signer) -> Result<Vec<u8>, SignError> {
        let signature = signer.sign(&to_be_signed(payload, aad, kid))?;
        Ok(assemble(payload, kid, &signature))
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn verify(&self, aad: &str, key: &PublicKey) -> Result<(), SignatureError> {
        self.verify_by(aad, &key.point()?)
    }

    /// Checks the signature with a key made ready before.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn verify_by(&self, aad: &str, key: &VerifyingPoint) -> Result<(), SignatureError> {
        key.verify(&to_be_signed(&self.payload, aad, self.kid), &self.signature)
    }
}

/// The protected header's bytes.
fn protected(kid: Option<Kid>) -> Vec<u8> {
    match kid {
        None => vec![0xa1, 0x01, 0x26],
        Some(Kid([a, b, c, d])) => vec![0xa2, 0x01, 0x26, 0x04, 0x44, a, b, c, d],
    }
}

fn read_protected(bytes: &[u8]) -> Option<Option<Kid>> {
    match *bytes {
        [0xa1, 0x01, 0x26] => Some(None),
        [0xa2, 0x01, 0x26, 0x04, 0x44, a, b, c, d] => Some(Some(Kid([a, b, c, d]))),
        _ => None,
    }
}

/// The `Sig_structure` a key signs (RFC 9052 §4.4).
#[must_use]
pub fn to_be_signed(payload: &[u8], aad: &str, kid: Option<Kid>) -> Vec<u8> {
    let mut out = vec![0x84];
    put(&mut out, 0x60, b"Signature1");
    put(&mut out, 0x40, &protected(kid));
    put(&mut out, 0x40, aad.as_bytes());
    put(&mut out, 0x40, payload);
    out
}

/// The envelope of a payload somebody signed.
#[must_use]
pub fn assemble(payload: &[u8], kid: Option<Kid>, signature: &[u8; 64]) -> Vec<u8> {
    let mut out = vec![0x84];
    put(&mut out, 0x40, &protected(kid));
    out.push(0xa0);
    put(&mut out, 0x40, payload);
    put(&mut out, 0x40, signature);
    out
}

/// A byte string (`0x40`) or text (`0x60`) with the shortest head.
fn put(out: &mut Vec<u8>, major: u8, content: &[u8]) {
    let mut head = minicbor::Encoder::new(Vec::new());
    // Writing into memory cannot fail.
    let _ = if major == 0x60 {
        head.str(std::str::from_utf8(content).unwrap_or_default()).map(|_| ())
    } else {
        head.bytes(content).map(|_| ())
    };
    out.append(head.writer_mut());
}

#[cfg(test)]
mod tests {
    use super::{Envelope, EnvelopeError, assemble};
    use crate::signature::{SignatureError, Signer, SoftwareSigner};

    fn signer() -> SoftwareSigner {
        SoftwareSigner::from_scalar(&[3; 32]).unwrap()
    }

    #[test]
    fn what_one_kind_signs_another_kind_does_not_accept() {
        let bytes = Envelope::sign(b"\x00", "kinchaku/intent/1", None, &signer()).unwrap();
        let envelope = Envelope::read(&bytes).unwrap();
        let key = signer().public_key();
        assert_eq!(envelope.verify("kinchaku/intent/1", &key), Ok(()));
        assert_eq!(envelope.verify("kinchaku/grant/1", &key), Err(SignatureError::Mismatch));
    }

    #[test]
    fn the_key_id_is_signed() {
        let kid = signer().public_key().kid();
        let bytes = Envelope::sign(b"\x00", "a", Some(kid), &signer()).unwrap();
        let mut envelope = Envelope::read(&bytes).unwrap();
        assert_eq!(envelope.kid, Some(kid));
        envelope.kid = None;
        assert!(envelope.verify("a", &signer().public_key()).is_err());
    }

    #[test]
    fn other_shapes_are_refused() {
        let whole = assemble(b"p", None, &[1; 64]);
        let mut tagged = vec![0xd2];
        tagged.extend(&whole);
        assert!(matches!(Envelope::read(&tagged), Err(EnvelopeError::Encoding(_))));
        for cut in 0..whole.len() {
            assert!(Envelope::read(&whole[..cut]).is_err());
        }
        let mut alg = whole.clone();
        alg[4] = 0x27;
        assert_eq!(Envelope::read(&alg), Err(EnvelopeError::Shape));
    }
}
