//! Requests a device signs with K_sync (RFC 9421, `kinchaku_protocol::http_signature`): taken apart,
//! counted against the rate of the address, checked against the enrolled key, counted against the device's
//! rate, refused the second time.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts as _, OriginalUri, Request};
use axum::http::HeaderMap;
use kinchaku_protocol::http_signature::{Claim, RequestError, SignedHeaders};
use kinchaku_protocol::ids::Ref;

use super::body::{Peer, bytes, is_cbor};
use super::{App, Problem};
use crate::clock;
use crate::query::Enrolled;

/// A request that an enrolled device signed.
pub(super) struct Signed {
    /// The device.
    pub(super) device: Enrolled,
    /// The document it named itself by; a newer one may have been made.
    pub(super) named: Ref,
    /// The body as signed.
    pub(super) body: Bytes,
}

impl FromRequest<Arc<App>> for Signed {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        is_cbor(request.headers())?;
        let (mut parts, body) = request.into_parts();
        let Peer(peer) = Peer::from_request_parts(&mut parts, app).await?;
        app.signed.take(peer, 1, Instant::now())?;
        Self::read(Request::from_parts(parts, body), app).await
    }
}

impl Signed {
    /// Checks a request with any body. The caller has counted it against the rate of its address.
    pub(super) async fn read(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let headers = signed_headers(request.headers()).ok_or(Problem::Signature)?;
        let method = request.method().as_str().to_owned();
        // Nested routers see a shortened path; the device signed the whole one.
        let path = request
            .extensions()
            .get::<OriginalUri>()
            .map_or(request.uri(), |original| &original.0)
            .path()
            .to_owned();
        let body = bytes(request, app).await?;
        let claim = Claim::read(&method, &path, &body, &headers)?;
        let device = app.books.device(claim.device).await?.ok_or(Problem::Device)?;
        let now = clock::now();
        claim.verify(&device.sync_key, now)?;
        // Only now: whoever knows a device's name must not use up what it may ask for.
        app.devices.take(claim.device, 1, Instant::now())?;
        app.replays.first_time(&claim, now)?;
        Ok(Self {
            device,
            named: claim.device,
            body,
        })
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Stale => Self::Clock,
            RequestError::Malformed | RequestError::Digest | RequestError::Mismatch => Self::Signature,
        }
    }
}

fn signed_headers(headers: &HeaderMap) -> Option<SignedHeaders> {
    let text = |name| {
        let mut values = headers.get_all(name).iter();
        let only = values.next()?.to_str().ok()?.to_owned();
        values.next().is_none().then_some(only)
    };
    Some(SignedHeaders {
        content_digest: text("content-digest")?,
        signature_input: text("signature-input")?,
        signature: text("signature")?,
    })
}
