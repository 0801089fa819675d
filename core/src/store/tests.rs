//! The store through its public face: every way it opens, and every way it does not.

use super::*;
use crate::vault::shaky::{At, ShakyVault};
use crate::vault::{FileVault, Record, VaultError};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::PathBuf;

const NOW: Time = Time(1_800_000_000);

/// A wallet's folder with its vault in another.
struct Place {
    root: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            root: tempfile::tempdir().unwrap(),
        }
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join("wallet")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    fn vault(&self) -> Arc<ShakyVault> {
        Arc::new(ShakyVault::open(&self.root.path().join("vault")))
    }

    fn open(&self) -> Result<(Store, Opened), OpenError> {
        Store::open(&self.folder(), self.vault(), NOW)
    }

    fn error(&self) -> OpenError {
        self.open().map(|_| ()).unwrap_err()
    }

    /// A store with a row in it, closed.
    fn filled() -> Self {
        let place = Self::new();
        let (store, _) = place.open().unwrap();
        set(&store, b"value");
        drop(store);
        place
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn set(store: &Store, value: &[u8]) {
    store
        .write(|tx| Ok::<_, StoreError>(meta::set(tx, "test.name", value)?))
        .unwrap();
}

fn get(store: &Store) -> Option<Vec<u8>> {
    store
        .read(|tx| Ok::<_, StoreError>(meta::get(tx, "test.name")?))
        .unwrap()
}

fn count(store: &Store) -> Result<(), StoreError> {
    store.write_counted(|_| Ok(()))
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn what_is_written_is_there_again() {
    let place = Place::new();
    assert!(!Store::exists(&place.folder()));
    let (store, opened) = place.open().unwrap();
    assert!(opened.created);
    assert_eq!(opened.standing, Standing::Current);
    set(&store, b"value");
    drop(store);
    assert!(Store::exists(&place.folder()));
    let (store, opened) = place.open().unwrap();
    assert_eq!(get(&store).unwrap(), b"value");
    assert!(!opened.created && !opened.checked);
    let bytes = fs::read(place.file("wallet.db")).unwrap();
    assert!(!bytes.windows(5).any(|window| window == b"value"));
}

#[test]
fn every_commit_rests_on_these_settings() {
    let place = Place::new();
    let (store, _) = place.open().unwrap();
    store
        .read(|tx| {
            let number = |name: &str| tx.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
            let mode: String = tx.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
            assert_eq!(mode, "wal");
            assert_eq!(number("synchronous")?, 2, "FULL");
            assert_eq!(number("secure_delete")?, 1);
            assert_eq!(number("foreign_keys")?, 1);
            assert_eq!(number("trusted_schema")?, 0);
            assert_eq!(number("cell_size_check")?, 1);
            assert_eq!(number("journal_size_limit")?, 10 * 1024 * 1024);
            assert_eq!(number("busy_timeout")?, 5000);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn a_failed_write_and_a_read_leave_nothing() {
    let place = Place::new();
    let (store, _) = place.open().unwrap();
    let failed = store.write(|tx| {
        meta::set(tx, "test.name", b"half")?;
        Err::<(), _>(StoreError::NoRow)
    });
    assert_eq!(failed, Err(StoreError::NoRow));
    store
        .read(|tx| Ok::<_, StoreError>(meta::set(tx, "test.name", b"by mistake")?))
        .unwrap();
    assert_eq!(get(&store), None);
}

/// Made by Python's `cryptography`: device secret 32 × 07, nonce 0c…17.
const FROZEN: &[u8] = b"4b4e455601000102030405060708090a0b0c0d0e0f000000006b49d200\
    010c0d0e0f101112131415161798c19bb7dd8f409d6addffef2ce21570c554ac258f88c2e8316e6f146f8a5c3b\
    fb47079c205a954a3f23a9c9fe15fb75";

/// The form on disk: a wallet made today opens with every later version.
#[test]
fn the_envelope_of_version_1_stays_readable() {
    let place = Place::new();
    let vault = place.root.path().join("vault");
    fs::create_dir(&vault).unwrap();
    crate::durable::replace(&vault.join("device.key"), &[7; 32]).unwrap();
    let envelope = place.root.path().join("frozen");
    fs::write(&envelope, HEXLOWER.decode(FROZEN).unwrap()).unwrap();
    let key = envelope::open(&envelope, place.vault().as_ref()).unwrap().unwrap();
    assert_eq!(
        HEXLOWER.encode(key.expose()),
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    );
    change(&envelope, |bytes| bytes[20] ^= 1);
    let error = envelope::open(&envelope, place.vault().as_ref()).unwrap_err();
    assert_eq!(error, OpenError::KeyUnavailable(VaultError::Refused.into()));
}

#[test]
fn without_the_key_nothing_is_touched() {
    let place = Place::filled();
    let before = place.names();
    let kept = fs::read(place.file("wallet.envelope")).unwrap();

    let vault = place.vault();
    vault.fail(At::Open, VaultError::Locked);
    let locked = Store::open(&place.folder(), vault, NOW).map(|_| ()).unwrap_err();
    assert_eq!(locked, OpenError::KeyUnavailable(VaultError::Locked.into()));

    let another = Place::new().vault();
    let refused = Store::open(&place.folder(), another, NOW).map(|_| ()).unwrap_err();
    assert_eq!(refused, OpenError::KeyUnavailable(VaultError::Refused.into()));

    for (bytes, error) in [
        (b"KN".to_vec(), KeyTrouble::EnvelopeUnreadable.into()),
        (vec![b'x'; 90], KeyTrouble::EnvelopeUnreadable.into()),
        (
            [b"KNEV\x02".as_slice(), &kept[5..]].concat(),
            OpenError::TooNew { found: 2, known: 1 },
        ),
    ] {
        fs::write(place.file("wallet.envelope"), bytes).unwrap();
        assert_eq!(place.error(), error);
    }

    fs::remove_file(place.file("wallet.envelope")).unwrap();
    assert_eq!(place.error(), KeyTrouble::EnvelopeMissing.into());
    fs::write(place.file("wallet.envelope"), kept).unwrap();
    assert_eq!(place.names(), before);
    assert_eq!(get(&place.open().unwrap().0).unwrap(), b"value");
}

#[test]
fn another_wallets_database_is_set_aside() {
    let (place, other) = (Place::filled(), Place::filled());
    fs::copy(other.file("wallet.db"), place.file("wallet.db")).unwrap();
    let OpenError::WrongKey(SetAside(name)) = place.error() else {
        panic!("not noticed");
    };
    assert_eq!(name, place.file("wallet.db.damaged-1800000000"));
    assert_eq!(fs::read(&name).unwrap(), fs::read(other.file("wallet.db")).unwrap());
    assert!(!Store::exists(&place.folder()));
    assert!(place.open().unwrap().1.created);
}

#[test]
fn a_damaged_file_is_set_aside_under_a_new_name_each_time() {
    let place = Place::new();
    for (n, damage) in [0, 1, 2].into_iter().enumerate() {
        set(&place.open().unwrap().0, b"value");
        let database = place.file("wallet.db");
        change(&database, |bytes| match damage {
            0 => bytes[100] ^= 1,
            1 => bytes.truncate(10),
            _ => bytes[20..4000].fill(0xff),
        });
        let damaged = fs::read(&database).unwrap();
        let OpenError::Damaged(SetAside(name)) = place.error() else {
            panic!("damage {damage}");
        };
        let end = if n == 0 { String::new() } else { format!("-{}", n + 1) };
        assert_eq!(name, place.file(&format!("wallet.db.damaged-1800000000{end}")));
        assert_eq!(fs::read(&name).unwrap(), damaged, "kept as it was");
        assert!(files::beside(&name, ".envelope").exists(), "with its key");
    }
    let (store, opened) = place.open().unwrap();
    assert!(opened.created);
    assert_eq!(get(&store), None);
}

/// A page deep in the file: found when it is read, and then the whole file is looked at.
#[test]
fn a_page_that_breaks_later_is_noticed_by_its_reader_and_by_the_next_open() {
    let place = Place::new();
    let (store, _) = place.open().unwrap();
    set(&store, &vec![7; 100_000]);
    drop(store);
    change(&place.file("wallet.db"), |bytes| {
        let at = bytes.len() - 2000;
        bytes[at] ^= 1;
    });
    let (store, opened) = place.open().unwrap();
    assert!(!opened.checked);
    let read = store.read(|tx| Ok::<_, StoreError>(meta::get(tx, "test.name")?));
    assert_eq!(read.map(|_| ()), Err(StoreError::Damaged));
    let written = store.write(|tx| Ok::<_, StoreError>(meta::set(tx, "test.name", b"over it")?));
    assert_eq!(written, Err(StoreError::Damaged), "nothing more is written");
    drop(store);
    assert!(matches!(place.error(), OpenError::Damaged(_)));
    assert!(!place.file("wallet.suspect").exists());
    assert!(place.open().unwrap().1.created);
}

#[test]
fn the_whole_file_is_looked_at_once_a_week() {
    let place = Place::filled();
    let at = |days: u64| {
        let now = NOW.after(days * 86_400);
        Store::open(&place.folder(), place.vault(), now).unwrap().1.checked
    };
    assert!(!at(6));
    assert!(at(8));
    assert!(!at(8));
    change(&place.file("wallet.db"), |bytes| {
        let at = bytes.len() - 2000;
        bytes[at] ^= 1;
    });
    let later = Store::open(&place.folder(), place.vault(), NOW.after(20 * 86_400));
    assert!(matches!(later.map(|_| ()).unwrap_err(), OpenError::Damaged(_)));
}

#[test]
fn a_person_can_set_a_store_aside_whose_key_is_gone() {
    let place = Place::filled();
    let SetAside(name) = set_aside(&place.folder(), NOW).unwrap();
    assert!(name.exists() && !Store::exists(&place.folder()));
    assert!(place.open().unwrap().1.created);

    // Nothing of it is missing: put back, it opens.
    set_aside(&place.folder(), NOW).unwrap();
    for (end, back) in [
        ("", "wallet.db"),
        (".envelope", "wallet.envelope"),
        (".kcv", "wallet.kcv"),
    ] {
        fs::rename(files::beside(&name, end), place.file(back)).unwrap();
    }
    assert_eq!(get(&place.open().unwrap().0).unwrap(), b"value");
}

#[test]
fn a_second_process_is_told_so() {
    let place = Place::filled();
    let first = place.open().unwrap();
    assert_eq!(place.error(), OpenError::Locked);
    drop(first);
    assert!(place.open().is_ok());
}

#[test]
fn a_folder_that_cannot_be_one_is_said() {
    let place = Place::new();
    fs::write(place.folder(), b"a file").unwrap();
    assert!(matches!(place.error(), OpenError::Io(_)));
}

#[test]
fn a_store_of_a_newer_app_is_refused_untouched() {
    let place = Place::filled();
    let (store, _) = place.open().unwrap();
    store
        .write(|tx| Ok::<_, StoreError>(tx.pragma_update(None, "user_version", 99)?))
        .unwrap();
    drop(store);
    let before = place.names();
    let known = MIGRATIONS.last().unwrap().version;
    assert_eq!(place.error(), OpenError::TooNew { found: 99, known });
    assert_eq!(place.names(), before);
}

#[test]
fn a_full_disk_is_said_and_loses_nothing() {
    let place = Place::filled();
    let (store, _) = place.open().unwrap();
    let full = store.write(|tx| {
        let pages: i64 = tx.pragma_query_value(None, "page_count", |row| row.get(0))?;
        tx.pragma_update_and_check(None, "max_page_count", pages + 2, |_| Ok(()))?;
        meta::set(tx, "test.large", &vec![7; 100_000])?;
        Ok::<_, StoreError>(())
    });
    assert_eq!(full, Err(StoreError::NoSpace));
    assert_eq!(get(&store).unwrap(), b"value");
    set(&store, b"small");
    drop(store);
    assert_eq!(get(&place.open().unwrap().0).unwrap(), b"small");
}

/// T5: whatever step an older copy of the database is from, putting it back is noticed, nothing can be signed on
/// it, and it can still be read.
#[test]
fn an_older_copy_put_back_is_noticed_at_every_step() {
    let place = Place::filled();
    let database = place.file("wallet.db");
    let mut copies = Vec::new();
    for _ in 0..5 {
        copies.push(fs::read(&database).unwrap());
        count(&place.open().unwrap().0).unwrap();
    }
    for (step, copy) in (0..).zip(&copies) {
        fs::write(&database, copy).unwrap();
        let (store, opened) = place.open().unwrap();
        let standing = Standing::RolledBack {
            database: step,
            vault: Some(5),
        };
        assert_eq!(opened.standing, standing);
        assert_eq!(count(&store), Err(StoreError::RolledBack));
        assert_eq!(get(&store).unwrap(), b"value");
        set(&store, b"value");
    }
    let (store, _) = place.open().unwrap();
    store.clear_rollback().unwrap();
    assert_eq!(store.standing(), Standing::Current);
    count(&store).unwrap();
    drop(store);
    assert_eq!(place.open().unwrap().1.standing, Standing::Current);
    fs::write(&database, &copies[4]).unwrap();
    assert!(
        matches!(place.open().unwrap().1.standing, Standing::RolledBack { .. }),
        "cleared once is not for ever"
    );
}

/// T5: the vault's note exchanged or removed is no way round it.
#[test]
fn a_vault_that_does_not_fit_counts_as_rolled_back() {
    let place = Place::filled();
    let (store, _) = place.open().unwrap();
    for _ in 0..3 {
        count(&store).unwrap();
    }
    drop(store);
    let record = place.root.path().join("vault/chain-head.record");
    change(&record, |bytes| bytes[5] ^= 1);
    let rolled_back = |vault| Standing::RolledBack { database: 3, vault };
    assert_eq!(place.open().unwrap().1.standing, rolled_back(None));
    fs::remove_file(&record).unwrap();
    assert_eq!(place.open().unwrap().1.standing, rolled_back(Some(0)));
    let (store, _) = place.open().unwrap();
    store.clear_rollback().unwrap();
    count(&store).unwrap();
}

#[test]
fn a_vault_that_fails_after_the_commit_is_caught_up_with() {
    let place = Place::filled();
    let vault = place.vault();
    let (store, _) = Store::open(&place.folder(), vault.clone(), NOW).unwrap();
    for (at, error) in [(At::Put, VaultError::NoSpace), (At::PutSilently, VaultError::NotKept)] {
        vault.fail(at, VaultError::NoSpace);
        let written = store.write_counted(|tx| Ok::<_, StoreError>(meta::set(tx, "test.name", b"signed")?));
        assert_eq!(written, Err(StoreError::Unconfirmed(error)));
        assert_eq!(get(&store).unwrap(), b"signed", "it is written");
        assert_eq!(count(&store), Err(StoreError::Vault(error)), "never two steps ahead");
        vault.heal();
        count(&store).unwrap();
    }
    vault.fail(At::Put, VaultError::NoSpace);
    assert!(count(&store).is_err());
    drop(store);
    assert_eq!(
        place.open().unwrap().1.standing,
        Standing::Current,
        "a crash there is normal"
    );
    assert_eq!(
        place.vault().get(Record::ChainHead).unwrap().unwrap(),
        5_u64.to_be_bytes()
    );
}

#[test]
fn a_write_that_fails_is_not_counted() {
    let place = Place::new();
    let (store, _) = place.open().unwrap();
    let failed = store.write_counted(|_| Err::<(), _>(StoreError::NoRow));
    assert_eq!(failed, Err(StoreError::NoRow));
    assert_eq!(store.standing(), Standing::Current);
    count(&store).unwrap();
}

/// T28: the next version of the app finds everything where it was.
#[test]
fn a_next_migration_keeps_what_is_there() {
    let place = Place::filled();
    let last = MIGRATIONS.last().unwrap().version;
    let with = |sql: &'static str| {
        let next = Migration { version: last + 1, sql };
        let all: Vec<Migration> = MIGRATIONS.iter().copied().chain([next]).collect();
        Store::open_with(&place.folder(), place.vault(), NOW, &all)
    };
    let broken = with("ALTER TABLE meta ADD COLUMN note TEXT; INSERT INTO nowhere VALUES (1);");
    assert!(matches!(broken.map(|_| ()).unwrap_err(), OpenError::Sqlite(_)));
    assert_eq!(get(&place.open().unwrap().0).unwrap(), b"value", "the old app goes on");

    let (store, _) = with("ALTER TABLE meta ADD COLUMN note TEXT;").unwrap();
    assert_eq!(get(&store).unwrap(), b"value");
    drop(store);
    let found = last + 1;
    assert_eq!(place.error(), OpenError::TooNew { found, known: last });
}

/// A released migration never changes: whoever needs another schema writes the next file.
#[test]
fn released_migrations_are_as_they_were() {
    let sums = [
        "bd1c9846e6ed7610d42372a74146c8eb41ea6219fb57c4a4e8208aa870a941f5",
        "240cacc436832c18635aecb8dc696c255a628022d3f654189366c6399cd52bf5",
        "d940a4192785cea896b5b14d840ef9f962968e0e07848361b74a6464582eb7fd",
    ];
    for (migration, sum) in MIGRATIONS.iter().zip(sums) {
        assert_eq!(
            HEXLOWER.encode(&Sha256::digest(migration.sql)),
            sum,
            "version {}",
            migration.version
        );
    }
    let versions: Vec<u32> = MIGRATIONS.iter().map(|m| m.version).collect();
    assert_eq!(versions, (1..).take(versions.len()).collect::<Vec<u32>>());
}

#[test]
fn a_desk_can_use_it_as_it_is() {
    let root = tempfile::tempdir().unwrap();
    let vault = Arc::new(FileVault::open(&root.path().join("vault")).unwrap());
    let (store, _) = Store::open(root.path(), vault, NOW).unwrap();
    count(&store).unwrap();
}
