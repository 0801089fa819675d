//! Whether an intent may spend an allowance at a shop: chain, parts, time, scope. The same answer for
//! the wallet before it signs, the shop before it accepts, and the server before it posts.
//!
//! Signatures are checked before this; caps on blind acceptance are in [`super::caps`].

use crate::doc::{Allowance, Intent, Quality, ReserveLine};
use crate::ids::{Ref, SetId};
use crate::money::Amount;
use crate::time::{Day, Time};

/// How far a payer's clock may lag behind the server's at the start of an allowance, in seconds.
pub const CLOCK_SLACK: u64 = 600;

/// Why an intent may not spend an allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorisationError {
    /// It names another authorisation.
    #[error("the intent names another authorisation")]
    OtherAuthorisation,
    /// Its first link is not the authorisation.
    #[error("the chain does not begin at the authorisation")]
    ChainStart,
    /// A part names a line that is not there.
    #[error("no reserve line {line}")]
    NoLine {
        /// The index.
        line: u8,
    },
    /// A part is larger than the whole line.
    #[error("more than reserve line {line} holds")]
    AboveLine {
        /// The index.
        line: u8,
    },
    /// Signed before the allowance began or after it ended.
    #[error("outside the time of the allowance")]
    OutsideWindow,
    /// The line cannot be used at this shop (F072).
    #[error("reserve line {line} cannot be used here")]
    NotUsableHere {
        /// The index.
        line: u8,
    },
    /// The line's last day has passed.
    #[error("reserve line {line} was usable until {day}")]
    DayPassed {
        /// The index.
        line: u8,
        /// Its last day.
        day: Day,
    },
}

/// Checks an intent against the allowance it names; gives the total.
///
/// `sets` are the shop sets the shop belongs to.
///
/// # Errors
/// [`AuthorisationError`].
pub fn check(
    allowance: &Allowance,
    reference: Ref,
    intent: &Intent,
    sets: &[SetId],
) -> Result<Amount, AuthorisationError> {
    if intent.authorisation != reference {
        return Err(AuthorisationError::OtherAuthorisation);
    }
    if intent.seq == 1 && intent.prev != reference {
        return Err(AuthorisationError::ChainStart);
    }
    in_window(allowance, intent.occurred_at)?;
    for part in &intent.parts {
        let line = allowance
            .lines
            .get(usize::from(part.line))
            .ok_or(AuthorisationError::NoLine { line: part.line })?;
        if part.amount > line.amount {
            return Err(AuthorisationError::AboveLine { line: part.line });
        }
        usable(line, part.line, intent.occurred_at.day(), sets)?;
    }
    // A document's parts add up, or it would not have been read.
    intent.total().map_err(|_| AuthorisationError::AboveLine { line: 0 })
}

/// Whether something signed at `at` falls into the allowance's time.
///
/// # Errors
/// [`AuthorisationError::OutsideWindow`].
pub fn in_window(allowance: &Allowance, at: Time) -> Result<(), AuthorisationError> {
    let begins = allowance.not_before().before(CLOCK_SLACK);
    if begins <= at && at <= allowance.expires() {
        Ok(())
    } else {
        Err(AuthorisationError::OutsideWindow)
    }
}

/// Whether a line can be used at a shop on a day.
///
/// # Errors
/// [`AuthorisationError::NotUsableHere`] or [`AuthorisationError::DayPassed`], with `index`.
pub fn usable(line: &ReserveLine, index: u8, day: Day, sets: &[SetId]) -> Result<(), AuthorisationError> {
    if line.set != SetId::ANYWHERE && !sets.contains(&line.set) {
        return Err(AuthorisationError::NotUsableHere { line: index });
    }
    if day > line.day {
        return Err(AuthorisationError::DayPassed {
            line: index,
            day: line.day,
        });
    }
    Ok(())
}

/// Whether a shop that reads a receipt at `now` believes its time (T9, T11).
///
/// Where both clocks are anchored they must agree within ten minutes. A payer whose clock is not is judged
/// by the count of payments alone, but never outside the allowance by the shop's own clock.
#[must_use]
pub fn fresh(allowance: &Allowance, intent: &Intent, now: Time, shop: Quality) -> bool {
    if in_window(allowance, now).is_err() {
        return false;
    }
    let apart = now.since(intent.occurred_at).max(intent.occurred_at.since(now));
    let comparable = intent.clock.quality == Quality::Anchored && shop == Quality::Anchored;
    !comparable || apart <= CLOCK_SLACK
}
