//! The commands that need a network, against the real server.

use crate::served::Served;
use crate::town;
use crate::town::{PIN, Ran, kinchaku};

fn wallet(home: &str, words: &[&str], input: &str) -> Ran {
    kinchaku(&[&["wallet", "--home", home], words].concat(), input)
}

/// Enrolled wallet and till of a town, and what the sheet of the shop says.
fn enrolled(town: &Served) -> (String, String, String) {
    let (shop, sheet) = town.furnished();
    let (code, account) = town.invited();
    town.credit(account, 5_000);
    let (home, till) = (town.word("wallet"), town.word("till"));
    let words = [&["enrol"][..], &town.town(), &[&code, "--pin-fd", "0", "--json"]].concat();
    let said = wallet(&home, &words, PIN);
    assert_eq!(said.status, Some(0), "{said:?}");
    let said = said.json();
    let class = serde_json::json!({
        "class": 1, "name": "南町コイン", "service": "money", "usable": 5000, "offline": 5000, "unit": "yen",
        "lots": [{ "until": null, "remaining": 5000 }], "until": null, "from": null, "owed": 0, "rank": null, "coming": 0,
    });
    assert_eq!((&said["role"], &said["classes"][0]), (&"wallet".into(), &class));
    let code = town.shop_code(&shop);
    let said = kinchaku(
        &[&["shop", "--home", &till, "enrol"][..], &town.town(), &[&code]].concat(),
        "",
    );
    assert_eq!(
        (said.status, said.out.as_str()),
        (Some(0), "この端末を青空パンの端末として登録しました。\n"),
        "{said:?}"
    );
    (home, till, sheet)
}

/// Enrol, pay online, relay an offline payment, and everybody reads the same.
#[test]
fn a_day_with_a_network() {
    let mut town = Served::start();
    let (home, till, sheet) = enrolled(&town);
    let pay = |amount: &str, more: &[&str]| {
        let words = [
            &["pay", "--text", &sheet, "--amount", amount, "--yes", "--pin-fd", "0"],
            more,
        ]
        .concat();
        wallet(&home, &words, PIN)
    };
    let paid = pay("1200", &["--json"]);
    assert_eq!(
        (paid.status, &paid.json()["state"]),
        (Some(0), &"posted".into()),
        "{paid:?}"
    );

    let receipt = town.word("receipt.png");
    let paid = pay("700", &["--offline", "--receipt", &receipt]);
    assert!(paid.out.starts_with("支払い済み（送信待ち）"), "{paid:?}");
    let relayed = kinchaku(&["shop", "--home", &till, "relay", &receipt, "--json"], "");
    assert_eq!(
        (relayed.status, &relayed.json()["state"]),
        (Some(0), &"posted".into()),
        "{relayed:?}"
    );

    let synced = wallet(&home, &["sync"], "");
    assert_eq!(
        (synced.status, synced.out.as_str()),
        (Some(0), "1件を送りました。\n更新しました。\n"),
        "{synced:?}"
    );
    let status = wallet(&home, &["status", "--json"], "").json();
    assert_eq!(
        (&status["classes"][0]["usable"], &status["waiting"]),
        (&3_100.into(), &0.into())
    );
    assert_eq!(kinchaku(&["shop", "--home", &till, "sync"], "").status, Some(0));
    let posted = kinchaku(&["shop", "--home", &till, "status", "--json"], "").json();
    assert_eq!(posted["posted"], 1_900);

    town.stop();
    let calm = pay("300", &[]);
    assert_eq!(calm.status, Some(0), "{calm:?}");
    assert!(
        calm.err.contains("電波がありません。") && calm.out.contains("送信待ち"),
        "{calm:?}"
    );
}

/// K-510, K-513: a code that was used, a code nobody issued, and roots of another town.
#[test]
fn an_invitation_is_for_one_device_of_this_town() {
    let town = Served::start();
    let (code, _) = town.invited();
    let enrol = |name: &str, root: &str, code: &str| {
        let (home, words) = (
            town.word(name),
            ["--server", &town.address, "--muni", "1", "--root", root, code],
        );
        wallet(&home, &[&["enrol"], &words[..], &["--pin-fd", "0"]].concat(), PIN)
    };
    enrol("nobody", &town.roots[0], "0000-0000-0000").failed(4, "K-510");
    let other = data_encoding::HEXLOWER.encode(&kinchaku_protocol::signature::Signer::public_key(&town::root()).0);
    enrol("stranger", &other, &code).failed(4, "K-513");
    // The answer was not believed, the code is used by that device's keys: it may try again itself.
    let again = enrol("stranger", &town.roots[0], &code);
    assert_eq!(again.status, Some(0), "{again:?}");
    enrol("second", &town.roots[0], &code).failed(4, "K-510");
}

/// T14: locked after five wrong PINs; the office's code and a new PIN open it, and nothing waiting is lost.
#[test]
fn a_locked_pin_comes_back_through_the_office() {
    let town = Served::start();
    let (home, _, sheet) = enrolled(&town);
    let words = [
        "--offline",
        "pay",
        "--text",
        &sheet,
        "--amount",
        "500",
        "--yes",
        "--pin-fd",
        "0",
    ];
    assert_eq!(wallet(&home, &words, PIN).status, Some(0));
    let change = ["pin", "change", "--pin-fd", "0"];
    for _ in 0..3 {
        assert_eq!(wallet(&home, &change, "9753\n1379\n").status, Some(5));
    }
    wallet(&home, &["--offline", "unlock", "AAAA", "--pin-fd", "0"], "1379\n").failed(3, "K-501");
    wallet(&home, &["unlock", "0000-0000-0000", "--pin-fd", "0"], "1379\n").failed(4, "K-309");
    let code = town.asked(&serde_json::json!({ "do": "unlock_code", "account": 1 }));
    let code = code["code"].as_str().unwrap();
    wallet(&home, &["unlock", code, "--pin-fd", "0"], "1111\n").failed(4, "K-305");
    let opened = wallet(&home, &["unlock", code, "--pin-fd", "0"], "1379\n");
    assert_eq!(opened.status, Some(0), "{opened:?}");
    let status = wallet(&home, &["status", "--json"], "").json();
    assert_eq!(
        (&status["waiting"], &status["classes"][0]["usable"]),
        (&0.into(), &4_500.into())
    );
    let words = [
        "pay", "--text", &sheet, "--amount", "600", "--yes", "--pin-fd", "0", "--json",
    ];
    let paid = wallet(&home, &words, "1379\n");
    assert_eq!(
        (paid.status, &paid.json()["state"]),
        (Some(0), &"posted".into()),
        "{paid:?}"
    );
}
