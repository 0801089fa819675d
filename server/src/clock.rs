//! The server's clock: the only place that reads the time. Rules and books get `now` as a value.
//!
//! The system's clock is followed only as far as time really passed since the process started: a clock that jumps
//! would end value that is not over, for good. A jump is logged and not followed until the server starts again,
//! and [`ahead`] says whether the books should open then.
//!
//! With the feature `demo`, `KINCHAKU_CLOCK` names a file with the seconds to be added to the system's
//! clock, read at each question, so that a demonstration can let days pass (docs/adr/0011).

use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use kinchaku_protocol::time::Time;

/// How far the system's clock may be from the time that passed, in seconds: it is set right in steps, and machines
/// are paused.
const STEP: u64 = 600;

/// For how long a town's server may have stood still before somebody has to say that the clock is right, in seconds.
const STANDSTILL: u64 = 7 * 24 * 60 * 60;

/// When the clock was last believed: the system's seconds, and the time that passes whatever they say.
static BELIEVED: Mutex<Option<(u64, Instant)>> = Mutex::new(None);

/// The time now.
#[must_use]
pub fn now() -> Time {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let at = Instant::now();
    let mut known = BELIEVED.lock().unwrap_or_else(PoisonError::into_inner);
    let expected = known.map(|(then, since)| then.saturating_add(at.duration_since(since).as_secs()));
    let believed = followed(expected, seconds);
    if believed == seconds {
        *known = Some((seconds, at));
    } else {
        tracing::error!(
            expected = believed,
            system = seconds,
            "the system's clock has jumped and is not followed"
        );
    }
    moved(Time(believed))
}

/// What is believed of the system's clock, given what it should say.
fn followed(expected: Option<u64>, system: u64) -> u64 {
    expected
        .filter(|expected| expected.abs_diff(system) > STEP)
        .unwrap_or(system)
}

/// Whether the clock is so far ahead of the books' last commit that it may be wrong. A clock that is set by a
/// demonstration is not asked.
#[must_use]
pub fn ahead(last: Time, now: Time) -> bool {
    last.0 > 0 && now.0.saturating_sub(last.0) > STANDSTILL && !is_moved()
}

#[cfg(not(feature = "demo"))]
const fn is_moved() -> bool {
    false
}

#[cfg(feature = "demo")]
fn is_moved() -> bool {
    std::env::var_os("KINCHAKU_CLOCK").is_some()
}

#[cfg(not(feature = "demo"))]
const fn moved(now: Time) -> Time {
    now
}

#[cfg(feature = "demo")]
fn moved(now: Time) -> Time {
    let Some(file) = std::env::var_os("KINCHAKU_CLOCK") else {
        return now;
    };
    let text = std::fs::read_to_string(file).unwrap_or_default();
    match text.trim().parse::<i64>() {
        Ok(seconds) if seconds < 0 => now.before(seconds.unsigned_abs()),
        Ok(seconds) => now.after(seconds.unsigned_abs()),
        Err(_) => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_jumps_is_not_followed() {
        assert_eq!(followed(None, 1_000), 1_000);
        assert_eq!(followed(Some(1_000), 1_000 + STEP), 1_000 + STEP);
        assert_eq!(followed(Some(1_000), 1_001 + STEP), 1_000);
        assert_eq!(followed(Some(10_000), 10_000 - STEP), 10_000 - STEP);
        assert_eq!(followed(Some(10_000), 9_999 - STEP), 10_000);
    }

    #[test]
    fn books_that_stood_still_for_long_are_asked_about() {
        assert!(!ahead(Time(0), Time(u64::MAX)), "books nobody has written in");
        assert!(!ahead(Time(1_000), Time(1_000 + STANDSTILL)));
        assert!(ahead(Time(1_000), Time(1_001 + STANDSTILL)));
        assert!(!ahead(Time(2_000), Time(1_000)));
    }
}
