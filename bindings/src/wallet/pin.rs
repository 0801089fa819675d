//! The PIN: how it stands, another one, and back from a lock.

use std::sync::Arc;

use kinchaku_core::gate;
use kinchaku_core::lock::{Brake, LockStatus};

use super::Wallet;
use crate::error::PinError;
use crate::typed::Pin;
use crate::value::seconds;

/// What a screen says before anybody types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PinStatus {
    /// There is a PIN.
    pub set: bool,
    /// Wrong tries before paying is locked; 0 is locked. To be said before the last two.
    pub tries_left: i32,
    /// Seconds to wait before the next try.
    pub wait_s: i64,
}

impl From<LockStatus> for PinStatus {
    fn from(status: LockStatus) -> Self {
        let LockStatus {
            set,
            tries_left,
            wait_s,
        } = status;
        Self {
            set,
            tries_left: tries_left.into(),
            wait_s: seconds(wait_s),
        }
    }
}

#[uniffi::export]
impl Wallet {
    /// How the PIN stands.
    ///
    /// # Errors
    /// [`PinError`].
    pub async fn pin_status(&self) -> Result<PinStatus, PinError> {
        self.engine.look(|_, home| Ok(gate::lock(home).status()?.into())).await
    }

    /// Another PIN, by the one who knows the present one.
    ///
    /// # Errors
    /// [`PinError`]; a wrong one counts as for a payment.
    pub async fn change_pin(&self, present: Arc<Pin>, new: Arc<Pin>) -> Result<(), PinError> {
        self.engine
            .act(move |engine, home| {
                let _trying = engine.trying();
                Ok(gate::lock(home).change(&present.0, &new.0)?)
            })
            .await
    }

    /// A locked PIN comes back with a one-time code of the office, online. What waits to be sent stays.
    ///
    /// # Errors
    /// [`PinError`]; paying is then as locked as before, and the same code goes on.
    pub async fn unlock_pin(&self, code: String, new: Arc<Pin>) -> Result<(), PinError> {
        self.engine
            .act(move |_, home| Ok(gate::recover(home, &code, &new.0, Brake::calibrate())?))
            .await
    }
}
