//! Who asks: a person with a token, or a shop's device that signed the request.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use kinchaku_protocol::doc::Role;
use kinchaku_protocol::ids::Pid;
use kinchaku_protocol::time::Time;

use crate::access::rows::AccessRole;
use crate::access::token;
use crate::books::BooksError;
use crate::clock;
use crate::http::body::Peer;
use crate::http::signed::Signed;
use crate::http::{App, Problem};

/// Who asks, once it is known.
#[derive(Clone)]
pub(super) struct Caller {
    /// The number of the token; 0 for a device.
    pub(super) token: u64,
    /// Which device, where it is one.
    pub(super) device: Option<u64>,
    /// As the operator calls them; a device has no name.
    pub(super) name: String,
    pub(super) role: AccessRole,
    /// All shops of this merchant.
    pub(super) merchant: Option<String>,
    /// This shop alone.
    pub(super) shop: Option<Pid>,
    /// Until when the token, or the device's document, is good.
    pub(super) expires: Time,
}

/// Finds out who asks, and gives the request back whole.
///
/// # Errors
/// [`Problem::Token`], [`Problem::Device`] and what a signature can lack.
pub(super) async fn identify(app: &Arc<App>, request: Request) -> Result<(Caller, Request), Problem> {
    let (mut parts, body) = request.into_parts();
    let Peer(peer) = Peer::from_request_parts(&mut parts, app).await?;
    app.signed.take(peer, 1, Instant::now())?;
    if parts.headers.contains_key("signature-input") && !parts.headers.contains_key(header::AUTHORIZATION) {
        let signed = Signed::read(Request::from_parts(parts.clone(), body), app).await?;
        let device = signed.device;
        // A document that is over is good for renewing it, and for nothing else.
        if device.role != Role::Shop || device.expires <= clock::now() {
            return Err(Problem::Device);
        }
        let caller = Caller {
            token: 0,
            device: Some(device.id),
            name: String::new(),
            role: AccessRole::Shop,
            merchant: None,
            shop: Some(device.owner),
            expires: device.expires,
        };
        return Ok((caller, Request::from_parts(parts, Body::from(signed.body))));
    }
    let hash = bearer(&parts.headers).and_then(token::hash).ok_or(Problem::Token)?;
    let row = app.books.reader().token(hash).await.map_err(BooksError::from)?;
    let good = row.filter(|row| row.revoked_at.is_none() && clock::now() < row.expires);
    let row = good.ok_or(Problem::Token)?;
    app.tokens.take(row.id, 1, Instant::now())?;
    let caller = Caller {
        token: row.id,
        device: None,
        name: row.name,
        role: row.role,
        merchant: row.merchant,
        shop: row.shop,
        expires: row.expires,
    };
    Ok((caller, Request::from_parts(parts, body)))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let only = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(only)?.strip_prefix("Bearer ")
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or(Problem::Internal)
    }
}
