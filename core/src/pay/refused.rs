//! The shop said no after the payment was signed: its signed refusal gives the value back at once, and
//! goes to the server, where it counts whether it comes before the payment or after it.

use kinchaku_protocol::doc::{Bulletin, ReceiptError, Refusal, Role, Verdict};
use kinchaku_protocol::signature::SignatureError;

use crate::book::payments::{self, Payment, State};
use crate::book::{documents, outbox};
use crate::fault;
use crate::home::Home;
use crate::store::StoreError;
use crate::trust::TrustError;

/// Why a scanned text does not give value back.
#[derive(Debug, thiserror::Error)]
pub enum RefusedError {
    /// Not a refusal.
    #[error(transparent)]
    NotARefusal(#[from] ReceiptError),
    /// It refuses no payment of this wallet.
    #[error("no payment of this wallet")]
    OtherPayment,
    /// It was not signed by a device of the shop that was paid.
    #[error("not from the shop")]
    NotFromTheShop,
    /// It accepts the payment.
    #[error("not a refusal but an acceptance")]
    Accepted,
    /// The payment has come to another end already.
    #[error("already settled")]
    AlreadySettled(State),
    /// Not enrolled.
    #[error("not enrolled")]
    NotEnrolled,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<TrustError> for RefusedError {
    fn from(_: TrustError) -> Self {
        Self::NotFromTheShop
    }
}

impl From<SignatureError> for RefusedError {
    fn from(_: SignatureError) -> Self {
        Self::NotFromTheShop
    }
}

impl From<rusqlite::Error> for RefusedError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Takes a scanned refusal; gives the payment it gave back, and why the shop refused. Scanning it again
/// changes nothing.
///
/// # Errors
/// [`RefusedError`].
pub fn take_refusal(home: &Home, text: &str) -> Result<(Payment, Verdict), RefusedError> {
    let refusal = Refusal::read(text)?;
    let trust = home.trust().ok_or(RefusedError::NotEnrolled)?;
    let device = trust.device(refusal.device)?;
    let seen = refusal.seen.verify(&device.sync_key)?;
    let taken = home.store().write_counted(|db| {
        let payment = payments::by_ref(db, seen.intent)?.ok_or(RefusedError::OtherPayment)?;
        let stopped = documents::get::<Bulletin>(db)?.is_some_and(|it| it.stops_device(device.to_ref()));
        let may_speak = device.role == Role::Shop && device.valid_at(seen.seen_at) && !stopped;
        if !may_speak || device.owner != payment.intent.shop {
            return Err(RefusedError::NotFromTheShop);
        }
        if seen.verdict.accepted() {
            return Err(RefusedError::Accepted);
        }
        match payment.state {
            State::Signed | State::Posted | State::Parked | State::RefusedAtShop => (),
            other => return Err(RefusedError::AlreadySettled(other)),
        }
        payments::set_refused(db, payment.id, seen.bytes())?;
        outbox::add_note(db, seen.id(), seen.bytes())?;
        Ok(Payment {
            state: State::RefusedAtShop,
            ..payment
        })
    })?;
    fault::point("pay.refused");
    Ok((taken, seen.verdict))
}
