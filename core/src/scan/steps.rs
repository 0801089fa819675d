//! The attempts on one picture, and what is made of what they see.
//!
//! The order is: what reads most frames in the least time; then our own search for symbols, which
//! reads nearly all of the others; then what it has missed in measurements (docs/scan.md).

use std::sync::Arc;
use std::time::Instant;

use super::picture::Luma;
use super::symbol::Search;
use super::worker::{Lost, Worker};
use super::{Fit, Scan, ScanError, ladder, lost, ranked, second_opinion, symbol};

/// One attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// rxing on the picture after these changes (see [`super::prepare`]), and a closer look where it saw
    /// the corners of a symbol.
    Library(&'static str),
    /// Our own search for corners, and a closer look there.
    Corners(Search),
}

/// Cheapest and likeliest first.
pub(super) const LADDER: [Step; 8] = [
    Step::Library("h"),
    Step::Library("f"),
    Step::Corners(Search::Far),
    Step::Corners(Search::Large),
    Step::Corners(Search::Small),
    Step::Library("hs"),
    Step::Corners(Search::Turned),
    Step::Library("hi"),
];

/// How many steps are still made when a symbol was read that the caller didn't hope for: beside it may be one that he does.
const STEPS_BESIDE: usize = 4;

impl Step {
    /// A short name for tables.
    fn name(self) -> String {
        match self {
            Self::Library(changes) => changes.to_owned(),
            Self::Corners(search) => format!("{search:?}").to_lowercase(),
        }
    }
}

/// A picture at the size decoders get, and as large as it came if that is much larger.
#[derive(Debug, Clone)]
pub(super) struct Views {
    frame: Arc<Luma>,
    large: Option<Arc<Luma>>,
}

impl Views {
    pub(super) fn of(frame: Luma) -> Self {
        let frame = frame.at_most(Luma::LARGE_PIXELS);
        if frame.data().len() <= 2 * Luma::WORKING_PIXELS {
            let frame = Arc::new(frame.at_most(Luma::WORKING_PIXELS));
            return Self { frame, large: None };
        }
        let small = frame.thumbnail(Luma::WORKING_PIXELS);
        Self {
            frame: Arc::new(small),
            large: Some(Arc::new(frame)),
        }
    }
}

/// One picture's way up the ladder.
pub(super) struct Climb<'a> {
    pub(super) worker: &'a mut Worker,
    pub(super) views: Views,
    pub(super) started: Instant,
    pub(super) until: Instant,
}

/// What was hoped for, and what else stands in the picture (T2).
fn beside(mut found: Scan, refused: Option<Scan>) -> Scan {
    for text in refused.into_iter().flat_map(|scan| scan.texts) {
        if !found.texts.contains(&text) {
            found.texts.push(text);
        }
    }
    found
}

impl Climb<'_> {
    /// What the first step that reads something reads, and how many steps were made.
    pub(super) fn up(
        mut self,
        steps: impl Iterator<Item = Step>,
        fit: impl Fn(&str) -> Fit,
    ) -> (Result<Scan, ScanError>, usize) {
        let mut refused: Option<Scan> = None;
        let mut looked = Vec::new();
        let mut made = 0;
        for step in steps {
            if refused.is_some() && made >= STEPS_BESIDE {
                break;
            }
            match self.attempt(step) {
                Ok(seen) => {
                    if let Some(found) = self.made_of(seen, step, &mut looked, refused.is_none(), &fit) {
                        if found.accepted > 0 {
                            return (Ok(beside(found, refused)), made + 1);
                        }
                        refused.get_or_insert(found);
                    }
                    // What was not looked at to the end was not made.
                    if Instant::now() >= self.until {
                        return (refused.ok_or(ScanError::OutOfTime), made);
                    }
                }
                Err(Lost::Panicked) => {}
                Err(why) => return (refused.ok_or_else(|| lost(why)), made),
            }
            made += 1;
        }
        (refused.ok_or(ScanError::NoCode), made)
    }

    fn attempt(&mut self, step: Step) -> Result<ladder::Seen, Lost> {
        let views = self.views.clone();
        let until = self.until;
        self.worker.run(until, move || match step {
            Step::Library(changes) => ladder::attempt(&views.frame, changes, until),
            Step::Corners(Search::Far) => {
                let Some(large) = &views.large else {
                    return ladder::Seen::default();
                };
                let scale = views.frame.width() as f32 / large.width() as f32;
                let corners = symbol::corners(large, Search::Far).into_iter();
                ladder::Seen::corners(corners.map(|corners| corners.scaled(scale)).collect())
            }
            Step::Corners(search) => ladder::Seen::corners(symbol::corners(&views.frame, search)),
        })
    }

    fn made_of(
        &mut self,
        seen: ladder::Seen,
        step: Step,
        looked: &mut Vec<symbol::Corners>,
        ask: bool,
        fit: &impl Fn(&str) -> Fit,
    ) -> Option<Scan> {
        let name = step.name();
        let mut refused = None;
        if !seen.readings.is_empty() {
            let first = ranked(seen.readings, Fit::Alike, fit, format!("rxing:{name}"), self.started);
            if first.accepted > 0 {
                return Some(first);
            }
            if ask
                && !seen.crowded
                && let Some(again) = self.ask_again(step, fit)
            {
                return Some(again);
            }
            refused = Some(first);
        }
        for corners in seen.corners {
            if looked.iter().any(|old: &symbol::Corners| old.like(&corners)) {
                continue;
            }
            looked.push(corners);
            let views = self.views.clone();
            let said = self.worker.run(self.until, move || match &views.large {
                Some(large) => symbol::read(
                    large,
                    &corners.scaled(large.width() as f32 / views.frame.width() as f32),
                ),
                None => symbol::read(&views.frame, &corners),
            });
            if let Ok(Some(said)) = said {
                let least = if said.sure { Fit::Alike } else { Fit::Proven };
                for reading in said.readings {
                    let found = ranked(vec![reading], least, fit, format!("grid:{name}"), self.started);
                    if found.accepted > 0 {
                        return Some(beside(found, refused));
                    }
                    if said.sure {
                        refused.get_or_insert(found);
                    }
                }
            }
        }
        refused
    }

    /// What the second decoder makes of it, if the caller accepts that.
    fn ask_again(&mut self, step: Step, fit: &impl Fn(&str) -> Fit) -> Option<Scan> {
        let same = match step {
            Step::Library(changes) => changes,
            _ => "f",
        };
        [same, "f", "h"].into_iter().find_map(|changes| {
            let views = self.views.clone();
            let attempt = move || second_opinion::attempt(&views.frame, changes);
            let symbols = self.worker.run(self.until, attempt).ok()?;
            let again = ranked(symbols, Fit::Alike, fit, format!("rqrr:{changes}"), self.started);
            (again.accepted > 0).then_some(again)
        })
    }
}
