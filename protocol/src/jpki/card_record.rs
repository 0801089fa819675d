//! The attributes as the 券面事項入力補助 AP holds them, and the issuer's signatures that make them true
//! without a network: a root key signed the issuer's key (EF 0004), the issuer signed the digest of the
//! attributes (EF 0003) and the card's own key (EF 0007).
//!
//! Bytes that were copied from a card verify as well as the card's. That the card is here shows only when
//! its own key signs a challenge, and the issuer signed attributes and key apart from each other.

use sha2::{Digest as _, Sha256};

use super::attributes::{AttributeError, AttributeField, BasicFour, BirthDate, Sex};
use super::ber::{self, BerError, Tlv};
use super::key::{BadSignature, RsaKey, UnsupportedKey};

/// The largest file read. A record with the longest attributes has about 1,600 bytes.
pub const MAX_RECORD: usize = 8 * 1_024;

/// Which file of the AP an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordFile {
    /// EF 0002: the attributes.
    BasicFour,
    /// EF 0003: digests and signature.
    Integrity,
    /// EF 0004: the certificate of the issuer's key.
    IssuerKey,
    /// EF 0007: the card's own key.
    InternalKey,
}

/// Why files of a card are not believed. What they say is never part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Longer than any such file.
    #[error("{file:?} has {length} bytes")]
    TooLong {
        /// Which.
        file: RecordFile,
        /// How many bytes it has.
        length: usize,
    },
    /// Not of the form it must have.
    #[error("{file:?}: {error}")]
    Form {
        /// Which.
        file: RecordFile,
        /// What is wrong.
        error: BerError,
    },
    /// An attribute cannot be read.
    #[error(transparent)]
    Attribute(#[from] AttributeError),
    /// A key of a kind that is not accepted.
    #[error("{file:?}: {error}")]
    Key {
        /// Where it stands.
        file: RecordFile,
        /// Why not.
        error: UnsupportedKey,
    },
    /// The root key that is named is not known: a newer one, or a test card.
    #[error("the root key is not known")]
    UnknownRoot,
    /// A signature does not hold: forged or damaged.
    #[error("the signature of {0:?} does not hold")]
    Signature(RecordFile),
    /// The attributes are not those whose digest was signed.
    #[error("the attributes are not those that were signed")]
    Digest,
}

/// Root keys by the 16 bytes that name them.
#[derive(Clone, Debug, Default)]
pub struct CvcRoots(Vec<([u8; 16], RsaKey)>);

impl CvcRoots {
    /// The roots of people's cards.
    #[must_use]
    pub fn production() -> Self {
        Self::built_in(PRODUCTION)
    }

    /// The roots of J-LIS's test cards. No person holds one.
    #[must_use]
    pub fn jlis_test() -> Self {
        Self::built_in(JLIS_TEST)
    }

    /// The root of our own test cards; everybody can have its private half.
    #[must_use]
    pub fn test() -> Self {
        Self::built_in(TEST)
    }

    /// These roots: for each its 16-byte name and its 256-byte modulus, one after another.
    ///
    /// # Errors
    /// [`UnsupportedKey`] where the bytes are anything else.
    pub fn of(bytes: &[u8]) -> Result<Self, UnsupportedKey> {
        let (roots, rest) = bytes.as_chunks::<272>();
        if !rest.is_empty() {
            return Err(UnsupportedKey);
        }
        let read = |root: &[u8; 272]| {
            let (name, modulus) = root.split_first_chunk::<16>().ok_or(UnsupportedKey)?;
            Ok((*name, RsaKey::new(modulus, &[1, 0, 1])?))
        };
        roots.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// These and those.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    fn built_in(bytes: &[u8]) -> Self {
        Self::of(bytes).unwrap_or_default()
    }

    /// The root of this name, if it is one of the 入力補助 AP. The other roots certify other kinds of keys,
    /// and some of those are not an issuer's.
    fn named(&self, name: &[u8; 16]) -> Option<&RsaKey> {
        let [_, _, _, _, _, a, b, ..] = *name;
        let mut known = self.0.iter().filter(|_| [a, b] == TEXT_AP);
        known.find(|(known, _)| known == name).map(|(_, key)| key)
    }
}

/// The sixth and seventh digit of a root's name, where it is one of the 入力補助 AP.
const TEXT_AP: [u8; 2] = *b"33";

/// The roots in circulation for MF, 券面事項確認 AP and 入力補助 AP (`5000020`, `5000023`, `5000033`). Nobody
/// publishes them; they follow from pairs of certificates, as the crate `myna-card` lists them.
const PRODUCTION: &[u8] = include_bytes!("anchors/cvc_production.bin");

/// The same of J-LIS's test cards (`6000020`, `6000023`, `6000033`).
const JLIS_TEST: &[u8] = include_bytes!("anchors/cvc_jlis_test.bin");

/// The root of our own test cards; everybody has its private half.
const TEST: &[u8] = include_bytes!("test_anchors/cvc1.bin");

/// Reads EF 0002 without asking who signed it: to show it to the person whose card it is.
///
/// # Errors
/// [`RecordError`].
pub fn read_basic_four(ef0002: &[u8]) -> Result<BasicFour, RecordError> {
    read_attributes(ef0002).map(|(four, _)| four)
}

/// Reads EF 0002, where EF 0003 has its digest under a signature of the key that EF 0004 certifies.
///
/// # Errors
/// [`RecordError`].
pub fn verify_basic_four(
    ef0002: &[u8],
    ef0003: &[u8],
    ef0004: &[u8],
    roots: &CvcRoots,
) -> Result<BasicFour, RecordError> {
    let issuer = issuer_key(ef0004, roots)?;
    let file = RecordFile::Integrity;
    let record = open(file, ef0003, 0xff30)?;
    // DF31 is the digest of 個人番号, which is never read; the signature covers it.
    let digest = find(file, &record, 0xdf32)?;
    verify_before(file, &record, 0xdf33, &issuer)?;
    let (four, signed) = read_attributes(ef0002)?;
    if Sha256::digest(signed).as_slice() == digest.value {
        Ok(four)
    } else {
        Err(RecordError::Digest)
    }
}

/// The key with which a card's 入力補助 AP signs without a PIN (EF 0013): it shows that the card is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InternalKey(RsaKey);

impl InternalKey {
    /// Reads EF 0007, where the key that EF 0004 certifies signed it.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn read(ef0007: &[u8], ef0004: &[u8], roots: &CvcRoots) -> Result<Self, RecordError> {
        let issuer = issuer_key(ef0004, roots)?;
        let file = RecordFile::InternalKey;
        let record = open(file, ef0007, 0xff50)?;
        let key = rsa_key(file, find(file, &record, 0xdf51)?.value)?;
        verify_before(file, &record, 0xdf52, &issuer)?;
        Ok(Self(key))
    }

    /// Checks that this card signed `message`.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        self.0.verify(message, signature)
    }

    /// SHA-256 of the modulus: names the card's key without storing it.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(self.0.modulus()).into()
    }
}

/// The attributes and the bytes whose digest the issuer signed: everything from the name on. The table of
/// offsets before it is not signed, so it is not used either.
fn read_attributes(ef0002: &[u8]) -> Result<(BasicFour, &[u8]), RecordError> {
    let file = RecordFile::BasicFour;
    let record = open(file, ef0002, 0xff20)?;
    let mut skipped = 0_usize;
    for object in record.children() {
        let object = object.map_err(|error| RecordError::Form { file, error })?;
        if object.tag == 0xdf22 {
            break;
        }
        skipped = skipped.saturating_add(object.whole.len());
    }
    let signed = record.value.get(skipped..).unwrap_or_default();
    // Looked for in the whole record first: nothing unsigned may bear the tag of an attribute.
    let value = |tag| {
        find(file, &record, tag)?;
        let inside = ber::find_in(signed, tag).map_err(|error| RecordError::Form { file, error })?;
        Ok::<_, RecordError>(inside.value)
    };
    let text = |tag, field| {
        let text = std::str::from_utf8(value(tag)?).map_err(|_| AttributeError::NotText(field))?;
        Ok::<_, RecordError>(text.to_owned())
    };
    let four = BasicFour::new(
        text(0xdf22, AttributeField::Name)?,
        text(0xdf23, AttributeField::Address)?,
        BirthDate::from_digits(value(0xdf24)?)?,
        Sex::read(value(0xdf25)?)?,
    )?;
    Ok((four, signed))
}

/// The key in a card-verifiable certificate, where a root signed it.
fn issuer_key(ef0004: &[u8], roots: &CvcRoots) -> Result<RsaKey, RecordError> {
    let file = RecordFile::IssuerKey;
    let certificate = open(file, ef0004, 0x7f21)?;
    let body = find(file, &certificate, 0x5f4e)?;
    let signature = find(file, &certificate, 0x5f37)?;
    // Who signed, whose key it is, then the key.
    let cut = RecordError::Form {
        file,
        error: BerError::Cut,
    };
    let (root, rest) = body.value.split_first_chunk::<16>().ok_or(cut)?;
    let (_, key) = rest.split_first_chunk::<16>().ok_or(cut)?;
    let root = roots.named(root).ok_or(RecordError::UnknownRoot)?;
    root.verify(body.value, signature.value)
        .map_err(|BadSignature| RecordError::Signature(file))?;
    rsa_key(file, key)
}

/// A key as cards write it: exponent `90`, modulus `91`.
fn rsa_key(file: RecordFile, bytes: &[u8]) -> Result<RsaKey, RecordError> {
    let part = |tag| ber::find_in(bytes, tag).map_err(|error| RecordError::Form { file, error });
    RsaKey::new(part(0x91)?.value, part(0x90)?.value).map_err(|error| RecordError::Key { file, error })
}

/// Checks the signature in `tag` over everything before it; nothing may follow it.
fn verify_before(file: RecordFile, record: &Tlv<'_>, tag: u16, key: &RsaKey) -> Result<(), RecordError> {
    let signature = find(file, record, tag)?;
    let signed = record.value.strip_suffix(signature.whole).ok_or(RecordError::Form {
        file,
        error: BerError::Trailing,
    })?;
    key.verify(signed, signature.value)
        .map_err(|BadSignature| RecordError::Signature(file))
}

fn open(file: RecordFile, bytes: &[u8], tag: u16) -> Result<Tlv<'_>, RecordError> {
    if bytes.len() > MAX_RECORD {
        return Err(RecordError::TooLong {
            file,
            length: bytes.len(),
        });
    }
    ber::sole(bytes, tag).map_err(|error| RecordError::Form { file, error })
}

fn find<'a>(file: RecordFile, record: &Tlv<'a>, tag: u16) -> Result<Tlv<'a>, RecordError> {
    record.find(tag).map_err(|error| RecordError::Form { file, error })
}
