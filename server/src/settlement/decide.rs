//! Which function carries out what is asked about settlement.

use super::action::SettleAction;
use crate::command::CommandError;
use crate::ledger::decide::{Books, Checked, Reply};

impl Books<'_> {
    /// Carries it out.
    pub(crate) fn settle_books(&mut self, action: &SettleAction, documents: &[Checked]) -> Result<Reply, CommandError> {
        let _ = (action, documents);
        Err(CommandError::NotSetUp)
    }
}
