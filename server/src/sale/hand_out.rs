//! What the town gives: vouchers to whoever may have them (F068, F069), and points for buying at an age (F080).

use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::money::Amount;

use super::action::Somebody;
use super::decide::{asks, nobody, terms, with_facts};
use super::rows::OrderState;
use crate::command::{CommandError, Outcome};
use crate::ledger::decide::Books;
use crate::ledger::rows::{Book, CreditRow, EntryKind, OperationId};
use crate::ledger::view::View;
use crate::points::{Acquired, acquire, programme_party};
use crate::programme::{Kind, Refusal};

/// The key under which a distribution is received once: each account has its own.
#[must_use]
pub fn receive_key(account: u64, key: &str) -> DocId {
    DocId::of(
        &[
            b"kinchaku/receive/1\0".as_slice(),
            &account.to_be_bytes(),
            key.as_bytes(),
        ]
        .concat(),
    )
}

/// The key under which an account's receipt of a programme is counted, from 1, whatever its card said then.
pub(crate) fn receipt_key(programme: u32, account: u64, number: u32) -> DocId {
    DocId::of(
        &[
            b"kinchaku/received/1\0".as_slice(),
            &programme.to_be_bytes(),
            &account.to_be_bytes(),
            &number.to_be_bytes(),
        ]
        .concat(),
    )
}

/// How often an account received of a programme. All of it, and the place of the next, must be at hand.
pub(crate) fn receipts(view: &View, programme: u32, account: u64) -> u32 {
    let kept = |number: &u32| view.credits.get(&(receipt_key(programme, account, *number),)).is_some();
    let count = (1..=u32::MAX).take_while(kept).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl Books<'_> {
    pub(super) fn receive(
        &mut self,
        id: u32,
        account: u64,
        who: Option<&Somebody>,
        key: &str,
    ) -> Result<Outcome, CommandError> {
        let key = receive_key(account, key);
        let content = DocId::of(&id.to_be_bytes());
        if let Some(known) = self.view.credits.get(&(key,)) {
            let tran_id = known.tran_id.clone();
            return (known.content == content)
                .then_some(Outcome::Credited { tran_id })
                .ok_or(CommandError::KeyReused);
        }
        let programmes = self.programmes()?;
        let programme = programmes.programmes.get(&id).ok_or(CommandError::NoProgramme)?;
        let Kind::Distribution(distribution) = &programme.kind else {
            return Err(CommandError::NoProgramme);
        };
        self.may_have_more(account)?;
        if who.is_none() && asks(&programme.who) {
            return Err(Refusal::NoCard.into());
        }
        let person = who.map_or_else(|| nobody(account), |who| who.person);
        let mut share = self.share(id, person);
        let mut received = share.received;
        if who.is_some() {
            received = received.saturating_add(self.share(id, nobody(account)).received);
        }
        // An account is one person, whatever the card calls that person then, or while nothing vouches for it.
        let of_account = receipts(self.view, id, account);
        received = received.max(of_account);
        let mut row = self.sale_row(id);
        with_facts(who, |facts| {
            distribution.may_receive(&programme.who, facts, received, row.issued, self.now)
        })?;
        let today = self.now.day();
        let (until, set) = terms(
            Some(&programmes),
            programme.class,
            Some(distribution.usage.until),
            today,
        );
        row.issued = row.issued.plus(distribution.amount)?;
        share.received = share.received.saturating_add(1);
        self.view.sales.put(row);
        self.view.shares.put(share);
        let acquired = Acquired {
            account,
            class: programme.class,
            amount: distribution.amount,
            until,
            set,
            consideration: Amount::ZERO,
            kind: EntryKind::Grant,
            operation_id: OperationId::Grant,
            occurred_at: self.now,
            intent: None,
            sources: vec![(Book::Budget, programme_party(id), distribution.amount)],
        };
        let tran_id = acquire(self.view, &acquired, self.now)?.tran_id;
        for id in [key, receipt_key(id, account, of_account.saturating_add(1))] {
            self.view.credits.put(CreditRow {
                id,
                content,
                tran_id: tran_id.clone(),
            });
        }
        Ok(Outcome::Credited { tran_id })
    }

    /// Grants the points of orders whose day has come; the others stay as they are.
    pub(super) fn grant_bonuses(&mut self, orders: &[u64]) -> Result<Outcome, CommandError> {
        let today = self.now.day();
        let mut granted = 0_u64;
        for id in orders {
            let Some(mut row) = self.view.orders.copy(&(*id,)) else {
                continue;
            };
            let due = row.bonus_due.is_some_and(|due| due <= today) && !row.bonus.is_zero();
            if row.state != OrderState::Paid || row.bonus_done || !due {
                continue;
            }
            let (Some(class), Some(programme)) = (row.bonus_class, row.programme) else {
                continue;
            };
            let programmes = self.programmes()?;
            let (until, set) = terms(Some(&programmes), class, None, today);
            let acquired = Acquired {
                account: row.account,
                class,
                amount: row.bonus,
                until,
                set,
                consideration: Amount::ZERO,
                kind: EntryKind::Grant,
                operation_id: OperationId::Grant,
                occurred_at: self.now,
                intent: None,
                sources: vec![(Book::Budget, programme_party(programme), row.bonus)],
            };
            let posted = acquire(self.view, &acquired, self.now)?;
            row.bonus_done = true;
            row.bonus_lot = Some(posted.lot);
            row.bonus_tran = Some(posted.tran_id);
            self.view.orders.put(row);
            granted = granted.saturating_add(1);
        }
        Ok(Outcome::Ended(granted))
    }
}
