//! Allowances this device was given. At most one is in use; closed ones stay, because payments name
//! their lines.

use kinchaku_protocol::doc::{Allowance, Verified};
use kinchaku_protocol::ids::Ref;
use kinchaku_protocol::time::Time;
use rusqlite::{Connection, OptionalExtension as _, Result, params};

use super::{number_in, stored};

const IN_USE: i64 = 0;
const CLOSED: i64 = 1;
const LOST: i64 = 2;

/// The allowance new payments spend.
pub fn in_use(db: &Connection) -> Result<Option<Verified<Allowance>>> {
    let bytes: Option<Vec<u8>> = db
        .query_row(
            "SELECT doc FROM allowance WHERE state = ?1 ORDER BY rowid DESC LIMIT 1",
            [IN_USE],
            |row| row.get(0),
        )
        .optional()?;
    bytes.map(|bytes| stored(&bytes)).transpose()
}

/// Any allowance this device was ever given.
pub fn get(db: &Connection, reference: Ref) -> Result<Option<Verified<Allowance>>> {
    let bytes: Option<Vec<u8>> = db
        .query_row("SELECT doc FROM allowance WHERE ref = ?1", [reference.0], |row| {
            row.get(0)
        })
        .optional()?;
    bytes.map(|bytes| stored(&bytes)).transpose()
}

/// Takes a new allowance into use, unless it is known already. Returns whether it was new.
pub fn add(db: &Connection, allowance: &Verified<Allowance>, now: Time) -> Result<bool> {
    let added = db.execute(
        "INSERT INTO allowance (ref, doc, state, opened) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        params![allowance.to_ref().0, allowance.bytes(), IN_USE, number_in(now.0)?],
    )?;
    Ok(added == 1)
}

/// Ends an allowance: from this commit on nothing can be signed under it.
pub fn close(db: &Connection, reference: Ref, close: &[u8]) -> Result<()> {
    db.execute(
        "UPDATE allowance SET state = ?2, close = ?3 WHERE ref = ?1",
        params![reference.0, CLOSED, close],
    )?;
    Ok(())
}

/// Ends an allowance without a close: which counters were used under it is not known any more.
pub fn lose(db: &Connection, reference: Ref) -> Result<()> {
    db.execute(
        "UPDATE allowance SET state = ?2 WHERE ref = ?1",
        params![reference.0, LOST],
    )?;
    Ok(())
}

/// The close of the allowance given back last, for the request that asks for the next one.
pub fn last_close(db: &Connection) -> Result<Option<Vec<u8>>> {
    let close = db
        .query_row(
            "SELECT close FROM allowance WHERE state = ?1 ORDER BY rowid DESC LIMIT 1",
            [CLOSED],
            |row| row.get(0),
        )
        .optional()?;
    Ok(close.flatten())
}
