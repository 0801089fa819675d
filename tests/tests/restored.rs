//! The database put back from a copy, without its vault: noticed, and no counter is used twice (T5).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kinchaku_core::book::payments;
use kinchaku_core::gate;
use kinchaku_core::lock::Pin;
use kinchaku_core::pay::{self, PayError};
use kinchaku_core::receive::{self, ReceiveError};
use kinchaku_core::store::StoreError;
use kinchaku_core::view;
use kinchaku_protocol::doc::Gate;
use kinchaku_protocol::ids::{DocId, MarkId, Pid, Ref};
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_tests::copies::copy_database;
use kinchaku_tests::counter::{answer, gate_for, pay, quoted, try_pay};
use kinchaku_tests::database::Kind;
use kinchaku_tests::offline_town::{OfflineTown, PIN, START, TestDevice};
use kinchaku_tests::running_town::{RunningTown, list, open, synced};

/// Who signed what with which counter, as everybody in the story remembers it.
type Counters = BTreeMap<(Ref, u32), DocId>;

/// Adds what a wallet holds signed. No counter may have two documents.
fn remember(counters: &mut Counters, device: &TestDevice) {
    let made = device
        .home
        .store()
        .read(|db| Ok::<_, StoreError>(payments::newest(db, 100)?))
        .unwrap();
    for payment in made.into_iter().filter(|payment| payment.doc.is_some()) {
        let id = DocId::of(&kinchaku_protocol::doc::Document::encode(&payment.intent));
        let before = counters.insert((payment.allowance, payment.intent.seq), id);
        assert!(
            before.is_none_or(|before| before == id),
            "counter {} has two payments",
            payment.intent.seq
        );
    }
}

/// T5: whichever state of a day is put back at whichever later one, either nothing was signed in between or
/// paying stops; a shop's device likewise answers nothing more.
#[test]
fn an_older_copy_pays_nothing_before_a_sync() {
    let town = OfflineTown::new();
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("payer");
    let (shop, mark) = (Pid([7; 8]), MarkId([7; 4]));
    let sheet = town.sheet(shop, mark, Offline::Scan);
    let till = town.till(&root.path().join("till"), shop, mark);
    drop(town.wallet(&folder));

    let reopen = || TestDevice::open(&folder, town.roots(), START);
    let mut counters = Counters::new();
    let mut copies: Vec<(PathBuf, usize)> = Vec::new();
    let mut noticed = 0;
    for step in 0..9 {
        let (device, report) = reopen();
        assert!(!report.rolled_back, "before step {step}");
        match step {
            0 => (),
            // Prepared, and the device dies; then signed; then signed after a person stopped three times.
            1 => {
                let quote = quoted(&device.home, &sheet, 300).unwrap();
                pay::prepare(&device.home, &quote, Gate::PIN).unwrap();
            }
            4 => {
                for _ in 0..3 {
                    let quote = quoted(&device.home, &sheet, 400).unwrap();
                    let prepared = pay::prepare(&device.home, &quote, gate_for(&quote)).unwrap();
                    pay::abandon(&device.home, prepared).unwrap();
                }
                let _ = pay(&device.home, &sheet, 400);
            }
            // Refused by the shop, and the refusal scanned.
            6 => {
                let receipt = pay(&device.home, &sheet, 3_500);
                let refusal = answer(&till.home, &receipt.full).unwrap().refusal.unwrap();
                pay::take_refusal(&device.home, &refusal).unwrap();
            }
            // Wrong PINs and a right one change no money.
            7 => {
                assert!(gate::open(&device.home, &Pin::parse("1357").unwrap()).is_err());
                gate::open(&device.home, &Pin::parse(PIN).unwrap()).unwrap();
            }
            _ => {
                let _ = pay(&device.home, &sheet, 100 + step);
            }
        }
        remember(&mut counters, &device);
        drop(device);
        let now = root.path().join(format!("copy-{step}"));
        copy_database(&folder, &now);
        copies.push((now.clone(), counters.len()));
        for (older, signed) in &copies {
            copy_database(older, &folder);
            let (device, report) = reopen();
            assert_eq!(
                report.rolled_back,
                *signed != counters.len(),
                "{older:?} after step {step}"
            );
            if report.rolled_back {
                noticed += 1;
                assert!(matches!(try_pay(&device.home, &sheet, 200), Err(PayError::RolledBack)));
                assert!(view::wallet(&device.home).unwrap().rolled_back, "and it is said");
            } else {
                remember(&mut counters, &device);
            }
        }
        copy_database(&now, &folder);
    }
    assert!(noticed > 20, "{noticed}");
}

/// T5, T9: a shop's device whose database was put back answers nothing before it has synced.
#[test]
fn an_older_copy_of_a_till_answers_nothing() {
    let town = OfflineTown::new();
    let root = tempfile::tempdir().unwrap();
    let (shop, mark) = (Pid([7; 8]), MarkId([7; 4]));
    let payer = town.wallet(&root.path().join("payer"));
    let sheet = town.sheet(shop, mark, Offline::Scan);
    let folder = root.path().join("till");
    drop(town.till(&folder, shop, mark));
    let copy = root.path().join("copy");
    copy_database(&folder, &copy);
    let till = TestDevice::open(&folder, town.roots(), START).0;
    let receipt = pay(&payer.home, &sheet, 700);
    assert!(answer(&till.home, &receipt.full).unwrap().verdict.accepted());
    drop(till);
    copy_database(&copy, &folder);
    let (till, report) = TestDevice::open(&folder, town.roots(), START);
    assert!(report.rolled_back);
    let second = pay(&payer.home, &sheet, 800);
    for text in [&receipt.full, &second.full] {
        assert!(matches!(
            receive::check(&till.home, text),
            Err(ReceiveError::RolledBack)
        ));
        assert!(matches!(
            receive::relay(&till.home, text),
            Err(ReceiveError::RolledBack)
        ));
    }
}

/// What comes later.
const MORE: u64 = 20_000;

/// One life over two allowances; after each step the database is copied. Gives the copies.
fn life(town: &RunningTown, wallet: TestDevice, account: u64, copies: &Path) -> (TestDevice, Vec<PathBuf>) {
    let (bakery, stall) = (town.bakery.sheet.clone(), town.stall.sheet.clone());
    let folder = wallet.folder.clone();
    let mut device = wallet;
    let mut made = Vec::new();
    for step in 0..8 {
        match step {
            0 => (),
            1 => {
                let quote = quoted(&device.home, &bakery, 300).unwrap();
                pay::prepare(&device.home, &quote, Gate::PIN).unwrap();
            }
            2 => drop(pay(&device.home, &bakery, 300)),
            3 => assert!(!synced(&device).new_allowance),
            4 => drop(pay(&device.home, &bakery, 15_000)),
            // Little is left and there is more: the allowance is closed and another one comes.
            5 => {
                synced(&device);
                town.add_coin(account, MORE, "more");
                assert!(synced(&device).new_allowance);
            }
            6 => drop(pay(&device.home, &stall, 200)),
            _ => drop(synced(&device)),
        }
        drop(device);
        let copy = copies.join(format!("copy-{step}"));
        copy_database(&folder, &copy);
        made.push(copy);
        device = town.open(&folder, true);
    }
    (device, made)
}

/// T5: a copy from any moment of a life over two allowances is put back at its end. After a sync the wallet
/// pays again, and the server never sees a counter twice.
#[test]
fn after_a_sync_no_counter_comes_again() {
    let mut town = RunningTown::start(Kind::Sqlite, "restored").unwrap();
    for step in 0..8 {
        let (wallet, account) = town.resident_with_account();
        let copies = tempfile::tempdir().unwrap();
        let (device, made) = life(&town, wallet, account, copies.path());
        let mut counters = Counters::new();
        remember(&mut counters, &device);
        assert_eq!(counters.len(), 3);
        let folder = device.folder.clone();
        drop(device);
        copy_database(&made[step], &folder);
        let device = open(&folder, &town.roots, &town.town.address, true);
        let behind = view::wallet(&device.home).unwrap().rolled_back;
        // The last step signs nothing: its copy is as good as the original.
        assert_eq!(behind, step < 6, "copy {step}");
        if behind {
            assert!(matches!(
                try_pay(&device.home, &town.stall.sheet, 100),
                Err(PayError::RolledBack)
            ));
            assert!(synced(&device).rollback_cleared);
        }
        let again = pay(&device.home, &town.stall.sheet, 100);
        remember(&mut counters, &device);
        synced(&device);
        let wallet = view::wallet(&device.home).unwrap();
        assert!(
            !wallet.stopped && wallet.waiting == 0,
            "copy {step}: the honest holder was stopped"
        );
        let posted = view::history(&device.home).unwrap().payments;
        let posted = posted
            .iter()
            .find(|payment| payment.reference == again.reference)
            .unwrap();
        assert_eq!(posted.state, payments::State::Posted, "copy {step}");
        let left: u64 = wallet.classes.iter().map(|class| class.usable.units()).sum();
        assert_eq!(left, 20_000 + MORE - 300 - 15_000 - 200 - 100, "copy {step}");
    }
    let books = town.books();
    assert!(list(&books, "forks").is_empty());
    town.audited();
}
