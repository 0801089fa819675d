//! Sync: what this device signed goes up, what the server decided comes down, and nothing is believed
//! because somebody answered.
//!
//! One run, each step durable by itself, so that it can stop anywhere and start again:
//!
//! ```text
//! outbox     documents in order of writing → facts, or parked, or tried again later
//! knowledge  key set and bulletin, where newer
//! acquire    requests that wait for an answer, orders that wait for their money
//! pages      verified rows and facts from the cursor on; a snapshot where the server lost it
//! device     the device document, before it ends
//! allowance  closed and asked for anew when it is due
//! ```
//!
//! | the server says                    | then                                              |
//! |------------------------------------|---------------------------------------------------|
//! | a signed fact                      | the payment moves; that is the only way it moves  |
//! | nothing, 408, 425, 429, 5xx        | tried again, full jitter, at most every 15 min    |
//! | parked                             | kept, shown, offered again after a day (T18)      |
//! | other 4xx, nonsense                | tried again, after a while each document alone    |
//! | 200 without a signature            | [`SyncError::Unproven`]: as if nothing was said   |

mod allowance;
mod answers;
mod backoff;
mod error;
pub(crate) mod exchange;
mod knowledge;
mod outbox;
mod pages;

pub use allowance::{enlarge as enlarge_allowance, release_points, replace as replace_allowance};
pub use error::SyncError;
pub use exchange::{Call, call};
pub use outbox::{Delivered, deliver};
pub use pages::synced_at;

use crate::acquire;
use crate::home::Home;
use crate::store::Standing;

/// What one run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Documents the server decided on.
    pub delivered: u32,
    /// Documents it keeps undecided.
    pub parked: u32,
    /// Documents that wait for another try.
    pub waiting: u32,
    /// Rows that changed.
    pub rows: u32,
    /// A new allowance was taken into use.
    pub new_allowance: bool,
    /// Paying was stopped after an older copy had been put back, and is possible again (T5).
    pub rollback_cleared: bool,
}

/// Runs a sync. With `eager` a person asked for it, so nothing waits for its turn.
///
/// # Errors
/// [`SyncError`]; whatever came before it in the run stands. A document that the server stumbles over does
/// not keep the wallet from hearing what the server has to say.
pub fn sync(home: &Home, eager: bool) -> Result<SyncReport, SyncError> {
    let mut report = SyncReport::default();
    let trouble = match outbox::deliver(home, eager) {
        Ok(delivered) => {
            report.add(delivered);
            None
        }
        Err(error @ SyncError::Network(_)) => return Err(error),
        Err(error) => Some(error),
    };
    knowledge::refresh(home)?;
    // Before the pages, which bring what comes of it.
    let trouble = trouble.or(acquire::resume(home).err());
    report.rows = pages::pull(home)?;
    knowledge::renew_device(home)?;
    if let Standing::RolledBack { .. } = home.store().standing() {
        allowance::end_rolled_back(home)?;
        home.store().clear_rollback()?;
        report.rollback_cleared = true;
        // The close of the lost chain goes first: what it frees is asked for next.
        report.add(outbox::deliver(home, true)?);
    }
    report.new_allowance = allowance::refresh(home)?;
    if report.new_allowance {
        pages::pull(home)?;
    }
    if acquire::fresh::is_there(home)? {
        report.new_allowance = report.new_allowance || allowance::enlarge(home)?;
        acquire::fresh::done(home)?;
    }
    trouble.map_or(Ok(report), Err)
}

impl SyncReport {
    const fn add(&mut self, delivered: Delivered) {
        self.delivered = self.delivered.saturating_add(delivered.decided);
        self.parked = self.parked.saturating_add(delivered.parked);
        self.waiting = self.waiting.saturating_add(delivered.waiting);
    }
}
