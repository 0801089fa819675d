//! Brings the books of one allowance to what [`super::settle`] says of the set of its documents: the
//! difference becomes entries, rows of the transaction list and facts.
//!
//! While a hold lives, each line debits its lots in (issue, id) order by the line's consumed sum. When it
//! is DONE, which payment took which lot is written down, and a later reversal restores those lots.

use std::collections::BTreeMap;

use kinchaku_protocol::doc::{Allowance, Assurance, Fact, FactKind, Intent, Part, Reason, Received, Table as List};
use kinchaku_protocol::ids::{ClassId, DocId, Ref};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::{Day, Time};

use super::journal::{Business, Head, Movement, enter, list};
use super::line;
use super::rows::{EntryKind, HoldState, IntentRow, Operation, OperationId, Topic, account_party};
use super::settle::{Case, Ending, Paper, Said, Settled, Standing};
use super::view::View;
use super::{Broken, proof};
use crate::points;
use crate::store::table::Column;

/// Settles one allowance.
///
/// # Errors
/// [`Broken`] where rows are missing or an invariant would not hold; nothing may be committed then.
pub fn settle(view: &mut View, allowance: Ref, now: Time) -> Result<(), Broken> {
    let case = case(view, allowance)?;
    let settled = case.settle()?;
    let order: Vec<(DocId, Vec<Part>)> = {
        let mut papers: Vec<&Paper> = case.papers.iter().collect();
        papers.sort_by_key(|paper| (paper.seq, paper.id));
        papers
            .into_iter()
            .map(|paper| (paper.id, paper.parts.clone()))
            .collect()
    };
    let mut facts = BTreeMap::new();
    let mut restored = Vec::new();
    // What is taken back makes room for what is paid.
    for (id, parts) in &order {
        if settled.standings.get(id) != Some(&Standing::Paid) && paid(view, *id) {
            let (rows, lots) = reverse(view, *id, parts, now)?;
            facts.insert(*id, rows);
            restored.push((*id, lots));
        }
    }
    for (id, parts) in &order {
        if settled.standings.get(id) == Some(&Standing::Paid) && !paid(view, *id) {
            facts.insert(*id, pay(view, *id, parts, now)?);
        }
    }
    line::cover_losses(view, allowance, &order, now)?;
    for (id, lots) in restored {
        points::taken_back(view, id, &lots, now)?;
    }
    for (id, parts) in &order {
        let standing = settled.standings.get(id).copied().ok_or(Broken)?;
        conclude(view, *id, parts, standing, facts.remove(id), now)?;
    }
    for paper in case.papers.iter().filter(|paper| paper.said.relayed) {
        if settled.standings.get(&paper.id) == Some(&Standing::Paid) {
            let mut row = view.intents.copy(&(paper.id,)).ok_or(Broken)?;
            row.posted_to_shop = true;
            view.intents.put(row);
        }
    }
    proof::keep(view, allowance, &settled, now)?;
    advance(view, allowance, &case, &settled, &order, now)
}

/// Everything the rows say of an allowance.
fn case(view: &View, allowance: Ref) -> Result<Case, Broken> {
    let row = view.allowances.get(&(allowance,)).ok_or(Broken)?;
    let document = Received::<Allowance>::read(&row.doc).map_err(|_| Broken)?.trusted();
    let ending = view
        .closes
        .by(&allowance.to_value())
        .find(|close| close.counts)
        .map(|close| Ending {
            last: close.last,
            head: close.head,
        });
    Ok(Case {
        allowance,
        lines: document.lines.iter().map(|line| line.amount).collect(),
        limits: document.limits.clone(),
        papers: view
            .intents
            .by(&allowance.to_value())
            .map(|row| paper(view, row))
            .collect::<Result<_, _>>()?,
        ending,
    })
}

fn paper(view: &View, row: &IntentRow) -> Result<Paper, Broken> {
    let intent = Received::<Intent>::read(&row.doc).map_err(|_| Broken)?.trusted();
    let mut said = Said::default();
    let mut day = None;
    let mut void = Reason::None;
    for seen in view
        .seens
        .by(&row.reference.to_value())
        .filter(|seen| seen.shop == row.shop)
    {
        match (seen.verdict.accepted(), seen.assurance) {
            (false, _) => said.refused |= seen.void == Reason::None,
            (true, Assurance::Blind) => {
                said.blind = true;
                let on = seen.seen_at.day();
                day = Some(day.map_or(on, |day: Day| day.min(on)));
            }
            (true, _) if seen.void == Reason::None => said.relayed = true,
            (true, _) => void = seen.void,
        }
    }
    said.cancelled = view
        .cancels
        .by(&row.reference.to_value())
        .any(|cancel| cancel.shop == row.shop && cancel.void == Reason::None);
    Ok(Paper {
        id: row.id,
        seq: row.seq,
        prev: intent.prev,
        shop: row.shop,
        parts: intent.parts.clone(),
        total: row.total,
        day: day.unwrap_or_else(|| row.occurred_at.day()),
        fault: (row.fault != Reason::None).then_some(row.fault),
        late: row.late,
        void: (void != Reason::None && !said.relayed).then_some(void),
        posted_to_shop: row.posted_to_shop,
        said,
    })
}

fn paid(view: &View, id: DocId) -> bool {
    view.intents.get(&(id,)).is_some_and(|row| row.paid)
}

/// What an entry did, for the fact that tells of it.
type Rows = Vec<kinchaku_protocol::doc::TransactionRow>;

fn pay(view: &mut View, id: DocId, parts: &[Part], now: Time) -> Result<Rows, Broken> {
    let mut row = view.intents.copy(&(id,)).ok_or(Broken)?;
    let mut movement = Movement::default();
    for part in parts {
        line::take(view, &row, part, &mut movement)?;
    }
    let head = Head {
        kind: EntryKind::Pay,
        intent: Some(id),
        target: None,
        occurred_at: row.occurred_at,
        now,
    };
    row.entry = enter(view, head, &movement)?;
    row.paid = true;
    let amounts = by_class(view, row.allowance, parts)?;
    let business = business(&row, Operation::Sub, OperationId::Use, now);
    view.intents.put(row.clone());
    points::posted(view, &row, &amounts, now);
    list(view, business, &amounts, &movement)
}

/// Takes a payment back; gives, where its hold has ended, what came back into which lot.
fn reverse(view: &mut View, id: DocId, parts: &[Part], now: Time) -> Result<(Rows, Vec<(u64, Amount)>), Broken> {
    let mut row = view.intents.copy(&(id,)).ok_or(Broken)?;
    let mut movement = Movement::default();
    for part in parts {
        line::give_back(view, &row, part, &mut movement)?;
    }
    let head = Head {
        kind: EntryKind::Reverse,
        intent: Some(id),
        target: Some(row.entry),
        occurred_at: row.occurred_at,
        now,
    };
    let entry = enter(view, head, &movement)?;
    row.paid = false;
    let amounts = by_class(view, row.allowance, parts)?;
    let business = Business {
        entry,
        ..business(&row, Operation::Cancel, OperationId::UseCancel, now)
    };
    view.intents.put(row.clone());
    let rows = list(view, business, &amounts, &movement)?;
    let free = if line::done(view, row.allowance)? {
        movement.into_lots()
    } else {
        Vec::new()
    };
    Ok((rows, free))
}

const fn business(row: &IntentRow, operation: Operation, operation_id: OperationId, now: Time) -> Business {
    Business {
        entry: row.entry,
        operation,
        operation_id,
        account: row.account,
        shop: Some(row.shop),
        intent: Some(row.id),
        occurred_at: row.occurred_at,
        now,
    }
}

fn by_class(view: &View, hold: Ref, parts: &[Part]) -> Result<BTreeMap<ClassId, Amount>, Broken> {
    let mut amounts: BTreeMap<ClassId, Amount> = BTreeMap::new();
    for part in parts {
        let line = view.hold_lines.get(&(hold, part.line)).ok_or(Broken)?;
        let sum = amounts.entry(line.class).or_default();
        *sum = sum.plus(part.amount)?;
    }
    Ok(amounts)
}

/// Writes down how an intent stands, and says so in a fact where that is new.
fn conclude(
    view: &mut View,
    id: DocId,
    parts: &[Part],
    standing: Standing,
    rows: Option<Rows>,
    now: Time,
) -> Result<(), Broken> {
    let mut row = view.intents.copy(&(id,)).ok_or(Broken)?;
    let mut rows = rows.unwrap_or_default();
    let reason = match standing {
        Standing::Paid => Reason::None,
        Standing::NotPaid(reason) => reason,
    };
    let taken_back = matches!(reason, Reason::Cancelled | Reason::ShopRefused);
    if taken_back && row.entry == 0 && !line::done(view, row.allowance)? {
        // The shop's word came first: the books show the payment and that it was taken back.
        pay(view, id, parts, now)?;
        (rows, _) = reverse(view, id, parts, now)?;
        points::taken_back(view, id, &[], now)?;
        row = view.intents.copy(&(id,)).ok_or(Broken)?;
    }
    let status = match standing {
        Standing::Paid => FactKind::Posted,
        Standing::NotPaid(_) if row.entry != 0 || taken_back => FactKind::Reversed,
        Standing::NotPaid(_) => FactKind::Rejected,
    };
    if row.fact == 0 || row.status != status || row.reason != reason {
        // Of two facts about one payment the later one must be seen to be later.
        let at = if row.fact == 0 {
            now
        } else {
            now.max(row.posted_at.after(1))
        };
        row.reason = reason;
        row.status = status;
        row.posted_at = at;
        row.fact = view.declare(Fact {
            subject: id,
            kind: status,
            reason,
            at,
            rows,
            posting_day: at.day(),
            other: None,
        });
        let payer = account_party(row.account);
        view.tell_fact(Topic::Account, payer, row.fact);
        view.tell(Topic::Shop, row.shop, List::Sale, id.0.to_vec());
        view.tell_fact(Topic::Shop, row.shop, row.fact);
    }
    view.intents.put(row);
    Ok(())
}

/// Moves the hold on where its close, and all it declares, have come.
fn advance(
    view: &mut View,
    allowance: Ref,
    case: &Case,
    settled: &Settled,
    order: &[(DocId, Vec<Part>)],
    now: Time,
) -> Result<(), Broken> {
    let mut hold = view.holds.copy(&(allowance,)).ok_or(Broken)?;
    if case.ending.is_some() && matches!(hold.state, HoldState::Open | HoldState::Lapsed) {
        hold.state = HoldState::Closed;
        let party = account_party(hold.account);
        view.tell(Topic::Account, party, List::Allowance, allowance.0.to_vec());
        view.holds.put(hold.clone());
    }
    if hold.state == HoldState::Closed && settled.complete {
        line::finish(view, allowance, order, false, now)?;
        let holder = view.allowances.get(&(allowance,)).ok_or(Broken)?.holder;
        if let Some(mut row) = view.holders.copy(&(holder,)) {
            row.returned = row.returned.saturating_add(1);
            view.holders.put(row);
        }
    }
    Ok(())
}

/// Ends a hold whose time has come, with what has arrived.
///
/// # Errors
/// [`Broken`].
pub fn lapse(view: &mut View, allowance: Ref, now: Time) -> Result<(), Broken> {
    let case = case(view, allowance)?;
    let mut papers: Vec<&Paper> = case.papers.iter().collect();
    papers.sort_by_key(|paper| (paper.seq, paper.id));
    let order: Vec<_> = papers
        .into_iter()
        .map(|paper| (paper.id, paper.parts.clone()))
        .collect();
    line::finish(view, allowance, &order, true, now)
}
