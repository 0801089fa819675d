//! Which function carries out what is asked about access.

use super::action::AccessAction;
use crate::command::CommandError;
use crate::ledger::decide::{Books, Reply};

impl Books<'_> {
    /// Carries it out.
    pub(crate) fn access(&mut self, action: &AccessAction) -> Result<Reply, CommandError> {
        let _ = action;
        Err(CommandError::NotSetUp)
    }
}
