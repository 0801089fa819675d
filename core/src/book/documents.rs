//! The verified documents in force: this device, the town's keys, the bulletin.

use kinchaku_protocol::doc::{Bulletin, Device, Document, KeySet, Verified};
use rusqlite::{Connection, OptionalExtension as _, Result, params};

use super::stored;

/// A document of which one version is in force.
pub trait InForce: Document {
    /// Its name in the table. Frozen.
    const SLOT: &'static str;
}

impl InForce for Device {
    const SLOT: &'static str = "device";
}

impl InForce for KeySet {
    const SLOT: &'static str = "keyset";
}

impl InForce for Bulletin {
    const SLOT: &'static str = "bulletin";
}

/// The version in force.
pub fn get<D: InForce>(db: &Connection) -> Result<Option<Verified<D>>> {
    let bytes: Option<Vec<u8>> = db
        .query_row("SELECT bytes FROM document WHERE name = ?1", [D::SLOT], |row| {
            row.get(0)
        })
        .optional()?;
    bytes.map(|bytes| stored(&bytes)).transpose()
}

/// Puts a version in force. That it is newer is the caller's check.
pub fn put<D: InForce>(db: &Connection, document: &Verified<D>) -> Result<()> {
    db.execute(
        "INSERT INTO document (name, bytes) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes",
        params![D::SLOT, document.bytes()],
    )?;
    Ok(())
}
