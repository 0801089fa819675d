//! Brings the books of one allowance to what [`super::settle`] says of the set of its documents: the
//! difference becomes entries, rows of the transaction list and facts.
//!
//! While a hold lives, each line debits its lots in (issue, id) order by the line's consumed sum. When it
//! is DONE, which payment took which lot is written down, and a later reversal restores those lots.

use std::collections::BTreeMap;

use kinchaku_protocol::doc::field::Bytes;
use kinchaku_protocol::doc::{Allowance, Fact, FactKind, Intent, Part, Reason, Received, Table as List};
use kinchaku_protocol::ids::{ClassId, DocId, Ref};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Time;

use super::Broken;
use super::journal::{Business, Head, Movement, enter, list};
use super::line;
use super::rows::{
    EntryKind, ForkRow, HoldState, IntentRow, NO_PARTY, Operation, OperationId, Proof, Topic, account_party,
};
use super::settle::{Case, Ending, Paper, Said, Settled, Standing};
use super::stop::stop_holder;
use super::view::View;
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
    // What is taken back makes room for what is paid.
    for (id, parts) in &order {
        if settled.standings.get(id) != Some(&Standing::Paid) && paid(view, *id) {
            facts.insert(*id, reverse(view, *id, parts, now)?);
        }
    }
    for (id, parts) in &order {
        if settled.standings.get(id) == Some(&Standing::Paid) && !paid(view, *id) {
            facts.insert(*id, pay(view, *id, parts, now)?);
        }
    }
    line::cover_losses(view, allowance, &order, now)?;
    for (id, parts) in &order {
        let standing = settled.standings.get(id).copied().ok_or(Broken)?;
        conclude(view, *id, parts, standing, facts.remove(id), now)?;
    }
    prove_forks(view, allowance, &settled, now)?;
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
    for seen in view
        .seens
        .by(&row.reference.to_value())
        .filter(|seen| seen.shop == row.shop)
    {
        match (seen.verdict.accepted(), seen.assurance) {
            (false, _) => said.refused = true,
            (true, kinchaku_protocol::doc::Assurance::Blind) => said.blind = true,
            (true, _) => said.relayed = true,
        }
    }
    said.cancelled = view
        .cancels
        .by(&row.reference.to_value())
        .any(|cancel| cancel.shop == row.shop);
    Ok(Paper {
        id: row.id,
        seq: row.seq,
        prev: intent.prev,
        shop: row.shop,
        parts: intent.parts.clone(),
        total: row.total,
        day: row.occurred_at.day(),
        fault: (row.fault != Reason::None).then_some(row.fault),
        late: row.late,
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
    view.intents.put(row);
    Ok(list(view, business, &amounts))
}

fn reverse(view: &mut View, id: DocId, parts: &[Part], now: Time) -> Result<Rows, Broken> {
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
    view.intents.put(row);
    Ok(list(view, business, &amounts))
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
        rows = reverse(view, id, parts, now)?;
        row = view.intents.copy(&(id,)).ok_or(Broken)?;
    }
    let status = match standing {
        Standing::Paid => FactKind::Posted,
        Standing::NotPaid(_) if row.entry != 0 || taken_back => FactKind::Reversed,
        Standing::NotPaid(_) => FactKind::Rejected,
    };
    row.reason = reason;
    if row.fact == 0 || row.status != status {
        row.status = status;
        row.posted_at = now;
        row.fact = view.declare(Fact {
            subject: id,
            kind: status,
            reason,
            at: now,
            rows,
            posting_day: now.day(),
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

/// Keeps the proofs of a clone, and stops the holder.
fn prove_forks(view: &mut View, allowance: Ref, settled: &Settled, now: Time) -> Result<(), Broken> {
    for &(seq, first, second) in &settled.forks {
        if view.forks.get(&(allowance, seq, Proof::SameCounter)).is_some() {
            continue;
        }
        let fact = view.declare(Fact {
            subject: first,
            kind: FactKind::Fork,
            reason: Reason::ForkBranch,
            at: now,
            rows: Vec::new(),
            posting_day: now.day(),
            other: Some(Bytes(second.0.to_vec())),
        });
        view.forks.put(ForkRow {
            allowance,
            seq,
            proof: Proof::SameCounter,
            first,
            second: Some(second),
            fact: Some(fact),
            found_at: now,
        });
        let row = view.allowances.copy(&(allowance,)).ok_or(Broken)?;
        view.tell_fact(Topic::Account, account_party(row.account), fact);
        for branch in [first, second] {
            let shop = view.intents.get(&(branch,)).map_or(NO_PARTY, |intent| intent.shop);
            view.tell_fact(Topic::Shop, shop, fact);
        }
        stop_holder(view, row.holder, row.account, now);
    }
    for &(seq, first) in &settled.broken {
        if view.forks.get(&(allowance, seq, Proof::BrokenLink)).is_none() {
            view.forks.put(ForkRow {
                allowance,
                seq,
                proof: Proof::BrokenLink,
                first,
                second: None,
                fact: None,
                found_at: now,
            });
        }
    }
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
