//! `wallet receipt`: a payment's receipt again.

use kinchaku_core::pay;
use kinchaku_design::Key;

use super::{lookup, pay::show, shown};
use crate::args::ReceiptArgs;
use crate::host::Opened;
use crate::output::{Exit, Output, Problem};
use crate::words::{self, state};

/// Seconds after which a shop without a network no longer takes a receipt.
const OLD: u64 = 600;

pub fn run(opened: &Opened, args: &ReceiptArgs, out: &Output) -> Result<Exit, Problem> {
    let home = &opened.home;
    let payment = lookup::payment(home, &args.reference)?;
    let receipt = pay::receipt(home, payment.reference).map_err(|error| match error {
        pay::PayError::Store(error) => words::store::store(&error),
        _ => Problem::new(Key::ErrorInternal, Exit::Other),
    })?;
    let receipt = receipt.ok_or(Problem::new(Key::ErrorPaymentUnknown, Exit::Other))?;
    let now = home.now().map_err(|error| words::store::store(&error))?.time;
    let waiting = matches!(payment.state, kinchaku_core::book::payments::State::Signed);
    if waiting && now.since(payment.intent.occurred_at) > OLD {
        out.note(Key::PayReceiptOld, &[]);
    }
    if let Some((_, reason)) = shown::reason(&payment) {
        out.note(state::payment(payment.state).1, &[]);
        out.note(reason, &[]);
    }
    show(home, &receipt, args.out.as_deref(), &shown::classes(home)?, out)
}
