//! Which function carries out what is asked about acquiring value.

use super::action::SaleAction;
use crate::command::CommandError;
use crate::ledger::decide::{Books, Reply};

impl Books<'_> {
    /// Carries it out.
    pub(crate) fn sale(&mut self, action: &SaleAction) -> Result<Reply, CommandError> {
        let _ = action;
        Err(CommandError::NotSetUp)
    }
}
