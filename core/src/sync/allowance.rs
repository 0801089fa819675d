//! Asking for an allowance: the one in use is closed in the same commit that makes it unusable, so no
//! counter above the close can ever be signed.
//!
//! ```text
//! in use → closed (signed, durable) → asked for the next → in use
//! ```
//! A crash after closing is repaired by the next run: it sends the stored close again.

use kinchaku_protocol::api::AllowanceRequest;
use kinchaku_protocol::doc::field::{self, Bytes};
use kinchaku_protocol::doc::{Allowance, Close, Document as _, Received, Role, Verified};
use kinchaku_protocol::ids::Ref;
use kinchaku_protocol::rules::refresh as rule;
use rusqlite::Connection;

use super::error::SyncError;
use super::exchange::{Call, call};
use crate::book::chain::ChainEnd;
use crate::book::purse::Purse;
use crate::book::{allowances, outbox, payments};
use crate::fault;
use crate::home::{self, Home, Town};
use crate::key::{self, DeviceKey};

/// Asks for an allowance where it is due. Returns whether a new one came into use.
///
/// # Errors
/// [`SyncError`].
pub fn refresh(home: &Home) -> Result<bool, SyncError> {
    let device = home.device()?.ok_or(SyncError::NotEnrolled)?;
    if device.role != Role::Wallet {
        return Ok(false);
    }
    let now = home.now()?.time;
    let purse = home.store().read(|db| Purse::load(db))?;
    if let Some(purse) = &purse {
        let key = home.store().read(|db| home::payment_public(db))?;
        let due = rule::due(&purse.allowance, purse.left(), now)
            || purse.used >= purse.allowance.limits.soft_count
            || key != Some(purse.allowance.device_key);
        if !due {
            return Ok(false);
        }
        close(home, purse.allowance.to_ref())?;
        fault::point("allowance.closed");
    }
    ask(home)
}

/// Gives the allowance in use back and asks for another, due or not: the payment key has changed.
///
/// # Errors
/// [`SyncError`].
pub fn replace(home: &Home) -> Result<bool, SyncError> {
    if let Some(purse) = home.store().read(|db| Purse::load(db))? {
        close(home, purse.allowance.to_ref())?;
    }
    ask(home)
}

/// Signs and stores the close of the allowance in use.
fn close(home: &Home, allowance: Ref) -> Result<(), SyncError> {
    let key = home.sync_key()?;
    home.store().write_counted(|db| {
        // What is prepared and not signed is undone: its counter is not part of the chain.
        payments::abandon(db, None)?;
        let made = payments::of_allowance(db, allowance)?;
        let (last, head) = made
            .last()
            .map_or((0, allowance), |last| (last.intent.seq, last.reference));
        sign_close(home, db, &key, ChainEnd { allowance, last, head })
    })
}

fn sign_close(home: &Home, db: &Connection, key: &dyn DeviceKey, end: ChainEnd) -> Result<(), SyncError> {
    let close = Close {
        allowance: end.allowance,
        last: end.last,
        head: end.head,
        closed_at: home.act_now(db)?.time,
    };
    let signer = key::Verified::new(key);
    let close = close
        .sign(&signer)
        .map_err(|_| signer.failure().unwrap_or(key::KeyError::BadSignature))?;
    allowances::close(db, end.allowance, close.bytes())?;
    outbox::add_note(db, end.allowance, close.id(), close.bytes())?;
    end.note(db)?;
    Ok(())
}

fn ask(home: &Home) -> Result<bool, SyncError> {
    let (town, last) = home
        .store()
        .read(|db| Ok::<_, SyncError>((Town::load(db)?, allowances::last_close(db)?)))?;
    let request = AllowanceRequest {
        close: last.map(Bytes),
        at_most: None,
    };
    let body = match call(home, &town, Call::signed("allowance", field::to_bytes(&request))) {
        Ok(body) => body,
        // Nothing to reserve, stopped, or too many: not an error of the sync.
        Err(SyncError::Refused { status: 403 | 409 }) => return Ok(false),
        Err(error) => return Err(error),
    };
    let trust = home.trust().ok_or(SyncError::NotEnrolled)?;
    let allowance = trust.allowance(Received::<Allowance>::read(&body)?)?;
    home.store().write(|db| take(home, db, &allowance))
}

/// Takes an allowance into use, if it is for this device's payment key.
fn take(home: &Home, db: &Connection, allowance: &Verified<Allowance>) -> Result<bool, SyncError> {
    if home::payment_public(db)? != Some(allowance.device_key) {
        return Err(SyncError::Nonsense);
    }
    let now = home.act_now(db)?.time;
    Ok(allowances::add(db, allowance, now)?)
}

/// An older copy was put back: counters above what it knows may have been used. The vault knows the last
/// one, so the allowance is closed with that and never spent again; where the vault does not, it is
/// given up, and its reserve comes back when the hold lapses.
///
/// # Errors
/// [`SyncError`].
pub fn end_rolled_back(home: &Home) -> Result<(), SyncError> {
    let key = home.sync_key()?;
    let noted = home.store().noted().as_deref().and_then(ChainEnd::read);
    home.store().write(|db| {
        payments::abandon(db, None)?;
        let Some(allowance) = allowances::in_use(db)? else {
            return Ok(());
        };
        match noted.filter(|end| end.allowance == allowance.to_ref()) {
            Some(end) => sign_close(home, db, &key, end),
            None => Ok(allowances::lose(db, allowance.to_ref())?),
        }
    })
}
