//! The PIN through its public face.

use super::*;
use crate::clock::SettableClock;
use crate::store::OpenError;
use crate::vault::shaky::{At, ShakyVault};
use crate::vault::{FileVault, SecretVault};
use kinchaku_protocol::time::Time;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

const NOW: Time = Time(1_800_000_000);
const HANDLE: &[u8] = b"handle of the payment key";
const RIGHT: &str = "2580";
const WRONG: &str = "8520";

struct Phone {
    root: tempfile::TempDir,
    vault: Arc<ShakyVault>,
    store: Option<Store>,
    clock: SettableClock,
}

impl Phone {
    /// A phone with a PIN set.
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let vault = Arc::new(ShakyVault::open(&root.path().join("vault")));
        let mut phone = Self {
            root,
            vault,
            store: None,
            clock: SettableClock::new(NOW),
        };
        phone.reopen();
        phone.lock().set(&pin(RIGHT), Brake::cheap_for_tests(), HANDLE).unwrap();
        phone
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join("wallet")
    }

    fn database(&self) -> PathBuf {
        self.folder().join("wallet.db")
    }

    fn reopen(&mut self) {
        self.store = None;
        let (store, _) = Store::open(&self.folder(), self.vault.clone(), NOW).unwrap();
        self.store = Some(store);
    }

    fn close(&mut self) {
        self.store = None;
    }

    fn lock(&self) -> Lock<'_> {
        Lock::new(self.store.as_ref().unwrap(), &self.clock)
    }

    fn try_pin(&self, digits: &str) -> Result<(), LockError> {
        let handle = self.lock().open(&pin(digits))?;
        assert_eq!(handle.expose(), HANDLE);
        Ok(())
    }

    fn wrong(&self) -> LockError {
        self.try_pin(WRONG).unwrap_err()
    }
}

fn pin(digits: &str) -> Pin {
    Pin::parse(digits).unwrap()
}

fn left(tries_left: u8) -> LockError {
    let wait_s = if tries_left == 2 { WAIT_SECONDS } else { 0 };
    LockError::WrongPin { tries_left, wait_s }
}

/// F155.
#[test]
fn the_right_pin_opens_and_forgives() {
    let phone = Phone::new();
    phone.try_pin(RIGHT).unwrap();
    assert_eq!(phone.wrong(), left(4));
    assert_eq!(phone.wrong(), left(3));
    assert_eq!(phone.lock().status().unwrap().tries_left, 3);
    phone.try_pin(RIGHT).unwrap();
    assert_eq!(phone.lock().status().unwrap().tries_left, MAX_TRIES);
    assert_eq!(phone.wrong(), left(4));
}

/// Protocol 1.12: the fourth try waits, the fifth locks, and then the right PIN does not help either.
#[test]
fn five_wrong_tries_lock_paying() {
    let mut phone = Phone::new();
    for tries_left in [4, 3, 2] {
        assert_eq!(phone.wrong(), left(tries_left));
    }
    assert_eq!(phone.wrong(), LockError::Wait { seconds: 30 });
    phone.clock.pass(29);
    assert_eq!(phone.try_pin(RIGHT), Err(LockError::Wait { seconds: 1 }));
    assert_eq!(phone.lock().status().unwrap().wait_s, 1);
    phone.clock.pass(1);
    assert_eq!(phone.wrong(), left(1));
    assert_eq!(phone.wrong(), LockError::Locked);
    assert_eq!(phone.try_pin(RIGHT), Err(LockError::Locked));
    phone.reopen();
    assert_eq!(phone.try_pin(RIGHT), Err(LockError::Locked));
    let status = phone.lock().status().unwrap();
    assert_eq!((status.set, status.tries_left), (true, 0));
}

/// Neither the wall clock nor a restart shortens the wait.
#[test]
fn the_wait_is_by_the_monotonic_clock() {
    let mut phone = Phone::new();
    for _ in 0..3 {
        phone.wrong();
    }
    phone.clock.set_wall(NOW.after(3600));
    assert_eq!(phone.wrong(), LockError::Wait { seconds: 30 });
    phone.clock.pass(20);
    assert_eq!(phone.wrong(), LockError::Wait { seconds: 10 });
    phone.clock.restart();
    phone.reopen();
    assert_eq!(phone.wrong(), LockError::Wait { seconds: 30 });
    phone.clock.pass(30);
    phone.try_pin(RIGHT).unwrap();
}

/// T14: an older database put back does not give tries back, nor does an older vault record, nor none.
#[test]
fn tries_are_counted_in_two_places_and_the_higher_holds() {
    let record = "vault/pin-tries.record";
    let mut phone = Phone::new();
    phone.close();
    let database = fs::read(phone.database()).unwrap();
    let noted = fs::read(phone.root.path().join(record)).unwrap();

    phone.reopen();
    assert_eq!(phone.wrong(), left(4));
    assert_eq!(phone.wrong(), left(3));
    phone.close();
    fs::write(phone.database(), &database).unwrap();
    phone.reopen();
    assert_eq!(phone.wrong(), left(2));
    phone.close();
    fs::write(phone.root.path().join(record), &noted).unwrap();
    phone.reopen();
    phone.clock.pass(30);
    assert_eq!(phone.wrong(), left(1));
    fs::remove_file(phone.root.path().join(record)).unwrap();
    assert_eq!(phone.try_pin(RIGHT), Err(LockError::Locked));
}

/// T14: the wait that was lost with an older database starts anew.
#[test]
fn an_older_database_does_not_end_the_wait() {
    let mut phone = Phone::new();
    phone.close();
    let database = fs::read(phone.database()).unwrap();
    phone.reopen();
    for _ in 0..3 {
        phone.wrong();
    }
    phone.close();
    fs::write(phone.database(), &database).unwrap();
    phone.reopen();
    phone.clock.pass(10);
    assert_eq!(phone.wrong(), LockError::Wait { seconds: 30 });
    phone.clock.pass(30);
    assert_eq!(phone.wrong(), left(1));
}

/// T14: everything the app stores, copied to another device, does not open there; and were it open, with the
/// database key and the Argon2id parameters, none of the 10,000 PINs would.
#[test]
fn a_copy_without_the_device_can_be_guessed_zero_times() {
    let mut phone = Phone::new();
    phone.close();
    let thief = tempfile::tempdir().unwrap();
    let vault = Arc::new(FileVault::open(&thief.path().join("vault")).unwrap());
    let copied = thief.path().join("wallet");
    fs::create_dir(&copied).unwrap();
    for entry in fs::read_dir(phone.folder()).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, copied.join(path.file_name().unwrap())).unwrap();
    }
    let unopened = Store::open(&copied, vault.clone(), NOW).map(|_| ()).unwrap_err();
    assert!(matches!(unopened, OpenError::KeyUnavailable(_)));

    phone.reopen();
    let row = phone.lock().row().unwrap().unwrap();
    let opened = (0..10_000)
        .filter(|digits| {
            let stretched = row.brake.stretch(&pin(&format!("{digits:04}")), &row.salt).unwrap();
            let bound = vault.bind(Purpose::Pin, stretched.expose()).unwrap();
            [stretched, bound]
                .iter()
                .any(|key| aead::open(&blob_key(key).unwrap(), LABEL, &row.sealed).is_some())
        })
        .count();
    assert_eq!(opened, 0);
    phone.try_pin(RIGHT).unwrap();
}

#[test]
fn guesses_at_once_are_counted_one_by_one() {
    let phone = Phone::new();
    let (store, clock) = (phone.store.as_ref().unwrap(), &phone.clock);
    let mut results: Vec<LockError> = std::thread::scope(|scope| {
        let guess = || Lock::new(store, clock).open(&pin(WRONG)).unwrap_err();
        let guesses: Vec<_> = (0..8).map(|_| scope.spawn(guess)).collect();
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
    });
    results.retain(|error| matches!(error, LockError::WrongPin { .. }));
    assert_eq!(results.len(), 3, "and the rest had to wait");
    assert_eq!(phone.lock().status().unwrap().tries_left, 2);
}

#[test]
fn a_vault_that_fails_costs_no_try() {
    let phone = Phone::new();
    for at in [At::Bind, At::Put, At::Get] {
        phone.vault.fail(at, VaultError::Locked);
        assert_eq!(phone.wrong(), LockError::Vault(VaultError::Locked), "{at:?}");
        phone.vault.heal();
        assert_eq!(phone.lock().status().unwrap().tries_left, MAX_TRIES, "{at:?}");
    }
    phone.vault.fail(At::PutSilently, VaultError::Locked);
    assert_eq!(phone.wrong(), LockError::Vault(VaultError::NotKept));
    phone.vault.heal();
    phone.try_pin(RIGHT).unwrap();
}

#[test]
fn trivial_pins_are_refused_wherever_one_is_chosen() {
    let phone = Phone::new();
    let brake = Brake::cheap_for_tests();
    assert_eq!(
        phone.lock().change(&pin(RIGHT), &pin("1234")),
        Err(LockError::TrivialPin)
    );
    let reset = phone.lock().reset_with(
        Recovered::confirmed_by_server(),
        &pin("1111"),
        brake,
        HANDLE,
        |_| Ok(()),
    );
    assert_eq!(reset, Err(LockError::TrivialPin));
    phone.lock().destroy().unwrap();
    assert_eq!(
        phone.lock().set(&pin("9876"), brake, HANDLE),
        Err(LockError::TrivialPin)
    );
    assert_eq!(phone.try_pin(RIGHT), Err(LockError::NotSet));
}

#[test]
fn a_pin_is_changed_by_who_knows_it() {
    let phone = Phone::new();
    assert_eq!(phone.lock().change(&pin(WRONG), &pin("1470")), Err(left(4)));
    phone.lock().change(&pin(RIGHT), &pin("1470")).unwrap();
    assert_eq!(phone.wrong(), left(4));
    phone.try_pin("1470").unwrap();
    let again = phone.lock().set(&pin("3690"), Brake::cheap_for_tests(), HANDLE);
    assert_eq!(again, Err(LockError::AlreadySet));
}

/// After online recovery there is a new PIN over a new key, all tries are back, and nothing else was lost.
#[test]
fn recovery_sets_a_new_pin_over_a_new_key() {
    let phone = Phone::new();
    let store = phone.store.as_ref().unwrap();
    let keep = |value: &[u8]| store.write(|tx| Ok::<_, StoreError>(crate::store::meta::set(tx, "test.outbox", value)?));
    keep(b"unsent").unwrap();
    while phone.wrong() != LockError::Locked {
        phone.clock.pass(WAIT_SECONDS);
    }
    let kept = store.read(|tx| Ok::<_, StoreError>(crate::store::meta::get(tx, "test.outbox")?));
    assert_eq!(kept.unwrap().unwrap(), b"unsent", "the store is open all the while");
    let brake = Brake::cheap_for_tests();
    phone
        .lock()
        .reset_with(
            Recovered::confirmed_by_server(),
            &pin("1470"),
            brake,
            b"new key",
            |_| Ok(()),
        )
        .unwrap();
    assert_eq!(phone.lock().open(&pin("1470")).unwrap().expose(), b"new key");
    assert_eq!(phone.lock().status().unwrap().tries_left, MAX_TRIES);
}

#[test]
fn the_floor_is_what_a_real_phone_has() {
    let phone = Phone::new();
    phone.lock().destroy().unwrap();
    phone.lock().set(&pin(RIGHT), Brake::FLOOR, HANDLE).unwrap();
    phone.try_pin(RIGHT).unwrap();
    assert_eq!(phone.wrong(), left(4));
}
