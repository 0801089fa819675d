//! What anybody may read: key set, bulletin and directory, each signed by the town; and a fresh nonce.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{RawQuery, State};
use data_encoding::HEXLOWER;
use kinchaku_protocol::api;
use kinchaku_protocol::doc::field::{Bytes, to_bytes};

use super::body::{Cbor, Peer};
use super::{App, Problem};
use crate::clock;

/// `GET keyset`: the key set as its root signed it.
pub(super) async fn keyset(State(app): State<Arc<App>>) -> Cbor {
    Cbor(app.keys.keyset().bytes().to_vec())
}

/// `GET bulletin`: the bulletin in force.
pub(super) async fn bulletin(State(app): State<Arc<App>>, Peer(peer): Peer) -> Result<Cbor, Problem> {
    app.addresses.take(peer, 1, Instant::now())?;
    Ok(Cbor(app.books.bulletin().await?))
}

/// `GET directory`: every shop, as rows of a page signed by the fact key. Where `more` is set, the next page
/// is at `?after=` and the cursor in hexadecimal.
pub(super) async fn directory(
    State(app): State<Arc<App>>,
    Peer(peer): Peer,
    RawQuery(query): RawQuery,
) -> Result<Cbor, Problem> {
    app.addresses.take(peer, 1, Instant::now())?;
    let after = match query.as_deref() {
        None => Vec::new(),
        Some(query) => {
            let after = query.strip_prefix("after=").ok_or(Problem::Malformed)?;
            HEXLOWER.decode(after.as_bytes()).map_err(|_| Problem::Malformed)?
        }
    };
    Ok(Cbor(app.books.directory(&after, clock::now()).await?))
}

/// `GET nonce`: to be signed by the keys of a device that wants to be enrolled.
pub(super) async fn nonce(State(app): State<Arc<App>>, Peer(peer): Peer) -> Result<Cbor, Problem> {
    app.addresses.take(peer, 1, Instant::now())?;
    let at = clock::now();
    let nonce = Bytes(app.nonces.make(at)?);
    Ok(Cbor(to_bytes(&api::Nonce { nonce, at })))
}
