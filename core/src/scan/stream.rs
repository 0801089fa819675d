//! Camera frames, one after the other, until one of them is read.
//!
//! The work for one frame is bounded. What the shake of a hand does not bring by itself, other
//! attempts on the next frames do: each frame starts with the cheap steps and goes on with the
//! dear ones where the frame before it ran out of time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::picture::Luma;
use super::worker::Worker;
use super::{Scan, ScanError, climb, lost};

/// Reads a stream of camera frames on a thread of its own.
///
/// One per opened camera; not to be shared between two cameras.
#[derive(Debug)]
pub struct FrameReader {
    worker: Worker,
    budget: Duration,
}

impl FrameReader {
    /// A reader that gives each frame at most `budget_per_frame`.
    #[must_use]
    pub fn new(budget_per_frame: Duration) -> Self {
        Self {
            worker: Worker::default(),
            budget: budget_per_frame,
        }
    }

    /// Looks for codes in the next frame. `accept` confirms a hit, for example by the checksum or the
    /// signature in the text; what it refuses is still returned, as the best there was.
    ///
    /// # Errors
    /// `NoCode` or `OutOfTime`: show the next frame. `Unavailable`: the device gives no thread, or
    /// decoders lost to earlier frames still hold theirs; the next frame may do better.
    pub fn read(&mut self, frame: Luma, accept: impl Fn(&str) -> bool) -> Result<Scan, ScanError> {
        let started = Instant::now();
        let until = started + self.budget;
        let frame = self.worker.run(until, move || frame.shrunk()).map_err(lost)?;
        climb(&mut self.worker, Arc::new(frame), started, until, accept)
    }
}
