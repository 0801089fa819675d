//! Somebody without a 署名用 certificate links the card: the 利用者証明用 key signs the server's statement, and the card's
//! issuer vouches for the basic four (F053).
//!
//! Two secrets in one touch, so that no two cards are taken for one. Both counters are read before either is sent,
//! so that a locked one costs the other no try. The applications are entered twice, because the second ends what
//! was verified in the first. What is signed depends on what was read.

use kinchaku_protocol::jpki::certificate::Certificate;

use super::attributes::{self, CardAttributes};
use super::authenticate;
use super::certificate::Trusted;
use super::error::Stop;
use super::exchange::{Exchange, Plan};
use super::link::Card;
use super::profile::Application;
use super::secret::{AuthPin, TextPin};
use super::verify::Entry;

/// What links an account to the card of a minor.
#[derive(Debug)]
pub struct MinorLinked {
    /// The 利用者証明用 certificate.
    pub auth: Certificate,
    /// Of the statement over EF 0002 as read, by its key.
    pub signature: Vec<u8>,
    /// The basic four with their proof.
    pub attributes: CardAttributes,
}

/// Reads the basic four and has the statement over them signed by the 利用者証明用 key, in one touch. `statement` is
/// given EF 0002 as read.
#[must_use]
pub fn link_minor(
    auth: Entry<AuthPin>,
    text: Entry<TextPin>,
    statement: impl Fn(&[u8]) -> Vec<u8> + Send + 'static,
    nonce: Vec<u8>,
    trusted: Trusted,
) -> Exchange<MinorLinked> {
    Exchange::of(LinkMinor {
        auth: Some(auth),
        text: Some(text),
        statement: Box::new(statement),
        nonce,
        trusted,
    })
}

/// What is to be signed, given what was read.
type Statement = dyn Fn(&[u8]) -> Vec<u8> + Send;

struct LinkMinor {
    auth: Option<Entry<AuthPin>>,
    text: Option<Entry<TextPin>>,
    statement: Box<Statement>,
    nonce: Vec<u8>,
    trusted: Trusted,
}

impl Plan for LinkMinor {
    type Output = MinorLinked;

    async fn touch(&mut self, card: &mut Card) -> Result<MinorLinked, Stop> {
        let (auth, auth_admitted) = authenticate::prepare(card, self.auth.as_ref(), &self.trusted).await?;
        let text_admitted = attributes::prepare(card, self.text.as_ref()).await?;
        let attributes = attributes::finish(card, &mut self.text, text_admitted, &self.nonce, &self.trusted).await?;
        card.select(Application::Jpki).await?;
        let statement = (self.statement)(&attributes.basic_four);
        let signature = authenticate::finish(card, &mut self.auth, auth_admitted, &statement, &auth).await?;
        Ok(MinorLinked {
            auth,
            signature,
            attributes,
        })
    }
}
