//! PREPARED: the payload's bytes, its counter and its value are fixed in one FULL commit, before the
//! person is asked. What is not signed in the end is undone, never signed later.

use kinchaku_protocol::doc::{ClockReading, Document as _, Gate, Intent};
use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::rules::authorisation;
use rusqlite::Connection;

use super::error::PayError;
use super::quote::{Notice, Quote, quote_in};
use crate::book::payments::{self, Fixed};
use crate::book::purse::Purse;
use crate::fault;
use crate::home::Home;
use crate::store::{Standing, StoreError};

/// A payment whose bytes are fixed, waiting for its signature.
#[derive(Debug)]
pub struct Prepared {
    pub(super) id: i64,
    pub(super) payload: Vec<u8>,
}

/// Fixes a quote. `gate` says how the person will confirm; with [`Gate::DUPLICATE_OK`] they were asked
/// about a duplicate and went on.
///
/// # Errors
/// [`PayError`]; nothing is written then.
pub fn prepare(home: &Home, quote: &Quote, gate: Gate) -> Result<Prepared, PayError> {
    if home.store().standing() != Standing::Current {
        return Err(PayError::RolledBack);
    }
    let prepared = home.store().write(|db| prepare_in(home, db, quote, gate))?;
    fault::point("pay.prepared");
    Ok(prepared)
}

fn prepare_in(home: &Home, db: &Connection, quote: &Quote, gate: Gate) -> Result<Prepared, PayError> {
    // One payment at a time: whatever was left prepared was not signed.
    payments::abandon(db, None)?;
    let now = home.act_now(db)?;
    // All of it again, in the transaction that writes: another payment may have been made since.
    let fresh = quote_in(db, now, &quote.shop, quote.total, &quote.choice, quote.online)?;
    if fresh.allowance != quote.allowance || fresh.parts != quote.parts {
        return Err(PayError::Outdated);
    }
    let duplicate = fresh.notices.iter().find_map(|notice| match notice {
        Notice::Duplicate(at) => Some(*at),
        _ => None,
    });
    if let Some(at) = duplicate.filter(|_| !gate.has(Gate::DUPLICATE_OK)) {
        return Err(PayError::Duplicate { at });
    }
    let purse = Purse::load(db)?.ok_or(PayError::NoAllowance)?;
    let reference = purse.allowance.to_ref();
    let intent = Intent {
        authorisation: reference,
        seq: purse.used.saturating_add(1),
        prev: purse.head,
        shop: quote.shop.shop,
        mark: quote.shop.mark,
        parts: quote.parts.clone(),
        occurred_at: now.time,
        clock: ClockReading {
            quality: now.quality,
            age: now.age,
        },
        gate,
        shop_nonce: None,
    };
    let total =
        authorisation::check(&purse.allowance, reference, &intent, &quote.shop.sets).map_err(|error| match error {
            authorisation::AuthorisationError::OutsideWindow => PayError::AllowanceEnded {
                at: purse.allowance.expires(),
            },
            _ => PayError::Outdated,
        })?;
    let payload = intent.encode();
    let fixed = Fixed {
        intent: &intent,
        payload: &payload,
        reference: DocId::of(&payload).to_ref(),
        shop_name: &quote.shop.name,
        total,
        paper: quote.paper,
    };
    let id = payments::prepare(db, &fixed)?;
    Ok(Prepared { id, payload })
}

/// The person stopped before signing: counter and value are free again.
///
/// # Errors
/// [`StoreError`].
pub fn abandon(home: &Home, prepared: Prepared) -> Result<(), StoreError> {
    home.store().write(|db| {
        payments::abandon(db, Some(prepared.id))?;
        Ok(())
    })
}

/// Undoes what a crash left prepared. Returns how many payments that was.
///
/// # Errors
/// [`StoreError`].
pub fn recover(home: &Home) -> Result<usize, StoreError> {
    // Nearly every open finds nothing, and then writes nothing.
    let left = home
        .store()
        .read(|db| Ok::<_, StoreError>(payments::any_prepared(db)?))?;
    if !left {
        return Ok(0);
    }
    home.store().write(|db| Ok(payments::abandon(db, None)?))
}
