//! The check of a receipt itself: two signatures and the rules, on what is already in memory. No
//! database, no decoding of pictures, so that its cost is that of two signature checks.

use kinchaku_protocol::doc::{Allowance, Bulletin, Intent, Quality, Receipt, Verdict, Verified};
use kinchaku_protocol::ids::{MarkId, Pid, SetId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::authorisation::{self, AuthorisationError};
use kinchaku_protocol::time::Time;

use super::error::ReceiveError;
use crate::trust::Trust;

/// The counter a receipt is shown at, and what its device knows.
#[derive(Clone)]
pub struct Counter<'a> {
    /// Whom it trusts.
    pub trust: &'a Trust,
    /// Whom it must refuse.
    pub bulletin: &'a Bulletin,
    /// The shop.
    pub shop: Pid,
    /// Its sheets.
    pub marks: &'a [MarkId],
    /// The sets it belongs to.
    pub sets: &'a [SetId],
    /// The time, as well as it knows.
    pub now: Time,
    /// How well that is.
    pub clock: Quality,
}

/// A receipt whose signatures hold.
#[derive(Clone, Debug)]
pub struct Proven {
    /// What it spends.
    pub allowance: Verified<Allowance>,
    /// The payment.
    pub intent: Verified<Intent>,
    /// The whole payment.
    pub total: Amount,
    /// What the shop should answer, before it counts what it has taken so far.
    pub verdict: Verdict,
}

/// Verifies a full receipt.
///
/// # Errors
/// [`ReceiveError`] where the receipt proves nothing or is not for this shop: then nothing is signed. A
/// receipt that proves a payment the shop should refuse is no error but a [`Verdict`].
pub fn verify(counter: &Counter<'_>, receipt: Receipt) -> Result<Proven, ReceiveError> {
    let claimed = receipt.intent.claims();
    if claimed.shop != counter.shop || !counter.marks.contains(&claimed.mark) {
        return Err(ReceiveError::OtherShop);
    }
    let allowance = receipt.allowance.ok_or(ReceiveError::NeedsFullReceipt)?;
    let allowance = counter
        .trust
        .allowance(allowance)
        .map_err(ReceiveError::AllowanceNotProven)?;
    let intent = receipt
        .intent
        .verify(&allowance.device_key)
        .map_err(ReceiveError::Forged)?;
    let total = intent
        .total()
        .map_err(|_| ReceiveError::Unfit(AuthorisationError::ChainStart))?;
    let verdict = verdict(counter, &allowance, &intent)?;
    Ok(Proven {
        allowance,
        intent,
        total,
        verdict,
    })
}

fn verdict(counter: &Counter<'_>, allowance: &Verified<Allowance>, intent: &Intent) -> Result<Verdict, ReceiveError> {
    match authorisation::check(allowance, allowance.to_ref(), intent, counter.sets) {
        Ok(_) => (),
        Err(AuthorisationError::OutsideWindow) => return Ok(Verdict::OutsideWindow),
        Err(AuthorisationError::NotUsableHere { .. } | AuthorisationError::DayPassed { .. }) => {
            return Ok(Verdict::NotUsableHere);
        }
        Err(error) => return Err(ReceiveError::Unfit(error)),
    }
    if counter.bulletin.stops(&allowance.holder) || counter.bulletin.stops(&allowance.counted_under()) {
        return Ok(Verdict::Revoked);
    }
    if !authorisation::fresh(allowance, intent, counter.now, counter.clock) {
        return Ok(Verdict::OutsideWindow);
    }
    Ok(Verdict::Accepted)
}
