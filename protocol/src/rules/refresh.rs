//! When a wallet asks for a new allowance: less than three days or less than 30 % left, not at every
//! sync. Ten thousand wallets that renew at each sync would be writes for nothing.

use crate::doc::Allowance;
use crate::money::Amount;
use crate::time::{DAY_SECONDS, Time};

/// Days before the end at which it is time.
const DAYS_LEFT: u64 = 3;

/// Whether it is time for a new allowance. `left` is what has not been spent of all lines.
#[must_use]
pub fn due(allowance: &Allowance, left: Amount, now: Time) -> bool {
    let ends_soon = now.after(DAYS_LEFT.saturating_mul(DAY_SECONDS)) > allowance.expires();
    let whole = Amount::sum(allowance.lines.iter().map(|line| line.amount)).unwrap_or(Amount::MAX);
    let little = left.units().saturating_mul(10) < whole.units().saturating_mul(3);
    ends_soon || little
}
