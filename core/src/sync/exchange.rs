//! One call of the sync API: signed where the route asks who is calling, sorted by status, and nothing
//! believed yet.

use kinchaku_protocol::api::VERSION;
use kinchaku_protocol::http_signature;

use super::error::SyncError;
use crate::home::{Home, Town};
use crate::key::Verified;
use crate::network::{Method, Request, Response};
use crate::secret::random;

/// A call to be made.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// GET or POST.
    pub method: Method,
    /// The route under `/v1/{muni}/`.
    pub route: &'a str,
    /// The body.
    pub body: Vec<u8>,
    /// Whether K_sync signs it.
    pub signed: bool,
}

impl<'a> Call<'a> {
    /// A public document.
    #[must_use]
    pub const fn get(route: &'a str) -> Self {
        Self { method: Method::Get, route, body: Vec::new(), signed: false }
    }

    /// Documents that prove themselves, whoever carries them.
    #[must_use]
    pub const fn post(route: &'a str, body: Vec<u8>) -> Self {
        Self { method: Method::Post, route, body, signed: false }
    }

    /// A request for this device alone.
    #[must_use]
    pub const fn signed(route: &'a str, body: Vec<u8>) -> Self {
        Self { method: Method::Post, route, body, signed: true }
    }
}

/// Makes a call; gives the body of a 200.
///
/// # Errors
/// [`SyncError`].
pub fn call(home: &Home, town: &Town, call: Call<'_>) -> Result<Vec<u8>, SyncError> {
    let path = town.path(call.route);
    let mut headers = Vec::new();
    if call.signed {
        let device = home.device()?.ok_or(SyncError::NotEnrolled)?;
        let key = home.sync_key()?;
        let signer = Verified::new(&key);
        let nonce = random().map_err(crate::key::KeyError::from)?;
        let created = home.now()?.time;
        let signed = http_signature::sign(
            call.method.name(),
            &path,
            &call.body,
            device.to_ref(),
            nonce,
            created,
            &signer,
        )
        .map_err(|_| signer.failure().unwrap_or(crate::key::KeyError::BadSignature))?;
        headers.push(("content-digest", signed.content_digest));
        headers.push(("signature-input", signed.signature_input));
        headers.push(("signature", signed.signature));
    }
    let request = Request { method: call.method, path, body: call.body, headers };
    sorted(home.host().network.exchange(&request)?)
}

fn sorted(response: Response) -> Result<Vec<u8>, SyncError> {
    match response.status {
        408 | 425 | 429 | 500..=599 => Err(SyncError::Busy { seconds: response.retry_after.unwrap_or(0) }),
        // A server of another version says so by a status and this header; whoever sends no header at
        // all is not a server of ours.
        _ if response.version != Some(VERSION) => Err(SyncError::Version { server: response.version }),
        200 => Ok(response.body),
        status => Err(SyncError::Refused { status }),
    }
}
