//! Camera frames, one after the other, until one of them is read.
//!
//! The work for one frame is bounded. What the shake of a hand does not bring by itself, other attempts
//! on the next frames do: each frame starts with the cheapest step and goes on where the frame before
//! it ran out of time. A frame that was climbed to the top leaves nothing to go on with.

use std::time::{Duration, Instant};

use super::picture::Luma;
use super::steps::{Climb, LADDER, Views};
use super::worker::Worker;
use super::{Fit, Scan, ScanError, lost};

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

    /// Looks for codes in the next frame. `fit` confirms a hit, for example by the checksum or the
    /// signature in the text; what does not fit is still returned, as the best there was.
    ///
    /// # Errors
    /// `NoCode` or `OutOfTime`: show the next frame. `Unavailable`: the device gives no thread, or
    /// decoders lost to earlier frames still hold theirs; the next frame may do better.
    pub fn read<F: Into<Fit>>(&mut self, frame: Luma, fit: impl Fn(&str) -> F) -> Result<Scan, ScanError> {
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
        let (result, made) = climb.up(steps.copied(), |text| fit(text).into());
        self.next = (self.next + made.saturating_sub(ALWAYS)) % rest.len();
        if !matches!(result, Err(ScanError::OutOfTime)) {
            self.next = 0;
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use kinchaku_protocol::symbol::{Level, Symbol};

    use super::*;

    const AMPLE: Duration = Duration::from_secs(60);

    fn frame(text: &str) -> Luma {
        let drawn = Symbol::bytes(text, Level::M).unwrap().luma(4);
        Luma::from_plane(drawn.side, drawn.side, drawn.side, &drawn.pixels).unwrap()
    }

    #[test]
    fn frames_are_read_one_after_the_other_and_only_what_is_hoped_for_is_a_hit() {
        let hoped = |text: &str| text.starts_with("KC1");
        let mut reader = FrameReader::new(AMPLE);
        let blank = Luma::from_plane(64, 64, 64, &[200; 4096]).unwrap();
        assert_eq!(reader.read(blank, |_| true), Err(ScanError::NoCode));
        let other = reader.read(frame("HTTPS://EXAMPLE.JP"), hoped).unwrap();
        assert_eq!(
            (other.texts.as_slice(), other.accepted),
            (&["HTTPS://EXAMPLE.JP".to_owned()][..], 0)
        );
        let ours = reader.read(frame("KC1:ABC"), hoped).unwrap();
        assert_eq!((ours.texts.as_slice(), ours.accepted), (&["KC1:ABC".to_owned()][..], 1));
    }

    #[test]
    fn a_frame_without_a_budget_is_out_of_time() {
        let mut reader = FrameReader::new(Duration::ZERO);
        assert_eq!(reader.read(frame("KC1:ABC"), |_| true), Err(ScanError::OutOfTime));
    }
}
