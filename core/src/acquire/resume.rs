//! What waits is sent again, and orders are asked about: part of every sync, before the pages that bring the value.

use kinchaku_protocol::api::acquire::{OrderAnswer, OrderQuery, OrderStage, OrderStatus};
use kinchaku_protocol::doc::field;

use super::ask::{is_open, send};
use super::error::AcquireError;
use super::fresh;
use crate::book::acquisitions::{self, State};
use crate::home::{Home, Town};
use crate::store::StoreError;
use crate::sync::{Call, SyncError, call};

/// Orders asked about in one run.
const ORDERS: u32 = 20;

/// Sends what waits for an answer and asks how open orders stand. Gives how many changed. What one of them runs into
/// does not keep the others waiting.
///
/// # Errors
/// [`SyncError`]: the last trouble that was not the request's own.
pub fn resume(home: &Home) -> Result<u32, SyncError> {
    let asked = home
        .store()
        .read(|db| Ok::<_, StoreError>((acquisitions::asked(db)?, acquisitions::open(db, ORDERS)?)))?;
    let (waiting, open) = asked;
    let mut changed = 0_u32;
    let mut trouble = None;
    for row in &waiting {
        match send(home, row) {
            Ok(_) | Err(AcquireError::Refused(_) | AcquireError::Sync(SyncError::Refused { .. })) => {
                changed = changed.saturating_add(1);
            }
            Err(AcquireError::Waiting | AcquireError::NeedsNetwork | AcquireError::Paying | AcquireError::Another) => {
                return Ok(changed);
            }
            Err(AcquireError::Sync(error)) => trouble = Some(error),
            Err(AcquireError::Store(error)) => return Err(error.into()),
        }
    }
    for row in open {
        let before: OrderStatus = match row.answer.as_deref().map(field::from_bytes) {
            Some(Ok(before)) => before,
            _ => continue,
        };
        match status(home, before.order) {
            Ok(now) => {
                // What the payer was told to do stays; only the order's own answer says it.
                let reference = now.reference.clone().or_else(|| before.reference.clone());
                let now = OrderStatus { reference, ..now };
                if now == before {
                    continue;
                }
                let open = is_open(&now);
                home.store().write(|db| {
                    acquisitions::settle(db, row.id, State::Taken, Some(&field::to_bytes(&now)), open)?;
                    if now.stage == OrderStage::Paid {
                        fresh::note(db)?;
                    }
                    Ok::<_, StoreError>(())
                })?;
                changed = changed.saturating_add(1);
            }
            Err(SyncError::Refused { .. }) => (),
            Err(SyncError::Network(_) | SyncError::Busy { .. }) => return Ok(changed),
            Err(error) => trouble = Some(error),
        }
    }
    trouble.map_or(Ok(changed), Err)
}

fn status(home: &Home, order: u64) -> Result<OrderStatus, SyncError> {
    let town = home.store().read(|db| Town::load(db))?;
    let query = field::to_bytes(&OrderQuery { order });
    let answer = call(home, &town, Call::signed("order-status", query))?;
    let answer: OrderAnswer = field::from_bytes(&answer).map_err(|_| SyncError::Nonsense)?;
    match answer.order {
        Some(status) if status.order == order => Ok(status),
        _ => Err(SyncError::Nonsense),
    }
}
