//! A member's rank by what was granted in a year (F016 to F021).
//!
//! What counts are points granted, by the day of their posting, from the first day of the month eleven
//! months ago up to yesterday. Judged every day: a rise holds from the day after the points came, a fall
//! only from the first of a month.

use chrono::{Datelike as _, Months, NaiveDate};

use crate::money::{Amount, Signed};
use crate::time::Day;

/// The least a rank needs, lowest rank first; a rank is its place in this list. The first one is for
/// everybody, whatever it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder(Vec<Amount>);

/// Steps that do not rise: nobody could be on one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rank {rank} needs no more than the one below it")]
pub struct LadderError {
    /// Which, counted from 0.
    pub rank: usize,
}

impl Ladder {
    /// Thresholds, each above the one before.
    ///
    /// # Errors
    /// [`LadderError`].
    pub fn new(thresholds: Vec<Amount>) -> Result<Self, LadderError> {
        let flat = thresholds.windows(2).position(|pair| match pair {
            [low, high] => low >= high,
            _ => false,
        });
        match flat {
            Some(below) => Err(LadderError {
                rank: below.saturating_add(1),
            }),
            None => Ok(Self(thresholds)),
        }
    }

    /// The highest rank that this sum reaches.
    #[must_use]
    pub fn reached(&self, sum: Signed) -> usize {
        let reached = |need: &&Amount| need.credit() <= sum;
        self.0.iter().skip(1).take_while(reached).count()
    }
}

/// A rank on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The day it was judged on.
    pub day: Day,
    /// The place on the ladder.
    pub rank: usize,
}

/// The first and the last day whose grants count on `today` (F017): past eleven months and this one, up to
/// yesterday. `None` outside the calendar.
#[must_use]
pub fn window(today: Day) -> Option<(Day, Day)> {
    let date = today.date()?;
    let month = NaiveDate::from_ymd_opt(date.year(), date.month(), 1)?;
    let first = Day::of(month.checked_sub_months(Months::new(11))?)?;
    Some((first, Day(today.0.checked_sub(1)?)))
}

/// The rank on `today`, from what was granted on each posting day (F021; points taken back count against
/// their own day) and the rank as it was last judged.
///
/// Every day since then is judged in its turn, so that a job that was late or runs twice gives the same.
#[must_use]
pub fn judge(ladder: &Ladder, granted: &[(Day, Signed)], last: Option<Standing>, today: Day) -> Standing {
    let Some(last) = last else {
        return Standing {
            day: today,
            rank: rank_by(ladder, granted, today),
        };
    };
    let mut rank = last.rank;
    let mut day = last.day;
    while day < today {
        day = day.plus(1);
        let reached = rank_by(ladder, granted, day);
        let turn_of_month = day.date().is_some_and(|date| date.day() == 1);
        if reached > rank || turn_of_month {
            rank = reached;
        }
    }
    Standing {
        day: last.day.max(today),
        rank,
    }
}

fn rank_by(ladder: &Ladder, granted: &[(Day, Signed)], day: Day) -> usize {
    let Some((first, last)) = window(day) else { return 0 };
    let sum = granted
        .iter()
        .filter(|(posted, _)| (first..=last).contains(posted))
        .fold(Signed::ZERO, |sum, (_, points)| sum.plus(*points).unwrap_or(sum));
    ladder.reached(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(year: i32, month: u32, day: u32) -> Day {
        Day::of(NaiveDate::from_ymd_opt(year, month, day).unwrap()).unwrap()
    }

    fn ladder() -> Ladder {
        Ladder::new([0, 1_000, 5_000].map(Amount::of).to_vec()).unwrap()
    }

    fn granted(rows: &[(Day, i64)]) -> Vec<(Day, Signed)> {
        rows.iter()
            .map(|(day, points)| (*day, Signed::from_units(*points)))
            .collect()
    }

    /// F017.
    #[test]
    fn eleven_months_and_this_one_up_to_yesterday() {
        assert_eq!(
            window(day(2024, 4, 15)),
            Some((day(2023, 5, 1), day(2024, 4, 14))),
            "in the middle of a month"
        );
        assert_eq!(window(day(2024, 4, 1)), Some((day(2023, 5, 1), day(2024, 3, 31))));
        assert_eq!(window(day(2024, 1, 31)), Some((day(2023, 2, 1), day(2024, 1, 30))));
        assert_eq!(window(day(2024, 12, 31)), Some((day(2024, 1, 1), day(2024, 12, 30))));
    }

    /// F019, F021: the day after the points are posted.
    #[test]
    fn a_rise_holds_from_the_day_after() {
        let rows = granted(&[(day(2024, 4, 18), 1_000)]);
        let before = Standing {
            day: day(2024, 4, 17),
            rank: 0,
        };
        assert_eq!(judge(&ladder(), &rows, Some(before), day(2024, 4, 18)).rank, 0);
        assert_eq!(judge(&ladder(), &rows, Some(before), day(2024, 4, 19)).rank, 1);
        assert_eq!(
            judge(
                &ladder(),
                &granted(&[(day(2024, 4, 18), 999)]),
                Some(before),
                day(2024, 4, 19)
            )
            .rank,
            0
        );
    }

    /// F020: not on the day the sum falls, but at the turn of the month.
    #[test]
    fn a_fall_waits_for_the_first_of_the_month() {
        let rows = granted(&[(day(2024, 4, 10), 1_000), (day(2024, 4, 20), -400)]);
        let before = Standing {
            day: day(2024, 4, 15),
            rank: 1,
        };
        assert_eq!(judge(&ladder(), &rows, Some(before), day(2024, 4, 30)).rank, 1);
        assert_eq!(judge(&ladder(), &rows, Some(before), day(2024, 5, 1)).rank, 0);
        // F017: what was granted in April 2024 counts until the last day of March 2025.
        let rows = granted(&[(day(2024, 4, 1), 5_000)]);
        let before = Standing {
            day: day(2024, 4, 2),
            rank: 2,
        };
        assert_eq!(judge(&ladder(), &rows, Some(before), day(2025, 3, 31)).rank, 2);
        assert_eq!(judge(&ladder(), &rows, Some(before), day(2025, 4, 1)).rank, 0);
    }

    /// F018: judged each day, so a run that was missed changes nothing.
    #[test]
    fn a_job_that_slept_over_the_turn_of_a_month_finds_the_same_rank() {
        let rows = granted(&[
            (day(2024, 4, 10), 1_000),
            (day(2024, 4, 20), -400),
            (day(2024, 5, 3), 100),
        ]);
        let before = Standing {
            day: day(2024, 4, 15),
            rank: 1,
        };
        assert_eq!(judge(&ladder(), &rows, Some(before), day(2024, 5, 9)).rank, 0);
    }

    /// F016: ranks and thresholds are data.
    #[test]
    fn steps_must_rise_and_the_first_is_for_everybody() {
        let steps = |steps: &[u32]| Ladder::new(steps.iter().copied().map(Amount::of).collect());
        assert_eq!(steps(&[0, 1_000, 1_000]), Err(LadderError { rank: 2 }));
        assert_eq!(ladder().reached(Signed::from_units(-300)), 0);
        assert_eq!(ladder().reached(Signed::from_units(4_999)), 1);
        assert_eq!(ladder().reached(Signed::from_units(5_000)), 2);
        assert_eq!(steps(&[]).unwrap().reached(Signed::from_units(9)), 0);
    }

    proptest! {
        /// F018 to F020: judging each day or once at the end is the same, twice changes nothing, and no rank
        /// falls inside a month.
        #[test]
        fn every_rhythm_of_judging_agrees(
            rows in proptest::collection::vec((0_u32..420, -600_i64..2_000), 0..12),
            stops in proptest::collection::btree_set(1_u32..420, 0..10),
        ) {
            let start = day(2024, 1, 20);
            let rows: Vec<_> = rows.iter().map(|(n, points)| (start.plus(*n), Signed::from_units(*points))).collect();
            let ladder = ladder();
            let first = judge(&ladder, &rows, None, start);
            let end = start.plus(420);
            let once = judge(&ladder, &rows, Some(first), end);
            let mut stepped = first;
            for stop in stops {
                stepped = judge(&ladder, &rows, Some(stepped), start.plus(stop));
                prop_assert_eq!(judge(&ladder, &rows, Some(stepped), start.plus(stop)), stepped);
            }
            prop_assert_eq!(judge(&ladder, &rows, Some(stepped), end), once);
            let mut daily = first;
            while daily.day < end {
                let next = judge(&ladder, &rows, Some(daily), daily.day.plus(1));
                prop_assert!(next.rank >= daily.rank || next.day.date().unwrap().day() == 1);
                daily = next;
            }
            prop_assert_eq!(daily, once);
        }
    }
}
