//! Looking at a receipt: what it proves, whether it was here before, and what the caps leave room for.

use kinchaku_protocol::doc::{Device, Intent};
use kinchaku_protocol::doc::{Receipt, Role, ShopRow, Table, Verdict, Verified};
use kinchaku_protocol::ids::Ref;
use kinchaku_protocol::rules::caps;
use kinchaku_protocol::time::{DAY_SECONDS, Time};
use rusqlite::Connection;

use super::error::ReceiveError;
use super::verify::{Counter, Proven, verify};
use crate::book::{receipts, server_rows};
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
    /// When it was looked at.
    pub now: Time,
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
    shown_before(home, receipt.intent.id().to_ref())?;
    let trust = home.trust().ok_or(ReceiveError::NotEnrolled)?;
    let bulletin = home.bulletin()?.ok_or(ReceiveError::NotEnrolled)?;
    let now = home.now()?.time;
    let age = now.since(bulletin.made_at);
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
        now,
    };
    let proven = verify(&counter, receipt)?;
    let verdict = home.store().read(|db| counted(db, &proven, now))?;
    Ok(Checked { proven, verdict, now })
}

/// The verdict once what was taken so far is counted, in the transaction that will answer too.
pub(super) fn counted(db: &Connection, proven: &Proven, now: Time) -> Result<Verdict, ReceiveError> {
    let intent: &Intent = &proven.intent;
    if receipts::rival(db, intent.authorisation, intent.seq, proven.intent.to_ref())?.is_some() {
        return Ok(Verdict::Fork);
    }
    if !proven.verdict.accepted() {
        return Ok(proven.verdict);
    }
    let today = now.day();
    let since = kinchaku_protocol::time::Day(today.0.saturating_sub(HOLDER_DAYS));
    let holder = proven.allowance.counted_under();
    let so_far = receipts::so_far(db, holder, today, since)?;
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
pub(super) fn shown_before(home: &Home, reference: Ref) -> Result<(), ReceiveError> {
    let before = home
        .store()
        .read(|db| Ok::<_, ReceiveError>(receipts::get(db, reference)?))?;
    match before {
        Some(before) if before.state != receipts::State::Waiting => Err(ReceiveError::ShownBefore {
            at: before.seen_at,
            state: before.state,
        }),
        _ => Ok(()),
    }
}
