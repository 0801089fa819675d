//! New value came to the account: the allowance in use does not hold any of it, so the next sync asks for another,
//! once. Else a voucher that was just received could not pay where there is no network.

use rusqlite::Connection;

use crate::home::Home;
use crate::store::{StoreError, meta};

const FRESH: &str = "acquire.fresh";

/// Value came.
pub(super) fn note(db: &Connection) -> rusqlite::Result<()> {
    meta::set(db, FRESH, &[])
}

/// Whether value came that no allowance was asked for yet.
pub(crate) fn is_there(home: &Home) -> Result<bool, StoreError> {
    home.store()
        .read(|db| Ok::<_, StoreError>(meta::get(db, FRESH)?.is_some()))
}

/// An allowance was asked for.
pub(crate) fn done(home: &Home) -> Result<(), StoreError> {
    home.store().write(|db| Ok::<_, StoreError>(meta::remove(db, FRESH)?))
}
