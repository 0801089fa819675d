//! A receipt, at the shop: not answered at all, or refused.

use kinchaku_core::receive::ReceiveError;
use kinchaku_core::trust::TrustError;
use kinchaku_design::Key;
use kinchaku_design::Lang;
use kinchaku_design::format::moment;
use kinchaku_protocol::doc::{DocError, Limits, ReceiptError, Verdict};
use kinchaku_protocol::rules::authorisation::AuthorisationError;
use kinchaku_protocol::time::Time;

use super::{store, sync};
use crate::output::{Exit, Problem};

/// Why a receipt was not answered. Goods are not handed over.
pub fn problem(error: &ReceiveError) -> Problem {
    let refused = |key| Problem::new(key, Exit::Refused);
    match error {
        ReceiveError::NotAReceipt(ReceiptError::Document(DocError::Newer { .. })) => {
            Problem::new(Key::RefusedUpdate, Exit::Other)
        }
        ReceiveError::NotAReceipt(ReceiptError::Text | ReceiptError::Shape | ReceiptError::Document(_)) => {
            Problem::new(Key::ErrorQrNotReceipt, Exit::Other)
        }
        ReceiveError::NeedsFullReceipt => Problem::new(Key::RefusedIntentOnly, Exit::NeedsNetwork),
        ReceiveError::AllowanceNotProven(TrustError::UnknownKey) => refused(Key::RefusedUnknownKey),
        ReceiveError::AllowanceNotProven(
            TrustError::Document(_)
            | TrustError::Signature(_)
            | TrustError::KeyTime
            | TrustError::Outdated
            | TrustError::TestRoot,
        )
        | ReceiveError::Forged(_) => refused(Key::RefusedSignature),
        ReceiveError::Unfit(error) => refused(unfit(error)),
        ReceiveError::OtherShop => refused(Key::RefusedOtherShop),
        ReceiveError::ShownBefore { .. } => Problem::new(Key::RefusedSeenBefore, Exit::AlreadyDone),
        ReceiveError::NotSynced { .. } => Problem::new(Key::RefusedShopStale, Exit::NeedsNetwork),
        ReceiveError::ClockLost => Problem::new(Key::ErrorClockBack, Exit::NeedsNetwork),
        ReceiveError::NotEnrolled => Problem::new(Key::ErrorNotEnrolled, Exit::Other),
        ReceiveError::RolledBack => Problem::new(Key::ErrorStoreOldCopy, Exit::NeedsNetwork),
        ReceiveError::Sync(error) => sync::problem(error),
        ReceiveError::Key(error) => store::key(*error),
        ReceiveError::Store(error) => store::store(error),
    }
}

fn unfit(error: &AuthorisationError) -> Key {
    match error {
        AuthorisationError::AboveLine { .. } => Key::RefusedOverReserve,
        AuthorisationError::OutsideWindow => Key::RefusedOutsideWindow,
        AuthorisationError::NotUsableHere { .. } | AuthorisationError::DayPassed { .. } => Key::RefusedNotUsableHere,
        AuthorisationError::OtherAuthorisation | AuthorisationError::ChainStart | AuthorisationError::NoLine { .. } => {
            Key::RefusedUnfit
        }
    }
}

/// When a receipt that is shown again was checked; `None` for any other error.
pub fn shown_before(error: &ReceiveError, lang: Lang, now: Time) -> Option<String> {
    match error {
        ReceiveError::ShownBefore { at, .. } => Some(moment(lang, at.0, now.0)),
        _ => None,
    }
}

/// Why the shop's device refused, `None` where it accepted.
pub fn verdict(verdict: Verdict, limits: &Limits) -> Option<Problem> {
    let refused = |key| Problem::new(key, Exit::Refused);
    Some(match verdict {
        Verdict::Accepted => return None,
        Verdict::OverPayment => refused(Key::RefusedOverPayment).yen("limit", limits.per_payment),
        Verdict::OverShopDay => refused(Key::RefusedOverShopDay).yen("limit", limits.per_shop_day),
        Verdict::OverHolder => refused(Key::RefusedOverHolder).yen("limit", limits.per_holder),
        Verdict::TooMany => refused(Key::RefusedTooMany).count("count", limits.hard_count),
        Verdict::OutsideWindow => refused(Key::RefusedOutsideWindow),
        Verdict::Revoked => refused(Key::RefusedRevoked),
        Verdict::NotUsableHere => refused(Key::RefusedNotUsableHere),
        Verdict::ByStaff => refused(Key::RefusedByStaff),
        Verdict::Fork => refused(Key::RefusedFork),
    })
}
