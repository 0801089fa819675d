//! Asking for an allowance: the one in use is closed in the same commit that makes it unusable, so no
//! counter above the close can ever be signed.
//!
//! ```text
//! in use → closed (signed, durable) → asked for the next → in use
//! ```
//! A crash after closing is repaired by the next run: it sends the stored close again.

use kinchaku_protocol::api::AllowanceRequest;
use kinchaku_protocol::doc::field::{self, Bytes};
use kinchaku_protocol::doc::{Allowance, ClassRow, Close, Document as _, Received, Role, Table, Verified};
use kinchaku_protocol::ids::{Ref, ServiceType};
use kinchaku_protocol::rules::refresh as rule;
use kinchaku_protocol::time::Time;
use rusqlite::Connection;

use super::error::SyncError;
use super::exchange::{Call, call};
use crate::book::chain::ChainEnd;
use crate::book::purse::Purse;
use crate::book::{allowances, outbox, payments, server_rows};
use crate::fault;
use crate::home::{self, Home, Town};
use crate::key::{self, DeviceKey};
use crate::store::meta;

/// When this device last ended a rollback: an allowance issued before it may have been spent by the copy that
/// was put away.
const ROLLED_BACK: &str = "sync.rolled-back";

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
    let due = home.store().read(|db| due(db, now))?;
    match due {
        Due::No => Ok(false),
        Due::First => ask(home),
        Due::Next(allowance) => {
            if !close(home, allowance)? {
                return Ok(false);
            }
            fault::point("allowance.closed");
            ask(home)
        }
    }
}

enum Due {
    No,
    First,
    Next(Ref),
}

fn due(db: &Connection, now: Time) -> Result<Due, SyncError> {
    let Some(purse) = Purse::load(db)? else {
        return Ok(Due::First);
    };
    // A person is about to confirm: the chain does not end under their finger.
    if payments::any_prepared(db)? {
        return Ok(Due::No);
    }
    let left = purse.left_on(now.day());
    let due = rule::due(&purse.allowance, left, server_rows::free(db)?, now)
        || purse.used >= purse.allowance.limits.soft_count
        || home::payment_public(db)? != Some(purse.allowance.device_key);
    Ok(if due {
        Due::Next(purse.allowance.to_ref())
    } else {
        Due::No
    })
}

/// Gives the allowance in use back and asks for another, due or not: the payment key has changed, or more is
/// wanted than it has left.
///
/// # Errors
/// [`SyncError`].
pub fn replace(home: &Home) -> Result<bool, SyncError> {
    let purse = home.store().read(|db| Purse::load(db))?;
    if let Some(purse) = purse
        && !close(home, purse.allowance.to_ref())?
    {
        return Ok(false);
    }
    let came = ask(home)?;
    super::pages::pull(home)?;
    Ok(came)
}

/// A payment is more than the allowance has left: asks for a larger one where the account has more. Returns
/// whether one came.
///
/// # Errors
/// [`SyncError`].
pub fn enlarge(home: &Home) -> Result<bool, SyncError> {
    let free = home.store().read(|db| server_rows::free(db).map_err(SyncError::from))?;
    if free.is_zero() {
        return Ok(false);
    }
    replace(home)
}

/// Gives the allowance in use back where it has points, and tells the server, so that they can be given up for something
/// else. Returns whether nothing is in the way any more; a payment that waits for its signature is.
///
/// # Errors
/// [`SyncError`].
pub fn release_points(home: &Home) -> Result<bool, SyncError> {
    let purse = home.store().read(|db| {
        let classes: Vec<ClassRow> = server_rows::all(db, Table::Class)?;
        let points = ServiceType::Points.number();
        let of_points = |class| {
            classes
                .iter()
                .any(|row| row.class == class && row.service_type == points)
        };
        let purse = Purse::load(db)?;
        Ok::<_, SyncError>(purse.filter(|purse| purse.lines.iter().any(|line| of_points(line.line.class))))
    })?;
    let Some(purse) = purse else {
        return Ok(true);
    };
    if !close(home, purse.allowance.to_ref())? {
        return Ok(false);
    }
    fault::point("allowance.closed");
    super::outbox::deliver(home, true)?;
    Ok(true)
}

/// Signs and stores the close of the allowance in use; not while a payment waits for its signature.
fn close(home: &Home, allowance: Ref) -> Result<bool, SyncError> {
    let key = home.sync_key()?;
    home.store().write_counted(|db| {
        let still = allowances::in_use(db)?.is_some_and(|current| current.to_ref() == allowance);
        if !still || payments::any_prepared(db)? {
            return Ok(false);
        }
        let made = payments::of_allowance(db, allowance)?;
        let (last, head) = made
            .last()
            .map_or((0, allowance), |last| (last.intent.seq, last.reference));
        sign_close(home, db, &key, ChainEnd { allowance, last, head })?;
        Ok(true)
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
    outbox::add_note(db, close.id(), close.bytes())?;
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
    // A wallet that was put back does not know the allowance the vault saw last, but counters of it are used.
    let seen = home.store().noted().as_deref().and_then(ChainEnd::read);
    if seen.is_some_and(|end| end.allowance == allowance.to_ref()) {
        return Ok(false);
    }
    home.store().write(|db| take(home, db, &allowance))
}

/// Takes an allowance into use, if it is for this device's payment key and its counters are surely unused.
fn take(home: &Home, db: &Connection, allowance: &Verified<Allowance>) -> Result<bool, SyncError> {
    let rolled_back = meta::number(db, ROLLED_BACK)?.unwrap_or(0);
    let ours = home::payment_public(db)? == Some(allowance.device_key);
    if !ours || allowance.not_before().0 < rolled_back {
        return Ok(false);
    }
    let now = home.act_now(db)?.time;
    Ok(allowances::add(db, allowance, now)?)
}

/// An older copy was put back: counters above what it knows may have been used, even under an allowance it
/// never saw. The vault knows where the last chain ended, so that one is closed truly; whatever else is in use
/// here is given up, and no allowance from before this moment is taken again. What is given up comes back when
/// its hold lapses.
///
/// # Errors
/// [`SyncError`].
pub fn end_rolled_back(home: &Home) -> Result<(), SyncError> {
    let key = home.sync_key()?;
    let noted = home.store().noted().as_deref().and_then(ChainEnd::read);
    home.store().write(|db| {
        payments::abandon(db, None)?;
        if let Some(allowance) = allowances::in_use(db)?
            && noted.is_none_or(|end| end.allowance != allowance.to_ref())
        {
            allowances::lose(db, allowance.to_ref())?;
        }
        if let Some(end) = noted {
            sign_close(home, db, &key, end)?;
        }
        meta::set_number(db, ROLLED_BACK, home.act_now(db)?.time.0)?;
        Ok(())
    })
}
