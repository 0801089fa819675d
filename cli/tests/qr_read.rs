//! `qr read`: a line a picture, whatever the picture is.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod town;

use serde_json::Value;
use town::{Place, kinchaku};

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
