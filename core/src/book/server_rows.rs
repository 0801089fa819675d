//! Rows of verified pages, kept as they came and apart from everything this device believes.

use kinchaku_protocol::doc::field::{self, Field};
use kinchaku_protocol::doc::{BalanceRow, Row, Table};
use kinchaku_protocol::money::Amount;
use rusqlite::{Connection, OptionalExtension as _, Result, params};

use super::out_of_range;
use crate::store::meta;

/// The round that rows are written in; a snapshot begins a new one.
const ROUND: &str = "book.round";

/// Takes over one row.
pub fn apply(db: &Connection, row: &Row) -> Result<()> {
    match &row.value {
        Some(value) => db
            .prepare_cached(
                "INSERT INTO server_row (list, key, value, round) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (list, key) DO UPDATE SET value = excluded.value, round = excluded.round",
            )?
            .execute(params![row.table.number(), row.key.0, value.0, round(db)?])?,
        None => db
            .prepare_cached("DELETE FROM server_row WHERE list = ?1 AND key = ?2")?
            .execute(params![row.table.number(), row.key.0])?,
    };
    Ok(())
}

/// A snapshot begins: what it does not repeat is gone when it is complete, and shown until then.
pub fn begin_snapshot(db: &Connection) -> Result<()> {
    meta::set_number(db, ROUND, round(db)?.saturating_add(1))
}

/// The snapshot is complete. History stays; a snapshot repeats only its end.
pub fn end_snapshot(db: &Connection) -> Result<()> {
    db.execute(
        "DELETE FROM server_row WHERE round < ?1 AND list <> ?2",
        params![round(db)?, Table::History.number()],
    )?;
    Ok(())
}

/// What the account has and nothing holds, over all classes.
pub fn free(db: &Connection) -> Result<Amount> {
    let balances: Vec<BalanceRow> = all(db, Table::Balance)?;
    let free = balances.iter().map(|balance| balance.remaining.less(balance.held));
    Ok(Amount::sum(free).unwrap_or(Amount::MAX))
}

/// The keys of a list.
pub fn keys(db: &Connection, table: Table) -> Result<Vec<Vec<u8>>> {
    db.prepare_cached("SELECT key FROM server_row WHERE list = ?1 ORDER BY key")?
        .query_map([table.number()], |row| row.get(0))?
        .collect()
}

fn round(db: &Connection) -> Result<u64> {
    Ok(meta::number(db, ROUND)?.unwrap_or(0))
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
