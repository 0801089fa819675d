//! A wallet of the first version, with a payment that was signed and not sent, opened by this version and by
//! one with a migration that is yet to be written: nothing is lost (T28).

use std::sync::Arc;

use kinchaku_core::book::outbox;
use kinchaku_core::book::payments::State;
use kinchaku_core::gate;
use kinchaku_core::lock::Pin;
use kinchaku_core::pay;
use kinchaku_core::store::{MIGRATIONS, Migration, Store, StoreError};
use kinchaku_core::vault::FileVault;
use kinchaku_core::view;
use kinchaku_protocol::doc::Receipt;
use kinchaku_tests::frozen_wallet::{UNSENT, copy};
use kinchaku_tests::offline_town::{OfflineTown, PIN, START, TestDevice};

/// T28, F282, F283.
#[test]
fn the_first_versions_wallet_opens_with_its_unsent_payment() {
    let folder = copy();
    let (device, report) = TestDevice::open(folder.path(), OfflineTown::new().roots(), START);
    assert_eq!(
        (report.created, report.abandoned, report.rolled_back),
        (false, 1, false)
    );
    let payments = view::history(&device.home).unwrap().payments;
    let [payment] = payments.as_slice() else {
        panic!("one payment")
    };
    assert_eq!(
        (payment.state, payment.total, payment.intent.seq),
        (State::Signed, UNSENT, 1)
    );
    let receipt = pay::receipt(&device.home, payment.reference).unwrap().unwrap();
    assert!(Receipt::read(&receipt.full).unwrap().allowance.is_some());
    let waiting = device
        .home
        .store()
        .read(|db| Ok::<_, StoreError>(outbox::due(db, None, 0, 10)?))
        .unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(Some(&waiting[0].doc), payment.doc.as_ref());
    gate::open(&device.home, &Pin::parse(PIN).unwrap()).unwrap();
}

/// T28.
#[test]
fn a_next_versions_migration_keeps_the_unsent_payment() {
    let folder = copy();
    let next = Migration {
        version: MIGRATIONS.last().unwrap().version + 1,
        sql: "ALTER TABLE outbox ADD COLUMN carrier TEXT; CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT;",
    };
    let all: Vec<Migration> = MIGRATIONS.iter().copied().chain([next]).collect();
    let vault = Arc::new(FileVault::open(&folder.path().join("vault")).unwrap());
    let (store, opened) = Store::open_with(folder.path(), vault, START, &all).unwrap();
    assert!(!opened.created);
    let waiting = store
        .read(|db| Ok::<_, StoreError>(outbox::due(db, None, 0, 10)?))
        .unwrap();
    assert_eq!(waiting.len(), 1);
}
