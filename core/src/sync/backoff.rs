//! When a document is tried again: full jitter over a window that doubles from one second to fifteen
//! minutes, so that ten thousand wallets do not come back at once (T19).

use kinchaku_protocol::time::Time;

/// The longest wait in seconds.
const LONGEST: u64 = 15 * 60;

/// When to try again after `attempts` failures. `noise` is uniformly random; the server may have asked
/// for a minimum.
#[must_use]
pub fn next_try(now: Time, attempts: u32, noise: u64, asked: u64) -> Time {
    let window = 1_u64.checked_shl(attempts.min(20)).unwrap_or(LONGEST).min(LONGEST);
    let jitter = noise.checked_rem(window.saturating_add(1)).unwrap_or(0);
    now.after(jitter.max(asked.min(LONGEST)))
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, next_try};
    use kinchaku_protocol::time::Time;
    use proptest::prelude::*;

    proptest! {
        /// T19.
        #[test]
        fn waits_grow_and_never_exceed_a_quarter_of_an_hour(attempts in 0_u32..60, noise: u64, asked in 0_u64..5_000) {
            let wait = next_try(Time(0), attempts, noise, asked).0;
            prop_assert!(wait <= LONGEST);
            prop_assert!(wait >= asked.min(LONGEST));
            prop_assert!(asked > 0 || wait <= 1 << attempts.min(20));
        }
    }
}
