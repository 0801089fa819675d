//! Web addresses and the addresses of other payment services. Never opened.

use super::Scanned;
use crate::mpm::shown::visible;

pub(super) const PAYPAY: &str = "PayPay";

/// The most characters of a host that are shown; its end says whose it is, so the start is left out.
const HOST_CHARACTERS: usize = 40;

/// Hosts that payment services put into their codes, with all below them. A hint for the screen only.
const HOSTS: [(&str, &str); 13] = [
    ("paypay.ne.jp", PAYPAY),
    ("pay.line.me", "LINE Pay"),
    ("merpay.com", "メルペイ"),
    ("pay.rakuten.co.jp", "楽天ペイ"),
    ("wallet.auone.jp", "au PAY"),
    ("chiica.jp", "chiica"),
    ("pay.jp", "PAY.JP"),
    ("alipay.com", "Alipay"),
    ("tenpay.com", "WeChat Pay"),
    ("paypal.com", "PayPal"),
    ("paypal.me", "PayPal"),
    ("square.link", "Square"),
    ("buy.stripe.com", "Stripe"),
];

/// Schemes and first words of payments without a web address.
const SCHEMES: [(&str, &str); 11] = [
    ("paypay:", PAYPAY),
    ("wxp:", "WeChat Pay"),
    ("alipays:", "Alipay"),
    ("alipayqr:", "Alipay"),
    ("upi:", "UPI"),
    ("bitcoin:", "ビットコイン"),
    ("lightning:", "ビットコイン"),
    ("ethereum:", "イーサリアム"),
    // EPC069-12, SEPA credit transfers; Swiss payment standards, QR-bill.
    ("BCD\n", "SEPA"),
    ("BCD\r", "SEPA"),
    ("SPC\n", "Swiss QR"),
];

pub(super) fn recognise(text: &str) -> Option<Scanned> {
    let starts = |start: &str| {
        text.get(..start.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(start))
    };
    if let Some((_, name)) = SCHEMES.iter().find(|(scheme, _)| starts(scheme)) {
        return Some(Scanned::Service { name });
    }
    let host = host(text)?;
    let below = |known: &str| {
        host.strip_suffix(known)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let known = HOSTS.iter().find(|(known, _)| below(known));
    Some(known.map_or_else(
        || Scanned::Web { host: tail(&host) },
        |(_, name)| Scanned::Service { name },
    ))
}

/// The host of a web address; what stands before an `@` is not it, whatever it looks like.
fn host(text: &str) -> Option<String> {
    let rest = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http") => rest,
        Some(_) => return None,
        None => text
            .get(..4)
            .filter(|head| head.eq_ignore_ascii_case("www."))
            .map(|_| text)?,
    };
    let authority = rest.split(['/', '\\', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    let host = visible(host).trim_end_matches('.').to_lowercase();
    let plain = !host.is_empty() && !host.contains(' ');
    plain.then_some(host)
}

fn tail(host: &str) -> String {
    let count = host.chars().count();
    if count <= HOST_CHARACTERS {
        return host.to_owned();
    }
    let end = host.chars().skip(count.saturating_sub(HOST_CHARACTERS));
    "…".chars().chain(end).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{NextStep, Scanned, recognise};

    /// T2: the host named is the one a browser would open, not one that stands before it.
    #[test]
    fn an_address_is_named_by_its_true_host() {
        let web = |host: &str| Scanned::Web { host: host.to_owned() };
        for (text, host) in [
            ("https://paypay.ne.jp@evil.example/", "evil.example"),
            ("https://evil.example\\.paypay.ne.jp/", "evil.example"),
            ("https://evil.example?paypay.ne.jp", "evil.example"),
            ("https://notpaypay.ne.jp/", "notpaypay.ne.jp"),
            ("http://shop.example:8080/x", "shop.example"),
            (
                "www.Town.example/menu",
                "town.example".replace("town", "www.town").as_str(),
            ),
            ("https://a\u{202e}b.example./", "ab.example"),
            ("https://日本語.example/", "日本語.example"),
        ] {
            assert_eq!(recognise(text), web(host), "{text}");
        }
    }

    #[test]
    fn a_long_host_is_shown_by_its_end() {
        let Scanned::Web { host } = recognise(&format!("https://paypay.ne.jp.{}.evil.example/", "a".repeat(99))) else {
            panic!("no web address");
        };
        assert!(host.starts_with('…') && host.ends_with(".evil.example"), "{host}");
        assert_eq!(host.chars().count(), 41);
    }

    /// Shops of PayPay put up web addresses; other services have their own.
    #[test]
    fn payment_addresses_are_named_by_their_service() {
        for (text, name) in [
            ("https://qr.paypay.ne.jp/p2p01_x", "PayPay"),
            ("HTTPS://PayPay.ne.jp", "PayPay"),
            ("paypay://payment/link", "PayPay"),
            ("https://qr.alipay.com/fkx0", "Alipay"),
            ("wxp://f2f0abc", "WeChat Pay"),
            ("upi://pay?pa=a@b", "UPI"),
            ("bitcoin:1A1z", "ビットコイン"),
            ("BCD\n002\n1\nSCT\n", "SEPA"),
        ] {
            let scanned = recognise(text);
            assert_eq!(scanned, Scanned::Service { name }, "{text}");
            assert_eq!(scanned.next(), NextStep::OtherApp);
        }
        assert_eq!(recognise("https://paypay.ne.jp/x").kind(), "paypay");
        assert_eq!(recognise("https://qr.alipay.com/x").kind(), "service");
    }

    #[test]
    fn what_has_no_host_is_no_web_address() {
        for text in ["https://", "http:///x", "www", "https://a b/", "ftp://x.example/"] {
            assert_ne!(recognise(text).kind(), "web", "{text}");
        }
    }
}
