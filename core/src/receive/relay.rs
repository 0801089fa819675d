//! Relaying: the shop has a network, the payer has none. The receipt goes up at once, and the screen
//! turns green by the server's signed fact alone: a server that merely says OK turns nothing green.

use kinchaku_protocol::doc::{Allowance, Assurance, FactKind, Intent, Reason, Receipt, Received, Verdict, Verified};
use kinchaku_protocol::ids::Ref;
use kinchaku_protocol::money::Amount;

use super::answer::sign_seen;
use super::check::{shown_before, till};
use super::error::ReceiveError;
use crate::book::outbox;
use crate::book::receipts::{self, Entry, State};
use crate::fault;
use crate::home::Home;
use crate::sync;

/// What the server's fact says of a relayed payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relayed {
    /// Names the payment.
    pub reference: Ref,
    /// How much.
    pub total: Amount,
    /// Where it stands: [`State::Waiting`] where no proof came yet.
    pub state: State,
    /// Why, where it was refused.
    pub reason: Reason,
    /// Three digits both people compare (確認番号).
    pub confirmation: u16,
}

/// Sends a receipt up and waits for the fact. Without an answer it stays [`State::Waiting`], and the
/// next sync, or relaying it again, goes on.
///
/// # Errors
/// [`ReceiveError`].
pub fn relay(home: &Home, text: &str) -> Result<Relayed, ReceiveError> {
    let receipt = Receipt::read(text)?;
    let till = till(home)?;
    let claimed = receipt.intent.claims();
    if claimed.shop != till.device.owner || !till.row.marks.contains(&claimed.mark) {
        return Err(ReceiveError::OtherShop);
    }
    let reference = receipt.intent.id().to_ref();
    let (intent, allowance) = proven_where_possible(home, receipt)?;
    let total = intent.total().map_err(|_| ReceiveError::NeedsFullReceipt)?;
    let key = home.sync_key()?;
    home.store().write_counted(|db| {
        shown_before(db, reference)?;
        let known = receipts::get(db, reference)?.is_some();
        match &allowance {
            Some(_) => outbox::add(db, intent.id(), intent.bytes())?,
            None => outbox::add_unproven(db, intent.id(), intent.bytes())?,
        }
        if known && allowance.is_none() {
            // Relayed before, and no answer yet: it is sent again, nothing more is said.
            if !receipts::is_proven(db, reference)? {
                outbox::replace_parked(db, intent.id(), intent.bytes())?;
            }
            return Ok(());
        }
        let now = home.act_now(db)?.time;
        let seen = sign_seen(db, &intent, Verdict::Accepted, Assurance::None, now, &key)?;
        receipts::put(
            db,
            &Entry {
                intent: &intent,
                reference,
                intent_doc: intent.bytes(),
                allowance_doc: allowance.as_ref().map(Verified::bytes),
                holder: allowance.as_ref().map(|allowance| allowance.counted_under()),
                total,
                day: now.day(),
                seen: seen.bytes(),
                seen_at: now,
                state: State::Waiting,
            },
        )?;
        Ok::<_, ReceiveError>(outbox::add_note(db, seen.id(), seen.bytes())?)
    })?;
    fault::point("receive.relaying");
    let sent = sync::deliver(home, true);
    let relayed = standing(home, reference, total)?;
    match sent {
        Err(error) if relayed.state == State::Waiting => Err(error.into()),
        _ => Ok(relayed),
    }
}

/// Where a relayed payment stands now.
fn standing(home: &Home, reference: Ref, total: Amount) -> Result<Relayed, ReceiveError> {
    let stored = home
        .store()
        .read(|db| Ok::<_, ReceiveError>(receipts::get(db, reference)?))?
        .ok_or(ReceiveError::NotEnrolled)?;
    let fact = stored
        .fact
        .and_then(|bytes| Received::<kinchaku_protocol::doc::Fact>::read(&bytes).ok());
    let reason = fact
        .filter(|fact| fact.claims().kind != FactKind::Posted)
        .map_or(Reason::None, |fact| fact.claims().reason);
    Ok(Relayed {
        reference,
        total,
        state: stored.state,
        reason,
        confirmation: reference.confirmation_number(),
    })
}

/// With the full form the signatures are checked here too; with the short one the server does it.
fn proven_where_possible(
    home: &Home,
    receipt: Receipt,
) -> Result<(Verified<Intent>, Option<Verified<Allowance>>), ReceiveError> {
    let Some(allowance) = receipt.allowance else {
        // Not proven: it never replaces proven bytes, never counts as a rival, and turns nothing green before
        // the server has said so, signed.
        return Ok((receipt.intent.trusted(), None));
    };
    let trust = home.trust().ok_or(ReceiveError::NotEnrolled)?;
    let allowance = trust.allowance(allowance).map_err(ReceiveError::AllowanceNotProven)?;
    let intent = receipt
        .intent
        .verify(&allowance.device_key)
        .map_err(ReceiveError::Forged)?;
    Ok((intent, Some(allowance)))
}
