//! What the books say of an order or against somebody, in the words of `protocol::api::acquire`.

use kinchaku_protocol::api::acquire::{AcquireRefusal, Exchanged, OrderStage, OrderStatus, PayWay, Why};

use super::desk::{Placed, SaleError};
use super::order::pay_in_of;
use super::provider::{AskOutcome, ProviderError};
use super::rows::{ExchangeRow, ExchangeState, OrderRow, OrderState};
use crate::books::BooksError;
use crate::command::CommandError;
use crate::programme::{PayIn, Refusal};

/// A rule's no.
#[must_use]
pub fn refusal(refusal: Refusal) -> AcquireRefusal {
    let plain = AcquireRefusal::plain;
    match refusal {
        Refusal::NotYet { opens } => AcquireRefusal {
            at: Some(opens),
            ..plain(Why::NotYet)
        },
        Refusal::Over { closed } => AcquireRefusal {
            at: Some(closed),
            ..plain(Why::Over)
        },
        Refusal::NoCard => plain(Why::NoCard),
        Refusal::Elsewhere => plain(Why::Elsewhere),
        Refusal::TooYoung { least } => AcquireRefusal {
            most: Some(u64::from(least)),
            ..plain(Why::TooYoung)
        },
        Refusal::TooOld { most } => AcquireRefusal {
            most: Some(u64::from(most)),
            ..plain(Why::TooOld)
        },
        Refusal::AgeUnclear => plain(Why::AgeUnclear),
        Refusal::NotRegistered { on } => AcquireRefusal {
            at: Some(on.start()),
            ..plain(Why::NotRegistered)
        },
        Refusal::NotListed => plain(Why::NotListed),
        Refusal::AppliedBefore => plain(Why::AppliedBefore),
        Refusal::NoApplication => plain(Why::NoApplication),
        Refusal::NotWon => plain(Why::NotWon),
        Refusal::TooMany { most, left } => AcquireRefusal {
            most: Some(u64::from(most)),
            left: Some(u64::from(left)),
            ..plain(Why::TooMany)
        },
        Refusal::SoldOut { left } => AcquireRefusal {
            left: Some(left),
            ..plain(Why::SoldOut)
        },
        Refusal::PayIn => plain(Why::PayWay),
        Refusal::Owing => plain(Why::Owing),
        Refusal::NotEnough { left } => AcquireRefusal {
            left: Some(left.units()),
            ..plain(Why::NotEnough)
        },
        Refusal::Step { step, least } => AcquireRefusal {
            most: Some(step.units()),
            left: Some(least.units()),
            ..plain(Why::Step)
        },
        Refusal::Apart(..) | Refusal::NoClass(_) => plain(Why::Unknown),
    }
}

/// The no of a rule in an error; none where the error is something else.
#[must_use]
pub fn refused(error: &SaleError) -> Option<AcquireRefusal> {
    let why = match error {
        SaleError::Books(BooksError::Command(CommandError::Refused(no))) => return Some(refusal(*no)),
        SaleError::Books(BooksError::Command(error)) => match error {
            CommandError::NoProgramme | CommandError::NoClass | CommandError::NotSetUp => Why::Unknown,
            CommandError::NoApplication => Why::NotWon,
            CommandError::Amount => Why::Amount,
            CommandError::Stopped => Why::Stopped,
            CommandError::KeyReused => Why::KeyReused,
            _ => return None,
        },
        SaleError::NoProvider => Why::PayWay,
        SaleError::Provider(ProviderError::Refused) => Why::Provider,
        SaleError::NoPhone => Why::Phone,
        SaleError::ByCode => Why::ByCode,
        SaleError::Books(_)
        | SaleError::Unreadable(_)
        | SaleError::Provider(ProviderError::NoAnswer)
        | SaleError::NotGenuine(_)
        | SaleError::NoSuchCharge(_) => return None,
    };
    Some(AcquireRefusal::plain(why))
}

/// A way to pay.
#[must_use]
pub const fn way(pay_in: PayIn) -> PayWay {
    match pay_in {
        PayIn::Card => PayWay::Card,
        PayIn::Bank => PayWay::Bank,
        PayIn::Atm => PayWay::Atm,
        PayIn::Store => PayWay::Store,
        PayIn::Counter => PayWay::Counter,
    }
}

/// A way to pay, the other way round.
#[must_use]
pub const fn pay_in(way: PayWay) -> PayIn {
    match way {
        PayWay::Card => PayIn::Card,
        PayWay::Bank => PayIn::Bank,
        PayWay::Atm => PayIn::Atm,
        PayWay::Store => PayIn::Store,
        PayWay::Counter => PayIn::Counter,
    }
}

/// An order with what its payer does next.
#[must_use]
pub fn placed(placed: &Placed) -> OrderStatus {
    let reference = placed.next.as_ref().and_then(|next| match next {
        AskOutcome::Confirm { url, .. } => Some(url.clone()),
        AskOutcome::PayAt { number, .. } => Some(number.clone()),
        AskOutcome::Declined(_) => None,
    });
    OrderStatus {
        reference,
        ..status(&placed.order)
    }
}

/// An order as it stands.
#[must_use]
pub fn status(order: &OrderRow) -> OrderStatus {
    OrderStatus {
        order: order.id,
        programme: order.programme,
        class: order.class,
        units: order.units,
        price: order.price,
        face: order.face,
        pay_in: pay_in_of(order.pay_in).map_or(PayWay::Counter, way),
        stage: match order.state {
            OrderState::Awaiting => OrderStage::Awaiting,
            OrderState::Paid => OrderStage::Paid,
            OrderState::Failed => OrderStage::Failed,
            OrderState::Lapsed => OrderStage::Lapsed,
            OrderState::Refunded => OrderStage::Refunded,
            OrderState::ChargedBack => OrderStage::ChargedBack,
        },
        until: order.until,
        settled_at: order.settled_at,
        reference: None,
    }
}

/// An exchange as it stands.
#[must_use]
pub fn exchanged(row: &ExchangeRow) -> Exchanged {
    Exchanged {
        source: row.source,
        points: row.points,
        class: row.class,
        amount: row.amount,
        due: row.due,
        granted: row.state == ExchangeState::Granted,
    }
}
