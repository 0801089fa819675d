//! Driving a close to its end, and the console's cancellations: what needs both the lane and what can be read.
//!
//! Whoever begins: the sums are read after the begin is committed, when nothing can change them any more, so two
//! clerks at once write the same rows and the second writes nothing. A run that died is gone on with by the next.

use std::collections::BTreeSet;

use kinchaku_protocol::doc::{Cancel, Document as _, Fact, KeyUse, Received};
use kinchaku_protocol::ids::{ClassId, DocId, Pid};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::{Day, Time};

use super::action::{CancelRefusal, Canceller, SettleAction, ShopSum};
use super::periods::next_period;
use super::rows::{PeriodRow, PeriodState};
use crate::books::{Books, BooksError};
use crate::calendar::CalendarError;
use crate::command::{Action, Command, CommandError, Outcome, ServerKey};
use crate::fault;
use crate::keys::TownKeys;
use crate::lane::Lane;
use crate::programme::{Class, Programmes};
use crate::query::Reader;

/// Shops whose sums are written in one commit.
const CHUNK: usize = 1_000;

/// The number that a cancellation made at the console bears as its reason.
const AT_THE_CONSOLE: u32 = 0;

/// Closes periods of a town.
#[derive(Clone, Copy)]
pub struct Closing<'a> {
    lane: &'a Lane,
    reader: &'a Reader,
}

/// A payment that was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenBack {
    /// Which.
    pub intent: DocId,
    /// All of it.
    pub total: Amount,
    /// The cancelling rows: number, class and amount.
    pub rows: Vec<(String, ClassId, Amount)>,
}

impl<'a> Closing<'a> {
    /// With these.
    #[must_use]
    pub const fn new(lane: &'a Lane, reader: &'a Reader) -> Self {
        Self { lane, reader }
    }

    /// Closes every period that is over and ends on `through` at the latest, of one class or of all; gives those it
    /// closed. A class whose calendar cannot be told keeps no other one from being closed.
    ///
    /// # Errors
    /// [`BooksError`]; [`CommandError::NoPeriod`] where the folder does not go on where a class's last period ended.
    /// What was done stays done.
    pub async fn through(&self, class: Option<ClassId>, through: Day, now: Time) -> Result<Vec<PeriodRow>, BooksError> {
        let Some(programmes) = self.reader.programmes().await? else {
            return Ok(Vec::new());
        };
        let classes = programmes.classes.values();
        let mut closed = Vec::new();
        let mut unclear: Option<CommandError> = None;
        for settled in classes.filter(|settled| class.is_none_or(|class| class == settled.id)) {
            match self.class(&programmes, settled, through, now).await {
                Ok(periods) => closed.extend(periods),
                Err(BooksError::Command(error @ (CommandError::Calendar(_) | CommandError::NoPeriod))) => {
                    unclear = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        unclear.map_or(Ok(closed), |error| Err(error.into()))
    }

    async fn class(
        &self,
        programmes: &Programmes,
        class: &Class,
        through: Day,
        now: Time,
    ) -> Result<Vec<PeriodRow>, BooksError> {
        let mut closed = Vec::new();
        let mut known = self.reader.periods(Some(class.id)).await?;
        loop {
            let number = match known.last() {
                Some(open) if open.state == PeriodState::Closing => open.number,
                last => {
                    let before = last.map(|row| (row.number, row.last));
                    // There is always a next one; a folder that tells of none would end the settlement unheard.
                    let next = next_period(programmes, class, before).map_err(refused)?;
                    let next = next.ok_or(CommandError::NoPeriod)?;
                    if next.last > through || next.last >= now.day() {
                        return Ok(closed);
                    }
                    next.number
                }
            };
            self.period(class.id, number, now).await?;
            known = self.reader.periods(Some(class.id)).await?;
            closed.extend(known.iter().filter(|row| row.number == number).cloned());
        }
    }

    /// Closes one period, or goes on with its close.
    ///
    /// # Errors
    /// [`BooksError`]; [`CommandError::NoPeriod`] where it is not its turn.
    pub async fn period(&self, class: ClassId, number: u32, now: Time) -> Result<(), BooksError> {
        self.run(SettleAction::Begin { class, number }, now).await?;
        fault::point("close.begun");
        let (sums, paid) = self.reader.period_sums(class, number).await?;
        let paid: BTreeSet<Pid> = paid.into_iter().collect();
        let sums: Vec<ShopSum> = sums.into_iter().filter(|sum| !paid.contains(&sum.shop)).collect();
        for shops in sums.chunks(CHUNK) {
            let shops = shops.to_vec();
            self.run(SettleAction::Pay { class, number, shops }, now).await?;
            fault::point("close.paid");
        }
        self.run(SettleAction::Finish { class, number }, now).await?;
        fault::point("close.finished");
        Ok(())
    }

    /// Takes a payment back, with a cancellation signed by the console's key.
    ///
    /// # Errors
    /// [`BooksError`]; [`CommandError::NotCancelled`] says why not.
    pub async fn cancel(
        &self,
        console: &ServerKey,
        intent: DocId,
        (by, token): (Canceller, u64),
        note: String,
        now: Time,
    ) -> Result<TakenBack, BooksError> {
        let payment = self.reader.intent(intent.to_ref()).await?;
        let payment = payment.filter(|row| row.id == intent);
        let payment = payment.ok_or(CommandError::NotCancelled(CancelRefusal::NotPosted))?;
        let cancel = Cancel {
            intent: intent.to_ref(),
            shop: payment.shop,
            reason: AT_THE_CONSOLE,
            cancelled_at: now,
        };
        let signed = cancel.sign(console.as_ref()).map_err(|_| CommandError::Unavailable)?;
        let action = SettleAction::Cancel {
            document: signed.bytes().to_vec(),
            by,
            token,
            note,
        };
        let Outcome::Fact(fact) = self.run(action, now).await? else {
            return Err(CommandError::Broken.into());
        };
        let fact = Received::<Fact>::read(&fact)
            .map_err(|_| CommandError::Broken)?
            .trusted();
        Ok(TakenBack {
            intent,
            total: payment.total,
            rows: fact
                .rows
                .iter()
                .map(|row| (row.tran_id.clone(), row.class, row.amount))
                .collect(),
        })
    }

    /// Writes down that a shop gave cash back.
    ///
    /// # Errors
    /// [`BooksError`]; [`CommandError::NotCancelled`] says why not.
    pub async fn cash_refund(
        &self,
        intent: DocId,
        (by, token): (Canceller, u64),
        note: String,
        now: Time,
    ) -> Result<(), BooksError> {
        let action = SettleAction::CashRefund {
            intent,
            by,
            token,
            note,
        };
        self.run(action, now).await?;
        Ok(())
    }

    async fn run(&self, action: SettleAction, now: Time) -> Result<Outcome, BooksError> {
        if !self.lane.keeps() {
            return Err(CommandError::Unavailable.into());
        }
        let action = Action::Settle(action);
        Ok(self.lane.run(Command { now, action }).await?)
    }
}

const fn refused(error: CalendarError) -> BooksError {
    BooksError::Command(CommandError::Calendar(error))
}

impl Books {
    /// Closes every period that is over and ends on `through` at the latest, of one class or of all; gives those it
    /// closed. It may run twice, late, or after a crash.
    ///
    /// # Errors
    /// [`BooksError`]; what was done stays done.
    pub async fn close_periods(
        &self,
        class: Option<ClassId>,
        through: Day,
        now: Time,
    ) -> Result<Vec<PeriodRow>, BooksError> {
        Closing::new(self.lane(), self.reader())
            .through(class, through, now)
            .await
    }

    /// Takes a payment back for a shop or for the office, as somebody at the console asked.
    ///
    /// # Errors
    /// [`BooksError`]; [`CommandError::NotCancelled`] says why not.
    pub async fn cancel_payment(
        &self,
        keys: &TownKeys,
        intent: DocId,
        by: (Canceller, u64),
        note: String,
        now: Time,
    ) -> Result<TakenBack, BooksError> {
        let console: ServerKey = keys.signer(KeyUse::CONSOLE, now)?.clone();
        let closing = Closing::new(self.lane(), self.reader());
        closing.cancel(&console, intent, by, note, now).await
    }

    /// Writes down that a shop gave cash back after the close (F097).
    ///
    /// # Errors
    /// [`BooksError`]; [`CommandError::NotCancelled`] says why not.
    pub async fn cash_refund(
        &self,
        intent: DocId,
        by: (Canceller, u64),
        note: String,
        now: Time,
    ) -> Result<(), BooksError> {
        Closing::new(self.lane(), self.reader())
            .cash_refund(intent, by, note, now)
            .await
    }
}
