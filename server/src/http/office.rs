//! `POST office`: an operator's request from a command on this machine, in JSON, with the token that lies
//! beside the keys. It is taken from loopback alone, and not through a proxy; per-person tokens with
//! roles come with the console.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, header};
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use super::body::{bytes, was_forwarded};
use super::limit::Patience;
use super::work::to_its_end;
use super::{App, Problem};
use crate::operator::{Request as Asked, carry_out, jobs};

/// Carries an operator's request out.
pub(super) async fn office(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let headers = request.headers();
    if !peer.ip().is_loopback() || was_forwarded(headers) {
        return Err(Problem::NotFound);
    }
    if !has_token(headers, &app.office_token) {
        return Err(Problem::Token);
    }
    if let Some(patience) = request.extensions().get::<Patience>() {
        patience.asked();
    }
    let body = bytes(request, &app).await?;
    let request: Asked = serde_json::from_slice(&body).map_err(|_| Problem::Malformed)?;
    let turn = match &request {
        Asked::Job { job, .. } => Some(app.running.begin(jobs::name(*job))?),
        _ => None,
    };
    to_its_end(async move {
        let answer = carry_out(&app.books, &app.keys, request).await;
        drop(turn);
        answer
    })
    .await
    .map(Json)
}

fn has_token(headers: &HeaderMap, token: &str) -> bool {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "))
        .is_some_and(|given| bool::from(given.ct_eq(token.as_bytes())))
}
