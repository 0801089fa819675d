//! `kinchaku card …` at a real PC/SC reader with a software card in it, and in a build or at a desk without one.
//!
//! With the feature `pcsc` and `KINCHAKU_TEST_PCSC` set (`make test` does both) the virtual reader of vsmartcard is
//! used: there is one on a machine, so these tests take turns.

#![cfg_attr(
    feature = "pcsc",
    expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")
)]

use crate::town::kinchaku;

/// A build without card readers says so, whatever is wanted of a card.
#[cfg(not(feature = "pcsc"))]
#[test]
fn a_build_without_readers_says_so() {
    for words in [&["card", "status"][..], &["card", "recognise"], &["card", "read"]] {
        let ran = kinchaku(words, "");
        ran.failed(6, "K-720");
        assert!(ran.err.contains("カードリーダーに対応していません"), "{ran:?}");
    }
}

#[test]
fn secrets_have_no_place_on_the_command_line() {
    for words in [
        &["card", "link", "--password", "ABC123"][..],
        &["card", "login", "1234"],
        &["card", "read", "--pin", "1234"],
    ] {
        kinchaku(words, "").failed(2, "K-901");
    }
}

#[test]
fn help_of_cards_has_three_examples() {
    let help = kinchaku(&["card", "--help"], "");
    assert_eq!(help.status, Some(0));
    assert_eq!(
        help.out
            .lines()
            .filter(|line| line.starts_with("  kinchaku card"))
            .count(),
        3,
        "{help:?}"
    );
}

#[test]
fn a_wallet_is_needed_to_link() {
    kinchaku(&["card", "link", "--yes"], "").failed(2, "K-905");
    kinchaku(&["card", "--home", "/nowhere", "standing"], "").failed(1, "K-409");
}

#[cfg(feature = "pcsc")]
mod reader {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::path::{Path, PathBuf};
    use std::process::{Child, ChildStdout, Command, Stdio};
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use crate::town::{Ran, kinchaku};
    use crate::town::{command, finish};

    const READER: [&str; 4] = ["--reader", "Virtual PCD 00 00", "--wait", "20"];
    static TURN: Mutex<()> = Mutex::new(());

    /// The reader, for one test at a time; `None`, said aloud, where none was started.
    fn turn() -> Option<MutexGuard<'static, ()>> {
        if std::env::var_os("KINCHAKU_TEST_PCSC").is_none() {
            let name = std::thread::current().name().unwrap_or("a test").to_owned();
            std::io::Write::write_fmt(
                &mut std::io::stderr(),
                format_args!("SKIPPED {name}: no card reader (KINCHAKU_TEST_PCSC)\n"),
            )
            .unwrap();
            return None;
        }
        Some(TURN.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A card in the reader, until this is dropped.
    struct Card {
        process: Child,
        _stdout: BufReader<ChildStdout>,
        log: PathBuf,
        _folder: tempfile::TempDir,
    }

    impl Card {
        fn insert(more: &[&str]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let log = folder.path().join("card.log");
            let program = Path::new(env!("CARGO_BIN_EXE_kinchaku")).with_file_name("kinchaku-card");
            let mut process = Command::new(program)
                .args(["--json", "--log", "--back-after", "500"])
                .args(more)
                .stdout(Stdio::piped())
                .stderr(std::fs::File::create(&log).unwrap())
                .spawn()
                .unwrap();
            let mut stdout = BufReader::new(process.stdout.take().unwrap());
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            assert!(line.starts_with('{'), "{line}");
            Self {
                process,
                _stdout: stdout,
                log,
                _folder: folder,
            }
        }

        /// How often a secret reached the card.
        fn verifies(&self) -> usize {
            let log = std::fs::read_to_string(&self.log).unwrap();
            let secret = |line: &&str| line.starts_with("00200080+") && !line.starts_with("00200080+0 ");
            log.lines().filter(secret).count()
        }
    }

    impl Drop for Card {
        fn drop(&mut self) {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }

    fn card(words: &[&str], input: &str) -> Ran {
        kinchaku(&[&["card"], &READER[..], words].concat(), input)
    }

    #[test]
    fn a_card_says_what_it_is_without_a_pin() {
        let Some(_turn) = turn() else { return };
        let inserted = Card::insert(&["--person", "child"]);
        let said = card(&["--json", "status"], "").json();
        assert_eq!(said["token"], "card");
        assert_eq!(
            said["certificates"],
            serde_json::json!({ "signature": false, "authentication": true })
        );
        assert_eq!(said["tries_left"]["auth_pin"], 3);
        let known = card(&["--json", "recognise"], "").json();
        assert_eq!(known["serial_sha256"].as_str().map(str::len), Some(64));
        assert_eq!(
            known.as_object().unwrap().len(),
            3,
            "an issuer, a hash and the schema alone"
        );
        assert_eq!(inserted.verifies(), 0);
    }

    /// F137, F054; T25: the four items on standard output, and of them and the PIN nothing anywhere else.
    #[test]
    fn the_four_items_are_read_and_said_nowhere_else() {
        let Some(_turn) = turn() else { return };
        let inserted = Card::insert(&["--person", "adult"]);
        let ran = card(&["read", "--pin-fd", "0"], "5678\n");
        assert_eq!(ran.status, Some(0), "{ran:?}");
        assert!(ran.out.contains("山本　花子") && ran.out.contains("若葉町"));
        let log = std::fs::read_to_string(&inserted.log).unwrap();
        for word in ["山本", "花子", "若葉町", "5678", "昭和60"] {
            assert!(!ran.err.contains(word) && !log.contains(word));
        }
        assert!(ran.err.contains("この端末で確かめました"), "{ran:?}");
        assert_eq!(inserted.verifies(), 1);
    }

    /// What cannot be the secret costs no try, a wrong one costs one, and the last one is not used unasked.
    #[test]
    fn tries_are_spent_one_by_one_and_the_last_only_when_agreed() {
        let Some(_turn) = turn() else { return };
        let inserted = Card::insert(&["--person", "adult"]);
        let read = |more: &[&str], pin: &str| card(&[&["read", "--pin-fd", "0"], more].concat(), pin);
        read(&[], "567\n").failed(2, "K-732");
        read(&[], "56a8\n").failed(2, "K-733");
        assert_eq!(inserted.verifies(), 0);
        let wrong = read(&[], "0000\n");
        wrong.failed(5, "K-705");
        assert!(
            wrong.err.contains("あと2回") && !wrong.err.contains("0000"),
            "{wrong:?}"
        );
        read(&[], "0000\n").failed(5, "K-705");
        assert_eq!(inserted.verifies(), 2);
        read(&[], "0000\n").failed(5, "K-706");
        assert_eq!(inserted.verifies(), 2);
        read(&["--last-try"], "0000\n").failed(5, "K-707");
        read(&["--last-try"], "5678\n").failed(5, "K-707");
        assert_eq!(inserted.verifies(), 3, "a locked card is sent nothing");
    }

    /// The card leaves with VERIFY: it is asked for its count before anything else, and gets nothing twice.
    #[test]
    fn a_card_pulled_under_verify_is_asked_first() {
        let Some(_turn) = turn() else { return };
        let inserted = Card::insert(&["--person", "adult", "--fault", "4:drop-after"]);
        let ran = card(&["show-certificate", "--signature", "--pin-fd", "0"], "ABC123\n");
        ran.failed(5, "K-708");
        assert!(ran.err.contains("先に残りの回数を調べます"), "{ran:?}");
        assert_eq!(inserted.verifies(), 1);
    }

    /// Taken out before VERIFY nothing was lost: put back, it goes on with what was entered.
    #[test]
    fn a_card_pulled_before_verify_goes_on() {
        let Some(_turn) = turn() else { return };
        let inserted = Card::insert(&["--person", "adult", "--fault", "1:drop-before"]);
        let ran = card(
            &["show-certificate", "--signature", "--pem", "--pin-fd", "0"],
            "ABC123\n",
        );
        assert_eq!(ran.status, Some(0), "{ran:?}");
        assert!(ran.out.starts_with("-----BEGIN CERTIFICATE-----") && ran.err.contains("もう一度置いてください"));
        assert_eq!(inserted.verifies(), 1);
    }

    /// What is no answer is none, however often it comes.
    #[test]
    fn a_card_that_never_answers_comes_to_an_end() {
        let Some(_turn) = turn() else { return };
        let _inserted = Card::insert(&["--person", "adult", "--fault", "*:one-byte"]);
        let ran = card(&["status"], "");
        assert_eq!(ran.status, Some(6), "{ran:?}");
        assert!(ran.err.contains("(K-717)"), "{ran:?}");
    }

    #[test]
    fn cards_that_cannot_do_it_say_why() {
        let Some(_turn) = turn() else { return };
        for (person, code) in [("expired", "K-710"), ("forged", "K-712")] {
            let _inserted = Card::insert(&["--person", person]);
            card(&["recognise"], "").failed(6, code);
        }
        let child = Card::insert(&["--person", "child"]);
        card(&["show-certificate", "--signature", "--pin-fd", "0"], "ABC123\n").failed(6, "K-703");
        assert_eq!(child.verifies(), 0);
    }

    #[test]
    fn readers_are_named_and_waited_at() {
        let Some(_turn) = turn() else { return };
        kinchaku(&["card", "--reader", "Virtual PCD 00 01", "--wait", "1", "status"], "").failed(6, "K-718");
        let unknown = kinchaku(&["card", "--reader", "Shelf", "status"], "");
        unknown.failed(6, "K-724");
        assert!(unknown.err.contains("Virtual PCD 00 00"), "{unknown:?}");
    }

    /// Where nobody answers for readers. The library looks for the socket where it is told to.
    #[test]
    fn without_pcscd_it_is_said() {
        let mut without = command(&["card", "status"]);
        without.env("PCSCLITE_CSOCK_NAME", "/nowhere/pcscd.comm");
        finish(without, b"").failed(6, "K-721");
    }

    /// Ctrl-C while a card is waited for.
    #[test]
    fn waiting_for_a_card_can_be_stopped() {
        let Some(_turn) = turn() else { return };
        let mut child = command(&["card", "--reader", "Virtual PCD 00 01", "status"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        assert!(line.contains("カードリーダーに置いてください"), "{line}");
        let stopped = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(stopped.success());
        let mut rest = String::new();
        said.read_to_string(&mut rest).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
        assert!(rest.contains("(K-904)"), "{rest}");
    }
}
