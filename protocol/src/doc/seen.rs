//! `seen`: a shop's device says that it looked at an intent, and whether it took it.
//!
//! Signed by K_sync of a device with the role shop. A refusal gives the payer's value back whenever
//! it arrives; an acceptance is what the scheme pays for, even when a clone is found later.

use super::field::codes;
use super::{Constraints, MAX_BY_QR, document};
use crate::ids::{MarkId, Ref};
use crate::time::Time;

codes! {
    /// What the shop decided.
    pub enum Verdict {
        /// Taken.
        Accepted = 0,
        /// Refused: above what may be taken blind in one payment.
        OverPayment = 1,
        /// Refused: above what this holder may pay here blind in a day.
        OverShopDay = 2,
        /// Refused: above what may be taken blind from this holder in all.
        OverHolder = 3,
        /// Refused: too many payments since the payer was last online.
        TooMany = 4,
        /// Refused: the allowance is not valid at this time.
        OutsideWindow = 5,
        /// Refused: the bulletin stops this holder.
        Revoked = 6,
        /// Refused: a part cannot be used here, or not today.
        NotUsableHere = 7,
        /// Refused by the person at the register.
        ByStaff = 8,
        /// Refused: another intent with this counter was shown here.
        Fork = 9,
    }
}

impl Verdict {
    /// Whether the shop took the payment.
    #[must_use]
    pub const fn accepted(self) -> bool {
        matches!(self, Self::Accepted)
    }
}

codes! {
    /// What stood behind an acceptance: a fact about the shop's device, never about a screen.
    pub enum Assurance {
        /// Nothing yet: the device relays it and waits for the server.
        None = 0,
        /// Verified offline, within the caps.
        Blind = 1,
        /// The device holds the server's signed fact.
        Posted = 2,
    }
}

document! {
    /// A shop's answer to an intent.
    pub struct Seen = 6 v 1 "seen" max MAX_BY_QR, {
        /// The intent.
        2 => intent: Ref,
        /// The register.
        3 => mark: MarkId,
        /// When, by the shop's anchored clock.
        4 => seen_at: Time,
        /// Taken, or why not.
        5 => verdict: Verdict,
        /// The bulletin the device knew.
        6 => epoch: u32,
        /// What it stood on.
        7 => assurance: Assurance,
    }
}

impl Constraints for Seen {}
