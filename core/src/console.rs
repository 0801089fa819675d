//! A shop's device at the town's JSON API: the same key that signs its syncs signs what it asks there. What may
//! be asked and what is answered is between the shop and the server; this module keeps no rules.

use kinchaku_protocol::time::Time;

use crate::home::{Home, Town};
use crate::network::Method;
use crate::sync::{SyncError, exchange};

/// What is asked of the JSON API.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// GET or POST.
    pub method: Method,
    /// The path from the root, without a query.
    pub path: &'a str,
    /// The body, empty for GET.
    pub body: &'a [u8],
}

/// Where an enrolled device finds the JSON API.
///
/// # Errors
/// [`SyncError::NotEnrolled`] and the store's.
pub fn town(home: &Home) -> Result<Town, SyncError> {
    Ok(home.store().read(|db| Town::load(db))?)
}

/// The headers that sign it, at this device's time.
///
/// # Errors
/// [`SyncError`].
pub fn sign(home: &Home, asked: &Asked<'_>) -> Result<Vec<(&'static str, String)>, SyncError> {
    sign_at(home, asked, home.now()?.time)
}

/// The headers that sign it, at the time the server says it is: for a device whose clock is wrong (T11).
///
/// # Errors
/// [`SyncError`].
pub fn sign_at_server_time(home: &Home, asked: &Asked<'_>) -> Result<Vec<(&'static str, String)>, SyncError> {
    let created = exchange::server_time(home, &town(home)?)?;
    sign_at(home, asked, created)
}

fn sign_at(home: &Home, asked: &Asked<'_>, created: Time) -> Result<Vec<(&'static str, String)>, SyncError> {
    exchange::sign_path(home, asked.method, asked.path, asked.body, created)
}
