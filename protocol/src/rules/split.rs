//! Which reserve lines pay a total: vouchers first, then money, points only when chosen; within a
//! kind the earliest last day first (F072, F081, F089). Or by hand, an amount for each class.
//!
//! Classes that may not pay together are not combined: of the allowed sets that hold the total, the first
//! in that order is taken.
//!
//! The wallet chooses at signing and the choice is in the intent, so posting cannot depend on the
//! order in which intents arrive.

use std::collections::BTreeSet;

use crate::doc::{Part, ReserveLine, RuleRow};
use crate::ids::{ClassId, ServiceType, SetId};
use crate::money::Amount;
use crate::rules::authorisation::usable;
use crate::time::Day;

/// Which classes may pay together. A class always pays with itself, and one nobody has told a rule of with any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Together {
    ruled: BTreeSet<ClassId>,
    pairs: BTreeSet<(ClassId, ClassId)>,
}

impl Together {
    /// From the rules of the classes: it is enough that one of both names the other (F081, F089).
    #[must_use]
    pub fn of(rules: &[RuleRow]) -> Self {
        let named = |rule: &RuleRow| {
            let class = rule.class;
            rule.combine.clone().into_iter().map(move |other| pair(class, other))
        };
        Self {
            ruled: rules.iter().map(|rule| rule.class).collect(),
            pairs: rules.iter().flat_map(named).collect(),
        }
    }

    /// Whether two classes may pay one total.
    #[must_use]
    pub fn may(&self, one: ClassId, other: ClassId) -> bool {
        let ruled = self.ruled.contains(&one) && self.ruled.contains(&other);
        one == other || !ruled || self.pairs.contains(&pair(one, other))
    }
}

fn pair(one: ClassId, other: ClassId) -> (ClassId, ClassId) {
    (one.min(other), one.max(other))
}

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
    /// Two classes were named that may not pay together.
    #[error("classes {one} and {other} do not pay together")]
    Apart {
        /// One.
        one: ClassId,
        /// The other.
        other: ClassId,
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
    together: &Together,
) -> Result<Vec<Part>, SplitError> {
    if total.is_zero() {
        return Err(SplitError::Zero);
    }
    let mut open = usable_here(lines, day, sets);
    let mut parts = match choice {
        Choice::Automatic { points } => {
            open.retain(|open| *points || open.service != ServiceType::Points);
            let allowed = best_set(&holdings(&open), total, together).map_err(|most| SplitError::Short {
                missing: total.less(most),
            })?;
            fill(
                open.into_iter().filter(|open| allowed.contains(&open.line.class)),
                total,
            )
            .0
        }
        Choice::ByHand(amounts) => by_hand(&open, total, amounts, together)?,
    };
    parts.sort_by_key(|part| part.line);
    Ok(parts)
}

/// The most that could be paid here and today in one payment, points left out unless they are asked for.
#[must_use]
pub fn payable(lines: &[OpenLine], points: bool, day: Day, sets: &[SetId], together: &Together) -> Amount {
    let mut open = usable_here(lines, day, sets);
    open.retain(|open| points || open.service != ServiceType::Points);
    most_of(&[], &holdings(&open), together)
}

/// In the order in which they are taken.
fn usable_here<'a>(lines: &'a [OpenLine], day: Day, sets: &[SetId]) -> Vec<&'a OpenLine> {
    let mut open: Vec<&OpenLine> = lines
        .iter()
        .filter(|open| usable(&open.line, open.index, day, sets).is_ok())
        .collect();
    open.sort_by_key(|open| (rank(open.service), open.line.day, open.index));
    open
}

/// What each class holds, in the order of its first line.
type Holding = (ClassId, Amount);

fn holdings(open: &[&OpenLine]) -> Vec<Holding> {
    let mut held: Vec<Holding> = Vec::new();
    for open in open.iter().filter(|open| !open.left.is_zero()) {
        match held.iter_mut().find(|(class, _)| *class == open.line.class) {
            Some((_, sum)) => *sum = sum.plus(open.left).unwrap_or(Amount::MAX),
            None => held.push((open.line.class, open.left)),
        }
    }
    held
}

/// The first set of classes, in the order of `held`, that may pay together and holds the total; else the most any
/// holds.
fn best_set(held: &[Holding], total: Amount, together: &Together) -> Result<Vec<ClassId>, Amount> {
    let most = most_of(&[], held, together);
    if most < total {
        return Err(most);
    }
    let mut chosen: Vec<Holding> = Vec::new();
    let mut rest = held;
    while let Some((next, after)) = rest.split_first() {
        rest = after;
        if chosen.iter().all(|(class, _)| together.may(*class, next.0)) {
            chosen.push(*next);
            if most_of(&chosen, rest, together) < total {
                chosen.pop();
            }
        }
    }
    Ok(chosen.into_iter().map(|(class, _)| class).collect())
}

/// The most that classes of `rest` may pay beside those chosen. An allowance has eight lines, so few are tried.
fn most_of(chosen: &[Holding], rest: &[Holding], together: &Together) -> Amount {
    let fitting: Vec<Holding> = rest
        .iter()
        .filter(|(class, _)| chosen.iter().all(|(other, _)| together.may(*class, *other)))
        .copied()
        .collect();
    let base = Amount::sum(chosen.iter().map(|(_, held)| *held)).unwrap_or(Amount::MAX);
    base.plus(most_within(&fitting, together)).unwrap_or(Amount::MAX)
}

fn most_within(held: &[Holding], together: &Together) -> Amount {
    let Some(((class, amount), rest)) = held.split_first() else {
        return Amount::ZERO;
    };
    let beside: Vec<Holding> = rest
        .iter()
        .filter(|(other, _)| together.may(*class, *other))
        .copied()
        .collect();
    let with = most_within(&beside, together).plus(*amount).unwrap_or(Amount::MAX);
    if beside.len() == rest.len() {
        return with;
    }
    with.max(most_within(rest, together))
}

fn by_hand(
    open: &[&OpenLine],
    total: Amount,
    amounts: &[(ClassId, Amount)],
    together: &Together,
) -> Result<Vec<Part>, SplitError> {
    let sum = Amount::sum(amounts.iter().map(|(_, amount)| *amount));
    if sum != Ok(total) {
        return Err(SplitError::NotTheTotal);
    }
    let mut parts = Vec::new();
    for (position, &(class, amount)) in amounts.iter().enumerate() {
        if amounts.iter().take(position).any(|(before, _)| *before == class) {
            return Err(SplitError::NotTheTotal);
        }
        let mut before = amounts.iter().take(position).filter(|(_, amount)| !amount.is_zero());
        if let Some(&(other, _)) = before.find(|(other, _)| !amount.is_zero() && !together.may(*other, class)) {
            return Err(SplitError::Apart {
                one: other,
                other: class,
            });
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
    use std::collections::BTreeSet;

    use super::{Choice, OpenLine, SplitError, Together, payable};
    use crate::doc::{Part, ReserveLine, RuleRow};
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

    fn split(
        lines: &[OpenLine],
        total: Amount,
        choice: &Choice,
        day: Day,
        sets: &[SetId],
    ) -> Result<Vec<Part>, SplitError> {
        super::split(lines, total, choice, day, sets, &Together::default())
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
                    let held = payable(&lines, points, Day(10), &[SetId(5)], &Together::default());
                    prop_assert_eq!(error, SplitError::Short { missing: Amount::of(total).minus(held)? });
                }
            }
        }

        /// F081, F089: forbidden pairs never pay together; whatever some allowed set can pay is paid; and among the
        /// allowed sets that can, earlier lines come first.
        #[test]
        fn classes_pay_together_only_where_they_may(
            total in 1_u32..4_000,
            points: bool,
            lines in proptest::collection::vec((1_u32..6, 0_u8..3, 8_u32..30, 0_u32..1_500), 1..8),
            pairs in proptest::collection::vec((1_u32..6, 1_u32..6), 0..8),
        ) {
            let services = [ServiceType::Money, ServiceType::Points, ServiceType::Voucher];
            let lines: Vec<OpenLine> = (0_u8..)
                .zip(&lines)
                .map(|(index, &(class, _, day, left))| {
                    // A class is of one service.
                    let mut line = line(index, services[usize::try_from(class % 3).unwrap()], day, 0, left);
                    line.line.class = ClassId(class);
                    line
                })
                .collect();
            let rules: Vec<RuleRow> = (1..6)
                .map(|class| rule(class, &pairs.iter().filter(|(one, _)| *one == class).map(|(_, other)| *other).collect::<Vec<_>>()))
                .collect();
            let together = Together::of(&rules);
            let open: Vec<&OpenLine> = super::usable_here(&lines, Day(10), &[])
                .into_iter()
                .filter(|line| points || line.service != ServiceType::Points)
                .collect();
            // Every set of five classes, tried naively.
            let sets = (0_u32..32).map(|bits| (1..6).filter(|class| bits & (1 << (class - 1)) != 0).map(ClassId).collect::<BTreeSet<_>>());
            let allowed: Vec<BTreeSet<ClassId>> = sets
                .filter(|set| set.iter().all(|one| set.iter().all(|other| one == other || pairs.contains(&(one.0, other.0)) || pairs.contains(&(other.0, one.0)))))
                .collect();
            let holds = |set: &BTreeSet<ClassId>| open.iter().filter(|line| set.contains(&line.line.class)).map(|line| line.left.units()).sum::<u64>();
            let most = allowed.iter().map(holds).max().unwrap_or(0);
            prop_assert_eq!(payable(&lines, points, Day(10), &[], &together).units(), most);
            match super::split(&lines, Amount::of(total), &Choice::Automatic { points }, Day(10), &[], &together) {
                Ok(parts) => {
                    prop_assert_eq!(Amount::sum(parts.iter().map(|part| part.amount))?, Amount::of(total));
                    let used: BTreeSet<ClassId> = parts.iter().map(|part| lines[usize::from(part.line)].line.class).collect();
                    prop_assert!(allowed.contains(&used), "{used:?}");
                    // Whatever class stands first could not have been left for a later one.
                    let first = open.iter().find(|line| {
                        !line.left.is_zero()
                            && allowed.iter().any(|set| set.contains(&line.line.class) && holds(set) >= u64::from(total))
                    });
                    prop_assert_eq!(first.map(|line| used.contains(&line.line.class)), Some(true));
                }
                Err(error) => {
                    prop_assert!(most < u64::from(total));
                    prop_assert_eq!(error, SplitError::Short { missing: Amount::new(u64::from(total) - most)? });
                }
            }
        }
    }

    fn rule(class: u32, combine: &[u32]) -> RuleRow {
        RuleRow {
            class: ClassId(class),
            combine: combine.iter().copied().map(ClassId).collect(),
            from: None,
            pin_always: false,
            ranks: Vec::new(),
        }
    }

    /// F081, F089: vouchers with points, and money alone.
    #[test]
    fn by_hand_names_both_classes_that_do_not_pay_together() {
        let together = Together::of(&[rule(1, &[]), rule(2, &[]), rule(3, &[2])]);
        let ask = |parts: &[(u32, u32)], total| {
            let hand = Choice::ByHand(parts.iter().map(|&(c, a)| (ClassId(c), Amount::of(a))).collect());
            super::split(&purse(), Amount::of(total), &hand, Day(10), &[SetId(5)], &together)
        };
        assert_eq!(
            ask(&[(3, 300), (1, 200)], 500),
            Err(SplitError::Apart {
                one: ClassId(3),
                other: ClassId(1)
            })
        );
        assert_eq!(ask(&[(3, 500), (1, 0)], 500).map(|parts| parts.len()), Ok(2));
        assert_eq!(ask(&[(2, 300), (3, 200)], 500).map(|parts| parts.len()), Ok(2));
        // Automatic: 900 are too much for vouchers alone, so money pays, and alone.
        let auto = |total, points| {
            super::split(
                &purse(),
                Amount::of(total),
                &Choice::Automatic { points },
                Day(10),
                &[SetId(5)],
                &together,
            )
        };
        assert_eq!(auto(700, false), Ok(vec![part(2, 500), part(3, 200)]));
        assert_eq!(auto(900, false), Ok(vec![part(0, 900)]));
        assert_eq!(auto(900, true).map(|parts| parts.len()), Ok(3));
        assert_eq!(auto(1_001, true), Err(SplitError::Short { missing: Amount::of(1) }));
    }
}
