//! Dates in Japan Standard Time, which has no daylight saving: a fixed nine hours.
//!
//! Instants are seconds since 1970-01-01 00:00 UTC, days are JST days since 1970-01-01. `now` and
//! `today` always come from the caller.

use crate::Lang;

const SECONDS_A_DAY: u64 = 86_400;
const JST_AHEAD: u64 = 9 * 3_600;
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A day of the Gregorian calendar.
struct Civil {
    year: u64,
    month: u64,
    day: u64,
    weekday: u64,
}

/// The calendar day of a JST day number (Howard Hinnant's `civil_from_days`, without years before 1970).
const fn civil(day_number: u64) -> Civil {
    // Eras of 400 years that begin on 1 March, so that the leap day is the last of its year.
    let shifted = day_number.saturating_add(719_468);
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    // Day 0 was a Thursday.
    let weekday = (day_number % 7 + 4) % 7;
    Civil {
        year,
        month,
        day,
        weekday,
    }
}

const fn day_number(at: u64) -> u64 {
    at.saturating_add(JST_AHEAD) / SECONDS_A_DAY
}

fn clock(at: u64) -> String {
    let second = at.saturating_add(JST_AHEAD) % SECONDS_A_DAY;
    format!("{}:{:02}", second / 3_600, second % 3_600 / 60)
}

fn weekday(lang: Lang, civil: &Civil) -> &'static str {
    let (ja, en) = match civil.weekday {
        0 => ("日", "Sun"),
        1 => ("月", "Mon"),
        2 => ("火", "Tue"),
        3 => ("水", "Wed"),
        4 => ("木", "Thu"),
        5 => ("金", "Fri"),
        _ => ("土", "Sat"),
    };
    match lang {
        Lang::Ja | Lang::Easy => ja,
        Lang::En => en,
    }
}

fn month_name(month: u64) -> &'static str {
    let index = usize::try_from(month.saturating_sub(1)).unwrap_or(0);
    MONTHS.get(index).copied().unwrap_or("")
}

fn calendar(lang: Lang, civil: &Civil, with_year: bool) -> String {
    let Civil { year, month, day, .. } = *civil;
    let weekday = weekday(lang, civil);
    match (lang, with_year) {
        (Lang::Ja | Lang::Easy, true) => format!("{year}年{month}月{day}日（{weekday}）"),
        (Lang::Ja | Lang::Easy, false) => format!("{month}月{day}日（{weekday}）"),
        (Lang::En, true) => format!("{weekday} {day} {} {year}", month_name(month)),
        (Lang::En, false) => format!("{weekday} {day} {}", month_name(month)),
    }
}

/// `3月31日（火）`, with the year when it is not that of `today`.
#[must_use]
pub fn date(lang: Lang, day: u32, today: u32) -> String {
    let civil_day = civil(day.into());
    let with_year = civil_day.year != civil(today.into()).year;
    calendar(lang, &civil_day, with_year)
}

/// `2026年3月31日（火）まで`: usable on that day too, until midnight.
#[must_use]
pub fn until(lang: Lang, day: u32, today: u32) -> String {
    let date = date(lang, day, today);
    match lang {
        Lang::Ja => format!("{date}まで"),
        Lang::Easy => format!("{date} まで"),
        Lang::En => format!("until {date}"),
    }
}

/// `今日 18:47`, `昨日 18:47`, `3月31日（火） 18:47`, or with the year when it is not that of `now`.
#[must_use]
pub fn moment(lang: Lang, at: u64, now: u64) -> String {
    let (day, today) = (day_number(at), day_number(now));
    let said = if day == today {
        match lang {
            Lang::Ja | Lang::Easy => "今日".to_owned(),
            Lang::En => "today".to_owned(),
        }
    } else if day.saturating_add(1) == today {
        match lang {
            Lang::Ja => "昨日".to_owned(),
            Lang::Easy => "きのう".to_owned(),
            Lang::En => "yesterday".to_owned(),
        }
    } else {
        let civil_day = civil(day);
        let with_year = civil_day.year != civil(today).year;
        calendar(lang, &civil_day, with_year)
    };
    format!("{said} {}", clock(at))
}

/// `2026年3月31日（火） 18:47`, whatever the day is.
#[must_use]
pub fn date_time(lang: Lang, at: u64) -> String {
    let civil_day = civil(day_number(at));
    format!("{} {}", calendar(lang, &civil_day, true), clock(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-31 18:47 JST.
    const AT: u64 = 1_774_950_420;
    const DAY: u32 = 20_543;

    #[test]
    fn lists_name_the_day_and_the_clock() {
        assert_eq!(date_time(Lang::Ja, AT), "2026年3月31日（火） 18:47");
        assert_eq!(moment(Lang::Ja, AT, AT + 3 * SECONDS_A_DAY), "3月31日（火） 18:47");
        assert_eq!(moment(Lang::En, AT, AT + 3 * SECONDS_A_DAY), "Tue 31 Mar 18:47");
    }

    #[test]
    fn today_ends_at_midnight_in_japan() {
        let midnight = 20_544 * SECONDS_A_DAY - JST_AHEAD;
        assert_eq!(moment(Lang::Ja, AT, midnight - 1), "今日 18:47");
        assert_eq!(moment(Lang::Ja, AT, midnight), "昨日 18:47");
        assert_eq!(moment(Lang::Ja, midnight, midnight), "今日 0:00");
        assert_eq!(moment(Lang::Ja, midnight - 1, midnight), "昨日 23:59");
    }

    #[test]
    fn the_year_is_said_only_when_it_is_another() {
        assert_eq!(until(Lang::Ja, DAY, DAY - 1), "3月31日（火）まで");
        assert_eq!(until(Lang::Ja, DAY, DAY - 90), "2026年3月31日（火）まで");
        assert_eq!(until(Lang::En, DAY, DAY - 90), "until Tue 31 Mar 2026");
    }

    #[test]
    fn the_calendar_has_its_leap_days() {
        let said: Vec<_> = [0, 789, 790, 11_016, 11_017, 47_540, 47_541]
            .into_iter()
            .map(|day| calendar(Lang::Ja, &civil(day), true))
            .collect();
        assert_eq!(
            said,
            [
                "1970年1月1日（木）",
                "1972年2月29日（火）",
                "1972年3月1日（水）",
                "2000年2月29日（火）",
                "2000年3月1日（水）",
                "2100年2月28日（日）",
                "2100年3月1日（月）",
            ]
        );
    }
}
