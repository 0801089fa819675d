//! How commands speak: data apart from notes, objects for machines, colour only where it is wanted.

use crate::town::{PIN, Place, command, finish, kinchaku, sheet};
use kinchaku_protocol::mpm::shop_mark::Offline;

/// Nothing but data on standard output, one object where machines read it.
#[test]
fn notes_and_questions_stay_off_standard_output() {
    let place = Place::new();
    let home = place.wallet("wallet");
    let shop = sheet(Offline::Paper);
    let words = [
        "wallet", "--home", &home, "pay", "--text", &shop, "--amount", "500", "--yes", "--pin-fd", "0", "--json",
    ];
    let ran = kinchaku(&words, PIN);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert_eq!(ran.json()["schema"], 1);
    // No network is said calmly, and not as a problem.
    assert!(
        ran.err.contains("電波がありません。") && !ran.err.contains("K-5"),
        "{ran:?}"
    );
    for command in ["status", "doctor"] {
        let ran = kinchaku(&["wallet", "--home", &home, command, "--json"], "");
        assert_eq!((ran.status, &ran.json()["schema"]), (Some(0), &1.into()), "{ran:?}");
    }
    let doctor = kinchaku(&["wallet", "--home", &home, "doctor", "--json"], "").json();
    assert_eq!(doctor["outbox"], serde_json::json!({ "waiting": 1, "parked": 0 }));
    assert_eq!(doctor["chain"], "current");
}

#[test]
fn a_problem_is_an_object_for_machines() {
    let ran = kinchaku(&["--json", "wallet", "--home", "/nowhere", "status"], "");
    assert_eq!(ran.status, Some(1));
    let said = ran.json();
    assert_eq!((&said["schema"], &said["code"]), (&1.into(), &"K-409".into()));
    assert!(
        said["message"]
            .as_str()
            .unwrap()
            .starts_with("この端末はまだ登録されていません。")
    );
}

#[test]
fn colour_is_written_only_where_it_is_wanted() {
    let escape = '\u{1b}';
    let run = |words: &[&str], variable: Option<(&str, &str)>| {
        let mut command = command(words);
        command.envs(variable);
        finish(command, b"")
    };
    let plain = run(&["qr", "parse", "hello"], None);
    let never = run(&["--color", "never", "qr", "parse", "hello"], None);
    let asked = run(&["--color", "auto", "qr", "parse", "hello"], Some(("NO_COLOR", "1")));
    for ran in [plain, never, asked] {
        assert!(!ran.err.contains(escape) && ran.err.contains("[×]"), "{ran:?}");
    }
    let always = run(&["--color", "always", "qr", "parse", "hello"], None);
    assert!(always.err.contains(escape), "{always:?}");
}

#[test]
fn three_languages() {
    let said = |lang| kinchaku(&["--lang", lang, "qr", "parse", "hello"], "").err;
    assert!(said("ja").contains("これは支払いのQRではありません。"));
    assert!(said("easy").contains("これは はらう QRでは ありません。"));
    assert!(said("en").contains("This is not a payment QR code."));
}

/// What a build without the demo's powers does not do.
#[cfg(not(feature = "demo"))]
mod plain {
    use kinchaku_protocol::signature::Signer as _;
    use kinchaku_protocol::test_roots::TEST_ROOTS;

    use crate::town::{NOBODY, PIN, Place, kinchaku, root};

    /// A plain build refuses roots whose private half is public, before anybody is asked or called (T5).
    #[test]
    fn roots_are_looked_at_first() {
        let place = Place::new();
        let home = place.word("new");
        let enrol = |root: &str| {
            let words = [
                "wallet", "--home", &home, "enrol", "--server", NOBODY, "--muni", "1", "--root", root, "CODE",
            ];
            kinchaku(&[&words[..], &["--pin-fd", "0"]].concat(), PIN)
        };
        let [test, _] = TEST_ROOTS;
        enrol(&data_encoding::HEXLOWER.encode(&test.0)).failed(4, "K-514");
        enrol("02").failed(2, "K-515");
        enrol(&"0".repeat(66)).failed(2, "K-515");
        assert!(!place.at("new").exists());
        // A good one gets as far as the network.
        enrol(&data_encoding::HEXLOWER.encode(&root().public_key().0)).failed(3, "K-501");
        let plain = [
            "wallet",
            "--home",
            &home,
            "enrol",
            "--server",
            "http://town.example",
            "--muni",
            "1",
            "--root",
        ];
        let root = data_encoding::HEXLOWER.encode(&root().public_key().0);
        kinchaku(&[&plain[..], &[&root, "CODE"]].concat(), "").failed(2, "K-508");
    }

    /// T11: without the demo's powers there is no other clock.
    #[test]
    fn a_plain_build_has_no_clock_to_set() {
        kinchaku(&["--clock", "0", "wallet", "status"], "").failed(2, "K-901");
        assert!(!kinchaku(&["--help"], "").out.contains("clock"));
    }
}
