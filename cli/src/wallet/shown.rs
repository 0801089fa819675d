//! How the wallet's commands say the same things: classes, ages, payments.

use kinchaku_core::book::payments::Payment;
use kinchaku_core::home::Home;
use kinchaku_core::pay::classes_of;
use kinchaku_core::store::StoreError;
use kinchaku_core::view::{self, ClassView};
use kinchaku_design::Key;
use kinchaku_protocol::doc::{Fact, FactKind, Reason, Received};
use serde_json::{Value, json};

use crate::output::Problem;
use crate::words;
use crate::words::state::{self, Classes};

/// A class for machines.
pub fn class(view: &ClassView) -> Value {
    json!({
        "class": view.class.0,
        "name": view.name,
        "service": state::service(view.service).0,
        "usable": view.usable.units(),
        "offline": view.offline.units(),
        "unit": state::unit_word(state::unit(view.service)),
        "lots": view.lots.iter().map(|lot| json!({
            "until": lot.until.map(|day| day.to_string()), "remaining": lot.remaining.units(),
        })).collect::<Vec<_>>(),
        "until": view.until.map(|day| day.to_string()),
        "from": view.from.map(|time| time.to_string()),
        "owed": view.owed.units(),
        "rank": view.rank,
        "coming": view.coming.units(),
    })
}

/// The classes this wallet knows.
pub fn classes(home: &Home) -> Result<Classes, Problem> {
    let wallet = view::wallet(home).map_err(|error| words::store::store(&error))?;
    Ok(Classes::of(&wallet.classes))
}

/// A payment for machines.
pub fn payment(home: &Home, payment: &Payment, classes: &Classes) -> Result<Value, Problem> {
    let parts = home
        .store()
        .read(|db| classes_of(db, payment))
        .map_err(|error: StoreError| words::store::store(&error))?;
    let parts: Vec<Value> = parts
        .iter()
        .map(|(class, amount)| classes.part(*class, *amount))
        .collect();
    Ok(json!({
        "reference": payment.reference.to_string(),
        "confirmation": format!("{:03}", payment.reference.confirmation_number()),
        "state": state::payment(payment.state).0,
        "reason": reason(payment).map(|(word, _)| word),
        "shop": { "id": payment.intent.shop.to_string(), "mark": payment.intent.mark.to_string(), "name": payment.shop_name },
        "amount": payment.total.units(),
        "unit": "yen",
        "parts": parts,
        "occurred_at": payment.intent.occurred_at.to_string(),
    }))
}

/// Why the server decided against a payment.
pub fn reason(payment: &Payment) -> Option<(&'static str, Key)> {
    let fact = Received::<Fact>::read(payment.fact.as_deref()?).ok()?;
    let decided: Reason = match fact.claims().kind {
        FactKind::Posted => Reason::None,
        FactKind::Rejected | FactKind::Reversed | FactKind::Fork | FactKind::Pending | FactKind::CancelNoted => {
            fact.claims().reason
        }
    };
    state::reason(decided)
}
