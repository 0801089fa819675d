//! Whether a card's proof is true. Everything is judged at one time, by what the server expected and not by
//! what the client says; the books decide afterwards what follows, and whether the challenge still lives.
//!
//! What needs no network comes first, so that nobody makes the server ask about a forgery. Where a status
//! cannot be had, nothing is decided and the same proof may come again while its challenge lives.

use chrono::Datelike as _;
use kinchaku_protocol::api::MinorEvidence;
use kinchaku_protocol::doc::field::from_bytes;
use kinchaku_protocol::doc::{CardMethod, LinkProof, Reason};
use kinchaku_protocol::jpki::attributes::{BirthDate, Substituted};
use kinchaku_protocol::jpki::card_record::{CvcRoots, verify_basic_four};
use kinchaku_protocol::jpki::certificate::{Certificate, CertificateError, Purpose, SignedAttributes};
use kinchaku_protocol::jpki::statement::{CardPurpose, CardStatement};
use kinchaku_protocol::jpki::trust::{Anchor, Anchors, ChainError};
use kinchaku_protocol::rules::eligibility::is_minor;
use kinchaku_protocol::signature::PublicKey;
use kinchaku_protocol::time::Time;
use zeroize::Zeroizing;

use super::proven::{AuthBinding, CardName, Correspondence, ProvenCard};
use super::status::{CertificateStatus, Standing, StatusUnavailable};

/// Seconds after which a proof may be sent again when a status could not be had.
const RETRY: u64 = 30;

/// What the server waits for: what its challenge was given out for, and to whom.
#[derive(Clone, Copy, Debug)]
pub struct Expectation<'a> {
    /// What for.
    pub purpose: CardPurpose,
    /// The issuing region.
    pub muni: u64,
    /// The challenge.
    pub challenge: &'a [u8; 32],
    /// K_sync of the device it was given to.
    pub sync_key: &'a PublicKey,
    /// What the card agrees to beyond the purpose, empty where nothing is.
    pub details: &'a [u8],
}

/// Who is believed about cards.
#[derive(Clone, Debug)]
pub struct CardTrust {
    /// The CAs.
    pub anchors: Anchors,
    /// The roots of the card issuer's keys.
    pub cvc_roots: CvcRoots,
}

impl CardTrust {
    /// Those of people's cards, and in a build with the feature `demo` those of our test cards too
    /// (docs/adr/0011).
    #[must_use]
    pub fn of_this_build() -> Self {
        let production = Self {
            anchors: Anchors::production(),
            cvc_roots: CvcRoots::production(),
        };
        if cfg!(feature = "demo") {
            Self {
                anchors: production.anchors.and(Anchors::test()),
                cvc_roots: production.cvc_roots.and(CvcRoots::test()),
            }
        } else {
            production
        }
    }
}

/// Why nothing was proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// It is not true, for good.
    #[error("the proof is refused: {0:?}")]
    Refused(Reason),
    /// Nothing is decided: a status could not be had.
    #[error("the status of a certificate cannot be had: {why}")]
    Unavailable {
        /// Why not.
        why: StatusUnavailable,
        /// Seconds after which it may be tried again.
        retry: u64,
    },
}

impl From<StatusUnavailable> for ProofError {
    fn from(why: StatusUnavailable) -> Self {
        Self::Unavailable { why, retry: RETRY }
    }
}

/// A certificate with the CA that issued it.
struct Issued<'a> {
    certificate: Certificate,
    issuer: &'a Anchor,
}

/// What a proof shows without a network.
struct Shown<'a> {
    sign: Option<Issued<'a>>,
    auth: Issued<'a>,
    guardian: Option<Issued<'a>>,
    attributes: Option<SignedAttributes>,
}

/// Judges a proof at `now`.
///
/// # Errors
/// [`ProofError`].
pub async fn prove(
    proof: &LinkProof,
    expectation: &Expectation<'_>,
    trust: &CardTrust,
    status: &dyn CertificateStatus,
    now: Time,
) -> Result<ProvenCard, ProofError> {
    let shown = Shown::of(proof, expectation, trust, now).map_err(ProofError::Refused)?;
    let first = shown.sign.as_ref().unwrap_or(&shown.auth);
    let (sign, auth, guardian, correspondence) = tokio::join!(
        stands(shown.sign.as_ref(), status, now),
        stands(Some(&shown.auth), status, now),
        stands(shown.guardian.as_ref(), status, now),
        status.correspondence(&first.certificate),
    );
    // Any card of a guardian that is not good is no card of a guardian.
    let guardian = guardian.map_err(|error| match error {
        ProofError::Refused(_) => ProofError::Refused(Reason::Guardian),
        unavailable @ ProofError::Unavailable { .. } => unavailable,
    });
    // What is certain goes before what could not be asked.
    let mut checks = [sign, auth, guardian];
    checks.sort_by_key(|check| matches!(check, Err(ProofError::Unavailable { .. })));
    checks.into_iter().collect::<Result<(), _>>()?;
    shown.tied(correspondence?, proof.method, now)
}

/// Whether a certificate that was proven before still stands: chain, validity and status at `now`.
///
/// # Errors
/// [`ProofError`].
pub async fn still_stands(
    der: &[u8],
    purpose: Purpose,
    trust: &CardTrust,
    status: &dyn CertificateStatus,
    now: Time,
) -> Result<(), ProofError> {
    let issued = Certificate::read(der)
        .map_err(|error| unreadable(&error))
        .and_then(|certificate| Issued::at(certificate, purpose, trust, now))
        .map_err(ProofError::Refused)?;
    stands(Some(&issued), status, now).await
}

async fn stands(issued: Option<&Issued<'_>>, status: &dyn CertificateStatus, now: Time) -> Result<(), ProofError> {
    let Some(issued) = issued else { return Ok(()) };
    match status.standing(&issued.certificate, issued.issuer, now).await? {
        Standing::Good => Ok(()),
        Standing::Revoked { .. } => Err(ProofError::Refused(Reason::CertificateRevoked)),
        Standing::Unknown => Err(ProofError::Refused(Reason::CertificateUntrusted)),
    }
}

impl<'a> Shown<'a> {
    fn of(proof: &LinkProof, expectation: &Expectation<'_>, trust: &'a CardTrust, now: Time) -> Result<Self, Reason> {
        if proof.challenge != *expectation.challenge {
            return Err(Reason::Challenge);
        }
        if !serves(proof.method, expectation.purpose) {
            return Err(Reason::CertificateUntrusted);
        }
        let certificates = Certificate::read_all(&proof.certificates.0).map_err(|error| unreadable(&error))?;
        match proof.method {
            CardMethod::SignatureCertificate => {
                let [sign, auth] = exactly(certificates)?;
                let sign = Issued::at(sign, Purpose::Signature, trust, now)?;
                let auth = Issued::at(auth, Purpose::UserAuthentication, trust, now)?;
                sign.signed(expectation, &proof.signature.0)?;
                let attributes = sign.certificate.signed_attributes().cloned();
                Ok(Self {
                    attributes: Some(attributes.ok_or(Reason::Attributes)?),
                    sign: Some(sign),
                    auth,
                    guardian: None,
                })
            }
            CardMethod::CardRecord => {
                let [auth] = exactly(certificates)?;
                let auth = Issued::at(auth, Purpose::UserAuthentication, trust, now)?;
                let evidence = proof.attributes.as_ref().ok_or(Reason::Attributes)?;
                Self::of_a_minor(auth, &evidence.0, expectation, &proof.signature.0, trust, now)
            }
            CardMethod::UserAuthentication => {
                let [auth] = exactly(certificates)?;
                let auth = Issued::at(auth, Purpose::UserAuthentication, trust, now)?;
                auth.signed(expectation, &proof.signature.0)?;
                Ok(Self {
                    sign: None,
                    auth,
                    guardian: None,
                    attributes: None,
                })
            }
        }
    }

    /// A minor's attributes are a record that anybody could have copied, and nothing of the issuer's ties it
    /// to a card's certificate. So both cards sign its very bytes: two persons stand by it, and one put in
    /// place of another is noticed; and the certificate has to end on this birthday.
    fn of_a_minor(
        auth: Issued<'a>,
        evidence: &[u8],
        expectation: &Expectation<'_>,
        signature: &[u8],
        trust: &'a CardTrust,
        now: Time,
    ) -> Result<Self, Reason> {
        let MinorEvidence {
            basic_four,
            integrity,
            issuer_key,
            guardian_certificate,
            guardian_signature,
        } = from_bytes(evidence).map_err(|_| Reason::Attributes)?;
        let basic_four = Zeroizing::new(basic_four.0);
        // It has a hash of the individual number, of which there are too few to hide in a hash.
        let integrity = Zeroizing::new(integrity.0);
        if !expectation.details.is_empty() {
            return Err(Reason::CardSignature);
        }
        let agreed = Expectation {
            details: &basic_four,
            ..*expectation
        };
        auth.signed(&agreed, signature)?;
        let guardian = Certificate::read(&guardian_certificate.0).map_err(|_| Reason::Guardian)?;
        if guardian.key_name() == auth.certificate.key_name() || guardian.key() == auth.certificate.key() {
            return Err(Reason::Guardian);
        }
        let guardian = Issued::at(guardian, Purpose::UserAuthentication, trust, now).map_err(|_| Reason::Guardian)?;
        let stands_by = Expectation {
            purpose: CardPurpose::Guardian,
            ..agreed
        };
        guardian
            .signed(&stands_by, &guardian_signature.0)
            .map_err(|_| Reason::Guardian)?;
        let four = verify_basic_four(&basic_four, &integrity, &issuer_key.0, &trust.cvc_roots)
            .map_err(|_| Reason::Attributes)?;
        drop(integrity);
        if !ends_on_birthday(&auth.certificate, &four.birth) {
            return Err(Reason::Attributes);
        }
        // A birth date that does not tell is no proof of it.
        if is_minor(&four.birth, now.day()) != Some(true) {
            return Err(Reason::NotAMinor);
        }
        Ok(Self {
            sign: None,
            auth,
            guardian: Some(guardian),
            attributes: Some(SignedAttributes {
                four,
                substituted: Substituted::default(),
            }),
        })
    }

    /// Adds what the platform says of the person's other certificates.
    fn tied(self, platform: Option<Correspondence>, method: CardMethod, now: Time) -> Result<ProvenCard, ProofError> {
        let correspondence = platform.unwrap_or_default();
        let auth_name = self.auth.certificate.key_name();
        let auth_standing = match (&self.sign, &correspondence.auth_of_sign) {
            (None, _) => AuthBinding::Proven,
            (Some(_), Some(theirs)) if *theirs == auth_name => AuthBinding::Corresponds,
            // Two persons' certificates in one proof: one of them is a copy.
            (Some(_), Some(_)) => return Err(ProofError::Refused(Reason::AnotherPerson)),
            (Some(_), None) => AuthBinding::Claimed,
        };
        let guardian = self.guardian.map(|guardian| guardian.name());
        if let Some(guardian) = &guardian
            && correspondence.previous.contains(&guardian.key_name)
        {
            return Err(ProofError::Refused(Reason::Guardian));
        }
        Ok(ProvenCard {
            method,
            auth: self.auth.name(),
            auth_standing,
            sign: self.sign.map(|sign| sign.name()),
            attributes: self.attributes,
            guardian,
            correspondence,
            checked_at: now,
        })
    }
}

impl<'a> Issued<'a> {
    /// The certificate, where it is good for `purpose` at `now`.
    fn at(certificate: Certificate, purpose: Purpose, trust: &'a CardTrust, now: Time) -> Result<Self, Reason> {
        match trust.anchors.issuer_of(&certificate, purpose, now) {
            Ok(issuer) => Ok(Self { certificate, issuer }),
            Err(ChainError::NotYet { .. } | ChainError::Expired { .. } | ChainError::IssuerNotValid { .. }) => {
                Err(Reason::CertificateExpired)
            }
            Err(_) => Err(Reason::CertificateUntrusted),
        }
    }

    /// Whether its key signed what was expected.
    fn signed(&self, expectation: &Expectation<'_>, signature: &[u8]) -> Result<(), Reason> {
        let statement = CardStatement {
            purpose: expectation.purpose,
            muni: expectation.muni,
            challenge: expectation.challenge,
            sync_key: expectation.sync_key,
            details: expectation.details,
        };
        self.certificate
            .key()
            .verify(&statement.bytes(), signature)
            .map_err(|_| Reason::CardSignature)
    }

    fn name(&self) -> CardName {
        CardName {
            key_name: self.certificate.key_name(),
            until: self.certificate.valid().1,
            der: self.certificate.der().to_vec(),
        }
    }
}

/// Linking says who somebody is, everything else that the same person is here again. A guardian's signature
/// comes inside a minor's proof and is never one of its own.
const fn serves(method: CardMethod, purpose: CardPurpose) -> bool {
    match purpose {
        CardPurpose::Link => matches!(method, CardMethod::SignatureCertificate | CardMethod::CardRecord),
        CardPurpose::Login | CardPurpose::Unlock | CardPurpose::KeyId => {
            matches!(method, CardMethod::UserAuthentication)
        }
        CardPurpose::Guardian => false,
    }
}

fn exactly<const N: usize>(certificates: Vec<Certificate>) -> Result<[Certificate; N], Reason> {
    certificates.try_into().map_err(|_| Reason::CertificateUntrusted)
}

const fn unreadable(error: &CertificateError) -> Reason {
    match error {
        CertificateError::Attribute(_) => Reason::Attributes,
        _ => Reason::CertificateUntrusted,
    }
}

/// Whether a certificate ends on a birthday of this person, as a minor's does: on the fifth one after its
/// issue, like the card. The cards of foreign residents may end with their stay; those the office links.
fn ends_on_birthday(certificate: &Certificate, birth: &BirthDate) -> bool {
    let (Some(month), Some(day)) = (birth.month, birth.day) else {
        return true;
    };
    let Some(last) = certificate.valid().1.day().date() else {
        return false;
    };
    let ends = (last.month(), last.day());
    // Which day stands for 29 February in common years is not published.
    let leap = (month, day) == (2, 29) && matches!(ends, (2, 28) | (3, 1));
    leap || ends == (u32::from(month), u32::from(day))
}
