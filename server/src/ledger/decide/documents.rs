//! Documents that came in: kept, then the allowances they touch are settled, then each is answered with
//! what stands after all of them. What was kept before is answered the same again.

use std::collections::{BTreeMap, BTreeSet};

use kinchaku_protocol::doc::field::Bytes;
use kinchaku_protocol::doc::{
    Allowance, Assurance, Cancel, Close, Fact, FactKind, Intent, ParkReason, Reason, Received, Seen, Verified,
};
use kinchaku_protocol::ids::{DocId, Pid, Ref, SetId};
use kinchaku_protocol::rules::authorisation::{self, AuthorisationError};
use kinchaku_protocol::time::Time;

use super::{Books, Item};
use crate::ledger::rows::{CancelRow, CloseRow, HoldState, IntentRow, ParkedRow, Proof, SeenRow, Topic};
use crate::ledger::stop::is_stopped;
use crate::ledger::{Broken, booking};
use crate::store::table::Column;

/// The highest counter; a wallet's hard count is far below.
const SEQ_MOST: u32 = 1_000;

/// Branches of one counter that are kept though no shop has said anything of them.
const BRANCHES_MOST: usize = 16;

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
    Cancel(Verified<Cancel>, CancelledBy),
    /// One of those, signed by a device that was stopped before it came: nothing unless it was kept before.
    Stopped(Box<Checked>),
    /// Nothing that can be decided; without bytes where they must not be kept.
    Parked(ParkReason, Vec<u8>),
}

/// Whose key signed a cancellation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelledBy {
    /// A device of the shop's.
    Shop,
    /// The console's, for whoever the console let do it.
    Console,
}

impl Checked {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Intent(intent) => intent.bytes(),
            Self::Seen(seen, _) => seen.bytes(),
            Self::Close(close) => close.bytes(),
            Self::Cancel(cancel, _) => cancel.bytes(),
            Self::Stopped(inner) => inner.bytes(),
            Self::Parked(_, bytes) => bytes,
        }
    }
}

impl SeenRow {
    /// Whether the shop waits for the answer before it hands anything over.
    fn relays(&self) -> bool {
        self.verdict.accepted() && self.assurance != Assurance::Blind
    }
}

impl Books<'_> {
    /// Takes documents in and settles what they touch.
    pub(crate) fn take_in(&mut self, documents: &[Checked]) -> Result<Vec<Item>, Broken> {
        let mut touched = BTreeSet::new();
        let mut parked = BTreeMap::new();
        // What shops say first: whether a payment is worth keeping may depend on it.
        let (words, others): (Vec<_>, Vec<_>) = documents
            .iter()
            .enumerate()
            .partition(|(_, document)| matches!(document, Checked::Seen(..)));
        for (at, document) in words.into_iter().chain(others) {
            if let Some(reason) = self.keep(document, &mut touched)? {
                parked.insert(at, reason);
            }
        }
        for allowance in touched {
            booking::settle(self.view, allowance, self.now)?;
        }
        for document in documents {
            if let Checked::Cancel(cancel, CancelledBy::Shop) = document
                && let Some(intent) = self.view.intent(cancel.intent).map(|row| row.id)
            {
                self.note_reversal(intent, 0, "");
            }
        }
        let items = documents.iter().enumerate();
        items
            .map(|(at, document)| match parked.get(&at) {
                Some(reason) => Ok(Item::Parked(*reason)),
                None => self.item(document),
            })
            .collect()
    }

    /// Keeps one document, or parks it; notes the allowance it touches.
    fn keep(&mut self, document: &Checked, touched: &mut BTreeSet<Ref>) -> Result<Option<ParkReason>, Broken> {
        match document {
            Checked::Intent(intent) => touched.extend(self.keep_intent(intent)?),
            Checked::Seen(seen, shop) => {
                let dead = self.view.shops.get(&(*shop,)).is_none_or(|row| row.dead_at.is_some());
                if dead && !self.is_kept(document) {
                    self.park(ParkReason::WrongSigner, seen.bytes());
                    return Ok(Some(ParkReason::WrongSigner));
                }
                touched.extend(self.keep_seen(seen, *shop));
            }
            Checked::Close(close) => touched.extend(self.keep_close(close)?),
            Checked::Cancel(cancel, by) => touched.extend(self.keep_cancel(cancel, *by)),
            Checked::Stopped(inner) if self.is_kept(inner) => {}
            Checked::Stopped(inner) => {
                self.park(ParkReason::WrongSigner, inner.bytes());
                return Ok(Some(ParkReason::WrongSigner));
            }
            Checked::Parked(reason, bytes) => {
                self.park(*reason, bytes);
                return Ok(Some(*reason));
            }
        }
        Ok(None)
    }

    fn is_kept(&self, document: &Checked) -> bool {
        match document {
            Checked::Intent(intent) => self.view.intents.get(&(intent.id(),)).is_some(),
            Checked::Seen(seen, _) => self.view.seens.get(&(seen.id(),)).is_some(),
            Checked::Close(close) => self.view.closes.get(&(close.id(),)).is_some(),
            Checked::Cancel(cancel, _) => self.view.cancels.get(&(cancel.id(),)).is_some(),
            Checked::Stopped(inner) => self.is_kept(inner),
            Checked::Parked(..) => false,
        }
    }

    /// What stands of a document now.
    fn item(&self, document: &Checked) -> Result<Item, Broken> {
        match document {
            Checked::Intent(intent) => {
                let kept = self.view.intents.get(&(intent.id(),)).map(|row| row.fact);
                let fact = kept.or_else(|| self.fact_of_the_crowd(intent));
                fact.map(Item::Fact).ok_or(Broken)
            }
            Checked::Cancel(cancel, _) => self
                .view
                .cancels
                .get(&(cancel.id(),))
                .map(|row| Item::Fact(row.fact))
                .ok_or(Broken),
            Checked::Seen(..) | Checked::Close(_) => Ok(Item::Noted),
            Checked::Stopped(inner) => self.item(inner),
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
        if self.is_crowded(intent) {
            return Ok(None);
        }
        let account = allowance.account;
        let stopped = is_stopped(self.view, allowance.holder, account);
        let document = Received::<Allowance>::read(&allowance.doc)
            .map_err(|_| Broken)?
            .trusted();
        let hold = self.view.holds.get(&(intent.authorisation,)).ok_or(Broken)?;
        let late = hold.state == HoldState::Done && hold.lapsed;
        let against = self.against(intent.authorisation);
        let asked: Vec<SeenRow> = self.view.seens.by(&intent.to_ref().to_value()).cloned().collect();
        for mut seen in asked {
            seen.void = if seen.relays() { against } else { Reason::None };
            self.view.seens.put(seen);
        }
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
            stopped,
            paid: false,
            posted_to_shop: false,
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
        if intent.seq > SEQ_MOST {
            return Some(Reason::BadPart);
        }
        let lived = |dead_at: Option<Time>| dead_at.is_none_or(|dead_at| intent.occurred_at <= dead_at);
        let shop = self.view.shops.get(&(intent.shop,));
        let mark = self.view.marks.get(&(intent.shop, intent.mark));
        if !shop.is_some_and(|row| lived(row.dead_at)) || !mark.is_some_and(|row| lived(row.dead_at)) {
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
        let void = self.void(seen);
        self.view.seens.put(SeenRow {
            id: seen.id(),
            intent: seen.intent,
            shop,
            verdict: seen.verdict,
            assurance: seen.assurance,
            doc: seen.bytes().to_vec(),
            seen_at: seen.seen_at,
            received_at: self.now,
            void,
        });
        self.view.intent(seen.intent).map(|row| row.allowance)
    }

    /// Why a shop that asks with this relay is told no: it has handed nothing over yet. One that asks
    /// about what it may have been told is paid is told so again. And why a refusal takes nothing back.
    fn void(&self, seen: &Seen) -> Reason {
        let relays = seen.verdict.accepted() && seen.assurance != Assurance::Blind;
        match self.view.intent(seen.intent) {
            Some(row) if relays => {
                let told = row.paid && (!row.stopped || seen.assurance == Assurance::Posted);
                if told {
                    Reason::None
                } else {
                    self.against(row.allowance)
                }
            }
            // One payment is undone one way: cash was given for it.
            Some(row) if !seen.verdict.accepted() && self.cash_was_given(row.id) => Reason::CashRefunded,
            _ => Reason::None,
        }
    }

    /// What stands against relays of an allowance now.
    fn against(&self, allowance: Ref) -> Reason {
        let done = self
            .view
            .holds
            .get(&(allowance,))
            .is_some_and(|hold| hold.state == HoldState::Done);
        let row = self.view.allowances.get(&(allowance,));
        if done {
            Reason::Late
        } else if row.is_some_and(|row| is_stopped(self.view, row.holder, row.account)) {
            Reason::Revoked
        } else {
            Reason::None
        }
    }

    /// The kept payments that share an intent's counter; those above the highest count as one.
    fn rivals(&self, intent: &Verified<Intent>) -> impl Iterator<Item = &IntentRow> {
        let counter = |seq: u32| seq.min(SEQ_MOST.saturating_add(1));
        let ours = counter(intent.seq);
        let all = self.view.intents.by(&intent.authorisation.to_value());
        all.filter(move |row| counter(row.seq) == ours)
    }

    /// Whether enough is kept to prove the fork, and no shop has said anything of this branch (T18).
    fn is_crowded(&self, intent: &Verified<Intent>) -> bool {
        let spoken = |reference: Ref, shop: Pid| {
            let value = reference.to_value();
            self.view.seens.by(&value).any(|row| row.shop == shop)
                || self.view.cancels.by(&value).any(|row| row.shop == shop)
        };
        let unseen = self.rivals(intent).filter(|row| !spoken(row.reference, row.shop));
        !spoken(intent.to_ref(), intent.shop) && unseen.count() >= BRANCHES_MOST
    }

    /// The fact that tells of a branch that was not kept: the fork's, or that of one refused like it.
    fn fact_of_the_crowd(&self, intent: &Verified<Intent>) -> Option<u64> {
        let fork = self
            .view
            .forks
            .get(&(intent.authorisation, intent.seq, Proof::SameCounter));
        let first = || self.rivals(intent).next().map(|row| row.fact);
        fork.and_then(|row| row.fact).or_else(first)
    }

    fn keep_cancel(&mut self, cancel: &Verified<Cancel>, by: CancelledBy) -> Option<Ref> {
        self.unpark(cancel.bytes());
        if self.view.cancels.get(&(cancel.id(),)).is_some() {
            return None;
        }
        let target = self.view.intent(cancel.intent).map(|row| (row.id, row.allowance));
        let void = self.void_cancel(cancel, by);
        let fact = self.view.declare(Fact {
            subject: cancel.id(),
            kind: FactKind::CancelNoted,
            reason: void,
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
            void,
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
        if known || bytes.is_empty() || self.view.counter("parked") >= PARKED_MOST {
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
