//! The duplicate alert (F158): same shop, same total, within ten minutes. The person may go on; the
//! intent then says so.

use crate::ids::Pid;
use crate::money::Amount;
use crate::time::Time;

/// Seconds within which the same payment again is worth a question.
pub const WINDOW: u64 = 600;

/// A payment made before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    /// To whom.
    pub shop: Pid,
    /// How much in all.
    pub total: Amount,
    /// When.
    pub at: Time,
}

/// The latest earlier payment that this one would repeat; gives its time.
#[must_use]
pub fn find(before: &[Before], shop: Pid, total: Amount, now: Time) -> Option<Time> {
    before
        .iter()
        .filter(|payment| payment.shop == shop && payment.total == total)
        .map(|payment| payment.at)
        .filter(|at| now.since(*at) <= WINDOW)
        .max()
}

#[cfg(test)]
mod tests {
    use super::{Before, find};
    use crate::ids::Pid;
    use crate::money::Amount;
    use crate::time::Time;

    /// F158.
    #[test]
    fn same_shop_same_total_within_ten_minutes() {
        let before = [Before {
            shop: Pid([1; 8]),
            total: Amount::of(500),
            at: Time(1_000),
        }];
        let ask = |shop, total, now| find(&before, Pid([shop; 8]), Amount::of(total), Time(now));
        assert_eq!(ask(1, 500, 1_600), Some(Time(1_000)));
        assert_eq!(ask(1, 500, 1_601), None);
        assert_eq!(ask(1, 501, 1_001), None);
        assert_eq!(ask(2, 500, 1_001), None);
    }
}
