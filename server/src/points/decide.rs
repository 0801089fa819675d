//! Which function carries out what is asked about points.

use super::action::PointsAction;
use crate::command::CommandError;
use crate::ledger::decide::{Books, Reply};

impl Books<'_> {
    /// Carries it out.
    pub(crate) fn points(&mut self, action: &PointsAction) -> Result<Reply, CommandError> {
        match action {
            PointsAction::Grant { earnings } => self.grant(earnings),
            PointsAction::Expire { balances } => self.end_balances(balances),
            PointsAction::Judge { members } => self.judge(members),
            PointsAction::Forfeit(asked) => self.take_away(asked),
        }
        .map(Reply::Ready)
    }
}
