//! The proof: made durable, sent, answered. The same document is sent until it is answered or its challenge
//! is over.

use kinchaku_protocol::api::{CardAnswer, CardRequest, CardStanding};
use kinchaku_protocol::doc::field::{self, Bytes};
use kinchaku_protocol::doc::{Document as _, FactKind, LinkProof, Reason, Received};
use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::jpki::attributes::BasicFour;
use kinchaku_protocol::jpki::statement::CardPurpose;
use kinchaku_protocol::time::Time;
use rusqlite::{Connection, Transaction};

use super::challenge::Challenge;
use super::error::LinkError;
use super::evidence::Evidence;
use super::standing;
use crate::fault;
use crate::home::{Home, Town};
use crate::key::{KeyError, Verified};
use crate::store::{StoreError, meta};
use crate::sync::{Call, SyncError, call};

const REQUEST: &str = "link.request";
const UNTIL: &str = "link.until";
const PURPOSE: &str = "link.purpose";
const SHOWN: &str = "link.shown";

/// What became of a proof that was not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proven {
    /// The server says so, signed: linked, or the same person is here.
    Done(CardStanding),
    /// A card the town has not seen and the platform does not tie to the person: the office does.
    AtCounter,
    /// Kept, and sent by [`resume`]: no network, or the server cannot check cards at the moment.
    Waiting {
        /// The last second at which sending is of use.
        until: Time,
    },
}

/// A proof that waits to be sent.
#[derive(PartialEq, Eq)]
struct Pending {
    request: Vec<u8>,
    until: Time,
    purpose: CardPurpose,
}

/// The person confirmed what was read: signs the proof, keeps it, sends it. `details` as for
/// [`Challenge::statement`]; sent along for [`CardPurpose::Unlock`] alone.
///
/// # Errors
/// [`LinkError`]; [`LinkError::Over`] where nothing was sent because it would be too late.
pub fn confirm(home: &Home, challenge: &Challenge, evidence: Evidence, details: &[u8]) -> Result<Proven, LinkError> {
    if challenge.is_over(home.now()?.time) {
        return Err(LinkError::Over);
    }
    let purpose = challenge.purpose;
    let (proof, shown) = evidence.into_proof(purpose, challenge.challenge)?;
    let key = home.sync_key()?;
    let signer = Verified::new(&key);
    let signed = proof
        .sign(&signer)
        .map_err(|_| signer.failure().unwrap_or(KeyError::BadSignature))?;
    let details = (purpose == CardPurpose::Unlock).then(|| Bytes(details.to_vec()));
    let request = CardRequest {
        proof: Bytes(signed.bytes().to_vec()),
        details,
    };
    let pending = Pending {
        request: field::to_bytes(&request),
        until: challenge.until,
        purpose,
    };
    let now = home.now()?.time;
    home.store().write(|db| {
        // One whose time is over does not stand in the way of a card that was just touched.
        if let Some(other) = load(db)?.filter(|other| other.is_of_use(now) && *other != pending) {
            return Err(LinkError::Waiting { until: other.until });
        }
        pending.save(db, shown.as_ref())?;
        standing::clear_refusal(db)?;
        Ok(())
    })?;
    fault::point("link.proven");
    send(home, &pending)
}

/// Sends the proof that waits, if one does. Hosts call it when a network comes and after opening.
///
/// # Errors
/// [`LinkError`]; [`LinkError::Over`], once, where its time ended unsent or unanswered.
pub fn resume(home: &Home) -> Result<Option<Proven>, LinkError> {
    let Some(pending) = home.store().read(load)? else {
        return Ok(None);
    };
    if !pending.is_of_use(home.now()?.time) {
        // It may have been answered and the answer lost: then the next page of the account says so.
        home.store().write(|db| pending.forget(db))?;
        return Err(LinkError::Over);
    }
    send(home, &pending).map(Some)
}

/// Until when a proof of this device waits, if one does. One whose time is over is dropped: what it says of a
/// person is not kept for nothing.
pub(super) fn waiting(home: &Home) -> Result<Option<Time>, LinkError> {
    let now = home.now()?.time;
    let Some(pending) = home.store().read(load)? else {
        return Ok(None);
    };
    if pending.is_of_use(now) {
        return Ok(Some(pending.until));
    }
    home.store().write(|db| pending.forget(db))?;
    Ok(None)
}

/// As [`waiting`], within a transaction and whatever the time.
pub(super) fn waits_until(db: &Connection) -> Result<Option<Time>, StoreError> {
    Ok(meta::number(db, UNTIL)?.map(Time))
}

fn send(home: &Home, pending: &Pending) -> Result<Proven, LinkError> {
    let until = pending.until;
    let town = home.store().read(|db| Town::load(db).map_err(SyncError::from))?;
    let ask = || call(home, &town, Call::signed("card/proof", pending.request.clone()));
    let answer = match ask() {
        // Perhaps the same request twice, by whatever carries it: asked anew, 409 means the document.
        Err(SyncError::Refused { status: 409 }) => ask(),
        answer => answer,
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(SyncError::Network(_) | SyncError::Busy { .. }) => return Ok(Proven::Waiting { until }),
        Err(error) => {
            if is_final(&error) {
                home.store().write(|db| pending.forget(db))?;
            }
            return Err(error.into());
        }
    };
    fault::point("link.answered");
    let answer: CardAnswer = field::from_bytes(&answer).map_err(|_| SyncError::Nonsense)?;
    let trust = home.trust().ok_or(SyncError::NotEnrolled)?;
    let fact = trust.fact(&answer.fact.0)?;
    if fact.subject != pending.subject()? {
        return Err(SyncError::Nonsense.into());
    }
    let outcome = match (fact.kind, answer.standing) {
        (FactKind::Posted, Some(standing)) => Ok(Proven::Done(standing)),
        (FactKind::Pending, _) => Ok(Proven::AtCounter),
        (FactKind::Rejected, _) => Err(fact.reason),
        _ => return Err(SyncError::Nonsense.into()),
    };
    let now = home.now()?.time;
    home.store().write(|db| {
        // Another thread may have had this answer before, and what lies here may be of a later card.
        if load(db)?.as_ref() != Some(pending) {
            return Ok(());
        }
        let shown = meta::get(db, SHOWN)?;
        match &outcome {
            Ok(Proven::Done(told)) => standing::settle(db, told, now, shown.as_deref().filter(|_| pending.links()))?,
            Ok(_) => standing::at_counter(db)?,
            Err(reason) => standing::refused(db, *reason)?,
        }
        pending.forget(db)
    })?;
    fault::point("link.settled");
    outcome.map_err(|reason: Reason| LinkError::Refused(reason))
}

/// Whether the server will never decide about this document: it does not read it, takes none from this device or of
/// this kind, or knows no such challenge (an older copy of its books was put back).
const fn is_final(error: &SyncError) -> bool {
    matches!(
        error,
        SyncError::Refused {
            status: 400 | 403 | 409 | 413
        }
    )
}

impl Pending {
    fn is_of_use(&self, now: Time) -> bool {
        now <= self.until
    }

    /// Drops it, unless another one lies there by now.
    fn forget(&self, db: &Transaction<'_>) -> Result<(), LinkError> {
        if load(db)?.as_ref() == Some(self) {
            for name in [REQUEST, UNTIL, PURPOSE, SHOWN] {
                meta::remove(db, name)?;
            }
        }
        Ok(())
    }

    fn links(&self) -> bool {
        self.purpose == CardPurpose::Link
    }

    /// The id of the proof, which the server's fact is about.
    fn subject(&self) -> Result<DocId, LinkError> {
        let request: CardRequest = field::from_bytes(&self.request).map_err(|_| StoreError::Damaged)?;
        let proof = Received::<LinkProof>::read(&request.proof.0).map_err(|_| StoreError::Damaged)?;
        Ok(proof.trusted().id())
    }

    fn save(&self, db: &Connection, shown: Option<&BasicFour>) -> Result<(), StoreError> {
        meta::set(db, REQUEST, &self.request)?;
        meta::set_number(db, UNTIL, self.until.0)?;
        meta::set(db, PURPOSE, &[self.purpose.number()])?;
        match shown {
            Some(four) => meta::set(db, SHOWN, &field::to_bytes(four))?,
            None => meta::remove(db, SHOWN)?,
        }
        Ok(())
    }
}

fn load(db: &Transaction<'_>) -> Result<Option<Pending>, LinkError> {
    let (Some(request), Some(until)) = (meta::get(db, REQUEST)?, meta::number(db, UNTIL)?) else {
        return Ok(None);
    };
    let purpose = meta::get(db, PURPOSE)?.and_then(|bytes| bytes.first().copied());
    let purpose = purpose.and_then(CardPurpose::from_number).ok_or(StoreError::Damaged)?;
    Ok(Some(Pending {
        request,
        until: Time(until),
        purpose,
    }))
}
