//! `close`: the wallet gives an allowance back. Signed by K_sync in the same local transaction that
//! makes the allowance unusable, so that nothing can be signed with a counter above `last`.

use super::{Constraints, MAX_BY_QR, document};
use crate::ids::Ref;
use crate::time::Time;

document! {
    /// The end of an allowance's chain.
    pub struct Close = 8 v 1 "close" max MAX_BY_QR, {
        /// The allowance.
        2 => allowance: Ref,
        /// The last counter used; 0 where none was.
        3 => last: u32,
        /// The intent with that counter; the allowance itself where none was.
        4 => head: Ref,
        /// When.
        5 => closed_at: Time,
    }
}

impl Constraints for Close {
    fn check(&self) -> Result<(), u8> {
        (self.last > 0 || self.head == self.allowance).then_some(()).ok_or(4)
    }
}
