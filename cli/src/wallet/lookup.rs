//! A payment by its number, or by the beginning of it.

use kinchaku_core::book::payments::{self, Payment};
use kinchaku_core::home::Home;
use kinchaku_core::store::StoreError;
use kinchaku_core::view;
use kinchaku_design::Key;
use kinchaku_protocol::ids::Ref;

use crate::output::{Exit, Problem};
use crate::words;

/// The fewest digits that may stand for a number.
const FEWEST: usize = 4;

/// Finds a payment. A beginning counts among the newest, where it is the beginning of one alone.
pub fn payment(home: &Home, text: &str) -> Result<Payment, Problem> {
    let unknown = Problem::new(Key::ErrorPaymentUnknown, Exit::Other);
    let text = text.trim().to_ascii_lowercase();
    if let Some(reference) = Ref::from_hex(&text) {
        return by_ref(home, reference)?.ok_or(unknown);
    }
    let history = view::history(home).map_err(|error| words::store::store(&error))?;
    let mut fitting = history
        .payments
        .into_iter()
        .filter(|payment| text.len() >= FEWEST && payment.reference.to_string().starts_with(&text));
    match (fitting.next(), fitting.next()) {
        (Some(payment), None) => Ok(payment),
        (None, _) | (Some(_), Some(_)) => Err(unknown),
    }
}

/// Finds a payment by its whole number.
pub fn by_ref(home: &Home, reference: Ref) -> Result<Option<Payment>, Problem> {
    home.store()
        .read(|db| Ok::<_, StoreError>(payments::by_ref(db, reference)?))
        .map_err(|error| words::store::store(&error))
}
