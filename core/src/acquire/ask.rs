//! ASKED and its answer: one body, durable before it is sent, sent until the server says something.

use kinchaku_protocol::api::acquire::{
    ApplyAnswer, ApplyRequest, ExchangeAnswer, ExchangeRequest, Exchanged, LotsWanted, MoneyWanted, OrderAnswer,
    OrderRequest, OrderStage, OrderStatus, PayWay, ReceiveAnswer, ReceiveRequest, Received,
};
use kinchaku_protocol::doc::field::{self, Field};
use kinchaku_protocol::ids::{ClassId, Ref};
use kinchaku_protocol::money::Amount;

use rusqlite::Connection;

use super::error::AcquireError;
use super::fresh;
use crate::book::acquisitions::{self, Acquisition, Kind, State, Wanted};
use crate::fault;
use crate::home::{Home, Town};
use crate::key::KeyError;
use crate::secret::random;
use crate::store::StoreError;
use crate::sync::{Call, SyncError, call, release_points};

/// What the server took.
pub(super) enum Taken {
    Application(Ref),
    Order(OrderStatus),
    Received(Received),
    Exchanged(Exchanged),
}

/// Applies for lots of a sale (F149, F150); gives the application's number.
///
/// # Errors
/// [`AcquireError`].
pub fn apply(home: &Home, programme: u32, units: u32, phone: Option<String>) -> Result<Ref, AcquireError> {
    let wanted = Wanted {
        kind: Kind::Apply,
        programme: Some(programme),
        class: None,
        units: u64::from(units),
    };
    let request = ApplyRequest {
        programme,
        units,
        phone,
        nonce: random().map_err(KeyError::from)?,
    };
    match ask(home, wanted, request)? {
        Taken::Application(id) => Ok(id),
        Taken::Order(_) | Taken::Received(_) | Taken::Exchanged(_) => Err(SyncError::Nonsense.into()),
    }
}

/// Orders lots of a sale (F070, F151 to F153).
///
/// # Errors
/// [`AcquireError`].
pub fn order(home: &Home, lots: LotsWanted, pay_in: PayWay) -> Result<OrderStatus, AcquireError> {
    let wanted = Wanted {
        kind: Kind::Order,
        programme: Some(lots.programme),
        class: None,
        units: u64::from(lots.units),
    };
    let request = OrderRequest {
        key: key()?,
        lots: Some(lots),
        money: None,
        pay_in,
    };
    ordered(ask(home, wanted, request)?)
}

/// Orders money (F064).
///
/// # Errors
/// [`AcquireError`].
pub fn charge(home: &Home, class: ClassId, amount: Amount, pay_in: PayWay) -> Result<OrderStatus, AcquireError> {
    let wanted = Wanted {
        kind: Kind::Order,
        programme: None,
        class: Some(class),
        units: amount.units(),
    };
    let request = OrderRequest {
        key: key()?,
        lots: None,
        money: Some(MoneyWanted { class, amount }),
        pay_in,
    };
    ordered(ask(home, wanted, request)?)
}

/// Fetches what is handed out (F068, F069). `by_code`: its code was read, not a list chosen from.
///
/// # Errors
/// [`AcquireError`].
pub fn receive(home: &Home, programme: u32, by_code: bool) -> Result<Received, AcquireError> {
    let wanted = Wanted {
        kind: Kind::Receive,
        programme: Some(programme),
        class: None,
        units: 1,
    };
    let request = ReceiveRequest {
        key: key()?,
        programme,
        by_code,
    };
    match ask(home, wanted, request)? {
        Taken::Received(received) => Ok(received),
        Taken::Order(_) | Taken::Application(_) | Taken::Exchanged(_) => Err(SyncError::Nonsense.into()),
    }
}

/// Points become money (F014, F015). What is set aside for payments has none of them to give, so an allowance that has
/// points is given back first; the next sync asks for another.
///
/// # Errors
/// [`AcquireError`].
pub fn exchange(home: &Home, programme: u32, points: Amount) -> Result<Exchanged, AcquireError> {
    // Without a network nothing is given back.
    let town = home.store().read(|db| Town::load(db))?;
    call(home, &town, Call::get("nonce"))?;
    if !release_points(home)? {
        return Err(AcquireError::Paying);
    }
    let wanted = Wanted {
        kind: Kind::Exchange,
        programme: Some(programme),
        class: None,
        units: points.units(),
    };
    let request = ExchangeRequest {
        key: key()?,
        programme,
        points,
    };
    match ask(home, wanted, request)? {
        Taken::Exchanged(exchanged) => Ok(exchanged),
        Taken::Order(_) | Taken::Application(_) | Taken::Received(_) => Err(SyncError::Nonsense.into()),
    }
}

fn ordered(taken: Taken) -> Result<OrderStatus, AcquireError> {
    match taken {
        Taken::Order(order) => Ok(order),
        Taken::Application(_) | Taken::Received(_) | Taken::Exchanged(_) => Err(SyncError::Nonsense.into()),
    }
}

fn key() -> Result<String, KeyError> {
    Ok(data_encoding::HEXLOWER.encode(&random::<16>().map_err(KeyError::from)?))
}

/// A request with what makes it another one than the same asked twice.
trait Asks: Field + Sized {
    /// The same with the key or nonce of another.
    fn keyed(self, other: &Self) -> Self;
}

impl Asks for ApplyRequest {
    fn keyed(mut self, other: &Self) -> Self {
        self.nonce = other.nonce;
        self
    }
}

impl Asks for OrderRequest {
    fn keyed(mut self, other: &Self) -> Self {
        self.key.clone_from(&other.key);
        self
    }
}

impl Asks for ReceiveRequest {
    fn keyed(mut self, other: &Self) -> Self {
        self.key.clone_from(&other.key);
        self
    }
}

impl Asks for ExchangeRequest {
    fn keyed(mut self, other: &Self) -> Self {
        self.key.clone_from(&other.key);
        self
    }
}

/// The request that waits for an answer and asks for the same; what has anything else in it is in the way.
fn waits<R: Asks>(db: &Connection, wanted: Wanted, request: R) -> Result<(R, Option<Acquisition>), AcquireError> {
    let asked = acquisitions::asked(db)?;
    let Some(other) = asked.into_iter().find(|other| other.wanted == wanted) else {
        return Ok((request, None));
    };
    let bytes = other.request.as_deref().ok_or(StoreError::Damaged)?;
    let theirs: R = field::from_bytes(bytes).map_err(|_| StoreError::Damaged)?;
    let request = request.keyed(&theirs);
    let same = field::to_bytes(&request) == bytes;
    same.then_some((request, Some(other))).ok_or(AcquireError::Another)
}

fn ask<R: Asks>(home: &Home, wanted: Wanted, request: R) -> Result<Taken, AcquireError> {
    let (request, same) = home.store().read(|db| waits(db, wanted, request))?;
    // What nobody has answered yet is asked again, not once more.
    if let Some(same) = same {
        return send(home, &same);
    }
    // Without a network nothing is put down.
    let town = home.store().read(|db| Town::load(db))?;
    call(home, &town, Call::get("nonce"))?;
    let now = home.now()?.time;
    let row = home.store().write(|db| {
        // Meanwhile somebody may have touched the button twice.
        let (request, same) = waits(db, wanted, request)?;
        if let Some(same) = same {
            return Ok(same);
        }
        let id = acquisitions::ask(db, wanted, &field::to_bytes(&request), now)?;
        Ok::<_, AcquireError>(acquisitions::get(db, id)?.ok_or(StoreError::Damaged)?)
    })?;
    fault::point("acquire.asked");
    send(home, &row)
}

/// Sends a request that waits, and keeps the answer.
pub(super) fn send(home: &Home, row: &Acquisition) -> Result<Taken, AcquireError> {
    let request = row.request.as_deref().ok_or(StoreError::Damaged)?;
    let route = match row.wanted.kind {
        Kind::Apply => "apply",
        Kind::Order => "order",
        Kind::Receive => "receive",
        Kind::Exchange => "exchange",
    };
    let town = home.store().read(|db| Town::load(db))?;
    let once = || call(home, &town, Call::signed(route, request.to_vec()));
    let answer = match once() {
        // Perhaps the same request twice, by whatever carries it: asked anew, 409 means the request.
        Err(SyncError::Refused { status: 409 }) => once(),
        answer => answer,
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(SyncError::Network(_) | SyncError::Busy { .. }) => return Err(AcquireError::Waiting),
        Err(error) => {
            if is_final(&error) {
                settle(home, row, State::Refused, None, (false, false))?;
            }
            return Err(error.into());
        }
    };
    fault::point("acquire.answered");
    let taken = read(row.wanted.kind, request, &answer)?;
    match taken {
        Ok(taken) => {
            let (kept, open) = match &taken {
                Taken::Application(id) => (field::to_bytes(id), false),
                Taken::Order(order) => (field::to_bytes(order), is_open(order)),
                Taken::Received(received) => (field::to_bytes(received), false),
                Taken::Exchanged(exchanged) => (field::to_bytes(exchanged), false),
            };
            settle(home, row, State::Taken, Some(&kept), (open, brings_value(&taken)))?;
            fault::point("acquire.settled");
            Ok(taken)
        }
        Err(refused) => {
            settle(
                home,
                row,
                State::Refused,
                Some(&field::to_bytes(&refused)),
                (false, false),
            )?;
            fault::point("acquire.settled");
            Err(AcquireError::Refused(refused))
        }
    }
}

type Answered = Result<Taken, kinchaku_protocol::api::acquire::AcquireRefusal>;

/// What an answer says; it must be about this very request.
fn read(kind: Kind, request: &[u8], answer: &[u8]) -> Result<Answered, SyncError> {
    let (taken, refused) = match kind {
        Kind::Apply => {
            let answer: ApplyAnswer = field::from_bytes(answer).map_err(|_| SyncError::Nonsense)?;
            if answer.id.is_some_and(|id| id != ApplyRequest::id(request)) {
                return Err(SyncError::Nonsense);
            }
            (answer.id.map(Taken::Application), answer.refused)
        }
        Kind::Order => {
            let answer: OrderAnswer = field::from_bytes(answer).map_err(|_| SyncError::Nonsense)?;
            (answer.order.map(Taken::Order), answer.refused)
        }
        Kind::Receive => {
            let answer: ReceiveAnswer = field::from_bytes(answer).map_err(|_| SyncError::Nonsense)?;
            (answer.received.map(Taken::Received), answer.refused)
        }
        Kind::Exchange => {
            let answer: ExchangeAnswer = field::from_bytes(answer).map_err(|_| SyncError::Nonsense)?;
            (answer.exchanged.map(Taken::Exchanged), answer.refused)
        }
    };
    match (taken, refused) {
        (Some(taken), None) => Ok(Ok(taken)),
        (None, Some(refused)) => Ok(Err(refused)),
        (Some(_), Some(_)) | (None, None) => Err(SyncError::Nonsense),
    }
}

fn settle(
    home: &Home,
    row: &Acquisition,
    state: State,
    answer: Option<&[u8]>,
    (open, brings): (bool, bool),
) -> Result<(), AcquireError> {
    home.store().write(|db| {
        acquisitions::settle(db, row.id, state, answer, open)?;
        if brings {
            fresh::note(db)?;
        }
        Ok(())
    })
}

fn brings_value(taken: &Taken) -> bool {
    match taken {
        Taken::Received(_) => true,
        Taken::Order(order) => order.stage == OrderStage::Paid,
        Taken::Application(_) | Taken::Exchanged(_) => false,
    }
}

/// Whether an order can still change: it waits for its money.
pub(super) const fn is_open(order: &OrderStatus) -> bool {
    matches!(order.stage, OrderStage::Awaiting)
}

/// Whether the server will never take this request.
const fn is_final(error: &SyncError) -> bool {
    matches!(
        error,
        SyncError::Refused {
            status: 400 | 403 | 404 | 409 | 413
        }
    )
}
