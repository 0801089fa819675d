//! Bodies: CBOR in, checked canonical before it is read, CBOR out; and who sends them.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use kinchaku_protocol::api;
use kinchaku_protocol::doc::field::{Field, from_bytes};

use super::{App, Problem};

/// A CBOR answer.
pub(super) struct Cbor(pub(super) Vec<u8>);

impl IntoResponse for Cbor {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, api::CBOR)], self.0).into_response()
    }
}

/// A CBOR body, not yet read.
pub(super) struct CborBody(pub(super) Bytes);

impl FromRequest<Arc<App>> for CborBody {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        is_cbor(request.headers())?;
        bytes(request, app).await.map(Self)
    }
}

/// Reads the whole body, within the size limit.
pub(super) async fn bytes(request: Request, app: &Arc<App>) -> Result<Bytes, Problem> {
    Bytes::from_request(request, app).await.map_err(|error| match error {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => Problem::TooLarge,
        _ => Problem::Malformed,
    })
}

pub(super) fn is_cbor(headers: &HeaderMap) -> Result<(), Problem> {
    let is = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|media| media.as_bytes() == api::CBOR.as_bytes());
    is.then_some(()).ok_or(Problem::MediaType)
}

/// Reads one canonical value.
pub(super) fn read<T: Field>(body: &[u8]) -> Result<T, Problem> {
    from_bytes(body).map_err(|_| Problem::Malformed)
}

/// The address a request comes from, for its rate limit alone; it is neither stored nor logged.
pub(super) struct Peer(pub(super) IpAddr);

impl FromRequestParts<Arc<App>> for Peer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let ConnectInfo(peer) = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .ok_or(Problem::Internal)?;
        let forwarded = app.behind_proxy.then(|| last_forwarded(&parts.headers)).flatten();
        Ok(Self(forwarded.unwrap_or(peer.ip())))
    }
}

/// Whether a request came through a proxy, so from somewhere else.
pub(super) fn was_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded")
}

/// The last address is the one our own proxy saw; those before it are claims.
fn last_forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let all = headers.get_all("x-forwarded-for").iter().next_back()?;
    all.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}
