//! What still has to reach the server. Rows are written in the transaction of what they carry and are
//! never deleted; a row the server does not understand is parked and stops nobody else (T18).

use kinchaku_protocol::ids::{DocId, Ref};
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
    /// Documents of one lane go in order.
    pub lane: Ref,
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
        lane: id_out(&row.get::<_, Vec<u8>>(1)?, Ref::from_slice)?,
        subject: id_out(&row.get::<_, Vec<u8>>(2)?, DocId::from_slice)?,
        doc: row.get(3)?,
        attempts: number_out(row.get(4)?)?,
        needs_fact: row.get(5)?,
    })
}

/// Adds a document that a fact of its own must settle, due at once. Adding it again changes nothing.
pub fn add(db: &Connection, lane: Ref, subject: DocId, doc: &[u8]) -> Result<()> {
    insert(db, lane, subject, doc, true)
}

/// Adds a document that is settled when the server has taken note of it.
pub fn add_note(db: &Connection, lane: Ref, subject: DocId, doc: &[u8]) -> Result<()> {
    insert(db, lane, subject, doc, false)
}

fn insert(db: &Connection, lane: Ref, subject: DocId, doc: &[u8], needs_fact: bool) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO outbox (lane, subject, doc, needs_fact, state, attempts, next_at)
         VALUES (?1, ?2, ?3, ?4, ?5, 0, 0)
         ON CONFLICT (subject) DO NOTHING",
    )?
    .execute(params![lane.0, subject.0, doc, needs_fact, WAITING])?;
    Ok(())
}

/// What is due after row `after`, in the order of writing. A person who asks for a sync does not wait:
/// `now` is `None`.
pub fn due(db: &Connection, now: Option<Time>, after: i64, limit: u32) -> Result<Vec<Item>> {
    let before = now.map(|now| number_in(now.0)).transpose()?;
    db.prepare_cached(
        "SELECT id, lane, subject, doc, attempts, needs_fact FROM outbox
         WHERE state = ?1 AND (?2 IS NULL OR next_at <= ?2) AND id > ?3 ORDER BY id LIMIT ?4",
    )?
    .query_map(params![WAITING, before, after, limit], read)?
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

/// Nobody understands it: kept, and shown.
pub fn park(db: &Connection, id: i64, trouble: u8) -> Result<()> {
    db.prepare_cached("UPDATE outbox SET state = ?2, trouble = ?3, attempts = attempts + 1 WHERE id = ?1")?
        .execute(params![id, PARKED, trouble])?;
    Ok(())
}

/// It will be tried again at `next_at`.
pub fn retry(db: &Connection, id: i64, next_at: Time, trouble: u8) -> Result<()> {
    db.prepare_cached("UPDATE outbox SET attempts = attempts + 1, next_at = ?2, trouble = ?3 WHERE id = ?1")?
        .execute(params![id, number_in(next_at.0)?, trouble])?;
    Ok(())
}

/// Parked documents are offered again, after an update of this software.
pub fn unpark(db: &Connection) -> Result<usize> {
    db.prepare_cached("UPDATE outbox SET state = ?1, next_at = 0 WHERE state = ?2")?
        .execute(params![WAITING, PARKED])
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
