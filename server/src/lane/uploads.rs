//! What a batch uploads of each allowance, to tell which of its payments can only add to the books.
//!
//! A wallet's next payments come after all it made before, and nobody has said anything of them: nothing that
//! stands can turn, and what was written of older payments is not read. Where that is not sure, everything is.

use std::collections::{BTreeMap, BTreeSet};

use kinchaku_protocol::ids::Ref;

use crate::ledger::decide::Checked;
use crate::ledger::rows::{HoldState, IntentRow};
use crate::ledger::view::View;
use crate::store::table::Column;

/// The documents of a batch, by what they are about.
#[derive(Debug, Default)]
pub(super) struct Uploads {
    /// Payments of each allowance: their counters and names.
    payments: BTreeMap<Ref, BTreeSet<(u32, Ref)>>,
    /// Payments somebody said something of.
    said: BTreeSet<Ref>,
    /// Allowances given back.
    closed: BTreeSet<Ref>,
}

impl Uploads {
    pub(super) fn note(&mut self, document: &Checked) {
        match document {
            Checked::Intent(intent) => {
                let payments = self.payments.entry(intent.authorisation).or_default();
                payments.insert((intent.seq, intent.to_ref()));
            }
            Checked::Seen(seen, _) => {
                self.said.insert(seen.intent);
            }
            Checked::Cancel(cancel, _) => {
                self.said.insert(cancel.intent);
            }
            Checked::Close(close) => {
                self.closed.insert(close.allowance);
            }
            Checked::Stopped(inner) => self.note(inner),
            Checked::Parked(..) => {}
        }
    }

    /// Whether a payment that is kept already may be what a document is answered with.
    pub(super) fn answers(&self, kept: &IntentRow) -> bool {
        self.payments
            .get(&kept.allowance)
            .is_some_and(|payments| payments.iter().any(|(seq, _)| *seq == kept.seq))
    }

    /// Whether all the batch brings of an allowance are payments that follow the kept ones.
    pub(super) fn only_add(&self, view: &View, allowance: Ref) -> bool {
        let Some(payments) = self.payments.get(&allowance) else {
            return false;
        };
        let open = view
            .holds
            .get(&(allowance,))
            .is_some_and(|hold| hold.state == HoldState::Open);
        let value = allowance.to_value();
        if !open || self.closed.contains(&allowance) || view.closes.by(&value).next().is_some() {
            return false;
        }
        let (mut last, mut kept) = (0, BTreeSet::new());
        for row in view.intents.by(&value) {
            last = last.max(row.seq);
            kept.insert(row.reference);
            if self.said.contains(&row.reference) {
                return false;
            }
        }
        let mut before = last;
        for (seq, reference) in payments.iter().filter(|(_, reference)| !kept.contains(reference)) {
            let heard = self.said.contains(reference) || view.seens.by(&reference.to_value()).next().is_some();
            if heard || *seq <= before || view.cancels.by(&reference.to_value()).next().is_some() {
                return false;
            }
            before = *seq;
        }
        view.forks.by(&value).next().is_none()
    }
}
