//! Payments taken back, and cash that a shop gave back instead.
//!
//! The shop takes a payment back, all of it, while the period of every part is open; afterwards the office, or the
//! shop gives cash, which is written down and moves no value. One payment is undone one way, once. What a button is
//! told ([`refusal`] over what is read) is what the books say ([`refusal`] over the rows at hand).

use kinchaku_protocol::doc::{Cancel, Reason, Verified};
use kinchaku_protocol::ids::{ClassId, DocId, Pid};
use kinchaku_protocol::time::Day;

use super::action::{CancelRefusal, Canceller};
use super::periods::{is_closed, office_only};
use super::rows::{RefundKind, RefundRow};
use crate::calendar::CalendarError;
use crate::command::CommandError;
use crate::ledger::decide::{Books, CancelledBy, Checked, Item, Reply};
use crate::ledger::rows::{IntentRow, Operation};
use crate::ledger::view::View;
use crate::points::claw::take_back_earnings;
use crate::programme::Programmes;
use crate::store::table::Column;

/// What has to be known of a payment to say whether it can be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Who was paid.
    pub shop: Pid,
    /// Whether it is paid now.
    pub paid: bool,
    /// Whether it was paid and taken back.
    pub taken_back: bool,
    /// Whether the shop gave cash back.
    pub cash: bool,
    /// Its classes, each with the day of its posting.
    pub parts: Vec<(ClassId, Day)>,
}

impl Payment {
    /// From what the books keep of it.
    #[must_use]
    pub fn new(intent: &IntentRow, refund: Option<RefundKind>, parts: Vec<(ClassId, Day)>) -> Self {
        Self {
            shop: intent.shop,
            paid: intent.paid,
            taken_back: !intent.paid && intent.entry != 0,
            cash: refund == Some(RefundKind::Cash),
            parts,
        }
    }

    fn of(view: &View, intent: &IntentRow) -> Self {
        let rows = view.business.by(&intent.id.to_value());
        let rows = rows.filter(|row| row.entry == intent.entry && row.operation == Operation::Sub);
        let parts = rows.map(|row| (row.class, row.posted_at.day())).collect();
        let refund = view.refunds.get(&(intent.id,)).map(|row| row.kind);
        Self::new(intent, refund, parts)
    }

    fn undone(&self, by: Canceller) -> Result<(), CancelRefusal> {
        if matches!(by, Canceller::Shop(shop) if shop != self.shop) {
            return Err(CancelRefusal::OtherShop);
        }
        if self.taken_back {
            return Err(CancelRefusal::Already);
        }
        if self.cash {
            return Err(CancelRefusal::Cash);
        }
        if !self.paid {
            return Err(CancelRefusal::NotPaid);
        }
        Ok(())
    }

    /// Whether the period of any part is over.
    ///
    /// # Errors
    /// [`CalendarError`].
    pub fn closed(&self, programmes: Option<&Programmes>, today: Day) -> Result<bool, CalendarError> {
        for (class, posted) in &self.parts {
            if is_closed(programmes, *class, *posted, today)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Why a payment cannot be taken back; none where it can (F097, F126 to F128).
///
/// # Errors
/// [`CalendarError`] where a period cannot be told.
pub fn refusal(
    payment: &Payment,
    by: Canceller,
    programmes: Option<&Programmes>,
    today: Day,
) -> Result<Option<CancelRefusal>, CalendarError> {
    if let Err(refusal) = payment.undone(by) {
        return Ok(Some(refusal));
    }
    if by == Canceller::Office {
        return Ok(None);
    }
    if payment.closed(programmes, today)? {
        return Ok(Some(CancelRefusal::Closed));
    }
    let office = payment.parts.iter().any(|(class, _)| office_only(programmes, *class));
    Ok(office.then_some(CancelRefusal::OfficeOnly))
}

/// Why cash cannot be given back instead; none where it can.
///
/// # Errors
/// [`CalendarError`].
pub fn cash_refusal(
    payment: &Payment,
    by: Canceller,
    programmes: Option<&Programmes>,
    today: Day,
) -> Result<Option<CancelRefusal>, CalendarError> {
    if let Err(refusal) = payment.undone(by) {
        return Ok(Some(refusal));
    }
    Ok((!payment.closed(programmes, today)?).then_some(CancelRefusal::StillOpen))
}

impl Books<'_> {
    /// Takes a payment back on the word of the console.
    pub(super) fn cancel(
        &mut self,
        documents: &[Checked],
        (by, token): (Canceller, u64),
        note: &str,
    ) -> Result<Reply, CommandError> {
        // Anything else is signed by a key that this process does not know (yet).
        let [document @ Checked::Cancel(cancel, CancelledBy::Console)] = documents else {
            return Err(CommandError::Unavailable);
        };
        let intent = self
            .view
            .intent(cancel.intent)
            .cloned()
            .ok_or(CancelRefusal::NotPosted)?;
        // The answer to a commit that was lost on its way: the same again.
        let noted = self.view.refunds.get(&(intent.id,));
        let noted = noted.is_some_and(|row| row.by == token && row.note == note);
        if noted && self.view.cancels.get(&(cancel.id(),)).is_some() {
            return Ok(Reply::Fact(intent.fact));
        }
        let payment = Payment::of(self.view, &intent);
        let programmes = self.view.programmes.clone();
        if cancel.shop != intent.shop {
            return Err(CancelRefusal::OtherShop.into());
        }
        if let Some(refusal) = refusal(&payment, by, programmes.as_deref(), self.now.day())? {
            return Err(refusal.into());
        }
        if let Some(Item::Parked(_)) = self.take_in(std::slice::from_ref(document))?.first() {
            return Err(CommandError::Broken);
        }
        self.note_reversal(intent.id, token, note);
        let after = self.view.intents.get(&(intent.id,)).ok_or(CommandError::Broken)?;
        Ok(Reply::Fact(after.fact))
    }

    /// Writes down that a shop gave cash back.
    pub(super) fn cash_refund(
        &mut self,
        intent: DocId,
        (by, token): (Canceller, u64),
        note: &str,
    ) -> Result<(), CommandError> {
        let row = self.view.intents.copy(&(intent,)).ok_or(CancelRefusal::NotPosted)?;
        let known = self.view.refunds.get(&(intent,));
        if known.is_some_and(|known| known.kind == RefundKind::Cash && known.by == token && known.note == note) {
            return Ok(());
        }
        let payment = Payment::of(self.view, &row);
        let programmes = self.view.programmes.clone();
        if let Some(refusal) = cash_refusal(&payment, by, programmes.as_deref(), self.now.day())? {
            return Err(refusal.into());
        }
        self.view.refunds.put(RefundRow {
            intent,
            kind: RefundKind::Cash,
            by: token,
            note: note.to_owned(),
            at: self.now,
        });
        take_back_earnings(self.view, intent, self.now)?;
        Ok(())
    }

    /// Why a cancellation that was uploaded takes nothing back. Asked once, when it comes: what it depends on
    /// changes later. One that comes before its payment always counts.
    pub(crate) fn void_cancel(&self, cancel: &Verified<Cancel>, by: CancelledBy) -> Reason {
        let Some(intent) = self.view.intent(cancel.intent).filter(|row| row.paid) else {
            return Reason::None;
        };
        let payment = Payment::of(self.view, intent);
        let by = match by {
            CancelledBy::Shop => Canceller::Shop(cancel.shop),
            CancelledBy::Console => Canceller::Office,
        };
        match refusal(&payment, by, self.view.programmes.as_deref(), self.now.day()) {
            Ok(Some(CancelRefusal::Cash)) => Reason::CashRefunded,
            // A period that cannot be told is for the office, too.
            Ok(Some(CancelRefusal::Closed | CancelRefusal::OfficeOnly)) | Err(_) => Reason::Closed,
            Ok(_) => Reason::None,
        }
    }

    /// Whether the shop gave cash back for a payment.
    pub(crate) fn cash_was_given(&self, intent: DocId) -> bool {
        let refund = self.view.refunds.get(&(intent,));
        refund.is_some_and(|row| row.kind == RefundKind::Cash)
    }

    /// Writes down that a payment was taken back, where it was.
    pub(crate) fn note_reversal(&mut self, intent: DocId, token: u64, note: &str) {
        let known = self.view.refunds.get(&(intent,)).is_some();
        if !known
            && self
                .view
                .intents
                .get(&(intent,))
                .is_some_and(|row| !row.paid && row.entry != 0)
        {
            self.view.refunds.put(RefundRow {
                intent,
                kind: RefundKind::Reversal,
                by: token,
                note: note.to_owned(),
                at: self.now,
            });
        }
    }
}
