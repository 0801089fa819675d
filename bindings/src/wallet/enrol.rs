//! Enrolling, as a resident's wallet or a shop's device.

use std::sync::Arc;

use kinchaku_core::enrol::{self as core, Enrolment, enrol};
use kinchaku_core::home::{Home, Town};
use kinchaku_core::lock::Brake;

use super::Wallet;
use super::open::pems;
use crate::engine::Engine;
use crate::error::EnrolError;
use crate::typed::Pin;

/// What an invitation says.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Invitation {
    /// The address of the town's server.
    pub server: String,
    /// The issuing region.
    pub muni: i64,
    /// The code as printed; spaces and hyphens do not count.
    pub code: String,
}

#[uniffi::export]
impl Wallet {
    /// Enrols this device as a resident's wallet. The PIN is the one that payments will ask for. A sync brings the rest.
    ///
    /// # Errors
    /// [`EnrolError`]; enrolling again with the same code and PIN goes on from any of them, and from a crash.
    pub async fn enrol_wallet(&self, invitation: Invitation, pin: Arc<Pin>) -> Result<(), EnrolError> {
        let authorities = self.authorities.clone();
        self.engine
            .act(move |engine, home| {
                let invitation = ready(engine, home, invitation, &authorities)?;
                let brake = Brake::calibrate();
                enrol(home, &invitation, &Enrolment::Wallet { pin: &pin.0, brake })?;
                Ok(())
            })
            .await
    }

    /// Enrols this device as a shop's.
    ///
    /// # Errors
    /// [`EnrolError`], as for a wallet.
    pub async fn enrol_shop(&self, invitation: Invitation) -> Result<(), EnrolError> {
        let authorities = self.authorities.clone();
        self.engine
            .act(move |engine, home| {
                let invitation = ready(engine, home, invitation, &authorities)?;
                enrol(home, &invitation, &Enrolment::Shop)?;
                Ok(())
            })
            .await
    }
}

/// The way to the server of an invitation; not for a device that has one.
fn ready(
    engine: &Engine,
    home: &Home,
    invitation: Invitation,
    authorities: &[Vec<u8>],
) -> Result<core::Invitation, EnrolError> {
    if home.device()?.is_some() {
        return Err(EnrolError::AlreadyEnrolled);
    }
    let Invitation { server, muni, code } = invitation;
    engine.network().reach(&server, &pems(authorities))?;
    let muni = u64::try_from(muni).map_err(|_| EnrolError::Code)?;
    Ok(core::Invitation {
        town: Town { address: server, muni },
        code,
    })
}
