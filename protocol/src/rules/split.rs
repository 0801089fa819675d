//! Which reserve lines pay a total: vouchers first, then money, points only when chosen; within a
//! kind the earliest last day first (F072, F081, F089). Or by hand, an amount for each class.
//!
//! The wallet chooses at signing and the choice is in the intent, so posting cannot depend on the
//! order in which intents arrive.

use crate::doc::{Part, ReserveLine};
use crate::ids::{ClassId, ServiceType, SetId};
use crate::money::Amount;
use crate::rules::authorisation::usable;
use crate::time::Day;

/// A reserve line with what is left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLine {
    /// Its index in the allowance.
    pub index: u8,
    /// The line.
    pub line: ReserveLine,
    /// What kind of value it is.
    pub service: ServiceType,
    /// What has not been used yet.
    pub left: Amount,
}

/// How a person wants to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// おまかせ: vouchers, then money; points too where asked for.
    Automatic {
        /// Whether points may be used: they come first then, as the person chose them.
        points: bool,
    },
    /// An amount for each class.
    ByHand(Vec<(ClassId, Amount)>),
}

/// Why a total cannot be paid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// Nothing to pay.
    #[error("nothing to pay")]
    Zero,
    /// The lines usable here do not hold as much.
    #[error("{missing} short")]
    Short {
        /// How much is missing.
        missing: Amount,
    },
    /// The amounts given by hand do not add up to the total.
    #[error("the parts do not add up to the total")]
    NotTheTotal,
    /// A class was named that cannot be used here today, or holds less.
    #[error("class {class} is {missing} short here")]
    ClassShort {
        /// Which.
        class: ClassId,
        /// How much is missing.
        missing: Amount,
    },
}

/// Chooses parts for `total` among lines usable at a shop of these sets on this day.
///
/// # Errors
/// [`SplitError`]; nothing is ever split in part.
pub fn split(
    lines: &[OpenLine],
    total: Amount,
    choice: &Choice,
    day: Day,
    sets: &[SetId],
) -> Result<Vec<Part>, SplitError> {
    if total.is_zero() {
        return Err(SplitError::Zero);
    }
    let mut open: Vec<&OpenLine> = lines
        .iter()
        .filter(|open| usable(&open.line, open.index, day, sets).is_ok())
        .collect();
    open.sort_by_key(|open| (rank(open.service), open.line.day, open.index));
    let mut parts = match choice {
        Choice::Automatic { points } => {
            open.retain(|open| *points || open.service != ServiceType::Points);
            let (parts, missing) = fill(open.iter().copied(), total);
            if !missing.is_zero() {
                return Err(SplitError::Short { missing });
            }
            parts
        }
        Choice::ByHand(amounts) => by_hand(&open, total, amounts)?,
    };
    parts.sort_by_key(|part| part.line);
    Ok(parts)
}

/// What could be paid here and today without asking for points.
#[must_use]
pub fn payable(lines: &[OpenLine], points: bool, day: Day, sets: &[SetId]) -> Amount {
    let usable = lines
        .iter()
        .filter(|open| usable(&open.line, open.index, day, sets).is_ok())
        .filter(|open| points || open.service != ServiceType::Points)
        .map(|open| open.left);
    Amount::sum(usable).unwrap_or(Amount::MAX)
}

fn by_hand(open: &[&OpenLine], total: Amount, amounts: &[(ClassId, Amount)]) -> Result<Vec<Part>, SplitError> {
    let sum = Amount::sum(amounts.iter().map(|(_, amount)| *amount));
    if sum != Ok(total) {
        return Err(SplitError::NotTheTotal);
    }
    let mut parts = Vec::new();
    for (position, &(class, amount)) in amounts.iter().enumerate() {
        if amounts.iter().take(position).any(|(before, _)| *before == class) {
            return Err(SplitError::NotTheTotal);
        }
        let of_class = open.iter().copied().filter(|open| open.line.class == class);
        let (mut taken, missing) = fill(of_class, amount);
        if !missing.is_zero() {
            return Err(SplitError::ClassShort { class, missing });
        }
        parts.append(&mut taken);
    }
    Ok(parts)
}

/// Takes from lines in turn; gives the parts and what is missing.
fn fill<'a>(open: impl Iterator<Item = &'a OpenLine>, total: Amount) -> (Vec<Part>, Amount) {
    let mut missing = total;
    let mut parts = Vec::new();
    for open in open {
        let amount = open.left.min(missing);
        if !amount.is_zero() {
            parts.push(Part {
                line: open.index,
                amount,
            });
            missing = missing.less(amount);
        }
    }
    (parts, missing)
}

const fn rank(service: ServiceType) -> u8 {
    match service {
        ServiceType::Points => 0,
        ServiceType::Voucher => 1,
        ServiceType::Money => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::{Choice, OpenLine, SplitError, split};
    use crate::doc::{Part, ReserveLine};
    use crate::ids::{ClassId, ServiceType, SetId};
    use crate::money::Amount;
    use crate::time::Day;
    use proptest::prelude::*;

    fn line(index: u8, service: ServiceType, day: u32, set: u32, left: u32) -> OpenLine {
        let class = ClassId(u32::from(service.number()));
        OpenLine {
            index,
            line: ReserveLine {
                class,
                amount: Amount::of(9_999),
                day: Day(day),
                set: SetId(set),
            },
            service,
            left: Amount::of(left),
        }
    }

    fn part(line: u8, amount: u32) -> Part {
        Part {
            line,
            amount: Amount::of(amount),
        }
    }

    fn purse() -> Vec<OpenLine> {
        vec![
            line(0, ServiceType::Money, 99, 0, 1_000),
            line(1, ServiceType::Points, 50, 0, 300),
            line(2, ServiceType::Voucher, 60, 5, 500),
            line(3, ServiceType::Voucher, 40, 0, 200),
        ]
    }

    const AUTO: Choice = Choice::Automatic { points: false };

    #[test]
    fn vouchers_by_expiry_then_money_and_points_only_when_chosen() {
        let here = [SetId(5)];
        assert_eq!(
            split(&purse(), Amount::of(900), &AUTO, Day(10), &here),
            Ok(vec![part(0, 200), part(2, 500), part(3, 200)])
        );
        let points = Choice::Automatic { points: true };
        assert_eq!(
            split(&purse(), Amount::of(400), &points, Day(10), &here),
            Ok(vec![part(1, 300), part(3, 100)])
        );
    }

    #[test]
    fn scope_and_day_leave_lines_out_and_what_is_missing_is_named() {
        let missing = |amount| {
            Err(SplitError::Short {
                missing: Amount::of(amount),
            })
        };
        assert_eq!(split(&purse(), Amount::of(1_300), &AUTO, Day(10), &[]), missing(100));
        assert_eq!(split(&purse(), Amount::of(1_300), &AUTO, Day(41), &[]), missing(300));
        assert_eq!(split(&purse(), Amount::ZERO, &AUTO, Day(1), &[]), Err(SplitError::Zero));
    }

    #[test]
    fn by_hand_is_all_or_nothing() {
        let hand =
            |parts: &[(u32, u32)]| Choice::ByHand(parts.iter().map(|&(c, a)| (ClassId(c), Amount::of(a))).collect());
        let ask = |choice| split(&purse(), Amount::of(500), &choice, Day(10), &[]);
        assert_eq!(ask(hand(&[(2, 300), (1, 200)])), Ok(vec![part(0, 200), part(1, 300)]));
        assert_eq!(ask(hand(&[(2, 300)])), Err(SplitError::NotTheTotal));
        assert_eq!(ask(hand(&[(1, 250), (1, 250)])), Err(SplitError::NotTheTotal));
        assert_eq!(
            ask(hand(&[(3, 500)])),
            Err(SplitError::ClassShort {
                class: ClassId(3),
                missing: Amount::of(300)
            })
        );
    }

    proptest! {
        #[test]
        fn a_split_adds_up_and_stays_within_every_line(total in 1_u32..4_000, points: bool, lefts in proptest::array::uniform4(0_u32..1_500)) {
            let mut lines = purse();
            for (line, left) in lines.iter_mut().zip(lefts) {
                line.left = Amount::of(left);
            }
            match split(&lines, Amount::of(total), &Choice::Automatic { points }, Day(10), &[SetId(5)]) {
                Ok(parts) => {
                    prop_assert_eq!(Amount::sum(parts.iter().map(|p| p.amount))?, Amount::of(total));
                    prop_assert!(parts.is_sorted_by(|a, b| a.line < b.line));
                    prop_assert!(parts.iter().all(|p| p.amount <= lines[usize::from(p.line)].left));
                }
                Err(error) => {
                    let held = super::payable(&lines, points, Day(10), &[SetId(5)]);
                    prop_assert_eq!(error, SplitError::Short { missing: Amount::of(total).minus(held)? });
                }
            }
        }
    }
}
