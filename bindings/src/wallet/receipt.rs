//! What the payer shows at the counter, and what comes back if the shop says no.

use kinchaku_core::pay as core;
use kinchaku_protocol::ids::Ref;

use super::Wallet;
use super::history::PaymentView;
use super::receive::Verdict;
use crate::error::{PayError, RefusalError, Trouble};
use crate::value::{QrCode, amount};

/// The proof of a payment.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Receipt {
    /// Names the payment.
    pub reference: String,
    /// How much, in yen.
    pub total: i64,
    /// To whom.
    pub shop_name: String,
    /// 確認番号: three digits, read out by both people.
    pub confirmation: String,
    /// For a shop without a network: dense, on a bright screen.
    pub full: QrCode,
    /// The text of it.
    pub full_text: String,
    /// For a shop with a network.
    pub short: QrCode,
    /// The text of it.
    pub short_text: String,
}

impl Receipt {
    pub(super) fn of(paid: &core::PaidReceipt) -> Result<Self, Trouble> {
        Ok(Self {
            full: QrCode::of(paid.symbol())?,
            short: QrCode::of(paid.short_symbol())?,
            reference: paid.reference.to_string(),
            total: amount(paid.total),
            shop_name: paid.shop_name.clone(),
            confirmation: confirmation(paid.confirmation),
            full_text: paid.full.clone(),
            short_text: paid.short.clone(),
        })
    }
}

pub(super) fn confirmation(number: u16) -> String {
    format!("{number:03}")
}

/// What a shop's refusal gave back.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct RefusalTaken {
    /// The payment, its value free again.
    pub payment: PaymentView,
    /// Why the shop refused.
    pub verdict: Verdict,
}

#[uniffi::export]
impl Wallet {
    /// The receipt of a payment made before, from stored and signed bytes, any number of times; none where it was never
    /// signed, or by that name.
    ///
    /// # Errors
    /// [`PayError`].
    pub async fn receipt(&self, reference: String) -> Result<Option<Receipt>, PayError> {
        self.engine
            .look(move |_, home| {
                let Some(reference) = Ref::from_hex(&reference) else {
                    return Ok(None);
                };
                let paid = core::receipt(home, reference)?;
                Ok(paid.as_ref().map(Receipt::of).transpose()?)
            })
            .await
    }

    /// Takes a scanned refusal: the value is back at once, and the server hears of it at the next sync. Scanning it again
    /// changes nothing.
    ///
    /// # Errors
    /// [`RefusalError`].
    pub async fn take_refusal(&self, text: String) -> Result<RefusalTaken, RefusalError> {
        self.engine
            .act(move |_, home| {
                let (payment, verdict) = core::take_refusal(home, &text)?;
                Ok(RefusalTaken {
                    payment: PaymentView::of(home, payment)?,
                    verdict: verdict.into(),
                })
            })
            .await
    }
}
