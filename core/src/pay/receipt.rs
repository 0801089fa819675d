//! The receipt a payer shows: from stored, signed bytes only, any number of times.

use kinchaku_protocol::doc::{Allowance, Receipt, Verified};
use kinchaku_protocol::ids::Ref;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::symbol::{Purpose, Symbol, SymbolError};

use super::error::PayError;
use crate::book::payments::Payment;
use crate::book::{allowances, payments};
use crate::home::Home;

/// What the payer shows at the counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidReceipt {
    /// Names the payment.
    pub reference: Ref,
    /// How much.
    pub total: Amount,
    /// To whom.
    pub shop_name: String,
    /// Three digits both people compare (確認番号).
    pub confirmation: u16,
    /// `KC1:` with the allowance, for a shop without a network.
    pub full: String,
    /// `KC1:` without it, for a shop with one.
    pub short: String,
}

impl PaidReceipt {
    pub(super) fn new(payment: &Payment, doc: Vec<u8>, allowance: &Verified<Allowance>) -> Self {
        Self {
            reference: payment.reference,
            total: payment.total,
            shop_name: payment.shop_name.clone(),
            confirmation: payment.reference.confirmation_number(),
            full: Receipt::text(&doc, Some(allowance.bytes())),
            short: Receipt::text(&doc, None),
        }
    }

    /// The full receipt as a QR code, level L: dense, so that it stays one frame.
    ///
    /// # Errors
    /// [`SymbolError`], which no receipt of valid documents gives.
    pub fn symbol(&self) -> Result<Symbol, SymbolError> {
        Symbol::of(Purpose::FullReceipt, &self.full)
    }

    /// The short receipt as a QR code.
    ///
    /// # Errors
    /// [`SymbolError`], which no receipt of valid documents gives.
    pub fn short_symbol(&self) -> Result<Symbol, SymbolError> {
        Symbol::of(Purpose::Code, &self.short)
    }
}

/// The receipt of a payment made before, `None` where it was never signed.
///
/// # Errors
/// [`PayError`].
pub fn receipt(home: &Home, reference: Ref) -> Result<Option<PaidReceipt>, PayError> {
    home.store().read(|db| {
        let Some(payment) = payments::by_ref(db, reference)? else {
            return Ok(None);
        };
        let allowance = allowances::get(db, payment.allowance)?;
        let doc = payment.doc.clone();
        Ok(doc
            .zip(allowance)
            .map(|(doc, allowance)| PaidReceipt::new(&payment, doc, &allowance)))
    })
}
