//! Enrolling: an invitation code, two keys with proofs of possession, and back come the device's
//! document, the town's keys and the bulletin, each verified up from the roots.
//!
//! Keys are made and stored before the code is used, so that a crash or a lost answer is repaired by
//! enrolling again with the same code: the server knows the keys and answers the same.

use kinchaku_protocol::api::{EnrolAnswer, EnrolRequest, Nonce, PayKey};
use kinchaku_protocol::doc::{Device, Received, Role, Verified, field};

use crate::book::documents;
use crate::fault;
use crate::gate::{self, GateError};
use crate::home::{Home, Town};
use crate::key::{DeviceKey as _, verified_sign};
use crate::lock::{Brake, Pin};
use crate::store::StoreError;
use crate::sync::{Call, SyncError, call};
use crate::trust::Trust;

/// What an invitation says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Whose server.
    pub town: Town,
    /// The code as printed; spaces and hyphens do not count.
    pub code: String,
}

/// As what a device is enrolled.
#[derive(Debug)]
pub enum Enrolment<'a> {
    /// A resident's wallet, with the PIN it will ask for.
    Wallet {
        /// The PIN.
        pin: &'a Pin,
        /// How hard each guess is made.
        brake: Brake,
    },
    /// A shop's device.
    Shop,
}

/// Why a device is not enrolled.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnrolError {
    /// The device is enrolled already.
    #[error("already enrolled")]
    AlreadyEnrolled,
    /// The code is unknown, used by another device, or too old.
    #[error("the code is not valid")]
    Code,
    /// The server's answer is for somebody else.
    #[error("the answer is for another device")]
    OtherDevice,
    /// The server was not reached, or not believed.
    #[error(transparent)]
    Sync(SyncError),
    /// The PIN or a key.
    #[error(transparent)]
    Gate(#[from] GateError),
}

impl From<SyncError> for EnrolError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Refused {
                status: 403 | 404 | 409 | 410,
            } => Self::Code,
            other => Self::Sync(other),
        }
    }
}

impl From<StoreError> for EnrolError {
    fn from(error: StoreError) -> Self {
        Self::Sync(error.into())
    }
}

/// Enrols this device.
///
/// # Errors
/// [`EnrolError`].
pub fn enrol(home: &Home, invitation: &Invitation, enrolment: &Enrolment<'_>) -> Result<Verified<Device>, EnrolError> {
    if home.device()?.is_some() {
        return Err(EnrolError::AlreadyEnrolled);
    }
    let sync_key = home.sync_key().map_err(SyncError::from)?;
    let (role, pay_key) = match enrolment {
        Enrolment::Wallet { pin, brake } => (Role::Wallet, Some(gate::set_up(home, pin, *brake)?)),
        Enrolment::Shop => (Role::Shop, None),
    };
    fault::point("enrol.keys");
    let town = &invitation.town;
    let nonce = call(home, town, Call::get("nonce"))?;
    let nonce: Nonce = field::from_bytes(&nonce).map_err(|_| SyncError::Nonsense)?;
    let pay_public = pay_key.as_ref().map(|key| key.public_key());
    let challenge = EnrolRequest::challenge(role, &nonce.nonce.0, &sync_key.public_key(), pay_public.as_ref());
    let pay = pay_key.map(|key| {
        let proof = verified_sign(&key, &challenge)?;
        Ok(PayKey {
            key: key.public_key(),
            proof,
        })
    });
    let request = EnrolRequest {
        code: invitation.code.chars().filter(char::is_ascii_alphanumeric).collect(),
        role,
        nonce: nonce.nonce,
        sync_key: sync_key.public_key(),
        sync_proof: verified_sign(&sync_key, &challenge).map_err(GateError::from)?,
        pay: pay.transpose().map_err(GateError::Key)?,
    };
    let body = call(home, town, Call::post("enrol", field::to_bytes(&request)))?;
    fault::point("enrol.answered");
    let answer: EnrolAnswer = field::from_bytes(&body).map_err(|_| SyncError::Nonsense)?;
    let trust = Trust::begin(&answer.keyset.0, &home.host().roots).map_err(SyncError::from)?;
    let received = Received::<Device>::read(&answer.device.0).map_err(SyncError::from)?;
    let device = trust.device(received).map_err(SyncError::from)?;
    let bulletin = trust.bulletin(&answer.bulletin.0).map_err(SyncError::from)?;
    if device.sync_key != sync_key.public_key() || device.role != role {
        return Err(EnrolError::OtherDevice);
    }
    home.store().write(|db| {
        town.save(db)?;
        documents::put(db, trust.keyset())?;
        documents::put(db, &bulletin)?;
        documents::put(db, &device)?;
        Ok::<_, StoreError>(())
    })?;
    fault::point("enrol.stored");
    home.set_trust(trust);
    Ok(device)
}
