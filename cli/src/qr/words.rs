//! A payload in words.

use kinchaku_design::{Key, text};
use kinchaku_protocol::mpm::shown::shown;
use kinchaku_protocol::mpm::{Parsed, Payload, Scanned};

use crate::output::{Mark, Output, columns};
use crate::words::scan::not_a_shop;

/// Tells one payload: what it says, and every rule it breaks.
pub fn tell(parsed: &Parsed, scanned: &Scanned, out: &Output) {
    if parsed.is_valid() {
        out.verdict(Mark::Ok, text(out.lang(), Key::QrValid));
        table(&parsed.payload, out);
        return;
    }
    out.problem(&not_a_shop(scanned));
    if matches!(scanned, Scanned::Emv(_)) {
        let codes: Vec<&str> = parsed.errors.iter().map(|error| error.code()).collect();
        out.say(Key::QrErrors, &[("codes", &codes.join(" "))]);
        table(&parsed.payload, out);
    }
}

/// What stands in it. Texts of strangers are made fit for a screen first.
pub fn table(payload: &Payload, out: &Output) {
    let language = payload.language.as_ref();
    let singles = [
        (
            Key::QrName,
            language.and_then(|language| language.merchant_name.as_deref()),
        ),
        (Key::QrLatinName, payload.merchant_name.as_deref()),
        (Key::QrCity, payload.city.as_deref()),
        (Key::QrPostalCode, payload.postal_code.as_deref()),
        (Key::QrCountry, payload.country.as_deref()),
        (Key::QrCategory, payload.mcc.as_deref()),
        (Key::QrCurrency, payload.currency.as_deref()),
        (Key::QrAmount, payload.amount.as_deref()),
        (Key::QrTip, payload.tip_indicator.as_deref()),
        (
            Key::QrFee,
            payload.fee_fixed.as_deref().or(payload.fee_percent.as_deref()),
        ),
        (Key::QrChecksum, payload.crc.as_deref()),
    ];
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |key, value: &str| rows.push(vec![text(out.lang(), key).to_owned(), shown(value)]);
    for (key, value) in singles {
        if let Some(value) = value {
            row(key, value);
        }
    }
    for account in payload.merchant_accounts.iter().chain(&payload.unreserved) {
        let guid = account.guid.as_deref().unwrap_or(&account.value);
        row(Key::QrTemplate, &format!("{} {guid}", account.id));
    }
    for line in columns(&rows, &[]) {
        out.line(&format!("  {line}"));
    }
}
