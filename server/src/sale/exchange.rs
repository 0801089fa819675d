//! Points become money (F014, F015): the points go at once, the money comes on its day. It cannot be taken back.
//!
//! WAITING → GRANTED. Between the two the money stands among what comes to its owner, and the points in the ledger's
//! account of exchanges under the programme. Asking twice is once, by the caller's key; a grant is once, by its row.

use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Time;

use super::action::NewExchange;
use super::decide::{asks, terms, with_facts};
use super::desk::SaleError;
use super::rows::{ExchangeRow, ExchangeState};
use crate::books::Books as Town;
use crate::command::{CommandError, Outcome};
use crate::ledger::decide::Books;
use crate::ledger::rows::{Book, EntryKind, OperationId};
use crate::points::{Acquired, Spending, acquire, free_of, programme_party, spend, tell_standing};
use crate::programme::{Kind, Refusal};
use crate::sale::action::SaleAction;
use crate::store::table::Column as _;

/// Exchanges granted in one command.
const CHUNK: u32 = 200;

/// The key under which something is exchanged once: each account has its own.
#[must_use]
pub fn exchange_key(account: u64, key: &str) -> DocId {
    let account = account.to_be_bytes();
    DocId::of(&[b"kinchaku/exchange/1\0".as_slice(), &account, key.as_bytes()].concat())
}

impl Books<'_> {
    pub(super) fn exchange(&mut self, asked: &NewExchange) -> Result<Outcome, CommandError> {
        let id = exchange_key(asked.account, &asked.key);
        if let Some(known) = self.view.exchanges.get(&(id,)) {
            let same = (known.programme, known.points) == (asked.programme, asked.points);
            let known = Outcome::Exchanged(Box::new(known.clone()));
            return same.then_some(known).ok_or(CommandError::KeyReused);
        }
        let programmes = self.programmes()?;
        let programme = programmes.programmes.get(&asked.programme);
        let programme = programme.ok_or(CommandError::NoProgramme)?;
        let Kind::Exchange(exchange) = &programme.kind else {
            return Err(CommandError::NoProgramme);
        };
        self.may_have_more(asked.account)?;
        exchange.window.check(self.now)?;
        if asked.who.is_none() && asks(&programme.who) {
            return Err(Refusal::NoCard.into());
        }
        self.owes_nothing(asked.account)?;
        let free = free_of(self.view, asked.account, exchange.source, self.now)?;
        let amount = with_facts(asked.who.as_ref(), |facts| {
            exchange.may_exchange(&programme.who, facts, asked.points, free, self.now)
        })?;
        let due = exchange.due(&programmes.calendar, self.now.day())?;
        let mut sale = self.sale_row(programme.id);
        sale.issued = sale.issued.plus(amount)?;
        let spending = Spending {
            account: asked.account,
            class: exchange.source,
            amount: asked.points,
            to: (Book::Exchange, programme_party(programme.id)),
        };
        let spent = spend(self.view, &spending, self.now)?;
        let row = ExchangeRow {
            id,
            programme: programme.id,
            account: asked.account,
            source: exchange.source,
            points: asked.points,
            step: exchange.step,
            gives: exchange.gives,
            class: programme.class,
            amount,
            asked_at: self.now,
            due,
            state: ExchangeState::Waiting,
            taken: spent.tran_id,
            lot: None,
            tran_id: None,
            granted_at: None,
        };
        self.view.sales.put(sale);
        self.view.exchanges.put(row.clone());
        tell_standing(self.view, row.account, row.class);
        Ok(Outcome::Exchanged(Box::new(row)))
    }

    /// Grants the money of exchanges whose day has come; the others stay as they are.
    pub(super) fn grant_exchanges(&mut self, exchanges: &[DocId]) -> Result<Outcome, CommandError> {
        let today = self.now.day();
        let mut granted = 0_u64;
        for id in exchanges {
            let row = self.view.exchanges.copy(&(*id,));
            let Some(mut row) = row.filter(|row| row.state == ExchangeState::Waiting && row.due <= today) else {
                continue;
            };
            let programmes = self.programmes()?;
            let (until, set) = terms(Some(&programmes), row.class, None, today);
            let acquired = Acquired {
                account: row.account,
                class: row.class,
                amount: row.amount,
                until,
                set,
                consideration: Amount::ZERO,
                kind: EntryKind::Exchange,
                operation_id: OperationId::Grant,
                occurred_at: self.now,
                intent: None,
                sources: vec![(Book::Exchange, programme_party(row.programme), row.amount)],
            };
            let posted = acquire(self.view, &acquired, self.now)?;
            tell_standing(self.view, row.account, row.class);
            row.state = ExchangeState::Granted;
            row.lot = Some(posted.lot);
            row.tran_id = Some(posted.tran_id);
            row.granted_at = Some(self.now);
            self.view.exchanges.put(row);
            granted = granted.saturating_add(1);
        }
        Ok(Outcome::Ended(granted))
    }

    /// Whoever owes anything after a claw-back settles that first (F008).
    pub(super) fn owes_nothing(&self, account: u64) -> Result<(), CommandError> {
        let mut balances = self.view.balances.by(&account.to_value());
        let owes = balances.any(|row| !row.owed.is_zero());
        (!owes).then_some(()).ok_or(Refusal::Owing.into())
    }
}

impl Town {
    /// Points of an account become money; the same key again is the same.
    ///
    /// # Errors
    /// [`SaleError`].
    pub async fn exchange(
        &self,
        programme: u32,
        account: u64,
        points: Amount,
        key: &str,
        now: Time,
    ) -> Result<ExchangeRow, SaleError> {
        let asked = NewExchange {
            programme,
            account,
            who: self.somebody(account).await?,
            points,
            key: key.to_owned(),
        };
        match self.sale(SaleAction::Exchange(asked), now).await? {
            Outcome::Exchanged(row) => Ok(*row),
            _ => Err(CommandError::Broken.into()),
        }
    }

    /// Grants the money of exchanges whose day has come (F014, F015).
    ///
    /// # Errors
    /// [`SaleError`]; what was not granted is due the next time.
    pub async fn grant_exchanges(&self, now: Time) -> Result<u64, SaleError> {
        let mut granted = 0_u64;
        loop {
            let exchanges = self.reader().exchanges_due(now.day(), CHUNK).await?;
            let none = exchanges.is_empty();
            let some = match self.sale(SaleAction::GrantExchanges { exchanges }, now).await? {
                Outcome::Ended(some) => some,
                _ => return Err(CommandError::Broken.into()),
            };
            granted = granted.saturating_add(some);
            if none || some == 0 {
                return Ok(granted);
            }
        }
    }
}
