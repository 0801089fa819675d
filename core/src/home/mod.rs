//! A device's wallet folder, opened: store, clock, network, keys and whom it trusts. Flows are written
//! over it; it decides nothing about money.
//!
//! Opening undoes what a crash left half done: see [`Home::open`] and the flows' `recover`.

mod keys;
mod town;

pub use keys::{SyncKeyError, payment_public, set_payment_public};
pub use town::{Town, TownError};

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use kinchaku_protocol::doc::{Bulletin, Device, Verified};
use kinchaku_protocol::time::Time;
use rusqlite::Connection;

use crate::book::documents;
use crate::clock::{self, AnchoredTime, Clock};
use crate::network::Network;
use crate::store::{OpenError, Opened, Store, StoreError};
use crate::trust::{Roots, Trust};
use crate::vault::SecretVault;

/// What the host gives: everything that differs between a phone, a desk and a test.
#[derive(Clone)]
pub struct Host {
    /// Seals keys and keeps the chain's head.
    pub vault: Arc<dyn SecretVault>,
    /// Wall and monotonic time.
    pub clock: Arc<dyn Clock>,
    /// The way to the server.
    pub network: Arc<dyn Network>,
    /// The roots the app was built with.
    pub roots: Roots,
}

/// An opened folder.
pub struct Home {
    store: Store,
    host: Host,
    /// Replaced as a whole when a newer key set was stored.
    trust: RwLock<Option<Arc<Trust>>>,
}

impl Home {
    /// Opens or creates the folder.
    ///
    /// # Errors
    /// [`OpenError`]; a database that cannot be read is set aside and named.
    pub fn open(folder: &Path, host: Host) -> Result<(Self, Opened), OpenError> {
        let (store, opened) = Store::open(folder, Arc::clone(&host.vault), host.clock.wall())?;
        let keyset = store.read(|db| documents::get(db).map_err(StoreError::from))?;
        let trust = keyset.map(|keyset| Arc::new(Trust::from_stored(keyset)));
        let home = Self {
            store,
            host,
            trust: RwLock::new(trust),
        };
        Ok((home, opened))
    }

    /// The database.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// What the host gave.
    #[must_use]
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// Whom this device trusts, `None` before it is enrolled.
    #[must_use]
    pub fn trust(&self) -> Option<Arc<Trust>> {
        self.trust.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes a stored, newer key set into use.
    pub fn set_trust(&self, trust: Trust) {
        *self.trust.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(trust));
    }

    /// The time, as well as this device knows it; it never goes back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn now(&self) -> Result<AnchoredTime, StoreError> {
        self.store.read(|db| clock::now(db, self.host.clock.read()))
    }

    /// The time, in a transaction that acts on it: from here on this device does not go behind it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn act_now(&self, db: &Connection) -> Result<AnchoredTime, StoreError> {
        clock::act_now(db, self.host.clock.read())
    }

    /// The server said, signed, what time it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn anchor(&self, db: &Connection, server_time: Time) -> Result<(), StoreError> {
        clock::anchor(db, server_time, self.host.clock.read()).map(|_| ())
    }

    /// This device's document, `None` before it is enrolled.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn device(&self) -> Result<Option<Verified<Device>>, StoreError> {
        self.store.read(|db| Ok(documents::get(db)?))
    }

    /// The bulletin in force.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn bulletin(&self) -> Result<Option<Verified<Bulletin>>, StoreError> {
        self.store.read(|db| Ok(documents::get(db)?))
    }
}
