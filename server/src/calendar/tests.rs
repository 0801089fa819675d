use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, NaiveDate, Weekday};
use kinchaku_protocol::time::Day;
use proptest::prelude::*;

use super::*;

fn day(year: i32, month: u32, day: u32) -> Day {
    Day::of(NaiveDate::from_ymd_opt(year, month, day).unwrap()).unwrap()
}

fn calendar() -> Calendar {
    Calendar::new(Holidays::kept().unwrap(), BTreeSet::new())
}

/// The season of the source: 2024-06-03 to 2024-08-31 (F079).
fn season() -> WeeklyClose {
    WeeklyClose {
        first: day(2024, 6, 3),
        last: day(2024, 8, 31),
        close: Weekday::Fri,
        pay: Weekday::Tue,
        weeks: 2,
        shift: Shift::Next,
        late_days: 14,
    }
}

/// F092, F093, F094: the table of the source; the rows it leaves out follow from its rule.
#[test]
fn the_fourteen_periods_of_the_source() {
    let rows = [
        (1, (6, 3), (6, 7), (6, 18)),
        (2, (6, 8), (6, 14), (6, 25)),
        (3, (6, 15), (6, 21), (7, 2)),
        (4, (6, 22), (6, 28), (7, 9)),
        (5, (6, 29), (7, 5), (7, 16)),
        (6, (7, 6), (7, 12), (7, 23)),
        (7, (7, 13), (7, 19), (7, 30)),
        (8, (7, 20), (7, 26), (8, 6)),
        (9, (7, 27), (8, 2), (8, 13)),
        (10, (8, 3), (8, 9), (8, 20)),
        (11, (8, 10), (8, 16), (8, 27)),
        (12, (8, 17), (8, 23), (9, 3)),
        (13, (8, 24), (8, 30), (9, 10)),
        (14, (8, 31), (8, 31), (9, 17)),
    ];
    let expected: Vec<Period> = rows
        .iter()
        .map(|(number, first, last, paid)| Period {
            number: *number,
            first: day(2024, first.0, first.1),
            last: day(2024, last.0, last.1),
            paid: day(2024, paid.0, paid.1),
            late: false,
        })
        .collect();
    assert_eq!(season().periods(&calendar()).unwrap(), expected);
}

/// F093: what comes in after the season has periods of its own, which leave the fourteen alone and never end.
#[test]
fn late_payments_have_periods_of_their_own() {
    let period = |posted| season().period(&calendar(), posted).unwrap();
    let late = Period {
        number: 15,
        first: day(2024, 9, 1),
        last: day(2024, 9, 14),
        paid: day(2024, 10, 1),
        late: true,
    };
    assert_eq!(period(day(2024, 9, 1)), Some(late));
    assert_eq!(period(day(2024, 9, 14)), Some(late));
    let later = Period {
        number: 16,
        first: day(2024, 9, 15),
        last: day(2024, 9, 28),
        paid: day(2024, 10, 15),
        late: true,
    };
    assert_eq!(period(day(2024, 9, 15)), Some(later));
    assert_eq!(period(day(2024, 9, 28)), Some(later));
    assert_eq!(period(day(2024, 9, 29)).map(|period| period.number), Some(17));
    assert_eq!(period(day(2024, 6, 2)), None);
}

/// F092, F095: a payment on a day without banks moves as the town decided.
#[test]
fn a_payment_on_a_holiday_is_shifted() {
    // 2026-09-22 is a Tuesday between two holidays; 21 and 23 are holidays too.
    let weekly = WeeklyClose {
        first: day(2026, 9, 5),
        last: day(2026, 9, 11),
        ..season()
    };
    let paid = |weekly: WeeklyClose| weekly.periods(&calendar()).unwrap()[0].paid;
    assert_eq!(paid(weekly), day(2026, 9, 24));
    let before = WeeklyClose {
        shift: Shift::Before,
        ..weekly
    };
    assert_eq!(paid(before), day(2026, 9, 18));
    // Closed on Sunday 20 September and due on the holiday after it: not paid on the Friday before the close.
    let next_day = WeeklyClose {
        first: day(2026, 9, 14),
        last: day(2026, 9, 20),
        close: Weekday::Sun,
        pay: Weekday::Mon,
        weeks: 1,
        ..before
    };
    assert_eq!(paid(next_day), day(2026, 9, 24));
}

/// F095: on the seventh business day after the end of the month.
#[test]
fn month_ends_are_paid_within_seven_business_days() {
    let monthly = MonthlyClose {
        first: day(2024, 6, 3),
        business_days: 7,
    };
    let period = |posted| monthly.period(&calendar(), posted).unwrap().unwrap();
    let june = period(day(2024, 6, 3));
    assert_eq!(
        (june.number, june.first, june.last),
        (1, day(2024, 6, 3), day(2024, 6, 30))
    );
    assert_eq!(june.paid, day(2024, 7, 9));
    assert_eq!(period(day(2024, 6, 30)), june);
    // August: 9/1 is a Sunday, so the seventh is 9/10.
    assert_eq!(period(day(2024, 8, 31)).paid, day(2024, 9, 10));
    // December: banks open on 6 January 2025, 13 January is a holiday.
    assert_eq!(period(day(2024, 12, 31)).paid, day(2025, 1, 15));
    assert_eq!(period(day(2024, 12, 31)).number, 7);
    // April: 5/3 to 5/6 are holidays.
    assert_eq!(period(day(2025, 4, 30)).paid, day(2025, 5, 13));
    assert_eq!(monthly.period(&calendar(), day(2024, 6, 2)).unwrap(), None);
    // December 2027 is paid in January 2028, which the kept list does not know.
    assert_eq!(
        monthly.period(&calendar(), day(2027, 12, 1)),
        Err(CalendarError::UnknownYear { year: 2028 })
    );
}

/// F011, F012, F013.
#[test]
fn points_are_granted_on_the_thursday_of_the_third_week() {
    let grants = GrantCalendar {
        weeks: 2,
        weekday: Weekday::Thu,
        moved: BTreeMap::from([(day(2024, 8, 15), day(2024, 8, 20))]),
    };
    let granted = |posted| grants.granted(&calendar(), posted).unwrap();
    // Monday and Sunday of one week, and the Monday after it.
    assert_eq!(granted(day(2024, 6, 3)), day(2024, 6, 20));
    assert_eq!(granted(day(2024, 6, 9)), day(2024, 6, 20));
    assert_eq!(granted(day(2024, 6, 10)), day(2024, 6, 27));
    // F013: 2025-03-20 is a holiday; the year's end closes town halls from 29 December to 3 January.
    assert_eq!(granted(day(2025, 3, 3)), day(2025, 3, 21));
    assert_eq!(granted(day(2024, 12, 16)), day(2025, 1, 6));
    assert_eq!(granted(day(2024, 12, 22)), day(2025, 1, 6));
    // F013: a day that was announced stands in place of the usual one.
    assert_eq!(granted(day(2024, 7, 29)), day(2024, 8, 20));
    assert_eq!(
        GrantCalendar::week(day(2024, 6, 9)).unwrap(),
        (day(2024, 6, 3), day(2024, 6, 9))
    );
}

/// F080.
#[test]
fn points_for_buying_come_fourteen_days_later() {
    assert_eq!(after_purchase(day(2024, 6, 3), 14), day(2024, 6, 17));
}

/// F095, F013: banks and town halls close on different days at the turn of the year.
#[test]
fn banks_and_town_halls_keep_their_own_days() {
    let closed = BTreeSet::from([day(2024, 10, 1)]);
    let calendar = Calendar::new(Holidays::kept().unwrap(), closed);
    let open = |day, business| calendar.is_business_day(day, business).unwrap();
    for (at, bank, office) in [
        (day(2025, 12, 26), true, true),
        (day(2025, 12, 29), true, false),
        (day(2025, 12, 30), true, false),
        (day(2025, 12, 31), false, false),
        (day(2026, 1, 2), false, false),
        (day(2026, 1, 5), true, true),
        (day(2026, 9, 22), false, false),
        (day(2024, 2, 12), false, false),
        (day(2024, 6, 8), false, false),
        (day(2024, 10, 1), true, false),
    ] {
        assert_eq!(open(at, Business::Bank), bank, "{at}");
        assert_eq!(open(at, Business::Office), office, "{at}");
    }
    assert_eq!(
        calendar.is_business_day(day(2028, 1, 4), Business::Bank),
        Err(CalendarError::UnknownYear { year: 2028 })
    );
    assert_eq!(
        calendar.is_business_day(day(2023, 12, 29), Business::Bank),
        Err(CalendarError::UnknownYear { year: 2023 })
    );
}

/// F013: a list that the town put in wins, as published or in UTF-8, and half a list is none.
#[test]
fn a_newer_list_of_holidays_is_read_as_published() {
    let kept = include_str!("holidays.csv");
    let as_2028 = |text: &str| -> String {
        text.lines()
            .filter(|line| line.starts_with("国") || line.starts_with("2026"))
            .map(|line| line.replacen("2026", "2028", 1) + "\r\n")
            .collect()
    };
    let newer = as_2028(kept);
    let (published, _, lossy) = encoding_rs::SHIFT_JIS.encode(&newer);
    assert!(!lossy);
    let utf8 = Holidays::read(newer.as_bytes()).unwrap();
    assert_eq!(Holidays::read(&published).unwrap(), utf8);
    let with_bom = [b"\xef\xbb\xbf", newer.as_bytes()].concat();
    assert_eq!(Holidays::read(&with_bom).unwrap(), utf8);
    let both = Holidays::kept().unwrap().renewed_by(utf8);
    assert_eq!(both.name(day(2028, 1, 1)), Ok(Some("元日")));
    assert_eq!(both.name(day(2024, 5, 6)), Ok(Some("休日")));
    assert_eq!(both.name(day(2024, 5, 7)), Ok(None));
    // What the law moved in a later list is where the later list has it.
    let moved = kept.replace("2027/10/11,", "2027/10/12,");
    let both = Holidays::kept()
        .unwrap()
        .renewed_by(Holidays::read(moved.as_bytes()).unwrap());
    assert_eq!(both.name(day(2027, 10, 11)), Ok(None));

    let problem = |text: &str| Holidays::read(text.as_bytes()).unwrap_err();
    assert_eq!(problem("月日,名称\n"), HolidayProblem::Empty);
    assert_eq!(
        problem("月日,名称\n2026/1/1,元日\n"),
        HolidayProblem::Incomplete { year: 2026 }
    );
    assert_eq!(problem("月日,名称\n2026/2/30,元日\n"), HolidayProblem::Line { line: 2 });
    assert_eq!(problem("月日,名称\n2026/1/1\n"), HolidayProblem::Line { line: 2 });
    let twice = format!("{kept}2027/11/23,勤労感謝の日\n");
    assert!(matches!(problem(&twice), HolidayProblem::Twice { line: 76.. }));
    assert_eq!(Holidays::read(&[0xff, 0xfe, 0x80]), Err(HolidayProblem::Encoding));
    // The published file begins in 1955, with nine holidays a year.
    let with_history = kept.replacen('\n', "\n1955/1/1,元日\n1955/1/15,成人の日\n", 1);
    assert_eq!(
        Holidays::read(with_history.as_bytes()),
        Holidays::kept().map_err(|_| unreachable!())
    );
}

/// The kept list against the law (国民の祝日に関する法律 2, 3) and the usual approximation of the equinoxes.
#[test]
fn the_kept_list_is_what_the_law_says() {
    let kept = Holidays::kept().unwrap();
    assert_eq!(
        kept.years().iter().copied().collect::<Vec<_>>(),
        [2024, 2025, 2026, 2027]
    );
    for year in kept.years() {
        let by_law = by_law(*year);
        let mut date = NaiveDate::from_ymd_opt(*year, 1, 1).unwrap();
        while date.year() == *year {
            let listed = kept.name(Day::of(date).unwrap()).unwrap().is_some();
            assert_eq!(listed, by_law.contains(&date), "{date}");
            date = date.succ_opt().unwrap();
        }
    }
}

fn by_law(year: i32) -> BTreeSet<NaiveDate> {
    let date = |month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
    let monday = |month, nth| NaiveDate::from_weekday_of_month_opt(year, month, Weekday::Mon, nth).unwrap();
    let equinox = |base: f64| {
        let since = f64::from(year - 1980);
        (base + 0.242_194 * since).floor() as u32 - ((year - 1980) / 4) as u32
    };
    let fixed = [
        (1, 1),
        (2, 11),
        (2, 23),
        (4, 29),
        (5, 3),
        (5, 4),
        (5, 5),
        (8, 11),
        (11, 3),
        (11, 23),
    ];
    let mut days: BTreeSet<NaiveDate> = fixed.iter().map(|(m, d)| date(*m, *d)).collect();
    days.extend([monday(1, 2), monday(7, 3), monday(9, 3), monday(10, 2)]);
    days.extend([date(3, equinox(20.8431)), date(9, equinox(23.2488))]);
    let named = days.clone();
    for sunday in named.iter().filter(|date| date.weekday() == Weekday::Sun) {
        let mut next = sunday.succ_opt().unwrap();
        while named.contains(&next) {
            next = next.succ_opt().unwrap();
        }
        days.insert(next);
    }
    for first in &named {
        let between = first.succ_opt().unwrap();
        if named.contains(&between.succ_opt().unwrap()) && !named.contains(&between) {
            days.insert(between);
        }
    }
    days
}

proptest! {
    /// F092, F094: whatever the season, periods follow each other without gap or overlap, every posting day
    /// finds its own, and money arrives on a business day after the close.
    #[test]
    fn periods_cover_a_season_once(start in 0_u32..700, length in 0_u32..200, close in 0_usize..7, pay in 0_usize..7, weeks in 1_u32..4, before in any::<bool>()) {
        let days = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
        let first = day(2024, 1, 4).plus(start);
        let weekly = WeeklyClose { first, last: first.plus(length), close: days[close], pay: days[pay],
            weeks,
            shift: if before { Shift::Before } else { Shift::Next }, ..season() };
        let calendar = calendar();
        let periods = weekly.periods(&calendar).unwrap();
        prop_assert_eq!(periods[0].first, first);
        prop_assert_eq!(periods[periods.len() - 1].last, weekly.last);
        for (number, period) in (1_u32..).zip(&periods) {
            prop_assert_eq!(period.number, number);
            prop_assert!(period.last.0 - period.first.0 <= 6);
            prop_assert!(period.paid > period.last);
            prop_assert!(calendar.is_business_day(period.paid, Business::Bank).unwrap());
            for posted in period.first.0..=period.last.0 {
                prop_assert_eq!(weekly.period(&calendar, Day(posted)).unwrap(), Some(*period));
            }
        }
        for pair in periods.windows(2) {
            prop_assert_eq!(pair[0].last.plus(1), pair[1].first);
            prop_assert!(pair[0].paid <= pair[1].paid);
        }
    }

    /// F012: grants come 11 to 17 days after a payment where no holiday is in the way.
    #[test]
    fn a_grant_is_on_an_open_day_about_two_weeks_later(ahead in 0_u32..1_000) {
        let grants = GrantCalendar { weeks: 2, weekday: Weekday::Thu, moved: BTreeMap::new() };
        let posted = day(2024, 1, 1).plus(ahead);
        let granted = grants.granted(&calendar(), posted).unwrap();
        prop_assert!(calendar().is_business_day(granted, Business::Office).unwrap());
        prop_assert!((11..=28).contains(&(granted.0 - posted.0)));
    }
}
