//! Acquiring value: refusals in words, and the words of kinds, stages and ways to pay.

use kinchaku_core::acquire::{AcquireError, Outcome, VoucherError};
use kinchaku_core::book::acquisitions::{Kind, Wanted};
use kinchaku_design::Key;
use kinchaku_protocol::api::acquire::{AcquireRefusal, OfferKind, OrderStage, PayWay, Why};
use kinchaku_protocol::time::Time;
use kinchaku_protocol::voucher::VoucherCodeError;

use super::{store, sync};
use crate::output::{Exit, Filling, Problem};

/// What was asked for decides how some refusals are said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Lots of a sale.
    Lots,
    /// What is handed out.
    HandedOut,
}

impl From<OfferKind> for Asked {
    fn from(kind: OfferKind) -> Self {
        match kind {
            OfferKind::Sale => Self::Lots,
            OfferKind::Distribution => Self::HandedOut,
            OfferKind::Exchange => Self::Lots,
        }
    }
}

/// Why somebody did not acquire something.
pub fn problem(error: &AcquireError, asked: Asked, now: Time) -> Problem {
    match error {
        AcquireError::NeedsNetwork => Problem::new(Key::ErrorOffline, Exit::NeedsNetwork),
        AcquireError::Waiting => Problem::new(Key::ErrorAcquireWaiting, Exit::NeedsNetwork),
        AcquireError::Another => Problem::new(Key::ErrorAcquireAnother, Exit::Other),
        AcquireError::Paying => Problem::new(Key::ErrorAcquirePaying, Exit::Other),
        AcquireError::Refused(refused) => refusal(refused, asked, now),
        AcquireError::Sync(error) => sync::problem(error),
        AcquireError::Store(error) => store::store(error),
    }
}

/// A rule's no.
pub fn refusal(refused: &AcquireRefusal, asked: Asked, now: Time) -> Problem {
    let at = Filling::At(refused.at.unwrap_or_default(), now);
    let day = Filling::Day(refused.at.unwrap_or_default());
    let (most, left) = (refused.most.unwrap_or(0), refused.left.unwrap_or(0));
    let no = |key| Problem::new(key, Exit::Refused);
    match refused.why {
        Why::NotYet => no(Key::ErrorAcquireNotYet).with("from", at),
        Why::Over => no(Key::ErrorAcquireOver).with("until", at),
        Why::NoCard => no(Key::ErrorAcquireNoCard),
        Why::Elsewhere => no(Key::ErrorAcquireElsewhere),
        Why::TooYoung => no(Key::ErrorAcquireTooYoung).count("age", most),
        Why::TooOld => no(Key::ErrorAcquireTooOld).count("age", most),
        Why::AgeUnclear => no(Key::ErrorAcquireAgeUnclear),
        Why::NotRegistered => no(Key::ErrorAcquireNotRegistered).with("date", day),
        Why::NotListed => no(Key::ErrorAcquireNotListed),
        Why::AppliedBefore => Problem::new(Key::ErrorAcquireAppliedBefore, Exit::AlreadyDone),
        Why::NoApplication => no(Key::ErrorAcquireNoApplication),
        Why::NotWon => no(Key::ErrorAcquireNotWon),
        Why::TooMany if asked == Asked::HandedOut => {
            Problem::new(Key::ErrorAcquireReceived, Exit::AlreadyDone).count("most", most)
        }
        Why::TooMany => no(Key::ErrorAcquireTooMany).count("most", most).count("left", left),
        Why::SoldOut => no(Key::ErrorAcquireSoldOut).count("left", left),
        Why::Unknown => Problem::new(Key::ErrorAcquireUnknown, Exit::Other),
        Why::PayWay => no(Key::ErrorAcquirePayWay),
        Why::ByCode => no(Key::ErrorAcquireByCode),
        Why::Amount => no(Key::ErrorAcquireAmount),
        Why::Owing => no(Key::ErrorAcquireOwing),
        Why::Stopped => no(Key::ErrorPayingStopped),
        Why::KeyReused => Problem::new(Key::ErrorInternal, Exit::Other),
        Why::Provider => no(Key::ErrorAcquireProvider),
        Why::Phone => no(Key::ErrorAcquirePhone),
        Why::NotEnough => no(Key::ErrorAcquireNotEnough).count("left", left),
        Why::Step => no(Key::ErrorAcquireStep).count("step", most).count("least", left),
    }
}

/// The word of a refusal for machines.
pub const fn why(why: Why) -> &'static str {
    match why {
        Why::NotYet => "not_yet",
        Why::Over => "over",
        Why::NoCard => "no_card",
        Why::Elsewhere => "elsewhere",
        Why::TooYoung => "too_young",
        Why::TooOld => "too_old",
        Why::AgeUnclear => "age_unclear",
        Why::NotRegistered => "not_registered",
        Why::NotListed => "not_listed",
        Why::AppliedBefore => "applied_before",
        Why::NoApplication => "no_application",
        Why::NotWon => "not_won",
        Why::TooMany => "too_many_units",
        Why::SoldOut => "sold_out",
        Why::Unknown => "unknown",
        Why::PayWay => "pay_way",
        Why::ByCode => "by_code",
        Why::Amount => "amount",
        Why::Owing => "owing",
        Why::Stopped => "stopped",
        Why::KeyReused => "key_reused",
        Why::Provider => "provider",
        Why::Phone => "phone",
        Why::NotEnough => "not_enough",
        Why::Step => "step",
    }
}

/// Why a scanned text fetches no voucher.
pub fn voucher(error: &VoucherError) -> Problem {
    let other = |key| Problem::new(key, Exit::Other);
    match error {
        VoucherError::Code(VoucherCodeError::NotOne) => other(Key::ErrorQrNotVoucher),
        VoucherError::Code(VoucherCodeError::Newer) => other(Key::ErrorQrNewer),
        VoucherError::Code(VoucherCodeError::Damaged) => other(Key::ErrorQrCrc),
        VoucherError::OtherTown => Problem::new(Key::ErrorVoucherOtherTown, Exit::Refused),
        VoucherError::NotEnrolled => other(Key::ErrorNotEnrolled),
        VoucherError::Store(error) => store::store(error),
    }
}

/// Ways to pay: the word of machines and of people.
pub const fn way(way: PayWay) -> (&'static str, Key) {
    match way {
        PayWay::Card => ("card", Key::AcquireWayCard),
        PayWay::Bank => ("bank", Key::AcquireWayBank),
        PayWay::Atm => ("atm", Key::AcquireWayAtm),
        PayWay::Store => ("store", Key::AcquireWayStore),
        PayWay::Counter => ("counter", Key::AcquireWayCounter),
    }
}

/// What was asked for.
pub const fn kind(wanted: &Wanted) -> (&'static str, Key) {
    match (wanted.kind, wanted.programme) {
        (Kind::Apply, _) => ("apply", Key::AcquireKindApply),
        (Kind::Order, Some(_)) => ("buy", Key::AcquireKindBuy),
        (Kind::Order, None) => ("charge", Key::AcquireKindCharge),
        (Kind::Receive, _) => ("receive", Key::AcquireKindReceive),
        (Kind::Exchange, _) => ("exchange", Key::AcquireKindExchange),
    }
}

/// What became of it.
pub const fn outcome(outcome: &Outcome) -> (&'static str, Key) {
    match outcome {
        Outcome::Asked => ("asked", Key::AcquireStateAsked),
        Outcome::Applied(_) | Outcome::Received(_) | Outcome::Exchanged(_) => ("taken", Key::AcquireStateTaken),
        Outcome::Ordered(order) => stage(order.stage),
        Outcome::Refused(_) => ("refused", Key::AcquireStateRefused),
    }
}

/// Where an order is.
pub const fn stage(stage: OrderStage) -> (&'static str, Key) {
    match stage {
        OrderStage::Awaiting => ("awaiting", Key::AcquireStageAwaiting),
        OrderStage::Paid => ("paid", Key::AcquireStagePaid),
        OrderStage::Failed => ("failed", Key::AcquireStageFailed),
        OrderStage::Lapsed => ("lapsed", Key::AcquireStageLapsed),
        OrderStage::Refunded => ("refunded", Key::AcquireStageRefunded),
        OrderStage::ChargedBack => ("charged_back", Key::AcquireStageChargedBack),
    }
}
