//! What can be asked of the books about cards and persons. Random values and sealed bytes come in with it;
//! of a person there are hashes alone.

use kinchaku_protocol::api::KeyIdOutcome;
use kinchaku_protocol::doc::{CardMethod, Reason};
use kinchaku_protocol::ids::{DocId, Ref};
use kinchaku_protocol::jpki::statement::CardPurpose;
use kinchaku_protocol::signature::PublicKey;
use kinchaku_protocol::time::Time;

use super::tie::Shown;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardAction {
    /// A challenge for a card.
    Challenge {
        /// For which device.
        device: Ref,
        /// What for.
        purpose: CardPurpose,
        /// Random bytes.
        challenge: [u8; 32],
    },
    /// A proof that was judged.
    Proof(Box<CardProof>),
    /// A step towards a My Key ID.
    KeyId {
        /// Of which device.
        device: Ref,
        /// Which.
        step: KeyIdStep,
    },
    /// The office says that a card is the person's of an account.
    Tie {
        /// Which account.
        account: u64,
        /// Which card: the one that the office has in its hand, not whichever waits.
        pending: u64,
    },
    /// Erases everything that says who the person of an account is.
    Erase {
        /// Which account.
        account: u64,
    },
    /// Notes that the office looks at the attributes of an account's person.
    Reveal {
        /// Which account.
        account: u64,
    },
    /// What became of the certificate that vouches for a person's attributes.
    Checked {
        /// Which account.
        account: u64,
        /// When those attributes were proven: others are not meant.
        confirmed_at: Time,
        /// [`Reason::None`] where it stands.
        found: Reason,
    },
}

/// A card's proof, signed by the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardProof {
    /// Which device.
    pub device: Ref,
    /// The document.
    pub document: DocId,
    /// The challenge it answers.
    pub challenge: DocId,
    /// What the card proved, and with what.
    pub method: CardMethod,
    /// Whether it is true.
    pub finding: Finding,
}

/// What was found of a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is not true.
    Refused(Reason),
    /// It is true.
    Proven(Box<Proven>),
}

/// What a true proof says, as far as the books need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The certificates.
    pub shown: Shown,
    /// The guardian, where one stands by.
    pub guardian: Option<Guardian>,
    /// The new payment key, for [`CardPurpose::Unlock`].
    pub pay_key: Option<PublicKey>,
    /// What is to be kept of the person.
    pub sealed: Sealed,
    /// When it was judged.
    pub checked_at: Time,
}

/// A guardian's card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guardian {
    /// The certificate for user authentication.
    pub auth: DocId,
    /// The account whose person has it and is of age, as far as could be seen.
    pub of_age: Option<u64>,
}

/// Personal data, sealed under the key of the account's person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// That key, wrapped: the one in the books, or a fresh one for the first person of an account.
    pub wrapped: Vec<u8>,
    /// The attributes; none where the proof says nothing of them.
    pub official: Option<Vec<u8>>,
    /// The certificate for user authentication.
    pub certificate: Vec<u8>,
    /// The proof itself.
    pub evidence: Vec<u8>,
}

/// A My Key ID: its hash, and itself sealed under the person's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedId {
    /// The keyed hash.
    pub hash: DocId,
    /// Sealed.
    pub sealed: Vec<u8>,
}

/// A step towards a My Key ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyIdStep {
    /// A candidate: the first of these that nobody has.
    Generate {
        /// Made at random.
        candidates: Vec<SealedId>,
        /// Under which key they are sealed.
        wrapped: Vec<u8>,
    },
    /// The candidate last shown.
    Accept(DocId),
    /// One of the person's own choice.
    Choose {
        /// Which.
        id: SealedId,
        /// Under which key it is sealed.
        wrapped: Vec<u8>,
    },
    /// No ID any more.
    Revoke(DocId),
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyIdResult {
    /// How.
    pub outcome: KeyIdOutcome,
    /// The candidate or the ID.
    pub id: Option<DocId>,
    /// How many more candidates can be made.
    pub generations_left: u8,
    /// How many more taken choices there may be.
    pub choices_left: u8,
}
