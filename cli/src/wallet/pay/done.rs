//! After the signature: the payment stands. It goes up at once where there is a network, and its receipt
//! is shown whatever else fails.

use std::path::Path;

use kinchaku_core::book::payments::State;
use kinchaku_core::home::Home;
use kinchaku_core::pay::PaidReceipt;
use kinchaku_core::sync::deliver;
use kinchaku_design::format::{Unit, money};
use kinchaku_design::{Key, text};
use kinchaku_protocol::symbol::Ground;
use serde_json::json;

use super::super::{lookup, shown};
use crate::output::{Exit, Output, Problem};
use crate::picture;
use crate::words::state::{self, Classes};
use crate::words::sync::{Standing, standing};

/// Sends the payment where it can, and shows it.
pub fn tell(
    home: &Home,
    receipt: &PaidReceipt,
    online: bool,
    picture: Option<&Path>,
    classes: &Classes,
    out: &Output,
) -> Result<Exit, Problem> {
    if online && let Err(error) = deliver(home, true) {
        match standing(&error) {
            Standing::Calm => (),
            // It is paid: nothing of this stops it from being shown.
            Standing::Warn(problem) | Standing::Stop(problem) => out.warn(&problem),
        }
    }
    show(home, receipt, picture, classes, out)
}

/// Shows a payment with its receipt: in words and as a code, or as an object.
pub fn show(
    home: &Home,
    receipt: &PaidReceipt,
    picture: Option<&Path>,
    classes: &Classes,
    out: &Output,
) -> Result<Exit, Problem> {
    let internal = Problem::new(Key::ErrorInternal, Exit::Other);
    let symbol = receipt.symbol().map_err(|_| internal.clone())?;
    let written = picture.map(|path| picture::write(&symbol, path)).transpose();
    let payment = lookup::by_ref(home, receipt.reference)?.ok_or(internal)?;
    let (_, state_key) = state::payment(payment.state);
    if out.json() {
        let mut object = shown::payment(home, &payment, classes)?;
        if let Some(members) = object.as_object_mut() {
            members.insert("schema".to_owned(), 1.into());
            members.insert("receipt".to_owned(), receipt.full.as_str().into());
            members.insert("receipt_short".to_owned(), receipt.short.as_str().into());
            let path = written
                .as_ref()
                .ok()
                .and(picture)
                .map(|path| path.display().to_string());
            members.insert("picture".to_owned(), json!(path));
            members.insert("code".to_owned(), json!(written.as_ref().err().map(Problem::code)));
        }
        out.object(&object);
    } else {
        let amount = money(out.lang(), Unit::Yen, receipt.total.units());
        let number = format!("{:03}", receipt.confirmation);
        out.line(text(out.lang(), state_key));
        out.say(
            Key::PayDoneLine,
            &[("shop", &receipt.shop_name), ("amount", &amount), ("number", &number)],
        );
        out.say(Key::PayReference, &[("reference", &receipt.reference.to_string())]);
        // What the server has decided needs no more proof at the counter.
        if matches!(payment.state, State::Signed | State::Parked) {
            out.line(&symbol.terminal(Ground::Dark));
            out.say(Key::PayToShopStaff, &[]);
        }
    }
    Ok(match written {
        Ok(_) => Exit::Done,
        Err(problem) => {
            out.warn(&problem);
            problem.exit()
        }
    })
}
