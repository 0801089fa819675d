//! Names what was scanned, so that nobody at a counter is told just "invalid".
//!
//! People point the camera at shop sheets, receipts, other services' web addresses, and the codes on
//! other people's phones. Nothing found here is opened or followed.

use super::parse::{Parsed, parse};
use crate::voucher;

/// How receipts and refusals start (docs/protocol.md).
pub const RECEIPT_PREFIX: &str = "KC1:";

/// What a scanned text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// An EMV merchant code, ours or another's, good or bad: see its errors.
    Emv(Box<Parsed>),
    /// A receipt or a shop's refusal of ours: the whole text, not yet decoded.
    Receipt(String),
    /// A code by which vouchers are fetched (F069): the whole text, not yet decoded.
    Voucher(String),
    /// A code that shops of PayPay put up: a web address of that service.
    PayPay,
    /// Another web address.
    Web {
        /// The host it would lead to, in lower case; untrusted.
        host: String,
    },
    /// A payer's own code, meant for a shop's scanner.
    Consumer(ConsumerCode),
    /// None of these.
    Unknown,
}

/// A code that payers show to shops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsumerCode {
    /// EMV consumer-presented, starting with `CPV01`.
    Emv,
    /// JPQR consumer-presented, starting with `JPQR1`.
    Jpqr,
    /// Sixteen to twenty-four digits, as barcodes of payment services have.
    Digits {
        /// Whose range it was in; ranges move, so a hint for the screen only.
        service: Option<&'static str>,
    },
}

/// Names a scanned text.
#[must_use]
pub fn recognise(text: &str) -> Scanned {
    let parsed = parse(text);
    if parsed.looks_like_emv() {
        return Scanned::Emv(Box::new(parsed));
    }
    let text = parsed.text.as_str();
    if text.starts_with(RECEIPT_PREFIX) {
        return Scanned::Receipt(text.to_owned());
    }
    if voucher::looks_like_one(text) {
        return Scanned::Voucher(text.to_owned());
    }
    if let Some(code) = consumer_code(text) {
        return Scanned::Consumer(code);
    }
    match web_host(text) {
        Some(host) if is_paypay(&host) => Scanned::PayPay,
        Some(host) => Scanned::Web { host },
        None => Scanned::Unknown,
    }
}

fn consumer_code(text: &str) -> Option<ConsumerCode> {
    // Base64 of the first object: tag 85, length 5, "CPV01" or "JPQR1".
    if text.starts_with("hQVDUFYw") {
        return Some(ConsumerCode::Emv);
    }
    if text.starts_with("hQVKUFFS") {
        return Some(ConsumerCode::Jpqr);
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let service = digits_service(text);
    (digits && (16..=24).contains(&text.len())).then_some(ConsumerCode::Digits { service })
}

/// First digits and length of services' barcodes, as seen in 2020.
const BARCODES: [(&str, usize, &str); 8] = [
    ("9000818188", 24, "PayPay"),
    ("9000000000", 19, "LINE Pay"),
    ("900001", 16, "楽天ペイ"),
    ("90000002", 22, "d払い"),
    ("31589900", 19, "メルペイ"),
    ("3158993", 19, "ゆうちょPay"),
    ("31589921", 19, "au PAY"),
    ("31589995", 19, "pring"),
];

fn digits_service(text: &str) -> Option<&'static str> {
    let known = BARCODES
        .iter()
        .find(|(start, length, _)| text.len() == *length && text.starts_with(start));
    known.map(|(_, _, service)| *service)
}

/// The host of a web address; what stands before an `@` is not it, whatever it looks like.
fn web_host(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return None;
    }
    let authority = rest.split(['/', '\\', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

fn is_paypay(host: &str) -> bool {
    host == "paypay.ne.jp" || host.ends_with(".paypay.ne.jp")
}

#[cfg(test)]
mod tests {
    use super::{ConsumerCode, Scanned, recognise};
    use crate::mpm::ErrorKind;

    #[test]
    fn receipts_and_emv_codes_go_their_way() {
        assert_eq!(recognise(" KC1:ABC+/ \n"), Scanned::Receipt("KC1:ABC+/".to_owned()));
        assert_eq!(recognise("KCV1:ABC "), Scanned::Voucher("KCV1:ABC".to_owned()));
        assert_eq!(recognise("KCV2:ABC"), Scanned::Voucher("KCV2:ABC".to_owned()));
        let Scanned::Emv(parsed) = recognise("00020101021163040000") else {
            panic!("not named EMV");
        };
        assert!(parsed.has(ErrorKind::Crc));
    }

    #[test]
    fn a_code_that_a_payer_shows_is_named() {
        let service = |text| match recognise(text) {
            Scanned::Consumer(ConsumerCode::Digits { service }) => service,
            other => panic!("{other:?}"),
        };
        assert_eq!(service("900081818812345678901234"), Some("PayPay"));
        assert_eq!(service("9000000012345678"), None);
        assert_eq!(service("3158993112345678901"), Some("ゆうちょPay"));
        assert_eq!(
            recognise("hQVDUFYwMWETTwegAAAAVVVVUAhNYXN0ZXI="),
            Scanned::Consumer(ConsumerCode::Emv)
        );
        assert_eq!(recognise("hQVKUFFSMWEbTw=="), Scanned::Consumer(ConsumerCode::Jpqr));
    }

    /// T2: the host named is the one a browser would open, not one that stands before it.
    #[test]
    fn an_address_is_named_by_its_true_host() {
        let web = |host: &str| Scanned::Web { host: host.to_owned() };
        assert_eq!(recognise("https://qr.paypay.ne.jp/p2p01_x"), Scanned::PayPay);
        assert_eq!(recognise("HTTPS://PayPay.ne.jp"), Scanned::PayPay);
        for (text, host) in [
            ("https://paypay.ne.jp@evil.example/", "evil.example"),
            ("https://evil.example\\.paypay.ne.jp/", "evil.example"),
            ("https://evil.example?paypay.ne.jp", "evil.example"),
            ("https://notpaypay.ne.jp/", "notpaypay.ne.jp"),
            ("http://shop.example:8080/x", "shop.example"),
        ] {
            assert_eq!(recognise(text), web(host), "{text}");
        }
    }

    #[test]
    fn anything_else_is_unknown() {
        for text in ["", "4901234567894", "hello", "https://", "tel:110", "kc1:ABC"] {
            assert_eq!(recognise(text), Scanned::Unknown, "{text}");
        }
    }
}
