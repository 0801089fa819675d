//! `wallet history`: what this device paid, and what else happened to the account; for machines one
//! object a line.

use kinchaku_core::view::{self, HISTORY};
use kinchaku_design::format::{Unit, moment, money, signed_money};
use kinchaku_design::{Key, text};
use kinchaku_protocol::doc::HistoryRow;
use serde_json::json;

use super::shown;
use crate::host::Opened;
use crate::output::{Exit, Output, Problem, columns};
use crate::words;
use crate::words::state::{self, Classes};

/// F117: the operation of a payment, which is listed as the payment it is.
const USE: u8 = 1;

pub fn run(opened: &Opened, out: &Output) -> Result<Exit, Problem> {
    let home = &opened.home;
    let history = view::history(home).map_err(|error| words::store::store(&error))?;
    let classes = shown::classes(home)?;
    if out.json() {
        for payment in &history.payments {
            let mut object = shown::payment(home, payment, &classes)?;
            if let Some(members) = object.as_object_mut() {
                members.insert("schema".to_owned(), 1.into());
                members.insert("kind".to_owned(), "payment".into());
            }
            out.object(&object);
        }
        for row in &history.transactions {
            out.object(&transaction(row, &classes));
        }
        return Ok(Exit::Done);
    }
    let now = home.now().map_err(|error| words::store::store(&error))?.time;
    let lang = out.lang();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for payment in &history.payments {
        let paid = i64::try_from(payment.total.units())
            .unwrap_or(i64::MAX)
            .saturating_neg();
        rows.push(vec![
            moment(lang, payment.intent.occurred_at.0, now.0),
            payment.shop_name.clone(),
            signed_money(lang, Unit::Yen, paid),
            text(lang, state::payment(payment.state).1).to_owned(),
            payment.reference.to_string().chars().take(8).collect(),
        ]);
    }
    for row in history.transactions.iter().filter(|row| row.operation_id != USE) {
        rows.push(vec![
            moment(lang, row.occurred_at.0, now.0),
            classes.name(row.class),
            money(lang, classes.unit(row.class), row.amount.units()),
            text(lang, operation(row.operation_id).1).to_owned(),
            row.tran_id.clone(),
        ]);
    }
    if rows.is_empty() {
        out.note(Key::HistoryEmpty, &[]);
        out.note(Key::HistoryEmptyAction, &[]);
    }
    for line in columns(&rows, &[2]) {
        out.line(&line);
    }
    let longest = usize::try_from(HISTORY).unwrap_or(usize::MAX);
    if history.payments.len() >= longest {
        out.note(Key::HistoryMore, &[]);
    }
    Ok(Exit::Done)
}

fn transaction(row: &HistoryRow, classes: &Classes) -> serde_json::Value {
    json!({
        "schema": 1,
        "kind": "transaction",
        "tran_id": row.tran_id,
        "operation": operation(row.operation_id).0,
        "class": row.class.0,
        "name": classes.name(row.class),
        "amount": row.amount.units(),
        "unit": state::unit_word(classes.unit(row.class)),
        "shop": row.shop.map(|shop| shop.to_string()),
        "occurred_at": row.occurred_at.to_string(),
        "posted_at": row.posted_at.to_string(),
    })
}

/// OP1 to OP5 (F117), for machines and for people.
const fn operation(number: u8) -> (&'static str, Key) {
    match number {
        1 => ("use", Key::HistoryUse),
        2 => ("grant", Key::HistoryGrant),
        3 => ("charge", Key::HistoryCharge),
        4 => ("use_cancel", Key::HistoryUseCancelled),
        5 => ("grant_cancel", Key::HistoryGrantCancelled),
        _ => ("other", Key::HistoryOther),
    }
}
