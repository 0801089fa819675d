//! Name, address, birth date and sex as a person reads them, for standard output and nothing else.

use kinchaku_design::{Key, text};
use kinchaku_protocol::jpki::attributes::{BasicFour, Sex};
use serde_json::{Value, json};

use crate::output::{Output, columns};

/// Prints them, exactly as the card has them.
pub fn show(four: &BasicFour, out: &Output) {
    let lang = out.lang();
    let row = |key, value: &str| vec![text(lang, key).to_owned(), value.to_owned()];
    let rows = [
        row(Key::CardName, &four.name),
        row(Key::CardAddress, &four.address),
        row(Key::CardBirth, &birth(four)),
        row(Key::CardSex, text(lang, sex(four.sex).1)),
    ];
    for line in columns(&rows, &[]) {
        out.line(&line);
    }
}

/// For machines. Unknown parts of the birth date are `null`.
pub fn object(four: &BasicFour) -> Value {
    json!({
        "name": four.name,
        "address": four.address,
        "birth": { "year": four.birth.year, "month": four.birth.month, "day": four.birth.day },
        "sex": sex(four.sex).0,
    })
}

/// `1950年（昭和25年4月5日）`: the year of both calendars, the days once.
fn birth(four: &BasicFour) -> String {
    match four.birth.year {
        Some(year) => format!("{year}年（{}）", four.birth.wareki()),
        None => four.birth.wareki(),
    }
}

const fn sex(sex: Sex) -> (&'static str, Key) {
    match sex {
        Sex::Male => ("male", Key::CardSexMale),
        Sex::Female => ("female", Key::CardSexFemale),
        Sex::Unknown => ("unknown", Key::CardSexUnknown),
        Sex::NotApplicable | Sex::Other(_) => ("other", Key::CardSexOther),
    }
}
