//! Certificates off the card, judged at the touch: so that a person hears then, not later, what is wrong.
//!
//! Whether one was revoked is the server's to ask.

use std::sync::Arc;

use kinchaku_protocol::jpki::card_record::CvcRoots;
use kinchaku_protocol::jpki::certificate::{Certificate, CertificateError, Purpose};
use kinchaku_protocol::jpki::trust::{Anchors, ChainError};
use kinchaku_protocol::time::Time;

use super::apdu::StatusWord;
use super::error::{CardError, Stop};
use super::link::Card;
use super::profile::{Availability, File, Token};
use super::read::read;

/// Whom an exchange believes, and when it is.
#[derive(Clone)]
pub struct Trusted {
    /// Who issues certificates.
    pub anchors: Arc<Anchors>,
    /// Who certifies the keys that sign the basic four.
    pub roots: Arc<CvcRoots>,
    /// The time certificates are judged at.
    pub now: Time,
}

impl Trusted {
    /// The JPKI and the card issuers, at this time. Test cards, whose keys everybody can have, in the demo alone
    /// (docs/adr/0011).
    #[must_use]
    pub fn at(now: Time) -> Self {
        let (anchors, roots) = (Anchors::production(), CvcRoots::production());
        let (anchors, roots) = if cfg!(feature = "demo") {
            (anchors.and(Anchors::test()), roots.and(CvcRoots::test()))
        } else {
            (anchors, roots)
        };
        Self {
            anchors: Arc::new(anchors),
            roots: Arc::new(roots),
            now,
        }
    }

    /// # Errors
    /// [`CardError::Expired`], [`CardError::NotYetValid`], [`CardError::NotTrusted`].
    pub(super) fn check(&self, certificate: &Certificate, purpose: Purpose) -> Result<(), CardError> {
        self.anchors
            .verify(certificate, purpose, self.now)
            .map_err(|error| match error {
                ChainError::Expired { until } => CardError::Expired { until },
                ChainError::NotYet { from } => CardError::NotYetValid { from },
                ChainError::WrongPurpose { .. }
                | ChainError::UnknownIssuer
                | ChainError::BadSignature
                | ChainError::WrongIssuer { .. }
                | ChainError::IssuerNotValid { .. } => CardError::NotTrusted,
            })
    }
}

/// What the card says it carries, where it says so at all. The application is selected.
pub(super) async fn availability(card: &mut Card) -> Result<Option<Availability>, Stop> {
    match read(card, File::Availability).await {
        Ok(file) => Ok(card.generation().available(&file)),
        Err(Stop::Failed(CardError::Refused { .. } | CardError::Malformed { .. })) => Ok(None),
        Err(stop) => Err(stop),
    }
}

/// The 利用者証明用 certificate, which a card shows to everybody and a phone does not.
pub(super) async fn auth_certificate(card: &mut Card) -> Result<Certificate, Stop> {
    let file = File::AuthCertificate;
    match read(card, file).await {
        Ok(content) => Ok(parsed(&content, file)?),
        Err(Stop::Failed(error)) => match error {
            CardError::Refused { status, .. } if status == StatusWord::NOT_FOUND => {
                Err(CardError::NoAuthCertificate.into())
            }
            CardError::Refused { .. } if is_phone(card).await? => Err(CardError::PhoneToken.into()),
            _ => Err(error.into()),
        },
        Err(Stop::Lost) => Err(Stop::Lost),
    }
}

/// The 署名用 certificate. Its password was verified.
pub(super) async fn sign_certificate(card: &mut Card) -> Result<Certificate, Stop> {
    let file = File::SignCertificate;
    match read(card, file).await {
        Ok(content) => Ok(parsed(&content, file)?),
        Err(Stop::Failed(CardError::Refused { status, .. })) if status == StatusWord::NOT_FOUND => {
            Err(CardError::NoSignCertificate.into())
        }
        Err(stop) => Err(stop),
    }
}

fn parsed(content: &[u8], file: File) -> Result<Certificate, CardError> {
    Certificate::read(content).map_err(|error| match (error, file) {
        (CertificateError::Absent, File::SignCertificate) => CardError::NoSignCertificate,
        (CertificateError::Absent, _) => CardError::NoAuthCertificate,
        (CertificateError::UnsupportedKey(_), _) => CardError::UnknownKey,
        _ => CardError::Malformed { file },
    })
}

/// What answers. The JPKI application is selected.
pub(super) async fn token(card: &mut Card) -> Result<Token, Stop> {
    match read(card, File::TokenInfo).await {
        Ok(label) => Ok(Token::named(&label)),
        Err(Stop::Failed(CardError::Refused { .. } | CardError::Malformed { .. })) => Ok(Token::Other),
        Err(stop) => Err(stop),
    }
}

/// Asked only where something was refused: it costs a command, and a card need not be asked.
pub(super) async fn is_phone(card: &mut Card) -> Result<bool, Stop> {
    Ok(matches!(token(card).await?, Token::AndroidPhone | Token::IPhone))
}
