//! How much a shop may accept blind, and how much of it the scheme then pays for. The shop asks before
//! it accepts, the server before it honours an acceptance that no reserve covers.

use crate::doc::{Limits, Verdict};
use crate::money::Amount;

/// What a shop has taken blind from one holder, before the payment in question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SoFar {
    /// Yen today, in Japan.
    pub shop_day: Amount,
    /// Yen in all, over the allowances of the seven-day window.
    pub holder: Amount,
}

/// What a blind acceptance may still be.
#[must_use]
pub fn headroom(limits: &Limits, so_far: SoFar) -> Amount {
    limits
        .per_payment
        .min(limits.per_shop_day.less(so_far.shop_day))
        .min(limits.per_holder.less(so_far.holder))
}

/// Whether a payment may be accepted blind.
///
/// `count` is the intent's counter: how often the holder has paid since it was last online.
///
/// # Errors
/// The [`Verdict`] to sign instead of an acceptance.
pub fn blind(limits: &Limits, so_far: SoFar, amount: Amount, count: u32) -> Result<(), Verdict> {
    let within = |spent: Amount, cap: Amount| spent.plus(amount).is_ok_and(|sum| sum <= cap);
    if amount > limits.per_payment {
        Err(Verdict::OverPayment)
    } else if !within(so_far.shop_day, limits.per_shop_day) {
        Err(Verdict::OverShopDay)
    } else if !within(so_far.holder, limits.per_holder) {
        Err(Verdict::OverHolder)
    } else if count > limits.hard_count {
        Err(Verdict::TooMany)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{SoFar, blind, headroom};
    use crate::doc::{Limits, Verdict};
    use crate::money::Amount;
    use proptest::prelude::*;

    fn limits() -> Limits {
        Limits {
            per_payment: Amount::of(3_000),
            per_shop_day: Amount::of(5_000),
            per_holder: Amount::of(10_000),
            soft_count: 24,
            hard_count: 30,
        }
    }

    #[test]
    fn each_cap_is_named() {
        let so_far = |shop_day, holder| SoFar {
            shop_day: Amount::of(shop_day),
            holder: Amount::of(holder),
        };
        let ask = |so_far, amount, count| blind(&limits(), so_far, Amount::of(amount), count);
        assert_eq!(ask(so_far(0, 0), 3_000, 30), Ok(()));
        assert_eq!(ask(so_far(0, 0), 3_001, 1), Err(Verdict::OverPayment));
        assert_eq!(ask(so_far(2_001, 2_001), 3_000, 1), Err(Verdict::OverShopDay));
        assert_eq!(ask(so_far(0, 7_001), 3_000, 1), Err(Verdict::OverHolder));
        assert_eq!(ask(so_far(0, 0), 1, 31), Err(Verdict::TooMany));
    }

    proptest! {
        /// T7: whatever is shown, one shop takes at most its daily cap from one holder.
        #[test]
        fn a_shop_never_exceeds_its_day(amounts in proptest::collection::vec(1_u32..6_000, 0..40)) {
            let mut so_far = SoFar::default();
            for amount in amounts.into_iter().map(Amount::of) {
                let fits = amount <= headroom(&limits(), so_far);
                prop_assert_eq!(fits, blind(&limits(), so_far, amount, 1).is_ok());
                if fits {
                    so_far.shop_day = so_far.shop_day.plus(amount)?;
                    so_far.holder = so_far.holder.plus(amount)?;
                }
            }
            prop_assert!(so_far.shop_day <= limits().per_shop_day);
        }
    }
}
