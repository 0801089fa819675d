//! A sync as wallets and shops tell it alike.

use kinchaku_core::sync::{SyncReport, sync};
use kinchaku_design::Key;
use serde_json::json;

use crate::host::Opened;
use crate::output::{Output, Problem};

/// Runs a sync and tells what it did.
pub fn synced(opened: &Opened, out: &Output) -> Result<SyncReport, Problem> {
    let report = sync(&opened.home, true).map_err(|error| super::sync::problem(&error))?;
    if out.json() {
        out.object(&json!({
            "schema": 1,
            "delivered": report.delivered,
            "parked": report.parked,
            "waiting": report.waiting,
            "rows": report.rows,
            "new_allowance": report.new_allowance,
            "rollback_cleared": report.rollback_cleared,
        }));
        return Ok(report);
    }
    let counted = [
        (Key::SyncSent, report.delivered),
        (Key::SyncWaiting, report.waiting),
        (Key::SyncParked, report.parked),
    ];
    for (key, count) in counted {
        if count > 0 {
            out.say(key, &[("count", &count.to_string())]);
        }
    }
    out.say(Key::SyncDone, &[]);
    Ok(report)
}
