//! Linking a card, as the server decides it.

use kinchaku_core::link::LinkError;
use kinchaku_design::Key;
use kinchaku_protocol::doc::Reason;
use kinchaku_protocol::time::Time;

use super::{store, sync};
use crate::output::{Exit, Filling, Problem};

/// Why a card's proof came to nothing.
pub fn problem(error: &LinkError) -> Problem {
    match error {
        LinkError::Over => Problem::new(Key::ErrorLinkOver, Exit::Refused),
        LinkError::Waiting { until } => waits(*until),
        LinkError::WrongEvidence => Problem::new(Key::ErrorInternal, Exit::Other),
        LinkError::Refused(reason) => refused(*reason),
        LinkError::Sync(error) => sync::problem(error),
        LinkError::Store(error) => store::store(error),
    }
}

/// A proof waits to be sent.
pub fn waits(until: Time) -> Problem {
    Problem::new(Key::ErrorLinkWaiting, Exit::NeedsNetwork).with("time", Filling::Moment(until))
}

/// Why the server decided against a proof.
pub const fn refused(reason: Reason) -> Problem {
    let (_, key) = reason_word(reason);
    Problem::new(key, Exit::Refused)
}

/// The word of a reason for machines, and its sentence.
pub const fn reason_word(reason: Reason) -> (&'static str, Key) {
    match reason {
        Reason::Challenge => ("challenge", Key::ErrorLinkChallenge),
        Reason::CardSignature => ("card_signature", Key::ErrorCardCopy),
        Reason::CertificateUntrusted => ("certificate_untrusted", Key::ErrorCardUntrusted),
        Reason::CertificateExpired => ("certificate_expired", Key::ErrorLinkExpired),
        Reason::CertificateRevoked => ("certificate_revoked", Key::ErrorLinkRevoked),
        Reason::AnotherPerson => ("another_person", Key::ErrorLinkAnotherPerson),
        Reason::AnotherAccount => ("another_account", Key::ErrorLinkAnotherAccount),
        Reason::Guardian => ("guardian", Key::ErrorLinkGuardian),
        Reason::Attributes => ("attributes", Key::ErrorLinkAttributes),
        Reason::NotAMinor => ("not_a_minor", Key::ErrorLinkNotMinor),
        Reason::NotLinked => ("not_linked", Key::ErrorLinkNotLinked),
        Reason::UnknownCard => ("unknown_card", Key::ErrorLinkUnknownCard),
        // About payments, never about a card's proof.
        Reason::None
        | Reason::Closed
        | Reason::CashRefunded
        | Reason::ShopRefused
        | Reason::Cancelled
        | Reason::OverReserve
        | Reason::Late
        | Reason::AfterClose
        | Reason::ForkBranch
        | Reason::OutsideWindow
        | Reason::BadPart
        | Reason::NotUsableHere
        | Reason::DayPassed
        | Reason::Revoked
        | Reason::UnknownShop => ("other", Key::ErrorServerRefused),
    }
}
