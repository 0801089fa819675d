//! Bodies of the sync API that are not documents: CBOR arrays, checked canonical on arrival
//! (`docs/protocol.md`, "The sync API").

pub mod acquire;

use crate::doc::Role;
use crate::doc::field::{Bytes, codes, record};
use crate::jpki::statement::CardPurpose;
use crate::money::Amount;
use crate::signature::PublicKey;
use crate::time::Time;

/// The media type of requests and answers.
pub const CBOR: &str = "application/cbor";

/// The media type of errors (RFC 9457).
pub const PROBLEM: &str = "application/problem+json";

/// The header with the protocol version of a request and an answer.
pub const VERSION_HEADER: &str = "kinchaku-version";

/// The version this software speaks. A server takes this one and the one before.
pub const VERSION: u8 = 1;

record! {
    /// A nonce to sign before enrolling. The server keeps nothing: it recognises its own.
    pub struct Nonce [
        /// To be signed and sent back.
        nonce: Bytes,
        /// The server's time, not yet proven.
        at: Time,
    ]
}

record! {
    /// A device asks to be enrolled with an invitation code.
    pub struct EnrolRequest [
        /// The code as printed, without spaces.
        code: String,
        /// As what.
        role: Role,
        /// The server's nonce.
        nonce: Bytes,
        /// K_sync.
        sync_key: PublicKey,
        /// K_sync's signature of [`EnrolRequest::challenge`].
        sync_proof: [u8; 64],
        /// K_pay and its signature, for wallets.
        pay: Option<PayKey>,
    ]
}

record! {
    /// A payment key with its proof of possession.
    pub struct PayKey [
        /// K_pay.
        key: PublicKey,
        /// K_pay's signature of [`EnrolRequest::challenge`].
        proof: [u8; 64],
    ]
}

impl EnrolRequest {
    /// What both keys sign: both keys, the role and the nonce, so that no part can be exchanged.
    #[must_use]
    pub fn challenge(role: Role, nonce: &[u8], sync_key: &PublicKey, pay_key: Option<&PublicKey>) -> Vec<u8> {
        let mut message = b"kinchaku/enrol/1\0".to_vec();
        message.push(role.number());
        message.extend(sync_key.0);
        message.extend(pay_key.map_or([0; 33], |key| key.0));
        message.extend(nonce);
        message
    }
}

record! {
    /// What an enrolled device needs to begin.
    pub struct EnrolAnswer [
        /// Its `device` document.
        device: Bytes,
        /// The keys of the town.
        keyset: Bytes,
        /// The bulletin in force.
        bulletin: Bytes,
    ]
}

record! {
    /// A wallet asks for an allowance.
    pub struct AllowanceRequest [
        /// The close of the one before, where it is given back.
        close: Option<Bytes>,
        /// A ceiling the person chose, or none.
        at_most: Option<Amount>,
    ]
}

record! {
    /// A device asks what changed.
    pub struct PullRequest [
        /// The last page's cursor, empty at first.
        cursor: Bytes,
        /// Echoed in the page.
        nonce: Bytes,
    ]
}

record! {
    /// A wallet whose PIN is locked brings a new payment key with a one-time code from the office: the
    /// old key cannot be opened without the old PIN.
    pub struct UnlockRequest [
        /// The code as printed.
        code: String,
        /// The new K_pay; its proof is over [`UnlockRequest::challenge`].
        pay: PayKey,
    ]
}

impl UnlockRequest {
    /// What the new key signs: itself and the device it will pay for.
    #[must_use]
    pub fn challenge(device: crate::ids::Ref, pay_key: &PublicKey) -> Vec<u8> {
        let mut message = b"kinchaku/unlock/1\0".to_vec();
        message.extend(device.0);
        message.extend(pay_key.0);
        message
    }
}

/// Seconds for which a card challenge can be answered.
pub const CHALLENGE_LIFE: u64 = 15 * 60;

record! {
    /// A device asks for something that a card is to sign.
    pub struct ChallengeRequest [
        /// What for: a challenge serves no other purpose.
        purpose: CardPurpose,
    ]
}

record! {
    /// What the card is to sign, as part of a `CardStatement`.
    pub struct ChallengeAnswer [
        /// 32 random bytes, good for one proof by this device.
        challenge: [u8; 32],
        /// The last second it is taken.
        until: Time,
    ]
}

record! {
    /// A card signed the challenge. Sent again, it is answered the same.
    pub struct CardRequest [
        /// The signed `linkproof`.
        proof: Bytes,
        /// What the card agreed to: the hash of these bytes is in its statement. A [`PayKey`] for
        /// [`CardPurpose::Unlock`], with a proof over [`UnlockRequest::challenge`]; else absent.
        details: Option<Bytes>,
    ]
}

record! {
    /// What the server decided about a card's proof.
    pub struct CardAnswer [
        /// A signed `fact` about the `linkproof`: POSTED, PENDING or REJECTED with a reason.
        fact: Bytes,
        /// Who this is, where the fact is POSTED.
        standing: Option<CardStanding>,
    ]
}

record! {
    unprinted
    /// What an account knows of its person's card.
    pub struct CardStanding [
        /// 0 no card, 1 a minor's (records of the card), 2 an adult's (certificate for signatures).
        level: u8,
        /// When it was linked.
        linked_at: Option<Time>,
        /// The My Key ID, where there is one (F189).
        key_id: Option<String>,
    ]
}

record! {
    /// What stands for a minor's attributes, and for the guardian beside them (F053).
    pub struct MinorEvidence [
        /// EF 0002 of the card-input-aid application: the four attributes.
        basic_four: Bytes,
        /// EF 0003: the issuer's signature over their hash. It also has a hash of the individual number,
        /// from which that number could be computed: never stored, never logged.
        integrity: Bytes,
        /// EF 0004: the card-verifiable certificate of the signing key.
        issuer_key: Bytes,
        /// DER: the guardian's certificate for user authentication.
        guardian_certificate: Bytes,
        /// The guardian's card's signature of the statement with [`CardPurpose::Guardian`].
        guardian_signature: Bytes,
    ]
}

codes! {
    /// What somebody wants of a My Key ID, within 15 minutes of a proof for [`CardPurpose::KeyId`].
    pub enum KeyIdAction {
        /// A candidate made by the server; the third is registered at once (F190).
        Generate = 0,
        /// The candidate last shown is the one.
        Accept = 1,
        /// One of the person's own choice (F191).
        Choose = 2,
        /// No ID any more, for good (F212).
        Revoke = 3,
    }
}

record! {
    unprinted
    /// A step towards a My Key ID.
    pub struct KeyIdRequest [
        /// What is wanted.
        action: KeyIdAction,
        /// The candidate that is accepted, or the ID that is chosen or revoked; absent for
        /// [`KeyIdAction::Generate`].
        id: Option<String>,
    ]
}

codes! {
    /// How a step ended.
    pub enum KeyIdOutcome {
        /// A candidate, not registered yet.
        Candidate = 0,
        /// Registered; an ID that was there before stays as an alias (F211).
        Registered = 1,
        /// Somebody has this ID. After the third time only a generated one is left (F191).
        Taken = 2,
        /// Revoked.
        Revoked = 3,
        /// The card was not proven for this within the last 15 minutes.
        CardFirst = 4,
        /// No more choices: generate one.
        GenerateOnly = 5,
        /// There is nothing to accept or revoke under this name.
        NoSuchId = 6,
        /// The account's ID was revoked: there is no other one.
        GoneForGood = 7,
    }
}

record! {
    unprinted
    /// How it stands.
    pub struct KeyIdAnswer [
        /// How the step ended.
        outcome: KeyIdOutcome,
        /// The candidate or the ID.
        id: Option<String>,
        /// How many more candidates can be made.
        generations_left: u8,
        /// How many more taken choices there may be.
        choices_left: u8,
    ]
}
