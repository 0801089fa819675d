//! Settings: a name and bytes. Names are `<module>.<what>`.

use rusqlite::{Connection, OptionalExtension};

/// Reads a setting.
///
/// # Errors
/// SQLite's.
pub fn get(connection: &Connection, name: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    connection
        .prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}

/// Writes a setting.
///
/// # Errors
/// SQLite's.
pub fn set(connection: &Connection, name: &str, value: &[u8]) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2")?
        .execute((name, value))
        .map(|_| ())
}

/// Removes a setting.
///
/// # Errors
/// SQLite's.
pub fn remove(connection: &Connection, name: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM meta WHERE name = ?1")?
        .execute([name])
        .map(|_| ())
}

/// Reads a setting that is a number; anything else there counts as absent.
///
/// # Errors
/// SQLite's.
pub fn number(connection: &Connection, name: &str) -> rusqlite::Result<Option<u64>> {
    let value = get(connection, name)?;
    Ok(value.and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes))
}

/// Writes a setting that is a number.
///
/// # Errors
/// SQLite's.
pub fn set_number(connection: &Connection, name: &str, value: u64) -> rusqlite::Result<()> {
    set(connection, name, &value.to_be_bytes())
}
