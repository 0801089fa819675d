//! Orders (F064, F070, F077, F151 to F153): lots are kept for whoever ordered them until the money is here or the
//! time is over.

use kinchaku_protocol::ids::{ClassId, DocId, ServiceType};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::{DAY_SECONDS, Time};

use super::action::{Buyer, NewOrder, Ordered, Somebody};
use super::decide::{asks, bonus_age, nobody, sale_of, with_facts};
use super::rows::{ApplicationRow, OrderRow, OrderState, RefundStep, SaleRow, ShareRow};
use crate::command::{CommandError, Outcome};
use crate::ledger::decide::Books;
use crate::programme::{Bought, BuyBy, PayIn, Programme, Refusal, Sale, Sold};
use crate::store::table::Column as _;

/// The least and the most of one top-up, in yen (docs/rules.md).
pub const TOP_UP: std::ops::RangeInclusive<u64> = 1..=100_000;

/// Top-ups of one account that wait for their payment at once (docs/rules.md).
const OPEN_TOP_UPS: usize = 10;

/// How long an order waits for its payment, and never longer than its sale.
#[must_use]
pub const fn patience(pay_in: PayIn) -> u64 {
    match pay_in {
        PayIn::Card => 15 * 60,
        PayIn::Bank | PayIn::Counter => DAY_SECONDS,
        PayIn::Atm | PayIn::Store => 3 * DAY_SECONDS,
    }
}

/// A way to pay as it stands in the database.
#[must_use]
pub const fn number_of(pay_in: PayIn) -> u8 {
    match pay_in {
        PayIn::Card => 0,
        PayIn::Bank => 1,
        PayIn::Atm => 2,
        PayIn::Store => 3,
        PayIn::Counter => 4,
    }
}

/// From the database.
#[must_use]
pub const fn pay_in_of(number: u8) -> Option<PayIn> {
    match number {
        0 => Some(PayIn::Card),
        1 => Some(PayIn::Bank),
        2 => Some(PayIn::Atm),
        3 => Some(PayIn::Store),
        4 => Some(PayIn::Counter),
        _ => None,
    }
}

/// The key of an order: each account has its own.
#[must_use]
pub fn order_key(account: u64, key: &str) -> DocId {
    DocId::of(&[&account.to_be_bytes(), key.as_bytes()].concat())
}

/// What an order is of, before it has a number.
struct Wanted {
    programme: Option<u32>,
    class: ClassId,
    person: Option<DocId>,
    units: u32,
    price: Amount,
    face: Amount,
    /// When what is sold is no longer sold.
    ends: Option<Time>,
    bonus: Option<(ClassId, Amount)>,
    /// What it takes from the stock and from what the person may have.
    kept: Option<(SaleRow, ShareRow)>,
}

impl Books<'_> {
    pub(super) fn order(&mut self, asked: &NewOrder) -> Result<Outcome, CommandError> {
        let key = order_key(asked.account, &asked.key);
        let content = content(asked);
        if let Some(known) = self.own(asked.account).find(|row| row.key == key) {
            return (known.content == content)
                .then(|| Outcome::Order(Box::new(known.clone())))
                .ok_or(CommandError::KeyReused);
        }
        self.may_have_more(asked.account)?;
        let wanted = match &asked.ordered {
            Ordered::Lots {
                programme,
                units,
                buyer,
            } => self.lots(asked, *programme, *units, buyer)?,
            Ordered::TopUp { class, amount } => {
                self.few_wait(asked.account)?;
                self.top_up(*class, *amount)?
            }
        };
        let patience = self.now.after(patience(asked.pay_in));
        if let Some((sale, share)) = wanted.kept {
            self.view.sales.put(sale);
            self.view.shares.put(share);
        }
        let (bonus_class, bonus) = wanted.bonus.unzip();
        let row = OrderRow {
            id: self.view.next("order"),
            key,
            content,
            programme: wanted.programme,
            class: wanted.class,
            account: asked.account,
            person: wanted.person,
            units: wanted.units,
            price: wanted.price,
            face: wanted.face,
            pay_in: number_of(asked.pay_in),
            state: OrderState::Awaiting,
            provider_ref: None,
            made_at: self.now,
            until: wanted.ends.map_or(patience, |ends| ends.min(patience)),
            settled_at: None,
            lot: None,
            tran_id: None,
            returned: Amount::ZERO,
            bonus_class,
            bonus: bonus.unwrap_or(Amount::ZERO),
            bonus_due: None,
            bonus_done: false,
            bonus_lot: None,
            bonus_tran: None,
            refund: RefundStep::None,
        };
        self.view.orders.put(row.clone());
        Ok(Outcome::Order(Box::new(row)))
    }

    /// The orders of an account that are at hand.
    fn own(&self, account: u64) -> impl Iterator<Item = &OrderRow> {
        self.view.orders.by(&account.to_value())
    }

    /// Whoever asks for money again and again has to pay some of it first.
    fn few_wait(&self, account: u64) -> Result<(), CommandError> {
        let waits = self
            .own(account)
            .filter(|row| row.programme.is_none() && row.state == OrderState::Awaiting);
        if waits.count() >= OPEN_TOP_UPS {
            let most = u32::try_from(OPEN_TOP_UPS).unwrap_or(u32::MAX);
            return Err(Refusal::TooMany { most, left: 0 }.into());
        }
        Ok(())
    }

    fn top_up(&self, class: ClassId, amount: Amount) -> Result<Wanted, CommandError> {
        let known = self.view.classes.get(&(class,)).ok_or(CommandError::NoClass)?;
        if known.service_type != ServiceType::Money {
            return Err(CommandError::NoClass);
        }
        if !TOP_UP.contains(&amount.units()) {
            return Err(CommandError::Amount);
        }
        Ok(Wanted {
            programme: None,
            class,
            person: None,
            units: 0,
            price: amount,
            face: amount,
            ends: None,
            bonus: None,
            kept: None,
        })
    }

    fn lots(&self, asked: &NewOrder, id: u32, units: u32, buyer: &Buyer) -> Result<Wanted, CommandError> {
        let programmes = self.programmes()?;
        let (programme, sale) = sale_of(&programmes, id)?;
        if !sale.pay_in.contains(&asked.pay_in) {
            return Err(Refusal::PayIn.into());
        }
        let (share, application, who) = self.buyer(programme, sale, asked.account, buyer)?;
        let row = self.sale_row(id);
        let mut bought = share.bought.saturating_add(share.reserved);
        if sale.by == BuyBy::Account {
            // An account is one person, whatever the card calls that person then, or while nothing vouches for it.
            bought = bought.saturating_add(self.bought_as_others(id, asked.account, share.person));
        }
        let person = Bought {
            won: application.filter(|row| !row.void).and_then(|row| row.won),
            bought,
        };
        let all = Sold {
            lots: row.sold.saturating_add(row.reserved),
        };
        with_facts(who, |facts| {
            sale.may_buy(&programme.who, facts, person, all, units, self.now)
        })?;
        let aged = application.is_some_and(|row| row.bonus_age) || bonus_age(sale, who.and_then(|who| who.birth));
        let bonus = sale.bonus.filter(|_| aged);
        let bonus = bonus.map(|bonus| Ok::<_, CommandError>((bonus.class, times(Amount::of(bonus.points), units)?)));
        Ok(Wanted {
            programme: Some(id),
            class: programme.class,
            person: Some(share.person),
            units,
            price: times(sale.price, units)?,
            face: times(sale.face, units)?,
            ends: Some(sale.buy.closes),
            bonus: bonus.transpose()?,
            kept: Some((
                SaleRow {
                    reserved: row.reserved.saturating_add(u64::from(units)),
                    ..row
                },
                ShareRow {
                    reserved: share.reserved.saturating_add(units),
                    ..share
                },
            )),
        })
    }

    /// Lots that an account has of a sale, or waits for, and that are not in somebody's share.
    fn bought_as_others(&self, programme: u32, account: u64, person: DocId) -> u32 {
        let of_sale = self
            .own(account)
            .filter(|row| row.programme == Some(programme) && row.person != Some(person));
        let counts = of_sale.filter(|row| match row.state {
            OrderState::Awaiting | OrderState::Paid => true,
            OrderState::ChargedBack => row.lot.is_some(),
            OrderState::Failed | OrderState::Lapsed | OrderState::Refunded => false,
        });
        counts.map(|row| row.units).fold(0, u32::saturating_add)
    }

    /// Whose share the lots come from, with the application and what is known of the person. Of a number and a
    /// telephone that do not belong together nothing is told, not even which of them is wrong (F152).
    fn buyer<'b>(
        &'b self,
        programme: &Programme,
        sale: &Sale,
        account: u64,
        buyer: &'b Buyer,
    ) -> Result<(ShareRow, Option<&'b ApplicationRow>, Option<&'b Somebody>), CommandError> {
        match (sale.by, buyer) {
            (BuyBy::Account, Buyer::Account(who)) => {
                let mut applications = self.view.applications.by(&programme.id.to_value());
                let person = match who {
                    Some(who) => who.person,
                    // Whose evidence has lapsed since the application still has what was won from this account.
                    None if sale.apply.is_some() => applications
                        .find(|row| row.account == Some(account) && !row.void)
                        .map(|row| row.person)
                        .ok_or(Refusal::NoCard)?,
                    None if asks(&programme.who) => return Err(Refusal::NoCard.into()),
                    None => nobody(account),
                };
                let share = self.share(programme.id, person);
                let application = share.application;
                let application = application.and_then(|id| self.view.applications.get(&(programme.id, id)));
                Ok((share, application, who.as_ref()))
            }
            (BuyBy::BuyerNumber, Buyer::Number { number, phone }) if *number > 0 => {
                let mut applications = self.view.applications.by(&programme.id.to_value());
                let found = applications.find(|row| row.buyer == *number && row.phone == Some(*phone) && !row.void);
                let found = found.ok_or(CommandError::NoApplication)?;
                Ok((self.share(programme.id, found.person), Some(found), None))
            }
            _ => Err(CommandError::NoApplication),
        }
    }

    pub(super) fn asked(&mut self, order: u64, provider_ref: &str) -> Result<Outcome, CommandError> {
        let mut row = self.view.orders.copy(&(order,)).ok_or(CommandError::NoOrder)?;
        match &row.provider_ref {
            Some(known) if known != provider_ref => return Err(CommandError::Taken),
            Some(_) => {}
            None => {
                row.provider_ref = Some(provider_ref.to_owned());
                self.view.orders.put(row.clone());
            }
        }
        Ok(Outcome::Order(Box::new(row)))
    }

    /// Ends those whose time is over; the others stay as they are.
    pub(super) fn lapse_orders(&mut self, orders: &[u64]) -> Result<Outcome, CommandError> {
        let mut ended = 0_u64;
        for id in orders {
            let Some(mut row) = self.view.orders.copy(&(*id,)) else {
                continue;
            };
            if row.state != OrderState::Awaiting || self.now < row.until {
                continue;
            }
            self.unreserve(&row);
            row.state = OrderState::Lapsed;
            row.settled_at = Some(self.now);
            self.view.orders.put(row);
            ended = ended.saturating_add(1);
        }
        Ok(Outcome::Ended(ended))
    }

    /// Gives the lots an order waited with back to everybody.
    pub(super) fn unreserve(&mut self, order: &OrderRow) {
        if let (Some(programme), Some(person)) = (order.programme, order.person) {
            let mut sale = self.sale_row(programme);
            sale.reserved = sale.reserved.saturating_sub(u64::from(order.units));
            self.view.sales.put(sale);
            let mut share = self.share(programme, person);
            share.reserved = share.reserved.saturating_sub(order.units);
            self.view.shares.put(share);
        }
    }
}

fn times(amount: Amount, units: u32) -> Result<Amount, CommandError> {
    let product = amount.units().checked_mul(u64::from(units));
    Ok(Amount::new(product.ok_or(CommandError::Amount)?)?)
}

/// What was asked, to tell a repeated call from another one under the same key.
fn content(asked: &NewOrder) -> DocId {
    let mut bytes = vec![number_of(asked.pay_in)];
    bytes.extend(asked.account.to_be_bytes());
    match &asked.ordered {
        Ordered::Lots {
            programme,
            units,
            buyer,
        } => {
            bytes.push(0);
            bytes.extend(programme.to_be_bytes());
            bytes.extend(units.to_be_bytes());
            if let Buyer::Number { number, phone } = buyer {
                bytes.extend(number.to_be_bytes());
                bytes.extend(phone.0);
            }
        }
        Ordered::TopUp { class, amount } => {
            bytes.push(1);
            bytes.extend(class.0.to_be_bytes());
            bytes.extend(amount.units().to_be_bytes());
        }
    }
    DocId::of(&bytes)
}
