//! Counting wrong tries in two places, and the wait after the third.
//!
//! The database may be rolled back and the vault's record may be exchanged; whoever wants free guesses must do both
//! at once. A vault record that is gone or altered while a PIN is set counts as all tries used.

use super::{LockError, MAX_TRIES, WAIT_SECONDS};
use crate::clock::Reading;
use crate::store::Store;
use crate::vault::{self, Record, SecretVault, VaultError};
use rusqlite::Connection;

const VERSION: u8 = 1;
/// The number of wrong tries after which the next one waits.
const WAITING: u8 = 3;

/// Seconds the next try waits when `tries` were wrong just now.
pub fn wait_after(tries: u8) -> u64 {
    if tries == WAITING { WAIT_SECONDS } else { 0 }
}

/// Wrong tries so far, and seconds to wait.
pub fn look(store: &Store, now: Reading) -> Result<(u8, u64), LockError> {
    let noted = noted(store.vault())?;
    store.read(|tx| {
        let tries = stored(tx)?.max(noted);
        Ok((tries, waiting(tx, tries, now)?))
    })
}

/// Refuses when locked or too early, without counting; starts a wait that a restart has ended.
pub fn refuse(store: &Store, now: Reading) -> Result<(), LockError> {
    let (tries, wait) = look(store, now)?;
    if tries >= MAX_TRIES {
        return Err(LockError::Locked);
    }
    if wait == 0 {
        return Ok(());
    }
    store.write(|tx| start_wait(tx, now))?;
    Err(LockError::Wait { seconds: wait })
}

/// Counts one try, durably in both places, and gives its number.
pub fn take(store: &Store, now: Reading) -> Result<u8, LockError> {
    let noted = noted(store.vault())?;
    // The count and the look at it are one transaction: tries that come at once get numbers of their own.
    let taken = store.write(|tx| {
        let tries = stored(tx)?.max(noted);
        if tries >= MAX_TRIES {
            return Err(LockError::Locked);
        }
        match waiting(tx, tries, now)? {
            0 => (),
            seconds => return Err(LockError::Wait { seconds }),
        }
        let taken = tries.saturating_add(1);
        tx.execute(
            "UPDATE pin_lock SET tries = ?1, wait_boot = NULL, wait_since = NULL",
            [taken],
        )?;
        if taken == WAITING {
            start_wait(tx, now)?;
        }
        Ok(taken)
    })?;
    if let Err(error) = note(store.vault(), taken) {
        give_back(store)?;
        return Err(error.into());
    }
    Ok(taken)
}

/// Takes one count back: the device failed before anything was learnt of the PIN.
pub fn give_back(store: &Store) -> Result<(), LockError> {
    let tries = store.write(|tx| {
        let tries = stored(tx)?.saturating_sub(1);
        tx.execute("UPDATE pin_lock SET tries = ?1", [tries])?;
        Ok::<_, LockError>(tries)
    })?;
    // The vault that just failed may fail again; then its higher number stands until a success.
    let _ = note(store.vault(), tries);
    Ok(())
}

/// A success: no wrong tries.
pub fn clear(store: &Store) -> Result<(), LockError> {
    store.write(|tx| {
        tx.execute("UPDATE pin_lock SET tries = 0, wait_boot = NULL, wait_since = NULL", [])?;
        Ok::<_, LockError>(())
    })?;
    Ok(note(store.vault(), 0)?)
}

/// Writes the vault's count.
pub fn note(vault: &dyn SecretVault, tries: u8) -> Result<(), VaultError> {
    vault::keep(vault, Record::PinTries, &[VERSION, tries])
}

fn noted(vault: &dyn SecretVault) -> Result<u8, VaultError> {
    match vault.get(Record::PinTries) {
        Ok(Some(bytes)) => match bytes.as_slice() {
            [VERSION, tries] => Ok(*tries),
            _ => Ok(MAX_TRIES),
        },
        Ok(None) | Err(VaultError::Refused) => Ok(MAX_TRIES),
        Err(error) => Err(error),
    }
}

fn stored(store: &Connection) -> rusqlite::Result<u8> {
    store.query_row("SELECT tries FROM pin_lock", [], |row| row.get(0))
}

/// Seconds still to wait. A wait that belongs to another boot, or was lost with an older database, starts anew.
fn waiting(store: &Connection, tries: u8, now: Reading) -> rusqlite::Result<u64> {
    if tries != WAITING {
        return Ok(0);
    }
    let since: (Option<[u8; 16]>, Option<u64>) =
        store.query_row("SELECT wait_boot, wait_since FROM pin_lock", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let passed = match since {
        (Some(boot), Some(since)) if boot == now.boot => now.monotonic.saturating_sub(since),
        _ => 0,
    };
    Ok(WAIT_SECONDS.saturating_sub(passed))
}

/// Notes since when to wait, unless this boot's wait is running.
fn start_wait(store: &Connection, now: Reading) -> Result<(), LockError> {
    store.execute(
        "UPDATE pin_lock SET wait_boot = ?1, wait_since = ?2 \
         WHERE wait_boot IS NOT ?1 OR wait_since > ?2",
        (now.boot, now.monotonic),
    )?;
    Ok(())
}
