//! The person of the card is here: the 利用者証明用 key signs the server's statement.

use kinchaku_protocol::jpki::certificate::{Certificate, Purpose};

use super::certificate::{Trusted, auth_certificate};
use super::error::Stop;
use super::exchange::{Exchange, Plan, Progress};
use super::link::Card;
use super::profile::{Application, Key};
use super::secret::AuthPin;
use super::sign::{can_sign, sign};
use super::verify::{Admitted, Entry, admit, verify};

/// That the person of a card was here and knew the PIN.
#[derive(Debug)]
pub struct Authenticated {
    /// The 利用者証明用 certificate.
    pub auth: Certificate,
    /// Of the statement, by its key.
    pub signature: Vec<u8>,
}

/// Has `statement` signed by the 利用者証明用 key, in one touch.
#[must_use]
pub fn authenticate(entry: Entry<AuthPin>, statement: Vec<u8>, trusted: Trusted) -> Exchange<Authenticated> {
    Exchange::of(Authenticate {
        entry: Some(entry),
        statement,
        trusted,
    })
}

struct Authenticate {
    entry: Option<Entry<AuthPin>>,
    statement: Vec<u8>,
    trusted: Trusted,
}

impl Plan for Authenticate {
    type Output = Authenticated;

    async fn touch(&mut self, card: &mut Card) -> Result<Authenticated, Stop> {
        let (auth, admitted) = prepare(card, self.entry.as_ref(), &self.trusted).await?;
        let signature = finish(card, &mut self.entry, admitted, &self.statement, &auth).await?;
        Ok(Authenticated { auth, signature })
    }
}

/// The certificate, judged, and the card's count: all that spends no try.
pub(super) async fn prepare(
    card: &mut Card,
    entry: Option<&Entry<AuthPin>>,
    trusted: &Trusted,
) -> Result<(Certificate, Admitted), Stop> {
    card.select(Application::Jpki).await?;
    let auth = auth_certificate(card).await?;
    trusted.check(&auth, Purpose::UserAuthentication)?;
    can_sign(auth.key())?;
    let admitted = admit(card, entry).await?;
    Ok((auth, admitted))
}

/// VERIFY and the signature. The application is selected.
pub(super) async fn finish(
    card: &mut Card,
    entry: &mut Option<Entry<AuthPin>>,
    admitted: Admitted,
    statement: &[u8],
    auth: &Certificate,
) -> Result<Vec<u8>, Stop> {
    verify(card, entry, admitted).await?;
    card.reached(Progress::Read);
    let signature = sign(card, Key::Auth, statement, auth.key()).await?;
    card.reached(Progress::Signed);
    Ok(signature)
}
