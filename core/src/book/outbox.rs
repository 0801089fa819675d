//! What still has to reach the server. Rows are written in the transaction of what they carry and are
//! never deleted; a row the server does not understand is parked and stops nobody else (T18).

use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::time::Time;
use rusqlite::{Connection, Result, Row, params};

use super::{id_out, number_in, number_out};

const WAITING: i64 = 0;
const PARKED: i64 = 1;
const SETTLED: i64 = 2;
const NOTED: i64 = 3;

/// A document on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Order of writing.
    pub id: i64,
    /// The document's id.
    pub subject: DocId,
    /// Whether a fact of its own must settle it; others are done when the server has them.
    pub needs_fact: bool,
    /// The COSE_Sign1.
    pub doc: Vec<u8>,
    /// How often it was tried.
    pub attempts: u32,
}

fn read(row: &Row<'_>) -> Result<Item> {
    Ok(Item {
        id: row.get(0)?,
        subject: id_out(&row.get::<_, Vec<u8>>(1)?, DocId::from_slice)?,
        doc: row.get(2)?,
        attempts: number_out(row.get(3)?)?,
        needs_fact: row.get(4)?,
    })
}

/// Adds a document that a fact of its own must settle, due at once. Adding it again changes nothing.
///
/// Only for a document this device made or proved: its bytes replace others that were kept under the same
/// name unproven (an id does not cover the signature).
pub fn add(db: &Connection, subject: DocId, doc: &[u8]) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO outbox (subject, doc, needs_fact, state, attempts, next_at) VALUES (?1, ?2, 1, ?3, 0, 0)
         ON CONFLICT (subject) DO UPDATE SET doc = excluded.doc, state = excluded.state, attempts = 0, next_at = 0
         WHERE outbox.doc <> excluded.doc",
    )?
    .execute(params![subject.0, doc, WAITING])?;
    Ok(())
}

/// Adds a document that nothing here proves. It never replaces what is kept already.
pub fn add_unproven(db: &Connection, subject: DocId, doc: &[u8]) -> Result<()> {
    insert(db, subject, doc, true)
}

/// Other bytes under the name of an unproven document that the server parked: the first may have been forged to
/// keep the genuine ones away.
pub fn replace_parked(db: &Connection, subject: DocId, doc: &[u8]) -> Result<()> {
    db.prepare_cached(
        "UPDATE outbox SET doc = ?2, state = ?3, attempts = 0, next_at = 0
         WHERE subject = ?1 AND state = ?4 AND doc <> ?2",
    )?
    .execute(params![subject.0, doc, WAITING, PARKED])?;
    Ok(())
}

/// Adds a document that is settled when the server has taken note of it.
pub fn add_note(db: &Connection, subject: DocId, doc: &[u8]) -> Result<()> {
    insert(db, subject, doc, false)
}

fn insert(db: &Connection, subject: DocId, doc: &[u8], needs_fact: bool) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO outbox (subject, doc, needs_fact, state, attempts, next_at) VALUES (?1, ?2, ?3, ?4, 0, 0)
         ON CONFLICT (subject) DO NOTHING",
    )?
    .execute(params![subject.0, doc, needs_fact, WAITING])?;
    Ok(())
}

/// Seconds after which a parked document is offered again: the server, or this app, may have been updated.
const PARKED_FOR: u64 = 86_400;

/// What is due after row `after`, in the order of writing. A person who asks for a sync does not wait:
/// `now` is `None`. A next try further away than any wait was set by a clock that has been repaired since.
pub fn due(db: &Connection, now: Option<Time>, after: i64, limit: u32) -> Result<Vec<Item>> {
    let before = now.map(|now| number_in(now.0)).transpose()?;
    let beyond = now.map(|now| number_in(now.after(PARKED_FOR).0)).transpose()?;
    db.prepare_cached(
        "SELECT id, subject, doc, attempts, needs_fact FROM outbox
         WHERE state IN (0, 1) AND (?1 IS NULL OR next_at <= ?1 OR next_at > ?2) AND id > ?3
         ORDER BY id LIMIT ?4",
    )?
    .query_map(params![before, beyond, after, limit], read)?
    .collect()
}

/// The server decided.
pub fn settle(db: &Connection, id: i64) -> Result<()> {
    db.prepare_cached("UPDATE outbox SET state = ?2, trouble = NULL WHERE id = ?1")?
        .execute(params![id, SETTLED])?;
    Ok(())
}

/// Somebody who answered like a server says it took note. That proves nothing yet: see [`end_notes`].
pub fn note(db: &Connection, id: i64) -> Result<()> {
    db.prepare_cached("UPDATE outbox SET state = ?2 WHERE id = ?1")?
        .execute(params![id, NOTED])?;
    Ok(())
}

/// Ends the notes of a run: settled if the same server then proved itself, else sent again.
pub fn end_notes(db: &Connection, proven: bool) -> Result<()> {
    let state = if proven { SETTLED } else { WAITING };
    db.prepare_cached("UPDATE outbox SET state = ?1 WHERE state = ?2")?
        .execute(params![state, NOTED])?;
    Ok(())
}

/// Nobody understands it: kept, shown, and offered again after a day.
pub fn park(db: &Connection, id: i64, now: Time, trouble: u8) -> Result<()> {
    db.prepare_cached(
        "UPDATE outbox SET state = ?2, next_at = ?3, trouble = ?4, attempts = attempts + 1 WHERE id = ?1",
    )?
    .execute(params![id, PARKED, number_in(now.after(PARKED_FOR).0)?, trouble])?;
    Ok(())
}

/// It will be tried again at `next_at`.
pub fn retry(db: &Connection, id: i64, next_at: Time, trouble: u8) -> Result<()> {
    db.prepare_cached("UPDATE outbox SET attempts = attempts + 1, next_at = ?2, trouble = ?3 WHERE id = ?1")?
        .execute(params![id, number_in(next_at.0)?, trouble])?;
    Ok(())
}

/// How many wait, and how many are parked.
pub fn counts(db: &Connection) -> Result<(u32, u32)> {
    let count = |state: i64| -> Result<u32> {
        let count: i64 = db
            .prepare_cached("SELECT count(*) FROM outbox WHERE state = ?1")?
            .query_row([state], |row| row.get(0))?;
        number_out(count)
    };
    Ok((count(WAITING)?, count(PARKED)?))
}
