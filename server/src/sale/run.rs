//! The jobs of sales: what is due is found by reading and named to the books in chunks. Each of them may run twice,
//! late, or after it broke off: what was done is not due any more.

use kinchaku_protocol::time::Time;

use super::action::SaleAction;
use super::desk::{SaleError, charge};
use super::order::pay_in_of;
use super::provider::Standing;
use super::rows::{OrderRow, RefundStep};
use crate::books::Books;
use crate::command::{CommandError, Outcome};
use crate::programme::PayIn;

/// Orders looked at in one command.
const CHUNK: u32 = 200;

impl Books {
    /// Ends orders nobody paid in time. The provider is asked first: a callback may have been lost.
    ///
    /// # Errors
    /// [`SaleError`]; what was not ended is due the next time.
    pub async fn lapse_orders(&self, now: Time) -> Result<u64, SaleError> {
        let mut ended = 0_u64;
        loop {
            let due = self.reader().orders_to_lapse(now, CHUNK).await?;
            let orders: Vec<u64> = due.iter().map(|order| order.id).collect();
            for order in &due {
                // One order nobody can look up keeps the lots of no other.
                if let Err(error) = self.look_up(order, now).await {
                    tracing::warn!(order = order.id, %error, "an order ends without its provider's word");
                }
            }
            let some = match self.sale(SaleAction::LapseOrders { orders }, now).await? {
                Outcome::Ended(some) => some,
                _ => return Err(CommandError::Broken.into()),
            };
            ended = ended.saturating_add(some);
            if due.is_empty() || some == 0 {
                return Ok(ended);
            }
        }
    }

    /// Takes in what the provider knows of an order. One that does not answer keeps no lots from others: what comes
    /// too late goes back.
    async fn look_up(&self, order: &OrderRow, now: Time) -> Result<(), SaleError> {
        let Ok(provider) = self.provider() else { return Ok(()) };
        if pay_in_of(order.pay_in) == Some(PayIn::Counter) {
            return Ok(());
        }
        if let Ok(Standing::Known(_, told)) = provider.status(charge(order)?).await {
            for event in told {
                self.take_in(event, now).await?;
            }
        }
        Ok(())
    }

    /// Asks again for refunds that were not done yet. Gives how many are done now.
    ///
    /// # Errors
    /// [`SaleError`].
    pub async fn return_due(&self, now: Time) -> Result<u64, SaleError> {
        let (mut after, mut done) = (0, 0_u64);
        loop {
            let due = self.reader().refunds_due(after, CHUNK).await?;
            let Some(last) = due.last() else { return Ok(done) };
            after = last.id;
            for order in &due {
                match self.return_money(order, now).await {
                    Ok(row) => done = done.saturating_add(u64::from(row.refund == RefundStep::Done)),
                    Err(SaleError::Provider(error)) => {
                        tracing::warn!(order = order.id, %error, "money has to go back later");
                    }
                    Err(SaleError::NoProvider) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }

    /// Grants points for buying whose day has come (F080).
    ///
    /// # Errors
    /// [`SaleError`]; what was not granted is due the next time.
    pub async fn grant_bonuses(&self, now: Time) -> Result<u64, SaleError> {
        let mut granted = 0_u64;
        loop {
            let due = self.reader().bonuses_due(now.day(), CHUNK).await?;
            let orders = due.iter().map(|order| order.id).collect();
            let some = match self.sale(SaleAction::GrantBonus { orders }, now).await? {
                Outcome::Ended(some) => some,
                _ => return Err(CommandError::Broken.into()),
            };
            granted = granted.saturating_add(some);
            if due.is_empty() || some == 0 {
                return Ok(granted);
            }
        }
    }

    /// The jobs of sales; gives how many orders they changed. The others are done all the same where one cannot be.
    ///
    /// # Errors
    /// [`SaleError`].
    pub async fn run_sale_jobs(&self, now: Time) -> Result<u64, SaleError> {
        let lapsed = self.lapse_orders(now).await;
        let granted = self.grant_bonuses(now).await;
        let exchanged = self.grant_exchanges(now).await;
        let returned = self.return_due(now).await;
        let granted = granted?.saturating_add(exchanged?);
        Ok(lapsed?.saturating_add(granted).saturating_add(returned?))
    }
}
