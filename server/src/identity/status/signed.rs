//! What a CA or its responder signed, in X.509's one shape: the signed part, the algorithm, the signature.

use kinchaku_protocol::jpki::key::{CardKey, P384Key, RsaKey};
use kinchaku_protocol::time::Time;
use x509_cert::der::asn1::{BitString, ObjectIdentifier, UintRef};
use x509_cert::der::{DateTime, Decode as _, Header, Reader as _, SliceReader, Tag};
use x509_cert::ext::Extension;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::StatusUnavailable;

/// How far the other side's clock may be ahead of ours.
pub(super) const SKEW: u64 = 300;

/// sha256WithRSAEncryption (RFC 8017)
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
/// ecdsa-with-SHA384 (RFC 5758)
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// The bytes that were signed, as they came, and their signature.
pub(super) struct Signed<'a> {
    bytes: &'a [u8],
    algorithm: ObjectIdentifier,
    signature: Vec<u8>,
}

impl<'a> Signed<'a> {
    /// Takes a structure apart; whatever follows the signature in it is not looked at.
    pub(super) fn of(der: &'a [u8]) -> Result<Self, StatusUnavailable> {
        Self::parts(der).map_err(|_| StatusUnavailable::NotAnAnswer)
    }

    fn parts(der: &'a [u8]) -> x509_cert::der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        Header::decode(&mut reader)?.tag.assert_eq(Tag::Sequence)?;
        let bytes = reader.tlv_bytes()?;
        let algorithm = AlgorithmIdentifierOwned::decode(&mut reader)?.oid;
        let signature = BitString::decode(&mut reader)?;
        Ok(Self {
            bytes,
            algorithm,
            signature: signature.as_bytes().unwrap_or_default().to_vec(),
        })
    }

    /// Whether this key signed it, by the one algorithm that goes with the key.
    pub(super) fn is_by(&self, key: &CardKey) -> bool {
        let goes_with = match key {
            CardKey::Rsa(_) => RSA_SHA256,
            CardKey::P384(_) => ECDSA_SHA384,
        };
        self.algorithm == goes_with && key.verify(self.bytes, &self.signature).is_ok()
    }
}

/// The key in a certificate of a responder.
pub(super) fn key_in(spki: &SubjectPublicKeyInfoOwned) -> Option<CardKey> {
    let bits = spki.subject_public_key.as_bytes()?;
    if spki.algorithm.oid == RSA {
        // RSAPublicKey (RFC 8017 A.1.1)
        let mut reader = SliceReader::new(bits).ok()?;
        Header::decode(&mut reader).ok()?.tag.assert_eq(Tag::Sequence).ok()?;
        let modulus = UintRef::decode(&mut reader).ok()?;
        let exponent = UintRef::decode(&mut reader).ok()?;
        return RsaKey::new(modulus.as_bytes(), exponent.as_bytes())
            .ok()
            .map(CardKey::Rsa);
    }
    let curve = spki
        .algorithm
        .parameters
        .as_ref()?
        .decode_as::<ObjectIdentifier>()
        .ok()?;
    (spki.algorithm.oid == EC && curve == P384).then(|| P384Key::new(bits).ok().map(CardKey::P384))?
}

/// Whether every critical extension is among those that are understood, and none is there twice.
pub(super) fn are_understood(extensions: &[Extension], understood: &[ObjectIdentifier]) -> bool {
    let twice =
        |at: usize, id: &ObjectIdentifier| extensions.iter().skip(at.saturating_add(1)).any(|it| it.extn_id == *id);
    extensions
        .iter()
        .enumerate()
        .all(|(at, it)| !twice(at, &it.extn_id) && (!it.critical || understood.contains(&it.extn_id)))
}

/// A serial number as certificates' names have it: big-endian, no leading zero.
pub(super) fn serial(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// Seconds of a time in DER.
pub(super) fn time(at: DateTime) -> Time {
    Time(at.unix_duration().as_secs())
}

/// Whether an answer made at `from` and good until `until` is good at `now`.
pub(super) fn is_current(from: Time, until: Time, now: Time) -> bool {
    from <= now.after(SKEW) && now <= until
}
