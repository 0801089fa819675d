//! Challenges for cards: single use, for one device and one purpose, for fifteen minutes. A device has five
//! places; a further challenge takes the place of one that is used or over, or else of the oldest.

use kinchaku_protocol::api::CHALLENGE_LIFE;
use kinchaku_protocol::doc::CardMethod;
use kinchaku_protocol::ids::{DocId, Ref};
use kinchaku_protocol::jpki::statement::CardPurpose;
use kinchaku_protocol::time::Time;

use super::rows::ChallengeRow;
use crate::command::{CommandError, Outcome};
use crate::ledger::decide::Books;

/// Challenges of one device that can be answered at the same time.
pub const PLACES: u8 = 5;

impl Books<'_> {
    pub(crate) fn challenge(
        &mut self,
        reference: Ref,
        purpose: CardPurpose,
        challenge: [u8; 32],
    ) -> Result<Outcome, CommandError> {
        let device = self.device(reference)?;
        device.account.ok_or(CommandError::NoDevice)?;
        let now = self.now;
        let place = |slot: u8| {
            let row = self.view.card_challenges.get(&(device.id, slot));
            let open = row.is_some_and(|row| row.is_open(now));
            (open, row.map_or(Time(0), |row| row.until), slot)
        };
        let (.., slot) = (0..PLACES).map(place).min().ok_or(CommandError::Broken)?;
        let until = now.after(CHALLENGE_LIFE);
        self.view.card_challenges.put(ChallengeRow {
            device: device.id,
            slot,
            challenge: DocId(challenge),
            purpose,
            until,
            used_by: None,
        });
        Ok(Outcome::Challenge { until })
    }

    /// The challenge of a device with these bytes.
    pub(crate) fn challenge_of(&self, device: u64, challenge: DocId) -> Option<ChallengeRow> {
        let places = self.view.card_challenges.between((device, 0), (device, u8::MAX));
        places.filter(|row| row.challenge == challenge).last().cloned()
    }
}

impl ChallengeRow {
    /// Whether it can be answered.
    #[must_use]
    pub fn is_open(&self, now: Time) -> bool {
        self.used_by.is_none() && now <= self.until
    }
}

/// Whether such a proof is what such a challenge asks for. A guardian's signature is part of a minor's
/// proof and has no challenge of its own.
#[must_use]
pub const fn serves(method: CardMethod, purpose: CardPurpose) -> bool {
    match method {
        CardMethod::SignatureCertificate | CardMethod::CardRecord => matches!(purpose, CardPurpose::Link),
        CardMethod::UserAuthentication => {
            matches!(purpose, CardPurpose::Login | CardPurpose::Unlock | CardPurpose::KeyId)
        }
    }
}
