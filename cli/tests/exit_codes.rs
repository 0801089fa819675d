//! Every exit status has its test; more of 6 is in `card_desk.rs`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use crate::town::{NOBODY, PIN, Place, command, kinchaku, root, sheet};
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_protocol::signature::Signer as _;

#[test]
fn done_is_0() {
    assert_eq!(kinchaku(&["--version"], "").status, Some(0));
    assert_eq!(kinchaku(&["--help"], "").status, Some(0));
}

#[test]
fn anything_else_is_1() {
    kinchaku(&["qr", "parse", "hello"], "").failed(1, "K-110");
}

#[test]
fn a_wrong_command_line_is_2() {
    for words in [
        &["wallet", "pays"][..],
        &["--nonsense"],
        &["wallet", "pay"],
        &["qr", "read"],
        &["wallet", "--lang", "fr", "status"],
    ] {
        kinchaku(words, "").failed(2, "K-901");
    }
    let wrong = kinchaku(&["--json", "--lang", "en", "walet"], "");
    assert_eq!((wrong.status, &wrong.json()["code"]), (Some(2), &"K-901".into()));
    assert!(wrong.err.contains("Did you mean: wallet"), "{wrong:?}");
    assert_eq!(kinchaku(&[], "").status, Some(2));
}

#[test]
fn the_need_of_a_network_is_3() {
    let place = Place::new();
    let home = place.wallet("wallet");
    for more in [&[][..], &["--offline"]] {
        let words = [&["wallet", "--home", &home][..], more, &["sync"]].concat();
        kinchaku(&words, "").failed(3, "K-501");
    }
    let ended = place.wallet_until("ended", place.now().before(1));
    let shop = sheet(Offline::Scan);
    let words = [
        "wallet",
        "--home",
        &ended,
        "--offline",
        "pay",
        "--text",
        &shop,
        "--amount",
        "5",
        "--yes",
    ];
    kinchaku(&words, PIN).failed(3, "K-211");
}

#[test]
fn the_refusal_of_a_rule_is_4() {
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
        "99999",
        "--yes",
    ];
    kinchaku(&words, PIN).failed(4, "K-209");
}

#[test]
fn a_wrong_pin_is_5() {
    let place = Place::new();
    let home = place.wallet("wallet");
    kinchaku(
        &["wallet", "--home", &home, "pin", "change", "--pin-fd", "0"],
        "9753\n1379\n",
    )
    .failed(5, "K-301");
}

/// No reader of that name, no reader service, or a build without readers.
#[test]
fn the_card_or_the_reader_is_6() {
    let ran = kinchaku(&["card", "--reader", "no such reader", "status"], "");
    assert_eq!(ran.status, Some(6), "{ran:?}");
    assert!(ran.err.contains("(K-72"), "{ran:?}");
}

#[test]
fn what_was_done_before_is_7() {
    let place = Place::new();
    let home = place.wallet("wallet");
    let root = data_encoding::HEXLOWER.encode(&root().public_key().0);
    let words = [
        "wallet", "--home", &home, "enrol", "--server", NOBODY, "--muni", "1", "--root", &root, "CODE",
    ];
    kinchaku(&words, PIN).failed(7, "K-410");
}

#[test]
fn stored_data_that_do_not_open_are_8() {
    let place = Place::new();
    let home = place.wallet("wallet");
    std::fs::write(place.at("wallet").join("wallet.envelope"), b"not an envelope").unwrap();
    assert_eq!(kinchaku(&["wallet", "--home", &home, "status"], "").status, Some(8));
}

/// Paid, and the picture of the receipt could not be written: the payment stands, and says how to go on.
#[test]
fn partly_done_is_9() {
    let place = Place::new();
    let home = place.wallet("wallet");
    let shop = sheet(Offline::Scan);
    let nowhere = place.word("no folder/receipt.png");
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
    ];
    let ran = kinchaku(&[&words[..], &["--pin-fd", "0", "--receipt", &nowhere]].concat(), PIN);
    ran.failed(9, "K-415");
    assert!(ran.out.contains("支払い済み（送信待ち）"), "{ran:?}");
}

/// Ctrl-C at the question: nothing was paid, and the next command finds nothing to repair but says so.
#[cfg(unix)]
#[test]
fn stopped_by_the_person_is_130() {
    let place = Place::new();
    let home = place.wallet("wallet");
    let picture = place.picture("sheet.png", &sheet(Offline::Scan));
    let mut child = command(&[
        "wallet",
        "--home",
        &home,
        "--offline",
        "pay",
        &picture,
        "--amount",
        "500",
    ])
    .stdin(Stdio::piped())
    .stdout(Stdio::null())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    // The last line before the question, which has no end.
    while !line.contains("取り消せません") {
        line.clear();
        assert_ne!(said.read_line(&mut line).unwrap(), 0, "the question never came");
    }
    let stopped = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(stopped.success());
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
    assert!(rest.contains("(K-904)"), "{rest}");
    let history = kinchaku(&["wallet", "--home", &home, "history", "--json"], "");
    assert_eq!((history.status, history.out.as_str()), (Some(0), ""), "{history:?}");
}
