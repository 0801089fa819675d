//! Documents that came in: kept, then the allowances they touch are settled, then each is answered with
//! what stands after all of them. What was kept before is answered the same again.

use std::collections::BTreeSet;

use kinchaku_protocol::doc::field::Bytes;
use kinchaku_protocol::doc::{
    Allowance, Cancel, Close, Fact, FactKind, Intent, ParkReason, Reason, Received, Seen, Verified,
};
use kinchaku_protocol::ids::{DocId, Pid, Ref, SetId};
use kinchaku_protocol::rules::authorisation::{self, AuthorisationError};

use super::{Books, Item};
use crate::ledger::rows::{CancelRow, CloseRow, HoldState, IntentRow, ParkedRow, SeenRow, Topic};
use crate::ledger::{Broken, booking};
use crate::store::table::Column;

/// How many bytes of a document that nobody could read are kept.
const PARKED_BYTES: usize = 2_048;

/// How many of those are kept for a town; further ones are answered and forgotten.
const PARKED_MOST: u64 = 10_000;

/// A document that was read, with what its signature proved.
#[derive(Clone, Debug)]
pub enum Checked {
    /// Signed by the payment key of its allowance.
    Intent(Verified<Intent>),
    /// Signed by a device of this shop.
    Seen(Verified<Seen>, Pid),
    /// Signed by the device of its allowance.
    Close(Verified<Close>),
    /// Signed by a device of its shop, or by the console.
    Cancel(Verified<Cancel>),
    /// Nothing that can be decided.
    Parked(ParkReason, Vec<u8>),
}

impl Books<'_> {
    /// Takes documents in and settles what they touch.
    pub(super) fn take_in(&mut self, documents: &[Checked]) -> Result<Vec<Item>, Broken> {
        let mut touched = BTreeSet::new();
        for document in documents {
            match document {
                Checked::Intent(intent) => touched.extend(self.keep_intent(intent)?),
                Checked::Seen(seen, shop) => touched.extend(self.keep_seen(seen, *shop)),
                Checked::Close(close) => touched.extend(self.keep_close(close)?),
                Checked::Cancel(cancel) => touched.extend(self.keep_cancel(cancel)),
                Checked::Parked(reason, bytes) => self.park(*reason, bytes),
            }
        }
        for allowance in touched {
            booking::settle(self.view, allowance, self.now)?;
        }
        documents.iter().map(|document| self.item(document)).collect()
    }

    /// What stands of a document now.
    fn item(&self, document: &Checked) -> Result<Item, Broken> {
        match document {
            Checked::Intent(intent) => self
                .view
                .intents
                .get(&(intent.id(),))
                .map(|row| Item::Fact(row.fact))
                .ok_or(Broken),
            Checked::Cancel(cancel) => self
                .view
                .cancels
                .get(&(cancel.id(),))
                .map(|row| Item::Fact(row.fact))
                .ok_or(Broken),
            Checked::Seen(..) | Checked::Close(_) => Ok(Item::Noted),
            Checked::Parked(reason, _) => Ok(Item::Parked(*reason)),
        }
    }

    /// Keeps a payment; gives its allowance where it is new.
    fn keep_intent(&mut self, intent: &Verified<Intent>) -> Result<Option<Ref>, Broken> {
        self.unpark(intent.bytes());
        if self.view.intents.get(&(intent.id(),)).is_some() {
            return Ok(None);
        }
        let allowance = self.view.allowances.get(&(intent.authorisation,)).ok_or(Broken)?;
        let account = allowance.account;
        let document = Received::<Allowance>::read(&allowance.doc)
            .map_err(|_| Broken)?
            .trusted();
        let hold = self.view.holds.get(&(intent.authorisation,)).ok_or(Broken)?;
        let late = hold.state == HoldState::Done && hold.lapsed;
        self.view.intents.put(IntentRow {
            id: intent.id(),
            reference: intent.to_ref(),
            allowance: intent.authorisation,
            seq: intent.seq,
            shop: intent.shop,
            mark: intent.mark,
            account,
            doc: intent.bytes().to_vec(),
            total: intent.total()?,
            occurred_at: intent.occurred_at,
            received_at: self.now,
            fault: self.fault(&document, intent).unwrap_or(Reason::None),
            late,
            paid: false,
            reason: Reason::None,
            status: FactKind::Rejected,
            fact: 0,
            posted_at: self.now,
            entry: 0,
        });
        Ok(Some(intent.authorisation))
    }

    /// Why a payment is not valid in itself. Asked once: what it depends on may change later.
    fn fault(&self, allowance: &Allowance, intent: &Verified<Intent>) -> Option<Reason> {
        let known = self.view.shops.get(&(intent.shop,)).is_some();
        if !known || self.view.marks.get(&(intent.shop, intent.mark)).is_none() {
            return Some(Reason::UnknownShop);
        }
        let sets = self.view.shop_sets.by(&intent.shop.to_value());
        let sets: Vec<SetId> = sets.filter(|row| row.member).map(|row| row.set_id).collect();
        let error = authorisation::check(allowance, intent.authorisation, intent, &sets).err()?;
        Some(match error {
            AuthorisationError::OutsideWindow => Reason::OutsideWindow,
            AuthorisationError::NotUsableHere { .. } => Reason::NotUsableHere,
            AuthorisationError::DayPassed { .. } => Reason::DayPassed,
            AuthorisationError::OtherAuthorisation
            | AuthorisationError::ChainStart
            | AuthorisationError::NoLine { .. }
            | AuthorisationError::AboveLine { .. } => Reason::BadPart,
        })
    }

    fn keep_seen(&mut self, seen: &Verified<Seen>, shop: Pid) -> Option<Ref> {
        self.unpark(seen.bytes());
        if self.view.seens.get(&(seen.id(),)).is_some() {
            return None;
        }
        self.view.seens.put(SeenRow {
            id: seen.id(),
            intent: seen.intent,
            shop,
            verdict: seen.verdict,
            assurance: seen.assurance,
            doc: seen.bytes().to_vec(),
            seen_at: seen.seen_at,
            received_at: self.now,
        });
        self.view.intent(seen.intent).map(|row| row.allowance)
    }

    fn keep_cancel(&mut self, cancel: &Verified<Cancel>) -> Option<Ref> {
        self.unpark(cancel.bytes());
        if self.view.cancels.get(&(cancel.id(),)).is_some() {
            return None;
        }
        let target = self.view.intent(cancel.intent).map(|row| (row.id, row.allowance));
        let fact = self.view.declare(Fact {
            subject: cancel.id(),
            kind: FactKind::CancelNoted,
            reason: Reason::None,
            at: self.now,
            rows: Vec::new(),
            posting_day: self.now.day(),
            other: target.map(|(id, _)| Bytes(id.0.to_vec())),
        });
        self.view.tell_fact(Topic::Shop, cancel.shop, fact);
        self.view.cancels.put(CancelRow {
            id: cancel.id(),
            intent: cancel.intent,
            shop: cancel.shop,
            doc: cancel.bytes().to_vec(),
            fact,
            received_at: self.now,
        });
        target.map(|(_, allowance)| allowance)
    }

    fn keep_close(&mut self, close: &Verified<Close>) -> Result<Option<Ref>, Broken> {
        self.unpark(close.bytes());
        if self.view.closes.get(&(close.id(),)).is_some() {
            return Ok(None);
        }
        let hold = self.view.holds.get(&(close.allowance,)).ok_or(Broken)?;
        let first = self.view.closes.by(&close.allowance.to_value()).next().is_none();
        self.view.closes.put(CloseRow {
            id: close.id(),
            allowance: close.allowance,
            last: close.last,
            head: close.head,
            doc: close.bytes().to_vec(),
            counts: first && hold.state != HoldState::Done,
            received_at: self.now,
        });
        Ok(Some(close.allowance))
    }

    /// Keeps what nobody could decide on, once, and not without end (T18).
    fn park(&mut self, reason: ParkReason, bytes: &[u8]) {
        let id = DocId::of(bytes);
        let known = self.view.parked.get(&(id,)).is_some();
        if known || self.view.counter("parked") >= PARKED_MOST {
            return;
        }
        self.view.next("parked");
        let doc = bytes.get(..PARKED_BYTES).unwrap_or(bytes).to_vec();
        let reason = reason.number();
        self.view.parked.put(ParkedRow {
            id,
            reason,
            doc,
            received_at: self.now,
            resolved: false,
        });
    }

    /// A parked document that could be decided after all.
    fn unpark(&mut self, bytes: &[u8]) {
        if let Some(mut row) = self.view.parked.copy(&(DocId::of(bytes),)) {
            row.resolved = true;
            self.view.parked.put(row);
        }
    }
}
