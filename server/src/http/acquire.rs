//! What a wallet asks to acquire value: offers, applications, orders and what is handed out. Each is signed by the
//! device. A rule's no is an answer; a wallet sends the same body until it has one.

use std::sync::Arc;

use axum::extract::State;
use kinchaku_protocol::api::acquire::{
    ApplyAnswer, ApplyRequest, ExchangeAnswer, ExchangeRequest, MAX_KEY, OrderAnswer, OrderQuery, OrderRequest,
    ReceiveAnswer, ReceiveRequest,
};
use kinchaku_protocol::doc::Role;
use kinchaku_protocol::doc::field::to_bytes;

use super::body::{Cbor, read};
use super::signed::Signed;
use super::{App, Problem};
use crate::clock;
use crate::command::CommandError;
use crate::sale::answer::{exchanged, pay_in, placed, refused, status};
use crate::sale::desk::{SaleError, Shows, Wish};

/// The most characters of a telephone number.
const MAX_PHONE: usize = 32;

/// `POST offers`: what is on offer to the person of the wallet. The body is empty CBOR (`null`).
pub(super) async fn offers(State(app): State<Arc<App>>, signed: Signed) -> Result<Cbor, Problem> {
    read::<Option<u8>>(&signed.body)?;
    let account = account(&signed)?;
    Ok(Cbor(to_bytes(&app.books.offers(account, clock::now()).await?)))
}

/// `POST apply`: an application, named by these very bytes (F149, F150).
pub(super) async fn apply(State(app): State<Arc<App>>, signed: Signed) -> Result<Cbor, Problem> {
    let request: ApplyRequest = read(&signed.body)?;
    let account = account(&signed)?;
    let phone = short(request.phone.as_deref(), MAX_PHONE)?;
    let applied = app.books.apply(
        request.programme,
        account,
        request.units,
        phone,
        &signed.body,
        clock::now(),
    );
    let (id, refused) = answered(applied.await)?;
    Ok(Cbor(to_bytes(&ApplyAnswer { id, refused })))
}

/// `POST order`: lots of a sale, or money (F064, F070, F151 to F153).
pub(super) async fn order(State(app): State<Arc<App>>, signed: Signed) -> Result<Cbor, Problem> {
    let request: OrderRequest = read(&signed.body)?;
    let account = account(&signed)?;
    let key = short(Some(&request.key), MAX_KEY)?.ok_or(Problem::Malformed)?;
    let wish = match (&request.lots, &request.money) {
        (Some(lots), None) => Wish::Lots {
            programme: lots.programme,
            units: lots.units,
            shows: match (lots.buyer, short(lots.phone.as_deref(), MAX_PHONE)?) {
                (Some(number), Some(phone)) => Shows::Number {
                    number,
                    phone: phone.to_owned(),
                },
                (None, _) => Shows::Account,
                (Some(_), None) => return Err(Problem::Malformed),
            },
        },
        (None, Some(money)) => Wish::TopUp {
            class: money.class,
            amount: money.amount,
        },
        (Some(_), Some(_)) | (None, None) => return Err(Problem::Malformed),
    };
    let ordered = app
        .books
        .order(key, account, &wish, pay_in(request.pay_in), clock::now());
    let (order, refused) = answered(ordered.await)?;
    Ok(Cbor(to_bytes(&OrderAnswer {
        order: order.as_ref().map(placed),
        refused,
    })))
}

/// `POST order-status`: how an order of this account stands.
pub(super) async fn order_status(State(app): State<Arc<App>>, signed: Signed) -> Result<Cbor, Problem> {
    let request: OrderQuery = read(&signed.body)?;
    let account = account(&signed)?;
    let order = app.books.reader().order(request.order).await;
    let order = order.map_err(SaleError::from)?;
    let order = order.filter(|order| order.account == account);
    let order = order.ok_or(SaleError::from(CommandError::NoOrder))?;
    Ok(Cbor(to_bytes(&OrderAnswer {
        order: Some(status(&order)),
        refused: None,
    })))
}

/// `POST receive`: what is handed out, by its code or from the list (F068, F069).
pub(super) async fn receive(State(app): State<Arc<App>>, signed: Signed) -> Result<Cbor, Problem> {
    let request: ReceiveRequest = read(&signed.body)?;
    let account = account(&signed)?;
    let key = short(Some(&request.key), MAX_KEY)?.ok_or(Problem::Malformed)?;
    let received = app
        .books
        .hand_out(request.programme, account, key, request.by_code, clock::now());
    let (received, refused) = answered(received.await)?;
    Ok(Cbor(to_bytes(&ReceiveAnswer { received, refused })))
}

/// `POST exchange`: points become money (F014, F015).
pub(super) async fn exchange(State(app): State<Arc<App>>, signed: Signed) -> Result<Cbor, Problem> {
    let request: ExchangeRequest = read(&signed.body)?;
    let account = account(&signed)?;
    let key = short(Some(&request.key), MAX_KEY)?.ok_or(Problem::Malformed)?;
    let row = app
        .books
        .exchange(request.programme, account, request.points, key, clock::now());
    let (row, refused) = answered(row.await)?;
    Ok(Cbor(to_bytes(&ExchangeAnswer {
        exchanged: row.as_ref().map(exchanged),
        refused,
    })))
}

/// Wallets alone acquire.
fn account(signed: &Signed) -> Result<u64, Problem> {
    let wallet = signed.device.role == Role::Wallet;
    signed.device.account.filter(|_| wallet).ok_or(Problem::Device)
}

fn short(text: Option<&str>, most: usize) -> Result<Option<&str>, Problem> {
    let fits = text.is_none_or(|text| !text.is_empty() && text.chars().count() <= most);
    fits.then_some(text).ok_or(Problem::Malformed)
}

/// Done, or a rule's no; everything else is a problem.
fn answered<T>(
    done: Result<T, SaleError>,
) -> Result<(Option<T>, Option<kinchaku_protocol::api::acquire::AcquireRefusal>), Problem> {
    match done {
        Ok(done) => Ok((Some(done), None)),
        Err(error) => match refused(&error) {
            Some(no) => Ok((None, Some(no))),
            None => Err(error.into()),
        },
    }
}
