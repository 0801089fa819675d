//! What those who run the server look at: whether it lives, whether it can work, its counters, and a log
//! line for each request.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kinchaku_protocol::api;
use kinchaku_protocol::doc::KeyUse;

use super::body::was_forwarded;
use super::{App, Problem};
use crate::clock;

/// `GET /healthz`: the process answers.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the books answer, the lane is ours, and a key of each use is in force.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    let now = clock::now();
    let keys = [KeyUse::ISSUER, KeyUse::FACT, KeyUse::BULLETIN, KeyUse::DEVICE_CA];
    if keys.iter().any(|usage| app.keys.signer(*usage, now).is_err()) {
        return (StatusCode::SERVICE_UNAVAILABLE, "keys\n").into_response();
    }
    if app.books.ready().await {
        "ready\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "books\n").into_response()
    }
}

/// `GET /metrics`: for Prometheus, on the inner side of the proxy.
pub(super) async fn metrics(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
    if was_forwarded(&headers) {
        return Problem::NotFound.into_response();
    }
    ([(header::CONTENT_TYPE, TEXT)], app.metrics.render()).into_response()
}

/// Counts and logs a request by its route's pattern, and names our version in every answer.
pub(super) async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    // Not the path: it could hold anything.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = if request.method() == axum::http::Method::POST {
        "POST"
    } else {
        "GET"
    };
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert(api::VERSION_HEADER, u16::from(api::VERSION).into());
    let status = response.status().as_u16();
    let took = begun.elapsed();
    let labels = [("route", route.clone()), ("status", status.to_string())];
    metrics::counter!("kinchaku_requests_total", &labels).increment(1);
    metrics::histogram!("kinchaku_request_seconds", "route" => route.clone()).record(took);
    let code = response
        .extensions()
        .get::<Problem>()
        .map_or("", |problem| problem.code());
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let muni = app.books.town().muni;
    tracing::info!(method, route, status, code, ms, muni, "request");
    response
}
