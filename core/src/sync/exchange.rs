//! One call of the sync API: signed where the route asks who is calling, sorted by status, and nothing
//! believed yet.

use kinchaku_protocol::api::{Nonce, VERSION};
use kinchaku_protocol::doc::field;
use kinchaku_protocol::http_signature;
use kinchaku_protocol::time::Time;

use super::error::SyncError;
use crate::home::{Home, Town};
use crate::key::{KeyError, Verified};
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
        Self {
            method: Method::Get,
            route,
            body: Vec::new(),
            signed: false,
        }
    }

    /// Documents that prove themselves, whoever carries them.
    #[must_use]
    pub const fn post(route: &'a str, body: Vec<u8>) -> Self {
        Self {
            method: Method::Post,
            route,
            body,
            signed: false,
        }
    }

    /// A request for this device alone.
    #[must_use]
    pub const fn signed(route: &'a str, body: Vec<u8>) -> Self {
        Self {
            method: Method::Post,
            route,
            body,
            signed: true,
        }
    }
}

/// Makes a call; gives the body of a 200.
///
/// A device whose clock is wrong signs a time the server does not take. It then asks the server for the
/// time and signs that: the server checks its own clock, so nothing is believed by it, and no clock can
/// lock a wallet out of the sync that would repair it (T11).
///
/// # Errors
/// [`SyncError`].
pub fn call(home: &Home, town: &Town, call: Call<'_>) -> Result<Vec<u8>, SyncError> {
    if !call.signed {
        return send(home, town, &call, Vec::new());
    }
    let headers = sign(home, town, &call, home.now()?.time)?;
    match send(home, town, &call, headers) {
        Err(SyncError::Refused { status: 401 }) => {
            let headers = sign(home, town, &call, server_time(home, town)?)?;
            send(home, town, &call, headers)
        }
        answer => answer,
    }
}

/// What time the server says it is.
pub(crate) fn server_time(home: &Home, town: &Town) -> Result<Time, SyncError> {
    let nonce = send(home, town, &Call::get("nonce"), Vec::new())?;
    let nonce: Nonce = field::from_bytes(&nonce).map_err(|_| SyncError::Nonsense)?;
    Ok(nonce.at)
}

/// Names and values.
pub(crate) type Headers = Vec<(&'static str, String)>;

fn sign(home: &Home, town: &Town, call: &Call<'_>, created: Time) -> Result<Headers, SyncError> {
    sign_path(home, call.method, &town.path(call.route), &call.body, created)
}

/// The headers by which this device signs a request for `path`.
pub(crate) fn sign_path(
    home: &Home,
    method: Method,
    path: &str,
    body: &[u8],
    created: Time,
) -> Result<Headers, SyncError> {
    let device = home.device()?.ok_or(SyncError::NotEnrolled)?;
    let key = home.sync_key()?;
    let signer = Verified::new(&key);
    let nonce = random().map_err(KeyError::from)?;
    let signed = http_signature::sign(method.name(), path, body, device.to_ref(), nonce, created, &signer)
        .map_err(|_| signer.failure().unwrap_or(KeyError::BadSignature))?;
    Ok(vec![
        ("content-digest", signed.content_digest),
        ("signature-input", signed.signature_input),
        ("signature", signed.signature),
    ])
}

fn send(home: &Home, town: &Town, call: &Call<'_>, headers: Headers) -> Result<Vec<u8>, SyncError> {
    let request = Request {
        method: call.method,
        path: town.path(call.route),
        body: call.body.clone(),
        headers,
    };
    sorted(home.host().network.exchange(&request)?)
}

fn sorted(response: Response) -> Result<Vec<u8>, SyncError> {
    match response.status {
        408 | 425 | 429 | 500..=599 => Err(SyncError::Busy {
            seconds: response.retry_after.unwrap_or(0),
        }),
        // A server of another version says so by a status and this header; whoever sends no header at
        // all is not a server of ours.
        _ if response.version != Some(VERSION) => Err(SyncError::Version {
            server: response.version,
        }),
        200 => Ok(response.body),
        status => Err(SyncError::Refused { status }),
    }
}
