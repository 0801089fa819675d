//! A new lot, whatever it comes from. What the account owes of the class is settled first (F008): only the rest is
//! in the lot. A grant brings nothing back to life: a balance that is over ends before it.

use std::collections::BTreeMap;

use kinchaku_protocol::doc::Table as List;
use kinchaku_protocol::ids::{ClassId, DocId, Pid, ServiceType, SetId};
use kinchaku_protocol::money::{Amount, Signed};
use kinchaku_protocol::rules::earn::repay;
use kinchaku_protocol::rules::expiry::{Action, Expiry, extended};
use kinchaku_protocol::time::{Day, Time};

use super::expire::end_before;
use super::owe::owed;
use super::rows::{ExtendingRow, PointDayRow};
use crate::ledger::Broken;
use crate::ledger::journal::{Business, Head, Movement, enter, list};
use crate::ledger::line::put_lot;
use crate::ledger::rows::{Book, EntryKind, LotRow, Operation, OperationId, Topic, account_party};
use crate::ledger::view::View;

/// Value for an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acquired {
    /// Whose.
    pub account: u64,
    /// Which value.
    pub class: ClassId,
    /// How much.
    pub amount: Amount,
    /// The last day it can be used; none where it has none of its own.
    pub until: Option<Day>,
    /// Which shops take it.
    pub set: SetId,
    /// What was paid for it.
    pub consideration: Amount,
    /// What the entry is.
    pub kind: EntryKind,
    /// What the transaction is.
    pub operation_id: OperationId,
    /// When it happened.
    pub occurred_at: Time,
    /// The payment it comes from.
    pub intent: Option<DocId>,
    /// Ledger accounts it comes from, which together give the amount.
    pub sources: Vec<(Book, Pid, Amount)>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The lot.
    pub lot: u64,
    /// The entry.
    pub entry: u64,
    /// The transaction (F113).
    pub tran_id: String,
}

/// Writes the entry, the transaction and the lot.
///
/// # Errors
/// [`Broken`] where nothing is acquired, or the sources do not give the amount.
pub fn acquire(view: &mut View, acquired: &Acquired, now: Time) -> Result<Posted, Broken> {
    let &Acquired {
        account, class, amount, ..
    } = acquired;
    let given = Amount::sum(acquired.sources.iter().map(|(_, _, amount)| *amount))?;
    if amount.is_zero() || given != amount {
        return Err(Broken);
    }
    if acquired.kind == EntryKind::Grant {
        end_before(view, account, class, now)?;
    }
    let split = repay(amount, owed(view, account, class));
    let lot = view.next("lot");
    let party = account_party(account);
    let mut movement = Movement::default();
    movement.add(Book::User, party, class, Some(lot), split.lots.credit())?;
    movement.add(Book::Receivable, party, class, None, split.receivable.credit())?;
    for &(book, from, amount) in &acquired.sources {
        movement.add(book, from, class, None, amount.debit())?;
    }
    let head = Head {
        kind: acquired.kind,
        intent: acquired.intent,
        target: None,
        occurred_at: acquired.occurred_at,
        now,
    };
    let entry = enter(view, head, &movement)?;
    let business = Business {
        entry,
        operation: Operation::Add,
        operation_id: acquired.operation_id,
        account,
        shop: None,
        intent: None,
        occurred_at: acquired.occurred_at,
        now,
    };
    let rows = list(view, business, &BTreeMap::from([(class, amount)]), &movement)?;
    let tran_id = rows.into_iter().next().ok_or(Broken)?.tran_id;
    put_lot(
        view,
        LotRow {
            id: lot,
            account,
            class,
            units: amount,
            remaining: split.lots,
            held: Amount::ZERO,
            issued_at: now,
            until: acquired.until,
            set_id: acquired.set,
            origin: entry,
            consideration: acquired.consideration,
        },
    );
    if acquired.kind == EntryKind::Grant {
        count(view, account, class, entry, amount.credit(), now.day());
        extend(view, account, class, Action::Granted, now.day());
    }
    Ok(Posted { lot, entry, tran_id })
}

/// Writes down points that ranks are judged by (F017, F021).
pub(super) fn count(view: &mut View, account: u64, class: ClassId, entry: u64, points: Signed, day: Day) {
    let programmes = view.programmes.as_ref();
    let known = programmes.and_then(|programmes| programmes.classes.get(&class));
    if known.is_some_and(|class| class.service == ServiceType::Points) {
        view.point_days.put(PointDayRow {
            account,
            class,
            entry,
            day,
            points,
        });
    }
}

/// Moves the end of a balance of the extending kind (F022 to F025).
pub(super) fn extend(view: &mut View, account: u64, class: ClassId, action: Action, posted: Day) {
    let programmes = view.programmes.as_ref();
    let known = programmes.and_then(|programmes| programmes.classes.get(&class));
    let Some(Expiry::Extending { months }) = known.map(|class| class.expiry) else {
        return;
    };
    let before = view.extending.get(&(account, class)).and_then(|row| row.until);
    let until = extended(before, action, posted, months);
    if until != before {
        end_on(view, account, class, until);
    }
}

/// Puts down until when a balance of the extending kind lives.
pub(super) fn end_on(view: &mut View, account: u64, class: ClassId, until: Option<Day>) {
    view.extending.put(ExtendingRow { account, class, until });
    tell_standing(view, account, class);
}

/// Tells the owner of a balance that its end, its debt or its rank is another.
pub(crate) fn tell_standing(view: &mut View, account: u64, class: ClassId) {
    let party = account_party(account);
    let key = class.0.to_be_bytes().to_vec();
    view.tell(Topic::Account, party, List::Standing, key.clone());
    view.tell(Topic::Account, party, List::Balance, key);
}
