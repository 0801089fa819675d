//! Taking a payment back, at the shop or at the office: what was meant is matched with what is in the books, and
//! said again before it is done (F096, F124, F126, F127).

use kinchaku_core::pay::read_amount;
use kinchaku_design::format::{Unit, money};
use kinchaku_design::{Key, say};
use serde_json::{Value, json};

use super::answer::{Cancelled, Detail};
use super::client::{Client, typed};
use super::refusal::cannot_cancel;
use super::shown::{moment, versioned};
use super::table::facts_aside;
use super::transactions::parts;
use crate::args::CancelArgs;
use crate::ask::confirmed;
use crate::output::{Exit, Mark, Output, Problem};
use crate::words;

/// Takes it back: `detail` is the payment as the books have it, `shop` its shop by name.
pub fn run(
    client: &Client,
    route: &str,
    answer: &Value,
    shop: &str,
    args: &CancelArgs,
    out: &Output,
) -> Result<Exit, Problem> {
    let lang = out.lang();
    let detail: Detail = typed(answer)?;
    let sum = detail.total;
    let typed_amount = typed_amount(&args.amount)?;
    if typed_amount != sum {
        return Err(Problem::new(Key::ErrorCancelAmount, Exit::Refused));
    }
    refused_already(&detail)?;
    let yen = money(lang, Unit::Yen, sum);
    if !args.yes {
        about(&detail, shop, &yen, out);
        out.note(Key::ConsoleCancelEffect, &[("parts", &parts(lang, &detail))]);
        if !confirmed(Key::ConsoleCancelQuestion, &[], Key::ConsoleWordCancel, out)? {
            out.note(Key::ConsoleStopped, &[]);
            return Ok(Exit::Other);
        }
    }
    let mut body = json!({ "amount": sum });
    if let (Some(note), Some(members)) = (&args.note, body.as_object_mut()) {
        members.insert("note".to_owned(), note.as_str().into());
    }
    let done = client.post(route, &body)?;
    tell(done, &detail, &yen, out)
}

/// The four things that the shop matches with the customer's screen, in the screen's order (F124).
pub fn about(detail: &Detail, shop: &str, amount: &str, out: &Output) {
    facts_aside(
        out,
        &[
            (Key::WordTransactionNumber, detail.row.tran_id.clone()),
            (Key::WordShop, shop.to_owned()),
            (Key::WordAmount, amount.to_owned()),
            (Key::ConsoleHeadOccurred, moment(&detail.row.occurred_at)),
        ],
    );
}

/// What the books have already said about it.
fn refused_already(detail: &Detail) -> Result<(), Problem> {
    let no = detail.may_cancel.as_ref().filter(|may| !may.ok);
    let Some(code) = no.and_then(|may| may.code.clone()) else {
        return Ok(());
    };
    let exit = match code.as_str() {
        "already_cancelled" | "cash_refunded" => Exit::AlreadyDone,
        _ => Exit::Refused,
    };
    Err(Problem::new(
        cannot_cancel(&code).unwrap_or(Key::ErrorCancelNotUse),
        exit,
    ))
}

fn tell(done: Value, detail: &Detail, yen: &str, out: &Output) -> Result<Exit, Problem> {
    let cancelled: Cancelled = typed(&done)?;
    if out.json() {
        let mut object = versioned(done);
        if let Some(members) = object.as_object_mut() {
            members.insert("unit".to_owned(), "yen".into());
        }
        out.object(&object);
        return Ok(Exit::Done);
    }
    let line = say(
        out.lang(),
        Key::ConsoleCancelled,
        &[("amount", yen), ("parts", &parts(out.lang(), detail))],
    );
    out.verdict(Mark::Ok, &line);
    let slips: Vec<String> = cancelled.rows.iter().map(|row| row.tran_id.clone()).collect();
    if !slips.is_empty() {
        out.say(Key::ConsoleSlips, &[("ids", &slips.join(" "))]);
    }
    Ok(Exit::Done)
}

/// An amount as it may be typed.
fn typed_amount(text: &str) -> Result<u64, Problem> {
    read_amount(text)
        .map(|amount| amount.units())
        .map_err(|error| words::pay::amount(text, error))
}
