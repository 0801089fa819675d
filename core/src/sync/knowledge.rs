//! Key set, bulletin and device document: each replaced only by a verified newer one.

use kinchaku_protocol::doc::{Bulletin, Device, KeySet, Received, Verified};
use kinchaku_protocol::time::DAY_SECONDS;
use rusqlite::Connection;

use super::error::SyncError;
use super::exchange::{Call, call};
use crate::book::documents;
use crate::home::{Home, Town};
use crate::store::StoreError;
use crate::trust::{Trust, TrustError};

/// The body of a request that says nothing: CBOR null.
const NULL: [u8; 1] = [0xf6];

/// A device document is renewed when fewer days are left.
const RENEW_BEFORE: u64 = 15 * DAY_SECONDS;

/// Fetches the bulletin, and the key set where the bulletin names a newer one.
///
/// # Errors
/// [`SyncError`].
pub fn refresh(home: &Home) -> Result<(), SyncError> {
    let town = home.store().read(|db| Town::load(db))?;
    let trust = home.trust().ok_or(SyncError::NotEnrolled)?;
    let body = call(home, &town, Call::get("bulletin"))?;
    let claimed = Received::<Bulletin>::read(&body)?.claims().keyset;
    if claimed > trust.keyset().version {
        refresh_keys(home, &town, &trust)?;
    }
    let trust = home.trust().ok_or(SyncError::NotEnrolled)?;
    let bulletin = trust.bulletin(&body)?;
    home.store().write(|db| take_bulletin(db, &bulletin))
}

fn refresh_keys(home: &Home, town: &Town, trust: &Trust) -> Result<(), SyncError> {
    let body = call(home, town, Call::get("keyset"))?;
    let renewed = match trust.renewed(&body, &home.host().roots) {
        Ok(renewed) => renewed,
        Err(TrustError::Outdated) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    home.store()
        .write(|db| Ok::<_, StoreError>(documents::put::<KeySet>(db, renewed.keyset())?))?;
    home.set_trust(renewed);
    Ok(())
}

/// Keeps a bulletin unless a later one is held: an old one played back changes nothing.
pub(super) fn take_bulletin(db: &Connection, bulletin: &Verified<Bulletin>) -> Result<(), SyncError> {
    let held: Option<Verified<Bulletin>> = documents::get(db)?;
    let later = |held: &Verified<Bulletin>| (bulletin.epoch, bulletin.made_at) > (held.epoch, held.made_at);
    if held.as_ref().is_none_or(later) {
        documents::put(db, bulletin)?;
    }
    Ok(())
}

/// Asks for a new device document before the present one ends.
///
/// # Errors
/// [`SyncError`].
pub fn renew_device(home: &Home) -> Result<(), SyncError> {
    let device = home.device()?.ok_or(SyncError::NotEnrolled)?;
    if home.now()?.time.after(RENEW_BEFORE) < device.expires() {
        return Ok(());
    }
    let town = home.store().read(|db| Town::load(db))?;
    let trust = home.trust().ok_or(SyncError::NotEnrolled)?;
    let body = call(home, &town, Call::signed("device", NULL.to_vec()))?;
    home.store().write(|db| take_device(&trust, db, &body))
}

/// Keeps a device document of this very device.
pub(super) fn take_device(trust: &Trust, db: &Connection, bytes: &[u8]) -> Result<(), SyncError> {
    let renewed = trust.device(Received::<Device>::read(bytes)?)?;
    let held: Option<Verified<Device>> = documents::get(db)?;
    let later = held
        .as_ref()
        .is_some_and(|held| renewed.not_before() > held.not_before());
    let same = held.is_some_and(|held| {
        held.sync_key == renewed.sync_key && held.owner == renewed.owner && held.role == renewed.role
    });
    if !same {
        return Err(SyncError::Nonsense);
    }
    if later {
        documents::put(db, &renewed)?;
    }
    Ok(())
}
