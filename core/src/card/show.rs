//! A certificate for its holder to look at, whatever is wrong with it.

use kinchaku_protocol::jpki::certificate::{Certificate, Purpose};

use super::certificate::{Trusted, auth_certificate, availability, sign_certificate};
use super::error::{CardError, Stop};
use super::exchange::{Exchange, Plan, Progress};
use super::link::Card;
use super::profile::Application;
use super::secret::SignPassword;
use super::verify::{Entry, admit, verify};

/// A certificate off a card.
#[derive(Debug)]
pub struct ShownCertificate {
    /// As the card has it.
    pub certificate: Certificate,
    /// What an exchange that needs it would say of it.
    pub standing: Result<(), CardError>,
}

/// Reads the 利用者証明用 certificate, without a PIN.
#[must_use]
pub fn show_auth_certificate(trusted: Trusted) -> Exchange<ShownCertificate> {
    Exchange::of(ShowAuth { trusted })
}

/// Reads the 署名用 certificate, which its password opens.
#[must_use]
pub fn show_sign_certificate(entry: Entry<SignPassword>, trusted: Trusted) -> Exchange<ShownCertificate> {
    Exchange::of(ShowSign {
        entry: Some(entry),
        trusted,
    })
}

struct ShowAuth {
    trusted: Trusted,
}

impl Plan for ShowAuth {
    type Output = ShownCertificate;

    async fn touch(&mut self, card: &mut Card) -> Result<ShownCertificate, Stop> {
        card.select(Application::Jpki).await?;
        let certificate = auth_certificate(card).await?;
        card.reached(Progress::Read);
        Ok(shown(certificate, &self.trusted, Purpose::UserAuthentication))
    }
}

struct ShowSign {
    entry: Option<Entry<SignPassword>>,
    trusted: Trusted,
}

impl Plan for ShowSign {
    type Output = ShownCertificate;

    async fn touch(&mut self, card: &mut Card) -> Result<ShownCertificate, Stop> {
        card.select(Application::Jpki).await?;
        if availability(card).await?.is_some_and(|available| !available.sign) {
            return Err(CardError::NoSignCertificate.into());
        }
        let admitted = admit(card, self.entry.as_ref()).await?;
        verify(card, &mut self.entry, admitted).await?;
        let certificate = sign_certificate(card).await?;
        card.reached(Progress::Read);
        Ok(shown(certificate, &self.trusted, Purpose::Signature))
    }
}

fn shown(certificate: Certificate, trusted: &Trusted, purpose: Purpose) -> ShownCertificate {
    let standing = trusted.check(&certificate, purpose);
    ShownCertificate { certificate, standing }
}
