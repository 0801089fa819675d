//! What a verified fact does to what this device holds. Facts come with uploads and with pages, in any
//! order and more than once; the newest one stands.

use kinchaku_protocol::doc::{Fact, FactKind, Received, Verified};
use rusqlite::Connection;

use crate::book::payments::{self, State as Paid};
use crate::book::receipts::{self, State as Shown};
use crate::store::StoreError;

/// Applies a fact.
///
/// # Errors
/// [`StoreError`].
pub fn apply_fact(db: &Connection, fact: &Verified<Fact>) -> Result<(), StoreError> {
    let reference = fact.subject.to_ref();
    if let Some(payment) = payments::by_ref(db, reference)?
        && newer(fact, payment.fact.as_deref())
        && let Some(state) = paid(payment.state, fact.kind)
    {
        payments::set_fact(db, payment.id, state, fact.bytes())?;
    }
    if let Some(receipt) = receipts::get(db, reference)?
        && newer(fact, receipt.fact.as_deref())
        && let Some(state) = shown(receipt.state, fact.kind)
    {
        receipts::set_fact(db, reference, state, fact.bytes())?;
    }
    Ok(())
}

/// The same time may carry two facts: posted and reversed in one step. Then the later arrival stands.
fn newer(fact: &Fact, held: Option<&[u8]>) -> bool {
    let held = held.and_then(|bytes| Received::<Fact>::read(bytes).ok());
    held.is_none_or(|held| {
        let held = held.claims();
        fact.at > held.at || (fact.at == held.at && fact.kind.number() >= held.kind.number())
    })
}

/// Where a fact leaves a payment; `None` where it says nothing about it.
const fn paid(state: Paid, kind: FactKind) -> Option<Paid> {
    match kind {
        // The shop's refusal stands until the server has heard of it too.
        FactKind::Posted if matches!(state, Paid::RefusedAtShop) => None,
        FactKind::Posted => Some(Paid::Posted),
        FactKind::Rejected => Some(Paid::Rejected),
        FactKind::Reversed => Some(Paid::Reversed),
        FactKind::Fork | FactKind::Pending | FactKind::CancelNoted => None,
    }
}

/// Where a fact leaves a receipt; `None` where it says nothing about it.
const fn shown(state: Shown, kind: FactKind) -> Option<Shown> {
    match kind {
        // What this shop refused is not paid because the payer was faster to the server.
        FactKind::Posted if matches!(state, Shown::Refused) => None,
        FactKind::Posted => Some(Shown::Posted),
        FactKind::Rejected => Some(Shown::Rejected),
        FactKind::Reversed => Some(Shown::Reversed),
        FactKind::Fork | FactKind::Pending | FactKind::CancelNoted => None,
    }
}
