//! The PIN: what stands between a person's phone in other hands and their payments (F155, T14).
//!
//! The PIN opens a blob that holds the handle of the payment key; nothing else does, and no hash of it is kept:
//!
//! ```text
//! key = HKDF( vault.bind( Argon2id(PIN, salt) ) )     blob = AES-256-GCM(key, handle of K_pay)
//! ```
//! The vault's part needs this device for every guess, so that a copied file can be guessed zero times. Argon2id is
//! a brake for somebody who has the device opened up, not the wall: four digits are few.
//!
//! | wrong tries | next try                                                              |
//! |-------------|-----------------------------------------------------------------------|
//! | 0, 1, 2, 4  | at once                                                               |
//! | 3           | after 30 s by the monotonic clock; a restart starts them anew          |
//! | 5           | never: paying is locked until [`Lock::reset_with`], after a server agreed |
//!
//! A try is counted before it is checked, durably, in the database and in the vault; the higher number holds. A
//! success sets both to zero. Locked is paying alone: reading, receipts and the outbox do not ask here.

mod brake;
mod pin;
mod tries;

pub use brake::Brake;
pub use pin::{BadPin, Pin};

use crate::aead::{self, SealError};
use crate::clock::Clock;
use crate::fault;
use crate::secret::{NoRandom, Secret, random};
use crate::store::{Store, StoreError};
use crate::vault::{Purpose, VaultError};
use hkdf::Hkdf;
use rusqlite::{Connection, OptionalExtension};
use sha2::Sha256;

/// Wrong tries after which paying is locked.
pub const MAX_TRIES: u8 = 5;
/// Seconds the try after the third wrong one waits.
pub const WAIT_SECONDS: u64 = 30;

const LABEL: &[u8] = b"kinchaku/pin/1";

/// Why the PIN did not open, or was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// Wrong. To be told to the person with what is left, before the next try.
    #[error("wrong PIN, {tries_left} tries left")]
    WrongPin {
        /// Tries before paying is locked.
        tries_left: u8,
        /// Seconds to wait before the next.
        wait_s: u64,
    },
    /// Too early; nothing was counted.
    #[error("wait {seconds} s")]
    Wait {
        /// Seconds still to wait.
        seconds: u64,
    },
    /// Paying is locked until online recovery.
    #[error("paying is locked")]
    Locked,
    /// Too easy to guess: one digit four times, or a run such as 1234.
    #[error("the PIN is too easy")]
    TrivialPin,
    /// No PIN was set yet.
    #[error("no PIN is set")]
    NotSet,
    /// A PIN is set already; change it or recover.
    #[error("a PIN is set already")]
    AlreadySet,
    /// Argon2id did not run: too little memory.
    #[error("not enough memory for the PIN")]
    NoMemory,
    /// The store failed. Where it did so after counting, the count stays.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault failed; the try was given back.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<rusqlite::Error> for LockError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<NoRandom> for LockError {
    fn from(error: NoRandom) -> Self {
        Self::Store(error.into())
    }
}

/// What a screen says before anybody types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockStatus {
    /// A PIN is set.
    pub set: bool,
    /// Wrong tries before paying is locked; 0 is locked.
    pub tries_left: u8,
    /// Seconds to wait before the next try.
    pub wait_s: u64,
}

/// That a server has just confirmed who holds the phone: a card PIN, or the office's one-time code.
///
/// Only the recovery flow makes one, after it has verified the server's answer.
pub struct Recovered(());

impl Recovered {
    /// To be called with a server's confirmation in hand, and nowhere else.
    #[must_use]
    pub(crate) fn confirmed_by_server() -> Self {
        Self(())
    }
}

/// The PIN lock of a store.
pub struct Lock<'a> {
    store: &'a Store,
    clock: &'a dyn Clock,
}

struct Row {
    salt: [u8; 16],
    brake: Brake,
    sealed: Vec<u8>,
}

impl<'a> Lock<'a> {
    /// The lock of this store.
    #[must_use]
    pub fn new(store: &'a Store, clock: &'a dyn Clock) -> Self {
        Self { store, clock }
    }

    /// How things stand.
    ///
    /// # Errors
    /// [`LockError::Store`], [`LockError::Vault`].
    pub fn status(&self) -> Result<LockStatus, LockError> {
        if self.row()?.is_none() {
            return Ok(LockStatus {
                set: false,
                tries_left: MAX_TRIES,
                wait_s: 0,
            });
        }
        let (tries, wait_s) = tries::look(self.store, self.clock.read())?;
        Ok(LockStatus {
            set: true,
            tries_left: MAX_TRIES.saturating_sub(tries),
            wait_s,
        })
    }

    /// Sets the first PIN over the handle of the payment key. `brake` is [`Brake::calibrate`]d once per device.
    ///
    /// # Errors
    /// [`LockError::AlreadySet`], [`LockError::TrivialPin`], and those of the mechanisms.
    pub fn set(&self, pin: &Pin, brake: Brake, handle: &[u8]) -> Result<(), LockError> {
        if self.row()?.is_some() {
            return Err(LockError::AlreadySet);
        }
        self.install(pin, brake, handle, |_| Ok(()))
    }

    /// Checks the PIN; gives the handle of the payment key.
    ///
    /// # Errors
    /// [`LockError::WrongPin`], [`LockError::Wait`], [`LockError::Locked`], [`LockError::NotSet`], and those of the
    /// mechanisms.
    pub fn open(&self, pin: &Pin) -> Result<Secret, LockError> {
        let row = self.row()?.ok_or(LockError::NotSet)?;
        tries::refuse(self.store, self.clock.read())?;
        let stretched = row.brake.stretch(pin, &row.salt)?;
        let taken = tries::take(self.store, self.clock.read())?;
        fault::point("lock.counted");
        let key = match self.key(&stretched) {
            Ok(key) => key,
            Err(error) => {
                tries::give_back(self.store)?;
                return Err(error);
            }
        };
        let Some(handle) = aead::open(&key, LABEL, &row.sealed) else {
            return Err(match MAX_TRIES.saturating_sub(taken) {
                0 => LockError::Locked,
                tries_left => LockError::WrongPin {
                    tries_left,
                    wait_s: tries::wait_after(taken),
                },
            });
        };
        fault::point("lock.opened");
        tries::clear(self.store)?;
        Ok(handle)
    }

    /// Another PIN, by the one who knows the present one.
    ///
    /// # Errors
    /// As [`Lock::open`] for the present PIN, [`LockError::TrivialPin`] for the new one.
    pub fn change(&self, present: &Pin, new: &Pin) -> Result<(), LockError> {
        refuse_trivial(new)?;
        let handle = self.open(present)?;
        let brake = self.row()?.ok_or(LockError::NotSet)?.brake;
        self.install(new, brake, handle.expose(), |_| Ok(()))
    }

    /// Another PIN, by the one whom a server has confirmed. The old blob cannot be opened without the old PIN, so
    /// the flow brings a payment key it has newly made and registered. `within` runs in the same commit.
    ///
    /// # Errors
    /// [`LockError::TrivialPin`], and those of the mechanisms.
    pub fn reset_with(
        &self,
        _: Recovered,
        pin: &Pin,
        brake: Brake,
        handle: &[u8],
        within: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<(), LockError> {
        self.install(pin, brake, handle, within)
    }

    /// Forgets the payment key for good: what a wipe is. The store, and what it still has to send, stay.
    ///
    /// # Errors
    /// [`LockError::Store`].
    pub fn destroy(&self) -> Result<(), LockError> {
        self.store.write(|tx| {
            tx.execute("DELETE FROM pin_lock", [])?;
            Ok(())
        })
    }

    fn install(
        &self,
        pin: &Pin,
        brake: Brake,
        handle: &[u8],
        within: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<(), LockError> {
        refuse_trivial(pin)?;
        let salt: [u8; 16] = random()?;
        let stretched = brake.stretch(pin, &salt)?;
        let key = self.key(&stretched)?;
        // A vault that binds otherwise the next time would lock the handle away from everybody.
        if self.key(&stretched)?.expose() != key.expose() {
            return Err(VaultError::NotKept.into());
        }
        let sealed = aead::seal(&key, LABEL, handle).map_err(|error| match error {
            SealError::NoRandom(error) => LockError::from(error),
            SealError::TooLong => LockError::NoMemory,
        })?;
        tries::note(self.store.vault(), 0)?;
        self.store.write(|tx| {
            tx.execute(
                "INSERT OR REPLACE INTO pin_lock (id, salt, memory_kib, passes, lanes, sealed, tries) \
                 VALUES (1, ?1, ?2, ?3, ?4, ?5, 0)",
                (salt, brake.memory_kib, brake.passes, brake.lanes, sealed),
            )?;
            within(tx)?;
            Ok(())
        })
    }

    /// The key of the blob. Every call needs the device.
    fn key(&self, stretched: &Secret<[u8; 32]>) -> Result<Secret<[u8; 32]>, LockError> {
        blob_key(&self.store.vault().bind(Purpose::Pin, stretched.expose())?)
    }

    fn row(&self) -> Result<Option<Row>, LockError> {
        self.store.read(|tx| Ok(row(tx)?))
    }
}

fn blob_key(bound: &Secret<[u8; 32]>) -> Result<Secret<[u8; 32]>, LockError> {
    let mut key = zeroize::Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, bound.expose())
        .expand(LABEL, key.as_mut_slice())
        .map_err(|_| LockError::NoMemory)?;
    Ok(Secret::new(*key))
}

fn refuse_trivial(pin: &Pin) -> Result<(), LockError> {
    if pin.is_trivial() {
        return Err(LockError::TrivialPin);
    }
    Ok(())
}

fn row(store: &Connection) -> rusqlite::Result<Option<Row>> {
    store
        .prepare_cached("SELECT salt, memory_kib, passes, lanes, sealed FROM pin_lock")?
        .query_row([], |row| {
            Ok(Row {
                salt: row.get(0)?,
                brake: Brake {
                    memory_kib: row.get(1)?,
                    passes: row.get(2)?,
                    lanes: row.get(3)?,
                },
                sealed: row.get(4)?,
            })
        })
        .optional()
}

#[cfg(test)]
mod tests;
