//! Orders: what is waited for, what came, what goes back (F064, F070, F153).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, At, Limit};
use super::caller::Caller;
use super::listed::Listed;
use super::refused::Refused;
use crate::clock;
use crate::http::App;
use crate::programme::PayIn;
use crate::sale::order::pay_in_of;
use crate::sale::rows::{OrderRow, OrderState, RefundStep};

/// An order.
#[derive(Serialize, ToSchema)]
pub(super) struct Order {
    /// Its number.
    id: u64,
    /// The sale; none for a top-up.
    programme: Option<u32>,
    /// Which value comes of it.
    class: u32,
    /// For which account.
    account: u64,
    /// Lots; 0 for a top-up.
    units: u32,
    /// Yen to be paid.
    price: u64,
    /// Value to come.
    face: u64,
    pay_in: Option<PayInWord>,
    state: StateWord,
    refund: RefundWord,
    /// What the provider calls it.
    provider_ref: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    made_at: String,
    /// Until when it waits for its payment.
    #[schema(format = DateTime)]
    until: String,
    /// When it was paid, or ended.
    #[schema(format = DateTime)]
    settled_at: Option<String>,
    /// The transaction of it.
    tran_id: Option<String>,
    /// Value that was taken back of it.
    returned: u64,
}

/// A way to pay.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum PayInWord {
    Card,
    Bank,
    Atm,
    Store,
    Counter,
}

/// Where an order is.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StateWord {
    Awaiting,
    Paid,
    Failed,
    Lapsed,
    Refunded,
    ChargedBack,
}

/// Whether the money has to go back.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum RefundWord {
    No,
    Due,
    Done,
}

/// Which orders.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// In this state alone.
    #[param(inline)]
    state: Option<StateWord>,
    /// After this order.
    after: Option<u64>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// Which order.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Which {
    /// Its number.
    pub(super) id: u64,
}

/// Orders, the first first.
#[utoipa::path(
    get, path = "/office/orders", tag = "office", params(Part),
    responses((status = 200, description = "Orders", body = Listed<Order>))
)]
pub(super) async fn orders(
    State(app): State<Arc<App>>,
    Asked(part): Asked<Part>,
) -> Result<Json<Listed<Order>>, Refused> {
    let limit = part.limit.0;
    let state = part.state.map(|state| match state {
        StateWord::Awaiting => OrderState::Awaiting,
        StateWord::Paid => OrderState::Paid,
        StateWord::Failed => OrderState::Failed,
        StateWord::Lapsed => OrderState::Lapsed,
        StateWord::Refunded => OrderState::Refunded,
        StateWord::ChargedBack => OrderState::ChargedBack,
    });
    let after = part.after.unwrap_or(0);
    let rows = app.books.reader().orders(state, after, limit.saturating_add(1)).await?;
    let rows = rows.into_iter().map(shown).collect();
    Ok(Json(Listed::part(rows, limit, |order: &Order| order.id.to_string())))
}

/// Gives back what an order cost, of which nothing was used. The money goes back by the provider.
#[utoipa::path(
    post, path = "/office/orders/{id}/refund", tag = "office", params(Which),
    responses((status = 200, description = "Given back, or about to be", body = Order))
)]
pub(super) async fn refund(
    State(app): State<Arc<App>>,
    caller: Caller,
    At(Which { id }): At<Which>,
) -> Result<Json<Order>, Refused> {
    let desk = app.clone();
    let work = async move { Ok((id.to_string(), desk.books.refund(id, clock::now()).await?)) };
    let order = app.act(&caller, "refund", work).await?;
    Ok(Json(shown(order)))
}

/// The money of an order was taken at the counter.
#[utoipa::path(
    post, path = "/office/orders/{id}/paid", tag = "office", params(Which),
    responses((status = 200, description = "Paid", body = Order))
)]
pub(super) async fn paid(
    State(app): State<Arc<App>>,
    caller: Caller,
    At(Which { id }): At<Which>,
) -> Result<Json<Order>, Refused> {
    let desk = app.clone();
    let work = async move { Ok((id.to_string(), desk.books.paid_at_counter(id, clock::now()).await?)) };
    let order = app.act(&caller, "paid", work).await?;
    Ok(Json(shown(order)))
}

pub(super) fn shown(row: OrderRow) -> Order {
    Order {
        id: row.id,
        programme: row.programme,
        class: row.class.0,
        account: row.account,
        units: row.units,
        price: row.price.units(),
        face: row.face.units(),
        pay_in: pay_in_of(row.pay_in).map(|pay_in| match pay_in {
            PayIn::Card => PayInWord::Card,
            PayIn::Bank => PayInWord::Bank,
            PayIn::Atm => PayInWord::Atm,
            PayIn::Store => PayInWord::Store,
            PayIn::Counter => PayInWord::Counter,
        }),
        state: match row.state {
            OrderState::Awaiting => StateWord::Awaiting,
            OrderState::Paid => StateWord::Paid,
            OrderState::Failed => StateWord::Failed,
            OrderState::Lapsed => StateWord::Lapsed,
            OrderState::Refunded => StateWord::Refunded,
            OrderState::ChargedBack => StateWord::ChargedBack,
        },
        refund: match row.refund {
            RefundStep::None => RefundWord::No,
            RefundStep::Due => RefundWord::Due,
            RefundStep::Done => RefundWord::Done,
        },
        provider_ref: row.provider_ref,
        made_at: row.made_at.to_string(),
        until: row.until.to_string(),
        settled_at: row.settled_at.map(|at| at.to_string()),
        tran_id: row.tran_id,
        returned: row.returned.units(),
    }
}
