//! Taking a payment back, and writing down that cash was given back (F096, F097, F124 to F128). Whoever asks says
//! the amount they see, so that the wrong row is not taken for the right one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kinchaku_protocol::ids::DocId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::{At, Sent, Text, Written};
use super::caller::Caller;
use super::guard::{InShop, ShopPath};
use super::refused::Refused;
use super::transactions::{Which, find};
use crate::clock;
use crate::http::{App, Problem};
use crate::ledger::rows::OperationId;
use crate::query::transactions::Detail;
use crate::settlement::action::{CancelRefusal, Canceller};

/// Letters of a note.
const NOTE: usize = 200;

/// What somebody writes about it.
pub(super) struct Note(String);

impl Written for Note {
    const FORM: &'static str = "1 to 200 letters";

    fn read(text: &str) -> Option<Self> {
        let length = text.chars().count();
        let plain = !text.chars().any(char::is_control);
        (plain && (1..=NOTE).contains(&length)).then(|| Self(text.to_owned()))
    }
}

/// What is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Cancel {
    /// The whole payment, as it was seen.
    amount: u64,
    /// Why.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    note: Option<Text<Note>>,
}

/// What was given back in cash.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CashRefund {
    /// Why.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    note: Text<Note>,
}

/// A payment that was taken back.
#[derive(Serialize, ToSchema)]
pub(super) struct Cancelled {
    /// Which.
    intent: String,
    /// All of it.
    total: u64,
    /// The slips.
    rows: Vec<Slip>,
}

/// A slip.
#[derive(Serialize, ToSchema)]
pub(super) struct Slip {
    /// Its number.
    tran_id: String,
    /// Which value.
    class: u32,
    /// How much.
    amount: u64,
}

/// A payment whose cash was given back.
#[derive(Serialize, ToSchema)]
pub(super) struct Refunded {
    /// Which.
    intent: String,
    /// All of it.
    total: u64,
}

/// The shop takes a payment back, all of it, while every part of it is open.
#[utoipa::path(
    post, path = "/shops/{shop}/transactions/{tran_id}/cancel", tag = "shop", params(ShopPath, Which),
    request_body = Cancel, responses((status = 200, description = "Taken back", body = Cancelled))
)]
pub(super) async fn by_shop(
    State(app): State<Arc<App>>,
    caller: Caller,
    InShop(shop): InShop,
    At(Which { tran_id }): At<Which>,
    Sent(asked): Sent<Cancel>,
) -> Result<Json<Cancelled>, Refused> {
    cancel(&app, &caller, tran_id, Canceller::Shop(shop), asked).await
}

/// The office takes a payment back, all of it, also after the close.
#[utoipa::path(
    post, path = "/office/transactions/{tran_id}/cancel", tag = "office", params(Which),
    request_body = Cancel, responses((status = 200, description = "Taken back", body = Cancelled))
)]
pub(super) async fn by_office(
    State(app): State<Arc<App>>,
    caller: Caller,
    At(Which { tran_id }): At<Which>,
    Sent(asked): Sent<Cancel>,
) -> Result<Json<Cancelled>, Refused> {
    cancel(&app, &caller, tran_id, Canceller::Office, asked).await
}

async fn cancel(
    app: &Arc<App>,
    caller: &Caller,
    tran_id: String,
    by: Canceller,
    asked: Cancel,
) -> Result<Json<Cancelled>, Refused> {
    let found = find(app, &tran_id, by).await?;
    let intent = payment(&found)?;
    if found.total.units() != asked.amount {
        return Err(Problem::AmountDiffers.into());
    }
    let note = asked.note.map_or_else(String::new, |note| note.0.0);
    let by = (by, caller.token);
    let desk = app.clone();
    let work = async move {
        let taken = desk.books.cancel_payment(&desk.keys, intent, by, note, clock::now());
        Ok((tran_id, taken.await?))
    };
    let taken = app.act(caller, "cancel", work).await?;
    let rows = taken.rows.into_iter().map(|(tran_id, class, amount)| Slip {
        tran_id,
        class: class.0,
        amount: amount.units(),
    });
    Ok(Json(Cancelled {
        intent: taken.intent.to_string(),
        total: taken.total.units(),
        rows: rows.collect(),
    }))
}

/// The shop gave cash back after the close: written down, and the payment stays as it is.
#[utoipa::path(
    post, path = "/shops/{shop}/transactions/{tran_id}/cash-refund", tag = "shop", params(ShopPath, Which),
    request_body = CashRefund, responses((status = 200, description = "Written down", body = Refunded))
)]
pub(super) async fn cash(
    State(app): State<Arc<App>>,
    caller: Caller,
    InShop(shop): InShop,
    At(Which { tran_id }): At<Which>,
    Sent(asked): Sent<CashRefund>,
) -> Result<Json<Refunded>, Refused> {
    let by = Canceller::Shop(shop);
    let found = find(&app, &tran_id, by).await?;
    let intent = payment(&found)?;
    let by = (by, caller.token);
    let desk = app.clone();
    let work = async move {
        let written = desk.books.cash_refund(intent, by, asked.note.0.0, clock::now());
        written.await?;
        Ok((tran_id, ()))
    };
    app.act(&caller, "cash_refund", work).await?;
    Ok(Json(Refunded {
        intent: intent.to_string(),
        total: found.total.units(),
    }))
}

/// The payment of a row that is one.
fn payment(found: &Detail) -> Result<DocId, Problem> {
    let row = &found.transaction.line.row;
    let uses = row.operation_id == OperationId::Use;
    let intent = row.intent.filter(|_| uses);
    intent.ok_or(Problem::NotCancelled(CancelRefusal::NotPaid))
}
