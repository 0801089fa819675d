//! EMV merchant-presented payloads: published samples, and one broken rule at a time (docs/rules.md).

use kinchaku_protocol::mpm::crc;
use kinchaku_protocol::mpm::tlv::Lengths;
use kinchaku_protocol::mpm::{ErrorKind, ObjectId, Parsed, parse};
use proptest::prelude::*;

/// EMV QRCPS MPM v1.0, Annex B.
const ANNEX_B: &str = "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678\
    520441115802CN5914BEST TRANSPORT6007BEIJING64200002ZH0104最佳运输0202北京540523.72530315655020\
    16233030412340603***0708A60086670902ME91320016A0112233449988770708123456786304A13A";

/// A static JPQR code with shuffled objects, from the tests of mercari/go-emv-code.
const JPQR: &str = "0002016003xxx01021129300012D156000000000510A93FO3230Q31280012D1560000000103081234567\
    826680019jp.or.paymentsjapan01130000000000001020400010306000001040600000153033925903xxx64180002J\
    A0108メルペイ カフェ520441115802JP610710661436304DEE9";

/// A conformant payload without its CRC, to break one rule at a time.
const SOUND: &str = "00020101021126220010jp.example0104shop52045411530339254035005802JP5907Yaoya A6005Kyoto";

fn sealed(body: &str) -> String {
    let covered = format!("{body}6304");
    let digits = crc::digits(covered.as_bytes());
    covered + &digits
}

fn codes(parsed: &Parsed) -> Vec<&'static str> {
    parsed.errors.iter().map(|kind| kind.code()).collect()
}

/// The codes of the sound payload with `from` replaced by `to` and the CRC made anew.
fn broken(from: &str, to: &str) -> Vec<&'static str> {
    assert!(SOUND.contains(from), "{from}");
    codes(&parse(&sealed(&SOUND.replacen(from, to, 1))))
}

/// The codes of the sound payload with more objects before the CRC.
fn added(objects: &str) -> Vec<&'static str> {
    codes(&parse(&sealed(&(SOUND.to_owned() + objects))))
}

const NOTHING: [&str; 0] = [];

#[test]
fn the_sample_of_the_specification_is_read_whole() {
    let parsed = parse(ANNEX_B);
    assert!(parsed.is_valid(), "{:?}", parsed.errors);
    let payload = parsed.payload;
    assert!(payload.is_dynamic());
    assert_eq!(payload.mcc.as_deref(), Some("4111"));
    assert_eq!(payload.currency.as_deref(), Some("156"));
    assert_eq!(payload.amount.as_deref(), Some("23.72"));
    assert_eq!(payload.tip_indicator.as_deref(), Some("01"));
    assert_eq!(payload.merchant_name.as_deref(), Some("BEST TRANSPORT"));
    assert_eq!(payload.city.as_deref(), Some("BEIJING"));
    assert_eq!(payload.crc.as_deref(), Some("A13A"));
    assert_eq!(payload.merchant_accounts.len(), 2);
    let account = &payload.merchant_accounts[1];
    assert_eq!(account.id.to_string(), "31");
    assert_eq!(account.guid.as_deref(), Some("D15600000001"));
    assert_eq!(account.field(ObjectId::new(3).unwrap()), Some("12345678"));
    let additional: Vec<_> = payload.additional.iter().map(|(id, v)| format!("{id}={v}")).collect();
    assert_eq!(additional, ["03=1234", "06=***", "07=A6008667", "09=ME"]);
    let language = payload.language.as_ref().unwrap();
    assert_eq!(language.preference.as_deref(), Some("ZH"));
    assert_eq!(language.merchant_name.as_deref(), Some("最佳运输"));
    assert_eq!(language.city.as_deref(), Some("北京"));
    assert_eq!(payload.unreserved[0].guid.as_deref(), Some("A011223344998877"));
    assert_eq!(payload.shown_name().as_deref(), Some("最佳运输"));
    assert!(payload.yen().is_err());
}

#[test]
fn a_jpqr_sample_is_valid_and_recognised() {
    let parsed = parse(JPQR);
    assert!(parsed.is_valid(), "{:?}", parsed.errors);
    let jpqr = parsed.payload.jpqr().unwrap();
    assert!(jpqr.conformant);
    assert_eq!(jpqr.account.id.to_string(), "26");
    assert_eq!(parsed.payload.yen(), Ok(None));
    assert!(parse(ANNEX_B).payload.jpqr().is_none());
}

#[test]
fn the_sound_payload_is_sound() {
    let parsed = parse(&sealed(SOUND));
    assert_eq!(codes(&parsed), NOTHING);
    assert_eq!(parsed.payload.yen().unwrap().unwrap().units(), 500);
}

#[test]
fn a_byte_order_mark_and_white_space_at_the_ends_do_not_count() {
    let text = format!("\u{feff} \r\n{}\n", sealed(SOUND));
    assert!(parse(&text).is_valid());
    assert!(!parse(&text.replace("Yaoya", "Yaoya ")).is_valid());
}

#[test]
fn frame_rules() {
    assert_eq!(broken("000201", "000202"), ["PFI"]);
    assert_eq!(broken("000201", ""), ["PFI"]);
    assert_eq!(broken("000201010211", "010211000201"), ["PFI", "ORDER"]);
    let sealed = sealed(SOUND);
    assert_eq!(codes(&parse(&format!("{sealed}610400AB"))), ["ORDER"]);
    assert_eq!(codes(&parse(SOUND)), ["CRC"]);
    assert_eq!(codes(&parse(&sealed.replace("500", "900"))), ["CRC"]);
    let (body, crc) = sealed.split_at(sealed.len() - 4);
    assert!(parse(&format!("{body}{}", crc.to_lowercase())).is_valid());
    assert_eq!(codes(&parse(&format!("{body}{crc}x"))), ["TLV"]);
}

#[test]
fn a_crc_head_inside_a_name_is_not_the_crc() {
    assert_eq!(broken("5907Yaoya A", "5907Ya6304A"), NOTHING);
}

#[test]
fn objects_must_follow_one_another() {
    assert_eq!(broken("5802JP", "5802JPx"), ["TLV"]);
    assert_eq!(broken("5802JP", "58-2JP"), ["TLV"]);
    assert_eq!(broken("0104shop", "0105shop"), ["TLV"]);
    let sealed = sealed(SOUND);
    assert_eq!(codes(&parse(&sealed[..sealed.len() - 20])), ["CRC", "TLV"]);
}

#[test]
fn no_id_may_occur_twice_in_one_place() {
    assert_eq!(added("5303392"), ["DUP"]);
    assert_eq!(added("62160304A0010304A002"), ["DUP"]);
    let parsed = parse(&sealed(&(SOUND.to_owned() + "5907Yaoya B")));
    assert_eq!(codes(&parsed), ["DUP"]);
    assert_eq!(parsed.payload.merchant_name.as_deref(), Some("Yaoya A"));
    assert_eq!(added("27220010jp.example0104shop"), NOTHING);
}

#[test]
fn what_is_mandatory_must_be_there() {
    for object in [
        "26220010jp.example0104shop",
        "52045411",
        "5303392",
        "5802JP",
        "5907Yaoya A",
        "6005Kyoto",
    ] {
        assert_eq!(broken(object, ""), ["MANDATORY"], "{object}");
    }
    for object in ["010211", "5403500"] {
        assert_eq!(broken(object, ""), NOTHING, "{object}");
    }
    assert_eq!(added("64080104八百屋A"), ["MANDATORY"]);
    assert_eq!(added("64060002JA"), ["MANDATORY"]);
    assert_eq!(added("64140002JA0104八百屋A"), NOTHING);
}

#[test]
fn lengths_are_bounded() {
    assert_eq!(broken("52045411", "5203541"), ["LEN"]);
    assert_eq!(broken("5303392", "53040392"), ["LEN"]);
    assert_eq!(broken("5802JP", "5803JPN"), ["LEN"]);
    assert_eq!(broken("5907Yaoya A", "5926abcdefghijklmnopqrstuvwxyz"), ["LEN"]);
    assert_eq!(broken("6005Kyoto", "6016Kyoto-Kyoto-Kyot"), ["LEN"]);
    assert_eq!(broken("5403500", "541400000000000500"), ["LEN"]);
    assert_eq!(broken("6005Kyoto", "6000"), ["LEN"]);
    assert_eq!(added("6200"), ["LEN"]);
    assert_eq!(added("611112345678901"), ["LEN"]);
    assert_eq!(added("62300326abcdefghijklmnopqrstuvwxyz"), ["LEN"]);
    assert_eq!(added(&format!("64360002JA0126{}", "あ".repeat(26))), ["LEN"]);
    assert_eq!(added(&format!("64350002JA0125{}", "あ".repeat(25))), NOTHING);
}

#[test]
fn formats_are_kept() {
    assert_eq!(broken("010211", "010213"), ["FORMAT"]);
    assert_eq!(broken("52045411", "520454A1"), ["FORMAT"]);
    assert_eq!(broken("5303392", "5303JPY"), ["FORMAT"]);
    assert_eq!(broken("5802JP", "5802J1"), ["FORMAT"]);
    assert_eq!(added("550204"), ["FORMAT"]);
    assert_eq!(added("62060902AA"), ["FORMAT"]);
    assert_eq!(added("62060902AB"), ["FORMAT"]);
    assert_eq!(added("62070903AEM"), NOTHING);
    assert_eq!(added("62070303カード"), ["FORMAT"]);
    assert_eq!(added("64140002J10104八百屋A"), ["FORMAT"]);
}

/// A name in kanji belongs in 64; in 59 it is an error that still shows the name.
#[test]
fn a_kanji_name_in_59_is_shown_and_refused() {
    let parsed = parse(&sealed(&SOUND.replace("5907Yaoya A", "5904八百屋A")));
    assert_eq!(codes(&parsed), ["FORMAT"]);
    assert_eq!(parsed.payload.shown_name().as_deref(), Some("八百屋A"));
}

#[test]
fn templates_name_who_defines_them() {
    assert_eq!(broken("26220010jp.example0104shop", "26080104shop"), ["GUID"]);
    let long = format!("26370033{}", "a".repeat(33));
    assert_eq!(broken("26220010jp.example0104shop", &long), ["GUID"]);
    assert_eq!(added("80080104shop"), ["GUID"]);
    assert_eq!(added("621250080104shop"), ["GUID"]);
    assert_eq!(added("622150170013br.gov.bcb.pi"), NOTHING);
    // 02 to 25 are numbers of card networks, whatever they look like.
    assert_eq!(broken("26220010jp.example0104shop", "02164111111111111111"), NOTHING);
}

#[test]
fn fees_hang_on_their_indicator() {
    assert_eq!(added("550201"), NOTHING);
    assert_eq!(added("5502025603100"), NOTHING);
    assert_eq!(added("55020357043.50"), NOTHING);
    assert_eq!(added("550202"), ["COND"]);
    assert_eq!(added("550203"), ["COND"]);
    assert_eq!(added("5603100"), ["COND"]);
    assert_eq!(added("57043.50"), ["COND"]);
    assert_eq!(added("5502015603100"), ["COND"]);
    assert_eq!(added("550202560310057043.50"), ["COND"]);
    assert_eq!(added("55020256010"), ["AMOUNT"]);
    assert_eq!(added("55020357023%"), ["FORMAT"]);
}

#[test]
fn amounts_are_plain_decimal_numbers_above_zero() {
    for good in ["540598.73", "540298", "540398."] {
        assert_eq!(broken("5403500", good), NOTHING, "{good}");
    }
    for bad in [
        "540598,73",
        "54053 705",
        "54010",
        "54040.00",
        "5404-500",
        "5404+500",
        "5403５００",
        "54051.2.3",
        "5401.",
    ] {
        assert_eq!(broken("5403500", bad), ["AMOUNT"], "{bad}");
    }
}

/// Decimals of yen are conformant, but there is no such amount to pay.
#[test]
fn half_a_yen_is_not_paid() {
    let parsed = parse(&sealed(&SOUND.replace("5403500", "5405500.5")));
    assert!(parsed.is_valid());
    assert!(parsed.payload.yen().is_err());
}

#[test]
fn a_payload_has_at_most_512_bytes() {
    let filler = |id: u8, length: usize| format!("{id}{length:02}{}", "x".repeat(length));
    let mut body = SOUND.to_owned();
    for id in 65..69 {
        body.push_str(&filler(id, 80));
    }
    let rest = 512 - 8 - body.len() - 4;
    assert!((1..=99).contains(&rest), "{rest}");
    assert_eq!(codes(&parse(&sealed(&(body.clone() + &filler(70, rest))))), NOTHING);
    assert_eq!(
        codes(&parse(&sealed(&(body.clone() + &filler(70, rest + 1))))),
        ["SIZE"]
    );
    // Bytes, not characters.
    let wide = format!("70{rest:02}あ{}", "x".repeat(rest - 1));
    assert_eq!(codes(&parse(&sealed(&(body + &wide)))), ["SIZE"]);
}

#[test]
fn objects_of_later_versions_are_kept() {
    let parsed = parse(&sealed(&(SOUND.to_owned() + "6504next62081204next")));
    assert_eq!(codes(&parsed), NOTHING);
    let text: Vec<_> = parsed
        .payload
        .others
        .iter()
        .map(|(id, v)| format!("{id}={v}"))
        .collect();
    assert_eq!(text, ["65=next"]);
    // v1.1: Merchant Tax ID and Merchant Channel.
    let parsed = parse(&sealed(&(SOUND.to_owned() + "62211010TAX01234561103100")));
    assert_eq!(codes(&parsed), NOTHING);
    assert_eq!(parsed.payload.additional.len(), 2);
}

/// A generator that counts bytes (seen in the field): shown, and called what it is.
#[test]
fn lengths_in_bytes_are_read_but_not_accepted() {
    let text = sealed(&(SOUND.to_owned() + "62260822Thanh toán hóa đơn"));
    let parsed = parse(&text);
    assert_eq!(codes(&parsed), ["TLV", "FORMAT"]);
    assert_eq!(parsed.lengths, Lengths::Bytes);
    assert_eq!(
        parsed
            .payload
            .additional
            .get(&ObjectId::new(8).unwrap())
            .map(String::as_str),
        Some("Thanh toán hóa đơn")
    );
    // Not without the CRC.
    let parsed = parse(&text.replace("Yaoya", "Yaoyo"));
    assert_eq!(parsed.lengths, Lengths::Characters);
    assert!(parsed.has(ErrorKind::Crc));
}

#[test]
fn several_rules_can_be_broken_at_once() {
    assert_eq!(
        codes(&parse("0002025204AB0154010530339253033925802JP6304FFFF")),
        ["PFI", "CRC", "DUP", "MANDATORY", "FORMAT", "AMOUNT"]
    );
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,600}") {
        let parsed = parse(&text);
        prop_assert_eq!(parsed.is_valid(), parsed.errors.is_empty());
    }

    #[test]
    fn no_text_of_objects_makes_it_panic(
        text in "000201(([0-9]{2}(0[0-9]|1[0-9])[0-9a-zあ-ん]{0,19})|(2[6-9]08000400ab)){0,12}(6304[0-9A-F]{4})?"
    ) {
        let parsed = parse(&text);
        prop_assert!(!parsed.is_valid() || text.contains("5802"));
    }

    /// No single character can be changed and the whole still be accepted.
    #[test]
    fn no_changed_character_passes(at in 0..200_usize, to in "[ -~]") {
        let text = sealed(SOUND);
        let mut characters: Vec<String> = text.chars().map(String::from).collect();
        let at = at % characters.len();
        prop_assume!(!characters[at].eq_ignore_ascii_case(&to));
        characters[at] = to;
        prop_assert!(!parse(&characters.concat()).is_valid());
    }
}
