//! `allowance`: the town lets one device key move up to an amount, in a scope, until a time.
//!
//! Signed by the issuer key while online. The value named in `lines` is already set aside on the
//! server, which is why an honest payment cannot bounce.

use super::field::record;
use super::{Constraints, MAX_BY_QR, document};
use crate::ids::{ClassId, Pid, SetId};
use crate::money::Amount;
use crate::signature::PublicKey;
use crate::time::{Day, Time};

record! {
    /// Value set aside: interchangeable lots of one class, with one last day and one scope.
    pub struct ReserveLine [
        /// Which value.
        class: ClassId,
        /// How much.
        amount: Amount,
        /// The last day in Japan it can be used.
        day: Day,
        /// Which shops take it.
        set: SetId,
    ]
}

record! {
    /// What a shop may accept blind, that is verified offline with nobody to ask.
    pub struct Limits [
        /// Yen in one payment.
        per_payment: Amount,
        /// Yen from one holder at one shop in one day in Japan.
        per_shop_day: Amount,
        /// Yen from one holder in all, as far as this shop has seen.
        per_holder: Amount,
        /// Payments after which the wallet asks for a network.
        soft_count: u32,
        /// Payments after which it stops.
        hard_count: u32,
    ]
}

record! {
    /// What may be paid to a shop that has only paper, so that nobody verifies it.
    pub struct PaperTier [
        /// Yen in one payment.
        per_payment: Amount,
        /// Payments in one day in Japan.
        per_day: u32,
    ]
}

document! {
    /// The right of one device key to pay from reserved value. Named by its [`crate::ids::Ref`].
    pub struct Allowance = 1 v 1 "allowance" max MAX_BY_QR, {
        /// The holder's pseudonym, the same for all allowances of a seven-day window.
        2 => holder: Pid,
        /// K_pay: the only key that can spend it.
        3 => device_key: PublicKey,
        /// The reserve.
        4 => lines: Vec<ReserveLine>,
        /// Caps on blind acceptance.
        5 => limits: Limits,
        /// From when (the server's time at issue) and until when, inclusive.
        6 => window: Vec<Time>,
        /// How the device key is kept: 1 software, 2 TEE, 3 secure element.
        7 => level: u8,
        /// The bulletin in force at issue.
        8 => epoch: u32;
        /// Yen a child may spend in a day.
        ? 9 => child_daily: Amount,
        /// The guardian's pseudonym, under which a child's payments count.
        ? 10 => guardian: Pid,
        /// Caps in a crisis the bulletin declares.
        ? 11 => crisis: Limits,
        /// Absent where paper-only shops are not allowed.
        ? 12 => paper: PaperTier,
    }
}

impl Allowance {
    /// The server's time at issue: nothing was signed before it.
    #[must_use]
    pub fn not_before(&self) -> Time {
        self.window.first().copied().unwrap_or_default()
    }

    /// The last second a payment may be signed.
    #[must_use]
    pub fn expires(&self) -> Time {
        self.window.get(1).copied().unwrap_or_default()
    }

    /// Under whom shops count blind payments: a child's count under the guardian.
    #[must_use]
    pub fn counted_under(&self) -> Pid {
        self.guardian.unwrap_or(self.holder)
    }
}

impl Constraints for Allowance {
    fn check(&self) -> Result<(), u8> {
        let lines = !self.lines.is_empty() && self.lines.len() <= 8;
        (lines && self.lines.iter().all(|line| !line.amount.is_zero()))
            .then_some(())
            .ok_or(4)?;
        (self.window.len() == 2 && self.not_before() < self.expires())
            .then_some(())
            .ok_or(6)
    }
}
