//! Answering: `seen` is signed and durable, with the payment beside it in the outbox, before any colour
//! is shown. The payment goes up with the answer, so the shop never depends on the payer's network.

use kinchaku_protocol::doc::{Assurance, Document as _, Intent, Received, Refusal, Seen, Verdict, Verified};
use kinchaku_protocol::ids::Ref;
use kinchaku_protocol::money::Amount;
use rusqlite::Connection;

use super::check::{Checked, judge, shown_before, till};
use super::error::ReceiveError;
use crate::book::receipts::{Entry, State};
use crate::book::{documents, outbox, receipts};
use crate::fault;
use crate::home::Home;
use crate::key;
use kinchaku_protocol::doc::Bulletin;
use kinchaku_protocol::time::Time;

/// What the shop said, and what the payer scans if it said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Names the payment.
    pub reference: Ref,
    /// How much.
    pub total: Amount,
    /// What was answered.
    pub verdict: Verdict,
    /// Three digits both people compare (確認番号).
    pub confirmation: u16,
    /// `KC1:` for the payer to scan, where it was refused.
    pub refusal: Option<String>,
}

/// Answers as [`super::check`] found: accepts within the caps, refuses otherwise.
///
/// # Errors
/// [`ReceiveError`]; then nothing was said.
pub fn answer(home: &Home, checked: &Checked) -> Result<Answered, ReceiveError> {
    say(home, checked, None)
}

/// Refuses a payment that could be accepted: the person at the register says so.
///
/// # Errors
/// [`ReceiveError`].
pub fn refuse(home: &Home, checked: &Checked) -> Result<Answered, ReceiveError> {
    say(home, checked, Some(Verdict::ByStaff))
}

/// What was answered to a payment, as it was shown then: for a screen that went away before it could show it. `None`
/// where nothing was, and for a relayed payment, of which the server's fact speaks.
///
/// # Errors
/// [`ReceiveError`].
pub fn answered(home: &Home, reference: Ref) -> Result<Option<Answered>, ReceiveError> {
    let device = home.device()?.ok_or(ReceiveError::NotEnrolled)?;
    let stored = home
        .store()
        .read(|db| Ok::<_, ReceiveError>(receipts::get(db, reference)?))?;
    let Some(stored) = stored.filter(|stored| stored.state != State::Waiting) else {
        return Ok(None);
    };
    // This device signed it and kept it.
    let seen = Received::<Seen>::read(&stored.seen)?.trusted();
    let said = seen.verdict.accepted() == (seen.assurance == Assurance::Blind);
    Ok(said.then(|| Answered {
        reference,
        total: stored.total,
        verdict: seen.verdict,
        confirmation: reference.confirmation_number(),
        refusal: (!seen.verdict.accepted()).then(|| Refusal::text(seen.bytes(), device.bytes())),
    }))
}

fn say(home: &Home, checked: &Checked, wish: Option<Verdict>) -> Result<Answered, ReceiveError> {
    let till = till(home)?;
    let proven = &checked.proven;
    let reference = proven.intent.to_ref();
    let key = home.sync_key()?;
    let (verdict, seen) = home.store().write_counted(|db| {
        // Everything is asked again where the answer is written: two taps, or minutes between looking and
        // tapping, cannot both be answered by what was so at first.
        shown_before(db, reference)?;
        let clock = home.act_now(db)?;
        let found = judge(db, proven, clock)?;
        let verdict = match (found.accepted(), wish) {
            (true, Some(wish)) => wish,
            _ => found,
        };
        let assurance = if verdict.accepted() {
            Assurance::Blind
        } else {
            Assurance::None
        };
        let now = clock.time;
        let seen = sign_seen(db, &proven.intent, verdict, assurance, now, &key)?;
        receipts::put(
            db,
            &Entry {
                intent: &proven.intent,
                reference,
                intent_doc: proven.intent.bytes(),
                allowance_doc: Some(proven.allowance.bytes()),
                holder: Some(proven.allowance.counted_under()),
                total: proven.total,
                day: now.day(),
                seen: seen.bytes(),
                seen_at: now,
                state: if verdict.accepted() {
                    State::AcceptedBlind
                } else {
                    State::Refused
                },
            },
        )?;
        outbox::add(db, proven.intent.id(), proven.intent.bytes())?;
        outbox::add_note(db, seen.id(), seen.bytes())?;
        Ok::<_, ReceiveError>((verdict, seen))
    })?;
    fault::point("receive.answered");
    Ok(Answered {
        reference,
        total: proven.total,
        verdict,
        confirmation: reference.confirmation_number(),
        refusal: (!verdict.accepted()).then(|| Refusal::text(seen.bytes(), till.device.bytes())),
    })
}

pub(super) fn sign_seen(
    db: &Connection,
    intent: &Verified<Intent>,
    verdict: Verdict,
    assurance: Assurance,
    now: Time,
    key: &dyn key::DeviceKey,
) -> Result<Verified<Seen>, ReceiveError> {
    let bulletin: Option<Verified<Bulletin>> = documents::get(db)?;
    let seen = Seen {
        intent: intent.to_ref(),
        mark: intent.mark,
        seen_at: now,
        verdict,
        epoch: bulletin.map_or(0, |bulletin| bulletin.epoch),
        assurance,
    };
    let signer = key::Verified::new(key);
    seen.sign(&signer)
        .map_err(|_| ReceiveError::Key(signer.failure().unwrap_or(key::KeyError::BadSignature)))
}
