//! Rows of verified pages, kept as they came and apart from everything this device believes.

use kinchaku_protocol::doc::field::{self, Field};
use kinchaku_protocol::doc::{Row, Table};
use rusqlite::{Connection, OptionalExtension as _, Result, params};

use super::out_of_range;

/// Takes over one row.
pub fn apply(db: &Connection, row: &Row) -> Result<()> {
    match &row.value {
        Some(value) => db
            .prepare_cached(
                "INSERT INTO server_row (list, key, value) VALUES (?1, ?2, ?3)
                 ON CONFLICT (list, key) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![row.table.number(), row.key.0, value.0])?,
        None => db
            .prepare_cached("DELETE FROM server_row WHERE list = ?1 AND key = ?2")?
            .execute(params![row.table.number(), row.key.0])?,
    };
    Ok(())
}

/// Forgets everything the server said: a snapshot follows. History stays; a snapshot repeats its end.
pub fn clear(db: &Connection) -> Result<()> {
    db.execute("DELETE FROM server_row WHERE list <> ?1", [Table::History.number()])?;
    Ok(())
}

/// One row.
pub fn get<T: Field>(db: &Connection, table: Table, key: &[u8]) -> Result<Option<T>> {
    let value: Option<Vec<u8>> = db
        .prepare_cached("SELECT value FROM server_row WHERE list = ?1 AND key = ?2")?
        .query_row(params![table.number(), key], |row| row.get(0))
        .optional()?;
    value.map(|value| decode(&value)).transpose()
}

/// All rows of a list that is short by nature.
pub fn all<T: Field>(db: &Connection, table: Table) -> Result<Vec<T>> {
    db.prepare_cached("SELECT value FROM server_row WHERE list = ?1 ORDER BY key")?
        .query_map([table.number()], |row| row.get(0))?
        .map(|value: Result<Vec<u8>>| decode(&value?))
        .collect()
}

/// The rows with the highest keys, highest first: the newest history.
pub fn newest<T: Field>(db: &Connection, table: Table, count: u32) -> Result<Vec<T>> {
    db.prepare_cached("SELECT value FROM server_row WHERE list = ?1 ORDER BY key DESC LIMIT ?2")?
        .query_map(params![table.number(), count], |row| row.get(0))?
        .map(|value: Result<Vec<u8>>| decode(&value?))
        .collect()
}

fn decode<T: Field>(value: &[u8]) -> Result<T> {
    field::from_bytes(value).map_err(|_| out_of_range())
}
