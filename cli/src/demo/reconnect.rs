//! Chapter 6: the server comes back. Whoever has a network carries the payments up, in either order.

use kinchaku_core::book::payments::State as Paid;
use kinchaku_core::book::receipts::State as Shown;
use kinchaku_core::pay::PaidReceipt;
use kinchaku_core::receive::relay;
use kinchaku_core::sync::sync;
use kinchaku_core::view;
use kinchaku_design::Key;
use kinchaku_protocol::ids::Ref;

use super::counter::{answer, pay_offline, scan_shop, show_receipt, yen};
use super::error::{DemoError, Within as _};
use super::narrator::Narrator;
use super::people::{Actor, People};
use super::photo;
use super::setting::Setting;

/// Lives the reconnection.
pub fn live(setting: &mut Setting, people: &mut People, narrator: &mut Narrator) -> Result<(), DemoError> {
    narrator.chapter(Key::DemoReconnect);
    setting.server.start()?;
    payer_first(people, narrator)?;
    shop_first(setting, people, narrator)?;
    relayed(setting, people, narrator)?;
    on_paper(setting, people, narrator)
}

/// The payer uploads before the shop: one posting, one fact, and the refused payment is never charged.
fn payer_first(people: &People, narrator: &mut Narrator) -> Result<(), DemoError> {
    let report = sync(&people.resident.home, true).within("sync")?;
    sync(&people.bakery.home, true).within("sync")?;
    sync(&people.resident.home, true).within("sync")?;
    narrator.prove(Key::DemoUploaded, report.delivered > 0, &[])?;
    let mine = view::history(&people.resident.home).within("view")?.payments;
    let theirs = view::till(&people.bakery.home).within("view")?.receipts;
    let same = mine.iter().all(|payment| {
        let other = theirs
            .iter()
            .find(|receipt| receipt.intent.to_ref() == payment.reference);
        other.is_some_and(|receipt| receipt.fact.is_some() && receipt.fact == payment.fact)
    });
    let posted = mine.iter().filter(|payment| payment.state == Paid::Posted).count();
    narrator.prove(Key::DemoSameFact, same && posted == 1, &[])?;
    let reversed = mine.iter().filter(|payment| payment.state == Paid::Reversed).count();
    narrator.prove(Key::DemoRefusedNotCharged, reversed == 1, &[])
}

/// The shop uploads before the payer: the same.
fn shop_first(setting: &mut Setting, people: &People, narrator: &mut Narrator) -> Result<(), DemoError> {
    setting.server.stop()?;
    let shop = scan_shop(&people.resident, &setting.bakery, false, 11)?;
    let receipt = pay_offline(&people.resident, &shop, 800)?;
    let shown = show_receipt(setting, &receipt, "receipt-shop-first", 12)?;
    let answered = answer(&people.bakery, &shown)?;
    setting.server.start()?;
    sync(&people.bakery.home, true).within("sync")?;
    sync(&people.resident.home, true).within("sync")?;
    sync(&people.bakery.home, true).within("sync")?;
    let (mine, theirs) = (
        fact_of_payer(&people.resident, receipt.reference)?,
        fact_of_shop(&people.bakery, receipt.reference)?,
    );
    let same = answered.verdict.accepted() && mine.is_some() && mine == theirs;
    narrator.prove(Key::DemoShopFirst, same, &[("amount", &yen(800))])?;
    let sold = view::till(&people.bakery.home).within("view")?.posted;
    narrator.prove(Key::DemoBakeryTotal, sold.units() == 2_000, &[("amount", &yen(2_000))])
}

/// The payer has no network, the shop has one: the short receipt goes up on the spot.
fn relayed(setting: &Setting, people: &mut People, narrator: &mut Narrator) -> Result<(), DemoError> {
    let payer = &people.resident;
    let shop = scan_shop(payer, &setting.greengrocer, false, 13)?;
    let receipt = pay_offline(payer, &shop, 650)?;
    let symbol = receipt.short_symbol().within("symbol")?;
    let text = photo::show(&symbol, &setting.place("receipt-short.png"), 14)?;
    let relayed = relay(&people.greengrocer.home, &text).within("relay")?;
    narrator.prove(
        Key::DemoRelayed,
        relayed.state == Shown::Posted && text == receipt.short,
        &[("shop", setting.greengrocer.name), ("amount", &yen(650))],
    )
}

/// The shop has only paper: the payment arrives from the payer alone.
fn on_paper(setting: &Setting, people: &People, narrator: &mut Narrator) -> Result<(), DemoError> {
    let payer = &people.resident;
    let shop = scan_shop(payer, &setting.stall, false, 15)?;
    let receipt: PaidReceipt = pay_offline(payer, &shop, 500)?;
    narrator.tell(
        Key::DemoPaperPaid,
        &[
            ("shop", setting.stall.name),
            ("number", &format!("{:03}", receipt.confirmation)),
        ],
    );
    sync(&payer.home, true).within("sync")?;
    let posted = fact_of_payer(payer, receipt.reference)?.is_some();
    narrator.prove(
        Key::DemoPaperPosted,
        posted,
        &[("shop", setting.stall.name), ("amount", &yen(500))],
    )
}

/// The fact the payer holds of a posted payment.
fn fact_of_payer(payer: &Actor, reference: Ref) -> Result<Option<Vec<u8>>, DemoError> {
    let payments = view::history(&payer.home).within("view")?.payments;
    let payment = payments.into_iter().find(|payment| payment.reference == reference);
    Ok(payment
        .filter(|payment| payment.state == Paid::Posted)
        .and_then(|payment| payment.fact))
}

/// The fact the shop holds of a posted payment.
fn fact_of_shop(till: &Actor, reference: Ref) -> Result<Option<Vec<u8>>, DemoError> {
    let receipts = view::till(&till.home).within("view")?.receipts;
    let receipt = receipts
        .into_iter()
        .find(|receipt| receipt.intent.to_ref() == reference);
    Ok(receipt
        .filter(|receipt| receipt.state == Shown::Posted)
        .and_then(|receipt| receipt.fact))
}
