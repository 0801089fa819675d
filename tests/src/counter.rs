//! What happens at a counter: a scanned sheet becomes a payment, a shown receipt an answer.

use kinchaku_core::gate;
use kinchaku_core::home::Home;
use kinchaku_core::lock::Pin;
use kinchaku_core::pay::{self, Notice, PaidReceipt, PayError, Quote, Shop};
use kinchaku_core::receive::{self, Answered, ReceiveError};
use kinchaku_protocol::doc::Gate;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::split::Choice;

use crate::offline_town::PIN;

/// おまかせ.
pub const AUTOMATIC: Choice = Choice::Automatic { points: false };

/// Reads a sheet and quotes, without a network.
///
/// # Errors
/// [`PayError`].
pub fn quoted(payer: &Home, sheet: &str, amount: u32) -> Result<Quote, PayError> {
    pay::quote(payer, &shop(payer, sheet), Amount::of(amount), &AUTOMATIC, false)
}

/// The shop of a sheet.
#[must_use]
pub fn shop(payer: &Home, sheet: &str) -> Shop {
    pay::read_shop(payer, sheet, false).unwrap()
}

/// How the person confirms: by PIN, and where they were warned of a duplicate they go on.
#[must_use]
pub fn gate_for(quote: &Quote) -> Gate {
    let asked = quote
        .notices
        .iter()
        .any(|notice| matches!(notice, Notice::Duplicate(_)));
    if asked {
        Gate::PIN.and(Gate::DUPLICATE_OK)
    } else {
        Gate::PIN
    }
}

/// A whole payment without a network.
///
/// # Errors
/// [`PayError`].
pub fn try_pay(payer: &Home, sheet: &str, amount: u32) -> Result<PaidReceipt, PayError> {
    let quote = quoted(payer, sheet, amount)?;
    let prepared = pay::prepare(payer, &quote, gate_for(&quote))?;
    let key = gate::open(payer, &Pin::parse(PIN).unwrap()).unwrap();
    pay::confirm(payer, prepared, &key)
}

/// A whole payment that must succeed.
#[must_use]
pub fn pay(payer: &Home, sheet: &str, amount: u32) -> PaidReceipt {
    try_pay(payer, sheet, amount).unwrap()
}

/// The shop's device reads a receipt and answers as its checks say.
///
/// # Errors
/// [`ReceiveError`].
pub fn answer(till: &Home, text: &str) -> Result<Answered, ReceiveError> {
    let checked = receive::check(till, text)?;
    receive::answer(till, &checked)
}
