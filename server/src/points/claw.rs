//! Value taken back: the points of a payment that was taken back (F006, F007), or what was bought and not paid for.
//! Lots that nothing holds give it, the rest is owed (F008). The end of extending balances stays where it is (F025).

use std::collections::BTreeMap;

use kinchaku_protocol::ids::{ClassId, DocId, Pid};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::earn::owe;
use kinchaku_protocol::rules::lots;
use kinchaku_protocol::time::Time;

use super::acquire::{count, tell_standing};
use super::earn::{by_campaign, giveback, sources, total};
use super::owe::take;
use super::rows::{EarningRow, EarningState};
use super::usable::{end, unheld};
use crate::ledger::Broken;
use crate::ledger::journal::{Business, Head, Movement, enter, list};
use crate::ledger::line::put_lot;
use crate::ledger::rows::{Book, EntryKind, Operation, OperationId, account_party};
use crate::ledger::view::View;
use crate::store::table::Column;

/// Value to be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenBack {
    /// From whom.
    pub account: u64,
    /// Which value.
    pub class: ClassId,
    /// How much.
    pub amount: Amount,
    /// The lot that gives first; the others follow in their order.
    pub first: Option<u64>,
    /// Ledger accounts it goes back to, which together take the amount.
    pub to: Vec<(Book, Pid, Amount)>,
    /// The transaction that is cancelled by it (F121).
    pub target: Option<String>,
    /// When what caused it happened.
    pub occurred_at: Time,
    /// The payment it follows from.
    pub intent: Option<DocId>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The entry.
    pub entry: u64,
    /// The transaction.
    pub tran_id: String,
    /// What lots gave.
    pub lots: Amount,
    /// What is owed now for it.
    pub owed: Amount,
}

/// Takes value back. The account's lots must be at hand.
///
/// # Errors
/// [`Broken`] where nothing is taken, or what it goes to does not take the amount.
pub fn claw_back(view: &mut View, taken: &TakenBack, now: Time) -> Result<Taken, Broken> {
    let &TakenBack {
        account, class, amount, ..
    } = taken;
    let put = Amount::sum(taken.to.iter().map(|(_, _, amount)| *amount))?;
    if amount.is_zero() || put != amount {
        return Err(Broken);
    }
    let (mut first, mut others): (Vec<lots::Lot>, Vec<lots::Lot>) = (Vec::new(), Vec::new());
    for lot in view.lots.by(&account.to_value()).filter(|lot| lot.class == class) {
        let place = if taken.first == Some(lot.id) {
            &mut first
        } else {
            &mut others
        };
        place.push(unheld(lot, end(view, lot)));
    }
    let today = now.day();
    let mut gives = lots::take(&first, amount, today);
    let of_first = Amount::sum(gives.iter().map(|(_, amount)| *amount))?;
    gives.extend(lots::take(&others, amount.minus(of_first)?, today));
    let unheld = Amount::sum(gives.iter().map(|(_, amount)| *amount))?;
    let split = owe(amount, unheld);
    let party = account_party(account);
    let mut movement = Movement::default();
    for (id, part) in gives {
        let lot = take(view, id, part)?;
        movement.add(Book::User, party, class, Some(id), part.debit())?;
        put_lot(view, lot);
    }
    movement.add(Book::Receivable, party, class, None, split.receivable.debit())?;
    for &(book, to, part) in &taken.to {
        movement.add(book, to, class, None, part.credit())?;
    }
    let head = Head {
        kind: EntryKind::Clawback,
        intent: taken.intent,
        target: None,
        occurred_at: taken.occurred_at,
        now,
    };
    let entry = enter(view, head, &movement)?;
    // The transaction is about what was granted, not about the payment: that one has its own cancellation.
    let business = Business {
        entry,
        operation: Operation::Cancel,
        operation_id: OperationId::GrantCancel,
        account,
        shop: None,
        intent: None,
        occurred_at: taken.occurred_at,
        now,
    };
    let rows = list(view, business, &BTreeMap::from([(class, amount)]), &movement)?;
    let tran_id = rows.into_iter().next().ok_or(Broken)?.tran_id;
    let mut row = view.business.copy(&(tran_id.clone(),)).ok_or(Broken)?;
    row.target.clone_from(&taken.target);
    view.business.put(row);
    count(view, account, class, entry, amount.debit(), today);
    tell_standing(view, account, class);
    Ok(Taken {
        entry,
        tran_id,
        lots: split.lots,
        owed: split.receivable,
    })
}

/// Takes back what a payment earned: what was granted goes back from the resident's value, what was not granted yet
/// is not granted at all. Once; a second time changes nothing.
///
/// # Errors
/// [`Broken`].
pub fn take_back_earnings(view: &mut View, intent: DocId, now: Time) -> Result<(), Broken> {
    let earned: Vec<EarningRow> = view.earnings.by(&intent.to_value()).cloned().collect();
    for mut row in earned {
        row.state = match row.state {
            EarningState::Pending => EarningState::Void,
            EarningState::Granted => {
                let taken = TakenBack {
                    account: row.account,
                    class: row.class,
                    amount: total(&row)?,
                    first: None,
                    to: sources([&row])?,
                    target: row.tran_id.clone(),
                    occurred_at: now,
                    intent: Some(intent),
                };
                claw_back(view, &taken, now)?;
                EarningState::ClawedBack
            }
            EarningState::Void | EarningState::ClawedBack => continue,
        };
        for (campaign, points) in by_campaign(&row.campaigns) {
            giveback(view, row.account, campaign, points);
        }
        row.changed_at = now;
        view.earnings.put(row);
    }
    Ok(())
}
