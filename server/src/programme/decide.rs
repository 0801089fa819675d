//! Which function carries out what is asked about the town's folder.

use super::action::SetUpAction;
use crate::command::CommandError;
use crate::ledger::decide::{Books, Reply};

impl Books<'_> {
    /// Carries it out.
    pub(crate) fn set_up(&mut self, action: &SetUpAction) -> Result<Reply, CommandError> {
        let _ = action;
        Err(CommandError::NotSetUp)
    }
}
