//! What time alone does. A job that runs twice changes nothing the second time.

use kinchaku_protocol::doc::Table as List;
use kinchaku_protocol::ids::Ref;

use super::Books;
use crate::command::{CommandError, Outcome};
use crate::ledger::booking;
use crate::ledger::journal::{Head, Movement, enter};
use crate::ledger::line::put_lot;
use crate::ledger::rows::{Book, EntryKind, HoldState, LotRow, NO_PARTY, Topic, account_party};

impl Books<'_> {
    /// Ends the holds whose time has come.
    pub(super) fn lapse(&mut self) -> Result<Outcome, CommandError> {
        let mut ended = 0_u64;
        let live: Vec<Ref> = self
            .view
            .holds
            .all()
            .filter(|hold| hold.state != HoldState::Done)
            .map(|hold| hold.subject)
            .collect();
        for reference in live {
            let mut hold = self.view.holds.copy(&(reference,)).ok_or(CommandError::Broken)?;
            if hold.state == HoldState::Open && hold.lapses_at <= self.now {
                hold.state = HoldState::Lapsed;
                let party = account_party(hold.account);
                self.view
                    .tell(Topic::Account, party, List::Allowance, reference.0.to_vec());
                self.view.holds.put(hold.clone());
            }
            if hold.ends_at <= self.now {
                booking::lapse(self.view, reference, self.now)?;
                ended = ended.saturating_add(1);
            }
        }
        Ok(Outcome::Ended(ended))
    }

    /// Ends value after its last day. What a hold has is left to the hold's end (docs/rules.md, I8).
    pub(super) fn expire(&mut self) -> Result<Outcome, CommandError> {
        let today = self.now.day();
        let over: Vec<LotRow> = self
            .view
            .lots
            .all()
            .filter(|lot| lot.until.is_some_and(|until| until < today))
            .filter(|lot| lot.remaining > lot.held)
            .cloned()
            .collect();
        let mut ended = 0_u64;
        for mut lot in over {
            let amount = lot.remaining.minus(lot.held)?;
            lot.remaining = lot.held;
            let mut movement = Movement::default();
            let from = (lot.account, lot.id);
            movement.user_to(from, Book::ExpiryIncome, NO_PARTY, lot.class, amount)?;
            let head = Head {
                kind: EntryKind::Expire,
                intent: None,
                target: None,
                occurred_at: self.now,
                now: self.now,
            };
            enter(self.view, head, &movement)?;
            put_lot(self.view, lot);
            ended = ended.saturating_add(1);
        }
        Ok(Outcome::Ended(ended))
    }
}
