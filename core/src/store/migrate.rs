//! Migrations: numbered, append-only, each in one transaction with the number it leads to.
//!
//! A released file never changes again, which a test holds by its checksum. A store with a higher number was
//! written by a newer app and is refused untouched.

use super::error::{OpenError, StoreError};
use crate::fault;
use rusqlite::{Connection, TransactionBehavior};

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// 1 for the first, without gaps.
    pub version: u32,
    /// The statements.
    pub sql: &'static str,
}

/// Every migration of this version of the app.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        sql: include_str!("../../migrations/V001__store.sql"),
    },
    Migration {
        version: 2,
        sql: include_str!("../../migrations/V002__wallet.sql"),
    },
    Migration {
        version: 3,
        sql: include_str!("../../migrations/V003__acquire.sql"),
    },
];

/// The version of the schema; 0 for a database that was just made.
pub fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Refuses a store that a newer app wrote.
pub fn refuse_newer(found: u32, migrations: &[Migration]) -> Result<(), OpenError> {
    let known = migrations.iter().map(|m| m.version).max().unwrap_or(0);
    if found > known {
        return Err(OpenError::TooNew { found, known });
    }
    Ok(())
}

/// Brings the schema from version `found` up to the last of `migrations`.
pub fn migrate(connection: &mut Connection, found: u32, migrations: &[Migration]) -> Result<(), StoreError> {
    for migration in migrations.iter().filter(|migration| migration.version > found) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(migration.sql)?;
        transaction.pragma_update(None, "user_version", migration.version)?;
        transaction.commit()?;
        fault::point("store.migrated");
    }
    Ok(())
}
