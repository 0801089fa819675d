//! The proof: made durable, sent, answered. The same document is sent until it is answered or its challenge
//! is over.

use kinchaku_protocol::api::{CardAnswer, CardRequest, CardStanding};
use kinchaku_protocol::doc::field::{self, Bytes};
use kinchaku_protocol::doc::{Document as _, FactKind, LinkProof, Reason, Received};
use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::jpki::attributes::BasicFour;
use kinchaku_protocol::jpki::statement::CardPurpose;
use kinchaku_protocol::time::Time;
use rusqlite::Connection;

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
    home.store().write(|db| {
        if load(db)?.is_some_and(|other| other.request != pending.request) {
            return Err(LinkError::Waiting { until: pending.until });
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
    if home.now()?.time > pending.until {
        // It may have been answered and the answer lost: then the next page of the account says so.
        home.store().write(|db| Ok::<_, LinkError>(forget(db)?))?;
        return Err(LinkError::Over);
    }
    send(home, &pending).map(Some)
}

/// Until when a proof of this device waits, if one does.
pub(super) fn waiting(home: &Home) -> Result<Option<Time>, LinkError> {
    let now = home.now()?.time;
    let pending = home.store().read(load)?;
    Ok(pending.map(|pending| pending.until).filter(|until| now <= *until))
}

/// As [`waiting`], within a transaction and whatever the time.
pub(super) fn waits_until(db: &Connection) -> Result<Option<Time>, StoreError> {
    Ok(meta::number(db, UNTIL)?.map(Time))
}

fn send(home: &Home, pending: &Pending) -> Result<Proven, LinkError> {
    let until = pending.until;
    let town = home.store().read(|db| Town::load(db).map_err(SyncError::from))?;
    let answer = match call(home, &town, Call::signed("card/proof", pending.request.clone())) {
        Ok(answer) => answer,
        Err(SyncError::Network(_) | SyncError::Busy { .. }) => return Ok(Proven::Waiting { until }),
        Err(error) => return Err(error.into()),
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
    home.store().write(|db| {
        let shown = meta::get(db, SHOWN)?;
        match &outcome {
            Ok(Proven::Done(now)) => standing::settle(db, now, shown.as_deref().filter(|_| pending.links()))?,
            Ok(_) => standing::at_counter(db)?,
            Err(reason) => standing::refused(db, *reason)?,
        }
        Ok::<_, LinkError>(forget(db)?)
    })?;
    fault::point("link.settled");
    outcome.map_err(|reason: Reason| LinkError::Refused(reason))
}

impl Pending {
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

fn load(db: &rusqlite::Transaction<'_>) -> Result<Option<Pending>, LinkError> {
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

fn forget(db: &Connection) -> Result<(), StoreError> {
    for name in [REQUEST, UNTIL, PURPOSE, SHOWN] {
        meta::remove(db, name)?;
    }
    Ok(())
}
