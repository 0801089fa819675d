//! Value for an account: points and vouchers from the class's budget, money against suspense. Each
//! credit is one lot. The caller's key makes it happen once, for as long as the books are kept.

use std::collections::BTreeMap;

use kinchaku_protocol::ids::{DocId, ServiceType};
use kinchaku_protocol::money::Amount;

use super::{Books, positive};
use crate::command::{CommandError, Credit, Outcome};
use crate::ledger::journal::{Business, Head, Movement, enter, list};
use crate::ledger::line::put_lot;
use crate::ledger::rows::{Book, CreditRow, EntryKind, LotRow, NO_PARTY, Operation, OperationId};

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
        let lot = self.view.next("lot");
        let mut movement = Movement::default();
        movement.to_user((credit.account, lot), book, NO_PARTY, credit.class, amount)?;
        let head = Head {
            kind,
            intent: None,
            target: None,
            occurred_at: self.now,
            now: self.now,
        };
        let entry = enter(self.view, head, &movement)?;
        let business = Business {
            entry,
            operation: Operation::Add,
            operation_id,
            account: credit.account,
            shop: None,
            intent: None,
            occurred_at: self.now,
            now: self.now,
        };
        let rows = list(
            self.view,
            business,
            &BTreeMap::from([(credit.class, amount)]),
            &movement,
        )?;
        let tran_id = rows
            .into_iter()
            .next()
            .map(|row| row.tran_id)
            .ok_or(CommandError::Broken)?;
        put_lot(
            self.view,
            LotRow {
                id: lot,
                account: credit.account,
                class: credit.class,
                units: amount,
                remaining: amount,
                held: Amount::ZERO,
                issued_at: self.now,
                until: credit.until,
                set_id: credit.set,
                origin: entry,
                consideration,
            },
        );
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
