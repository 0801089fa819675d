//! Token buckets: how much one device or one address may ask for. An address may stand for a whole town
//! behind one router, so it gets more than a device.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Problem;

/// The most buckets kept. Full buckets are dropped first, since they say nothing.
const ROOM: usize = 100_000;

/// A burst, and how long one request takes to come back.
#[derive(Clone, Copy)]
pub(super) struct Rate {
    pub(super) burst: u32,
    pub(super) refill: Duration,
}

/// Buckets by key. A bucket is the moment at which it will be full again.
pub(super) struct Throttle<K> {
    rate: Rate,
    full_at: Mutex<HashMap<K, Instant>>,
}

impl<K: Eq + Hash> Throttle<K> {
    pub(super) fn new(rate: Rate) -> Self {
        Self {
            rate,
            full_at: Mutex::new(HashMap::new()),
        }
    }

    /// Takes `count` requests' worth of tokens at `now`.
    pub(super) fn take(&self, key: K, count: u32, now: Instant) -> Result<(), Problem> {
        let mut buckets = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ROOM {
            buckets.retain(|_, full_at| *full_at > now);
            if buckets.len() >= ROOM {
                return Err(Problem::TooMany { wait: 10 });
            }
        }
        let full_at = buckets.entry(key).or_insert(now);
        let after = (*full_at).max(now) + self.rate.refill.saturating_mul(count);
        let behind = after.saturating_duration_since(now);
        let room = self.rate.refill.saturating_mul(self.rate.burst);
        if behind > room {
            let wait = behind.saturating_sub(room).as_secs().saturating_add(1);
            return Err(Problem::TooMany { wait });
        }
        *full_at = after;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_one_at_a_time() {
        let throttle = Throttle::new(Rate {
            burst: 3,
            refill: Duration::from_secs(2),
        });
        let start = Instant::now();
        for _ in 0..3 {
            assert_eq!(throttle.take("a", 1, start), Ok(()));
        }
        let refused = Err(Problem::TooMany { wait: 3 });
        assert_eq!(throttle.take("a", 1, start), refused);
        assert_eq!(throttle.take("b", 1, start), Ok(()));
        let later = start + Duration::from_secs(2);
        assert_eq!(throttle.take("a", 1, later), Ok(()));
        assert!(throttle.take("a", 1, later).is_err());
    }
}
