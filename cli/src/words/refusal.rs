//! A shop's refusal, at the payer.

use kinchaku_core::pay::RefusedError;
use kinchaku_design::Key;
use kinchaku_protocol::doc::{DocError, ReceiptError};

use super::store;
use crate::output::{Exit, Problem};

/// Why a scanned text does not give value back.
pub fn problem(error: &RefusedError) -> Problem {
    match error {
        RefusedError::NotARefusal(ReceiptError::Document(DocError::Newer { .. })) => {
            Problem::new(Key::ErrorQrNewer, Exit::Other)
        }
        RefusedError::NotARefusal(ReceiptError::Text | ReceiptError::Shape | ReceiptError::Document(_))
        | RefusedError::Accepted => Problem::new(Key::ErrorQrNotRefusal, Exit::Other),
        RefusedError::OtherPayment | RefusedError::NotFromTheShop => {
            Problem::new(Key::ErrorRefusalNotOurs, Exit::Refused)
        }
        RefusedError::AlreadySettled(_) => Problem::new(Key::ErrorPaymentFinished, Exit::AlreadyDone),
        RefusedError::NotEnrolled => Problem::new(Key::ErrorNotEnrolled, Exit::Other),
        RefusedError::Store(error) => store::store(error),
    }
}
