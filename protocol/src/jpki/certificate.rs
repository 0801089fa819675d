//! A person's certificate as the card gives it (RFC 5280, the profile of JPKI's certificate policy).
//!
//! Reading checks everything that needs no issuer: form, version, algorithm, key, extensions, purpose and
//! the attributes inside. It does not make a certificate true: [`super::trust::Anchors`] does. A purpose
//! follows from policy, key usage and extended key usage, never from a name.

use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::asn1_rs::oid;
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo, X509Version};

use super::attributes::{AttributeError, BasicFour, Substituted, is_hostile};
use super::key::{P384Key, RsaKey, UnsupportedKey};

use super::ber;
use super::extensions::Extensions;
pub use super::key::CardKey;
use crate::time::Time;

/// The largest file read as a certificate, filler included. Cards' certificates have about 1,700 bytes.
pub const MAX_CERTIFICATE: usize = 8 * 1_024;

/// The longest common name or address of a responder, in bytes.
pub(super) const MAX_TEXT: usize = 256;

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// 署名用: documents; its certificate says who somebody is.
    Signature,
    /// 利用者証明用: that the same person is here again; its certificate names nobody.
    UserAuthentication,
}

/// Which of JPKI's two worlds a certificate says it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hierarchy {
    /// People's cards.
    Production,
    /// Cards for tests; ours and J-LIS's.
    Test,
}

/// Why bytes are no certificate of a card. Screens tell `Absent` and `UnsupportedKey` from the rest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The file holds nothing: under 15, or declined (F053).
    #[error("no certificate in the file")]
    Absent,
    /// Longer than any certificate of a card.
    #[error("{length} bytes")]
    TooLong {
        /// How many bytes were given.
        length: usize,
    },
    /// The file ends inside the certificate.
    #[error("cut short")]
    Cut,
    /// Not a certificate in DER.
    #[error("not an X.509 certificate in DER")]
    Malformed,
    /// Not X.509 version 3.
    #[error("not an X.509 certificate of version 3")]
    Version,
    /// Signed by an algorithm that is not accepted, or two that disagree (T: downgrade).
    #[error("a signature algorithm that is not accepted")]
    Algorithm,
    /// A key that is not accepted.
    #[error(transparent)]
    UnsupportedKey(#[from] UnsupportedKey),
    /// An extension that must be understood and is not (RFC 5280 4.2).
    #[error("unknown critical extension {oid}")]
    CriticalExtension {
        /// Its object identifier.
        oid: String,
    },
    /// An extension is there twice (RFC 5280 4.2).
    #[error("an extension is there twice")]
    ExtensionTwice,
    /// An extension is missing or not of the form it must have.
    #[error("extension {0} is missing or malformed")]
    Extension(&'static str),
    /// Policy, key usage and extended key usage name no purpose, or two.
    #[error("not a certificate of a card")]
    Purpose,
    /// What it says of the person cannot be read.
    #[error(transparent)]
    Attribute(#[from] AttributeError),
}

/// What names a certificate among all: the key of its issuer and the number the issuer gave it (発行番号).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName {
    /// The issuer's key identifier.
    pub aki: [u8; 20],
    /// Big-endian, no leading zero.
    pub serial: Vec<u8>,
}

/// What a certificate for signatures says of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedAttributes {
    /// 基本4情報
    pub four: BasicFour,
    /// Which characters of it stand for others.
    pub substituted: Substituted,
}

/// A certificate of a card, read and not yet believed.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    signed: Vec<u8>,
    signature: Vec<u8>,
    issuer: Vec<u8>,
    purpose: Purpose,
    hierarchy: Hierarchy,
    key: CardKey,
    name: KeyName,
    valid: (Time, Time),
    attributes: Option<SignedAttributes>,
    common_name: Option<String>,
    ocsp_uri: Option<String>,
}

impl Certificate {
    /// Reads the certificate of a file; filler may follow it.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn read(file: &[u8]) -> Result<Self, CertificateError> {
        let (certificate, rest) = Self::read_first(file)?;
        if ber::is_filler(rest) {
            Ok(certificate)
        } else {
            Err(CertificateError::Malformed)
        }
    }

    /// Reads certificates that stand one after another.
    ///
    /// # Errors
    /// [`CertificateError`] of the first that cannot be read, also where there is none.
    pub fn read_all(mut bytes: &[u8]) -> Result<Vec<Self>, CertificateError> {
        let mut all = Vec::new();
        while !bytes.is_empty() || all.is_empty() {
            let (certificate, rest) = Self::read_first(bytes)?;
            all.push(certificate);
            bytes = rest;
        }
        Ok(all)
    }

    /// Reads the certificate at the start, and gives what follows it.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn read_first(bytes: &[u8]) -> Result<(Self, &[u8]), CertificateError> {
        if ber::is_filler(bytes) || bytes.iter().all(|&byte| byte == 0) {
            return Err(CertificateError::Absent);
        }
        let object = ber::first(bytes).map_err(|error| match error {
            ber::BerError::Cut => CertificateError::Cut,
            _ => CertificateError::Malformed,
        })?;
        if object.whole.len() > MAX_CERTIFICATE {
            return Err(CertificateError::TooLong {
                length: object.whole.len(),
            });
        }
        let rest = bytes.get(object.whole.len()..).unwrap_or_default();
        let (after, parsed) = X509Certificate::from_der(object.whole).map_err(|_| CertificateError::Malformed)?;
        if !after.is_empty() {
            return Err(CertificateError::Malformed);
        }
        Self::judge(object.whole, &parsed).map(|certificate| (certificate, rest))
    }

    fn judge(der: &[u8], parsed: &X509Certificate<'_>) -> Result<Self, CertificateError> {
        if parsed.version() != X509Version::V3 {
            return Err(CertificateError::Version);
        }
        let signature = signature_of(parsed)?;
        let key = key_of(parsed.public_key())?;
        let extensions = Extensions::read(parsed)?;
        let (purpose, hierarchy) = extensions.purpose()?;
        let serial = parsed.raw_serial();
        let serial = serial.strip_prefix(&[0]).unwrap_or(serial);
        // A positive number of at most 20 bytes (RFC 5280 4.1.2.2).
        if serial.is_empty() || serial.len() > 20 || parsed.raw_serial().first().is_some_and(|b| b & 0x80 != 0) {
            return Err(CertificateError::Malformed);
        }
        Ok(Self {
            der: der.to_vec(),
            signed: parsed.tbs_certificate.as_ref().to_vec(),
            signature: signature.to_vec(),
            issuer: parsed.issuer().as_raw().to_vec(),
            purpose,
            hierarchy,
            key,
            name: KeyName {
                aki: extensions
                    .aki
                    .ok_or(CertificateError::Extension("authorityKeyIdentifier"))?,
                serial: serial.to_vec(),
            },
            valid: validity(parsed)?,
            attributes: extensions.attributes,
            common_name: common_name(parsed)?,
            ocsp_uri: extensions.ocsp_uri,
        })
    }

    /// The certificate without filler.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What it is for.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Whether its policy is that of people's cards or of tests: what it says itself. Which CA signed it is
    /// what counts, and a CA for tests can sign anything.
    #[must_use]
    pub const fn hierarchy(&self) -> Hierarchy {
        self.hierarchy
    }

    /// The person's key.
    #[must_use]
    pub const fn key(&self) -> &CardKey {
        &self.key
    }

    /// What names it. A renewed card has another one.
    #[must_use]
    pub fn key_name(&self) -> KeyName {
        self.name.clone()
    }

    /// The first and the last second in which it is valid.
    #[must_use]
    pub const fn valid(&self) -> (Time, Time) {
        self.valid
    }

    /// Name, address, birth date and sex: in a certificate for signatures, and only there.
    #[must_use]
    pub const fn signed_attributes(&self) -> Option<&SignedAttributes> {
        self.attributes.as_ref()
    }

    /// The opaque name of its subject.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.common_name.as_deref()
    }

    /// Where its status can be asked (RFC 6960), where it says so; over HTTP, as answers are signed.
    #[must_use]
    pub fn ocsp_uri(&self) -> Option<&str> {
        self.ocsp_uri.as_deref()
    }

    /// The name of its issuer in DER: a hint, as generations of issuers share one.
    #[must_use]
    pub fn issuer_dn(&self) -> &[u8] {
        &self.issuer
    }

    /// Whether this key signed it.
    pub(super) fn is_signed_by(&self, key: &CardKey) -> bool {
        key.verify(&self.signed, &self.signature).is_ok()
    }
}

/// The signature, where both places that name its algorithm name one and the same that is accepted.
pub(super) fn signature_of<'a>(parsed: &'a X509Certificate<'_>) -> Result<&'a [u8], CertificateError> {
    let outer = &parsed.signature_algorithm;
    // The inner one is signed, the outer one is not (RFC 5280 4.1.1.2).
    if outer != &parsed.tbs_certificate.signature || !is_accepted(outer) {
        return Err(CertificateError::Algorithm);
    }
    if parsed.signature_value.unused_bits != 0 {
        return Err(CertificateError::Malformed);
    }
    Ok(parsed.signature_value.data.as_ref())
}

/// RSA with SHA-256 (parameters NULL or absent, RFC 4055 5) or ECDSA with SHA-384 (absent, RFC 5758 3.2).
fn is_accepted(algorithm: &AlgorithmIdentifier<'_>) -> bool {
    let null = algorithm
        .parameters
        .as_ref()
        .is_none_or(|any| any.header.tag().0 == 5 && any.data.is_empty());
    let rsa = oid!(1.2.840.113549.1.1.11);
    let ecdsa = oid!(1.2.840.10045.4.3.3);
    (algorithm.algorithm == rsa && null) || (algorithm.algorithm == ecdsa && algorithm.parameters.is_none())
}

/// The key, by what its own algorithm identifier says.
pub(super) fn key_of(spki: &SubjectPublicKeyInfo<'_>) -> Result<CardKey, CertificateError> {
    match spki.parsed() {
        Ok(PublicKey::RSA(rsa)) if spki.algorithm.algorithm == oid!(1.2.840.113549.1.1.1) => {
            Ok(CardKey::Rsa(RsaKey::new(rsa.modulus, rsa.exponent)?))
        }
        Ok(PublicKey::EC(point)) => {
            let curve = spki.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok());
            if curve == Some(oid!(1.3.132.0.34)) {
                Ok(CardKey::P384(P384Key::new(point.data())?))
            } else {
                Err(UnsupportedKey.into())
            }
        }
        Ok(_) => Err(UnsupportedKey.into()),
        Err(_) => Err(CertificateError::Malformed),
    }
}

/// The first and the last second, both after 1970.
pub(super) fn validity(parsed: &X509Certificate<'_>) -> Result<(Time, Time), CertificateError> {
    let seconds = |at: i64| u64::try_from(at).map(Time).map_err(|_| CertificateError::Malformed);
    let validity = parsed.validity();
    Ok((
        seconds(validity.not_before.timestamp())?,
        seconds(validity.not_after.timestamp())?,
    ))
}

fn common_name(parsed: &X509Certificate<'_>) -> Result<Option<String>, CertificateError> {
    let mut names = parsed.subject().iter_common_name();
    let Some(name) = names.next() else { return Ok(None) };
    let text = name.as_str().map_err(|_| CertificateError::Malformed)?;
    if names.next().is_some() || text.len() > MAX_TEXT || text.chars().any(is_hostile) {
        return Err(CertificateError::Malformed);
    }
    Ok(Some(text.to_owned()))
}

impl std::fmt::Debug for Certificate {
    /// What it is for, and no more: the rest points at a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certificate({:?}, {:?}, ..)", self.purpose, self.hierarchy)
    }
}

impl std::fmt::Debug for KeyName {
    /// Nothing: a serial number points at a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyName(..)")
    }
}
