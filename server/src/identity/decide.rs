//! Which function carries out what is asked about cards and persons.

use super::action::CardAction;
use crate::command::CommandError;
use crate::ledger::decide::{Books, Reply};

impl Books<'_> {
    /// Carries it out.
    pub(crate) fn card(&mut self, action: &CardAction) -> Result<Reply, CommandError> {
        let outcome = match action {
            CardAction::Proof(proof) => return self.take_proof(proof),
            CardAction::Challenge {
                device,
                purpose,
                challenge,
            } => self.challenge(*device, *purpose, *challenge),
            CardAction::KeyId { device, step } => self.key_id(*device, step),
            CardAction::Tie { account, pending } => self.tie_card(*account, *pending),
            CardAction::Erase { account } => self.erase_person(*account),
            CardAction::Reveal { account } => self.reveal(*account),
            CardAction::Checked {
                account,
                confirmed_at,
                found,
            } => Ok(self.checked(*account, *confirmed_at, *found)),
        };
        outcome.map(Reply::Ready)
    }
}
