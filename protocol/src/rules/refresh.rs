//! When a wallet asks for a new allowance: less than three days are left, or less than 30 % of what it could
//! have; not at each sync. Ten thousand wallets that renew at each sync would be writes for nothing, and a
//! wallet that could not get more would give up what it has.

use crate::doc::Allowance;
use crate::money::Amount;
use crate::time::{DAY_SECONDS, Time};

/// Days before the end at which it is time.
const DAYS_LEFT: u64 = 3;

/// Whether it is time for a new allowance.
///
/// `left` is what has not been spent of the lines that can still be used today; `free` is what the account
/// has beside it and nothing holds.
#[must_use]
pub fn due(allowance: &Allowance, left: Amount, free: Amount, now: Time) -> bool {
    let ends_soon = now.after(DAYS_LEFT.saturating_mul(DAY_SECONDS)) > allowance.expires();
    let could_have = left.units().saturating_add(free.units());
    let little = left.units().saturating_mul(10) < could_have.saturating_mul(3);
    ends_soon || little
}

#[cfg(test)]
mod tests {
    use super::due;
    use crate::doc::{Allowance, Limits, ReserveLine};
    use crate::ids::{ClassId, Pid, SetId};
    use crate::money::Amount;
    use crate::signature::PublicKey;
    use crate::time::{DAY_SECONDS, Day, Time};

    fn allowance() -> Allowance {
        let cap = Amount::of(3_000);
        Allowance {
            holder: Pid([1; 8]),
            device_key: PublicKey([2; 33]),
            lines: vec![ReserveLine {
                class: ClassId(1),
                amount: Amount::of(10_000),
                day: Day(30_000),
                set: SetId::ANYWHERE,
            }],
            limits: Limits {
                per_payment: cap,
                per_shop_day: cap,
                per_holder: cap,
                soft_count: 24,
                hard_count: 30,
            },
            window: vec![Time(1_000_000), Time(1_000_000 + 7 * DAY_SECONDS)],
            level: 1,
            epoch: 1,
            child_daily: None,
            guardian: None,
            crisis: None,
            paper: None,
        }
    }

    #[test]
    fn near_its_end_or_when_there_is_much_more_to_have() {
        let ask = |left, free, days| {
            let now = Time(1_000_000).after(days * DAY_SECONDS);
            due(&allowance(), Amount::of(left), Amount::of(free), now)
        };
        assert!(!ask(10_000, 0, 1));
        assert!(ask(10_000, 0, 5), "it ends soon");
        assert!(!ask(100, 0, 1), "there is nothing more to have");
        assert!(!ask(0, 0, 1), "nothing left and nothing to have");
        assert!(ask(100, 10_000, 1), "a top-up came");
        assert!(ask(2_999, 7_001, 1));
        assert!(!ask(3_000, 7_000, 1));
    }
}
