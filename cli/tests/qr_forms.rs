//! The JSON forms of `qr parse`, frozen: scripts read them.

use crate::town::{GROCER, key, kinchaku, sheet_of};
use kinchaku_protocol::mpm::shop_mark::Offline;

/// The example of EMV QRCPS MPM, annex A, with its CRC.
const EMV: &str = "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN5914BEST \
TRANSPORT6007BEIJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412340603***0708A60086670902ME91320016A0\
112233449988770708123456786304A13A";

fn parse(text: &str) -> (Option<i32>, String) {
    let ran = kinchaku(&["qr", "parse", "--json", text], "");
    (ran.status, ran.out.trim_end().to_owned())
}

#[test]
fn the_example_of_the_specification() {
    let (status, said) = parse(EMV);
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(
        said,
        r#"{"valid":true,"kind":"emv","point_of_initiation":"12","mcc":"4111","currency":"156","amount":"23.72","tip_indicator":"01","country":"CN","merchant_name":"BEST TRANSPORT","city":"BEIJING","merchant_accounts":[{"id":"29","guid":"D15600000000","fields":{"05":"A93FO3230Q"}},{"id":"31","guid":"D15600000001","fields":{"03":"12345678"}}],"additional":{"03":"1234","06":"***","07":"A6008667","09":"ME"},"language":{"preference":"ZH","merchant_name":"最佳运输","city":"北京"},"unreserved":[{"id":"91","guid":"A011223344998877","fields":{"07":"12345678"}}],"crc":"A13A"}"#
    );
}

#[test]
fn our_own_mark_is_named() {
    let text = sheet_of(GROCER, Offline::Scan, &key(4));
    let (status, said) = parse(&text);
    assert_eq!(status, Some(0));
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let ours = &said["kinchaku"];
    assert_eq!(ours["shop"], GROCER.0.base32());
    assert_eq!(ours["mark"], GROCER.1.base32());
    assert_eq!((&ours["sets"], &ours["offline"]), (&"1".into(), &"scan".into()));
    assert_eq!(ours["signature"].as_str().unwrap().len(), 86);
    assert_eq!(ours["well_formed"], true);
    assert_eq!(said["merchant_accounts"][0]["guid"], "jp.kinchaku");
}

#[test]
fn what_is_not_valid_says_which_rules_it_breaks() {
    let broken = EMV.replace("A13A", "A13B");
    assert_eq!(
        parse(&broken),
        (Some(1), r#"{"valid":false,"errors":["CRC"]}"#.to_owned())
    );
    let cases = [
        ("https://paypay.ne.jp/p2p01_x", "paypay"),
        ("https://town.example/", "web"),
        ("KC1:ABC", "receipt"),
        ("900081818812345678901234", "consumer"),
        ("KCV1:QJGH7375", "voucher"),
        ("ABCD-EFGH-JK23", "invitation"),
        ("WIFI:T:WPA;S:shop;P:secret;;", "wifi"),
        ("wxp://f2f0abc", "service"),
    ];
    for (text, kind) in cases {
        let (status, said) = parse(text);
        assert_eq!(status, Some(1), "{text}");
        let start = format!(r#"{{"valid":false,"kind":"{kind}","errors":["PFI","#);
        assert!(said.starts_with(&start), "{said}");
    }
    let (_, said) = parse("hello");
    assert!(said.starts_with(r#"{"valid":false,"errors":["PFI","#), "{said}");
}

#[test]
fn standard_input_is_answered_line_by_line() {
    let input = format!("{EMV}\r\nhello\n\n\u{fffd}\n");
    let ran = kinchaku(&["qr", "parse", "--json", "-"], &input);
    assert_eq!(ran.status, Some(9), "{ran:?}");
    let valid: Vec<bool> = ran
        .out
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["valid"]
                .as_bool()
                .unwrap()
        })
        .collect();
    assert_eq!(valid, [true, false, false, false]);
    assert_eq!(kinchaku(&["qr", "parse", "--json", "-"], "").status, Some(0));
}

#[test]
fn people_read_it_in_their_language() {
    let ran = kinchaku(&["qr", "parse", EMV], "");
    assert_eq!(ran.status, Some(0));
    assert!(
        ran.out.starts_with("[OK] 支払いのQRとして正しい書き方です。"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("最佳运输") && ran.out.contains("23.72"), "{}", ran.out);
    let ran = kinchaku(&["--lang", "en", "qr", "parse", &EMV.replace("A13A", "A13B")], "");
    ran.failed(1, "K-111");
    assert!(ran.out.contains("Rules broken: CRC"), "{}", ran.out);
}
