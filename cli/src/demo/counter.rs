//! What happens at every counter of the story: a photographed sheet becomes a payment, a photographed
//! receipt an answer.

use kinchaku_core::gate;
use kinchaku_core::lock::Pin;
use kinchaku_core::pay::{self, Notice, PaidReceipt, Quote, Shop};
use kinchaku_core::receive::{self, Answered};
use kinchaku_design::Lang;
use kinchaku_design::format::{Unit, money};
use kinchaku_protocol::doc::Gate;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::split::Choice;

use super::error::{DemoError, Within as _};
use super::people::{Actor, PIN};
use super::photo::{self, Of};
use super::setting::{Setting, ShopSheet};

/// おまかせ.
pub const AUTOMATIC: Choice = Choice::Automatic { points: false };

/// An amount as it is spoken.
pub fn yen(amount: u32) -> String {
    money(Lang::Ja, Unit::Yen, u64::from(amount))
}

/// Reads a shop from a photograph of its sheet.
pub fn scan_shop(payer: &Actor, sheet: &ShopSheet, online: bool, seed: u32) -> Result<Shop, DemoError> {
    let (text, _) = photo::scan(&sheet.png, Of::Sheet, seed)?;
    pay::read_shop(&payer.home, &text, online).within("read shop")
}

/// Quotes by the person's wish.
pub fn quote(payer: &Actor, shop: &Shop, amount: u32, online: bool) -> Result<Quote, DemoError> {
    pay::quote(&payer.home, shop, Amount::of(amount), &AUTOMATIC, online).within("quote")
}

/// Pays what was quoted; a duplicate was asked about.
pub fn confirm(payer: &Actor, quote: &Quote) -> Result<PaidReceipt, DemoError> {
    let asked = quote
        .notices
        .iter()
        .any(|notice| matches!(notice, Notice::Duplicate(_)));
    let gate = if asked {
        Gate::PIN.and(Gate::DUPLICATE_OK)
    } else {
        Gate::PIN
    };
    let prepared = pay::prepare(&payer.home, quote, gate).within("prepare")?;
    let pin = Pin::parse(PIN).within("pin")?;
    let key = gate::open(&payer.home, &pin).within("gate")?;
    pay::confirm(&payer.home, prepared, &key).within("confirm")
}

/// A whole payment without a network.
pub fn pay_offline(payer: &Actor, shop: &Shop, amount: u32) -> Result<PaidReceipt, DemoError> {
    confirm(payer, &quote(payer, shop, amount, false)?)
}

/// The payer's screen photographed by the shop's device: the text it reads.
pub fn show_receipt(setting: &Setting, receipt: &PaidReceipt, name: &str, seed: u32) -> Result<String, DemoError> {
    let symbol = receipt.symbol().within("symbol")?;
    photo::show(&symbol, &setting.place(&format!("{name}.png")), seed)
}

/// The shop's device reads a receipt and answers as its checks say.
pub fn answer(till: &Actor, text: &str) -> Result<Answered, DemoError> {
    let checked = receive::check(&till.home, text).within("check")?;
    receive::answer(&till.home, &checked).within("answer")
}
