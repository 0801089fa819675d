//! The process killed at every named point of opening, committing and trying a PIN, and opened again.
//!
//! Runs with the feature `demo` alone: without it there are no points to be killed at.
#![cfg(feature = "demo")]
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use kinchaku_core::clock::SettableClock;
use kinchaku_core::lock::{Brake, Lock, LockError, Pin};
use kinchaku_core::store::{Standing, Store, StoreError, meta};
use kinchaku_core::vault::FileVault;
use kinchaku_protocol::time::Time;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

const NOW: Time = Time(1_800_000_000);
const FOLDER: &str = "KINCHAKU_TEST_FOLDER";

fn open(root: &Path) -> Store {
    let vault = Arc::new(FileVault::open(&root.join("vault")).unwrap());
    Store::open(&root.join("wallet"), vault, NOW).unwrap().0
}

/// One life of a wallet: opened, a PIN set once, a payment counted, a wrong PIN and a right one.
fn live(root: &Path) {
    let store = open(root);
    let clock = SettableClock::new(NOW);
    let lock = Lock::new(&store, &clock);
    let pin = Pin::parse("2580").unwrap();
    if !lock.status().unwrap().set {
        lock.set(&pin, Brake::cheap_for_tests(), b"handle").unwrap();
    }
    store
        .write_counted(|tx| {
            let signed = meta::number(tx, "test.signed")?.unwrap_or(0);
            meta::set_number(tx, "test.signed", signed + 1)?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    assert!(lock.open(&Pin::parse("8520").unwrap()).is_err());
    lock.open(&pin).unwrap();
}

/// The process that is killed; does nothing when it is run as a test like the others.
#[test]
fn child() {
    if let Some(root) = std::env::var_os(FOLDER) {
        live(Path::new(&root));
    }
}

fn killed_at(root: &Path, point: &str) -> bool {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--test-threads=1"])
        .env(FOLDER, root)
        .env("KINCHAKU_FAULT", point)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    !status.success()
}

/// T5, T14: wherever a wallet is killed it opens again as the newest copy of itself, what was counted stays
/// counted, and no try of the PIN comes back.
#[test]
fn killed_anywhere_it_goes_on() {
    let points = [
        "durable.written",
        "durable.renamed",
        "store.enveloped",
        "store.created",
        "store.migrated",
        "store.committed",
        "lock.counted",
        "lock.opened",
    ];
    let mut deaths = 0;
    for point in points {
        for nth in 1..20 {
            let root = tempfile::tempdir().unwrap();
            let fault = format!("{point}@{nth}");
            if !killed_at(root.path(), &fault) {
                assert!(nth > 1, "{point} is never passed");
                break;
            }
            deaths += 1;
            let store = open(root.path());
            assert_eq!(store.standing(), Standing::Current, "{fault}");
            let signed = store.read(|tx| Ok::<_, StoreError>(meta::number(tx, "test.signed")?));
            let signed = signed.unwrap();
            if point == "store.committed" || point.starts_with("lock") {
                assert_eq!(signed, Some(1), "{fault}");
            }
            let clock = SettableClock::new(NOW);
            let lock = Lock::new(&store, &clock);
            if point == "lock.counted" {
                assert_eq!(
                    lock.status().unwrap().tries_left,
                    if nth == 1 { 4 } else { 3 },
                    "{fault}"
                );
            }
            match lock.open(&Pin::parse("2580").unwrap()) {
                Ok(handle) => assert_eq!(handle.expose(), b"handle"),
                Err(error) => assert_eq!(error, LockError::NotSet, "{fault}"),
            }
            drop(store);
            live(root.path());
            let store = open(root.path());
            let again = store.read(|tx| Ok::<_, StoreError>(meta::number(tx, "test.signed")?));
            assert_eq!(again.unwrap(), Some(signed.unwrap_or(0) + 1), "{fault}");
        }
    }
    assert!(deaths > points.len(), "{deaths}");
}
