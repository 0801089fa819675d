//! Which town's server this device belongs to.

use rusqlite::Connection;

use crate::store::{StoreError, meta};

const ADDRESS: &str = "home.address";
const MUNI: &str = "home.muni";

/// A server and the issuing region it is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Town {
    /// The server's address.
    pub address: String,
    /// The issuing region.
    pub muni: u64,
}

/// The device does not know its town: it is not enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TownError {
    /// Not enrolled yet.
    #[error("not enrolled")]
    NotEnrolled,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for TownError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Town {
    /// The town of this device.
    ///
    /// # Errors
    /// [`TownError`].
    pub fn load(db: &Connection) -> Result<Self, TownError> {
        let address = meta::get(db, ADDRESS)?.and_then(|bytes| String::from_utf8(bytes).ok());
        let muni = meta::number(db, MUNI)?;
        match (address, muni) {
            (Some(address), Some(muni)) => Ok(Self { address, muni }),
            _ => Err(TownError::NotEnrolled),
        }
    }

    /// Remembers the town.
    ///
    /// # Errors
    /// SQLite's.
    pub fn save(&self, db: &Connection) -> rusqlite::Result<()> {
        meta::set(db, ADDRESS, self.address.as_bytes())?;
        meta::set_number(db, MUNI, self.muni)
    }

    /// The path of one of its routes.
    #[must_use]
    pub fn path(&self, route: &str) -> String {
        format!("/v1/{}/{route}", self.muni)
    }
}
