//! What this device asked for, newest first, with what became of it. Works without a network.

use kinchaku_protocol::api::acquire::{AcquireRefusal, Exchanged, OrderStatus, Received};
use kinchaku_protocol::doc::field;
use kinchaku_protocol::ids::Ref;
use kinchaku_protocol::time::Time;

use crate::book::acquisitions::{self, Acquisition, Kind, State, Wanted};
use crate::home::Home;
use crate::store::StoreError;

/// How many are shown.
const NEWEST: u32 = 50;

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No answer yet: the server may have it or not.
    Asked,
    /// An application was taken.
    Applied(Ref),
    /// An order, as it stood last.
    Ordered(OrderStatus),
    /// Something was handed out.
    Received(Received),
    /// Points are gone, and money comes on its day.
    Exchanged(Exchanged),
    /// A rule's no; none where the server did not take the request at all.
    Refused(Option<AcquireRefusal>),
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What for.
    pub wanted: Wanted,
    /// When it was asked first.
    pub asked_at: Time,
    /// What became of it.
    pub outcome: Outcome,
}

/// What this device asked for.
///
/// # Errors
/// [`StoreError`].
pub fn list(home: &Home) -> Result<Vec<Entry>, StoreError> {
    let rows = home
        .store()
        .read(|db| Ok::<_, StoreError>(acquisitions::newest(db, NEWEST)?))?;
    rows.iter().map(entry).collect()
}

fn entry(row: &Acquisition) -> Result<Entry, StoreError> {
    let answer = row.answer.as_deref();
    let outcome = match (row.state, row.wanted.kind) {
        (State::Asked, _) => Outcome::Asked,
        (State::Refused, _) => Outcome::Refused(answer.map(kept).transpose()?),
        (State::Taken, Kind::Apply) => Outcome::Applied(kept(answer.unwrap_or_default())?),
        (State::Taken, Kind::Order) => Outcome::Ordered(kept(answer.unwrap_or_default())?),
        (State::Taken, Kind::Receive) => Outcome::Received(kept(answer.unwrap_or_default())?),
        (State::Taken, Kind::Exchange) => Outcome::Exchanged(kept(answer.unwrap_or_default())?),
    };
    Ok(Entry {
        wanted: row.wanted,
        asked_at: row.asked_at,
        outcome,
    })
}

fn kept<T: field::Field>(answer: &[u8]) -> Result<T, StoreError> {
    field::from_bytes(answer).map_err(|_| StoreError::Damaged)
}
