//! The wallet's one database: one file, one writer, encrypted, every commit durable.
//!
//! ```text
//! wallet.lock      held while open: a second process is told Locked
//! wallet.envelope  the database key, sealed by the vault            envelope.rs
//! wallet.kcv       proves that this key belongs to this file        check_value.rs
//! wallet.db        SQLCipher, WAL, synchronous=FULL                 open.rs
//! ```
//!
//! | after a crash at            | the next open                                                     |
//! |-----------------------------|-------------------------------------------------------------------|
//! | any step of the first open  | goes on from there: a key without a file makes the file            |
//! | a write                     | has all of it or nothing (WAL), and checks the file's structure    |
//! | commit, before the vault    | notes the missing step in the vault: [`Standing::Current`]         |
//!
//! A file that cannot be opened is renamed with everything that belongs to it and named in the error, never
//! deleted ([`aside`]). A file older than the vault remembers opens for reading, and counted writes (payments) stop
//! until a sync calls [`Store::clear_rollback`].

mod aside;
mod chain_head;
mod check_value;
mod connect;
mod envelope;
mod error;
mod files;
mod health;
pub mod meta;
mod migrate;
mod open;

pub use aside::{SetAside, set_aside};
pub use chain_head::{Standing, set_note};
pub use error::{KeyTrouble, OpenError, StoreError};
pub use migrate::{MIGRATIONS, Migration};
pub use open::Opened;

use crate::fault;
use crate::vault::SecretVault;
use chain_head::ChainHead;
use files::Files;
use kinchaku_protocol::time::Time;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An open store. One connection behind one lock: a closure given to it must not call it again.
pub struct Store {
    open: Mutex<Inner>,
    vault: Arc<dyn SecretVault>,
    files: Files,
    /// Released after the connection is closed: fields drop in this order.
    _process: File,
}

struct Inner {
    connection: Connection,
    head: ChainHead,
}

impl Store {
    /// Opens the store in `folder`, or makes it there; `now` names what is set aside and dates the weekly check.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(folder: &Path, vault: Arc<dyn SecretVault>, now: Time) -> Result<(Self, Opened), OpenError> {
        open::open(folder, vault, now, MIGRATIONS)
    }

    /// As [`Store::open`], with other migrations: an update of the app as a test sees it (T28).
    ///
    /// # Errors
    /// [`OpenError`].
    #[cfg(any(test, feature = "demo"))]
    pub fn open_with(
        folder: &Path,
        vault: Arc<dyn SecretVault>,
        now: Time,
        migrations: &[Migration],
    ) -> Result<(Self, Opened), OpenError> {
        open::open(folder, vault, now, migrations)
    }

    /// Whether there is a store in `folder`, healthy or not.
    #[must_use]
    pub fn exists(folder: &Path) -> bool {
        Files::new(folder).database.exists()
    }

    /// Reads in one transaction: one moment's state. It is rolled back, so that nothing can be written by mistake.
    ///
    /// # Errors
    /// Those of `work`, and [`StoreError`].
    pub fn read<T, E: From<StoreError>>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, E>) -> Result<T, E> {
        self.watched(|inner| {
            let transaction = begin(&mut inner.connection, TransactionBehavior::Deferred)?;
            let result = work(&transaction);
            transaction.rollback().map_err(StoreError::from)?;
            result
        })
    }

    /// Writes in one `BEGIN IMMEDIATE` transaction, durable when this returns `Ok`, undone when `work` fails.
    ///
    /// # Errors
    /// Those of `work`, and [`StoreError`].
    pub fn write<T, E: From<StoreError>>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, E>) -> Result<T, E> {
        self.watched(|inner| {
            let transaction = begin(&mut inner.connection, TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            fault::point("store.writing");
            transaction.commit().map_err(StoreError::from)?;
            fault::point("store.written");
            Ok(result)
        })
    }

    /// Writes what must never be forgotten: a consumed counter, an accepted receipt. As [`Store::write`]; before it
    /// returns `Ok` the vault too has noted that the chain went on, so an older copy put back is noticed (T5).
    ///
    /// # Errors
    /// [`StoreError::RolledBack`] without trying where an older copy was put back; [`StoreError::Unconfirmed`]
    /// when all is written but the vault could not note it: show nothing of it, and open again; else as
    /// [`Store::write`].
    pub fn write_counted<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let vault = self.vault.as_ref();
        self.watched(|Inner { connection, head }| {
            head.ready(vault)?;
            let transaction = begin(connection, TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            let next = head.advance(&transaction)?;
            fault::point("store.writing");
            transaction.commit().map_err(StoreError::from)?;
            fault::point("store.committed");
            head.committed(next);
            head.note(vault).map_err(StoreError::Unconfirmed)?;
            Ok(result)
        })
    }

    /// Whether this is the newest copy of the store, as far as the vault knows.
    pub fn standing(&self) -> Standing {
        self.lock().head.standing()
    }

    /// The note that the vault keeps with the chain ([`set_note`]): after a rollback, newer than the database's.
    /// `None` if the vault's record was altered.
    pub fn noted(&self) -> Option<Vec<u8>> {
        self.lock().head.noted().map(<[u8]>::to_vec)
    }

    /// Ends [`Standing::RolledBack`]. To be called when a sync has brought the wallet up to what the server knows,
    /// and not before.
    ///
    /// # Errors
    /// [`StoreError`]; the standing is then as it was.
    pub fn clear_rollback(&self) -> Result<(), StoreError> {
        let mut inner = self.lock();
        let Inner { connection, head } = &mut *inner;
        head.clear(connection, self.vault.as_ref())
    }

    /// The vault the store was opened with.
    pub fn vault(&self) -> &dyn SecretVault {
        self.vault.as_ref()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic inside a closure has rolled its transaction back: the connection is as good as before.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does some work. If it met a damaged page its result is worth nothing, and the next open takes a full look.
    fn watched<T, E: From<StoreError>>(&self, work: impl FnOnce(&mut Inner) -> Result<T, E>) -> Result<T, E> {
        let mut inner = self.lock();
        let result = work(&mut inner);
        if health::is_intact(&inner.connection).map_err(StoreError::from)? {
            return result;
        }
        health::suspect(&self.files);
        Err(StoreError::Damaged.into())
    }
}

fn begin(connection: &mut Connection, behavior: TransactionBehavior) -> Result<Transaction<'_>, StoreError> {
    Ok(connection.transaction_with_behavior(behavior)?)
}

#[cfg(test)]
mod tests;
