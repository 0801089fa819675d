//! The end of balances of the extending kind (F022 to F025): the whole of one, the day after its last day, and not
//! while a hold on it lives, since a payment that was made in time may still come in and move the day.

use std::collections::BTreeSet;

use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::expiry::is_due;

use super::acquire::end_on;
use crate::command::{CommandError, Outcome};
use crate::ledger::decide::Books;
use crate::ledger::journal::{Head, Movement, enter};
use crate::ledger::line::put_lot;
use crate::ledger::rows::{Book, EntryKind, LotRow, NO_PARTY};
use crate::store::table::Column;

impl Books<'_> {
    /// Ends those whose day has passed. Lots with a day of their own end by it ([`crate::command::Action::Expire`]).
    pub(super) fn end_balances(&mut self, balances: &[(u64, ClassId)]) -> Result<Outcome, CommandError> {
        let named: BTreeSet<_> = balances.iter().copied().collect();
        let mut ended = 0_u64;
        for (account, class) in named {
            let until = self.view.extending.get(&(account, class)).and_then(|row| row.until);
            let own = self.view.lots.by(&account.to_value());
            let of_balance = |lot: &&LotRow| lot.class == class && lot.until.is_none() && !lot.remaining.is_zero();
            let lots: Vec<LotRow> = own.filter(of_balance).cloned().collect();
            let live = lots.iter().any(|lot| !lot.held.is_zero());
            if !is_due(until, self.now.day(), live) {
                continue;
            }
            let mut movement = Movement::default();
            let some = !lots.is_empty();
            for mut lot in lots {
                let amount = std::mem::replace(&mut lot.remaining, Amount::ZERO);
                movement.user_to((account, lot.id), Book::ExpiryIncome, NO_PARTY, class, amount)?;
                put_lot(self.view, lot);
            }
            if some {
                let head = Head {
                    kind: EntryKind::Expire,
                    intent: None,
                    target: None,
                    occurred_at: self.now,
                    now: self.now,
                };
                enter(self.view, head, &movement)?;
            }
            end_on(self.view, account, class, None);
            ended = ended.saturating_add(1);
        }
        Ok(Outcome::Ended(ended))
    }
}
