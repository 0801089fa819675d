//! Which function carries out what is asked about settlement.

use super::action::SettleAction;
use crate::command::{CommandError, Outcome};
use crate::ledger::decide::{Books, Checked, Reply};

impl Books<'_> {
    /// Carries it out.
    pub(crate) fn settle_books(&mut self, action: &SettleAction, documents: &[Checked]) -> Result<Reply, CommandError> {
        match action {
            SettleAction::Begin { class, number } => self.begin_close(*class, *number)?,
            SettleAction::Pay { class, number, shops } => self.pay_shops(*class, *number, shops)?,
            SettleAction::Finish { class, number } => self.finish_close(*class, *number)?,
            SettleAction::Cancel { by, token, note, .. } => return self.cancel(documents, (*by, *token), note),
            SettleAction::CashRefund {
                intent,
                by,
                token,
                note,
            } => self.cash_refund(*intent, (*by, *token), note)?,
        }
        Ok(Reply::Ready(Outcome::Done))
    }
}
