//! In which order lots are consumed: earliest last day first (a lot without one is last), then the
//! oldest, then the lowest id. Every implementation takes the same lots.

use crate::money::Amount;
use crate::time::{Day, Time};

/// One lot, as far as its place in the order depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot {
    /// Its number.
    pub id: u64,
    /// The last day it can be used, none where it has none.
    pub until: Option<Day>,
    /// When it came.
    pub issued_at: Time,
    /// What can be taken from it.
    pub available: Amount,
}

impl Lot {
    /// What lots are sorted by.
    #[must_use]
    pub fn order(&self) -> (Day, Time, u64) {
        (self.until.unwrap_or(Day(u32::MAX)), self.issued_at, self.id)
    }
}

/// Takes `wanted` from lots in order; gives what is taken from which lot. Where they do not hold as
/// much, everything usable is taken: compare the sum.
///
/// Lots whose last day is before `day` are left alone.
#[must_use]
pub fn take(lots: &[Lot], wanted: Amount, day: Day) -> Vec<(u64, Amount)> {
    let mut usable: Vec<&Lot> = lots
        .iter()
        .filter(|lot| lot.until.is_none_or(|until| until >= day))
        .collect();
    usable.sort_by_key(|lot| lot.order());
    let mut left = wanted;
    let mut taken = Vec::new();
    for lot in usable {
        let amount = lot.available.min(left);
        if !amount.is_zero() {
            taken.push((lot.id, amount));
            left = left.less(amount);
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::{Lot, take};
    use crate::money::Amount;
    use crate::time::{Day, Time};
    use proptest::prelude::*;

    fn lot(id: u64, until: Option<u32>, issued: u64, available: u32) -> Lot {
        Lot {
            id,
            until: until.map(Day),
            issued_at: Time(issued),
            available: Amount::of(available),
        }
    }

    #[test]
    fn earliest_expiry_then_oldest_then_lowest_id() {
        let lots = [
            lot(1, None, 0, 10),
            lot(2, Some(9), 5, 10),
            lot(3, Some(8), 9, 10),
            lot(4, Some(8), 9, 10),
            lot(5, Some(8), 1, 10),
            lot(6, Some(3), 0, 10),
        ];
        let taken: Vec<u64> = take(&lots, Amount::of(45), Day(4))
            .into_iter()
            .map(|(id, _)| id)
            .collect();
        assert_eq!(taken, [5, 3, 4, 2, 1]);
    }

    proptest! {
        #[test]
        fn nothing_is_made_or_lost_and_the_order_of_input_is_nothing(
            lots in proptest::collection::vec((0_u32..20, 0_u64..5, 0_u32..1_000), 0..12),
            wanted in 0_u32..5_000,
        ) {
            let lots: Vec<Lot> = (0_u64..).zip(lots).map(|(id, (until, issued, amount))| lot(id, Some(until), issued, amount)).collect();
            let taken = take(&lots, Amount::of(wanted), Day(10));
            let sum = Amount::sum(taken.iter().map(|(_, a)| *a))?;
            let usable = Amount::sum(lots.iter().filter(|l| l.until >= Some(Day(10))).map(|l| l.available))?;
            prop_assert_eq!(sum, usable.min(Amount::of(wanted)));
            let mut turned = lots;
            turned.reverse();
            prop_assert_eq!(taken, take(&turned, Amount::of(wanted), Day(10)));
        }
    }
}
