//! Who is here again, without a PIN: the 利用者証明用 certificate, which every reader can copy. So it is a claim;
//! what it may open is for the caller to decide.

use kinchaku_protocol::jpki::certificate::{Certificate, Purpose};

use super::certificate::{Trusted, auth_certificate};
use super::error::Stop;
use super::exchange::{Exchange, Plan, Progress};
use super::link::Card;
use super::profile::Application;

/// Reads the certificate in the fewest commands there are: SELECT, and a READ BINARY for each 256 bytes.
#[must_use]
pub fn recognise(trusted: Trusted) -> Exchange<Certificate> {
    Exchange::of(Recognise { trusted })
}

struct Recognise {
    trusted: Trusted,
}

impl Plan for Recognise {
    type Output = Certificate;

    async fn touch(&mut self, card: &mut Card) -> Result<Certificate, Stop> {
        card.select(Application::Jpki).await?;
        let certificate = auth_certificate(card).await?;
        card.reached(Progress::Read);
        self.trusted.check(&certificate, Purpose::UserAuthentication)?;
        Ok(certificate)
    }
}
