//! Payment codes of others: whose they are, what a screen may show of them, and what helps where they
//! break a rule (F065; EMV QRCPS MPM, JPQR).

use kinchaku_protocol::mpm::jpqr::JpqrRule as Rule;
use kinchaku_protocol::mpm::tlv::Lengths;
use kinchaku_protocol::mpm::{ErrorKind, Fault, Network, NextStep, Scanned, crc, parse, recognise};
use proptest::prelude::*;

fn sealed(body: &str) -> String {
    let covered = format!("{body}6304");
    let digits = crc::digits(covered.as_bytes());
    covered + &digits
}

/// One data object; its length counts characters.
fn object(id: u8, value: &str) -> String {
    format!("{id:02}{:02}{value}", value.chars().count())
}

/// A payload of these objects, whole.
fn payload(objects: &[(u8, &str)]) -> String {
    let body: String = objects.iter().map(|(id, value)| object(*id, value)).collect();
    sealed(&format!("000201{body}"))
}

const SHOP_NUMBER: &str = "0019jp.or.paymentsjapan011312345678901230204ABCD0306000001040600000A";

/// What JPQR asks for, to leave out or change one thing at a time.
const JPQR: [(u8, &str); 9] = [
    (1, "11"),
    (26, SHOP_NUMBER),
    (52, "5812"),
    (53, "392"),
    (58, "JP"),
    (59, "xxx"),
    (60, "xxx"),
    (61, "6800001"),
    (64, "0002JA0105こだま食堂"),
];

fn jpqr_with(id: u8, value: Option<&str>) -> String {
    let mut objects: Vec<(u8, &str)> = JPQR.into_iter().filter(|(other, _)| *other != id).collect();
    objects.extend(value.map(|value| (id, value)));
    payload(&objects)
}

fn broken(text: &str) -> Vec<Rule> {
    let parsed = parse(text);
    assert!(parsed.is_whole(), "{:?}", parsed.errors);
    let jpqr = parsed.payload.jpqr().unwrap();
    assert_eq!(jpqr.conformant, jpqr.broken.is_empty());
    jpqr.broken
}

#[test]
fn a_jpqr_code_keeps_its_own_rules() {
    let text = payload(&JPQR);
    let parsed = parse(&text);
    assert!(parsed.is_valid(), "{:?}", parsed.errors);
    assert_eq!(parsed.network(), Network::Jpqr);
    assert_eq!(parsed.payload.shown_name().as_deref(), Some("こだま食堂"));
    let jpqr = parsed.payload.jpqr().unwrap();
    assert_eq!(jpqr.account.value.chars().count(), 68);
    assert_eq!(jpqr.levels(), ["1234567890123", "ABCD", "000001", "00000A"]);
    assert_eq!(broken(&text), []);
    assert_eq!(recognise(&text).next(), NextStep::OtherApp);
}

/// Each of JPQR's own rules, broken alone. EMV's stay kept, so the code can still be shown.
#[test]
fn each_rule_of_jpqr_is_told_apart() {
    let short = SHOP_NUMBER.replace("0204ABCD", "0203ABC");
    let missing = SHOP_NUMBER.replace("040600000A", "");
    for (id, value, rule) in [
        (26, Some(short.as_str()), Rule::ShopNumber),
        (26, Some(missing.as_str()), Rule::ShopNumber),
        (53, Some("840"), Rule::Currency),
        // For one payment, without an amount.
        (1, Some("12"), Rule::Amount),
        (58, Some("KH"), Rule::Country),
        (61, None, Rule::PostalCode),
        (64, None, Rule::JapaneseName),
        (64, Some("0002EN0105Kodam"), Rule::JapaneseName),
        (64, Some("0002JA0105こだま食堂0203美村町"), Rule::JapaneseName),
    ] {
        assert_eq!(broken(&jpqr_with(id, value)), [rule], "{id} {value:?}");
    }
    let mut paid: Vec<(u8, &str)> = JPQR.to_vec();
    paid[0] = (1, "12");
    paid.push((54, "498"));
    let text = payload(&paid);
    assert_eq!(broken(&text), []);
    assert_eq!(parse(&text).payload.yen().unwrap().unwrap().units(), 498);
}

/// A number of ours beside JPQR's, or several networks in one code.
#[test]
fn the_first_known_network_is_named_ours_before_all() {
    let two = |first: &str, second: &str| {
        let objects = [
            (26, first),
            (27, second),
            (52, "5812"),
            (53, "392"),
            (58, "JP"),
            (59, "A"),
            (60, "B"),
        ];
        parse(&payload(&objects)).network()
    };
    assert_eq!(two(SHOP_NUMBER, "0011jp.kinchaku0101a"), Network::Ours);
    assert_eq!(two("0015id.co.qris.www.0101a", SHOP_NUMBER), Network::Jpqr);
    assert_eq!(two("0010jp.example", "0009SG.PAYNOW"), Network::Other("PayNow"));
    assert_eq!(two("0010jp.example", "0010jp.another"), Network::Unknown);
}

/// Codes as other countries write them. Some leave out 52, 59 and 60: whole, shown, and not paid.
#[test]
fn codes_of_other_countries_are_named() {
    let pix = "0014br.gov.bcb.pix0111shop@bb.com";
    let full = |id, account, currency, country| {
        payload(&[
            (id, account),
            (52, "0000"),
            (53, currency),
            (58, country),
            (59, "Padaria A"),
            (60, "Cidade"),
        ])
    };
    let bare = |id, account, currency, country| payload(&[(1, "11"), (id, account), (53, currency), (58, country)]);
    for (text, name, fault) in [
        (full(26, pix, "986", "BR"), "PIX", None),
        (
            full(51, "0014ID.CO.QRIS.WWW0215ID10200000000010303UME", "360", "ID"),
            "QRIS",
            None,
        ),
        (
            full(26, "0009SG.PAYNOW010120211+6580000000", "702", "SG"),
            "PayNow",
            None,
        ),
        (full(26, "0014A00000061500010106123456", "458", "MY"), "DuitNow", None),
        (full(28, "0012com.p2pqrpay0108BANKPHMM", "608", "PH"), "QR Ph", None),
        (full(26, "0012hk.com.hkicl0203123", "344", "HK"), "FPS", None),
        (full(29, "0010shop@aclb0", "116", "KH"), "KHQR", None),
        (
            full(15, "31250000000000000000000000000000", "156", "CN"),
            "UnionPay",
            None,
        ),
        (full(2, "4000000000000000", "840", "US"), "Visa", None),
        (
            bare(29, "0016A00000067701011101130066000000000", "764", "TH"),
            "PromptPay",
            Some(Fault::Incomplete),
        ),
        (
            bare(
                38,
                "0010A00000072701270006970436011300000000000000208QRIBFTTA",
                "704",
                "VN",
            ),
            "VietQR",
            Some(Fault::Incomplete),
        ),
    ] {
        let parsed = parse(&text);
        assert!(!parsed.has(ErrorKind::Tlv), "{name} {:?}", parsed.errors);
        assert_eq!((parsed.network().name(), parsed.fault()), (Some(name), fault), "{text}");
        assert!(parsed.is_whole());
        assert_eq!(recognise(&text).next(), NextStep::OtherApp, "{name}");
    }
}

/// One fault a code, the gravest, with what helps.
#[test]
fn each_fault_has_what_helps() {
    let sound = "00020101021126220010jp.example0104shop52045411530339254035005802JP5907Yaoya A6005Kyoto";
    let changed = |from: &str, to: &str| sealed(&sound.replacen(from, to, 1));
    let misread = sealed(sound).replace("Yaoya", "Yaoyo");
    let cut = sealed(sound).split_at(60).0.to_owned();
    let long = sealed(&format!("{sound}{}", object(65, &"あ".repeat(99)).repeat(2)));
    for (text, fault, next) in [
        (sealed(sound), None, NextStep::OtherApp),
        (misread, Some(Fault::Misread), NextStep::Rescan),
        (cut, Some(Fault::Misread), NextStep::Rescan),
        (sound.to_owned(), Some(Fault::Misread), NextStep::Rescan),
        (changed("5802JP", "5803JP"), Some(Fault::Broken), NextStep::AskShop),
        (changed("5802JP", "58-2JP"), Some(Fault::Broken), NextStep::AskShop),
        (changed("5802JP", "5899JP"), Some(Fault::Broken), NextStep::AskShop),
        (
            changed("5802JP", "5802JP5802JP"),
            Some(Fault::Ambiguous),
            NextStep::AskShop,
        ),
        (long, Some(Fault::Ambiguous), NextStep::AskShop),
        (changed("5403500", "54010"), Some(Fault::Amount), NextStep::AskShop),
        (changed("5403500", "54041,00"), Some(Fault::Amount), NextStep::AskShop),
        (changed("6005Kyoto", ""), Some(Fault::Incomplete), NextStep::AskShop),
        (
            changed("5303392", "5303JPY"),
            Some(Fault::Incomplete),
            NextStep::AskShop,
        ),
    ] {
        let scanned = recognise(&text);
        let Scanned::Emv(parsed) = &scanned else {
            panic!("{text} is {scanned:?}");
        };
        assert_eq!((parsed.fault(), scanned.next()), (fault, next), "{text}");
    }
    let body = format!(
        "{sound}{}",
        (65..70).map(|id| object(id, &"x".repeat(99))).collect::<String>()
    );
    assert_eq!(parse(&sealed(&body)).fault(), Some(Fault::TooLong));
}

/// A generator that counts bytes: what it says is shown, it is not paid, and the checksum decides.
#[test]
fn lengths_in_bytes_are_shown_and_not_paid() {
    let name = "Thanh toán hóa đơn";
    let body = format!(
        "00020101021238140010A00000072753037045802VN62{:02}08{:02}{name}",
        name.len() + 4,
        name.len()
    );
    let parsed = parse(&sealed(&body));
    assert_eq!((parsed.lengths, parsed.fault()), (Lengths::Bytes, Some(Fault::Broken)));
    assert_eq!(parsed.network(), Network::Other("VietQR"));
    assert!(parsed.payload.additional.values().any(|value| value == name));
    let spoilt = sealed(&body).replace("5802VN", "5802VM");
    assert_eq!(parse(&spoilt).fault(), Some(Fault::Misread));
}

/// T2: a name that would reorder the line it stands in, and one of 64 kilobytes.
#[test]
fn hostile_names_are_shown_harmlessly_and_quickly() {
    let text = jpqr_with(64, Some("0002JA0110\u{202e}こだま\u{2066}堂\u{0}\u{7}\u{200b}x"));
    assert_eq!(parse(&text).payload.shown_name().as_deref(), Some("こだま堂x"));
    for unit in ["あ", "5901a", "9999", "\u{202e}", "WIFI:S:", "KC1:", "0"] {
        let text = unit.repeat(65_536 / unit.len());
        for text in [
            text.clone(),
            format!("000201{text}"),
            format!("WIFI:S:{text}"),
            format!("BEGIN:VCARD\nFN:{text}"),
        ] {
            assert!(!recognise(&text).kind().is_empty());
        }
    }
}

proptest! {
    /// A wrong digit anywhere in a sound code is a misreading, never another shop's code.
    #[test]
    fn no_misread_code_is_anything_else(at in 6_usize..180, to in "[0-9a-zA-Z]") {
        let text = payload(&JPQR);
        let mut letters: Vec<char> = text.chars().collect();
        let at = at % letters.len();
        prop_assume!(at >= 6 && letters[at].to_string() != to && !letters[at].to_string().eq_ignore_ascii_case(&to));
        letters[at] = to.chars().next().unwrap();
        let scanned = recognise(&letters.into_iter().collect::<String>());
        prop_assert_eq!(scanned.next(), NextStep::Rescan);
    }
}
