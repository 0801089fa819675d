//! How the API's times, amounts and words are read by people.

use chrono::{DateTime, FixedOffset, NaiveDate};
use kinchaku_design::format::{Unit, money, number, signed_money};
use kinchaku_design::{Key, Lang, text};
use serde_json::Value;

use super::answer::Service;
use crate::output::{Exit, Output, Problem};

/// Points, as the API numbers kinds of services (F116).
const POINTS: u8 = 2;
const JST_SECONDS: i32 = 9 * 3_600;

/// An object of the API as an object of this program.
pub fn versioned(mut object: Value) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.insert("schema".to_owned(), 1.into());
        object
    } else {
        serde_json::json!({ "schema": 1, "value": object })
    }
}

/// `2026/03/31 18:47`, in Japan.
pub fn moment(rfc3339: &str) -> String {
    let japan = FixedOffset::east_opt(JST_SECONDS);
    match (DateTime::parse_from_rfc3339(rfc3339), japan) {
        (Ok(time), Some(japan)) => time.with_timezone(&japan).format("%Y/%m/%d %H:%M").to_string(),
        _ => rfc3339.to_owned(),
    }
}

/// The end of a time: midnight belongs to the day before it, `2026/03/31 24:00`.
pub fn until(rfc3339: &str) -> String {
    let shown = moment(rfc3339);
    let Some(date) = shown.strip_suffix(" 00:00") else {
        return shown;
    };
    let before = NaiveDate::parse_from_str(date, "%Y/%m/%d")
        .ok()
        .and_then(|day| day.pred_opt());
    before.map_or_else(|| shown.clone(), |day| format!("{} 24:00", day.format("%Y/%m/%d")))
}

/// `2026/03/31（火）`.
pub fn day(lang: Lang, iso: &str) -> String {
    let Ok(day) = NaiveDate::parse_from_str(iso, "%Y-%m-%d") else {
        return iso.to_owned();
    };
    let (ja, en) = match day.format("%u").to_string().as_str() {
        "1" => ("月", "Mon"),
        "2" => ("火", "Tue"),
        "3" => ("水", "Wed"),
        "4" => ("木", "Thu"),
        "5" => ("金", "Fri"),
        "6" => ("土", "Sat"),
        _ => ("日", "Sun"),
    };
    let date = day.format("%Y/%m/%d");
    match lang {
        Lang::Ja | Lang::Easy => format!("{date}（{ja}）"),
        Lang::En => format!("{en} {date}"),
    }
}

/// A day a person typed, as the API takes it.
pub fn typed_day(text: &str) -> Result<String, Problem> {
    let plain = text.trim().replace('/', "-");
    NaiveDate::parse_from_str(&plain, "%Y-%m-%d")
        .map(|day| day.format("%Y-%m-%d").to_string())
        .map_err(|_| Problem::new(Key::ErrorDay, Exit::Usage).named("day", text))
}

/// What an amount of this service counts.
pub const fn unit(service_type: u8) -> Unit {
    if service_type == POINTS { Unit::Point } else { Unit::Yen }
}

/// An amount of this service.
pub fn amount(lang: Lang, service: &Service, amount: u64) -> String {
    money(lang, unit(service.service_type), amount)
}

/// An amount of this service that may be below zero.
pub fn signed(lang: Lang, service: &Service, amount: i64) -> String {
    signed_money(lang, unit(service.service_type), amount)
}

/// An amount and how often: `1,200円（3件）`; nothing where there was none.
pub fn tally(lang: Lang, service: &Service, amount: i64, count: i64) -> String {
    if amount == 0 && count == 0 {
        return "-".to_owned();
    }
    let amount = signed(lang, service, amount);
    let minus = if count < 0 { "\u{2212}" } else { "" };
    let count = number(count.unsigned_abs());
    match lang {
        Lang::Ja => format!("{amount}（{minus}{count}件）"),
        Lang::Easy => format!("{amount}（{minus}{count}）"),
        Lang::En => format!("{amount} ({minus}{count})"),
    }
}

/// What a transaction was (F117).
pub fn operation(lang: Lang, operation_id: &str, combined: bool, said: &str) -> String {
    let key = match operation_id {
        "OP1" => Key::HistoryUse,
        "OP2" => Key::HistoryGrant,
        "OP3" => Key::HistoryCharge,
        "OP4" => Key::ConsoleSlipCancelled,
        "OP5" => Key::HistoryGrantCancelled,
        _ => return said.to_owned(),
    };
    let word = text(lang, key);
    if combined {
        format!("{word}{}", text(lang, Key::ConsoleCombined))
    } else {
        word.to_owned()
    }
}

/// That there is more than was shown.
pub fn more(out: &Output, more: bool) {
    if more {
        out.note(Key::ConsoleMore, &[]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_japan_and_days_have_their_weekday() {
        assert_eq!(moment("2026-03-31T09:47:12Z"), "2026/03/31 18:47");
        assert_eq!(moment("2026-03-31T18:47:12+09:00"), "2026/03/31 18:47");
        assert_eq!(moment("soon"), "soon");
        assert_eq!(until("2024-09-01T00:00:00+09:00"), "2024/08/31 24:00");
        assert_eq!(until("2024-08-31T17:00:00+09:00"), "2024/08/31 17:00");
        assert_eq!(day(Lang::Ja, "2024-06-18"), "2024/06/18（火）");
        assert_eq!(typed_day("2024/6/3").unwrap(), "2024-06-03");
        assert!(typed_day("2024-06-31").is_err());
    }
}
