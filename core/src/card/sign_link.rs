//! An adult links the card: the 署名用 certificate, which says who somebody is, signs the server's statement (F138).
//!
//! Everything that can end it without a try comes first: no such card, no certificate, an expired one. Name,
//! address, birth date and sex stand in the certificate that is returned (F055).

use kinchaku_protocol::jpki::certificate::{Certificate, Purpose};

use super::certificate::{Trusted, auth_certificate, availability, sign_certificate};
use super::error::{CardError, Stop};
use super::exchange::{Exchange, Plan, Progress};
use super::link::Card;
use super::profile::{Application, Key};
use super::secret::SignPassword;
use super::sign::{can_sign, sign};
use super::verify::{Entry, admit, verify};

/// What links an account to an adult's card.
#[derive(Debug)]
pub struct SignLinked {
    /// The 署名用 certificate, with the basic four.
    pub sign: Certificate,
    /// The 利用者証明用 certificate, by which the card is known from then on.
    pub auth: Certificate,
    /// Of the statement, by the 署名用 key.
    pub signature: Vec<u8>,
}

/// Has `statement` signed by the 署名用 key, in one touch.
#[must_use]
pub fn sign_link(entry: Entry<SignPassword>, statement: Vec<u8>, trusted: Trusted) -> Exchange<SignLinked> {
    Exchange::of(SignLink {
        entry: Some(entry),
        statement,
        trusted,
    })
}

struct SignLink {
    entry: Option<Entry<SignPassword>>,
    statement: Vec<u8>,
    trusted: Trusted,
}

impl Plan for SignLink {
    type Output = SignLinked;

    async fn touch(&mut self, card: &mut Card) -> Result<SignLinked, Stop> {
        card.select(Application::Jpki).await?;
        if let Some(available) = availability(card).await? {
            if !available.sign {
                return Err(CardError::NoSignCertificate.into());
            }
            if !available.auth {
                return Err(CardError::NoAuthCertificate.into());
            }
        }
        let auth = auth_certificate(card).await?;
        self.trusted.check(&auth, Purpose::UserAuthentication)?;
        can_sign(auth.key())?;
        let admitted = admit(card, self.entry.as_ref()).await?;
        verify(card, &mut self.entry, admitted).await?;
        let certificate = sign_certificate(card).await?;
        self.trusted.check(&certificate, Purpose::Signature)?;
        card.reached(Progress::Read);
        let signature = sign(card, Key::Sign, &self.statement, certificate.key()).await?;
        card.reached(Progress::Signed);
        Ok(SignLinked {
            sign: certificate,
            auth,
            signature,
        })
    }
}
