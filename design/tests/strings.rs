//! The catalogue keeps its rules, and the Rust beside it is the Rust it makes.

#[path = "../generator/catalogue.rs"]
mod catalogue;
#[path = "../generator/rules.rs"]
mod rules;
#[path = "../generator/rust.rs"]
mod rust;

use catalogue::{Message, read};
use kinchaku_design::{Key, Lang, text};

const STRINGS: &str = include_str!("../strings.json");

fn only(key: &str, body: &str) -> Result<Vec<Message>, serde_json::Error> {
    read(&format!("{{\"{key}\": {body}}}"))
}

/// Every key has std, easy and English, short, easy to read, and with an action where something went wrong.
#[test]
fn every_text_keeps_the_rules() {
    let faults = rules::faults(&read(STRINGS).expect("strings.json"));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_generated_source_is_up_to_date() {
    let source = rust::source(&read(STRINGS).expect("strings.json"));
    let committed = include_str!("../src/generated.rs");
    assert!(source == committed, "run `make strings`");
}

#[test]
fn the_library_says_what_the_file_says() {
    let messages = read(STRINGS).expect("strings.json");
    assert_eq!(messages.len(), Key::ALL.len());
    for (message, key) in messages.iter().zip(Key::ALL) {
        assert_eq!(message.key, key.name());
        assert_eq!(message.texts.code.as_deref(), key.code());
        let said = Lang::ALL.map(|lang| text(lang, key));
        let texts = &message.texts;
        assert_eq!(said, [&texts.std, &texts.easy, &texts.en]);
    }
}

/// The states of money have one word each, and a screen never shows two states alike.
#[test]
fn money_states_have_the_fixed_words() {
    let words = [
        (Key::StateSigned, "支払い済み（送信待ち）"),
        (Key::StatePosted, "確定"),
        (Key::StateParked, "確認中"),
        (Key::StateRejected, "支払い不成立"),
        (Key::StateCancelled, "取消済み"),
        (Key::ShopStateSigned, "受け取り済み（送信待ち）"),
        (Key::ShopStateRejected, "受け取れません"),
        (Key::ConsoleStateRejected, "不成立"),
    ];
    for (key, word) in words {
        assert_eq!(text(Lang::Ja, key), word);
    }
}

#[test]
fn a_key_without_easy_or_twice_in_the_file_is_refused() {
    assert!(read(r#"{"a.b": {"std": "あ", "en": "a"}}"#).is_err());
    assert!(read(r#"{"a.b": {"std": "あ", "easy": "あ", "en": "a", "fr": "a"}}"#).is_err());
    let twice = r#"{"a": {"std":"あ","easy":"あ","en":"a"}, "a": {"std":"い","easy":"い","en":"i"}}"#;
    assert!(read(twice).is_err());
}

#[test]
fn each_rule_finds_its_fault() {
    let cases = [
        ("Word.A", r#"{"std":"あ","easy":"あ","en":"a"}"#, "a-z"),
        (
            "error.a",
            r#"{"std":"あ。い。","easy":"あ。い。","en":"A. B."}"#,
            "needs a code",
        ),
        (
            "error.a",
            r#"{"code":"K-1","std":"あ。い。","easy":"あ。い。","en":"A. B."}"#,
            "not K-nnn",
        ),
        (
            "error.a",
            r#"{"code":"K-101","std":"あ。","easy":"あ。い。","en":"A. B."}"#,
            "std does not say",
        ),
        (
            "word.a",
            r#"{"code":"K-101","std":"あ","easy":"あ","en":"a"}"#,
            "only errors",
        ),
        (
            "word.a",
            r#"{"std":"{n}","easy":"あ","en":"{n}"}"#,
            "easy has other placeholders",
        ),
        ("word.a", r#"{"std":"残高","easy":"あ","en":"a"}"#, "std says 残高"),
        ("word.a", r#"{"std":"支払","easy":"支はらい","en":"a"}"#, "kanji 支"),
        ("word.a", r#"{"std":"","easy":"あ","en":"a"}"#, "std is empty"),
    ];
    for (key, body, fault) in cases {
        let found = rules::faults(&only(key, body).expect("well-formed")).join("\n");
        assert!(found.contains(fault), "{key} {body}: {found}");
    }
    let long = format!(r#"{{"std":"{}","easy":"あ","en":"a"}}"#, "あ".repeat(41));
    assert!(
        rules::faults(&only("word.a", &long).expect("well-formed"))
            .join("")
            .contains("over 40")
    );
}
