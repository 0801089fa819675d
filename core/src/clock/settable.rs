//! A clock for the demo and for tests; a plain build has none (docs/adr/0011).

use super::{Clock, Reading};
use kinchaku_protocol::time::Time;
use std::sync::{Mutex, PoisonError};

/// Stands still unless it is told to move.
pub struct SettableClock(Mutex<Reading>);

impl SettableClock {
    /// Starts at a wall time, just booted.
    #[must_use]
    pub fn new(wall: Time) -> Self {
        Self(Mutex::new(Reading {
            wall,
            monotonic: 0,
            boot: [1; 16],
        }))
    }

    /// Time passes: both clocks go on.
    pub fn pass(&self, seconds: u64) {
        self.change(|reading| {
            reading.wall = reading.wall.after(seconds);
            reading.monotonic = reading.monotonic.saturating_add(seconds);
        });
    }

    /// Somebody sets the wall clock.
    pub fn set_wall(&self, wall: Time) {
        self.change(|reading| reading.wall = wall);
    }

    /// The device restarts: another boot, the monotonic clock at zero.
    pub fn restart(&self) {
        self.change(|reading| {
            let number = u128::from_be_bytes(reading.boot).wrapping_add(1);
            reading.boot = number.to_be_bytes();
            reading.monotonic = 0;
        });
    }

    fn change(&self, change: impl FnOnce(&mut Reading)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Clock for SettableClock {
    fn read(&self) -> Reading {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
