//! In front of the books: who somebody is, is looked up; the provider is asked; and only then do the books decide.
//!
//! An order is in the books before its provider hears of it, under a number the provider takes for the key of its
//! charge. Whatever breaks off in between is taken up where the same order is asked for again, where a callback
//! comes, or when its time is over and the provider is asked what became of it.

use kinchaku_protocol::ids::Ref;
use kinchaku_protocol::time::Time;

use super::action::{Buyer, ByHand, NewApplication, NewOrder, Ordered, SaleAction, Somebody};
use super::order::pay_in_of;
use super::provider::{
    AskOutcome, Charge, ChargeProvider, NoSuchCharge, NotGenuine, ProviderError, ProviderEvent, RefundOutcome, Sandbox,
    Standing,
};
use super::rows::{EventKind, EventVerdict, OrderRow, OrderState, RefundStep};
use super::somebody::OnPaper;
use crate::books::{Books, BooksError};
use crate::command::{Action, CommandError, Outcome};
use crate::identity::cards::CardError;
use crate::identity::secret::Unreadable;
use crate::programme::{BuyBy, Kind, PayIn, Refusal};
use crate::store::StoreError;

/// Why nothing was acquired.
#[derive(Debug, thiserror::Error)]
pub enum SaleError {
    /// The books did not do it.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// Personal data does not open.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The town collects no money in this way.
    #[error("no provider for this way of paying")]
    NoProvider,
    /// The provider did not do it; the same order may be asked for again.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// A callback nobody signed.
    #[error(transparent)]
    NotGenuine(#[from] NotGenuine),
    /// What a payer holds names no charge.
    #[error(transparent)]
    NoSuchCharge(#[from] NoSuchCharge),
    /// The sale asks for the telephone number of the application (F150).
    #[error("a telephone number is needed")]
    NoPhone,
    /// The programme is not fetched by reading a code (F069).
    #[error("not fetched by a code")]
    ByCode,
}

impl From<CommandError> for SaleError {
    fn from(error: CommandError) -> Self {
        Self::Books(error.into())
    }
}

impl From<StoreError> for SaleError {
    fn from(error: StoreError) -> Self {
        Self::Books(error.into())
    }
}

impl From<CardError> for SaleError {
    fn from(error: CardError) -> Self {
        match error {
            CardError::Books(error) => Self::Books(error),
            CardError::Unreadable(error) => Self::Unreadable(error),
            // Looking somebody up judges no card.
            _ => CommandError::Broken.into(),
        }
    }
}

/// What a resident shows to buy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The account.
    Account,
    /// The number of the notice, and the telephone of the application (F151, F152).
    Number {
        /// The number.
        number: u64,
        /// The telephone number as typed in.
        phone: String,
    },
}

/// What a resident orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Lots of a sale.
    Lots {
        /// Of which.
        programme: u32,
        /// How many.
        units: u32,
        /// With what.
        shows: Shows,
    },
    /// Money (F064).
    TopUp {
        /// Which.
        class: kinchaku_protocol::ids::ClassId,
        /// How much.
        amount: kinchaku_protocol::money::Amount,
    },
}

/// An order as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The order.
    pub order: OrderRow,
    /// What the payer does next; none where nothing is to be done, or at the counter.
    pub next: Option<AskOutcome>,
}

impl Books {
    /// An application from an account. `sent`: the bytes the applicant's device sent, of which its number is made;
    /// the same bytes again are the same application.
    ///
    /// # Errors
    /// [`SaleError`].
    pub async fn apply(
        &self,
        programme: u32,
        account: u64,
        units: u32,
        phone: Option<&str>,
        sent: &[u8],
        now: Time,
    ) -> Result<Ref, SaleError> {
        // What counts already counts, whatever became of the card since.
        let id = self.application_id(sent);
        let known = self.reader().application(programme, id).await?;
        if known.is_some_and(|row| row.account == Some(account)) {
            return Ok(id);
        }
        let who = self.somebody(account).await?;
        let who = who.ok_or(CommandError::Refused(Refusal::NoCard))?;
        self.applied(programme, Some(account), who, units, phone, sent, now)
            .await
    }

    /// An application on paper, typed in by the office. `sent`: what decides its number, which is on the receipt.
    ///
    /// # Errors
    /// [`SaleError`].
    pub async fn apply_on_paper(
        &self,
        programme: u32,
        form: &OnPaper,
        units: u32,
        sent: &[u8],
        now: Time,
    ) -> Result<Ref, SaleError> {
        let who = self.somebody_on_paper(form).await?;
        self.applied(programme, None, who, units, Some(&form.phone), sent, now)
            .await
    }

    /// The number of an application, made from what the applicant sent: the same again is the same, and nobody outside
    /// can tell which it will be.
    fn application_id(&self, sent: &[u8]) -> Ref {
        self.cards().secret().application(sent).to_ref()
    }

    #[expect(clippy::too_many_arguments, reason = "what an application says, one by one")]
    async fn applied(
        &self,
        programme: u32,
        account: Option<u64>,
        who: Somebody,
        units: u32,
        phone: Option<&str>,
        sent: &[u8],
        now: Time,
    ) -> Result<Ref, SaleError> {
        let phone = phone.filter(|phone| phone.chars().any(|c| c.is_ascii_digit() || ('０'..='９').contains(&c)));
        let programmes = self.reader().programmes().await?;
        let known = programmes.as_ref().and_then(|all| all.programmes.get(&programme));
        let by_number =
            matches!(known.map(|known| &known.kind), Some(Kind::Sale(sale)) if sale.by == BuyBy::BuyerNumber);
        if by_number && phone.is_none() {
            return Err(SaleError::NoPhone);
        }
        let id = self.application_id(sent);
        let application = NewApplication {
            programme,
            id,
            who,
            account,
            phone: phone.map(|phone| self.cards().secret().phone(phone)),
            units,
        };
        self.sale(SaleAction::Apply(application), now).await?;
        Ok(id)
    }

    /// An order; the same key again is the same order, and goes on where it broke off.
    ///
    /// # Errors
    /// [`SaleError`].
    pub async fn order(
        &self,
        key: &str,
        account: u64,
        wish: &Wish,
        pay_in: PayIn,
        now: Time,
    ) -> Result<Placed, SaleError> {
        // What is in the books is told, whether or not anything can be asked for it now.
        let known = self.reader().order_by_key(account, key).await?.is_some();
        if pay_in != PayIn::Counter && !known {
            self.provider()?;
        }
        let ordered = match wish {
            Wish::TopUp { class, amount } => Ordered::TopUp {
                class: *class,
                amount: *amount,
            },
            Wish::Lots {
                programme,
                units,
                shows,
            } => Ordered::Lots {
                programme: *programme,
                units: *units,
                buyer: match shows {
                    Shows::Account => Buyer::Account(self.somebody(account).await?),
                    Shows::Number { number, phone } => Buyer::Number {
                        number: *number,
                        phone: self.cards().secret().phone(phone),
                    },
                },
            },
        };
        let asked = NewOrder {
            key: key.to_owned(),
            account,
            ordered,
            pay_in,
        };
        let order = self.ordered(SaleAction::Order(asked), now).await?;
        let asks = pay_in != PayIn::Counter && self.charge_provider().is_some();
        if order.state != OrderState::Awaiting || !asks || order.until <= now {
            return Ok(Placed { order, next: None });
        }
        self.ask(order, now).await
    }

    /// Asks the provider for the money of an order. Where its answer was lost, its status tells; where it knows
    /// nothing of the order, it is asked again.
    async fn ask(&self, order: OrderRow, now: Time) -> Result<Placed, SaleError> {
        let charge = charge(&order)?;
        let provider = self.provider()?;
        let asked = match provider.ask(charge).await {
            Err(ProviderError::NoAnswer) => match provider.status(charge).await? {
                Standing::Known(outcome, told) => Ok((*outcome, told)),
                Standing::Unknown => provider.ask(charge).await.map(|outcome| (outcome, Vec::new())),
            },
            answered => answered.map(|outcome| (outcome, Vec::new())),
        };
        let (outcome, told) = match asked {
            Err(ProviderError::Refused) => {
                let declined = ProviderEvent {
                    id: format!("refused-{}", order.id),
                    order: order.id,
                    kind: EventKind::Declined,
                    amount: order.price,
                };
                (AskOutcome::Declined(declined), Vec::new())
            }
            asked => asked?,
        };
        let mut order = match &outcome {
            AskOutcome::Declined(event) => self.take_in(event.clone(), now).await?,
            AskOutcome::Confirm { provider_ref, .. } | AskOutcome::PayAt { provider_ref, .. } => {
                let asked = SaleAction::Asked {
                    order: order.id,
                    provider_ref: provider_ref.clone(),
                };
                self.ordered(asked, now).await?
            }
        };
        for event in told {
            order = self.take_in(event, now).await?;
        }
        let waits = order.state == OrderState::Awaiting;
        let next = waits.then_some(outcome);
        Ok(Placed { order, next })
    }

    /// A distribution handed out to an account (F068, F069); the same key again is the same.
    ///
    /// # Errors
    /// [`SaleError`].
    pub async fn receive(&self, programme: u32, account: u64, key: &str, now: Time) -> Result<String, SaleError> {
        let receive = SaleAction::Receive {
            programme,
            account,
            who: self.somebody(account).await?,
            key: key.to_owned(),
        };
        match self.sale(receive, now).await? {
            Outcome::Credited { tran_id } => Ok(tran_id),
            _ => Err(CommandError::Broken.into()),
        }
    }

    /// A provider's callback, as it came. What it says is taken in once; the verdict says what was made of it.
    ///
    /// # Errors
    /// [`SaleError`]; the provider may send it again.
    pub async fn provider_event(&self, body: &[u8], signature: &str, now: Time) -> Result<EventVerdict, SaleError> {
        let event = self.provider()?.read(body, signature)?;
        let id = event.id.clone();
        let order = self.take_in(event, now).await?;
        let row = self.reader().provider_event(&id).await?;
        let verdict = row.ok_or(CommandError::Broken)?.verdict;
        if order.refund == RefundStep::Due {
            // The job asks again where this does not work.
            self.return_money(&order, now).await.ok();
        }
        Ok(verdict)
    }

    /// The office took the money of an order at the counter.
    ///
    /// # Errors
    /// [`SaleError`]; [`CommandError::OrderState`] where the order does not wait any more.
    pub async fn paid_at_counter(&self, order: u64, now: Time) -> Result<OrderRow, SaleError> {
        let row = self.reader().order(order).await?.ok_or(CommandError::NoOrder)?;
        match (pay_in_of(row.pay_in), row.state) {
            (Some(PayIn::Counter), OrderState::Paid) => return Ok(row),
            (Some(PayIn::Counter), OrderState::Awaiting) => {}
            _ => return Err(CommandError::OrderState.into()),
        }
        let event = ProviderEvent {
            id: format!("counter-{order}"),
            order,
            kind: EventKind::Paid,
            amount: row.price,
        };
        let row = self.take_in(event, now).await?;
        let paid = row.state == OrderState::Paid;
        paid.then_some(row).ok_or(CommandError::OrderState.into())
    }

    /// The office gives back what an order cost, of which nothing was used. The money goes back by the provider,
    /// now or as soon as it can.
    ///
    /// # Errors
    /// [`SaleError`].
    pub async fn refund(&self, order: u64, now: Time) -> Result<OrderRow, SaleError> {
        let row = self.ordered(SaleAction::Refund { order }, now).await?;
        if row.refund != RefundStep::Due {
            return Ok(row);
        }
        match self.return_money(&row, now).await {
            Ok(row) => Ok(row),
            // It is in the books that it has to go back: the job does it.
            Err(SaleError::Provider(_) | SaleError::NoProvider) => Ok(row),
            Err(error) => Err(error),
        }
    }

    /// The office has returned money itself, or found that there is none to return.
    ///
    /// # Errors
    /// [`SaleError`]; [`CommandError::OrderState`] where nothing has to go back.
    pub async fn dealt_with_by_hand(&self, what: ByHand, now: Time) -> Result<OrderRow, SaleError> {
        self.ordered(SaleAction::ByHand(what), now).await
    }

    pub(super) async fn return_money(&self, order: &OrderRow, now: Time) -> Result<OrderRow, SaleError> {
        match self.provider()?.refund(charge(order)?).await? {
            RefundOutcome::Done(event) => self.take_in(event, now).await,
            RefundOutcome::Pending => Ok(order.clone()),
        }
    }

    /// The sandbox's payer pays, with what the order's answer said, and the sandbox calls back.
    ///
    /// # Errors
    /// [`SaleError`]; [`SaleError::NoProvider`] where the town has another provider.
    pub async fn pay_in_sandbox(&self, held: &str, now: Time) -> Result<(), SaleError> {
        self.sandbox_does(|sandbox| sandbox.pay(held), now).await
    }

    /// The sandbox's payer turns back, and the sandbox calls back.
    ///
    /// # Errors
    /// As [`Books::pay_in_sandbox`].
    pub async fn turn_back_in_sandbox(&self, held: &str, now: Time) -> Result<(), SaleError> {
        self.sandbox_does(|sandbox| sandbox.turn_back(held), now).await
    }

    async fn sandbox_does(
        &self,
        does: impl FnOnce(&Sandbox) -> Result<(), NoSuchCharge> + Send,
        now: Time,
    ) -> Result<(), SaleError> {
        let sandbox = self.provider()?.sandbox().ok_or(SaleError::NoProvider)?;
        does(sandbox)?;
        for callback in sandbox.callbacks() {
            self.provider_event(&callback.body, &callback.signature, now).await?;
        }
        Ok(())
    }

    pub(super) async fn take_in(&self, event: ProviderEvent, now: Time) -> Result<OrderRow, SaleError> {
        let ProviderEvent {
            id,
            order,
            kind,
            amount,
        } = event;
        let row = self.ordered(
            SaleAction::Event {
                id: id.clone(),
                order,
                kind,
                amount,
            },
            now,
        );
        let row = row.await?;
        if amount != row.price && kind != EventKind::Declined {
            tracing::warn!(order, "a provider told another amount than the order's");
        }
        Ok(row)
    }

    async fn ordered(&self, action: SaleAction, now: Time) -> Result<OrderRow, SaleError> {
        match self.sale(action, now).await? {
            Outcome::Order(row) => Ok(*row),
            _ => Err(CommandError::Broken.into()),
        }
    }

    pub(super) async fn sale(&self, action: SaleAction, now: Time) -> Result<Outcome, SaleError> {
        Ok(self.execute(Action::Sale(action), now).await?)
    }

    pub(super) fn provider(&self) -> Result<&dyn ChargeProvider, SaleError> {
        self.charge_provider().ok_or(SaleError::NoProvider)
    }
}

pub(super) fn charge(order: &OrderRow) -> Result<Charge, CommandError> {
    Ok(Charge {
        order: order.id,
        amount: order.price,
        pay_in: pay_in_of(order.pay_in).ok_or(CommandError::Broken)?,
        until: order.until,
    })
}
