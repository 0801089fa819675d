//! Where things stand: the fixed words of payments and receipts, and the words of machines for the same.

use kinchaku_core::book::payments::State as Paid;
use kinchaku_core::book::receipts::State as Received;
use kinchaku_core::view::ClassView;
use kinchaku_design::format::{Unit, moment, money};
use kinchaku_design::{Key, Lang, say};
use kinchaku_protocol::doc::{FactKind, Reason, Verdict};
use kinchaku_protocol::ids::{ClassId, ServiceType};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Time;
use serde_json::{Value, json};

/// The classes a device knows, to name amounts by.
pub struct Classes(Vec<Class>);

/// One class.
#[derive(Clone, Debug)]
pub struct Class {
    /// Which.
    pub id: ClassId,
    /// Money, points or voucher.
    pub service: ServiceType,
    /// The programme's name.
    pub name: String,
}

impl Classes {
    /// From the home screen.
    pub fn of(views: &[ClassView]) -> Self {
        let class = |view: &ClassView| Class {
            id: view.class,
            service: view.service,
            name: view.name.clone(),
        };
        Self(views.iter().map(class).collect())
    }

    /// A class by its number.
    pub fn get(&self, id: ClassId) -> Option<&Class> {
        self.0.iter().find(|class| class.id == id)
    }

    /// The name of a class; its number where nobody has named it yet.
    pub fn name(&self, id: ClassId) -> String {
        self.get(id).map_or_else(|| id.to_string(), |class| class.name.clone())
    }

    /// What a class counts.
    pub fn unit(&self, id: ClassId) -> Unit {
        self.get(id).map_or(Unit::Yen, Class::unit)
    }

    /// An amount of a class, as people read it.
    pub fn amount(&self, lang: Lang, id: ClassId, amount: Amount) -> String {
        money(lang, self.unit(id), amount.units())
    }

    /// An amount of a class, for machines.
    pub fn part(&self, id: ClassId, amount: Amount) -> Value {
        json!({ "class": id.0, "name": self.name(id), "amount": amount.units(), "unit": unit_word(self.unit(id)) })
    }
}

impl Class {
    /// What it counts.
    pub const fn unit(&self) -> Unit {
        unit(self.service)
    }
}

/// What a kind of value counts.
pub const fn unit(service: ServiceType) -> Unit {
    match service {
        ServiceType::Money | ServiceType::Voucher => Unit::Yen,
        ServiceType::Points => Unit::Point,
    }
}

/// The word of a unit for machines.
pub const fn unit_word(unit: Unit) -> &'static str {
    match unit {
        Unit::Yen => "yen",
        Unit::Point => "point",
    }
}

/// The word of a kind of value for machines, and what people call its spendable part.
pub const fn service(service: ServiceType) -> (&'static str, Key) {
    match service {
        ServiceType::Money => ("money", Key::WordUsableMoney),
        ServiceType::Points => ("points", Key::WordUsablePoints),
        ServiceType::Voucher => ("voucher", Key::WordUsableVoucher),
    }
}

/// A payment's state, for machines and for the payer.
pub const fn payment(state: Paid) -> (&'static str, Key) {
    match state {
        Paid::Prepared => ("prepared", Key::StatePrepared),
        Paid::Abandoned => ("abandoned", Key::StateAbandoned),
        Paid::Signed => ("signed", Key::StateSigned),
        Paid::Posted => ("posted", Key::StatePosted),
        Paid::Rejected => ("rejected", Key::StateRejected),
        Paid::Parked => ("parked", Key::StateParked),
        Paid::RefusedAtShop => ("refused_at_shop", Key::StateRefusedAtShop),
        Paid::Reversed => ("reversed", Key::StateCancelled),
    }
}

/// A receipt's state, for machines and for the shop.
pub const fn receipt(state: Received) -> (&'static str, Key) {
    match state {
        Received::Waiting => ("waiting", Key::ShopStateParked),
        Received::AcceptedBlind => ("accepted", Key::ShopStateSigned),
        Received::Refused => ("refused", Key::ShopStateRejected),
        Received::Posted => ("posted", Key::ShopStatePosted),
        Received::Rejected => ("rejected", Key::ShopStateRejected),
        Received::Reversed => ("reversed", Key::ShopStateCancelled),
    }
}

/// A fact's kind as a shop reads it in its list.
pub const fn fact(kind: FactKind) -> (&'static str, Key) {
    match kind {
        FactKind::Posted => ("posted", Key::ShopStatePosted),
        FactKind::Rejected => ("rejected", Key::ShopStateRejected),
        FactKind::Reversed | FactKind::CancelNoted => ("reversed", Key::ShopStateCancelled),
        FactKind::Fork | FactKind::Pending => ("parked", Key::ShopStateParked),
    }
}

/// Why the server decided against a payment, for machines and for people.
pub const fn reason(reason: Reason) -> Option<(&'static str, Key)> {
    Some(match reason {
        Reason::None => return None,
        Reason::ShopRefused => ("shop_refused", Key::RejectedShopRefused),
        Reason::Cancelled => ("cancelled", Key::RejectedCancelled),
        Reason::OverReserve => ("over_reserve", Key::RejectedOverReserve),
        Reason::Late => ("late", Key::RejectedLate),
        Reason::AfterClose => ("after_close", Key::RejectedAfterClose),
        Reason::ForkBranch => ("fork_branch", Key::RejectedForkBranch),
        Reason::OutsideWindow => ("outside_window", Key::RejectedOutsideWindow),
        Reason::BadPart => ("bad_part", Key::RejectedBadPart),
        Reason::NotUsableHere => ("not_usable_here", Key::RejectedNotUsableHere),
        Reason::DayPassed => ("day_passed", Key::RejectedDayPassed),
        Reason::Revoked => ("revoked", Key::RejectedRevoked),
        Reason::UnknownShop => ("unknown_shop", Key::RejectedUnknownShop),
        // About a card's proof, never about a payment.
        Reason::Challenge
        | Reason::CardSignature
        | Reason::CertificateUntrusted
        | Reason::CertificateExpired
        | Reason::CertificateRevoked
        | Reason::AnotherPerson
        | Reason::AnotherAccount
        | Reason::Guardian
        | Reason::Attributes
        | Reason::NotAMinor
        | Reason::NotLinked
        | Reason::UnknownCard
        // About a cancellation, which a payer is not told of.
        | Reason::Closed
        | Reason::CashRefunded => return None,
    })
}

/// A shop's verdict, for machines and, where it refused, for the payer.
pub const fn verdict(verdict: Verdict) -> (&'static str, Option<Key>) {
    match verdict {
        Verdict::Accepted => ("accepted", None),
        Verdict::OverPayment => ("over_payment", Some(Key::RefusalReasonOverPayment)),
        Verdict::OverShopDay => ("over_shop_day", Some(Key::RefusalReasonOverShopDay)),
        Verdict::OverHolder => ("over_holder", Some(Key::RefusalReasonOverHolder)),
        Verdict::TooMany => ("too_many", Some(Key::RefusalReasonTooMany)),
        Verdict::OutsideWindow => ("outside_window", Some(Key::RefusalReasonOutsideWindow)),
        Verdict::Revoked => ("revoked", Some(Key::RefusalReasonRevoked)),
        Verdict::NotUsableHere => ("not_usable_here", Some(Key::RefusalReasonNotUsableHere)),
        Verdict::ByStaff => ("by_staff", Some(Key::RefusalReasonByStaff)),
        Verdict::Fork => ("fork", Some(Key::RefusalReasonFork)),
    }
}

/// How old what is shown is.
pub fn as_of(lang: Lang, at: Option<Time>, now: Time) -> String {
    match at {
        Some(at) => say(lang, Key::WordAsOf, &[("time", &moment(lang, at.0, now.0))]),
        None => say(lang, Key::WordNeverSynced, &[]),
    }
}
