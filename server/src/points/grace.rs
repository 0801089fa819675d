//! Value that comes back, or that a hold lets go. What is owed of its class takes it first (F008). What came back
//! after its last day with a payment that was taken back lives for the days of grace of its programme, as a lot of its
//! own: no other value's day moves.

use std::collections::{BTreeMap, BTreeSet};

use kinchaku_protocol::doc::{Part, Reason};
use kinchaku_protocol::ids::{ClassId, DocId, Ref};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::expiry::usable;
use kinchaku_protocol::time::{Day, Time};

use super::claw::take_back_earnings;
use super::owe::{settle, take};
use super::usable::end;
use crate::ledger::Broken;
use crate::ledger::journal::{Head, Movement, enter};
use crate::ledger::line::put_lot;
use crate::ledger::rows::{Book, EntryKind, HoldLineRow, HoldLotRow, LotRow, NO_PARTY, account_party};
use crate::ledger::view::View;
use crate::programme::Kind;
use crate::store::table::Column;

/// Where no programme says anything.
const USUAL_DAYS: u32 = 14;

/// Lots that something became free of, by class.
type Free = BTreeMap<ClassId, BTreeSet<u64>>;

/// A payment was taken back: what it earned goes too. Where its hold has ended, its value is in these lots again, as
/// far as no other payment of the hold needed it.
///
/// # Errors
/// [`Broken`].
pub(crate) fn taken_back(view: &mut View, intent: DocId, lots: &[(u64, Amount)], now: Time) -> Result<(), Broken> {
    let account = view.intents.get(&(intent,)).ok_or(Broken)?.account;
    let mut free = Free::new();
    for &(id, amount) in lots {
        let lot = view.lots.copy(&(id,)).ok_or(Broken)?;
        let class = lot.class;
        free.entry(class).or_default().extend(prolong(view, lot, amount, now)?);
    }
    settle_all(view, account, free, now)?;
    take_back_earnings(view, intent, now)
}

/// A hold has ended, and what it did not use is free.
///
/// # Errors
/// [`Broken`].
pub(crate) fn released(view: &mut View, hold: Ref, order: &[(DocId, Vec<Part>)], now: Time) -> Result<(), Broken> {
    let account = view.holds.get(&(hold,)).ok_or(Broken)?.account;
    let lines: Vec<HoldLineRow> = view.hold_lines.by(&hold.to_value()).cloned().collect();
    let mut free = Free::new();
    for line in lines {
        let shares = view
            .hold_lots
            .between((hold, line.line, 0), (hold, line.line, u64::MAX));
        let unused = shares.filter(|share| share.taken < share.amount).cloned();
        let mut shares: Vec<(LotRow, HoldLotRow)> = unused
            .map(|share| Ok((view.lots.copy(&(share.lot,)).ok_or(Broken)?, share)))
            .collect::<Result<_, Broken>>()?;
        // A reversal fills lots in reverse, so what came back last is in the last of them.
        shares.sort_by_key(|(lot, _)| std::cmp::Reverse((lot.issued_at, lot.id)));
        let last_day = shares.first().and_then(|(lot, _)| end(view, lot));
        let mut returned = came_back_late(view, &line, order, last_day)?;
        let lots = free.entry(line.class).or_default();
        for (lot, share) in shares {
            lots.insert(lot.id);
            let amount = returned.min(share.amount.less(share.taken));
            if !amount.is_zero() {
                returned = returned.less(amount);
                lots.extend(prolong(view, lot, amount, now)?);
            }
        }
    }
    settle_all(view, account, free, now)
}

/// What came back to a line after its last day, with payments that shops or the office took back.
fn came_back_late(
    view: &View,
    line: &HoldLineRow,
    order: &[(DocId, Vec<Part>)],
    last_day: Option<Day>,
) -> Result<Amount, Broken> {
    let mut sum = Amount::ZERO;
    for (id, parts) in order {
        let Some(row) = view.intents.get(&(*id,)).filter(|row| !row.paid && row.entry != 0) else {
            continue;
        };
        let taken_back = matches!(row.reason, Reason::Cancelled | Reason::ShopRefused);
        if taken_back && !usable(last_day, row.posted_at.day()) {
            let own = parts.iter().filter(|part| part.line == line.line);
            sum = sum.plus(Amount::sum(own.map(|part| part.amount))?)?;
        }
    }
    Ok(sum)
}

/// Lets value that is back live on where its lot is over; gives the lot it is in, none where it ended.
pub(super) fn prolong(view: &mut View, lot: LotRow, amount: Amount, now: Time) -> Result<Option<u64>, Broken> {
    let today = now.day();
    if !over(view, &lot) && usable(end(view, &lot), today) {
        return Ok(Some(lot.id));
    }
    let amount = amount.min(lot.remaining.less(lot.held));
    if amount.is_zero() {
        return Ok(None);
    }
    let days = grace_days(view, lot.class);
    let rest = take(view, lot.id, amount)?;
    let party = account_party(lot.account);
    let mut movement = Movement::default();
    let to = (days > 0).then(|| view.next("lot"));
    let kind = match to {
        Some(new) => {
            movement.add(Book::User, party, lot.class, Some(lot.id), amount.debit())?;
            movement.add(Book::User, party, lot.class, Some(new), amount.credit())?;
            EntryKind::Reverse
        }
        None => {
            let from = (lot.account, lot.id);
            movement.user_to(from, Book::ExpiryIncome, NO_PARTY, lot.class, amount)?;
            EntryKind::Expire
        }
    };
    let head = Head {
        kind,
        intent: None,
        target: None,
        occurred_at: now,
        now,
    };
    let origin = enter(view, head, &movement)?;
    put_lot(view, rest);
    if let Some(id) = to {
        put_lot(
            view,
            LotRow {
                id,
                units: amount,
                remaining: amount,
                held: Amount::ZERO,
                until: Some(today.plus(days)),
                origin,
                consideration: Amount::ZERO,
                ..lot
            },
        );
    }
    Ok(to)
}

/// Whether a lot is of a balance of the extending kind that has ended: it has no day of its own, and lives by none.
fn over(view: &View, lot: &LotRow) -> bool {
    let whole = view.extending.get(&(lot.account, lot.class));
    lot.until.is_none() && whole.is_some_and(|row| row.until.is_none())
}

/// The days of grace of the programme that hands out a class; the longest where several do.
fn grace_days(view: &View, class: ClassId) -> u32 {
    let programmes = view.programmes.iter().flat_map(|known| known.programmes.values());
    let handing =
        programmes.filter(|row| row.class == class && !matches!(row.kind, Kind::Campaign(_) | Kind::Exchange(_)));
    handing.map(|row| row.grace_days).max().unwrap_or(USUAL_DAYS)
}

fn settle_all(view: &mut View, account: u64, free: Free, now: Time) -> Result<(), Broken> {
    for (class, lots) in free {
        let lots: Vec<u64> = lots.into_iter().collect();
        settle(view, account, class, &lots, now)?;
    }
    Ok(())
}
