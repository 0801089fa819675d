//! The page at which a payer confirms where the provider is the sandbox: what a card's issuer or a bank shows with a
//! real one (F064). It is there for demonstrations and tests, says so, and needs nothing but what the payer holds.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, State};
use axum::response::Html;

use super::body::Peer;
use super::{App, Problem};
use crate::clock;

/// `GET /sandbox/pay/{hand}`: pay, or turn back.
pub(super) async fn page(State(app): State<Arc<App>>, Path(hand): Path<String>) -> Result<Html<String>, Problem> {
    app.books
        .charge_provider()
        .and_then(|provider| provider.sandbox())
        .ok_or(Problem::NotFound)?;
    if !hand.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(Problem::Unknown);
    }
    Ok(Html(format!(
        "<!doctype html><html lang=\"ja\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>お支払いの確認（ためし）</title><body style=\"font:1.25rem/1.8 sans-serif;max-width:36rem;margin:2rem auto\">\
         <h1>お支払いの確認</h1><p>これはためしの画面です。お金は動きません。</p>\
         <form method=\"post\" action=\"/sandbox/pay/{hand}\"><button style=\"font:inherit;padding:1rem 2rem\">支払う</button></form>\
         <form method=\"post\" action=\"/sandbox/turn-back/{hand}\"><button style=\"font:inherit;padding:1rem 2rem\">\
         やめる</button></form></body></html>"
    )))
}

/// `POST /sandbox/pay/{hand}`.
pub(super) async fn pay(
    State(app): State<Arc<App>>,
    Peer(peer): Peer,
    Path(hand): Path<String>,
) -> Result<Html<&'static str>, Problem> {
    app.codes.take(peer, 1, Instant::now())?;
    app.books.pay_in_sandbox(&hand, clock::now()).await?;
    Ok(Html(
        "<!doctype html><html lang=\"ja\"><meta charset=\"utf-8\"><p>手続きが済みました。アプリにお戻りください。</p></html>",
    ))
}

/// `POST /sandbox/turn-back/{hand}`.
pub(super) async fn turn_back(
    State(app): State<Arc<App>>,
    Peer(peer): Peer,
    Path(hand): Path<String>,
) -> Result<Html<&'static str>, Problem> {
    app.codes.take(peer, 1, Instant::now())?;
    app.books.turn_back_in_sandbox(&hand, clock::now()).await?;
    Ok(Html(
        "<!doctype html><html lang=\"ja\"><meta charset=\"utf-8\"><p>お支払いをやめました。</p></html>",
    ))
}
