//! `device`: the server says whose device a key is, and in which role. Signed by the device CA, lives
//! 30 days and is renewed at every sync.

use super::field::codes;
use super::{Constraints, MAX_BY_QR, document};
use crate::ids::Pid;
use crate::rules::authorisation::CLOCK_SLACK;
use crate::signature::PublicKey;
use crate::time::Time;

codes! {
    /// What a device may do.
    pub enum Role {
        /// Pay.
        Wallet = 0,
        /// Accept and refuse for a shop.
        Shop = 1,
        /// Grant at events.
        Staff = 2,
    }
}

document! {
    /// An enrolled device.
    pub struct Device = 9 v 1 "device" max MAX_BY_QR, {
        /// In which role.
        2 => role: Role,
        /// Whose: an account's pseudonym, a shop, a member of staff.
        3 => owner: Pid,
        /// K_sync.
        4 => sync_key: PublicKey,
        /// From when, until when.
        5 => window: Vec<Time>,
        /// How the keys are kept: 1 software, 2 TEE, 3 secure element.
        6 => level: u8,
    }
}

impl Device {
    /// When it was signed.
    #[must_use]
    pub fn not_before(&self) -> Time {
        self.window.first().copied().unwrap_or_default()
    }

    /// The last second it is valid.
    #[must_use]
    pub fn expires(&self) -> Time {
        self.window.get(1).copied().unwrap_or_default()
    }

    /// Whether it is valid at `now`, give or take ten minutes at the start.
    #[must_use]
    pub fn valid_at(&self, now: Time) -> bool {
        self.not_before().before(CLOCK_SLACK) <= now && now <= self.expires()
    }
}

impl Constraints for Device {
    fn check(&self) -> Result<(), u8> {
        (self.window.len() == 2).then_some(()).ok_or(5)
    }
}
