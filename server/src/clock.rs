//! The server's clock: the only place that reads the time. Rules and books get `now` as a value.
//!
//! With the feature `demo`, `KINCHAKU_CLOCK` names a file with the seconds to be added to the system's
//! clock, read at each question, so that a demonstration can let days pass (docs/adr/0011).

use std::time::{SystemTime, UNIX_EPOCH};

use kinchaku_protocol::time::Time;

/// The time now.
#[must_use]
pub fn now() -> Time {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    moved(Time(seconds))
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
