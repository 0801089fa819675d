//! Noticing that an older copy of the database was put back (T5).
//!
//! Every counted write raises `generation` in its own transaction, and then the vault notes the number. So the
//! database is never more than one step ahead of the vault, and never behind, unless somebody exchanged one of
//! them.
//!
//! | database − vault | means                                              |
//! |------------------|----------------------------------------------------|
//! | 0                | current                                            |
//! | 1                | a crash between commit and vault: note it, current |
//! | anything else    | rolled back                                        |
//!
//! The vault keeps a short note with the number: what the flows must still know after an older copy was put back.
//! The number is not a secret, and a copy of both is not noticed here but by the server, as a fork.

use super::error::{OpenError, StoreError};
use crate::vault::{self, Record, SecretVault, VaultError};
use rusqlite::{Connection, TransactionBehavior};

/// Whether the store is the newest copy of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// As far as the vault knows.
    Current,
    /// An older copy, or an exchanged vault: reading is fine, paying stops until a sync has cleared it.
    RolledBack {
        /// Counted writes the database knows of.
        database: u64,
        /// Counted writes the vault knows of; `None` if its record was altered.
        vault: Option<u64>,
    },
}

/// What the vault keeps: the counter, and a note of the flows' own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Link {
    generation: u64,
    note: Vec<u8>,
}

impl Link {
    fn to_record(&self) -> Vec<u8> {
        let mut record = self.generation.to_be_bytes().to_vec();
        record.extend(&self.note);
        record
    }

    fn from_record(record: &[u8]) -> Option<Self> {
        let (generation, note) = record.split_first_chunk()?;
        Some(Self {
            generation: u64::from_be_bytes(*generation),
            note: note.to_vec(),
        })
    }
}

/// The counter as this process knows it.
pub struct ChainHead {
    database: Link,
    vault: Option<Link>,
}

impl ChainHead {
    /// Reads both, and completes the step a crash has cut off.
    pub fn load(connection: &Connection, vault: &dyn SecretVault) -> Result<Self, OpenError> {
        let database = link(connection).map_err(StoreError::from)?;
        let noted = match vault.get(Record::ChainHead) {
            Ok(None) => Some(Link::default()),
            Ok(Some(record)) => Link::from_record(&record),
            Err(VaultError::Refused) => None,
            Err(error) => return Err(error.into()),
        };
        let mut head = Self { database, vault: noted };
        if head.is_step_ahead() {
            // Failing here costs nothing: the next counted write notes it first.
            let _ = head.note(vault);
        }
        Ok(head)
    }

    pub fn standing(&self) -> Standing {
        let vault = self.vault.as_ref().map(|link| link.generation);
        if vault == Some(self.database.generation) || self.is_step_ahead() {
            return Standing::Current;
        }
        Standing::RolledBack {
            database: self.database.generation,
            vault,
        }
    }

    /// The note the vault holds: after a rollback, newer than the database's.
    pub fn noted(&self) -> Option<&[u8]> {
        self.vault.as_ref().map(|link| link.note.as_slice())
    }

    /// Makes sure that the next step is the only one the vault will not have noted.
    pub fn ready(&mut self, vault: &dyn SecretVault) -> Result<(), StoreError> {
        if self.standing() != Standing::Current {
            return Err(StoreError::RolledBack);
        }
        if self.is_step_ahead() {
            self.note(vault).map_err(StoreError::Vault)?;
        }
        Ok(())
    }

    /// Raises the counter in the caller's transaction; what it gives is for [`ChainHead::committed`].
    pub fn advance(&self, connection: &Connection) -> Result<Committed, StoreError> {
        set_generation(connection, self.database.generation.saturating_add(1))?;
        Ok(Committed(link(connection)?))
    }

    /// The transaction of [`ChainHead::advance`] has been committed.
    pub fn committed(&mut self, step: Committed) {
        self.database = step.0;
    }

    /// Brings the vault up to the database.
    pub fn note(&mut self, vault: &dyn SecretVault) -> Result<(), VaultError> {
        vault::keep(vault, Record::ChainHead, &self.database.to_record())?;
        self.vault = Some(self.database.clone());
        Ok(())
    }

    /// Goes on from above both counters: whatever copy comes back later is behind.
    pub fn clear(&mut self, connection: &mut Connection, vault: &dyn SecretVault) -> Result<(), StoreError> {
        if self.standing() == Standing::Current {
            return Ok(());
        }
        let noted = self.vault.as_ref().map_or(0, |link| link.generation);
        let above = Link {
            generation: self.database.generation.max(noted).saturating_add(1),
            note: link(connection)?.note,
        };
        // The vault first: a crash in between leaves the database behind, and the standing as it was.
        vault::keep(vault, Record::ChainHead, &above.to_record()).map_err(StoreError::Vault)?;
        self.vault = Some(above.clone());
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        set_generation(&transaction, above.generation)?;
        transaction.commit()?;
        self.database = above;
        Ok(())
    }

    fn is_step_ahead(&self) -> bool {
        self.vault
            .as_ref()
            .is_some_and(|vault| self.database.generation.checked_sub(1) == Some(vault.generation))
    }
}

/// A step of the chain that is written and not yet committed.
pub struct Committed(Link);

/// Sets what the vault will keep with the counter of this transaction, at most 48 bytes.
///
/// # Errors
/// SQLite's; a constraint for a longer note.
pub fn set_note(connection: &Connection, note: &[u8]) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE chain_head SET note = ?1")?
        .execute([note])?;
    Ok(())
}

fn link(connection: &Connection) -> rusqlite::Result<Link> {
    connection
        .prepare_cached("SELECT generation, note FROM chain_head")?
        .query_row([], |row| {
            Ok(Link {
                generation: row.get(0)?,
                note: row.get(1)?,
            })
        })
}

fn set_generation(connection: &Connection, generation: u64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE chain_head SET generation = ?1")?
        .execute([generation])?;
    Ok(())
}
