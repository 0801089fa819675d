//! `wallet status`: one figure for each class, the part of it that needs no network, what waits.

use kinchaku_core::gate;
use kinchaku_core::view::{self, ClassView, WalletView};
use kinchaku_design::format::{date, moment, money};
use kinchaku_design::{Key, say, text};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::card_number;
use kinchaku_protocol::time::Time;
use serde_json::json;

use super::shown;
use crate::host::Opened;
use crate::output::{Exit, Output, Problem, columns};
use crate::words::{self, state};

pub fn run(opened: &Opened, out: &Output) -> Result<Exit, Problem> {
    let home = &opened.home;
    let wallet = view::wallet(home).map_err(|error| words::store::store(&error))?;
    let now = home.now().map_err(|error| words::store::store(&error))?.time;
    let lock = gate::lock(home).status().map_err(words::gate::lock)?;
    let locked = lock.set && lock.tries_left == 0;
    if out.json() {
        out.object(&json!({
            "schema": 1,
            "classes": wallet.classes.iter().map(shown::class).collect::<Vec<_>>(),
            "waiting": wallet.waiting,
            "parked": wallet.parked,
            "offline_until": wallet.offline_until.map(|time| time.to_string()),
            "as_of": wallet.as_of.map(|time| time.to_string()),
            "rolled_back": wallet.rolled_back,
            "stopped": wallet.stopped,
            "locked": locked,
            "card": wallet.card.map(card_number::shown),
        }));
        return Ok(Exit::Done);
    }
    tell(&wallet, now, out);
    if wallet.stopped {
        out.warn(&Problem::new(Key::ErrorPayingStopped, Exit::Refused));
    }
    if locked {
        out.warn(&Problem::new(Key::ErrorPinLocked, Exit::Pin));
    }
    Ok(Exit::Done)
}

fn tell(wallet: &WalletView, now: Time, out: &Output) {
    let lang = out.lang();
    let rows: Vec<Vec<String>> = wallet
        .classes
        .iter()
        .map(|class| {
            let amount =
                |amount: kinchaku_protocol::money::Amount| money(lang, state::unit(class.service), amount.units());
            vec![
                class.name.clone(),
                text(lang, state::service(class.service).1).to_owned(),
                amount(class.usable),
                text(lang, Key::WordOfflinePart).to_owned(),
                amount(class.offline),
            ]
        })
        .collect();
    for (line, class) in columns(&rows, &[2, 4]).iter().zip(&wallet.classes) {
        out.line(line);
        beside(class, now, out);
    }
    if let Some(card) = wallet.card {
        out.say(Key::StatusCard, &[("number", &card_number::shown(card))]);
    }
    if wallet.waiting > 0 {
        out.say(Key::SyncWaiting, &[("count", &wallet.waiting.to_string())]);
    }
    if wallet.parked > 0 {
        out.say(Key::SyncParked, &[("count", &wallet.parked.to_string())]);
    }
    if let Some(until) = wallet.offline_until {
        out.say(
            Key::OfflineUsableUntil,
            &[("date", &date(lang, until.day().0, now.day().0))],
        );
    }
    out.line(&words::state::as_of(lang, wallet.as_of, now));
}

/// What expires when, and whatever else there is to say of a class (F026).
fn beside(class: &ClassView, now: Time, out: &Output) {
    let lang = out.lang();
    let amount = |amount: Amount| money(lang, state::unit(class.service), amount.units());
    let line = |key: Key, values: &[(&str, &str)]| out.line(&format!("  {}", say(lang, key, values)));
    if let Some(from) = class.from.filter(|from| now < *from) {
        line(Key::StatusFrom, &[("from", &moment(lang, from.0, now.0))]);
    }
    for lot in &class.lots {
        if let Some(until) = lot.until {
            let until = date(lang, until.0, now.day().0);
            line(Key::StatusLot, &[("date", &until), ("amount", &amount(lot.remaining))]);
        }
    }
    if let Some(until) = class.until {
        line(Key::StatusUntil, &[("date", &date(lang, until.0, now.day().0))]);
    }
    if !class.owed.is_zero() {
        line(Key::StatusOwed, &[("amount", &amount(class.owed))]);
    }
    if let Some(rank) = &class.rank {
        line(Key::StatusRank, &[("rank", rank)]);
    }
    if !class.coming.is_zero() {
        line(Key::StatusComing, &[("amount", &amount(class.coming))]);
    }
}
