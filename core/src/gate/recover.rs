//! A locked PIN: the office gives a one-time code, or the linked card signs; the server takes a new payment
//! key for it, and only then is a new PIN set over that key. The outbox is not touched at any point.

use kinchaku_protocol::api::{PayKey, UnlockRequest};
use kinchaku_protocol::doc::{Device, Reason, Verified, field};
use kinchaku_protocol::jpki::statement::CardPurpose;
use kinchaku_protocol::time::Time;

use super::{GateError, lock};
use crate::book::payments;
use crate::home::{Home, Town, set_payment_public};
use crate::key::{DeviceKey, make_payment_key, open_payment_key, verified_sign};
use crate::link::{self, Challenge, Evidence, LinkError, Proven};
use crate::lock::{Brake, LockError, Pin, Recovered};
use crate::store::{StoreError, meta};
use crate::sync::{self, Call, SyncError};

const PENDING: &str = "gate.pending-key";

/// Why paying stays locked.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecoverError {
    /// The server did not agree, or was not reached.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The new PIN or key.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The card's proof came to nothing.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The card's proof is kept and sent later; then the card is asked once more.
    #[error("the proof waits until {until}")]
    Waiting {
        /// Until when it is sent.
        until: Time,
    },
}

impl From<StoreError> for RecoverError {
    fn from(error: StoreError) -> Self {
        Self::Gate(error.into())
    }
}

/// Unlocks paying with a code from the office.
///
/// # Errors
/// [`RecoverError`]; paying is then as locked as before.
pub fn recover(home: &Home, code: &str, pin: &Pin, brake: Brake) -> Result<(), RecoverError> {
    let (device, key, handle) = ready(home, pin)?;
    let request = UnlockRequest {
        code: code.chars().filter(|c| c.is_ascii_alphanumeric()).collect(),
        pay: proven(&device, &key)?,
    };
    let town = home.store().read(|db| Town::load(db).map_err(SyncError::from))?;
    let answer = sync::call(home, &town, Call::signed("unlock", field::to_bytes(&request)))?;
    let trust = home.trust().ok_or(SyncError::NotEnrolled)?;
    let received = kinchaku_protocol::doc::Received::read(&answer).map_err(SyncError::from)?;
    let confirmed = trust.device(received).map_err(SyncError::from)?;
    let same = confirmed.sync_key == device.sync_key
        && confirmed.owner == device.owner
        && confirmed.role == device.role
        && confirmed.not_before() >= device.not_before();
    if !same {
        return Err(SyncError::Nonsense.into());
    }
    finish(home, Some(&confirmed), &key, &handle, pin, brake)
}

/// What the card's statement says beyond its purpose: the payment key that is to be.
///
/// # Errors
/// [`RecoverError`].
pub fn card_details(home: &Home) -> Result<Vec<u8>, RecoverError> {
    let device = home.device()?.ok_or(SyncError::NotEnrolled)?;
    let (key, _) = pending_key(home)?;
    Ok(field::to_bytes(&proven(&device, &key)?))
}

/// Unlocks paying with the card linked to the account: `details` are [`card_details`], and the card signed
/// the challenge's statement with them. A crash after the server agreed is repaired by the card once more: the new
/// key is the same until a new PIN was set over it.
///
/// # Errors
/// [`RecoverError`]; paying is then as locked as before.
pub fn recover_by_card(
    home: &Home,
    challenge: &Challenge,
    evidence: Evidence,
    details: &[u8],
    pin: &Pin,
    brake: Brake,
) -> Result<(), RecoverError> {
    let (_, key, handle) = ready(home, pin)?;
    // What the card signed names a key. Where that is not the one that waits here, because another thread got its
    // PIN over it in between, the server would take a key that nobody can open.
    let agreed: PayKey = field::from_bytes(details).map_err(|_| LinkError::WrongEvidence)?;
    if challenge.purpose != CardPurpose::Unlock || agreed.key != key.public_key() {
        return Err(LinkError::WrongEvidence.into());
    }
    match link::confirm(home, challenge, evidence, details)? {
        Proven::Done(_) => finish(home, None, &key, &handle, pin, brake),
        Proven::Waiting { until } => Err(RecoverError::Waiting { until }),
        // A renewed card that nobody ties to the person: the office does, and then the card unlocks.
        Proven::AtCounter => Err(LinkError::Refused(Reason::UnknownCard).into()),
    }
}

/// The device, its new key, and what the vault keeps that key under.
type Ready = (Verified<Device>, Box<dyn DeviceKey>, Vec<u8>);

/// Before the server is asked: the PIN will do, and what waits is delivered.
fn ready(home: &Home, pin: &Pin) -> Result<Ready, RecoverError> {
    if pin.is_trivial() {
        return Err(GateError::from(LockError::TrivialPin).into());
    }
    // What waits was signed by the old key: it must not wait for this.
    // The rest of a sync could stumble over the very key that is being replaced.
    if let Err(error @ SyncError::Network(_)) = sync::deliver(home, true) {
        return Err(error.into());
    }
    let (key, handle) = pending_key(home)?;
    let device = home.device()?.ok_or(SyncError::NotEnrolled)?;
    Ok((device, key, handle))
}

/// The new key with its proof of possession.
fn proven(device: &Verified<Device>, key: &dyn DeviceKey) -> Result<PayKey, RecoverError> {
    let message = UnlockRequest::challenge(device.to_ref(), &key.public_key());
    let proof = verified_sign(key, &message).map_err(GateError::from)?;
    Ok(PayKey {
        key: key.public_key(),
        proof,
    })
}

/// The server has the new key: it is this device's, under the new PIN.
fn finish(
    home: &Home,
    confirmed: Option<&Verified<Device>>,
    key: &dyn DeviceKey,
    handle: &[u8],
    pin: &Pin,
    brake: Brake,
) -> Result<(), RecoverError> {
    // The old allowance names the old key: nothing can be signed under it any more. The new key's name is
    // stored before its PIN, so that no PIN ever opens a key the allowances are not asked for.
    home.store().write(|db| {
        if let Some(confirmed) = confirmed {
            crate::book::documents::put(db, confirmed)?;
        }
        set_payment_public(db, &key.public_key())?;
        payments::abandon(db, None)?;
        Ok::<_, StoreError>(())
    })?;
    lock(home)
        .reset_with(Recovered::confirmed_by_server(), pin, brake, handle, |db| {
            // In the commit of the new PIN: the handle is nowhere without a PIN for a moment longer.
            meta::remove(db, PENDING)
        })
        .map_err(GateError::from)?;
    // Paying is unlocked. An allowance for the new key that does not come now comes with the next sync.
    let _ = sync::replace_allowance(home);
    Ok(())
}

/// The key that is to replace K_pay: made and stored before the server hears of it, so that a lost answer
/// is repaired by asking again with the same code and the same key.
fn pending_key(home: &Home) -> Result<(Box<dyn DeviceKey>, Vec<u8>), RecoverError> {
    let vault = home.store().vault();
    if let Some(handle) = home
        .store()
        .read(|db| meta::get(db, PENDING).map_err(StoreError::from))?
    {
        let key = open_payment_key(vault, &handle).map_err(GateError::from)?;
        return Ok((key, handle));
    }
    let (handle, key) = make_payment_key(vault).map_err(GateError::from)?;
    home.store()
        .write(|db| meta::set(db, PENDING, &handle).map_err(StoreError::from))?;
    Ok((key, handle))
}
