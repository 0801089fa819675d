//! `bulletin`: who must not be taken any more, and how old a shop's knowledge is. Signed by the
//! bulletin key; the epoch only goes up.

use super::allowance::Limits;
use super::field::record;
use super::{Constraints, MAX_PAGE, document};
use crate::ids::{ClassId, MarkId, Pid, Ref};
use crate::time::Time;

record! {
    /// A shop, or one of its sheets, that is no longer valid.
    pub struct DeadMark [
        /// The shop.
        shop: Pid,
        /// One sheet, or all of them.
        mark: Option<MarkId>,
    ]
}

record! {
    /// Caps of one class in a crisis.
    pub struct ClassLimits [
        /// Which value.
        class: ClassId,
        /// Its caps.
        limits: Limits,
    ]
}

document! {
    /// What every shop and wallet must know.
    pub struct Bulletin = 12 v 1 "bulletin" max MAX_PAGE, {
        /// Up only.
        2 => epoch: u32,
        /// When it was made.
        3 => made_at: Time,
        /// Stopped holders, and devices by the first eight bytes of their reference.
        4 => revoked: Vec<Pid>,
        /// Shops and sheets that are not valid.
        5 => dead: Vec<DeadMark>,
        /// The directory in force.
        6 => directory: u32,
        /// The key set in force.
        7 => keyset: u32;
        /// Caps in a crisis.
        ? 8 => crisis: Vec<ClassLimits>,
    }
}

impl Bulletin {
    /// Whether this holder is stopped.
    #[must_use]
    pub fn stops(&self, holder: &Pid) -> bool {
        self.revoked.contains(holder)
    }

    /// Whether this device is stopped: it is named by the first eight bytes of its document's reference.
    #[must_use]
    pub fn stops_device(&self, device: Ref) -> bool {
        let [a, b, c, d, e, f, g, h, ..] = device.0;
        self.revoked.contains(&Pid([a, b, c, d, e, f, g, h]))
    }

    /// Whether this sheet is no longer valid.
    #[must_use]
    pub fn is_dead(&self, shop: &Pid, mark: &MarkId) -> bool {
        self.dead
            .iter()
            .any(|dead| dead.shop == *shop && dead.mark.is_none_or(|m| m == *mark))
    }
}

impl Constraints for Bulletin {}
