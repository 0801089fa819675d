//! Receiving, on a shop's device: look at a receipt, answer, and what came of it.

use std::sync::Arc;

use kinchaku_core::book::receipts::StoredReceipt;
use kinchaku_core::receive as core;
use kinchaku_core::view;
use kinchaku_protocol::doc::{FactKind, Reason, SaleRow, Verdict as CoreVerdict};
use kinchaku_protocol::ids::Ref;
use kinchaku_protocol::symbol::{Purpose, Symbol};

use super::Wallet;
use super::receipt::confirmation;
use crate::engine::Engine;
use crate::error::{ReceiveError, Trouble};
use crate::value::{QrCode, ReceiptState, amount, count, epoch_s};

/// What a shop answers to a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Verdict {
    /// Taken.
    Accepted,
    /// Above what may be taken without a network in one payment.
    OverPayment,
    /// Above what this holder may pay here without a network in a day.
    OverShopDay,
    /// Above what may be taken from this holder without a network in all.
    OverHolder,
    /// Too many payments since the payer was last online.
    TooMany,
    /// The reserve is not valid at this time.
    OutsideWindow,
    /// The town stops this holder.
    Revoked,
    /// A part cannot be used here, or not today.
    NotUsableHere,
    /// The person at the register said no.
    ByStaff,
    /// Another payment with this counter was shown here: a copied wallet.
    Fork,
}

impl From<CoreVerdict> for Verdict {
    fn from(verdict: CoreVerdict) -> Self {
        match verdict {
            CoreVerdict::Accepted => Self::Accepted,
            CoreVerdict::OverPayment => Self::OverPayment,
            CoreVerdict::OverShopDay => Self::OverShopDay,
            CoreVerdict::OverHolder => Self::OverHolder,
            CoreVerdict::TooMany => Self::TooMany,
            CoreVerdict::OutsideWindow => Self::OutsideWindow,
            CoreVerdict::Revoked => Self::Revoked,
            CoreVerdict::NotUsableHere => Self::NotUsableHere,
            CoreVerdict::ByStaff => Self::ByStaff,
            CoreVerdict::Fork => Self::Fork,
        }
    }
}

/// A receipt that was looked at. Nothing has been said yet.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct CheckedView {
    /// Names the payment.
    pub reference: String,
    /// How much, in yen.
    pub total: i64,
    /// What is due to be answered.
    pub verdict: Verdict,
    /// The most this holder may pay without a network at once, for the words of [`Verdict::OverPayment`].
    pub per_payment: i64,
}

/// A receipt whose signatures hold.
#[derive(uniffi::Object)]
pub struct CheckedReceipt {
    engine: Arc<Engine>,
    checked: core::Checked,
}

/// What the shop said, signed.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Answer {
    /// Names the payment.
    pub reference: String,
    /// How much, in yen.
    pub total: i64,
    /// What was answered; green for [`Verdict::Accepted`] alone.
    pub verdict: Verdict,
    /// 確認番号.
    pub confirmation: String,
    /// For the payer to scan, where it was refused.
    pub refusal: Option<QrCode>,
    /// The text of it.
    pub refusal_text: Option<String>,
}

impl Answer {
    fn of(answered: core::Answered) -> Result<Self, Trouble> {
        let core::Answered {
            reference,
            total,
            verdict,
            confirmation: number,
            refusal,
        } = answered;
        let code = |text: &String| QrCode::of(Symbol::of(Purpose::Code, text));
        Ok(Self {
            reference: reference.to_string(),
            total: amount(total),
            verdict: verdict.into(),
            confirmation: confirmation(number),
            refusal: refusal.as_ref().map(code).transpose()?,
            refusal_text: refusal,
        })
    }
}

/// What the server's signed fact says of a relayed payment.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Relayed {
    /// Names the payment.
    pub reference: String,
    /// How much, in yen.
    pub total: i64,
    /// Where it stands; paid for [`ReceiptState::Posted`] and [`ReceiptState::AcceptedBlind`] alone.
    pub state: ReceiptState,
    /// Why, where it was refused: the number of the reason (docs/protocol.md).
    pub reason: Option<i32>,
    /// 確認番号.
    pub confirmation: String,
}

/// A receipt that was shown on this device.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ShownReceipt {
    /// Names the payment.
    pub reference: String,
    /// How much, in yen.
    pub total: i64,
    /// Where it stands.
    pub state: ReceiptState,
    /// When it was shown.
    pub at_s: i64,
}

/// A payment to the shop, as the server lists it.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SaleView {
    /// Names the payment.
    pub reference: String,
    /// How much, in yen.
    pub total: i64,
    /// Whether it is in the books.
    pub posted: bool,
    /// When it happened.
    pub at_s: i64,
}

/// A shop's screen.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct TillView {
    /// Shown on this device, newest first.
    pub receipts: Vec<ShownReceipt>,
    /// Of the whole shop, as the server lists them.
    pub sales: Vec<SaleView>,
    /// The sum of what is posted.
    pub posted: i64,
    /// Documents that wait for the server.
    pub waiting: i32,
    /// When the server last said anything.
    pub as_of_s: Option<i64>,
}

impl From<StoredReceipt> for ShownReceipt {
    fn from(receipt: StoredReceipt) -> Self {
        Self {
            reference: receipt.intent.to_ref().to_string(),
            total: amount(receipt.total),
            state: receipt.state.into(),
            at_s: epoch_s(receipt.seen_at),
        }
    }
}

impl From<SaleRow> for SaleView {
    fn from(sale: SaleRow) -> Self {
        Self {
            reference: sale.intent.to_ref().to_string(),
            total: amount(sale.total),
            posted: FactKind::from_number(sale.status) == Some(FactKind::Posted),
            at_s: epoch_s(sale.occurred_at),
        }
    }
}

#[uniffi::export]
impl Wallet {
    /// Looks at a full receipt, without a network. Nothing is said yet.
    ///
    /// # Errors
    /// [`ReceiveError`].
    pub async fn check_receipt(&self, text: String) -> Result<Arc<CheckedReceipt>, ReceiveError> {
        let engine = Arc::clone(&self.engine);
        self.engine
            .look(move |_, home| {
                let checked = core::check(home, &text)?;
                Ok(Arc::new(CheckedReceipt { engine, checked }))
            })
            .await
    }

    /// What was answered to a payment before; none where nothing was. For [`ReceiveError::ShownBefore`], and for a screen
    /// that went away before it could show the answer.
    ///
    /// # Errors
    /// [`ReceiveError`].
    pub async fn answered(&self, reference: String) -> Result<Option<Answer>, ReceiveError> {
        self.engine
            .look(move |_, home| {
                let Some(reference) = Ref::from_hex(&reference) else {
                    return Ok(None);
                };
                let answered = core::answered(home, reference)?;
                Ok(answered.map(Answer::of).transpose()?)
            })
            .await
    }

    /// Sends a receipt up and waits for the server's signed fact: for a shop with a network, with a full receipt or a short
    /// one. Relaying it again is always right.
    ///
    /// # Errors
    /// [`ReceiveError`].
    pub async fn relay_receipt(&self, text: String) -> Result<Relayed, ReceiveError> {
        self.engine
            .act(move |_, home| {
                let core::Relayed {
                    reference,
                    total,
                    state,
                    reason,
                    confirmation: number,
                } = core::relay(home, &text)?;
                Ok(Relayed {
                    reference: reference.to_string(),
                    total: amount(total),
                    state: state.into(),
                    reason: (reason != Reason::None).then(|| reason.number().into()),
                    confirmation: confirmation(number),
                })
            })
            .await
    }

    /// A shop's screen.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn till(&self) -> Result<TillView, Trouble> {
        self.engine
            .look(|_, home| {
                let view::TillView {
                    receipts,
                    sales,
                    posted,
                    waiting,
                    as_of,
                } = view::till(home)?;
                Ok(TillView {
                    receipts: receipts.into_iter().map(ShownReceipt::from).collect(),
                    sales: sales.into_iter().map(SaleView::from).collect(),
                    posted: amount(posted),
                    waiting: count(waiting),
                    as_of_s: as_of.map(epoch_s),
                })
            })
            .await
    }
}

#[uniffi::export]
impl CheckedReceipt {
    /// To be shown to the person at the register.
    #[must_use]
    pub fn view(&self) -> CheckedView {
        let proven = &self.checked.proven;
        CheckedView {
            reference: proven.intent.to_ref().to_string(),
            total: amount(proven.total),
            verdict: self.checked.verdict.into(),
            per_payment: amount(proven.allowance.limits.per_payment),
        }
    }

    /// Answers as the rules say: accepts within the caps, refuses otherwise. Signed and durable before it returns.
    ///
    /// # Errors
    /// [`ReceiveError`]; then nothing was said.
    pub async fn answer(&self) -> Result<Answer, ReceiveError> {
        let checked = self.checked.clone();
        self.engine
            .act(move |_, home| Ok(Answer::of(core::answer(home, &checked)?)?))
            .await
    }

    /// Refuses a payment that could be accepted: the person at the register says so.
    ///
    /// # Errors
    /// [`ReceiveError`]; then nothing was said.
    pub async fn refuse(&self) -> Result<Answer, ReceiveError> {
        let checked = self.checked.clone();
        self.engine
            .act(move |_, home| Ok(Answer::of(core::refuse(home, &checked)?)?))
            .await
    }
}
