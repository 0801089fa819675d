//! What devices ask: to be enrolled, renewed, given an allowance, told what changed, unlocked; and to
//! deliver documents.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use kinchaku_protocol::api::{AllowanceRequest, EnrolAnswer, EnrolRequest, PullRequest, UnlockRequest};
use kinchaku_protocol::doc::field::{Bytes, to_bytes};
use kinchaku_protocol::doc::{Answer, AnswerItem, Fact, FactKind, Received, Role, Upload};

use super::body::{Cbor, CborBody, Peer, read};
use super::signed::Signed;
use super::{App, Problem};
use crate::clock;
use crate::code;
use crate::command::{Action, NewDevice, Outcome};

/// How the keys of a device are said to be kept until attestation is checked: in software.
const SOFTWARE: u8 = 1;

/// `POST enrol`: a device with an invitation code and proofs of possession of its keys.
pub(super) async fn enrol(
    State(app): State<Arc<App>>,
    Peer(peer): Peer,
    CborBody(body): CborBody,
) -> Result<Cbor, Problem> {
    app.codes.take(peer, 1, Instant::now())?;
    let request: EnrolRequest = read(&body)?;
    let now = clock::now();
    app.nonces.check(&request.nonce.0, now)?;
    proven(&request)?;
    let device = NewDevice {
        code_hash: code::hash(&request.code),
        role: request.role,
        sync_key: request.sync_key,
        pay_key: request.pay.map(|pay| pay.key),
        level: SOFTWARE,
    };
    let device = match app.books.execute(Action::Enrol(device), now).await? {
        Outcome::Device(device) => device,
        _ => return Err(Problem::Internal),
    };
    Ok(Cbor(to_bytes(&EnrolAnswer {
        device: Bytes(device),
        keyset: Bytes(app.keys.keyset().bytes().to_vec()),
        bulletin: Bytes(app.books.bulletin().await?),
    })))
}

/// Whoever asks holds both private keys.
fn proven(request: &EnrolRequest) -> Result<(), Problem> {
    let pay = request.pay.as_ref();
    if (request.role == Role::Wallet) != pay.is_some() {
        return Err(Problem::Key);
    }
    let challenge = EnrolRequest::challenge(
        request.role,
        &request.nonce.0,
        &request.sync_key,
        pay.map(|pay| &pay.key),
    );
    request
        .sync_key
        .verify(&challenge, &request.sync_proof)
        .map_err(|_| Problem::Key)?;
    match pay {
        Some(pay) => pay.key.verify(&challenge, &pay.proof).map_err(|_| Problem::Key),
        None => Ok(()),
    }
}

/// `POST device`: the device document renewed. The body is empty CBOR (`null`).
pub(super) async fn device(State(app): State<Arc<App>>, signed: Signed) -> Result<Cbor, Problem> {
    read::<Option<u8>>(&signed.body)?;
    let device = signed.device.reference;
    match app.books.execute(Action::RenewDevice { device }, clock::now()).await? {
        Outcome::Device(document) => Ok(Cbor(document)),
        _ => Err(Problem::Internal),
    }
}

/// `POST allowance`: a part of the account reserved for this device's K_pay.
pub(super) async fn allowance(State(app): State<Arc<App>>, signed: Signed) -> Result<Cbor, Problem> {
    let request: AllowanceRequest = read(&signed.body)?;
    let action = Action::IssueAllowance {
        device: signed.device.reference,
        close: request.close.map(|close| close.0),
        at_most: request.at_most,
    };
    match app.books.execute(action, clock::now()).await? {
        Outcome::Allowance(document) => Ok(Cbor(document)),
        _ => Err(Problem::Internal),
    }
}

/// `POST pull`: what changed since a cursor, as a page signed by the fact key.
///
/// The page echoes the device's nonce. A nonce of 16 bytes is random; one of 32 begins with the device's
/// reference, and nobody else gets it signed, so that no page can pass for another device's (T5).
pub(super) async fn pull(State(app): State<Arc<App>>, signed: Signed) -> Result<Cbor, Problem> {
    let request: PullRequest = read(&signed.body)?;
    let own = match request.nonce.0.as_slice() {
        nonce if nonce.len() == 16 => true,
        nonce => nonce.len() == 32 && nonce.starts_with(&signed.named.0),
    };
    if !own {
        return Err(Problem::Malformed);
    }
    let PullRequest { cursor, nonce } = request;
    let page = app.books.page(&signed.device, &cursor.0, nonce, clock::now()).await?;
    Ok(Cbor(page))
}

/// `POST upload`: documents, whoever carries them. Each proves itself, so nobody has to sign the request.
pub(super) async fn upload(
    State(app): State<Arc<App>>,
    Peer(peer): Peer,
    CborBody(body): CborBody,
) -> Result<Cbor, Problem> {
    app.addresses.take(peer, 1, Instant::now())?;
    let upload = Upload::decode(&body).map_err(|_| Problem::Malformed)?;
    let items = match app.books.execute(Action::Upload(upload.items), clock::now()).await? {
        Outcome::Answer(items) => items,
        _ => return Err(Problem::Internal),
    };
    for item in &items {
        metrics::counter!("kinchaku_uploads_total", "outcome" => outcome(item)).increment(1);
    }
    Ok(Cbor(Answer { items }.encode()))
}

/// What became of a document, for the counters.
fn outcome(item: &AnswerItem) -> &'static str {
    let fact = match item {
        AnswerItem::Parked(_) => return "parked",
        AnswerItem::Noted => return "noted",
        AnswerItem::Fact(fact) => Received::<Fact>::read(&fact.0),
    };
    match fact.map(|fact| fact.claims().kind) {
        Ok(FactKind::Posted) => "posted",
        Ok(FactKind::Rejected) => "rejected",
        Ok(FactKind::Reversed) => "reversed",
        Ok(FactKind::Fork) => "fork",
        Ok(FactKind::Pending | FactKind::CancelNoted) | Err(_) => "other",
    }
}

/// `POST unlock`: a device with a locked PIN brings a new payment key and a one-time code from the office.
/// The answer is its `device` document. A server that merely says yes gains nothing: the next allowance
/// names the key that is in the books.
pub(super) async fn unlock(State(app): State<Arc<App>>, Peer(peer): Peer, signed: Signed) -> Result<Cbor, Problem> {
    app.codes.take(peer, 1, Instant::now())?;
    let request: UnlockRequest = read(&signed.body)?;
    let pay_key = request.pay.key;
    let challenge = UnlockRequest::challenge(signed.named, &pay_key);
    pay_key
        .verify(&challenge, &request.pay.proof)
        .map_err(|_| Problem::Key)?;
    let device = signed.device.reference;
    let action = Action::UseUnlock {
        code_hash: code::hash(&request.code),
        device,
        pay_key,
    };
    app.books.execute(action, clock::now()).await?;
    // A crash between the two is no loss: the same request again goes on here.
    match app.books.execute(Action::RenewDevice { device }, clock::now()).await? {
        Outcome::Device(document) => Ok(Cbor(document)),
        _ => Err(Problem::Internal),
    }
}
