//! Who may have issued a certificate: the CAs of JPKI, one kind for each purpose.
//!
//! Three generations of a CA share one name, and whoever forges a certificate writes what he likes into it.
//! So names and key identifiers only say where to look first; the signature decides.

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer as _;

use super::certificate::{Certificate, Purpose, key_of, signature_of, validity};
use super::key::CardKey;
use crate::time::Time;

/// The six CAs of people's cards, three generations of each, as J-LIS publishes them
/// (<https://www.jpki.go.jp/ca/index.html>).
const PRODUCTION: [&[u8]; 6] = [
    include_bytes!("anchors/authca01.cer"),
    include_bytes!("anchors/authca02.cer"),
    include_bytes!("anchors/authca03.cer"),
    include_bytes!("anchors/signca01.cer"),
    include_bytes!("anchors/signca02.cer"),
    include_bytes!("anchors/signca03.cer"),
];

/// The CAs of our own test cards; everybody has their private halves.
const TEST: [&[u8]; 4] = [
    include_bytes!("test_anchors/auth1.der"),
    include_bytes!("test_anchors/auth2.der"),
    include_bytes!("test_anchors/sign1.der"),
    include_bytes!("test_anchors/sign2.der"),
];

/// SHA-256 of the CAs on J-LIS's test cards, as far as such cards are known. Who holds one is nobody.
const JLIS_TEST: [&str; 4] = [
    "b6de0ff5a384f5af0242a6ca854dee57ee2cad97b341f18b914948fd8e638706",
    "5a0e7d690c718fadebc7fb6eff66a6dd623458debc1aa6fb1778bfe157cbeb25",
    "7bdbdf2652a15e6d458efc143b7201242e1162416251d0903060fa7c642465cc",
    "8126df7dd2db230bd8ee48caa40fc3417dde3607050ed34973d8d3cf267fe723",
];

/// Why a certificate of a CA cannot be an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// Not an X.509 certificate of version 3 with a key and an algorithm that are accepted.
    #[error("not a certificate that is accepted")]
    Malformed,
    /// It may not sign certificates.
    #[error("not a certificate of a CA")]
    NotAuthority,
    /// Its own signature does not hold: the file was damaged.
    #[error("its own signature does not hold")]
    Damaged,
    /// It is a CA for neither purpose.
    #[error("not a CA for cards")]
    Kind,
}

/// Why a certificate is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// It is for another purpose than the one needed here.
    #[error("a certificate for {is:?}")]
    WrongPurpose {
        /// What it is for.
        is: Purpose,
    },
    /// No CA that is known claims it: a newer generation, a test card, another country's.
    #[error("the issuer is not known")]
    UnknownIssuer,
    /// It claims a CA that is known, and that CA did not sign it: forged or damaged.
    #[error("the issuer did not sign it")]
    BadSignature,
    /// Signed by a CA for the other purpose.
    #[error("issued by a CA for {issuer:?}")]
    WrongIssuer {
        /// What that CA issues.
        issuer: Purpose,
    },
    /// Not valid yet: the clock may be wrong.
    #[error("not valid before {from}")]
    NotYet {
        /// The first second in which it is.
        from: Time,
    },
    /// Not valid any more.
    #[error("not valid after {until}")]
    Expired {
        /// The last second in which it was.
        until: Time,
    },
    /// The CA's own certificate is not valid at this time.
    #[error("the issuer is valid from {from} to {until}")]
    IssuerNotValid {
        /// The first second in which it is.
        from: Time,
        /// The last one.
        until: Time,
    },
}

/// A CA that is believed.
#[derive(Clone, PartialEq, Eq)]
pub struct Anchor {
    der: Vec<u8>,
    subject: Vec<u8>,
    key: CardKey,
    key_id: Vec<u8>,
    key_bits: Vec<u8>,
    valid: (Time, Time),
    issues: Purpose,
}

/// A set of CAs that are believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anchors(Vec<Anchor>);

impl Anchors {
    /// The CAs of people's cards.
    #[must_use]
    pub fn production() -> Self {
        Self::built_in(&PRODUCTION)
    }

    /// The CAs of our own test cards. Only a demonstration may believe them.
    #[must_use]
    pub fn test() -> Self {
        Self::built_in(&TEST)
    }

    /// These CAs, in DER.
    ///
    /// # Errors
    /// [`AnchorError`] of the first that is none.
    pub fn of(ders: &[Vec<u8>]) -> Result<Self, AnchorError> {
        ders.iter()
            .map(|der| Anchor::read(der))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// These and those.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    fn built_in(ders: &[&[u8]]) -> Self {
        Self(ders.iter().filter_map(|der| Anchor::read(der).ok()).collect())
    }

    /// Every one.
    pub fn iter(&self) -> impl Iterator<Item = &Anchor> {
        self.0.iter()
    }

    /// The CA that issued this certificate, where the certificate is good for `purpose` at `now`. Whether
    /// it was revoked is another question.
    ///
    /// # Errors
    /// [`ChainError`].
    pub fn issuer_of(&self, certificate: &Certificate, purpose: Purpose, now: Time) -> Result<&Anchor, ChainError> {
        if certificate.purpose() != purpose {
            return Err(ChainError::WrongPurpose {
                is: certificate.purpose(),
            });
        }
        let name = certificate.key_name();
        let mut hinted: Vec<&Anchor> = self.iter().collect();
        hinted.sort_by_key(|anchor| anchor.key_id != name.aki);
        let Some(anchor) = hinted.into_iter().find(|anchor| certificate.is_signed_by(&anchor.key)) else {
            // By name alone a later generation looks like a forgery, so the key identifier tells.
            return Err(if self.iter().any(|anchor| anchor.key_id == name.aki) {
                ChainError::BadSignature
            } else {
                ChainError::UnknownIssuer
            });
        };
        if anchor.issues != purpose {
            return Err(ChainError::WrongIssuer { issuer: anchor.issues });
        }
        let (from, until) = certificate.valid();
        if now < from {
            return Err(ChainError::NotYet { from });
        }
        if now > until {
            return Err(ChainError::Expired { until });
        }
        let (from, until) = anchor.valid;
        if (from..=until).contains(&now) {
            Ok(anchor)
        } else {
            Err(ChainError::IssuerNotValid { from, until })
        }
    }

    /// Whether a certificate is good for `purpose` at `now`. Whether it was revoked is another question.
    ///
    /// # Errors
    /// [`ChainError`].
    pub fn verify(&self, certificate: &Certificate, purpose: Purpose, now: Time) -> Result<(), ChainError> {
        self.issuer_of(certificate, purpose, now).map(|_| ())
    }
}

impl Anchor {
    /// Reads the self-signed certificate of a CA for cards.
    ///
    /// # Errors
    /// [`AnchorError`].
    pub fn read(der: &[u8]) -> Result<Self, AnchorError> {
        let malformed = |_| AnchorError::Malformed;
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| AnchorError::Malformed)?;
        if !rest.is_empty() {
            return Err(AnchorError::Malformed);
        }
        let signature = signature_of(&parsed).map_err(malformed)?;
        let key = key_of(parsed.public_key()).map_err(malformed)?;
        if !is_authority(&parsed)? {
            return Err(AnchorError::NotAuthority);
        }
        key.verify(parsed.tbs_certificate.as_ref(), signature)
            .map_err(|_| AnchorError::Damaged)?;
        Ok(Self {
            der: der.to_vec(),
            subject: parsed.subject().as_raw().to_vec(),
            key_id: key_id(&parsed).ok_or(AnchorError::Malformed)?,
            key_bits: parsed.public_key().subject_public_key.data.to_vec(),
            key,
            valid: validity(&parsed).map_err(malformed)?,
            issues: issues(&parsed).ok_or(AnchorError::Kind)?,
        })
    }

    /// Its certificate.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Its name in DER.
    #[must_use]
    pub fn dn(&self) -> &[u8] {
        &self.subject
    }

    /// Its key.
    #[must_use]
    pub const fn key(&self) -> &CardKey {
        &self.key
    }

    /// The bits of its public key, as OCSP hashes them (RFC 6960 4.1.1).
    #[must_use]
    pub fn key_bits(&self) -> &[u8] {
        &self.key_bits
    }

    /// What its certificates are for.
    #[must_use]
    pub const fn issues(&self) -> Purpose {
        self.issues
    }

    /// The first and the last second in which it is valid.
    #[must_use]
    pub const fn valid(&self) -> (Time, Time) {
        self.valid
    }
}

impl std::fmt::Debug for Anchor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Anchor({:?}, {} to {})", self.issues, self.valid.0, self.valid.1)
    }
}

/// Whether this is the certificate of a CA for test cards, ours or J-LIS's: a build that judges people's
/// cards refuses it, even where its configuration names it. Another certificate of one of our keys counts.
#[must_use]
pub fn is_test_anchor(der: &[u8]) -> bool {
    let digest = HEXLOWER.encode(&Sha256::digest(der));
    let ours = |anchor: Anchor| Anchors::test().iter().any(|test| test.key == anchor.key);
    TEST.contains(&der) || JLIS_TEST.contains(&digest.as_str()) || Anchor::read(der).is_ok_and(ours)
}

/// Basic constraints and key usage of a CA (RFC 5280 4.2.1.9, 4.2.1.3). Cards' certificates follow
/// directly below it, which every path length allows.
fn is_authority(parsed: &X509Certificate<'_>) -> Result<bool, AnchorError> {
    parsed.extensions_map().map_err(|_| AnchorError::Malformed)?;
    let constraints = parsed.basic_constraints().map_err(|_| AnchorError::Malformed)?;
    let usage = parsed.key_usage().map_err(|_| AnchorError::Malformed)?;
    Ok(constraints.is_some_and(|found| found.value.ca) && usage.is_some_and(|found| found.value.key_cert_sign()))
}

fn key_id(parsed: &X509Certificate<'_>) -> Option<Vec<u8>> {
    parsed
        .extensions()
        .iter()
        .find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
            _ => None,
        })
}

/// By its organizational unit: nothing else in a CA's certificate says so. An anchor's name can be
/// believed, as the anchor itself is.
fn issues(parsed: &X509Certificate<'_>) -> Option<Purpose> {
    let mut found = parsed
        .subject()
        .iter_organizational_unit()
        .filter_map(|unit| match unit.as_str().ok()? {
            "JPKI for digital signature" => Some(Purpose::Signature),
            "JPKI for user authentication" => Some(Purpose::UserAuthentication),
            _ => None,
        });
    let first = found.next();
    if found.next().is_some() { None } else { first }
}
