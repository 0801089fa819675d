//! `wallet sync`: what was signed goes up, what was decided comes down.

use kinchaku_core::view;
use kinchaku_design::Key;
use kinchaku_design::format::date;

use crate::host::Opened;
use crate::output::{Exit, Output, Problem};
use crate::words;

pub fn run(opened: &Opened, out: &Output) -> Result<Exit, Problem> {
    let report = words::report::synced(opened, out)?;
    if !out.json() && report.new_allowance {
        let store = |error| words::store::store(&error);
        let until = view::wallet(&opened.home).map_err(store)?.offline_until;
        let now = opened.home.now().map_err(store)?.time;
        if let Some(until) = until {
            out.say(
                Key::SyncRefreshed,
                &[("date", &date(out.lang(), until.day().0, now.day().0))],
            );
        }
    }
    Ok(if report.parked > 0 || report.waiting > 0 {
        Exit::Partly
    } else {
        Exit::Done
    })
}
