//! Chapters 3 to 5: the network goes; a payment is made, accepted and refused with nobody to ask.

use kinchaku_core::gate::{self, GateError};
use kinchaku_core::lock::{LockError, Pin};
use kinchaku_core::network::NetworkError;
use kinchaku_core::pay::{self, Notice};
use kinchaku_core::sync::{SyncError, sync};
use kinchaku_core::view;
use kinchaku_design::{Key, say};
use kinchaku_protocol::doc::Verdict;
use kinchaku_protocol::symbol::{Ground, Purpose, Symbol};

use super::counter::{answer, confirm, quote, scan_shop, show_receipt, yen};
use super::error::{DemoError, Within as _};
use super::narrator::Narrator;
use super::people::People;
use super::photo;
use super::setting::{POINTS, Setting, VOUCHER};

/// Lives the offline part of the day.
pub fn live(setting: &mut Setting, people: &mut People, narrator: &mut Narrator) -> Result<(), DemoError> {
    lights_out(setting, people, narrator)?;
    pay_the_bakery(setting, people, narrator)?;
    refused_above_the_cap(setting, people, narrator)
}

fn lights_out(setting: &mut Setting, people: &People, narrator: &mut Narrator) -> Result<(), DemoError> {
    narrator.chapter(Key::DemoLightsOut);
    setting.server.stop()?;
    let tried = sync(&people.resident.home, true);
    let offline = matches!(tried, Err(SyncError::Network(NetworkError::Offline)));
    narrator.prove(Key::DemoOffline, offline, &[])?;
    let seen = view::wallet(&people.resident.home).within("view")?;
    narrator.prove(
        Key::DemoStillShows,
        seen.classes.len() == 3 && seen.as_of.is_some(),
        &[],
    )
}

fn pay_the_bakery(setting: &Setting, people: &People, narrator: &mut Narrator) -> Result<(), DemoError> {
    narrator.chapter(Key::DemoPaying);
    let resident = &people.resident;
    let shop = scan_shop(resident, &setting.bakery, false, 1)?;
    narrator.prove(
        Key::DemoShopVerified,
        shop.name == setting.bakery.name,
        &[("shop", &shop.name)],
    )?;
    let quoted = quote(resident, &shop, 1_200, false)?;
    let vouchers_first = quoted.by_class.first().is_some_and(|(class, _)| *class == VOUCHER);
    narrator.prove(
        Key::DemoSplit,
        vouchers_first && quoted.by_class.iter().all(|(class, _)| *class != POINTS),
        &[("amount", &yen(1_200))],
    )?;
    let prepared = pay::prepare(&resident.home, &quoted, kinchaku_protocol::doc::Gate::PIN).within("prepare")?;
    let wrong = gate::open(&resident.home, &Pin::parse("1357").within("pin")?);
    let Err(GateError::Lock(LockError::WrongPin { tries_left, .. })) = wrong else {
        return Err(DemoError::DidNotHappen(Key::DemoWrongPin.name()));
    };
    narrator.prove(Key::DemoWrongPin, tries_left == 4, &[("left", &tries_left.to_string())])?;
    pay::abandon(&resident.home, prepared).within("abandon")?;
    let receipt = confirm(resident, &quoted)?;
    let waiting = view::wallet(&resident.home).within("view")?.waiting;
    narrator.prove(
        Key::DemoPaid,
        waiting == 1,
        &[
            ("amount", &yen(1_200)),
            ("number", &format!("{:03}", receipt.confirmation)),
        ],
    )?;
    narrator.drawing(&receipt.symbol().within("symbol")?.terminal(Ground::Dark));
    let shown = show_receipt(setting, &receipt, "receipt-bakery", 2)?;
    narrator.prove(
        Key::DemoReceiptShown,
        shown == receipt.full,
        &[("file", "receipt-bakery.png")],
    )?;

    narrator.chapter(Key::DemoReceiving);
    let answered = answer(&people.bakery, &shown)?;
    narrator.prove(
        Key::DemoAccepted,
        answered.verdict.accepted() && answered.confirmation == receipt.confirmation,
        &[
            ("shop", setting.bakery.name),
            ("number", &format!("{:03}", answered.confirmation)),
        ],
    )?;
    let again = quote(resident, &shop, 1_200, false)?;
    let warned = again
        .notices
        .iter()
        .any(|notice| matches!(notice, Notice::Duplicate(_)));
    narrator.prove(Key::DemoDuplicate, warned, &[])
}

fn refused_above_the_cap(setting: &Setting, people: &People, narrator: &mut Narrator) -> Result<(), DemoError> {
    let resident = &people.resident;
    let before = view::wallet(&resident.home).within("view")?;
    let shop = scan_shop(resident, &setting.bakery, false, 3)?;
    let quoted = quote(resident, &shop, 3_600, false)?;
    let warned = quoted
        .notices
        .iter()
        .any(|notice| matches!(notice, Notice::AboveBlindCap(_)));
    narrator.prove(Key::DemoAboveCap, warned, &[("amount", &yen(3_600))])?;
    let receipt = confirm(resident, &quoted)?;
    let shown = show_receipt(setting, &receipt, "receipt-too-much", 4)?;
    let answered = answer(&people.bakery, &shown)?;
    let refusal = answered.refusal.filter(|_| answered.verdict == Verdict::OverPayment);
    let refusal = refusal.ok_or(DemoError::DidNotHappen(Key::DemoRefused.name()))?;
    narrator.screen(
        &say(narrator.lang(), Key::RefusedOverPayment, &[("limit", &yen(3_000))]),
        Key::RefusedOverPayment.code(),
    );
    narrator.prove(Key::DemoRefused, true, &[("shop", setting.bakery.name)])?;
    let symbol = Symbol::of(Purpose::Code, &refusal).within("symbol")?;
    let text = photo::show(&symbol, &setting.place("refusal.png"), 5)?;
    let (_, verdict) = pay::take_refusal(&resident.home, &text).within("refusal")?;
    let after = view::wallet(&resident.home).within("view")?;
    narrator.prove(
        Key::DemoValueBack,
        verdict == Verdict::OverPayment && after.classes == before.classes,
        &[("amount", &yen(3_600))],
    )
}
