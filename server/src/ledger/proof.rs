//! What the documents of one allowance prove against its wallet: kept for good, and the holder stopped.
//!
//! Two payloads with one counter, more than a line held in what shops accepted, and a counter above the
//! close each need a copied or rebuilt wallet. A link that leads nowhere is kept, and stops nobody: the
//! missing payment may yet come.

use kinchaku_protocol::doc::field::Bytes;
use kinchaku_protocol::doc::{Fact, FactKind, Reason};
use kinchaku_protocol::ids::{DocId, Ref};
use kinchaku_protocol::time::Time;

use super::Broken;
use super::rows::{ForkRow, NO_PARTY, Proof, Topic, account_party};
use super::settle::Settled;
use super::stop::stop_holder;
use super::view::View;
use crate::store::table::Column;

/// Keeps what is proven of an allowance.
///
/// # Errors
/// [`Broken`] where its rows are missing.
pub fn keep(view: &mut View, allowance: Ref, settled: &Settled, now: Time) -> Result<(), Broken> {
    let mut proven = false;
    for &(seq, first, second) in &settled.forks {
        proven |= keep_fork(view, (allowance, seq), (first, second), now)?;
    }
    for &(seq, first) in &settled.broken {
        keep_one(view, (allowance, seq, Proof::BrokenLink), first, now);
    }
    let known = |view: &View, proof| view.forks.by(&allowance.to_value()).any(|row| row.proof == proof);
    if let Some((seq, first)) = settled.over.filter(|_| !known(view, Proof::OverReserve)) {
        proven |= keep_one(view, (allowance, seq, Proof::OverReserve), first, now);
    }
    if let Some((seq, first)) = above_close(view, allowance).filter(|_| !known(view, Proof::AboveClose)) {
        proven |= keep_one(view, (allowance, seq, Proof::AboveClose), first, now);
    }
    if proven {
        let row = view.allowances.copy(&(allowance,)).ok_or(Broken)?;
        stop_holder(view, row.holder, row.account, now);
    }
    Ok(())
}

/// Two payments with one counter; tells both shops and the payer. False where it was known.
fn keep_fork(view: &mut View, at: (Ref, u32), branches: (DocId, DocId), now: Time) -> Result<bool, Broken> {
    let (allowance, seq) = at;
    let (first, second) = branches;
    if view.forks.get(&(allowance, seq, Proof::SameCounter)).is_some() {
        return Ok(false);
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
    let account = view.allowances.get(&(allowance,)).ok_or(Broken)?.account;
    view.tell_fact(Topic::Account, account_party(account), fact);
    for branch in [first, second] {
        let shop = view.intents.get(&(branch,)).map_or(NO_PARTY, |intent| intent.shop);
        view.tell_fact(Topic::Shop, shop, fact);
    }
    Ok(true)
}

fn keep_one(view: &mut View, key: (Ref, u32, Proof), first: DocId, now: Time) -> bool {
    let (allowance, seq, proof) = key;
    if view.forks.get(&key).is_some() {
        return false;
    }
    view.forks.put(ForkRow {
        allowance,
        seq,
        proof,
        first,
        second: None,
        fact: None,
        found_at: now,
    });
    true
}

/// The first payment with a counter above what any close declares, whichever came first.
fn above_close(view: &View, allowance: Ref) -> Option<(u32, DocId)> {
    let last = view.closes.by(&allowance.to_value()).map(|close| close.last).min()?;
    let above = view.intents.by(&allowance.to_value()).filter(|row| row.seq > last);
    above.map(|row| (row.seq, row.id)).min()
}
