//! Stopping a holder, a device or a shop. Each raises the bulletin's epoch once; the bulletin itself is
//! written and signed when the batch is sealed.

use kinchaku_protocol::doc::Table as List;
use kinchaku_protocol::ids::Pid;
use kinchaku_protocol::time::Time;

use super::rows::{RevokedRow, Topic, account_party};
use super::view::View;

/// The series that counts bulletins.
pub const EPOCH: &str = "epoch";

/// Stops a holder and everything further for its account.
pub fn stop_holder(view: &mut View, holder: Pid, account: u64, now: Time) {
    name(view, holder, now);
    if let Some(mut row) = view.accounts.copy(&(account,)) {
        row.stopped = true;
        view.accounts.put(row);
        view.tell(Topic::Account, account_party(account), List::Account, Vec::new());
    }
}

/// Puts a name on the list, once.
pub fn name(view: &mut View, pid: Pid, now: Time) {
    if view.revoked.get(&(pid,)).is_none() {
        let epoch = u32::try_from(view.next(EPOCH)).unwrap_or(u32::MAX);
        view.revoked.put(RevokedRow { pid, epoch, at: now });
    }
}
