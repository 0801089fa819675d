//! Value given up at once, and not to a shop: points for an exchange or for an entry to a draw, and what the office
//! takes away (F105). Only what nothing holds and nobody is owed can be given up, in the order in which it would be
//! used. Points given up in vain come back to the lots they came from.

use std::collections::{BTreeMap, BTreeSet};

use kinchaku_protocol::ids::{ClassId, Pid};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::expiry::Action;
use kinchaku_protocol::rules::lots;
use kinchaku_protocol::time::Time;

use super::acquire::{extend, tell_standing};
use super::grace::prolong;
use super::owe::{settle, take};
use super::usable::free;
use crate::ledger::Broken;
use crate::ledger::journal::{Business, Head, Movement, enter, list};
use crate::ledger::line::put_lot;
use crate::ledger::rows::{Book, EntryKind, Operation, OperationId};
use crate::ledger::view::View;

/// Value to be given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spending {
    /// By whom.
    pub account: u64,
    /// Which value.
    pub class: ClassId,
    /// How much.
    pub amount: Amount,
    /// Where it goes.
    pub to: (Book, Pid),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The entry.
    pub entry: u64,
    /// The transaction (F113).
    pub tran_id: String,
}

/// Lots of a class that can be given up now.
fn lots_of(view: &View, account: u64, class: ClassId, now: Time) -> Vec<lots::Lot> {
    let mut lots = free(view, account, now);
    lots.retain(|lot| view.lots.get(&(lot.id,)).is_some_and(|row| row.class == class));
    lots
}

/// How much of a class can be given up now. The account's lots must be at hand.
///
/// # Errors
/// [`Broken`] out of range.
pub fn free_of(view: &View, account: u64, class: ClassId, now: Time) -> Result<Amount, Broken> {
    let lots = lots_of(view, account, class, now);
    Ok(Amount::sum(lots.iter().map(|lot| lot.available))?)
}

/// Takes it from the lots; gives the movement it is.
fn taken(view: &mut View, spending: &Spending, now: Time) -> Result<Movement, Broken> {
    let &Spending {
        account, class, amount, ..
    } = spending;
    let gives = lots::take(&lots_of(view, account, class, now), amount, now.day());
    if amount.is_zero() || Amount::sum(gives.iter().map(|(_, part)| *part))? != amount {
        return Err(Broken);
    }
    let (book, party) = spending.to;
    let mut movement = Movement::default();
    for (id, part) in gives {
        let lot = take(view, id, part)?;
        movement.user_to((account, id), book, party, class, part)?;
        put_lot(view, lot);
    }
    Ok(movement)
}

/// Somebody gives points up for something: a use, which moves the end of an extending balance (F024).
///
/// # Errors
/// [`Broken`] where it is nothing, or more than [`free_of`].
pub fn spend(view: &mut View, spending: &Spending, now: Time) -> Result<Spent, Broken> {
    let movement = taken(view, spending, now)?;
    let entry = enter(view, head(EntryKind::Exchange, None, now), &movement)?;
    let amounts = BTreeMap::from([(spending.class, spending.amount)]);
    let business = Business {
        entry,
        operation: Operation::Sub,
        operation_id: OperationId::Use,
        account: spending.account,
        shop: None,
        intent: None,
        occurred_at: now,
        now,
    };
    let rows = list(view, business, &amounts, &movement)?;
    let tran_id = rows.into_iter().next().ok_or(Broken)?.tran_id;
    extend(view, spending.account, spending.class, Action::Used, now.day());
    tell_standing(view, spending.account, spending.class);
    Ok(Spent { entry, tran_id })
}

/// The office takes value away: an entry and no transaction, as with value that ends by itself.
///
/// # Errors
/// As [`spend`].
pub(super) fn forfeit(view: &mut View, spending: &Spending, now: Time) -> Result<u64, Broken> {
    let movement = taken(view, spending, now)?;
    let entry = enter(view, head(EntryKind::Forfeit, None, now), &movement)?;
    tell_standing(view, spending.account, spending.class);
    Ok(entry)
}

/// What was given up in vain comes back to its lots, and settles what is owed before anything else (F008). A lot that is
/// over meanwhile lives for the days of grace. The entry's postings and their lots must be at hand.
///
/// # Errors
/// [`Broken`] where the entry did not take just that.
pub fn give_back(view: &mut View, spending: &Spending, spent: &Spent, now: Time) -> Result<(), Broken> {
    let &Spending {
        account,
        class,
        amount,
        to: (book, party),
    } = spending;
    let postings = view.postings.between((spent.entry, 0), (spent.entry, u32::MAX));
    let parts: Vec<(u64, Amount)> = postings
        .filter_map(|row| Some((row.lot?, row.amount.units().checked_neg()?)))
        .map(|(lot, part)| Ok((lot, Amount::try_from(part)?)))
        .collect::<Result<_, Broken>>()?;
    if Amount::sum(parts.iter().map(|(_, part)| *part))? != amount {
        return Err(Broken);
    }
    let mut movement = Movement::default();
    for &(id, part) in &parts {
        let mut lot = view.lots.copy(&(id,)).ok_or(Broken)?;
        lot.remaining = lot.remaining.plus(part)?;
        movement.to_user((account, id), book, party, class, part)?;
        put_lot(view, lot);
    }
    let entry = enter(view, head(EntryKind::Reverse, Some(spent.entry), now), &movement)?;
    let business = Business {
        entry,
        operation: Operation::Cancel,
        operation_id: OperationId::UseCancel,
        account,
        shop: None,
        intent: None,
        occurred_at: now,
        now,
    };
    let rows = list(view, business, &BTreeMap::from([(class, amount)]), &movement)?;
    let tran_id = rows.into_iter().next().ok_or(Broken)?.tran_id;
    let mut row = view.business.copy(&(tran_id,)).ok_or(Broken)?;
    row.target = Some(spent.tran_id.clone());
    view.business.put(row);
    let mut free = BTreeSet::new();
    for (id, part) in parts {
        let lot = view.lots.copy(&(id,)).ok_or(Broken)?;
        free.extend(prolong(view, lot, part, now)?);
    }
    let free: Vec<u64> = free.into_iter().collect();
    settle(view, account, class, &free, now)?;
    tell_standing(view, account, class);
    Ok(())
}

const fn head(kind: EntryKind, target: Option<u64>, now: Time) -> Head {
    Head {
        kind,
        intent: None,
        target,
        occurred_at: now,
        now,
    }
}
