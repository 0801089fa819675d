//! PREPARED: the payload's bytes, its counter and its value are fixed in one FULL commit, before the
//! person is asked. What is not signed in the end is undone, never signed later.

use kinchaku_protocol::doc::{ClockReading, Document as _, Gate, Intent};
use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::authorisation;
use kinchaku_protocol::rules::split::{self, Choice};
use rusqlite::Connection;

use super::error::PayError;
use super::quote::{Notice, Quote};
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
    let duplicate = quote.notices.iter().find_map(|notice| match notice {
        Notice::Duplicate(at) => Some(*at),
        _ => None,
    });
    if let Some(at) = duplicate.filter(|_| !gate.has(Gate::DUPLICATE_OK)) {
        return Err(PayError::Duplicate { at });
    }
    let prepared = home.store().write(|db| prepare_in(home, db, quote, gate))?;
    fault::point("pay.prepared");
    Ok(prepared)
}

fn prepare_in(home: &Home, db: &Connection, quote: &Quote, gate: Gate) -> Result<Prepared, PayError> {
    // One payment at a time: whatever was left prepared was not signed.
    payments::abandon(db, None)?;
    let now = home.act_now(db)?;
    let purse = Purse::load(db)?.ok_or(PayError::NoAllowance)?;
    still_holds(&purse, quote, now.time.day())?;
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

/// Whether every part still fits what is left of its line.
fn still_holds(purse: &Purse, quote: &Quote, day: kinchaku_protocol::time::Day) -> Result<(), PayError> {
    if purse.allowance.to_ref() != quote.allowance {
        return Err(PayError::Outdated);
    }
    for part in &quote.parts {
        let left = purse
            .lines
            .iter()
            .find(|line| line.index == part.line)
            .map_or(Amount::ZERO, |line| line.left);
        if part.amount > left {
            return Err(PayError::Outdated);
        }
    }
    let choice = Choice::ByHand(quote.by_class.clone());
    split::split(&purse.lines, quote.total, &choice, day, &quote.shop.sets)
        .map(|_| ())
        .map_err(|_| PayError::Outdated)
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
