//! The My Key ID (F189 to F192, F211, F212): made, chosen, changed or revoked within 15 minutes of a proof
//! for `CardPurpose::KeyId`. The rules are the server's; what it answers is shown as it is.

use kinchaku_protocol::api::{KeyIdAction, KeyIdAnswer, KeyIdOutcome, KeyIdRequest};
use kinchaku_protocol::doc::field;
use kinchaku_protocol::jpki::my_key_id::MyKeyId;

use super::error::LinkError;
use super::standing;
use crate::home::{Home, Town};
use crate::sync::{Call, SyncError, call};

/// One step towards an ID.
///
/// # Errors
/// [`LinkError`]; what the rules say against it is no error but the answer's outcome.
pub fn key_id(home: &Home, action: KeyIdAction, id: Option<&MyKeyId>) -> Result<KeyIdAnswer, LinkError> {
    let town = home.store().read(|db| Town::load(db).map_err(SyncError::from))?;
    let request = KeyIdRequest {
        action,
        id: id.map(ToString::to_string),
    };
    let answer = call(home, &town, Call::signed("card/key-id", field::to_bytes(&request)))?;
    let answer: KeyIdAnswer = field::from_bytes(&answer).map_err(|_| SyncError::Nonsense)?;
    match answer.outcome {
        KeyIdOutcome::Registered => home
            .store()
            .write(|db| standing::set_key_id(db, answer.id.clone()).map_err(LinkError::from))?,
        KeyIdOutcome::Revoked => home
            .store()
            .write(|db| standing::set_key_id(db, None).map_err(LinkError::from))?,
        _ => {}
    }
    Ok(answer)
}
