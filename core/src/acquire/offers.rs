//! What the town offers to the person of this wallet, as the server says it now.

use kinchaku_protocol::api::acquire::OffersAnswer;
use kinchaku_protocol::doc::field;

use super::error::AcquireError;
use crate::home::{Home, Town};
use crate::sync::{Call, SyncError, call};

/// The body of a request that says nothing: CBOR null.
const NULL: [u8; 1] = [0xf6];

/// What is on offer.
///
/// # Errors
/// [`AcquireError`].
pub fn offers(home: &Home) -> Result<OffersAnswer, AcquireError> {
    let town = home.store().read(|db| Town::load(db))?;
    let answer = call(home, &town, Call::signed("offers", NULL.to_vec()))?;
    Ok(field::from_bytes(&answer).map_err(|_| SyncError::Nonsense)?)
}
