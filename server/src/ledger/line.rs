//! How a reserve line takes from its lots and gives back.
//!
//! A living hold: lots fill up in (issue, id) order and empty in reverse, so that what each lot gave
//! depends on the line's sum alone. A finished one: each payment's own lots are known (`takings`), and
//! only what is free of the same lots can still be taken.

use kinchaku_protocol::doc::{Part, Table as List};
use kinchaku_protocol::ids::{DocId, Ref};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Time;

use super::Broken;
use super::journal::{Head, Movement, enter};
use super::rows::{
    Book, EntryKind, HoldLineRow, HoldLotRow, HoldState, IntentRow, LotRow, NO_PARTY, TakingRow, Topic, account_party,
};
use super::view::View;
use crate::store::table::Column;

/// The lot number under which `takings` keep what the scheme lost.
const LOSS: u64 = 0;

/// Whether the hold has ended.
///
/// # Errors
/// [`Broken`] where there is none.
pub fn done(view: &View, hold: Ref) -> Result<bool, Broken> {
    let row = view.holds.get(&(hold,)).ok_or(Broken)?;
    Ok(row.state == HoldState::Done)
}

/// A line's lots in the order they are used.
fn lots(view: &View, hold: Ref, line: u8) -> Result<Vec<(HoldLotRow, LotRow)>, Broken> {
    let mut lots = view
        .hold_lots
        .between((hold, line, 0), (hold, line, u64::MAX))
        .map(|share| Ok((share.clone(), view.lots.copy(&(share.lot,)).ok_or(Broken)?)))
        .collect::<Result<Vec<_>, Broken>>()?;
    lots.sort_by_key(|(_, lot)| (lot.issued_at, lot.id));
    Ok(lots)
}

/// Takes a part of a payment from its line; what the line cannot give, the scheme loses.
///
/// # Errors
/// [`Broken`].
pub fn take(view: &mut View, intent: &IntentRow, part: &Part, movement: &mut Movement) -> Result<(), Broken> {
    let hold = intent.allowance;
    let mut line = view.hold_lines.copy(&(hold, part.line)).ok_or(Broken)?;
    let finished = done(view, hold)?;
    let class = line.class;
    let left = take_from_lots(view, &mut line, finished, part.amount, |view, lot, amount| {
        if finished {
            note_taking(view, intent.id, part.line, lot, amount)?;
        }
        movement.user_to((intent.account, lot), Book::ShopPayable, intent.shop, class, amount)
    })?;
    if !left.is_zero() {
        line.lost = line.lost.plus(left)?;
        movement.loss(intent.shop, class, left.credit())?;
        if finished {
            note_taking(view, intent.id, part.line, LOSS, left)?;
        }
    }
    view.hold_lines.put(line);
    Ok(())
}

/// Takes up to `wanted` from a line's lots; gives what is missing.
fn take_from_lots(
    view: &mut View,
    line: &mut HoldLineRow,
    finished: bool,
    wanted: Amount,
    mut each: impl FnMut(&mut View, u64, Amount) -> Result<(), Broken>,
) -> Result<Amount, Broken> {
    let mut left = wanted;
    for (mut share, mut lot) in lots(view, line.hold, line.line)? {
        let room = share.amount.less(share.taken);
        // What a finished hold released may have gone elsewhere.
        let free = if finished {
            room.min(lot.remaining.less(lot.held))
        } else {
            room
        };
        let amount = free.min(left);
        if amount.is_zero() {
            continue;
        }
        left = left.minus(amount)?;
        share.taken = share.taken.plus(amount)?;
        lot.remaining = lot.remaining.minus(amount)?;
        if !finished {
            lot.held = lot.held.minus(amount)?;
        }
        line.consumed = line.consumed.plus(amount)?;
        each(view, lot.id, amount)?;
        put_lot(view, lot);
        view.hold_lots.put(share);
    }
    Ok(left)
}

/// Gives a part of a payment back to where it came from.
///
/// # Errors
/// [`Broken`].
pub fn give_back(view: &mut View, intent: &IntentRow, part: &Part, movement: &mut Movement) -> Result<(), Broken> {
    if done(view, intent.allowance)? {
        return give_back_takings(view, intent, part.line, movement);
    }
    let mut line = view.hold_lines.copy(&(intent.allowance, part.line)).ok_or(Broken)?;
    let unlost = line.lost.min(part.amount);
    line.lost = line.lost.minus(unlost)?;
    movement.loss(intent.shop, line.class, unlost.debit())?;
    let mut left = part.amount.minus(unlost)?;
    for (mut share, mut lot) in lots(view, line.hold, line.line)?.into_iter().rev() {
        let amount = share.taken.min(left);
        if amount.is_zero() {
            continue;
        }
        left = left.minus(amount)?;
        share.taken = share.taken.minus(amount)?;
        lot.remaining = lot.remaining.plus(amount)?;
        lot.held = lot.held.plus(amount)?;
        line.consumed = line.consumed.minus(amount)?;
        movement.to_user(
            (intent.account, lot.id),
            Book::ShopPayable,
            intent.shop,
            line.class,
            amount,
        )?;
        put_lot(view, lot);
        view.hold_lots.put(share);
    }
    view.hold_lines.put(line);
    left.is_zero().then_some(()).ok_or(Broken)
}

fn give_back_takings(view: &mut View, intent: &IntentRow, at: u8, movement: &mut Movement) -> Result<(), Broken> {
    let mut line = view.hold_lines.copy(&(intent.allowance, at)).ok_or(Broken)?;
    let takings: Vec<TakingRow> = view
        .takings
        .between((intent.id, at, 0), (intent.id, at, u64::MAX))
        .cloned()
        .collect();
    for mut taking in takings {
        let amount = std::mem::take(&mut taking.amount);
        if taking.lot == LOSS {
            line.lost = line.lost.minus(amount)?;
            movement.loss(intent.shop, line.class, amount.debit())?;
        } else {
            let mut lot = view.lots.copy(&(taking.lot,)).ok_or(Broken)?;
            let mut share = view.hold_lots.copy(&(line.hold, at, lot.id)).ok_or(Broken)?;
            lot.remaining = lot.remaining.plus(amount)?;
            share.taken = share.taken.minus(amount)?;
            line.consumed = line.consumed.minus(amount)?;
            movement.to_user(
                (intent.account, lot.id),
                Book::ShopPayable,
                intent.shop,
                line.class,
                amount,
            )?;
            put_lot(view, lot);
            view.hold_lots.put(share);
        }
        view.takings.put(taking);
    }
    view.hold_lines.put(line);
    Ok(())
}

/// After a finished hold got value back, lots cover what the scheme had lost on it.
///
/// # Errors
/// [`Broken`].
pub fn cover_losses(view: &mut View, hold: Ref, order: &[(DocId, Vec<Part>)], now: Time) -> Result<(), Broken> {
    if !done(view, hold)? {
        return Ok(());
    }
    for (id, parts) in order {
        for part in parts {
            let key = (*id, part.line, LOSS);
            let Some(mut loss) = view.takings.copy(&key).filter(|loss| !loss.amount.is_zero()) else {
                continue;
            };
            let mut line = view.hold_lines.copy(&(hold, part.line)).ok_or(Broken)?;
            let account = view.holds.get(&(hold,)).ok_or(Broken)?.account;
            let class = line.class;
            let mut movement = Movement::default();
            let left = take_from_lots(view, &mut line, true, loss.amount, |view, lot, amount| {
                note_taking(view, *id, part.line, lot, amount)?;
                movement.user_to((account, lot), Book::ForkLoss, NO_PARTY, class, amount)
            })?;
            if left == loss.amount {
                continue;
            }
            let covered = loss.amount.minus(left)?;
            line.lost = line.lost.minus(covered)?;
            loss.amount = left;
            view.takings.put(loss);
            view.hold_lines.put(line);
            let head = Head {
                kind: EntryKind::ForkLoss,
                intent: Some(*id),
                target: None,
                occurred_at: now,
                now,
            };
            enter(view, head, &movement)?;
        }
    }
    Ok(())
}

/// Ends a hold: which payment took which lot is fixed in (seq, id) order, the rest is free.
///
/// # Errors
/// [`Broken`].
pub fn finish(view: &mut View, hold: Ref, order: &[(DocId, Vec<Part>)], lapsed: bool, now: Time) -> Result<(), Broken> {
    let mut row = view.holds.copy(&(hold,)).ok_or(Broken)?;
    let lines: Vec<HoldLineRow> = view.hold_lines.by(&hold.to_value()).cloned().collect();
    for line in lines {
        let mut shares = lots(view, hold, line.line)?;
        for (share, lot) in &shares {
            let mut lot = lot.clone();
            lot.held = lot.held.minus(share.amount.minus(share.taken)?)?;
            put_lot(view, lot);
        }
        for (id, parts) in order {
            let paid = view.intents.get(&(*id,)).is_some_and(|intent| intent.paid);
            let Some(part) = parts.iter().find(|part| part.line == line.line).filter(|_| paid) else {
                continue;
            };
            let mut left = part.amount;
            for (share, lot) in &mut shares {
                let amount = share.taken.min(left);
                if !amount.is_zero() {
                    share.taken = share.taken.minus(amount)?;
                    left = left.minus(amount)?;
                    note_taking(view, *id, line.line, lot.id, amount)?;
                }
            }
            if !left.is_zero() {
                note_taking(view, *id, line.line, LOSS, left)?;
            }
        }
    }
    row.state = HoldState::Done;
    row.lapsed = lapsed;
    row.done_at = Some(now);
    let party = account_party(row.account);
    view.tell(Topic::Account, party, List::Allowance, hold.0.to_vec());
    view.holds.put(row);
    crate::points::released(view, hold, order, now)
}

fn note_taking(view: &mut View, intent: DocId, line: u8, lot: u64, amount: Amount) -> Result<(), Broken> {
    let before = view
        .takings
        .get(&(intent, line, lot))
        .map_or(Amount::ZERO, |row| row.amount);
    let amount = before.plus(amount)?;
    view.takings.put(TakingRow {
        intent,
        line,
        lot,
        amount,
    });
    Ok(())
}

/// Writes a lot and tells its owner.
pub fn put_lot(view: &mut View, lot: LotRow) {
    let party = account_party(lot.account);
    view.tell(Topic::Account, party, List::Lot, lot.id.to_be_bytes().to_vec());
    view.tell(Topic::Account, party, List::Balance, lot.class.0.to_be_bytes().to_vec());
    view.lots.put(lot);
}
