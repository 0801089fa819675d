//! Bodies of the sync API that are not documents: CBOR arrays, checked canonical on arrival
//! (`docs/protocol.md`, "The sync API").

use crate::doc::Role;
use crate::doc::field::{Bytes, record};
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
