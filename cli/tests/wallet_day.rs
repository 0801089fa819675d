//! A wallet and a shop's device without a network: pay, show, check, refuse, give back (F072, F081, F089,
//! F155, F158, F286).

use crate::town::{BAKERY, GROCER, PIN, Place, Ran, key, kinchaku, sheet, sheet_of};
use kinchaku_protocol::mpm::shop_mark::Offline;
use serde_json::Value;

fn pay(home: &str, picture: &str, amount: &str, more: &[&str]) -> Ran {
    let words = [
        "wallet",
        "--home",
        home,
        "--offline",
        "pay",
        picture,
        "--amount",
        amount,
        "--pin-fd",
        "0",
    ];
    kinchaku(&[&words, more].concat(), PIN)
}

fn status(home: &str) -> Value {
    kinchaku(&["wallet", "--home", home, "status", "--json"], "").json()
}

#[test]
fn a_payment_from_sheet_to_the_shops_answer() {
    let place = Place::new();
    let (home, till) = (place.wallet("wallet"), place.till("till"));
    let picture = place.picture("sheet.png", &sheet(Offline::Scan));
    let receipt = place.word("receipt.png");
    let paid = pay(&home, &picture, "1200", &["--yes", "--json", "--receipt", &receipt]);
    assert_eq!(paid.status, Some(0), "{paid:?}");
    let paid = paid.json();
    assert_eq!(
        (&paid["schema"], &paid["state"], &paid["amount"]),
        (&1.into(), &"signed".into(), &1200.into())
    );
    assert_eq!(paid["shop"]["name"], "ベーカリー美村");
    // おまかせ: vouchers before coins.
    assert_eq!(
        paid["parts"],
        serde_json::json!([{ "class": 3, "name": "南町商品券", "amount": 1200, "unit": "yen" }])
    );
    assert_eq!(paid["picture"], receipt);

    let checked = kinchaku(&["shop", "--home", &till, "check", &receipt, "--json"], "");
    assert_eq!(checked.status, Some(0), "{checked:?}");
    let checked = checked.json();
    assert_eq!(checked["accepted"], true);
    for shared in ["reference", "confirmation", "amount"] {
        assert_eq!(checked[shared], paid[shared], "{shared}");
    }
    // T9: the same receipt is no second payment.
    kinchaku(&["shop", "--home", &till, "check", &receipt], "").failed(7, "K-603");

    let now = status(&home);
    assert_eq!(now["waiting"], 1);
    assert_eq!(
        (&now["classes"][2]["usable"], &now["classes"][2]["offline"]),
        (&18_800.into(), &1_800.into())
    );

    let reference = paid["reference"].as_str().unwrap();
    let again = kinchaku(
        &[
            "wallet",
            "--home",
            &home,
            "receipt",
            reference.get(..8).unwrap(),
            "--json",
        ],
        "",
    )
    .json();
    assert_eq!(again["receipt"], paid["receipt"]);
    let till = kinchaku(&["shop", "--home", &till, "status", "--json"], "").json();
    assert_eq!(
        (&till["receipts"][0]["state"], &till["waiting"]),
        (&"accepted".into(), &2.into())
    );
}

#[test]
fn a_refusal_gives_the_value_back() {
    let place = Place::new();
    let (home, till) = (place.wallet("wallet"), place.till("till"));
    let sheet = sheet(Offline::Scan);
    let (receipt, refusal) = (place.word("receipt.png"), place.word("refusal.png"));
    let words = [
        "wallet",
        "--home",
        &home,
        "--offline",
        "pay",
        "--text",
        &sheet,
        "--amount",
        "3500",
        "--points",
        "--yes",
    ];
    let paid = kinchaku(&[&words[..], &["--pin-fd", "0", "--receipt", &receipt]].concat(), PIN);
    assert_eq!(paid.status, Some(0), "{paid:?}");
    assert!(paid.err.contains("1回3,000円まで"), "{paid:?}");

    let checked = kinchaku(&["shop", "--home", &till, "check", &receipt, "--refusal", &refusal], "");
    assert_eq!(checked.status, Some(4), "{checked:?}");
    assert!(
        checked.out.starts_with("[×] 受け取れません 3,500円") && checked.out.contains("(K-604)"),
        "{checked:?}"
    );

    let back = kinchaku(&["wallet", "--home", &home, "--offline", "refusal", &refusal], "");
    assert_eq!(back.status, Some(0), "{back:?}");
    assert!(back.out.contains("3,500円は戻っています。"), "{back:?}");
    let classes = &status(&home)["classes"];
    for class in classes.as_array().unwrap() {
        assert_eq!(class["usable"], 20_000, "{class}");
    }
    // Another's refusal, a receipt and noise give nothing back.
    let other = place.wallet("other");
    kinchaku(&["wallet", "--home", &other, "--offline", "refusal", &refusal], "").failed(4, "K-119");
    kinchaku(&["wallet", "--home", &home, "--offline", "refusal", &receipt], "").failed(1, "K-118");
}

#[test]
fn staff_may_refuse_and_other_shops_receipts_are_no_payments() {
    let place = Place::new();
    let (home, till) = (place.wallet("wallet"), place.till("till"));
    let at = |shop, name: &str, amount| {
        let text = sheet_of(shop, Offline::Scan, &key(4));
        let receipt = place.word(name);
        let words = [
            "wallet",
            "--home",
            &home,
            "--offline",
            "pay",
            "--text",
            &text,
            "--amount",
            amount,
            "--yes",
        ];
        let paid = kinchaku(&[&words[..], &["--pin-fd", "0", "--receipt", &receipt]].concat(), PIN);
        assert_eq!(paid.status, Some(0), "{paid:?}");
        receipt
    };
    let receipt = at(BAKERY, "one.png", "100");
    let refused = kinchaku(&["shop", "--home", &till, "check", &receipt, "--refuse", "--json"], "");
    assert_eq!(refused.status, Some(0), "{refused:?}");
    assert_eq!(refused.json()["verdict"], "by_staff");
    // T8
    let receipt = at(GROCER, "two.png", "100");
    kinchaku(&["shop", "--home", &till, "check", &receipt], "").failed(4, "K-602");
    kinchaku(&["shop", "--home", &till, "check", "--text", "hello"], "").failed(1, "K-117");
    kinchaku(&["shop", "--home", &till, "--offline", "relay", &receipt], "").failed(3, "K-501");
}

/// F158, F155: a script is stopped by a duplicate, a person is asked; nothing is paid without a yes.
#[test]
fn nothing_is_paid_without_being_asked() {
    let place = Place::new();
    let home = place.wallet("wallet");
    let picture = place.picture("sheet.png", &sheet(Offline::Scan));
    assert_eq!(pay(&home, &picture, "500", &["--yes"]).status, Some(0));
    pay(&home, &picture, "500", &["--yes"]).failed(7, "K-210");
    assert_eq!(
        pay(&home, &picture, "500", &["--yes", "--duplicate-ok"]).status,
        Some(0)
    );

    let words = [
        "wallet",
        "--home",
        &home,
        "--offline",
        "pay",
        &picture,
        "--amount",
        "501",
    ];
    let stopped = kinchaku(&words, "n\n");
    assert_eq!(stopped.status, Some(1), "{stopped:?}");
    assert!(
        stopped.err.contains("支払いをやめました。お金は減っていません。"),
        "{stopped:?}"
    );
    kinchaku(&words, "").failed(1, "K-220");
    // Agreed, but there is nobody to type a PIN.
    kinchaku(&words, "y\n").failed(2, "K-902");
    assert_eq!(status(&home)["waiting"], 2);
}

#[test]
fn wrong_pins_are_counted_and_said() {
    let place = Place::new();
    let home = place.wallet("wallet");
    let shop = sheet(Offline::Scan);
    let words = [
        "wallet",
        "--home",
        &home,
        "--offline",
        "pay",
        "--text",
        &shop,
        "--amount",
        "500",
        "--yes",
        "--pin-fd",
        "0",
    ];
    kinchaku(&words, "12\n").failed(2, "K-304");
    for left in ["4", "3"] {
        let wrong = kinchaku(&words, "9999\n");
        wrong.failed(5, "K-301");
        assert!(wrong.err.contains(&format!("あと{left}回まちがえると")), "{wrong:?}");
    }
    let third = kinchaku(&words, "9999\n");
    third.failed(5, "K-311");
    let early = kinchaku(&[&words[..], &["--json"]].concat(), PIN);
    assert_eq!(early.status, Some(5), "{early:?}");
    let early = early.json();
    assert_eq!(early["code"], "K-302");
    assert!(
        (1..=30).contains(&early["values"]["seconds"].as_u64().unwrap()),
        "{early}"
    );
    let pin = kinchaku(&["wallet", "--home", &home, "pin", "status", "--json"], "").json();
    assert_eq!((&pin["tries_left"], &pin["locked"]), (&2.into(), &false.into()));
    // Reading does not ask.
    assert_eq!(status(&home)["waiting"], 0);
}

#[test]
fn another_pin_needs_the_present_one() {
    let place = Place::new();
    let home = place.wallet("wallet");
    let change = ["wallet", "--home", &home, "pin", "change", "--pin-fd", "0"];
    kinchaku(&change, "2580\n1111\n").failed(4, "K-305");
    kinchaku(&change, "2580\n3456\n").failed(4, "K-306");
    kinchaku(&change, "2581\n1379\n").failed(5, "K-301");
    assert_eq!(kinchaku(&change, "2580\n1379\n").status, Some(0));
    kinchaku(&change, "2580\n1379\n").failed(5, "K-301");
}

#[test]
fn history_is_one_object_a_line() {
    let place = Place::new();
    let home = place.wallet("wallet");
    let picture = place.picture("sheet.png", &sheet(Offline::Scan));
    for amount in ["500", "600"] {
        assert_eq!(pay(&home, &picture, amount, &["--yes"]).status, Some(0));
    }
    let history = kinchaku(&["wallet", "--home", &home, "history", "--json"], "");
    let amounts: Vec<Value> = history
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|line| {
            assert_eq!((&line["schema"], &line["kind"]), (&1.into(), &"payment".into()));
            line["amount"].clone()
        })
        .collect();
    assert_eq!(amounts, [600, 500]);
    let said = kinchaku(&["wallet", "--home", &home, "history"], "");
    assert!(
        said.out.contains("−600円") && said.out.contains("支払い済み（送信待ち）"),
        "{said:?}"
    );
    kinchaku(&["wallet", "--home", &home, "receipt", "ffffffff"], "").failed(1, "K-219");
}
