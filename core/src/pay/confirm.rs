//! SIGNED: the key signs exactly the prepared bytes, and the signature, its outbox row and the chain's
//! head are durable before anything is shown.

use kinchaku_protocol::cose;
use kinchaku_protocol::doc::{Document as _, Intent};
use kinchaku_protocol::ids::DocId;

use super::error::PayError;
use super::prepare::{Prepared, abandon};
use super::receipt::PaidReceipt;
use crate::book::chain::ChainEnd;
use crate::book::{allowances, outbox, payments};
use crate::fault;
use crate::home::Home;
use crate::key::{DeviceKey, KeyError, verified_sign};

/// Signs a prepared payment and gives its receipt. Where the key does not sign, the payment is given up: counter and
/// value are free again at once.
///
/// # Errors
/// [`PayError`]. After [`crate::store::StoreError::Unconfirmed`] the payment is signed: open the wallet again and
/// show its receipt from the history.
pub fn confirm(home: &Home, prepared: Prepared, key: &dyn DeviceKey) -> Result<PaidReceipt, PayError> {
    let Prepared { id, payload } = prepared;
    // The allowance names the key, so an intent carries no key id: seven bytes less in the QR code.
    let message = cose::to_be_signed(&payload, &Intent::aad(), None);
    let signature = match verified_sign(key, &message) {
        Ok(signature) => signature,
        Err(error) => {
            abandon(home, Prepared { id, payload })?;
            return Err(error.into());
        }
    };
    let doc = cose::assemble(&payload, None, &signature);
    let subject = DocId::of(&payload);
    fault::point("pay.key-signed");
    let (payment, allowance) = home.store().write_counted(|db| {
        if !payments::signed(db, id, &doc)? {
            return Err(PayError::Outdated);
        }
        let payment = payments::get(db, id)?.ok_or(PayError::Outdated)?;
        let allowance = allowances::get(db, payment.allowance)?.ok_or(PayError::Outdated)?;
        if allowance.device_key != key.public_key() {
            return Err(PayError::Key(KeyError::BadSignature));
        }
        outbox::add(db, subject, &doc)?;
        let end = ChainEnd {
            allowance: payment.allowance,
            last: payment.intent.seq,
            head: payment.reference,
        };
        end.note(db)?;
        Ok((payment, allowance))
    })?;
    fault::point("pay.signed");
    Ok(PaidReceipt::new(&payment, doc, &allowance))
}
