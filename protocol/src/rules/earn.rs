//! What a payment earns (F001 to F005), and what taking it back costs (F006 to F008).
//!
//! Each payment by itself: the money parts of one intent are summed, never two payments, and what is left
//! below the next whole point is dropped. Vouchers and points earn nothing unless the programme says so.
//! A campaign is a grant of its own beside the base points, multiplied before anything is dropped and
//! floored once.

use crate::ids::ServiceType;
use crate::money::{Amount, AmountError};
use crate::time::Time;

/// How base points come to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarnRule {
    /// For each full amount of this many yen …
    pub unit: u32,
    /// … that many points.
    pub points: u32,
    /// Whether vouchers earn too.
    pub vouchers: bool,
    /// Whether points that pay earn too.
    pub points_paid: bool,
}

impl EarnRule {
    /// 1 point for 200 yen of money (F001).
    pub const USUAL: Self = Self {
        unit: 200,
        points: 1,
        vouchers: false,
        points_paid: false,
    };

    const fn counts(&self, service: ServiceType) -> bool {
        match service {
            ServiceType::Money => true,
            ServiceType::Voucher => self.vouchers,
            ServiceType::Points => self.points_paid,
        }
    }
}

/// More points for a while (F005).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// Its number, which its grants name.
    pub id: u32,
    /// The first second it holds for, by the time of the payment.
    pub opens: Time,
    /// The first second it no longer holds for.
    pub closes: Time,
    /// The base in hundredths: 100 leaves it as it is, 300 triples it.
    pub percent: u32,
    /// Points for each payment on top.
    pub addition: u32,
    /// A payment earning on less than this gets nothing from the campaign.
    pub least: Amount,
    /// The most one payment gets from the campaign.
    pub cap: Option<Amount>,
    /// The most one person gets from the campaign.
    pub person_cap: Option<Amount>,
}

/// What one payment earned: what is granted, and what a cancellation takes back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Earned {
    /// By the rule.
    pub base: Amount,
    /// By campaigns, in the order of their numbers; none that gave nothing.
    pub campaigns: Vec<(u32, Amount)>,
}

impl Earned {
    /// All of it.
    ///
    /// # Errors
    /// [`AmountError`] where the sum does not fit.
    pub fn total(&self) -> Result<Amount, AmountError> {
        Amount::sum(self.campaigns.iter().map(|(_, points)| *points)).and_then(|bonus| self.base.plus(bonus))
    }
}

/// The part of one payment that earns.
///
/// # Errors
/// [`AmountError`] where the sum does not fit.
pub fn earning(rule: &EarnRule, parts: &[(ServiceType, Amount)]) -> Result<Amount, AmountError> {
    Amount::sum(
        parts
            .iter()
            .filter(|(service, _)| rule.counts(*service))
            .map(|(_, amount)| *amount),
    )
}

/// The base points of one payment.
///
/// # Errors
/// [`AmountError`] where they do not fit.
pub fn base(rule: &EarnRule, parts: &[(ServiceType, Amount)]) -> Result<Amount, AmountError> {
    floored(earning(rule, parts)?, rule, 100)
}

/// What one payment earns. `so_far` tells what the person has from a campaign already.
///
/// # Errors
/// [`AmountError`] where it does not fit.
pub fn earn(
    rule: &EarnRule,
    campaigns: &[Campaign],
    parts: &[(ServiceType, Amount)],
    occurred: Time,
    so_far: impl Fn(u32) -> Amount,
) -> Result<Earned, AmountError> {
    let money = earning(rule, parts)?;
    let base = floored(money, rule, 100)?;
    let mut bonuses = Vec::new();
    for campaign in campaigns {
        let holds = campaign.opens <= occurred && occurred < campaign.closes;
        if !holds || money.is_zero() || money < campaign.least {
            continue;
        }
        let multiplied = floored(money, rule, campaign.percent)?;
        let mut bonus = multiplied.less(base).plus(Amount::of(campaign.addition))?;
        bonus = bonus.min(campaign.cap.unwrap_or(Amount::MAX));
        if let Some(most) = campaign.person_cap {
            bonus = bonus.min(most.less(so_far(campaign.id)));
        }
        if !bonus.is_zero() {
            bonuses.push((campaign.id, bonus));
        }
    }
    bonuses.sort_unstable();
    Ok(Earned {
        base,
        campaigns: bonuses,
    })
}

/// `money × points × percent ÷ (unit × 100)`, floored once. A rule without a unit earns nothing.
fn floored(money: Amount, rule: &EarnRule, percent: u32) -> Result<Amount, AmountError> {
    let over = u128::from(money.units())
        .checked_mul(u128::from(rule.points))
        .and_then(|n| n.checked_mul(u128::from(percent)))
        .ok_or(AmountError)?;
    let under = u128::from(rule.unit).saturating_mul(100);
    u64::try_from(over.checked_div(under).unwrap_or(0))
        .map_err(|_| AmountError)
        .and_then(Amount::new)
}

/// What cancelling a payment takes back: exactly what was granted for it, base and campaigns, once.
/// Nothing where its grant has not been posted yet: then it is not posted at all.
///
/// # Errors
/// [`AmountError`] where the sum does not fit.
pub fn claw_back(granted: Option<&Earned>, taken_back: Amount) -> Result<Amount, AmountError> {
    Ok(granted.map_or(Ok(Amount::ZERO), Earned::total)?.less(taken_back))
}

/// Where an amount goes when a balance may be below zero: lots first, then a receivable (F008), or the
/// other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// From lots, or into them.
    pub lots: Amount,
    /// Onto the receivable, or off it.
    pub receivable: Amount,
}

/// Takes back `amount` from lots of which `unheld` is not held; the rest is owed.
#[must_use]
pub fn owe(amount: Amount, unheld: Amount) -> Settled {
    let lots = amount.min(unheld);
    Settled {
        lots,
        receivable: amount.less(lots),
    }
}

/// A credit, or a hold released, settles what is owed before it becomes usable.
#[must_use]
pub fn repay(credit: Amount, owed: Amount) -> Settled {
    let receivable = credit.min(owed);
    Settled {
        lots: credit.less(receivable),
        receivable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ServiceType::{Money, Points, Voucher};
    use proptest::prelude::*;

    fn yen(amount: u32) -> Amount {
        Amount::of(amount)
    }

    fn points(parts: &[(ServiceType, u32)]) -> u64 {
        let parts: Vec<_> = parts.iter().map(|(service, amount)| (*service, yen(*amount))).collect();
        base(&EarnRule::USUAL, &parts).unwrap().units()
    }

    fn campaign(percent: u32, addition: u32) -> Campaign {
        Campaign {
            id: 7,
            opens: Time(1_000),
            closes: Time(2_000),
            percent,
            addition,
            least: yen(200),
            cap: None,
            person_cap: None,
        }
    }

    fn with(campaign: Campaign, money: u32, at: u64, so_far: u32) -> Earned {
        earn(&EarnRule::USUAL, &[campaign], &[(Money, yen(money))], Time(at), |_| {
            yen(so_far)
        })
        .unwrap()
    }

    /// F001, F002, F003, F004: the example of the source.
    #[test]
    fn one_point_for_two_hundred_yen_of_one_payment() {
        assert_eq!(points(&[(Money, 450)]), 2);
        assert_eq!(points(&[(Money, 150)]), 0, "F004");
        // F003: 450 and 150 at one shop are 2 points, not the 3 of 600 yen.
        assert_eq!(points(&[(Money, 450)]) + points(&[(Money, 150)]), 2);
        assert_eq!(points(&[(Money, 199)]), 0);
        assert_eq!(points(&[(Money, 200)]), 1);
        assert_eq!(points(&[(Money, 399)]), 1);
        assert_eq!(points(&[]), 0);
    }

    /// F001: several classes of money in one payment are summed, vouchers and points are not.
    #[test]
    fn only_the_money_of_a_combined_payment_earns() {
        assert_eq!(points(&[(Voucher, 150), (Money, 250), (Points, 100)]), 1);
        assert_eq!(points(&[(Money, 150), (Money, 150)]), 1);
        assert_eq!(points(&[(Voucher, 10_000), (Points, 5_000)]), 0);
        let generous = EarnRule {
            vouchers: true,
            ..EarnRule::USUAL
        };
        let parts = [(Voucher, yen(150)), (Money, yen(250)), (Points, yen(100))];
        assert_eq!(base(&generous, &parts), Ok(yen(2)));
    }

    /// F005: multiplied first, floored once; base points stay apart.
    #[test]
    fn a_campaign_is_floored_once_and_granted_apart() {
        // 399 × 1.5 ÷ 200 = 2.99: two points, of which one is the base.
        let earned = with(campaign(150, 0), 399, 1_500, 0);
        assert_eq!(earned.base, yen(1));
        assert_eq!(earned.campaigns, [(7, yen(1))]);
        // 450 × 3 ÷ 200 = 6.75, not 3 × 2.25 floored to 2.
        assert_eq!(with(campaign(300, 0), 450, 1_500, 0).total(), Ok(yen(6)));
        assert_eq!(with(campaign(100, 10), 450, 1_500, 0).campaigns, [(7, yen(10))]);
        // F004 holds in a campaign too: below its least amount there is nothing.
        assert_eq!(with(campaign(300, 10), 199, 1_500, 0), Earned::default());
    }

    /// F005: its time is that of the payment, from its first second up to the one at which it closes.
    #[test]
    fn a_campaign_holds_for_payments_of_its_time_and_up_to_its_caps() {
        assert_eq!(with(campaign(200, 0), 2_000, 999, 0).campaigns, []);
        assert_eq!(with(campaign(200, 0), 2_000, 1_000, 0).campaigns, [(7, yen(10))]);
        assert_eq!(with(campaign(200, 0), 2_000, 1_999, 0).campaigns, [(7, yen(10))]);
        assert_eq!(with(campaign(200, 0), 2_000, 2_000, 0).campaigns, []);
        let capped = Campaign {
            cap: Some(yen(8)),
            person_cap: Some(yen(20)),
            ..campaign(200, 0)
        };
        assert_eq!(with(capped, 2_000, 1_500, 0).campaigns, [(7, yen(8))]);
        assert_eq!(with(capped, 2_000, 1_500, 15).campaigns, [(7, yen(5))]);
        assert_eq!(with(capped, 2_000, 1_500, 20).campaigns, []);
    }

    /// F006, F007: exactly what the payment earned, campaign included, and once.
    #[test]
    fn a_cancelled_payment_gives_back_exactly_what_it_earned() {
        let earned = with(campaign(300, 5), 450, 1_500, 0);
        assert_eq!(claw_back(Some(&earned), Amount::ZERO), Ok(yen(11)));
        assert_eq!(claw_back(Some(&earned), yen(11)), Ok(Amount::ZERO));
        assert_eq!(claw_back(None, Amount::ZERO), Ok(Amount::ZERO));
        // Cancelling one of two leaves exactly the other.
        let other = with(campaign(300, 5), 650, 1_500, 0);
        let both = earned.total().unwrap().plus(other.total().unwrap()).unwrap();
        let left = both.minus(claw_back(Some(&earned), Amount::ZERO).unwrap()).unwrap();
        assert_eq!(Ok(left), other.total());
    }

    /// F008: what lots do not hold is owed, and later credits settle it first.
    #[test]
    fn a_balance_too_small_becomes_a_debt_that_credits_settle_first() {
        let taken = owe(yen(11), yen(4));
        assert_eq!((taken.lots, taken.receivable), (yen(4), yen(7)));
        let credited = repay(yen(5), taken.receivable);
        assert_eq!((credited.lots, credited.receivable), (yen(0), yen(5)));
        let credited = repay(yen(5), yen(2));
        assert_eq!((credited.lots, credited.receivable), (yen(3), yen(2)));
    }

    proptest! {
        /// F002, F003: splitting a payment never earns more, and never loses more than the remainders.
        #[test]
        fn payments_are_never_worth_more_apart_than_together(
            amounts in proptest::collection::vec(0_u32..100_000, 1..6),
        ) {
            let together: Vec<_> = amounts.iter().map(|amount| (Money, *amount)).collect();
            let together = points(&together);
            let apart: u64 = amounts.iter().map(|amount| points(&[(Money, *amount)])).sum();
            prop_assert!(apart <= together);
            prop_assert!(together - apart < u64::try_from(amounts.len())?);
        }

        /// F008: nothing is made or lost between lots and debt.
        #[test]
        fn debts_and_repayments_add_up(amount in 0_u32..10_000, unheld in 0_u32..10_000, credit in 0_u32..20_000) {
            let taken = owe(yen(amount), yen(unheld));
            prop_assert_eq!(taken.lots.plus(taken.receivable)?, yen(amount));
            prop_assert!(taken.lots <= yen(unheld));
            let paid = repay(yen(credit), taken.receivable);
            prop_assert_eq!(paid.lots.plus(paid.receivable)?, yen(credit));
            prop_assert!(paid.lots.is_zero() || paid.receivable == taken.receivable);
        }

        /// F005: no campaign takes points away, and a cap is never passed.
        #[test]
        fn campaigns_only_add(money in 0_u32..1_000_000, percent in 0_u32..1_000, addition in 0_u32..50, cap in 0_u32..500) {
            let capped = Campaign { cap: Some(yen(cap)), ..campaign(percent, addition) };
            let earned = with(capped, money, 1_500, 0);
            prop_assert_eq!(earned.base, yen(money / 200));
            prop_assert!(earned.total()?.less(earned.base) <= yen(cap));
        }
    }
}
