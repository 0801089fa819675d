//! The tries of a person's card as the last touch left them: shown before the next entry, without a card.

use kinchaku_protocol::time::Time;

use crate::card::{Learnt, RememberedTries};
use crate::home::Home;
use crate::store::{StoreError, meta};

const TRIES: &str = "link.tries";

/// What is remembered. The card's own count, read at each touch, is what decides.
///
/// # Errors
/// [`StoreError`].
pub fn remembered_tries(home: &Home) -> Result<RememberedTries, StoreError> {
    home.store().read(|db| Ok::<_, StoreError>(load(db)?))
}

/// Takes over what a touch learnt.
///
/// # Errors
/// [`StoreError`].
pub fn remember_tries(home: &Home, learnt: &Learnt) -> Result<(), StoreError> {
    if *learnt == Learnt::default() {
        return Ok(());
    }
    let now: Time = home.now()?.time;
    home.store().write(|db| {
        let mut tries = load(db)?;
        tries.take(learnt, now);
        Ok(meta::set(db, TRIES, &tries.encode())?)
    })
}

fn load(db: &rusqlite::Connection) -> rusqlite::Result<RememberedTries> {
    // Bytes of another version are as good as nothing: the next touch writes anew.
    let bytes = meta::get(db, TRIES)?;
    Ok(bytes
        .and_then(|bytes| RememberedTries::decode(&bytes).ok())
        .unwrap_or_default())
}
