//! Uploading: documents leave in the order they were written, and every answer is booked by itself, so
//! that one bad item stops nobody (T18) and a crash in the middle repeats at most an upload (T10).

use kinchaku_protocol::doc::field::Bytes;
use kinchaku_protocol::doc::{Answer, AnswerItem, ParkReason, Upload, UploadItem};

use super::answers::apply_fact;
use super::backoff::next_try;
use super::error::SyncError;
use super::exchange::{Call, call};
use crate::book::outbox::{self, Item};
use crate::book::payments;
use crate::fault;
use crate::home::{Home, Town};
use crate::secret::random;
use crate::store::StoreError;
use crate::trust::Trust;

/// Documents in one request.
const BATCH: u32 = 100;

/// Failures after which a document goes alone.
const ALONE_AFTER: u32 = 3;

/// Troubles as the outbox numbers them. Frozen.
mod trouble {
    pub const NETWORK: u8 = 1;
    pub const UNPROVEN: u8 = 2;
    pub const SERVER_WAITS: u8 = 3;
    pub const PARKED: u8 = 4;
}

/// What became of the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Documents the server decided on.
    pub decided: u32,
    /// Documents it keeps undecided.
    pub parked: u32,
    /// Documents that wait for another try.
    pub waiting: u32,
}

/// Uploads what is due. Without a network nothing but the next try changes.
///
/// # Errors
/// [`SyncError`]: at once where there is no network; after everything else was tried where the server did
/// not take a request as a whole.
pub fn deliver(home: &Home, eager: bool) -> Result<Delivered, SyncError> {
    let mut delivered = Delivered::default();
    let town = home.store().read(|db| Town::load(db))?;
    let trust = home.trust().ok_or(SyncError::NotEnrolled)?;
    home.store()
        .write(|db| Ok::<_, StoreError>(outbox::end_notes(db, false)?))?;
    let mut after = 0;
    let mut trouble = None;
    loop {
        let now = home.now()?.time;
        let due = if eager { None } else { Some(now) };
        let items = home
            .store()
            .read(|db| Ok::<_, StoreError>(outbox::due(db, due, after, BATCH)?))?;
        let Some(last) = items.last() else {
            return trouble.map_or(Ok(delivered), Err);
        };
        after = last.id;
        for request in requests(&items) {
            match send(home, &town, request) {
                Ok(answer) => book(home, &trust, request, &answer, &mut delivered)?,
                Err(error) => {
                    postpone(home, request, &error)?;
                    if matches!(error, SyncError::Network(_)) {
                        return Err(error);
                    }
                    trouble = Some(error);
                }
            }
        }
    }
}

/// What failed with its whole request a few times goes alone: one document the server stumbles over must not
/// hold up the others (T18).
fn requests(items: &[Item]) -> impl Iterator<Item = &[Item]> {
    items.chunk_by(|a, b| a.attempts < ALONE_AFTER && b.attempts < ALONE_AFTER)
}

fn postpone(home: &Home, items: &[Item], error: &SyncError) -> Result<(), SyncError> {
    let asked = match error {
        SyncError::Busy { seconds } => *seconds,
        _ => 0,
    };
    items
        .iter()
        .try_for_each(|item| later(home, item, trouble::NETWORK, asked))
}

fn send(home: &Home, town: &Town, items: &[Item]) -> Result<Answer, SyncError> {
    let items: Vec<UploadItem> = items
        .iter()
        .map(|item| UploadItem {
            document: Bytes(item.doc.clone()),
            evidence: None,
        })
        .collect();
    let count = items.len();
    let body = call(home, town, Call::post("upload", Upload { items }.encode()))?;
    fault::point("sync.answered");
    let answer = Answer::decode(&body).map_err(|_| SyncError::Nonsense)?;
    if answer.items.len() != count {
        return Err(SyncError::Nonsense);
    }
    Ok(answer)
}

/// Books every answer in a transaction of its own.
fn book(
    home: &Home,
    trust: &Trust,
    items: &[Item],
    answer: &Answer,
    delivered: &mut Delivered,
) -> Result<(), SyncError> {
    for (item, answer) in items.iter().zip(&answer.items) {
        let count = match answer {
            AnswerItem::Fact(bytes) => match trust.fact(&bytes.0) {
                // A proof about something else proves nothing here.
                Ok(fact) if fact.subject == item.subject => {
                    home.store().write(|db| {
                        apply_fact(db, &fact)?;
                        Ok::<_, StoreError>(outbox::settle(db, item.id)?)
                    })?;
                    &mut delivered.decided
                }
                _ => {
                    later(home, item, trouble::UNPROVEN, 0)?;
                    &mut delivered.waiting
                }
            },
            AnswerItem::Noted if !item.needs_fact => {
                home.store()
                    .write(|db| Ok::<_, StoreError>(outbox::note(db, item.id)?))?;
                &mut delivered.decided
            }
            // "Noted" is not signed: of a payment it proves nothing.
            AnswerItem::Noted => {
                later(home, item, trouble::UNPROVEN, 0)?;
                &mut delivered.waiting
            }
            AnswerItem::Parked(ParkReason::Waiting) => {
                later(home, item, trouble::SERVER_WAITS, 0)?;
                &mut delivered.waiting
            }
            AnswerItem::Parked(_) => {
                let now = home.now()?.time;
                home.store().write(|db| {
                    if let Some(payment) = payments::by_ref(db, item.subject.to_ref())? {
                        payments::set_parked(db, payment.id)?;
                    }
                    Ok::<_, StoreError>(outbox::park(db, item.id, now, trouble::PARKED)?)
                })?;
                &mut delivered.parked
            }
        };
        *count = count.saturating_add(1);
        fault::point("sync.booked");
    }
    Ok(())
}

fn later(home: &Home, item: &Item, trouble: u8, asked: u64) -> Result<(), SyncError> {
    let now = home.now()?.time;
    let noise = random().map(u64::from_be_bytes).unwrap_or(0);
    let next = next_try(now, item.attempts, noise, asked);
    home.store()
        .write(|db| Ok::<_, StoreError>(outbox::retry(db, item.id, next, trouble)?))?;
    Ok(())
}
