//! `shop status`: what this device was shown, and what the server has of the shop.

use kinchaku_core::book::server_rows;
use kinchaku_core::home::Home;
use kinchaku_core::store::StoreError;
use kinchaku_core::view::{self, TillView};
use kinchaku_design::format::{Unit, moment, money, number};
use kinchaku_design::{Key, text};
use kinchaku_protocol::doc::{FactKind, ShopRow, Table};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::{DAY_SECONDS, Time};
use serde_json::{Value, json};

use crate::host::Opened;
use crate::output::{Exit, Output, Problem, columns};
use crate::words::{self, state};

pub fn run(opened: &Opened, out: &Output) -> Result<Exit, Problem> {
    let home = &opened.home;
    let till = view::till(home).map_err(|error| words::store::store(&error))?;
    let now = home.now().map_err(|error| words::store::store(&error))?.time;
    let name = name(home)?;
    if out.json() {
        out.object(&json!({
            "schema": 1,
            "name": name,
            "posted": till.posted.units(),
            "unit": "yen",
            "waiting": till.waiting,
            "as_of": till.as_of.map(|time| time.to_string()),
            "receipts": receipts(&till),
            "sales": sales(&till),
        }));
        return Ok(Exit::Done);
    }
    tell(&till, now, out);
    Ok(Exit::Done)
}

/// The shop's name, once a sync has brought it.
pub fn name(home: &Home) -> Result<Option<String>, Problem> {
    let store = |error: StoreError| words::store::store(&error);
    let Some(device) = home.device().map_err(store)? else {
        return Ok(None);
    };
    let row = home.store().read(|db| {
        let row: Option<ShopRow> = server_rows::get(db, Table::Shop, &device.owner.0)?;
        Ok::<_, StoreError>(row)
    });
    Ok(row.map_err(store)?.map(|row| row.name))
}

fn receipts(till: &TillView) -> Vec<Value> {
    till.receipts
        .iter()
        .map(|receipt| {
            let reference = receipt.intent.to_ref();
            json!({
                "reference": reference.to_string(),
                "confirmation": format!("{:03}", reference.confirmation_number()),
                "state": state::receipt(receipt.state).0,
                "amount": receipt.total.units(),
                "unit": "yen",
                "mark": receipt.intent.mark.to_string(),
                "seen_at": receipt.seen_at.to_string(),
            })
        })
        .collect()
}

fn sales(till: &TillView) -> Vec<Value> {
    till.sales
        .iter()
        .map(|sale| {
            json!({
                "reference": sale.intent.to_ref().to_string(),
                "state": FactKind::from_number(sale.status).map(|kind| state::fact(kind).0),
                "amount": sale.total.units(),
                "unit": "yen",
                "mark": sale.mark.to_string(),
                "occurred_at": sale.occurred_at.to_string(),
                "posted_at": sale.posted_at.to_string(),
            })
        })
        .collect()
}

fn tell(till: &TillView, now: Time, out: &Output) {
    let lang = out.lang();
    let yen = |amount: Amount| money(lang, Unit::Yen, amount.units());
    let rows: Vec<Vec<String>> = till
        .receipts
        .iter()
        .map(|receipt| {
            vec![
                moment(lang, receipt.seen_at.0, now.0),
                format!("{:03}", receipt.intent.to_ref().confirmation_number()),
                yen(receipt.total),
                text(lang, state::receipt(receipt.state).1).to_owned(),
            ]
        })
        .collect();
    for line in columns(&rows, &[2]) {
        out.line(&line);
    }
    let today = till
        .receipts
        .iter()
        .filter(|receipt| receipt.state.paid() && receipt.seen_at.day() == now.day());
    let (count, sum) = today.fold((0_u64, Amount::ZERO), |(count, sum), receipt| {
        (count.saturating_add(1), sum.plus(receipt.total).unwrap_or(Amount::MAX))
    });
    out.say(Key::ShopToday, &[("count", &number(count)), ("amount", &yen(sum))]);
    out.say(Key::ShopPosted, &[("amount", &yen(till.posted))]);
    if till.waiting > 0 {
        out.say(Key::ShopUnsent, &[("count", &till.waiting.to_string())]);
    }
    let unsynced = till.as_of.is_none_or(|at| now.since(at) > DAY_SECONDS);
    if till.waiting > 0 && unsynced {
        out.note(Key::ShopUnsentDay, &[]);
    }
    out.line(&words::state::as_of(lang, till.as_of, now));
}
