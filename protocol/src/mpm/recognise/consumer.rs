//! Codes that payers show to shops. A payer who scans one has pointed the camera at another phone.

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

/// First digits and length of services' barcodes, as seen in 2020.
const BARCODES: [(&str, usize, &str); 9] = [
    ("9000818188", 24, "PayPay"),
    ("9000000000", 19, "LINE Pay"),
    ("900001", 16, "楽天ペイ"),
    ("90000002", 22, "d払い"),
    ("31589900", 19, "メルペイ"),
    ("3158993", 19, "ゆうちょPay"),
    ("3158994", 19, "ゆうちょPay"),
    ("31589921", 19, "au PAY"),
    ("31589995", 19, "pring"),
];

pub(super) fn recognise(text: &str) -> Option<ConsumerCode> {
    // Base64 of the first object: tag 85, length 5, "CPV01" (EMV QRCPS CPM 5.1) or "JPQR1".
    if text.starts_with("hQVDUFY") {
        return Some(ConsumerCode::Emv);
    }
    if text.starts_with("hQVKUFFS") {
        return Some(ConsumerCode::Jpqr);
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    (digits && (16..=24).contains(&text.len())).then(|| ConsumerCode::Digits { service: service(text) })
}

fn service(text: &str) -> Option<&'static str> {
    let known = BARCODES
        .iter()
        .find(|(start, length, _)| text.len() == *length && text.starts_with(start));
    known.map(|(_, _, service)| *service)
}

#[cfg(test)]
mod tests {
    use super::{ConsumerCode, recognise};

    #[test]
    fn a_code_that_a_payer_shows_is_named() {
        let digits = |text| match recognise(text) {
            Some(ConsumerCode::Digits { service }) => service,
            other => panic!("{other:?}"),
        };
        assert_eq!(digits("900081818812345678901234"), Some("PayPay"));
        assert_eq!(digits("9000000012345678"), None);
        assert_eq!(digits("3158993112345678901"), Some("ゆうちょPay"));
        assert_eq!(digits("3158994012345678901"), Some("ゆうちょPay"));
        assert_eq!(digits("3158992112345678901"), Some("au PAY"));
        assert_eq!(
            recognise("hQVDUFYwMWETTwegAAAAVVVVUAhNYXN0ZXI="),
            Some(ConsumerCode::Emv)
        );
        assert_eq!(recognise("hQVKUFFSMWEbTw=="), Some(ConsumerCode::Jpqr));
        for other in [
            "900081818812345",
            "9000818188123456789012345",
            "４９０００００００００００００１",
            "",
        ] {
            assert_eq!(recognise(other), None, "{other}");
        }
    }
}
