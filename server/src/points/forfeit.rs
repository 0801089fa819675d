//! Value the office takes away, with its reason (F105, 失効): what nothing holds, all of it or so much. What is set aside
//! for payments stays usable; it is taken when it is free again, by asking once more.

use kinchaku_protocol::ids::DocId;

use super::action::Forfeiture;
use super::rows::ForfeitRow;
use super::spend::{Spending, forfeit, free_of};
use crate::command::{CommandError, Outcome};
use crate::ledger::decide::Books;
use crate::ledger::rows::{Book, account_party};
use crate::programme::Refusal;

/// The key under which it is done once.
#[must_use]
pub fn forfeit_key(account: u64, key: &str) -> DocId {
    let account = account.to_be_bytes();
    DocId::of(&[b"kinchaku/forfeit/1\0".as_slice(), &account, key.as_bytes()].concat())
}

impl Books<'_> {
    pub(super) fn take_away(&mut self, asked: &Forfeiture) -> Result<Outcome, CommandError> {
        let id = forfeit_key(asked.account, &asked.key);
        if let Some(known) = self.view.forfeits.get(&(id,)) {
            let same = known.class == asked.class
                && known.reason == asked.reason
                && asked.amount.is_none_or(|amount| amount == known.amount);
            return same.then_some(Outcome::Done).ok_or(CommandError::KeyReused);
        }
        let known = self.view.accounts.get(&(asked.account,)).is_some();
        known.then_some(()).ok_or(CommandError::NoAccount)?;
        let known = self.view.classes.get(&(asked.class,)).is_some();
        known.then_some(()).ok_or(CommandError::NoClass)?;
        let free = free_of(self.view, asked.account, asked.class, self.now)?;
        let amount = asked.amount.unwrap_or(free);
        if amount > free || free.is_zero() {
            return Err(Refusal::NotEnough { left: free }.into());
        }
        if amount.is_zero() {
            return Err(CommandError::Amount);
        }
        let spending = Spending {
            account: asked.account,
            class: asked.class,
            amount,
            to: (Book::Forfeit, account_party(asked.account)),
        };
        let entry = forfeit(self.view, &spending, self.now)?;
        self.view.forfeits.put(ForfeitRow {
            id,
            account: asked.account,
            class: asked.class,
            amount,
            reason: asked.reason.clone(),
            token: asked.token,
            entry,
            at: self.now,
        });
        Ok(Outcome::Done)
    }
}
