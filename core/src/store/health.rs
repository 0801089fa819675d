//! When to look at the whole file. Each page carries an HMAC, so whatever is read is either right or an error; a
//! full look costs time with every row ever written, so it is taken after an unclean end, after a read that met
//! damage, and once a week.

use super::files::Files;
use super::meta;
use kinchaku_protocol::time::Time;
use rusqlite::Connection;
use std::fs;

const WEEK: u64 = 7 * 24 * 60 * 60;
const CHECKED_AT: &str = "store.checked-at";

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
    let last = meta::number(connection, CHECKED_AT)?;
    Ok(last.is_none_or(|last| now.0.abs_diff(last) > WEEK))
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
    meta::set_number(connection, CHECKED_AT, now.0)?;
    let _ = fs::remove_file(&files.suspect);
    Ok(())
}
