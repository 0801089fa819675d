//! What becomes of an order when its provider tells something. Each thing is taken in once, by the provider's own
//! number for it; and since such messages come late, twice and in any order, what an order is past already is
//! written down and does nothing. No money is forgotten: what came in and brought nothing goes back.

use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::money::Amount;

use super::action::ByHand;
use super::decide::{sale_of, terms};
use super::order::pay_in_of;
use super::rows::{EventKind, EventVerdict, OrderRow, OrderState, ProviderEventRow, RefundStep};
use crate::calendar::after_purchase;
use crate::command::{CommandError, Outcome};
use crate::ledger::decide::Books;
use crate::ledger::rows::{Book, EntryKind, NO_PARTY, OperationId};
use crate::points::{Acquired, TakenBack, acquire, claw_back, programme_party};
use crate::programme::PayIn;

/// Where money of an order came from, or goes back to.
type Sides = Vec<(Book, kinchaku_protocol::ids::Pid, Amount)>;

impl Books<'_> {
    pub(super) fn provider_event(
        &mut self,
        id: &str,
        order: u64,
        kind: EventKind,
        amount: Amount,
    ) -> Result<Outcome, CommandError> {
        let id = DocId::of(id.as_bytes());
        let row = self.view.orders.copy(&(order,)).ok_or(CommandError::NoOrder)?;
        if let Some(known) = self.view.provider_events.get(&(id,)) {
            let same = (known.order_id, known.kind, known.amount) == (order, kind, amount);
            return same
                .then(|| Outcome::Order(Box::new(row)))
                .ok_or(CommandError::KeyReused);
        }
        let (row, verdict) = if kind != EventKind::Declined && amount != row.price {
            (row, EventVerdict::OtherAmount)
        } else {
            self.told(row, kind)?
        };
        self.view.orders.put(row.clone());
        self.view.provider_events.put(ProviderEventRow {
            id,
            order_id: order,
            kind,
            amount,
            verdict,
            at: self.now,
        });
        Ok(Outcome::Order(Box::new(row)))
    }

    fn told(&mut self, mut row: OrderRow, kind: EventKind) -> Result<(OrderRow, EventVerdict), CommandError> {
        use OrderState as S;
        match (kind, row.state) {
            // Value that would be over when it comes is not sold: the money goes back.
            (EventKind::Paid, S::Awaiting) if self.would_be_over(&row) => {
                self.unreserve(&row);
                return Ok((self.too_late(row), EventVerdict::TooLate));
            }
            (EventKind::Paid, S::Awaiting) => self.paid(&mut row)?,
            (EventKind::Paid, S::Failed | S::Lapsed) => return Ok((self.too_late(row), EventVerdict::TooLate)),
            (EventKind::Declined, S::Awaiting) => {
                self.unreserve(&row);
                row.state = S::Failed;
            }
            (EventKind::Refunded, S::Refunded) if row.refund == RefundStep::Due => row.refund = RefundStep::Done,
            (EventKind::Refunded, S::Paid) if self.is_unused(&row) => {
                self.give_back(&mut row)?;
                row.refund = RefundStep::Done;
            }
            // The money is gone, whatever the provider calls it: what was used is owed.
            (EventKind::Refunded | EventKind::ChargedBack, S::Paid) => self.charge_back(&mut row)?,
            (EventKind::ChargedBack, S::Refunded) if row.refund == RefundStep::Due => {
                row.state = S::ChargedBack;
                row.refund = RefundStep::None;
                // Its lots went back with the refund; those of other orders that are charged back count as sold.
                row.lot = None;
            }
            // Told before its payment was, which will find nothing to do.
            (EventKind::Refunded | EventKind::ChargedBack, S::Awaiting | S::Failed | S::Lapsed) => {
                if row.state == S::Awaiting {
                    self.unreserve(&row);
                }
                let back = kind == EventKind::Refunded;
                row.state = if back { S::Refunded } else { S::ChargedBack };
                row.refund = if back { RefundStep::Done } else { RefundStep::None };
            }
            _ => return Ok((row, EventVerdict::OutOfTurn)),
        }
        row.settled_at = Some(self.now);
        Ok((row, EventVerdict::Taken))
    }

    /// Whether the last day of what is ordered has passed.
    fn would_be_over(&self, row: &OrderRow) -> bool {
        let programmes = self.view.programmes.as_deref();
        let sale = |id| sale_of(programmes?, id).ok();
        let end = row.programme.and_then(sale).map(|(_, sale)| sale.usage.until);
        let (until, _) = terms(programmes, row.class, end, self.now.day());
        until.is_some_and(|until| until < self.now.day())
    }

    fn too_late(&self, mut row: OrderRow) -> OrderRow {
        row.state = OrderState::Refunded;
        row.refund = way_back(&row);
        row.settled_at = Some(self.now);
        row
    }

    /// The value, for the price and the town's premium on it.
    fn paid(&mut self, row: &mut OrderRow) -> Result<(), CommandError> {
        let programmes = self.view.programmes.clone();
        let programmes = programmes.as_deref();
        let today = self.now.day();
        let end = match row.programme {
            Some(id) => {
                let (_, sale) = sale_of(programmes.ok_or(CommandError::NotSetUp)?, id)?;
                let bonus = sale.bonus.filter(|_| !row.bonus.is_zero());
                row.bonus_due = bonus.map(|bonus| after_purchase(today, bonus.after_days));
                Some(sale.usage.until)
            }
            None => None,
        };
        let (until, set) = terms(programmes, row.class, end, today);
        self.unreserve(row);
        if let (Some(programme), Some(person)) = (row.programme, row.person) {
            let mut sale = self.sale_row(programme);
            sale.sold = sale.sold.saturating_add(u64::from(row.units));
            sale.issued = sale.issued.plus(row.face)?;
            self.view.sales.put(sale);
            let mut share = self.share(programme, person);
            share.bought = share.bought.saturating_add(row.units);
            self.view.shares.put(share);
        }
        let kind = if row.programme.is_some() {
            EntryKind::Purchase
        } else {
            EntryKind::Charge
        };
        let acquired = Acquired {
            account: row.account,
            class: row.class,
            amount: row.face,
            until,
            set,
            consideration: row.price,
            kind,
            operation_id: OperationId::Charge,
            occurred_at: self.now,
            intent: None,
            sources: sides(row)?,
        };
        let posted = acquire(self.view, &acquired, self.now)?;
        row.state = OrderState::Paid;
        row.lot = Some(posted.lot);
        row.tran_id = Some(posted.tran_id);
        Ok(())
    }

    /// Whether all that an order brought is there, and free.
    fn is_unused(&self, row: &OrderRow) -> bool {
        let lot = row.lot.and_then(|lot| self.view.lots.get(&(lot,)));
        let whole = lot.filter(|lot| lot.remaining == row.face && lot.held.is_zero());
        let today = self.now.day();
        whole.is_some_and(|lot| lot.until.is_none_or(|until| until >= today))
    }

    /// The office takes an order back: value and lots return, and the provider is asked to return the money. What
    /// was paid at the counter is returned there.
    pub(super) fn refund(&mut self, order: u64) -> Result<Outcome, CommandError> {
        let mut row = self.view.orders.copy(&(order,)).ok_or(CommandError::NoOrder)?;
        match row.state {
            OrderState::Refunded => return Ok(Outcome::Order(Box::new(row))),
            OrderState::Paid => {}
            _ => return Err(CommandError::OrderState),
        }
        if !self.is_unused(&row) {
            return Err(CommandError::UsedAlready);
        }
        self.give_back(&mut row)?;
        row.refund = way_back(&row);
        row.settled_at = Some(self.now);
        self.view.orders.put(row.clone());
        Ok(Outcome::Order(Box::new(row)))
    }

    /// The office has dealt with money that no provider returns: it was sent back another way, or was none.
    pub(super) fn by_hand(&mut self, what: &ByHand) -> Result<Outcome, CommandError> {
        let id = by_hand(what);
        let (order, amount) = match what {
            ByHand::Order(order) => (*order, None),
            ByHand::Event(event) => {
                let event = self.view.provider_events.get(&(*event,)).ok_or(CommandError::NoOrder)?;
                let odd = matches!(event.verdict, EventVerdict::OtherAmount | EventVerdict::OutOfTurn);
                odd.then_some(()).ok_or(CommandError::OrderState)?;
                (event.order_id, Some(event.amount))
            }
        };
        let mut row = self.view.orders.copy(&(order,)).ok_or(CommandError::NoOrder)?;
        if self.view.provider_events.get(&(id,)).is_some() {
            return Ok(Outcome::Order(Box::new(row)));
        }
        if amount.is_none() {
            let due = row.refund == RefundStep::Due;
            due.then_some(()).ok_or(CommandError::OrderState)?;
            row.refund = RefundStep::Done;
            row.settled_at = Some(self.now);
            self.view.orders.put(row.clone());
        }
        self.view.provider_events.put(ProviderEventRow {
            id,
            order_id: order,
            kind: EventKind::Refunded,
            amount: amount.unwrap_or(row.price),
            verdict: EventVerdict::Taken,
            at: self.now,
        });
        Ok(Outcome::Order(Box::new(row)))
    }

    /// Undoes a purchase of which nothing was used: others may buy the lots.
    fn give_back(&mut self, row: &mut OrderRow) -> Result<(), CommandError> {
        self.take_back(row)?;
        row.state = OrderState::Refunded;
        if let (Some(programme), Some(person)) = (row.programme, row.person) {
            let mut sale = self.sale_row(programme);
            sale.sold = sale.sold.saturating_sub(u64::from(row.units));
            sale.issued = sale.issued.less(row.face);
            self.view.sales.put(sale);
            let mut share = self.share(programme, person);
            share.bought = share.bought.saturating_sub(row.units);
            self.view.shares.put(share);
        }
        Ok(())
    }

    /// Undoes a payment whose money is gone. The lots count as sold: some of their value may be used, and whoever
    /// takes the money back buys no others in their place.
    fn charge_back(&mut self, row: &mut OrderRow) -> Result<(), CommandError> {
        self.take_back(row)?;
        row.state = OrderState::ChargedBack;
        Ok(())
    }

    /// Takes the value back, and the points for buying it; what is not there any more is owed.
    fn take_back(&mut self, row: &mut OrderRow) -> Result<(), CommandError> {
        let value = TakenBack {
            account: row.account,
            class: row.class,
            amount: row.face,
            first: row.lot,
            to: sides(row)?,
            target: row.tran_id.clone(),
            occurred_at: self.now,
            intent: None,
        };
        claw_back(self.view, &value, self.now)?;
        row.returned = row.face;
        row.bonus_due = None;
        if let (true, Some(class), Some(programme)) = (row.bonus_done, row.bonus_class, row.programme) {
            let points = TakenBack {
                class,
                amount: row.bonus,
                first: row.bonus_lot,
                to: vec![(Book::Budget, programme_party(programme), row.bonus)],
                target: row.bonus_tran.clone(),
                ..value
            };
            claw_back(self.view, &points, self.now)?;
            row.bonus_done = false;
        }
        Ok(())
    }
}

/// Under which number it is written down, beside what providers told.
pub(crate) fn by_hand(what: &ByHand) -> DocId {
    let (kind, number) = match what {
        ByHand::Order(order) => (0, order.to_be_bytes().to_vec()),
        ByHand::Event(event) => (1, event.0.to_vec()),
    };
    DocId::of(&[b"kinchaku/by-hand/1\0".as_slice(), &[kind], &number].concat())
}

/// What was paid at the counter is handed back there; the rest a provider returns.
fn way_back(row: &OrderRow) -> RefundStep {
    match pay_in_of(row.pay_in) {
        Some(PayIn::Counter) => RefundStep::Done,
        _ => RefundStep::Due,
    }
}

/// The price from outside, and the premium from what the programme gives.
fn sides(row: &OrderRow) -> Result<Sides, CommandError> {
    let mut sides = vec![(Book::Suspense, NO_PARTY, row.price)];
    let premium = row.face.minus(row.price)?;
    if let Some(programme) = row.programme.filter(|_| !premium.is_zero()) {
        sides.push((Book::Budget, programme_party(programme), premium));
    }
    Ok(sides)
}
