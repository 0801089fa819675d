//! Bad input at the wallet: each its own code and sentence, nothing paid, nothing lost.

use crate::town;
use crate::town::{BAKERY, GROCER, PIN, Place, Ran, key, kinchaku, sheet, sheet_of};
use kinchaku_protocol::mpm::crc;
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_protocol::signature::SoftwareSigner;

/// Pays by a text without a network.
fn pay(home: &str, text: &str, amount: &str) -> Ran {
    let words = [
        "wallet",
        "--home",
        home,
        "--offline",
        "pay",
        "--text",
        text,
        "--amount",
        amount,
        "--yes",
        "--pin-fd",
        "0",
    ];
    kinchaku(&words, PIN)
}

/// Nothing was signed in this folder.
fn nothing_paid(home: &str) {
    let ran = kinchaku(&["wallet", "--home", home, "history", "--json"], "");
    assert_eq!((ran.status, ran.out.as_str()), (Some(0), ""), "{ran:?}");
}

/// F065, F119: what was scanned instead of a shop is named; nothing is paid by any of it.
#[test]
fn what_is_no_shop_is_named() {
    let place = Place::new();
    let home = place.wallet("wallet");
    let good = sheet(Offline::Scan);
    let broken = format!("{}0000", good.get(..good.len() - 4).unwrap());
    let forged = sheet_of(BAKERY, Offline::Scan, &SoftwareSigner::from_scalar(&[9; 32]).unwrap());
    let jpqr = sealed(
        "0002010102112642",
        "0019jp.or.paymentsjapan0115123456789012345",
        "5204581253033925802JP5904TEST6005TOKYO",
    );
    let twice = sealed(
        "000201010211",
        "",
        "520458125303392530339253033925802JP5904TEST6005TOKYO",
    );
    let cases: [(&str, &str, i32); 19] = [
        ("hello", "K-110", 1),
        ("", "K-110", 1),
        (&broken, "K-111", 1),
        (&sealed("000201010211", "", "5204581253033925802JP5904TEST"), "K-112", 1),
        (
            &sealed("000201010211", "", "520458125303392540105802JP5904TEST"),
            "K-113",
            1,
        ),
        ("https://qr.paypay.ne.jp/p2p01_x", "K-115", 1),
        (&jpqr, "K-115", 1),
        ("https://evil.example/pay", "K-126", 1),
        ("hQVDUFYwMWETTwegAAAAVVVVUAhNYXN0ZXI=", "K-127", 1),
        ("KC1:ABC", "K-116", 1),
        ("KC2:ABC", "K-120", 1),
        ("KCV1:QJGH7375", "K-129", 1),
        ("ABCD-EFGH-JK23", "K-134", 1),
        ("WIFI:T:WPA;S:shop;P:secret;;", "K-135", 1),
        (&twice, "K-136", 1),
        // Lengths that lie: the checksum cannot be found where they lead.
        ("000201010211269900065802JP", "K-111", 1),
        ("wxp://f2f0abc", "K-115", 1),
        (&forged, "K-121", 4),
        (&sheet(Offline::None), "K-124", 3),
    ];
    for (text, code, status) in cases {
        let ran = pay(&home, text, "1200");
        assert!(ran.err.contains(code), "{text}: {ran:?}");
        ran.failed(status, code);
    }
    nothing_paid(&home);
}

/// Two shops' sheets in one picture are not guessed between; the same one twice is one.
#[test]
fn two_shops_in_one_picture_are_asked_about() {
    let place = Place::new();
    let home = place.wallet("wallet");
    let other = sheet_of(GROCER, Offline::Scan, &key(4));
    let path = place.word("two.png");
    let words = [
        "wallet",
        "--home",
        &home,
        "--offline",
        "pay",
        &path,
        "--amount",
        "500",
        "--yes",
        "--pin-fd",
        "0",
    ];
    town::two_codes(&place.at("two.png"), &sheet(Offline::Scan), &other);
    kinchaku(&words, PIN).failed(1, "K-105");
    nothing_paid(&home);
    town::two_codes(&place.at("two.png"), &other, &other);
    assert_eq!(kinchaku(&words, PIN).status, Some(0));
}

/// A payload closed with its checksum.
fn sealed(head: &str, account: &str, tail: &str) -> String {
    let open = format!("{head}{account}{tail}6304");
    let digits = crc::digits(open.as_bytes());
    format!("{open}{digits}")
}

#[test]
fn an_amount_that_is_none_is_named() {
    let place = Place::new();
    let home = place.wallet("wallet");
    let shop = sheet(Offline::Scan);
    let cases = [
        ("", "K-201", 2),
        ("千円", "K-201", 2),
        ("0", "K-202", 2),
        ("０", "K-202", 2),
        ("-5", "K-203", 2),
        ("12.5", "K-204", 2),
        ("１２．５", "K-204", 2),
        ("9999999999999999", "K-205", 2),
        ("18000", "K-209", 4),
    ];
    for (amount, code, status) in cases {
        let ran = pay(&home, &shop, amount);
        assert!(ran.err.contains(code), "{amount}: {ran:?}");
        ran.failed(status, code);
    }
    let short = pay(&home, &shop, "13,320円");
    assert!(
        short.err.contains("あと320円足りません。") && short.err.contains("13,000円なら支払えます。"),
        "{short:?}"
    );
    nothing_paid(&home);
    assert_eq!(pay(&home, &shop, "１，２００円").status, Some(0));
}

#[test]
fn a_paper_shop_has_its_own_limit() {
    let place = Place::new();
    let home = place.wallet("wallet");
    let shop = sheet(Offline::Paper);
    pay(&home, &shop, "1001").failed(4, "K-207");
    for amount in ["900", "901"] {
        let paid = pay(&home, &shop, amount);
        assert_eq!(paid.status, Some(0), "{paid:?}");
        assert!(paid.err.contains("このお店は紙のQRだけです。"), "{paid:?}");
    }
    pay(&home, &shop, "902").failed(4, "K-208");
}

#[test]
fn parts_by_hand_must_be_right() {
    let place = Place::new();
    let home = place.wallet("wallet");
    let shop = sheet(Offline::Scan);
    let by_hand = |parts: &[&str]| {
        let mut words = vec![
            "wallet",
            "--home",
            &home,
            "--offline",
            "pay",
            "--text",
            &shop,
            "--amount",
            "1200",
            "--yes",
        ];
        words.extend(["--pin-fd", "0"]);
        parts.iter().for_each(|part| words.extend(["--part", part]));
        kinchaku(&words, PIN)
    };
    by_hand(&["1=1000"]).failed(4, "K-214");
    by_hand(&["7=1200"]).failed(2, "K-215");
    by_hand(&["coin"]).failed(2, "K-215");
    by_hand(&["1=many"]).failed(2, "K-201");
    nothing_paid(&home);
    let paid = by_hand(&["1=200", "3=1,000"]);
    assert_eq!(paid.status, Some(0), "{paid:?}");
    assert!(paid.err.contains("南町商品券 1,000円"), "{paid:?}");
}

/// A folder that is no wallet, or another's, is not made into one.
#[test]
fn folders_are_told_apart() {
    let place = Place::new();
    let nowhere = place.word("nowhere");
    kinchaku(&["wallet", "--home", &nowhere, "status"], "").failed(1, "K-409");
    assert!(!place.at("nowhere").exists());
    kinchaku(&["wallet", "--home", &place.stranger("stranger"), "status"], "").failed(1, "K-409");
    let till = place.till("till");
    kinchaku(&["wallet", "--home", &till, "status"], "").failed(2, "K-412");
    kinchaku(&["wallet", "status"], "").failed(2, "K-905");
}

/// A damaged, a foreign and a keyless store are set aside or left alone, and said.
#[test]
fn a_store_that_does_not_open_is_kept() {
    let place = Place::new();
    let damaged = place.wallet("damaged");
    let database = place.at("damaged").join("wallet.db");
    let mut bytes = std::fs::read(&database).unwrap();
    bytes.iter_mut().skip(100).step_by(97).for_each(|byte| *byte ^= 0x55);
    std::fs::write(&database, bytes).unwrap();
    let ran = kinchaku(&["wallet", "--home", &damaged, "status"], "");
    ran.failed(8, "K-404");
    assert!(ran.err.contains("wallet.db.damaged-"), "{ran:?}");
    assert!(town::has_file(&place.at("damaged"), "wallet.db.damaged-"));

    let keyless = place.wallet("keyless");
    std::fs::remove_dir_all(place.at("keyless").join("vault")).unwrap();
    let ran = kinchaku(&["wallet", "--home", &keyless, "status"], "");
    assert_eq!(ran.status, Some(8), "{ran:?}");
    assert!(place.at("keyless").join("wallet.db").exists());
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    let home = place.wallet("wallet");
    let key = place.at("wallet").join("vault/device.key");
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o644)).unwrap();
    kinchaku(&["wallet", "--home", &home, "status"], "").failed(8, "K-413");
}

/// A disk without room: nothing is signed, and the wallet opens again as it was.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_pays_nothing() {
    let place = Place::new();
    let home = place.wallet("wallet");
    let mut shell = std::process::Command::new("sh");
    // No file may grow, and writing beyond is an error instead of a signal.
    shell
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"")
        .arg(env!("CARGO_BIN_EXE_kinchaku"))
        .args([
            "wallet",
            "--home",
            &home,
            "--offline",
            "pay",
            "--text",
            &sheet(Offline::Scan),
            "--amount",
            "1200",
            "--yes",
            "--pin-fd",
            "0",
        ]);
    let ran = town::finish(shell, PIN.as_bytes());
    ran.failed(1, "K-401");
    nothing_paid(&home);
}
