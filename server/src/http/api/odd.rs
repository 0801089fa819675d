//! What somebody has to look at: money that no provider returns (F064), and what no settlement may ever pay (F093).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kinchaku_protocol::ids::DocId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::At;
use super::caller::Caller;
use super::listed::Listed;
use super::named::{Names, Service, Shop};
use super::orders::{Order, Which, shown};
use super::refused::Refused;
use crate::clock;
use crate::http::{App, Problem};
use crate::sale::action::ByHand;
use crate::sale::rows::{EventKind, EventVerdict, ProviderEventRow};

/// What a provider told, and the books made nothing of.
#[derive(Serialize, ToSchema)]
pub(super) struct OddEvent {
    /// Its number.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    event: String,
    /// About which order.
    order: u64,
    /// `paid`, `declined`, `refunded`, `charged_back`.
    kind: &'static str,
    /// `other_amount`: not the price; `out_of_turn`: the order was past it, such as paid twice.
    verdict: &'static str,
    /// Yen.
    amount: u64,
    /// When it was taken in.
    #[schema(format = DateTime)]
    at: String,
}

/// What a shop is owed or owes.
#[derive(Serialize, ToSchema)]
pub(super) struct Unsettled {
    service: Service,
    shop: Shop,
    /// Posted before the first period.
    posted: i64,
    /// Owed by the shop after the end of a season: below zero.
    carried: i64,
}

/// Which event.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Event {
    /// Its number.
    #[param(pattern = "^[0-9a-f]{64}$")]
    event: String,
}

/// What providers told that somebody has to look at, the oldest first. Money that has to go back stands among orders.
#[utoipa::path(
    get, path = "/office/odd-events", tag = "office",
    responses((status = 200, description = "Events nobody has dealt with", body = Listed<OddEvent>))
)]
pub(super) async fn events(State(app): State<Arc<App>>) -> Result<Json<Listed<OddEvent>>, Refused> {
    let rows = app.books.reader().open_oddities().await?;
    Ok(Json(Listed::whole(rows.into_iter().map(odd).collect())))
}

/// Somebody has dealt with what a provider told: returned the money another way, or found that there is none.
#[utoipa::path(
    post, path = "/office/odd-events/{event}/done", tag = "office", params(Event),
    responses((status = 200, description = "Its order, as it was", body = Order))
)]
pub(super) async fn done(
    State(app): State<Arc<App>>,
    caller: Caller,
    At(Event { event }): At<Event>,
) -> Result<Json<Order>, Refused> {
    let id = DocId::from_hex(&event).ok_or(Problem::Unknown)?;
    by_hand(app, &caller, event, ByHand::Event(id)).await
}

/// The money of an order went back another way than by its provider.
#[utoipa::path(
    post, path = "/office/orders/{id}/returned", tag = "office", params(Which),
    responses((status = 200, description = "Returned", body = Order))
)]
pub(super) async fn returned(
    State(app): State<Arc<App>>,
    caller: Caller,
    At(Which { id }): At<Which>,
) -> Result<Json<Order>, Refused> {
    by_hand(app, &caller, id.to_string(), ByHand::Order(id)).await
}

async fn by_hand(app: Arc<App>, caller: &Caller, target: String, what: ByHand) -> Result<Json<Order>, Refused> {
    let desk = app.clone();
    let work = async move { Ok((target, desk.books.dealt_with_by_hand(what, clock::now()).await?)) };
    let order = app.act(caller, "returned", work).await?;
    Ok(Json(shown(order)))
}

/// What no settlement may ever pay, by class and shop.
#[utoipa::path(
    get, path = "/office/unsettled", tag = "office",
    responses((status = 200, description = "What shops are owed or owe", body = Listed<Unsettled>))
)]
pub(super) async fn unsettled(State(app): State<Arc<App>>) -> Result<Json<Listed<Unsettled>>, Refused> {
    let reader = app.books.reader();
    let rows = reader.unsettled().await?;
    let names = Names::of(reader, rows.iter().map(|row| row.shop)).await?;
    let lines = rows.iter().map(|row| Unsettled {
        service: names.service(row.class),
        shop: names.shop(row.shop),
        posted: row.posted.units(),
        carried: row.carried.units(),
    });
    Ok(Json(Listed::whole(lines.collect())))
}

fn odd(row: ProviderEventRow) -> OddEvent {
    OddEvent {
        event: row.id.to_string(),
        order: row.order_id,
        kind: match row.kind {
            EventKind::Paid => "paid",
            EventKind::Declined => "declined",
            EventKind::Refunded => "refunded",
            EventKind::ChargedBack => "charged_back",
        },
        verdict: match row.verdict {
            EventVerdict::Taken => "taken",
            EventVerdict::TooLate => "too_late",
            EventVerdict::OtherAmount => "other_amount",
            EventVerdict::OutOfTurn => "out_of_turn",
        },
        amount: row.amount.units(),
        at: row.at.to_string(),
    }
}
