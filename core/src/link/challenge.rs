//! The server's challenge: asked for while there is a network, so that the touch itself needs none.

use kinchaku_protocol::api::{CHALLENGE_LIFE, ChallengeAnswer, ChallengeRequest};
use kinchaku_protocol::doc::field;
use kinchaku_protocol::jpki::statement::{CardPurpose, CardStatement};
use kinchaku_protocol::signature::PublicKey;
use kinchaku_protocol::time::Time;

use super::error::LinkError;
use super::prove;
use crate::home::{Home, Town};
use crate::key::DeviceKey as _;
use crate::sync::{Call, SyncError, call};

/// A challenge of the server, good for one proof by this device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// What for.
    pub purpose: CardPurpose,
    /// Until when, by this device's anchored clock.
    pub until: Time,
    pub(super) challenge: [u8; 32],
    pub(super) muni: u64,
    pub(super) sync_key: PublicKey,
}

impl Challenge {
    /// What the person's card is to sign. `details` is what is agreed to beyond the purpose: for
    /// [`CardPurpose::Unlock`] the new payment key, for a minor's link EF 0002 as read; else nothing.
    #[must_use]
    pub fn statement(&self, details: &[u8]) -> Vec<u8> {
        self.statement_for(self.purpose, details)
    }

    /// What a guardian's card is to sign beside a minor's, over the same details.
    #[must_use]
    pub fn guardian_statement(&self, details: &[u8]) -> Vec<u8> {
        self.statement_for(CardPurpose::Guardian, details)
    }

    fn statement_for(&self, purpose: CardPurpose, details: &[u8]) -> Vec<u8> {
        CardStatement {
            purpose,
            muni: self.muni,
            challenge: &self.challenge,
            sync_key: &self.sync_key,
            details,
        }
        .bytes()
    }

    pub(super) fn is_over(&self, now: Time) -> bool {
        now > self.until
    }
}

/// Asks for a challenge.
///
/// # Errors
/// [`LinkError`]; [`LinkError::Waiting`] where a proof waits, which [`super::resume`] sends. Without a network the card
/// need not be touched at all.
pub fn begin(home: &Home, purpose: CardPurpose) -> Result<Challenge, LinkError> {
    if let Some(until) = prove::waiting(home)? {
        return Err(LinkError::Waiting { until });
    }
    // The server's clock decides; ours, which may be ahead or behind, measures how long it has been and says
    // when there is no point in trying.
    let asked = home.now()?.time;
    let town = home.store().read(|db| Town::load(db).map_err(SyncError::from))?;
    let body = field::to_bytes(&ChallengeRequest { purpose });
    let answer = call(home, &town, Call::signed("card/challenge", body))?;
    let answer: ChallengeAnswer = field::from_bytes(&answer).map_err(|_| SyncError::Nonsense)?;
    Ok(Challenge {
        purpose,
        until: asked.after(CHALLENGE_LIFE),
        challenge: answer.challenge,
        muni: town.muni,
        sync_key: home.sync_key()?.public_key(),
    })
}
