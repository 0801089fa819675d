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

/// The counter as this process knows it.
pub struct ChainHead {
    database: u64,
    vault: Option<u64>,
}

impl ChainHead {
    /// Reads both, and completes the step a crash has cut off.
    pub fn load(connection: &Connection, vault: &dyn SecretVault) -> Result<Self, OpenError> {
        let database = generation(connection).map_err(StoreError::from)?;
        let noted = match vault.get(Record::ChainHead) {
            Ok(None) => Some(0),
            Ok(Some(bytes)) => bytes.try_into().ok().map(u64::from_be_bytes),
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
        if self.vault == Some(self.database) || self.is_step_ahead() {
            return Standing::Current;
        }
        Standing::RolledBack {
            database: self.database,
            vault: self.vault,
        }
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

    /// Raises the counter in the caller's transaction.
    pub fn advance(&self, connection: &Connection) -> Result<u64, StoreError> {
        set_generation(connection, self.database.saturating_add(1))
    }

    /// The transaction of [`ChainHead::advance`] has been committed.
    pub fn committed(&mut self, generation: u64) {
        self.database = generation;
    }

    /// Brings the vault up to the database.
    pub fn note(&mut self, vault: &dyn SecretVault) -> Result<(), VaultError> {
        vault::keep(vault, Record::ChainHead, &self.database.to_be_bytes())?;
        self.vault = Some(self.database);
        Ok(())
    }

    /// Goes on from above both counters: whatever copy comes back later is behind.
    pub fn clear(&mut self, connection: &mut Connection, vault: &dyn SecretVault) -> Result<(), StoreError> {
        if self.standing() == Standing::Current {
            return Ok(());
        }
        let above = self.database.max(self.vault.unwrap_or(0)).saturating_add(1);
        // The vault first: a crash in between leaves the database behind, and the standing as it was.
        vault::keep(vault, Record::ChainHead, &above.to_be_bytes()).map_err(StoreError::Vault)?;
        self.vault = Some(above);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        set_generation(&transaction, above)?;
        transaction.commit()?;
        self.database = above;
        Ok(())
    }

    fn is_step_ahead(&self) -> bool {
        self.vault
            .is_some_and(|vault| self.database.checked_sub(1) == Some(vault))
    }
}

fn generation(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("SELECT generation FROM chain_head", [], |row| row.get(0))
}

fn set_generation(connection: &Connection, generation: u64) -> Result<u64, StoreError> {
    connection
        .prepare_cached("UPDATE chain_head SET generation = ?1")?
        .execute([generation])?;
    Ok(generation)
}
