//! Enrolling.

use kinchaku_core::enrol::EnrolError;
use kinchaku_core::sync::SyncError;
use kinchaku_core::trust::TrustError;
use kinchaku_design::Key;

use super::{gate, sync};
use crate::output::{Exit, Problem};

/// Why a device is not enrolled.
pub fn problem(error: &EnrolError) -> Problem {
    match error {
        EnrolError::AlreadyEnrolled => Problem::new(Key::ErrorAlreadyEnrolled, Exit::AlreadyDone),
        EnrolError::Code => Problem::new(Key::ErrorInvitationUnknown, Exit::Refused),
        EnrolError::OtherDevice => Problem::new(Key::ErrorServerNonsense, Exit::Other),
        // The roots were typed by a person: a wrong one is likelier than a wrong server.
        EnrolError::Sync(SyncError::Unproven(TrustError::UnknownKey | TrustError::Signature(_))) => {
            Problem::new(Key::ErrorTownKeys, Exit::Refused)
        }
        EnrolError::Sync(error) => sync::problem(error),
        EnrolError::Gate(error) => gate::problem(error),
    }
}
