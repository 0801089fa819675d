//! Stopping a holder, a device or a shop. Each raises the bulletin's epoch once; the bulletin itself is
//! written and signed when the batch is sealed, and leaves out names that are over by themselves.

use std::collections::BTreeSet;

use kinchaku_protocol::doc::Table as List;
use kinchaku_protocol::ids::{Pid, Ref};
use kinchaku_protocol::time::{DAY_SECONDS, Time};

use super::rows::{RevokedRow, Topic, account_party};
use super::view::View;
use crate::store::table::Column;

/// The series that counts bulletins.
pub const EPOCH: &str = "epoch";

/// How long a name is said after what bears it has ended: a shop's clock may be behind.
const CLOCKS: u64 = 7 * DAY_SECONDS;

/// Stops a holder and everything further for its account: all names under which it could still pay.
pub fn stop_holder(view: &mut View, holder: Pid, account: u64, now: Time) {
    let mut names = living(view, account, now);
    if let Some(row) = view.holders.get(&(holder,)) {
        names.insert((holder, row.until));
    }
    name(view, names, now);
    if let Some(mut row) = view.accounts.copy(&(account,)) {
        row.stopped = true;
        view.accounts.put(row);
        view.tell(Topic::Account, account_party(account), List::Account, Vec::new());
    }
}

/// The pseudonyms of an account with an allowance that is not over, and when the last one is.
pub fn living(view: &View, account: u64, now: Time) -> BTreeSet<(Pid, Time)> {
    let own = view.holders.by(&account.to_value()).filter(|row| row.until >= now);
    own.map(|row| (row.pid, row.until)).collect()
}

/// Names to be put on the list, once each, with when what bears them ends.
pub fn name(view: &mut View, names: BTreeSet<(Pid, Time)>, now: Time) {
    let mut new = names;
    new.retain(|(pid, _)| view.revoked.get(&(*pid,)).is_none());
    if new.is_empty() {
        return;
    }
    let epoch = u32::try_from(view.next(EPOCH)).unwrap_or(u32::MAX);
    for (pid, end) in new {
        view.revoked.put(RevokedRow {
            pid,
            epoch,
            at: now,
            until: end.max(now).after(CLOCKS),
        });
    }
}

/// What a bulletin calls a device: the beginning of a document of it.
pub fn device_name(document: Ref) -> Pid {
    let [a, b, c, d, e, f, g, h, ..] = document.0;
    Pid([a, b, c, d, e, f, g, h])
}

/// Whether an allowance's holder was stopped.
#[must_use]
pub fn is_stopped(view: &View, holder: Pid, account: u64) -> bool {
    view.revoked.get(&(holder,)).is_some() || view.accounts.get(&(account,)).is_some_and(|row| row.stopped)
}
