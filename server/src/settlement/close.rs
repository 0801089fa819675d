//! The close of a period: begun, a sum written for each shop, finished. Each step is done once, by its key.

use kinchaku_protocol::ids::{ClassId, Pid};
use kinchaku_protocol::money::{Amount, Signed};

use super::action::ShopSum;
use super::periods::next_period;
use super::rows::{PayoutRow, PeriodRow, PeriodState};
use crate::command::CommandError;
use crate::ledger::Broken;
use crate::ledger::decide::Books;
use crate::ledger::journal::{Head, Movement, enter};
use crate::ledger::rows::{Book, EntryKind};

impl Books<'_> {
    /// Begins a close: the time of this commit lies after the period, and no later commit has an earlier one, so
    /// that nothing is posted in it any more.
    pub(super) fn begin_close(&mut self, class: ClassId, number: u32) -> Result<(), CommandError> {
        if self.view.periods.get(&(class, number)).is_some() {
            return Ok(());
        }
        let before = match number.checked_sub(1) {
            None => return Err(CommandError::NoPeriod),
            Some(0) => None,
            Some(before) => {
                let row = self.view.periods.get(&(class, before));
                let closed = row.filter(|row| row.state == PeriodState::Closed);
                let row = closed.ok_or(CommandError::NoPeriod)?;
                Some((before, row.last))
            }
        };
        let programmes = self.view.programmes.clone().ok_or(CommandError::NotSetUp)?;
        let settled = programmes.classes.get(&class).ok_or(CommandError::NoClass)?;
        let period = next_period(&programmes, settled, before)?.ok_or(CommandError::NoPeriod)?;
        if self.now.day() <= period.last {
            return Err(CommandError::NoPeriod);
        }
        self.view.periods.put(PeriodRow {
            class,
            number,
            first: period.first,
            last: period.last,
            paid_on: period.paid,
            late: period.late,
            state: PeriodState::Closing,
            begun_at: self.now,
            closed_at: None,
        });
        Ok(())
    }

    /// Writes what some shops are paid.
    pub(super) fn pay_shops(&mut self, class: ClassId, number: u32, shops: &[ShopSum]) -> Result<(), CommandError> {
        if self.closing(class, number)?.is_none() {
            return Ok(());
        }
        for sum in shops {
            if self.view.payouts.get(&(class, number, sum.shop)).is_none() {
                self.pay_shop(class, number, sum)?;
            }
        }
        Ok(())
    }

    /// Every shop has its sum.
    pub(super) fn finish_close(&mut self, class: ClassId, number: u32) -> Result<(), CommandError> {
        if let Some(mut row) = self.closing(class, number)? {
            row.state = PeriodState::Closed;
            row.closed_at = Some(self.now);
            self.view.periods.put(row);
        }
        Ok(())
    }

    /// The period whose close has begun; none where it is done.
    fn closing(&self, class: ClassId, number: u32) -> Result<Option<PeriodRow>, CommandError> {
        let row = self.view.periods.copy(&(class, number)).ok_or(CommandError::NoPeriod)?;
        Ok((row.state == PeriodState::Closing).then_some(row))
    }

    fn pay_shop(&mut self, class: ClassId, number: u32, sum: &ShopSum) -> Result<(), Broken> {
        let before = (class, number.saturating_sub(1), sum.shop);
        let carried_in = self
            .view
            .payouts
            .get(&before)
            .map_or(Signed::ZERO, |row| row.carried_out);
        let (paid, carried_out) = split(sum.used, sum.cancelled, carried_in)?;
        let entry = if paid.is_zero() {
            None
        } else {
            Some(self.transfer(class, sum.shop, paid)?)
        };
        self.view.payouts.put(PayoutRow {
            class,
            number,
            shop: sum.shop,
            used: sum.used,
            cancelled: sum.cancelled,
            carried_in,
            paid,
            carried_out,
            entry,
        });
        Ok(())
    }

    fn transfer(&mut self, class: ClassId, shop: Pid, paid: Amount) -> Result<u64, Broken> {
        let mut movement = Movement::default();
        movement.add(Book::ShopPayable, shop, class, None, paid.debit())?;
        movement.add(Book::Payout, shop, class, None, paid.credit())?;
        let head = Head {
            kind: EntryKind::Payout,
            intent: None,
            target: None,
            occurred_at: self.now,
            now: self.now,
        };
        enter(self.view, head, &movement)
    }
}

/// What is transferred, and what is left for the next period: never both.
///
/// # Errors
/// [`Broken`] out of range.
pub(crate) fn split(used: Amount, cancelled: Amount, carried_in: Signed) -> Result<(Amount, Signed), Broken> {
    let total = used.credit().plus(cancelled.debit())?.plus(carried_in)?;
    if total.units() > 0 {
        Ok((Amount::try_from(total.units())?, Signed::ZERO))
    } else {
        Ok((Amount::ZERO, total))
    }
}
