//! How many files are written at once: each has a thread and reads the books for as long as its reader takes it, and a
//! reader who takes none of it must not keep others waiting.

use std::sync::{Arc, Mutex, PoisonError};

use super::caller::Caller;
use crate::http::Problem;

/// Of one token or device: a clerk with one more in another window.
const EACH: usize = 2;

/// Of everybody.
const ALL: usize = 16;

/// Seconds after which to ask again.
const WAIT: u64 = 5;

/// Token and device of whoever has a file coming.
type Who = (u64, Option<u64>);

/// Files that are being written.
#[derive(Clone, Default)]
pub(in crate::http) struct Exporting(Arc<Mutex<Vec<Who>>>);

/// A file that is being written, until this is dropped.
pub(super) struct Place {
    all: Exporting,
    who: Who,
}

impl Exporting {
    /// Room for one more file.
    ///
    /// # Errors
    /// [`Problem::TooMany`].
    pub(super) fn begin(&self, caller: &Caller) -> Result<Place, Problem> {
        let who = (caller.token, caller.device);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.iter().filter(|other| **other == who).count();
        if all.len() >= ALL || own >= EACH {
            return Err(Problem::TooMany { wait: WAIT });
        }
        all.push(who);
        let all = self.clone();
        Ok(Place { all, who })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = all.iter().position(|who| *who == self.who) {
            all.swap_remove(place);
        }
    }
}
