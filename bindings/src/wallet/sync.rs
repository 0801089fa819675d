//! Sync: what was signed goes up, what was decided comes down.

use kinchaku_core::sync;

use super::Wallet;
use crate::error::SyncError;
use crate::value::count;

/// What one sync did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SyncReport {
    /// Documents the server decided on.
    pub delivered: i32,
    /// Documents it keeps undecided.
    pub parked: i32,
    /// Documents that wait for another try.
    pub waiting: i32,
    /// Rows that changed.
    pub rows: i32,
    /// A new reserve was taken into use.
    pub new_allowance: bool,
    /// Paying was stopped after an older copy had been put back, and is possible again (T5).
    pub rollback_cleared: bool,
}

impl From<sync::SyncReport> for SyncReport {
    fn from(report: sync::SyncReport) -> Self {
        let sync::SyncReport {
            delivered,
            parked,
            waiting,
            rows,
            new_allowance,
            rollback_cleared,
        } = report;
        Self {
            delivered: count(delivered),
            parked: count(parked),
            waiting: count(waiting),
            rows: count(rows),
            new_allowance,
            rollback_cleared,
        }
    }
}

#[uniffi::export]
impl Wallet {
    /// Runs a sync. `eager`: a person asked for it, so nothing waits for its turn; a background job says false. Each step
    /// is durable by itself: it may be killed at any time.
    ///
    /// # Errors
    /// [`SyncError`]; whatever came before it in the run stands.
    pub async fn sync(&self, eager: bool) -> Result<SyncReport, SyncError> {
        self.engine
            .act(move |_, home| Ok(sync::sync(home, eager)?.into()))
            .await
    }
}
