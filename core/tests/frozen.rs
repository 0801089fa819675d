//! A store as the first version of the app left it, with a payment signed and not yet sent. Every later version must
//! open it and lose nothing (T28).
//!
//! `frozen/` was written by the ignored test below. It is written again only before a first release changes the
//! schema, and never after it:
//!
//! ```text
//! cargo test -p kinchaku-core --test frozen -- --ignored
//! ```
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use kinchaku_core::clock::{self, Quality, Reading};
use kinchaku_core::lock::{Brake, Lock, Pin};
use kinchaku_core::store::{Opened, Standing, Store, StoreError, meta};
use kinchaku_core::vault::FileVault;
use kinchaku_protocol::time::Time;
use rusqlite::Connection;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const MADE: Time = Time(1_800_000_000);
const PIN: &str = "2580";
const HANDLE: &[u8] = b"handle of the payment key";
const UNSENT: &[u8] = b"a signed intent";
const READING: Reading = Reading {
    wall: MADE,
    monotonic: 100,
    boot: [7; 16],
};

/// Clocks that stand where the frozen store's stood.
struct Then;

impl clock::Clock for Then {
    fn read(&self) -> Reading {
        READING
    }
}

fn frozen() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/frozen")
}

fn open(root: &Path) -> (Store, Opened) {
    let vault = Arc::new(FileVault::open(&root.join("vault")).unwrap());
    Store::open(&root.join("wallet"), vault, MADE).unwrap()
}

#[test]
#[ignore = "writes the frozen files anew"]
fn freeze() {
    let root = frozen();
    if root.exists() {
        fs::remove_dir_all(&root).unwrap();
    }
    let (store, _) = open(&root);
    Lock::new(&store, &Then)
        .set(&Pin::parse(PIN).unwrap(), Brake::FLOOR, HANDLE)
        .unwrap();
    let fill = |tx: &Connection| {
        meta::set(tx, "frozen.note", "巾着".as_bytes())?;
        clock::anchor(tx, MADE, READING)?;
        tx.execute(
            "INSERT INTO allowance (ref, doc, state, opened) VALUES (?1, ?2, 0, ?3)",
            ([1_u8; 16], b"an allowance", MADE.0),
        )?;
        tx.execute(
            "INSERT INTO payment (allowance, seq, ref, payload, doc, state, shop, shop_name, total, occurred_at) \
             VALUES (?1, 1, ?2, ?3, ?4, 2, ?5, 'みなと商店', 350, ?6)",
            ([1_u8; 16], [2_u8; 16], b"payload", UNSENT, [3_u8; 8], MADE.0),
        )?;
        tx.execute(
            "INSERT INTO outbox (lane, subject, doc, needs_fact, state, attempts, next_at) \
             VALUES (?1, ?2, ?3, 1, 0, 2, ?4)",
            ([1_u8; 16], [2_u8; 32], UNSENT, MADE.0),
        )?;
        Ok::<_, StoreError>(())
    };
    store.write_counted(|tx| fill(tx)).unwrap();
}

/// A copy to work on; git keeps no modes, and the vault wants its secret private.
fn copy() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for folder in ["vault", "wallet"] {
        fs::create_dir(root.path().join(folder)).unwrap();
        for entry in fs::read_dir(frozen().join(folder)).unwrap() {
            let from = entry.unwrap().path();
            let to = root.path().join(folder).join(from.file_name().unwrap());
            fs::copy(&from, &to).unwrap();
            #[cfg(unix)]
            fs::set_permissions(&to, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        }
    }
    root
}

/// Everything the first version left, read as the present one reads it.
fn nothing_is_lost(store: &Store) {
    assert_eq!(store.standing(), Standing::Current);
    store
        .read(|tx| {
            assert_eq!(meta::get(tx, "frozen.note")?.unwrap(), "巾着".as_bytes());
            let now = clock::now(tx, READING)?;
            assert_eq!((now.time, now.quality), (MADE, Quality::Anchored));
            let payment: (u64, u64, Vec<u8>, u64, String) =
                tx.query_row("SELECT seq, total, doc, state, shop_name FROM payment", [], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
                })?;
            assert_eq!(payment, (1, 350, UNSENT.to_vec(), 2, "みなと商店".to_owned()));
            let waiting: (Vec<u8>, u64, u64) = tx.query_row("SELECT doc, state, attempts FROM outbox", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
            assert_eq!(waiting, (UNSENT.to_vec(), 0, 2));
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let handle = Lock::new(store, &Then).open(&Pin::parse(PIN).unwrap()).unwrap();
    assert_eq!(handle.expose(), HANDLE);
    store.write_counted(|_| Ok::<_, StoreError>(())).unwrap();
}

/// T28.
#[test]
fn the_first_versions_store_opens_with_its_unsent_payment() {
    let root = copy();
    let (store, opened) = open(root.path());
    assert!(!opened.created);
    nothing_is_lost(&store);
}

/// T28: and with a migration that is yet to be written.
#[cfg(feature = "demo")]
#[test]
fn a_next_version_finds_the_unsent_payment_too() {
    use kinchaku_core::store::{MIGRATIONS, Migration};

    let root = copy();
    let next = Migration {
        version: MIGRATIONS.last().unwrap().version + 1,
        sql: "ALTER TABLE outbox ADD COLUMN carrier TEXT; CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT;",
    };
    let all: Vec<Migration> = MIGRATIONS.iter().copied().chain([next]).collect();
    let vault = Arc::new(FileVault::open(&root.path().join("vault")).unwrap());
    let (store, _) = Store::open_with(&root.path().join("wallet"), vault, MADE, &all).unwrap();
    nothing_is_lost(&store);
}
