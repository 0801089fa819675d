//! Looking at a receipt: what it proves, whether it was here before, and what the caps leave room for.

use kinchaku_protocol::doc::{Bulletin, Device, Intent, Quality, Receipt, Role, ShopRow, Table, Verdict, Verified};
use kinchaku_protocol::ids::Ref;
use kinchaku_protocol::rules::{authorisation, caps};
use kinchaku_protocol::time::{DAY_SECONDS, Day};
use rusqlite::Connection;

use super::error::ReceiveError;
use super::verify::{Counter, Proven, verify};
use crate::book::{documents, receipts, server_rows};
use crate::clock::AnchoredTime;
use crate::home::Home;
use crate::store::Standing;

/// A bulletin older than this says too little: the device refuses blind and says why.
const OLDEST_BULLETIN: u64 = 30 * DAY_SECONDS;

/// Days a holder's pseudonym can span: the seven-day window and an allowance issued on its last day.
const HOLDER_DAYS: u32 = 14;

/// A receipt that was looked at, and the answer that is due.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What it proves.
    pub proven: Proven,
    /// What should be answered.
    pub verdict: Verdict,
}

/// What a shop's device knows of itself.
pub(super) struct Till {
    pub device: Verified<Device>,
    pub row: ShopRow,
}

/// Looks at a full receipt, offline.
///
/// # Errors
/// [`ReceiveError`].
pub fn check(home: &Home, text: &str) -> Result<Checked, ReceiveError> {
    let receipt = Receipt::read(text)?;
    let till = till(home)?;
    let reference = receipt.intent.id().to_ref();
    home.store().read(|db| shown_before(db, reference))?;
    let trust = home.trust().ok_or(ReceiveError::NotEnrolled)?;
    let bulletin = home.bulletin()?.ok_or(ReceiveError::NotEnrolled)?;
    let clock = home.now()?;
    if clock.quality == Quality::Lost {
        return Err(ReceiveError::ClockLost);
    }
    let age = clock.time.since(bulletin.made_at);
    if age > OLDEST_BULLETIN {
        return Err(ReceiveError::NotSynced {
            days: age.checked_div(DAY_SECONDS).unwrap_or(0),
        });
    }
    let counter = Counter {
        trust: &trust,
        bulletin: &bulletin,
        shop: till.device.owner,
        marks: &till.row.marks,
        sets: &till.row.sets,
        now: clock.time,
        clock: clock.quality,
    };
    let proven = verify(&counter, receipt)?;
    let verdict = home.store().read(|db| judge(db, &proven, clock))?;
    Ok(Checked { proven, verdict })
}

/// What is to be answered at this moment, once time, bulletin and what was taken so far are looked at again.
pub(super) fn judge(db: &Connection, proven: &Proven, clock: AnchoredTime) -> Result<Verdict, ReceiveError> {
    if clock.quality == Quality::Lost {
        return Err(ReceiveError::ClockLost);
    }
    let intent: &Intent = &proven.intent;
    if receipts::rival(db, intent.authorisation, intent.seq, proven.intent.to_ref())?.is_some() {
        return Ok(Verdict::Fork);
    }
    if !proven.verdict.accepted() {
        return Ok(proven.verdict);
    }
    let bulletin: Verified<Bulletin> = documents::get(db)?.ok_or(ReceiveError::NotEnrolled)?;
    if bulletin.stops(&proven.allowance.holder) || bulletin.stops(&proven.allowance.counted_under()) {
        return Ok(Verdict::Revoked);
    }
    if !authorisation::fresh(&proven.allowance, intent, clock.time, clock.quality) {
        return Ok(Verdict::OutsideWindow);
    }
    let today = clock.time.day();
    let since = Day(today.0.saturating_sub(HOLDER_DAYS));
    let so_far = receipts::so_far(db, proven.allowance.counted_under(), today, since)?;
    Ok(
        match caps::blind(&proven.allowance.limits, so_far, proven.total, intent.seq) {
            Ok(()) => Verdict::Accepted,
            Err(verdict) => verdict,
        },
    )
}

/// This device and its shop, where it may answer receipts at all.
pub(super) fn till(home: &Home) -> Result<Till, ReceiveError> {
    if home.store().standing() != Standing::Current {
        return Err(ReceiveError::RolledBack);
    }
    let now = home.now()?.time;
    let device = home.device()?.ok_or(ReceiveError::NotEnrolled)?;
    if device.role != Role::Shop || !device.valid_at(now) {
        return Err(ReceiveError::NotEnrolled);
    }
    let row = home
        .store()
        .read(|db| Ok::<_, ReceiveError>(server_rows::get(db, Table::Shop, &device.owner.0)?))?;
    Ok(Till {
        row: row.ok_or(ReceiveError::NotEnrolled)?,
        device,
    })
}

/// A receipt that was answered is not answered again (T9); one that waits for the server may be.
pub(super) fn shown_before(db: &Connection, reference: Ref) -> Result<(), ReceiveError> {
    match receipts::get(db, reference)? {
        Some(before) if before.state != receipts::State::Waiting => Err(ReceiveError::ShownBefore {
            at: before.seen_at,
            state: before.state,
        }),
        _ => Ok(()),
    }
}
