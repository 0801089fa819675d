//! Name, address, birth date and sex as the card's issuer signed them, verified offline; and, where the card can,
//! its own signature over a nonce, which a copy of its files cannot give.

use kinchaku_protocol::jpki::attributes::BasicFour;
use kinchaku_protocol::jpki::card_record::{InternalKey, RecordError, RecordFile, verify_basic_four};

use super::certificate::Trusted;
use super::error::{CardError, Stop};
use super::exchange::{Exchange, Plan, Progress};
use super::link::Card;
use super::profile::File;
use super::read::read;
use super::secret::TextPin;
use super::sign::sign_presence;
use super::status::select_text;
use super::verify::{Admitted, Entry, admit, verify};

/// The basic four of a card, and what proves them to somebody else.
pub struct CardAttributes {
    /// What they say.
    pub four: BasicFour,
    /// The file they stand in.
    pub basic_four: Vec<u8>,
    /// The issuer's signature over it.
    pub integrity: Vec<u8>,
    /// The certificate of the issuer's key.
    pub issuer_certificate: Vec<u8>,
    /// The card's own key, signed by the issuer.
    pub presence_key: Vec<u8>,
    /// Of the nonce, by that key; `None` where the card does not sign so.
    pub presence: Option<Vec<u8>>,
}

impl std::fmt::Debug for CardAttributes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CardAttributes").finish_non_exhaustive()
    }
}

/// Reads the basic four, in one touch.
#[must_use]
pub fn read_attributes(entry: Entry<TextPin>, nonce: Vec<u8>, trusted: Trusted) -> Exchange<CardAttributes> {
    Exchange::of(ReadAttributes {
        entry: Some(entry),
        nonce,
        trusted,
    })
}

struct ReadAttributes {
    entry: Option<Entry<TextPin>>,
    nonce: Vec<u8>,
    trusted: Trusted,
}

impl Plan for ReadAttributes {
    type Output = CardAttributes;

    async fn touch(&mut self, card: &mut Card) -> Result<CardAttributes, Stop> {
        let admitted = prepare(card, self.entry.as_ref()).await?;
        let attributes = finish(card, &mut self.entry, admitted, &self.nonce, &self.trusted).await?;
        card.reached(Progress::Read);
        if attributes.presence.is_some() {
            card.reached(Progress::Signed);
        }
        Ok(attributes)
    }
}

/// The card's count: all that spends no try.
pub(super) async fn prepare(card: &mut Card, entry: Option<&Entry<TextPin>>) -> Result<Admitted, Stop> {
    select_text(card).await?;
    admit(card, entry).await
}

/// VERIFY, the files and the card's own signature. The application is selected.
pub(super) async fn finish(
    card: &mut Card,
    entry: &mut Option<Entry<TextPin>>,
    admitted: Admitted,
    nonce: &[u8],
    trusted: &Trusted,
) -> Result<CardAttributes, Stop> {
    verify(card, entry, admitted).await?;
    let basic_four = read(card, File::BasicFour).await?;
    let integrity = read(card, File::Integrity).await?;
    let issuer_certificate = read(card, File::IssuerCertificate).await?;
    let presence_key = read(card, File::PresenceKey).await?;
    let four = verify_basic_four(&basic_four, &integrity, &issuer_certificate, &trusted.roots).map_err(judged)?;
    let key = InternalKey::read(&presence_key, &issuer_certificate, &trusted.roots).map_err(judged)?;
    let presence = sign_presence(card, nonce).await?;
    if let Some(signature) = &presence {
        key.verify(nonce, signature).map_err(|_| CardError::Cloned)?;
    }
    Ok(CardAttributes {
        four,
        basic_four,
        integrity,
        issuer_certificate,
        presence_key,
        presence,
    })
}

fn judged(error: RecordError) -> CardError {
    let file = match error {
        RecordError::UnknownRoot | RecordError::Signature(_) | RecordError::Digest => return CardError::NotTrusted,
        RecordError::Attribute(_) => RecordFile::BasicFour,
        RecordError::TooLong { file, .. } | RecordError::Form { file, .. } | RecordError::Key { file, .. } => file,
    };
    CardError::Malformed {
        file: match file {
            RecordFile::BasicFour => File::BasicFour,
            RecordFile::Integrity => File::Integrity,
            RecordFile::IssuerKey => File::IssuerCertificate,
            RecordFile::InternalKey => File::PresenceKey,
        },
    }
}
