//! Whether the file is sound, and when to look at all of it.
//!
//! Each page carries an HMAC. SQLCipher answers a page that fails it with zeros and goes on; SQLite then finds the
//! structure broken, or, where the page only held the end of a long value, nothing at all. So the store asks after
//! each transaction whether that happened ([`is_intact`], no I/O), and a connection where it did writes nothing more.
//! A full look costs time with every row ever written: it is taken after an unclean end, after a transaction that
//! met damage, and once a week.

use super::files::Files;
use kinchaku_protocol::time::Time;
use rusqlite::Connection;
use std::fs;

const WEEK: u64 = 7 * 24 * 60 * 60;

/// Makes the next open take a full look. Failing to leave the mark costs only that.
pub fn suspect(files: &Files) {
    let _ = fs::write(&files.suspect, b"");
}

/// Whether the last user of the file left it as a crash leaves it, or damaged.
pub fn is_suspect(files: &Files) -> bool {
    files.suspect.exists() || fs::metadata(files.log()).is_ok_and(|log| log.len() > 0)
}

/// Whether a week has passed since the last full look.
pub fn is_due(connection: &Connection, now: Time) -> rusqlite::Result<bool> {
    let last: u64 = connection.query_row("SELECT checked_at FROM health", [], |row| row.get(0))?;
    Ok(now.0.abs_diff(last) > WEEK)
}

/// Whether every page read so far was as it was written.
pub fn is_intact(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row(
        "PRAGMA cipher_status",
        [],
        |row| Ok(row.get_ref(0)?.as_bytes()? == b"1"),
    )
}

/// Looks at every page; false if anything is wrong.
pub fn is_sound(connection: &Connection) -> rusqlite::Result<bool> {
    let mut pages = connection.prepare("PRAGMA cipher_integrity_check")?;
    if pages.exists([])? {
        return Ok(false);
    }
    let answer: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok(answer == "ok")
}

/// Notes that the file was found sound.
pub fn note(connection: &Connection, files: &Files, now: Time) -> rusqlite::Result<()> {
    connection.execute("UPDATE health SET checked_at = ?1", [now.0])?;
    let _ = fs::remove_file(&files.suspect);
    Ok(())
}
