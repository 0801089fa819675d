//! In front of the books: what a device brings is read and judged, what is personal is sealed, and only then
//! do the books decide. A proof is judged once, however often it has to be sealed again because somebody
//! else's proof was faster.

use std::sync::Arc;

use kinchaku_protocol::api::{CardAnswer, CardRequest, CardStanding, ChallengeAnswer, PayKey, UnlockRequest};
use kinchaku_protocol::doc::field::{Bytes, from_bytes, to_bytes};
use kinchaku_protocol::doc::{CardMethod, Fact, FactKind, LinkProof, Reason, Received, Verified};
use kinchaku_protocol::ids::{DocId, Ref};
use kinchaku_protocol::jpki::statement::CardPurpose;
use kinchaku_protocol::rules::eligibility::is_minor;
use kinchaku_protocol::signature::PublicKey;
use kinchaku_protocol::time::Time;

use super::action::{CardAction, CardProof, Finding, Guardian, Proven, Sealed};
use super::challenge::serves;
use super::personal::{Certificate, Official, born_otherwise, evidence};
use super::prove::{CardTrust, Expectation, ProofError, prove};
use super::proven::{AuthBinding, ProvenCard};
use super::rows::{KeyStanding, PersonalKind};
use super::secret::{IdentitySecret, PersonKey, Unreadable};
use super::status::{CertificateStatus, StatusUnavailable};
use super::tie::Shown;
use crate::books::{Books, BooksError};
use crate::command::{Action, CommandError, Outcome};
use crate::query::Enrolled;
use crate::query::people::PersonFile;
use crate::store::StoreError;

/// How often something is sealed again because the person changed in between.
pub(super) const TRIES: usize = 4;

/// Who judges cards, and who keeps what they say.
pub struct Cards {
    pub(super) secret: IdentitySecret,
    pub(super) trust: CardTrust,
    pub(super) status: Arc<dyn CertificateStatus>,
    /// Whether children may be linked by the records of their card.
    minors: bool,
}

/// Why nothing was decided about a card. Whatever was decided is a fact.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
    /// The books did not do it.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The device is no wallet.
    #[error("not a wallet")]
    NotAWallet,
    /// A purpose that has no challenge of its own.
    #[error("no challenge for this purpose")]
    Purpose,
    /// Not a `linkproof`, or details of another form than its purpose wants.
    #[error("not understood")]
    Malformed,
    /// The town links no children by the records of their card.
    #[error("no minors by card in this town")]
    Minors,
    /// The `linkproof` is not signed by the device that brings it.
    #[error("not signed by this device")]
    Signature,
    /// The new payment key does not prove its possession.
    #[error("the payment key is not proven")]
    Key,
    /// The status of a certificate cannot be had: the same proof may come again while its challenge lives.
    #[error("the status of a certificate cannot be had: {why}")]
    Status {
        /// Why not.
        why: StatusUnavailable,
        /// Seconds to wait.
        retry: u64,
    },
    /// Personal data does not open.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

impl From<CommandError> for CardError {
    fn from(error: CommandError) -> Self {
        Self::Books(error.into())
    }
}

impl From<StoreError> for CardError {
    fn from(error: StoreError) -> Self {
        Self::Books(error.into())
    }
}

/// What a card's proof is about, read and not judged.
struct Brought {
    device: Ref,
    document: Verified<LinkProof>,
    signed: Vec<u8>,
    details: Vec<u8>,
}

impl Cards {
    /// Judges by this trust and asks this status; `minors` where children may be linked by their card.
    #[must_use]
    pub fn new(secret: IdentitySecret, trust: CardTrust, status: Arc<dyn CertificateStatus>, minors: bool) -> Self {
        Self {
            secret,
            trust,
            status,
            minors,
        }
    }
}

impl Cards {
    /// What hashes people are found by.
    pub(crate) const fn secret(&self) -> &IdentitySecret {
        &self.secret
    }
}

impl Books {
    /// A challenge for a device's card.
    ///
    /// # Errors
    /// [`CardError`].
    pub async fn card_challenge(
        &self,
        device: &Enrolled,
        purpose: CardPurpose,
        now: Time,
    ) -> Result<ChallengeAnswer, CardError> {
        device.account.ok_or(CardError::NotAWallet)?;
        if purpose == CardPurpose::Guardian {
            return Err(CardError::Purpose);
        }
        let mut challenge = [0; 32];
        getrandom::fill(&mut challenge).map_err(|_| CommandError::Unavailable)?;
        let action = CardAction::Challenge {
            device: device.reference,
            purpose,
            challenge,
        };
        match self.execute(Action::Card(action), now).await? {
            Outcome::Challenge { until } => Ok(ChallengeAnswer { challenge, until }),
            _ => Err(CommandError::Broken.into()),
        }
    }

    /// A card's proof, judged and decided. `named`: the document by which the device named itself.
    ///
    /// # Errors
    /// [`CardError`]; a proof that is refused is no error but a fact.
    pub async fn card_proof(
        &self,
        device: &Enrolled,
        named: Ref,
        request: &CardRequest,
        now: Time,
    ) -> Result<CardAnswer, CardError> {
        let account = device.account.ok_or(CardError::NotAWallet)?;
        let received = Received::<LinkProof>::read(&request.proof.0).map_err(|_| CardError::Malformed)?;
        let document = received.verify(&device.sync_key).map_err(|_| CardError::Signature)?;
        // Before a record of a minor's card is looked at.
        if document.method == CardMethod::CardRecord && !self.cards().minors {
            return Err(CardError::Minors);
        }
        let brought = Brought {
            device: device.reference,
            document,
            signed: request.proof.0.clone(),
            details: request.details.clone().unwrap_or_default().0,
        };
        let fact = self.decided(device, account, named, &brought, now).await?;
        let posted = Received::<Fact>::read(&fact).is_ok_and(|fact| fact.claims().kind == FactKind::Posted);
        let standing = if posted {
            Some(self.card_standing(account).await?)
        } else {
            None
        };
        Ok(CardAnswer {
            fact: Bytes(fact),
            standing,
        })
    }

    async fn decided(
        &self,
        device: &Enrolled,
        account: u64,
        named: Ref,
        brought: &Brought,
        now: Time,
    ) -> Result<Vec<u8>, CardError> {
        let refused = Finding::Refused(Reason::Challenge);
        if self.reader().proof(brought.document.id()).await?.is_some() {
            // It was decided; the books give the same fact again.
            return self.settle(brought, refused, now).await;
        }
        let challenge = DocId(brought.document.challenge);
        let known = self.reader().challenges(device.id).await?;
        let challenge = known.into_iter().find(|row| row.challenge == challenge);
        let challenge = challenge.ok_or(CommandError::NoChallenge)?;
        if !challenge.is_open(now) || !serves(brought.document.method, challenge.purpose) {
            return self.settle(brought, refused, now).await;
        }
        let pay_key = pay_key(challenge.purpose, named, &brought.details)?;
        let expectation = Expectation {
            purpose: challenge.purpose,
            muni: self.town().muni,
            challenge: &brought.document.challenge,
            sync_key: &device.sync_key,
            details: &brought.details,
        };
        let cards = self.cards();
        let judged = prove(
            &brought.document,
            &expectation,
            &cards.trust,
            cards.status.as_ref(),
            now,
        )
        .await;
        let card = match judged {
            Ok(card) => card,
            Err(ProofError::Refused(reason)) => return self.settle(brought, Finding::Refused(reason), now).await,
            Err(ProofError::Unavailable { why, retry }) => return Err(CardError::Status { why, retry }),
        };
        self.follow_up(account, brought, &card, pay_key, now).await
    }

    /// Seals what the proof says and lets the books decide.
    async fn follow_up(
        &self,
        account: u64,
        brought: &Brought,
        card: &ProvenCard,
        pay_key: Option<PublicKey>,
        now: Time,
    ) -> Result<Vec<u8>, CardError> {
        let guardian = self.guardian(card, now).await?;
        for _ in 0..TRIES {
            let file = self.reader().person(account).await?.ok_or(CommandError::NoAccount)?;
            let proven = Proven {
                shown: self.cards().shown(card, account, &file)?,
                guardian,
                pay_key,
                sealed: self.cards().sealed(card, account, &file, brought)?,
                checked_at: card.checked_at,
            };
            match self.settle(brought, Finding::Proven(Box::new(proven)), now).await {
                Err(CardError::Books(BooksError::Command(CommandError::Changed))) => {}
                settled => return settled,
            }
        }
        Err(CommandError::Unavailable.into())
    }

    async fn settle(&self, brought: &Brought, finding: Finding, now: Time) -> Result<Vec<u8>, CardError> {
        let proof = CardProof {
            device: brought.device,
            document: brought.document.id(),
            challenge: DocId(brought.document.challenge),
            method: brought.document.method,
            finding,
        };
        let action = Action::Card(CardAction::Proof(Box::new(proof)));
        match self.execute(action, now).await? {
            Outcome::Fact(fact) => Ok(fact),
            _ => Err(CommandError::Broken.into()),
        }
    }

    /// Whose card the guardian's is, and whether that person is of age.
    async fn guardian(&self, card: &ProvenCard, now: Time) -> Result<Option<Guardian>, CardError> {
        let Some(guardian) = &card.guardian else {
            return Ok(None);
        };
        let auth = self.cards().secret.certificate(&guardian.key_name);
        let of_age = match self.reader().holder_of(auth).await? {
            Some(account) => {
                let file = self.reader().person(account).await?.unwrap_or_default();
                let official = self.cards().official(account, &file)?;
                let adult = official.and_then(|official| is_minor(&official.four.birth, now.day())) == Some(false);
                adult.then_some(account)
            }
            None => None,
        };
        Ok(Some(Guardian { auth, of_age }))
    }

    /// What an account knows of its person's card.
    ///
    /// # Errors
    /// [`CardError`].
    pub async fn card_standing(&self, account: u64) -> Result<CardStanding, CardError> {
        let file = self.reader().person(account).await?.ok_or(CommandError::NoAccount)?;
        let key_id = self.cards().current_id(account, &file)?;
        Ok(CardStanding {
            level: file.level,
            linked_at: file.person.map(|person| person.linked_at),
            key_id: key_id.map(|id| id.to_string()),
        })
    }
}

/// What the card agreed to beyond its purpose: a new payment key, which proves itself, or nothing.
fn pay_key(purpose: CardPurpose, named: Ref, details: &[u8]) -> Result<Option<PublicKey>, CardError> {
    if purpose != CardPurpose::Unlock {
        return details.is_empty().then_some(None).ok_or(CardError::Malformed);
    }
    let pay: PayKey = from_bytes(details).map_err(|_| CardError::Malformed)?;
    let challenge = UnlockRequest::challenge(named, &pay.key);
    pay.key.verify(&challenge, &pay.proof).map_err(|_| CardError::Key)?;
    Ok(Some(pay.key))
}

impl Cards {
    /// The key of an account's person, where there is one.
    pub(super) fn key(&self, account: u64, file: &PersonFile) -> Result<Option<PersonKey>, Unreadable> {
        let wrapped = file.wrapped.as_deref();
        wrapped.map(|wrapped| self.secret.person(account, wrapped)).transpose()
    }

    /// The attributes of an account's person.
    pub(super) fn official(&self, account: u64, file: &PersonFile) -> Result<Option<Official>, Unreadable> {
        let Some(key) = self.key(account, file)? else {
            return Ok(None);
        };
        let row = file.data.iter().find(|row| row.kind == PersonalKind::Official);
        let Some(sealed) = row.and_then(|row| row.sealed.as_deref()) else {
            return Ok(None);
        };
        let plain = key.open(PersonalKind::Official, sealed)?;
        from_bytes(&plain).map(Some).map_err(|_| Unreadable)
    }

    fn shown(&self, card: &ProvenCard, account: u64, file: &PersonFile) -> Result<Shown, Unreadable> {
        let other_birth = match (&card.attributes, self.official(account, file)?) {
            (Some(shown), Some(known)) => born_otherwise(&shown.four, &known.four),
            _ => false,
        };
        let platform = card
            .correspondence
            .previous
            .iter()
            .chain(&card.correspondence.auth_of_sign);
        Ok(Shown {
            auth: self.secret.certificate(&card.auth.key_name),
            standing: match card.auth_standing {
                AuthBinding::Proven => KeyStanding::Proven,
                AuthBinding::Corresponds => KeyStanding::Corresponds,
                AuthBinding::Claimed => KeyStanding::Claimed,
            },
            sign: card.sign.as_ref().map(|sign| self.secret.certificate(&sign.key_name)),
            platform: platform.map(|name| self.secret.certificate(name)).collect(),
            other_birth,
        })
    }

    fn sealed(
        &self,
        card: &ProvenCard,
        account: u64,
        file: &PersonFile,
        brought: &Brought,
    ) -> Result<Sealed, Unreadable> {
        let key = match self.key(account, file)? {
            Some(key) => key,
            None => self.secret.new_person(account)?,
        };
        let official = Official::of(card);
        let official = official.map(|official| key.seal(PersonalKind::Official, &to_bytes(&official)));
        let kind = match card.method {
            CardMethod::UserAuthentication => PersonalKind::PresenceEvidence,
            CardMethod::SignatureCertificate | CardMethod::CardRecord => PersonalKind::LinkEvidence,
        };
        let proof = evidence(&brought.document, &brought.signed, &brought.details);
        Ok(Sealed {
            official: official.transpose()?,
            certificate: key.seal(PersonalKind::Certificate, &to_bytes(&Certificate::from(&card.auth)))?,
            evidence: key.seal(kind, &proof)?,
            wrapped: key.wrapped().to_vec(),
        })
    }
}
