//! The end of balances of the extending kind (F022 to F025): the whole of one, the day after its last day, and not
//! while a hold on it lives, since a payment that was made in time may still come in and move the day. Where something
//! is granted meanwhile, it begins a new balance: of the old one, what nothing holds ends, and what is held keeps the
//! old day as its own.

use std::collections::BTreeSet;

use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::rules::expiry::{is_due, usable};
use kinchaku_protocol::time::Time;

use super::acquire::end_on;
use crate::command::{CommandError, Outcome};
use crate::ledger::Broken;
use crate::ledger::decide::Books;
use crate::ledger::journal::{Head, Movement, enter};
use crate::ledger::line::put_lot;
use crate::ledger::rows::{Book, EntryKind, LotRow, NO_PARTY};
use crate::ledger::view::View;
use crate::store::table::Column;

impl Books<'_> {
    /// Ends those whose day has passed. Lots with a day of their own end by it ([`crate::command::Action::Expire`]).
    pub(super) fn end_balances(&mut self, balances: &[(u64, ClassId)]) -> Result<Outcome, CommandError> {
        let named: BTreeSet<_> = balances.iter().copied().collect();
        let mut ended = 0_u64;
        for (account, class) in named {
            let until = self.view.extending.get(&(account, class)).and_then(|row| row.until);
            let lots = lots_of(self.view, account, class);
            let live = lots.iter().any(|lot| !lot.held.is_zero());
            if !is_due(until, self.now.day(), live) {
                continue;
            }
            end(self.view, class, lots, self.now)?;
            end_on(self.view, account, class, None);
            ended = ended.saturating_add(1);
        }
        Ok(Outcome::Ended(ended))
    }
}

/// Ends a balance that is over, before something is granted to it. The account's lots must be at hand.
///
/// # Errors
/// [`Broken`].
pub(super) fn end_before(view: &mut View, account: u64, class: ClassId, now: Time) -> Result<(), Broken> {
    let until = view.extending.get(&(account, class)).and_then(|row| row.until);
    if usable(until, now.day()) {
        return Ok(());
    }
    let mut lots = lots_of(view, account, class);
    for lot in lots.iter_mut().filter(|lot| !lot.held.is_zero()) {
        lot.until = until;
    }
    end(view, class, lots, now)?;
    end_on(view, account, class, None);
    Ok(())
}

/// What of a balance is in lots that live by its day.
fn lots_of(view: &View, account: u64, class: ClassId) -> Vec<LotRow> {
    let own = view.lots.by(&account.to_value());
    let of_balance = |lot: &&LotRow| lot.class == class && lot.until.is_none() && !lot.remaining.is_zero();
    own.filter(of_balance).cloned().collect()
}

/// Ends what nothing holds of some lots.
fn end(view: &mut View, class: ClassId, lots: Vec<LotRow>, now: Time) -> Result<(), Broken> {
    let mut movement = Movement::default();
    let mut some = false;
    for mut lot in lots {
        let amount = lot.remaining.less(lot.held);
        if !amount.is_zero() {
            some = true;
            lot.remaining = lot.held;
            movement.user_to((lot.account, lot.id), Book::ExpiryIncome, NO_PARTY, class, amount)?;
        }
        put_lot(view, lot);
    }
    if some {
        let head = Head {
            kind: EntryKind::Expire,
            intent: None,
            target: None,
            occurred_at: now,
            now,
        };
        enter(view, head, &movement)?;
    }
    Ok(())
}
