//! Value for an account: points and vouchers from the class's budget, money against suspense. Each
//! credit is one lot; its last day and its shops are those of its class where the caller names none. The caller's key
//! makes it happen once, for as long as the books are kept.

use kinchaku_protocol::ids::{DocId, ServiceType, SetId};
use kinchaku_protocol::money::Amount;

use super::{Books, positive};
use crate::command::{CommandError, Credit, Outcome};
use crate::ledger::rows::{Book, CreditRow, EntryKind, NO_PARTY, OperationId};
use crate::points::{Acquired, acquire};

impl Books<'_> {
    pub(super) fn credit(&mut self, credit: &Credit) -> Result<Outcome, CommandError> {
        let id = DocId::of(credit.key.as_bytes());
        let content = content(credit);
        if let Some(known) = self.view.credits.get(&(id,)) {
            return if known.content == content {
                Ok(Outcome::Credited {
                    tran_id: known.tran_id.clone(),
                })
            } else {
                Err(CommandError::KeyReused)
            };
        }
        let amount = positive(credit.amount)?;
        self.view
            .accounts
            .get(&(credit.account,))
            .ok_or(CommandError::NoAccount)?;
        let class = self.view.classes.get(&(credit.class,)).ok_or(CommandError::NoClass)?;
        let (kind, book, operation_id, consideration) = match class.service_type {
            ServiceType::Money => (EntryKind::Charge, Book::Suspense, OperationId::Charge, amount),
            ServiceType::Points | ServiceType::Voucher => {
                (EntryKind::Grant, Book::Budget, OperationId::Grant, Amount::ZERO)
            }
        };
        let known = self
            .view
            .programmes
            .as_ref()
            .and_then(|known| known.classes.get(&credit.class));
        let until = credit.until.or_else(|| known?.expiry.lot_until(self.now.day()));
        let scope = known.map_or(SetId::ANYWHERE, |known| known.scope);
        let acquired = Acquired {
            account: credit.account,
            class: credit.class,
            amount,
            until,
            set: if credit.set == SetId::ANYWHERE {
                scope
            } else {
                credit.set
            },
            consideration,
            kind,
            operation_id,
            occurred_at: self.now,
            intent: None,
            sources: vec![(book, NO_PARTY, amount)],
        };
        let tran_id = acquire(self.view, &acquired, self.now)?.tran_id;
        self.view.credits.put(CreditRow {
            id,
            content,
            tran_id: tran_id.clone(),
        });
        Ok(Outcome::Credited { tran_id })
    }
}

/// What was asked, to tell a repeated call from another one under the same key.
fn content(credit: &Credit) -> DocId {
    let until = credit.until.map_or(u64::MAX, |day| u64::from(day.0));
    let numbers = [
        credit.account,
        u64::from(credit.class.0),
        credit.amount.units(),
        until,
        u64::from(credit.set.0),
    ];
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
    DocId::of(&bytes)
}
