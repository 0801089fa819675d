//! The person's side of paying: the PIN opens K_pay, and a locked PIN comes back through the server.
//!
//! ```text
//! set_up      makes K_pay and seals its handle under the PIN                 at enrolment
//! open        PIN → K_pay, for one payment                                   offline
//! recover     one-time code from the office, or the linked card → new K_pay and new PIN   online
//! ```
//! A crash in `recover` after the server agreed is repaired by using the same code again: the server
//! answers the same device and key the same way.

mod recover;

pub use recover::{RecoverError, card_details, recover, recover_by_card};

use crate::home::{Home, set_payment_public};
use crate::key::{DeviceKey, KeyError, make_payment_key, open_payment_key};
use crate::lock::{Brake, Lock, LockError, Pin};
use crate::secret::Secret;
use crate::store::StoreError;

/// Why K_pay is not to be had.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// The PIN: wrong, too easy, locked, to be waited for.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The key itself.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes K_pay under a PIN; where that was done before, the PIN must be the same.
///
/// # Errors
/// [`GateError`].
pub fn set_up(home: &Home, pin: &Pin, brake: Brake) -> Result<Box<dyn DeviceKey>, GateError> {
    let lock = lock(home);
    if lock.status()?.set {
        return open(home, pin);
    }
    let (handle, key) = make_payment_key(home.store().vault())?;
    // The name first: a key nobody can open is replaced by the next try, a nameless one is not.
    home.store().write(|db| set_payment_public(db, &key.public_key()))?;
    lock.set(pin, brake, &handle)?;
    Ok(key)
}

/// Opens K_pay for one payment.
///
/// # Errors
/// [`GateError`]; a wrong PIN says how many tries are left.
pub fn open(home: &Home, pin: &Pin) -> Result<Box<dyn DeviceKey>, GateError> {
    let handle: Secret = lock(home).open(pin)?;
    Ok(open_payment_key(home.store().vault(), handle.expose())?)
}

/// The lock of this device.
#[must_use]
pub fn lock(home: &Home) -> Lock<'_> {
    Lock::new(home.store(), home.host().clock.as_ref())
}
