//! What an account owes of a class after points were taken back that it no longer had (F008). It never ends, and
//! whatever becomes free settles it before anything else.

use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::lots;
use kinchaku_protocol::time::Time;

use super::acquire::tell_standing;
use super::usable::{end, unheld};
use crate::ledger::Broken;
use crate::ledger::journal::{Head, Movement, enter};
use crate::ledger::line::put_lot;
use crate::ledger::rows::{Book, EntryKind, LotRow, account_party};
use crate::ledger::view::View;

/// How much an account owes of a class.
pub(super) fn owed(view: &View, account: u64, class: ClassId) -> Amount {
    view.balances
        .get(&(account, class))
        .map_or(Amount::ZERO, |row| row.owed)
}

/// Settles what is owed from lots that have just become free. What the account has is the same afterwards, so
/// there is an entry and no transaction.
pub(super) fn settle(view: &mut View, account: u64, class: ClassId, from: &[u64], now: Time) -> Result<(), Broken> {
    let owed = owed(view, account, class);
    if owed.is_zero() {
        return Ok(());
    }
    let free: Vec<lots::Lot> = from
        .iter()
        .filter_map(|id| view.lots.get(&(*id,)))
        .filter(|lot| lot.class == class)
        .map(|lot| unheld(lot, end(view, lot)))
        .collect();
    let taken = lots::take(&free, owed, now.day());
    if taken.is_empty() {
        return Ok(());
    }
    let mut movement = Movement::default();
    let party = account_party(account);
    for (id, amount) in taken {
        let lot = take(view, id, amount)?;
        movement.user_to((account, lot.id), Book::Receivable, party, class, amount)?;
        put_lot(view, lot);
    }
    let head = Head {
        kind: EntryKind::Clawback,
        intent: None,
        target: None,
        occurred_at: now,
        now,
    };
    enter(view, head, &movement)?;
    tell_standing(view, account, class);
    Ok(())
}

/// A lot with so much less of what nothing holds.
pub(super) fn take(view: &View, id: u64, amount: Amount) -> Result<LotRow, Broken> {
    let mut lot = view.lots.copy(&(id,)).ok_or(Broken)?;
    lot.remaining = lot.remaining.minus(amount)?;
    (lot.held <= lot.remaining).then_some(lot).ok_or(Broken)
}
