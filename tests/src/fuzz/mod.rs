//! Fuzzing on a stable compiler: samples that are right, changed by chance, given to what reads bytes of
//! strangers. A target fails by panicking or by not ending; what it answers does not matter.
//!
//! `make test` runs each target for a short while from fixed seeds. For longer, and from other seeds:
//! `cargo run --release -p kinchaku-tests --example fuzz -- TARGET --seconds 600`. What is found becomes a
//! test beside the code.

mod change;
mod codes;
mod targets;

pub use targets::TARGETS;

use crate::chance::Chance;
use change::change;

/// Something that reads bytes.
pub struct Target {
    /// What it is called on the command line.
    pub name: &'static str,
    /// Bytes it accepts, to begin from.
    pub samples: fn() -> Vec<Vec<u8>>,
    /// Reads.
    pub read: fn(&[u8]),
}

/// Runs a target on `count` inputs. `before` sees each input first, so that a crash can be repeated.
pub fn run(target: &Target, seed: u64, count: u64, mut before: impl FnMut(&[u8])) {
    let samples = (target.samples)();
    let mut chance = Chance::new(seed);
    for _ in 0..count {
        let input = change(&samples, &mut chance);
        before(&input);
        (target.read)(&input);
    }
}
