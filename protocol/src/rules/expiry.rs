//! When value ends: on a day of its own, or a while after the last thing that happened to the whole balance
//! (F022 to F025). All days are Japan's and usable until their end.

use chrono::{Datelike as _, Months, NaiveDate};

use crate::time::Day;

/// How the last day of a class's lots is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// It never ends.
    Never,
    /// This many days after issue (F168); the day of issue does not count (民法 140).
    Days(u32),
    /// On a fixed day: the end of a period of use.
    On(Day),
    /// The whole balance ends at the end of the month that is this many months after the last qualifying
    /// action (F022, F023). For points that were given, never for value that was paid for.
    Extending {
        /// Six in the usual programme.
        months: u32,
    },
}

impl Expiry {
    /// The last day of a lot issued on a day; `None` where it has none of its own.
    #[must_use]
    pub const fn lot_until(&self, issued: Day) -> Option<Day> {
        match self {
            Self::Never | Self::Extending { .. } => None,
            Self::Days(days) => Some(issued.plus(*days)),
            Self::On(day) => Some(*day),
        }
    }
}

/// What happened to a balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Points were granted: the day the grant was carried out counts.
    Granted,
    /// Points were exchanged or paid with.
    Used,
    /// Points were taken back with a cancelled payment.
    ClawedBack,
    /// A use was cancelled and its points came back.
    Returned,
}

impl Action {
    /// Whether it moves the end of the balance (F024, F025).
    #[must_use]
    pub const fn extends(self) -> bool {
        matches!(self, Self::Granted | Self::Used)
    }
}

/// The end of the month that is `months` after the month of a day (F023). `None` outside the calendar.
#[must_use]
pub fn month_end_after(day: Day, months: u32) -> Option<Day> {
    let date = day.date()?;
    let month = NaiveDate::from_ymd_opt(date.year(), date.month(), 1)?;
    let next = month.checked_add_months(Months::new(months.checked_add(1)?))?;
    Day::of(next.pred_opt()?)
}

/// The last day of an extending balance after one more action, by the day of its posting. It only moves on:
/// what comes in late, or was cancelled afterwards, does not bring it back.
#[must_use]
pub fn extended(until: Option<Day>, action: Action, posted: Day, months: u32) -> Option<Day> {
    if !action.extends() {
        return until;
    }
    until.max(month_end_after(posted, months))
}

/// Whether value may pay: the day of the payment decides, however late it is posted.
#[must_use]
pub fn usable(until: Option<Day>, occurred: Day) -> bool {
    until.is_none_or(|until| occurred <= until)
}

/// Whether it is time to book the end. While a hold is open or closed and not done, payments that occurred
/// in time may still come in, so nothing of the balance ends.
#[must_use]
pub fn is_due(until: Option<Day>, today: Day, live_holds: bool) -> bool {
    !live_holds && until.is_some_and(|until| until < today)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(year: i32, month: u32, day: u32) -> Day {
        Day::of(NaiveDate::from_ymd_opt(year, month, day).unwrap()).unwrap()
    }

    /// F023. A page of December 2023 in the source shows 2024/06/30.
    #[test]
    fn six_months_later_at_the_end_of_the_month() {
        let until = |from| month_end_after(from, 6).unwrap();
        assert_eq!(until(day(2023, 12, 20)), day(2024, 6, 30));
        assert_eq!(until(day(2023, 12, 1)), day(2024, 6, 30));
        assert_eq!(until(day(2023, 11, 8)), day(2024, 5, 31));
        assert_eq!(until(day(2024, 8, 31)), day(2025, 2, 28));
        assert_eq!(until(day(2023, 8, 31)), day(2024, 2, 29));
        assert_eq!(until(day(2024, 6, 30)), day(2024, 12, 31));
    }

    /// F022, F024, F025.
    #[test]
    fn grants_and_uses_extend_and_claw_backs_do_not() {
        let granted = extended(None, Action::Granted, day(2024, 1, 10), 6);
        assert_eq!(granted, Some(day(2024, 7, 31)));
        assert_eq!(extended(granted, Action::ClawedBack, day(2024, 3, 1), 6), granted);
        assert_eq!(extended(granted, Action::Returned, day(2024, 3, 1), 6), granted);
        assert_eq!(
            extended(granted, Action::Used, day(2024, 3, 1), 6),
            Some(day(2024, 9, 30))
        );
        // An older action that comes in late moves nothing back.
        assert_eq!(extended(granted, Action::Used, day(2023, 12, 31), 6), granted);
        assert_eq!(extended(None, Action::ClawedBack, day(2024, 3, 1), 6), None);
    }

    /// F023: until 24:00 of the day, and not while a hold lives.
    #[test]
    fn due_on_the_day_after_unless_something_is_held() {
        let until = Some(day(2024, 6, 30));
        assert!(!is_due(until, day(2024, 6, 30), false));
        assert!(is_due(until, day(2024, 7, 1), false));
        assert!(!is_due(until, day(2024, 7, 20), true));
        assert!(!is_due(None, day(2099, 1, 1), false));
        assert!(usable(until, day(2024, 6, 30)));
        assert!(!usable(until, day(2024, 7, 1)));
        assert!(usable(None, day(2099, 1, 1)));
    }

    /// F168 beside F022: both are policies of the same lots.
    #[test]
    fn dated_lots_have_their_own_day_and_extending_ones_none() {
        let issued = day(2024, 6, 3);
        assert_eq!(Expiry::Days(60).lot_until(issued), Some(day(2024, 8, 2)));
        assert_eq!(Expiry::On(day(2024, 8, 31)).lot_until(issued), Some(day(2024, 8, 31)));
        assert_eq!(Expiry::Extending { months: 6 }.lot_until(issued), None);
        assert_eq!(Expiry::Never.lot_until(issued), None);
    }

    proptest! {
        /// F022 to F025: the last day is that of the latest qualifying action, whatever the order.
        #[test]
        fn the_last_qualifying_action_decides(
            actions in proptest::collection::vec((0_u8..4, 0_u32..900), 0..20).prop_shuffle(),
        ) {
            let start = day(2024, 1, 1);
            let of = |kind| [Action::Granted, Action::Used, Action::ClawedBack, Action::Returned][usize::from(kind)];
            let until = actions.iter().fold(None, |until, (kind, at)| extended(until, of(*kind), start.plus(*at), 6));
            let last = actions.iter().filter(|(kind, _)| *kind < 2).map(|(_, at)| *at).max();
            prop_assert_eq!(until, last.and_then(|at| month_end_after(start.plus(at), 6)));
            if let Some(until) = until {
                prop_assert_eq!(until.plus(1).date().unwrap().day(), 1);
                let days = until.0 - start.plus(last.unwrap()).0;
                prop_assert!((180..=215).contains(&days));
            }
        }
    }
}
