//! Camera frames, one after the other, until one of them is read.
//!
//! The work for one frame is bounded. What the shake of a hand does not bring by itself, other attempts
//! on the next frames do: each frame starts with the cheapest step and goes on where the frame before
//! it ran out of time. A frame that was climbed to the top leaves nothing to go on with.

use std::time::{Duration, Instant};

use super::picture::Luma;
use super::steps::{Climb, LADDER, Views};
use super::worker::Worker;
use super::{Scan, ScanError, lost};

/// Steps every frame begins with.
const ALWAYS: usize = 1;

/// Reads a stream of camera frames on a thread of its own.
///
/// One per opened camera; not to be shared between two cameras.
#[derive(Debug)]
pub struct FrameReader {
    worker: Worker,
    budget: Duration,
    /// The step after [`ALWAYS`] that the next frame goes on with.
    next: usize,
}

impl FrameReader {
    /// A reader that gives each frame at most `budget_per_frame`.
    #[must_use]
    pub fn new(budget_per_frame: Duration) -> Self {
        Self {
            worker: Worker::default(),
            budget: budget_per_frame,
            next: 0,
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
        let views = self.worker.run(until, move || Views::of(frame)).map_err(lost)?;
        let (always, rest) = LADDER.split_at(ALWAYS);
        let steps = always
            .iter()
            .chain(rest.iter().cycle().skip(self.next).take(rest.len()));
        let climb = Climb {
            worker: &mut self.worker,
            views,
            started,
            until,
        };
        let (result, made) = climb.up(steps.copied(), accept);
        self.next = (self.next + made.saturating_sub(ALWAYS)) % rest.len();
        if !matches!(result, Err(ScanError::OutOfTime)) {
            self.next = 0;
        }
        result
    }
}
