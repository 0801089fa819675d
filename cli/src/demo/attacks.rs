//! Chapter 7, first part: attacks that are answered on the spot, each with what a person sees.

use std::sync::Arc;

use kinchaku_core::book::receipts::State as Shown;
use kinchaku_core::network::{HttpNetwork, NoNetwork};
use kinchaku_core::pay::{self, PayError, ShopCodeError};
use kinchaku_core::receive::{ReceiveError, check, relay};
use kinchaku_core::sync::sync;
use kinchaku_core::view;
use kinchaku_design::{Key, say};
use kinchaku_protocol::cose;
use kinchaku_protocol::doc::{Document as _, Intent, Part, Receipt};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::mpm::shop_mark::{Offline, ShopMark};
use kinchaku_protocol::signature::{Signer as _, SoftwareSigner};
use kinchaku_protocol::symbol::{Purpose, Symbol};
use kinchaku_protocol::time::DAY_SECONDS;

use super::clone::copy_database;
use super::counter::{AUTOMATIC, pay_offline, quote, scan_shop, show_receipt};
use super::error::{DemoError, Within as _};
use super::fake_server;
use super::narrator::Narrator;
use super::people::{Actor, People};
use super::photo::{self, Of};
use super::setting::Setting;

/// Tries them one after the other.
pub fn live(setting: &mut Setting, people: &mut People, narrator: &mut Narrator) -> Result<(), DemoError> {
    narrator.chapter(Key::DemoAttacks);
    receipts(setting, people, narrator)?;
    sticker(setting, people, narrator)?;
    unsigned_ok(setting, people, narrator)?;
    old_copy(setting, people, narrator)?;
    clock_set_back(setting, people, narrator)
}

/// A line for an attack, and the words on the screen of whoever was to be deceived.
fn answered(
    narrator: &mut Narrator,
    attack: Key,
    so: bool,
    screen: Key,
    values: &[(&str, &str)],
) -> Result<(), DemoError> {
    narrator.prove(attack, so, &[])?;
    narrator.screen(&say(narrator.lang(), screen, values), screen.code());
    Ok(())
}

/// T3, T8, T9: altered, shown elsewhere, shown twice.
fn receipts(setting: &Setting, people: &People, narrator: &mut Narrator) -> Result<(), DemoError> {
    let shop = scan_shop(&people.resident, &setting.bakery, false, 21)?;
    let receipt = pay_offline(&people.resident, &shop, 300)?;
    let shown = show_receipt(setting, &receipt, "receipt-attacked", 22)?;

    let altered = with_amount(&shown, 30)?;
    let refused = matches!(check(&people.bakery.home, &altered), Err(ReceiveError::Forged(_)));
    answered(narrator, Key::DemoAttackAltered, refused, Key::RefusedSignature, &[])?;

    let elsewhere = check(&people.greengrocer.home, &shown);
    answered(
        narrator,
        Key::DemoAttackElsewhere,
        matches!(elsewhere, Err(ReceiveError::OtherShop)),
        Key::RefusedOtherShop,
        &[],
    )?;

    let first = super::counter::answer(&people.bakery, &shown)?;
    let second = check(&people.bakery.home, &shown);
    let refused = first.verdict.accepted() && matches!(second, Err(ReceiveError::ShownBefore { .. }));
    answered(narrator, Key::DemoAttackTwice, refused, Key::RefusedSeenBefore, &[])
}

/// The receipt with another amount and the same signature.
fn with_amount(text: &str, amount: u32) -> Result<String, DemoError> {
    let receipt = Receipt::read(text).within("receipt")?;
    let mut intent: Intent = receipt.intent.claims().clone();
    intent.parts = vec![Part {
        line: 0,
        amount: Amount::of(amount),
    }];
    let signature = kinchaku_protocol::cose::Envelope::read(receipt.intent.bytes())
        .within("envelope")?
        .signature;
    let forged = cose::assemble(&intent.encode(), None, &signature);
    Ok(Receipt::text(
        &forged,
        receipt.allowance.as_ref().map(|allowance| allowance.bytes()),
    ))
}

/// T2: a sticker with the bakery's name over another account, signed by a key that is not the town's.
fn sticker(setting: &Setting, people: &People, narrator: &mut Narrator) -> Result<(), DemoError> {
    let forger = SoftwareSigner::from_scalar(&[0x66; 32]).within("key")?;
    let mark = ShopMark {
        shop: kinchaku_protocol::ids::Pid([0x66; 8]),
        mark: kinchaku_protocol::ids::MarkId([0x66; 4]),
        kid: forger.public_key().kid(),
        sets: [].into(),
        offline: Offline::Scan,
        name: "BAKERY MIMURA".to_owned(),
        city: "MIMURA".to_owned(),
        language: "JA".to_owned(),
        local_name: setting.bakery.name.to_owned(),
        local_city: None,
        postal_code: None,
        mcc: "5462".to_owned(),
    };
    let payload = mark.sign(&forger).within("mark")?;
    let symbol = Symbol::of(Purpose::Mark, &payload).within("symbol")?;
    let file = setting.place("sticker.png");
    std::fs::write(&file, kinchaku_core::draw::receipt_png(&symbol, 8).within("draw")?)?;
    let (text, _) = photo::scan(&file, Of::Screen, 23)?;
    let refused = matches!(
        pay::read_shop(&people.resident.home, &text, false),
        Err(ShopCodeError::NotVerified)
    );
    answered(
        narrator,
        Key::DemoAttackSticker,
        refused && text == payload,
        Key::ErrorShopNotVerified,
        &[],
    )
}

/// A server that says OK and signs nothing: the till does not turn green.
fn unsigned_ok(setting: &Setting, people: &mut People, narrator: &mut Narrator) -> Result<(), DemoError> {
    let shop = scan_shop(&people.resident, &setting.greengrocer, false, 24)?;
    let receipt = pay_offline(&people.resident, &shop, 250)?;
    let fake = Arc::new(HttpNetwork::new(&fake_server::start()?, &[]).within("network")?);
    let folder = setting.place("greengrocer");
    let clock = people.greengrocer.clock.clone();
    let parked = Actor::open(setting, &setting.place("nobody"), false)?.0;
    let real = std::mem::replace(&mut people.greengrocer, parked);
    drop(real);
    let (deceived, _) = Actor::open_with(setting, &folder, clock.clone(), fake)?;
    let relayed = relay(&deceived.home, &receipt.short);
    let green = relayed.is_ok_and(|relayed| relayed.state.paid());
    drop(deceived);
    let network = Arc::new(HttpNetwork::new(&setting.town.address, &[]).within("network")?);
    people.greengrocer = Actor::open_with(setting, &folder, clock, network)?.0;
    answered(narrator, Key::DemoAttackUnsigned, !green, Key::ErrorServerUnsigned, &[])?;
    let relayed = relay(&people.greengrocer.home, &receipt.short).within("relay")?;
    narrator.prove(Key::DemoAttackUnsignedAfter, relayed.state == Shown::Posted, &[])
}

/// T5: the database alone copied back. Noticed; paying stops until a sync.
fn old_copy(setting: &Setting, people: &mut People, narrator: &mut Narrator) -> Result<(), DemoError> {
    let folder = people.resident.folder.clone();
    let clock = people.resident.clock.clone();
    let aside = setting.place("resident-old-copy");
    let nobody = Actor::open(setting, &setting.place("nobody"), false)?.0;
    drop(std::mem::replace(&mut people.resident, nobody));
    copy_database(&folder, &aside)?;

    let (payer, _) = Actor::open_with(setting, &folder, clock.clone(), Arc::new(NoNetwork))?;
    let shop = scan_shop(&payer, &setting.bakery, false, 25)?;
    let receipt = pay_offline(&payer, &shop, 100)?;
    super::counter::answer(&people.bakery, &receipt.full)?;
    sync(&people.bakery.home, true).within("sync")?;
    drop(payer);
    copy_database(&aside, &folder)?;

    let network = Arc::new(HttpNetwork::new(&setting.town.address, &[]).within("network")?);
    let (payer, report) = Actor::open_with(setting, &folder, clock, network)?;
    let tried = pay::quote(&payer.home, &shop, Amount::of(100), &AUTOMATIC, false);
    let stopped = report.rolled_back && matches!(tried, Err(PayError::RolledBack));
    answered(narrator, Key::DemoAttackOldCopy, stopped, Key::ErrorStoreOldCopy, &[])?;
    let synced = sync(&payer.home, true).within("sync")?;
    let again = quote(&payer, &shop, 100, false).is_ok();
    narrator.prove(Key::DemoAttackOldCopyAfter, synced.rollback_cleared && again, &[])?;
    people.resident = payer;
    Ok(())
}

/// T11: past its end, the clock set back and the phone restarted.
fn clock_set_back(setting: &Setting, people: &mut People, narrator: &mut Narrator) -> Result<(), DemoError> {
    let payer = &people.resident;
    let shop = scan_shop(payer, &setting.bakery, false, 26)?;
    let began = kinchaku_core::clock::Clock::wall(payer.clock.as_ref());
    payer.clock.pass(8 * DAY_SECONDS);
    let late = pay::quote(&payer.home, &shop, Amount::of(100), &AUTOMATIC, false);
    payer.clock.restart();
    payer.clock.set_wall(began);
    let back = pay::quote(&payer.home, &shop, Amount::of(100), &AUTOMATIC, false);
    let ended = |tried: &Result<_, PayError>| matches!(tried, Err(PayError::AllowanceEnded { .. }));
    answered(
        narrator,
        Key::DemoAttackClock,
        ended(&late) && ended(&back),
        Key::ErrorAllowanceStale,
        &[],
    )?;
    sync(&payer.home, true).within("sync")?;
    let usable = view::wallet(&payer.home).within("view")?.offline_until.is_some();
    let again = quote(payer, &shop, 100, false).is_ok();
    narrator.prove(Key::DemoAttackClockAfter, usable && again, &[])
}
