//! `qr read`: a line a picture, whatever the picture is.

use crate::town;
use crate::town::{Place, kinchaku, sheet};
use kinchaku_protocol::mpm::crc;
use kinchaku_protocol::mpm::shop_mark::Offline;
use serde_json::Value;

fn lines(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_picture_has_its_line() {
    let place = Place::new();
    let good = place.picture("good.png", "https://town.example/");
    let noise = place.word("noise.png");
    std::fs::write(place.at("noise.png"), b"this is no picture").unwrap();
    let missing = place.word("missing.png");

    let ran = kinchaku(&["qr", "read", "--json", &good], "");
    assert_eq!(ran.status, Some(0), "{ran:?}");
    let [line] = lines(&ran.out).try_into().unwrap();
    let keys: Vec<&String> = line.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["codes", "decoder", "file", "ms", "ok", "texts"]);
    assert_eq!(line["file"], good);
    assert_eq!(line["codes"][0]["kind"], "web");
    assert_eq!(line["codes"][0]["next"], "find_sheet");
    assert_eq!(line["codes"][0]["host"], "town.example");
    assert_eq!(
        (&line["ok"], &line["texts"]),
        (&true.into(), &serde_json::json!(["https://town.example/"]))
    );
    assert!(line["decoder"].as_str().unwrap().starts_with("rxing:") && line["ms"].is_u64());

    let ran = kinchaku(&["qr", "read", "--json", &noise, &good, &missing], "");
    assert_eq!(ran.status, Some(9));
    let said = lines(&ran.out);
    let errors: Vec<&Value> = said.iter().map(|line| &line["error"]).collect();
    assert_eq!(errors, [&Value::from("K-101"), &Value::Null, &Value::from("K-102")]);
    assert_eq!(said[0]["texts"], serde_json::json!([]));

    assert_eq!(kinchaku(&["qr", "read", "--json", &noise], "").status, Some(1));
}

#[test]
fn a_picture_without_a_code_is_told_from_no_picture() {
    let place = Place::new();
    std::fs::write(place.at("noise.png"), b"this is no picture").unwrap();
    kinchaku(&["qr", "read", &place.word("noise.png")], "").failed(1, "K-101");
    kinchaku(&["qr", "read", &place.word("missing.png")], "").failed(1, "K-102");
    town::blank(&place.at("white.png"));
    kinchaku(&["qr", "read", &place.word("white.png")], "").failed(1, "K-104");
}

/// F065, F069: whatever is in a picture is said in a sentence, ours first, and never that it is invalid.
#[test]
fn every_code_has_its_sentence() {
    let place = Place::new();
    let shop = sheet(Offline::Scan);
    let thai = sealed("00020101021129370016A000000677010111011300660000000005802TH5303764");
    let jpqr = "0002016003xxx01021129300012D156000000000510A93FO3230Q31280012D1560000000103081234567\
        826680019jp.or.paymentsjapan01130000000000001020400010306000001040600000153033925903xxx64180002J\
        A0108メルペイ カフェ520441115802JP610710661436304DEE9";
    let broken = jpqr.replace("DEE9", "0000");
    for (text, kind, next, said) in [
        (&*shop, "emv", "pay", "「巾着」のお店のQRです（ベーカリー美村）。"),
        (jpqr, "emv", "other_app", "JPQRのお店のQRです（メルペイ カフェ）。"),
        (&thai, "emv", "other_app", "PromptPayのお店のQRです（名前なし）。"),
        (&broken, "emv", "rescan", "QRの内容がこわれています。"),
        (
            "KCV1:QJGH7375",
            "voucher",
            "receive_voucher",
            "商品券を受け取るQRです。",
        ),
        ("KC1:ABC", "receipt", "show_to_shop", "支払いの控えのQRです。"),
        ("https://qr.paypay.ne.jp/x", "paypay", "other_app", "PayPayのQRです。"),
        (
            "WIFI:T:WPA;S:こだま堂;P:geheim;;",
            "wifi",
            "find_sheet",
            "Wi-FiのQRです（こだま堂）。",
        ),
        ("hello", "text", "find_sheet", "文字だけのQRです。"),
    ] {
        let file = place.picture("one.png", text);
        let ran = kinchaku(&["qr", "read", &file], "");
        assert_eq!(ran.status, Some(0), "{ran:?}");
        assert!(ran.out.contains(said), "{text}: {}", ran.out);
        let ran = kinchaku(&["qr", "read", "--json", &file], "");
        let [line] = lines(&ran.out).try_into().unwrap();
        let code = &line["codes"][0];
        assert_eq!((&code["kind"], &code["next"]), (&kind.into(), &next.into()), "{text}");
        assert!(code["said"].as_str().unwrap().contains(said), "{code}");
    }
    town::two_codes(&place.at("two.png"), "https://town.example/", &shop);
    let ran = kinchaku(&["qr", "read", "--json", &place.word("two.png")], "");
    let [line] = lines(&ran.out).try_into().unwrap();
    assert_eq!(
        (&line["codes"][0]["kind"], &line["codes"][1]["kind"]),
        (&"emv".into(), &"web".into())
    );
}

/// A payload closed with its checksum.
fn sealed(open: &str) -> String {
    let open = format!("{open}6304");
    let digits = crc::digits(open.as_bytes());
    open + &digits
}

/// Each file that is no picture to read has its own sentence, and what to do about it.
#[test]
fn files_that_are_not_read_are_named() {
    let place = Place::new();
    for (name, bytes, code, said) in [
        ("empty.png", &b""[..], "K-107", "ファイルが空です。"),
        ("photo.heic", b"\0\0\0\x24ftypheic\0\0\0\0mif1heic", "K-139", "HEIC"),
        (
            "moving.gif",
            b"GIF89a\x01\0\x01\0",
            "K-109",
            "GIFのファイルは読み取れません。",
        ),
        (
            "web.webp",
            b"RIFF\x20\0\0\0WEBPVP8X",
            "K-109",
            "WebPのファイルは読み取れません。",
        ),
        (
            "cut.png",
            b"\x89PNG\r\n\x1a\n\0\0",
            "K-108",
            "画像が途中でこわれています。",
        ),
        ("note.txt", b"hello", "K-101", "この画像を開けません。"),
    ] {
        std::fs::write(place.at(name), bytes).unwrap();
        let ran = kinchaku(&["qr", "read", &place.word(name)], "");
        assert!(ran.err.contains(said), "{name}: {ran:?}");
        ran.failed(1, code);
        let ran = kinchaku(&["qr", "read", "--json", &place.word(name)], "");
        let [line] = lines(&ran.out).try_into().unwrap();
        assert_eq!(line["error"], code);
        assert!(line["message"].as_str().unwrap().contains(said), "{line}");
    }
}

/// A code's text cannot take over the terminal it is shown on.
#[test]
fn control_characters_of_a_stranger_are_not_passed_on() {
    let place = Place::new();
    let bad = place.picture("bad.png", "x\u{1b}]0;title\u{7}y");
    let ran = kinchaku(&["qr", "read", &bad], "");
    assert_eq!(ran.status, Some(0));
    assert!(
        !ran.out.contains('\u{1b}') && ran.out.contains("\u{fffd}]0;title"),
        "{ran:?}"
    );
}
