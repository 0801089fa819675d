//! What a device asks with a card: a challenge, what the card's proof is worth, and a My Key ID. Each is
//! signed by the device, and rarer than codes: somebody holds a card to a phone each time.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use kinchaku_protocol::api::{CardRequest, ChallengeRequest, KeyIdRequest};
use kinchaku_protocol::doc::field::to_bytes;

use super::body::{Cbor, Peer, read};
use super::signed::Signed;
use super::{App, Problem};
use crate::clock;

/// `POST card/challenge`: something for a card to sign, once, within fifteen minutes.
pub(super) async fn challenge(State(app): State<Arc<App>>, Peer(peer): Peer, signed: Signed) -> Result<Cbor, Problem> {
    allow(&app, peer, &signed)?;
    let request: ChallengeRequest = read(&signed.body)?;
    let books = &app.books;
    let answer = books.card_challenge(&signed.device, request.purpose, clock::now());
    Ok(Cbor(to_bytes(&answer.await?)))
}

/// `POST card/proof`: what a card signed. The answer is a signed fact; the same document again gets the same
/// one. Where the status of a certificate cannot be had, nothing is decided and nothing is used up.
pub(super) async fn proof(State(app): State<Arc<App>>, Peer(peer): Peer, signed: Signed) -> Result<Cbor, Problem> {
    allow(&app, peer, &signed)?;
    let request: CardRequest = read(&signed.body)?;
    let answer = app
        .books
        .card_proof(&signed.device, signed.named, &request, clock::now());
    Ok(Cbor(to_bytes(&answer.await?)))
}

/// `POST card/key-id`: a step towards a My Key ID (F189 to F191, F211, F212).
pub(super) async fn key_id(State(app): State<Arc<App>>, Peer(peer): Peer, signed: Signed) -> Result<Cbor, Problem> {
    allow(&app, peer, &signed)?;
    let request: KeyIdRequest = read(&signed.body)?;
    let answer = app.books.key_id(&signed.device, &request, clock::now());
    Ok(Cbor(to_bytes(&answer.await?)))
}

fn allow(app: &App, peer: std::net::IpAddr, signed: &Signed) -> Result<(), Problem> {
    let now = Instant::now();
    app.codes.take(peer, 1, now)?;
    app.cards.take(signed.named, 1, now)
}
