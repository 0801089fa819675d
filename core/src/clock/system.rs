//! The clocks of the machine this runs on.

use super::{Clock, Reading};
use kinchaku_protocol::time::Time;
use std::fs;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// On Linux and Android the kernel's boot id and the time since boot, sleep included. Elsewhere the time since this
/// process started, under a random boot id: every start then counts as a restart, which is the careful reading.
pub struct SystemClock {
    started: Instant,
    process: [u8; 16],
}

impl SystemClock {
    /// The machine's clocks.
    #[must_use]
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
            // Without randomness every process has the same id, and an anchor of an earlier one would be trusted;
            // the kernel's id is used where there is one, and nothing else in the wallet works without randomness.
            process: crate::secret::random().unwrap_or_default(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn read(&self) -> Reading {
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let (boot, monotonic) = kernel().unwrap_or_else(|| (self.process, self.started.elapsed().as_secs()));
        Reading {
            wall: Time(wall),
            monotonic,
            boot,
        }
    }
}

/// The kernel's boot id and seconds since boot.
fn kernel() -> Option<([u8; 16], u64)> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let digits: String = id.trim().chars().filter(|c| *c != '-').collect();
    let boot = u128::from_str_radix(&digits, 16).ok()?.to_be_bytes();
    let uptime = fs::read_to_string("/proc/uptime").ok()?;
    let seconds = uptime.split(['.', ' ']).next()?.parse().ok()?;
    Some((boot, seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_clocks_of_one_boot_agree() {
        let (a, b) = (SystemClock::new(), SystemClock::new());
        let (first, second) = (a.read(), b.read());
        assert!(second.monotonic >= first.monotonic);
        assert!(second.wall.since(first.wall) < 5 && first.wall > Time(1_700_000_000));
        if cfg!(target_os = "linux") {
            assert_eq!(first.boot, second.boot);
            assert_ne!(first.boot, [0; 16]);
        }
    }
}
