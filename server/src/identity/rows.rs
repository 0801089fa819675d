//! The rows of cards and persons, one declaration for each table. None of them says who somebody is
//! without the server's secret and the person's key.

use kinchaku_protocol::doc::{CardMethod, Reason};
use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::jpki::statement::CardPurpose;
use kinchaku_protocol::time::Time;

use crate::store::table::{coded, numbered, table};

coded!(CardMethod, CardPurpose);

numbered! {
    /// A kind of certificate.
    pub enum KeyKind {
        /// For user authentication: what names a person.
        Auth = 0,
        /// For digital signatures.
        Sign = 1,
    }
}

numbered! {
    /// What ties a certificate to a person, weakest first.
    pub enum KeyStanding {
        /// It came along with a proof by another key, and recognises nobody.
        Claimed = 0,
        /// The platform says that it is this person's.
        Corresponds = 1,
        /// Its key signed for this account.
        Proven = 2,
    }
}

numbered! {
    /// What became of a card to be tied at the office.
    pub enum PendingState {
        /// Nobody has decided.
        Open = 0,
        /// It is the person's.
        Tied = 1,
        /// Another one came in its place, or the person was erased.
        Dropped = 2,
    }
}

numbered! {
    /// A kind of personal data.
    pub enum PersonalKind {
        /// The four attributes with their source, and the certificate that says them.
        Official = 0,
        /// The certificate for user authentication used last (F192).
        Certificate = 1,
        /// The proof of the link.
        LinkEvidence = 2,
        /// The last proof that the person was here again.
        PresenceEvidence = 3,
    }
}

numbered! {
    /// What a My Key ID is to its account.
    pub enum KeyIdState {
        /// A candidate, kept for the account until it takes another one.
        Reserved = 0,
        /// The one in use.
        Current = 1,
        /// One used before, which still leads to the account (F211).
        Alias = 2,
        /// Gone for good (F212).
        Revoked = 3,
        /// A candidate nobody took.
        Free = 4,
    }
}

numbered! {
    /// What the office did with a person's data.
    pub enum Deed {
        /// Tied a card to the person of an account.
        Tied = 0,
        /// Erased the person.
        Erased = 1,
        /// Looked at the attributes.
        Revealed = 2,
    }
}

table! {
    /// A challenge for a card.
    pub struct ChallengeRow in "card_challenges" key [
        /// Whose.
        device: u64,
        /// Its place.
        slot: u8,
    ] {
        /// 32 random bytes.
        challenge: DocId,
        /// What for.
        purpose: CardPurpose,
        /// The last second it is taken.
        until: Time,
        /// The proof that used it.
        used_by: Option<DocId>,
    }
}

table! {
    /// A proof that was decided.
    pub struct ProofRow in "card_proofs" key [
        /// The document.
        id: DocId,
    ] {
        /// For which account.
        account: u64,
        /// The number of its fact.
        fact: u64,
        /// When.
        decided_at: Time,
    }
}

table! {
    /// The person of an account.
    pub struct PersonRow in "persons" key [
        /// Which account.
        account: u64,
    ] {
        /// How the link was proven: the better way, where there were two.
        method: CardMethod,
        /// When it was linked first.
        linked_at: Time,
        /// When the attributes were proven last.
        confirmed_at: Time,
        /// The account of the guardian who stood by.
        guardian: Option<u64>,
        /// When the certificate's status was asked last.
        checked_at: Time,
        /// Since when the certificate no longer vouches for the attributes.
        lapsed_at: Option<Time>,
        /// Why.
        lapse: Reason,
        /// When everything that says who it is was erased.
        erased_at: Option<Time>,
    }
}

table! {
    /// A certificate of a person.
    pub struct KeyRow in "card_keys" key [
        /// Its number here.
        id: u64,
    ] {
        /// Whose.
        account: u64,
        /// The keyed hash of what names it; none once the person was erased.
        hash: Option<DocId>,
        /// What it is for.
        kind: KeyKind,
        /// What ties it to the person.
        standing: KeyStanding,
        /// Since when it is known.
        since: Time,
    }
}

table! {
    /// A card to be tied at the office.
    pub struct PendingRow in "card_pendings" key [
        /// Its number.
        id: u64,
    ] {
        /// To which account.
        account: u64,
        /// What became of it.
        state: PendingState,
        /// How it was proven.
        method: CardMethod,
        /// The hash of its certificate for user authentication.
        auth: Option<DocId>,
        /// What ties that one to the card.
        standing: KeyStanding,
        /// The hash of its certificate for signatures.
        sign: Option<DocId>,
        /// Its attributes, sealed.
        official: Option<Vec<u8>>,
        /// Its certificate for user authentication, sealed.
        certificate: Option<Vec<u8>>,
        /// The proof, sealed.
        evidence: Option<Vec<u8>>,
        /// When it came.
        came_at: Time,
    }
}

table! {
    /// The key of a person's data.
    pub struct PersonalKeyRow in "personal_keys" key [
        /// Whose.
        account: u64,
    ] {
        /// Wrapped by the server's key; none once it was erased.
        wrapped: Option<Vec<u8>>,
    }
}

table! {
    /// A person's data.
    pub struct PersonalRow in "personal_data" key [
        /// Whose.
        account: u64,
        /// What.
        kind: PersonalKind,
    ] {
        /// Sealed by the person's key; none once it was erased.
        sealed: Option<Vec<u8>>,
        /// When it was put here.
        at: Time,
    }
}

table! {
    /// A My Key ID.
    pub struct KeyIdRow in "my_key_ids" key [
        /// Its keyed hash.
        hash: DocId,
    ] {
        /// Whose.
        account: u64,
        /// What it is to the account.
        state: KeyIdState,
        /// The ID itself, sealed by the person's key; none once it was erased.
        sealed: Option<Vec<u8>>,
        /// Since when.
        since: Time,
    }
}

table! {
    /// How far an account is with its My Key ID.
    pub struct KeyIdProgressRow in "my_key_progress" key [
        /// Which account.
        account: u64,
    ] {
        /// Candidates made since the last registration.
        generations: u8,
        /// Choices that were taken since the last registration.
        choices: u8,
        /// The candidate last shown.
        candidate: Option<DocId>,
        /// The ID in use.
        current: Option<DocId>,
        /// The device on which the card was proven.
        device: Option<u64>,
        /// Until when that counts.
        open_until: Time,
        /// When the ID was revoked.
        revoked_at: Option<Time>,
    }
}

table! {
    /// What the office did with a person's data.
    pub struct DeedRow in "identity_log" key [
        /// Its number.
        id: u64,
    ] {
        /// Whose.
        account: u64,
        /// What.
        deed: Deed,
        /// The card that was tied.
        pending: Option<u64>,
        /// When.
        at: Time,
    }
}
