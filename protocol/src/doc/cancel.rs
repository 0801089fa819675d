//! `cancel`: a shop takes a payment back as a whole, before or after the payment itself arrives. It
//! wins over everything else about the intent.

use super::{Constraints, MAX_BY_QR, document};
use crate::ids::{Pid, Ref};
use crate::time::Time;

document! {
    /// A cancellation, signed by a shop's device or the console.
    pub struct Cancel = 10 v 1 "cancel" max MAX_BY_QR, {
        /// The intent.
        2 => intent: Ref,
        /// The shop that cancels: it must be the payee.
        3 => shop: Pid,
        /// Why, as the shop's list of reasons numbers it.
        4 => reason: u32,
        /// When.
        5 => cancelled_at: Time,
    }
}

impl Constraints for Cancel {}
