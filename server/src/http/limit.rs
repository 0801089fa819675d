//! How long a request may take. Most are cut after some seconds; what is known to take longer (a close, a job, the
//! audit) says so once it is known who asks, so that nobody else holds a connection that long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::Problem;

/// How long one request may take.
const USUAL: Duration = Duration::from_secs(20);

/// How long whoever asked for long work is kept waiting: a close of a town of a hundred thousand people is minutes.
const LONG: Duration = Duration::from_secs(30 * 60);

/// Whether this request is known to take long. Taking it as an argument says so.
#[derive(Clone, Default)]
pub(super) struct Patience(Arc<AtomicBool>);

impl Patience {
    /// From now on this request may take long.
    pub(super) fn asked(&self) {
        self.0.store(true, Ordering::Release);
    }
}

impl<S: Sync> FromRequestParts<S> for Patience {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let patience = parts.extensions.get::<Self>().cloned().ok_or(Problem::Internal)?;
        patience.asked();
        Ok(patience)
    }
}

/// Ends a request that takes too long. What it began is finished or not; devices ask again.
pub(super) async fn in_time(mut request: Request, next: Next) -> Response {
    let patience = Patience::default();
    request.extensions_mut().insert(patience.clone());
    let mut response = std::pin::pin!(next.run(request));
    if let Ok(response) = tokio::time::timeout(USUAL, &mut response).await {
        return response;
    }
    if patience.0.load(Ordering::Acquire)
        && let Ok(response) = tokio::time::timeout(LONG.saturating_sub(USUAL), &mut response).await
    {
        return response;
    }
    Problem::Timeout.into_response()
}
