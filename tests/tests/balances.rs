//! What a person is told they can use: what is free on the server and what this device has left of its reserves.

use std::sync::Arc;

use kinchaku_core::gate;
use kinchaku_core::lock::Pin;
use kinchaku_core::network::NetworkError;
use kinchaku_core::pay::{self, PaidReceipt};
use kinchaku_core::sync::{SyncError, sync};
use kinchaku_core::view::{self, ClassView, WalletView};
use kinchaku_protocol::doc::field::to_bytes;
use kinchaku_protocol::doc::{AnswerItem, ClassRow, Gate, ParkReason, Row, Table};
use kinchaku_protocol::ids::{ClassId, MarkId, Pid, Ref, ServiceType};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_protocol::rules::split::Choice;
use kinchaku_tests::counter::{answer, shop};
use kinchaku_tests::offline_town::{COIN, OfflineTown, PIN, POINTS, START, TestDevice, VOUCHER};
use kinchaku_tests::scripted_server::honest;
use kinchaku_tests::scripted_town::{Leaf, ScriptedTown, balance, in_use, open_allowance, row_of};

const SHOP: Pid = Pid([7; 8]);
const MARK: MarkId = MarkId([7; 4]);

struct Scene {
    town: OfflineTown,
    folder: tempfile::TempDir,
    server: Arc<ScriptedTown>,
    wallet: TestDevice,
    /// Of a shop that takes no voucher.
    sheet: String,
}

impl Scene {
    /// A wallet whose allowance has 10,000 coin, with a server.
    fn new() -> Self {
        let town = OfflineTown::new();
        let folder = tempfile::tempdir().unwrap();
        let wallet = town.wallet(&folder.path().join("wallet"));
        let server = ScriptedTown::new(&town, &wallet);
        let wallet = server.connected(&town, wallet);
        let sheet = town.sheet(SHOP, MARK, Offline::Scan);
        Self {
            town,
            folder,
            server,
            wallet,
            sheet,
        }
    }

    fn own(&self) -> Ref {
        in_use(&self.wallet).unwrap().to_ref()
    }

    /// The next sync tells this of coin, and that nothing else is free.
    fn told(&self, remaining: u32, held: u32, open: &[Ref]) {
        let mut rows: Vec<Row> = [(POINTS, 5_000), (VOUCHER, 3_000)]
            .map(|(class, all)| balance(class, all, all))
            .into();
        rows.push(balance(COIN, remaining, held));
        rows.extend(open.iter().copied().map(open_allowance));
        self.server.tell(rows);
        assert!(!sync(&self.wallet.home, true).unwrap().new_allowance);
    }

    fn class(&self, class: ClassId) -> ClassView {
        let view = view::wallet(&self.wallet.home).unwrap();
        view.classes.into_iter().find(|row| row.class == class).unwrap()
    }

    /// Coin: usable, and usable without a network.
    fn coin(&self) -> (u64, u64) {
        let coin = self.class(COIN);
        (coin.usable.units(), coin.offline.units())
    }

    /// Pays in coin alone.
    fn paid(&self, amount: u32) -> PaidReceipt {
        let home = &self.wallet.home;
        let total = Amount::of(amount);
        let quote = pay::quote(
            home,
            &shop(home, &self.sheet),
            total,
            &Choice::ByHand(vec![(COIN, total)]),
            false,
        );
        let prepared = pay::prepare(home, &quote.unwrap(), Gate::PIN).unwrap();
        let key = gate::open(home, &Pin::parse(PIN).unwrap()).unwrap();
        pay::confirm(home, prepared, &key).unwrap()
    }
}

/// F282: the balances are from before the allowance, or from after it: what can be used is the same.
#[test]
fn an_allowance_the_page_does_not_know_is_counted_once() {
    let scene = Scene::new();
    scene.told(20_000, 0, &[]);
    assert_eq!(scene.coin(), (20_000, 10_000));
    let _ = scene.paid(2_500);
    assert_eq!(scene.coin(), (17_500, 7_500), "at once");
    // The payment goes up, and the page knows of both.
    scene.told(17_500, 7_500, &[scene.own()]);
    assert_eq!(scene.coin(), (17_500, 7_500));
}

/// F282: what another phone of the account holds is not this one's to use, whatever this one pays.
#[test]
fn what_another_phone_holds_is_not_shown() {
    let scene = Scene::new();
    let other = Ref([9; 16]);
    scene.told(20_000, 15_000, &[scene.own(), other]);
    assert_eq!(scene.coin(), (15_000, 10_000));
    let _ = scene.paid(2_500);
    assert_eq!(scene.coin(), (12_500, 7_500), "while it waits");
    // The server takes its time over the payment: it is spent all the same.
    scene.server.desk().answers = |_| AnswerItem::Parked(ParkReason::Newer);
    scene.told(20_000, 15_000, &[scene.own(), other]);
    assert_eq!(scene.coin(), (12_500, 7_500), "while it is parked");
    scene.server.desk().answers = honest;
    scene.told(17_500, 12_500, &[scene.own(), other]);
    assert_eq!(scene.coin(), (12_500, 7_500));
    assert_eq!(scene.class(POINTS).usable.units(), 5_000);
    // The other phone gives its own back.
    scene.told(17_500, 7_500, &[scene.own()]);
    assert_eq!(scene.coin(), (17_500, 7_500));
}

/// F282, T17: a payment that the shop refused is back the moment the refusal is scanned, and a second scan gives
/// nothing more.
#[test]
fn a_refused_payment_is_usable_again() {
    let scene = Scene::new();
    scene.told(20_000, 10_000, &[scene.own()]);
    let till = scene.town.till(&scene.folder.path().join("till"), SHOP, MARK);
    let receipt = scene.paid(3_500);
    assert_eq!(scene.coin(), (16_500, 6_500));
    let refusal = answer(&till.home, &receipt.full).unwrap().refusal.unwrap();
    for _ in 0..2 {
        pay::take_refusal(&scene.wallet.home, &refusal).unwrap();
        assert_eq!(scene.coin(), (20_000, 10_000));
    }
}

/// F282, T19: a snapshot that stops before its last page: what was shown is still shown, and is as old as before.
/// Only its last page takes away what it does not repeat.
#[test]
fn half_a_snapshot_takes_nothing_away() {
    let scene = Scene::new();
    scene.told(20_000, 10_000, &[scene.own()]);
    let before = view::wallet(&scene.wallet.home).unwrap();
    assert_eq!((before.classes.len(), before.as_of), (3, Some(START)));
    scene.wallet.clock.pass(3_600);
    let first = Leaf {
        rows: vec![balance(COIN, 19_000, 10_000)],
        snapshot: true,
        more: true,
        ..Leaf::default()
    };
    scene
        .server
        .desk()
        .pages
        .extend([Ok(first), Err(NetworkError::Timeout)]);
    let stopped = sync(&scene.wallet.home, true);
    assert_eq!(stopped, Err(SyncError::Network(NetworkError::Timeout)));
    let Scene {
        town, server, wallet, ..
    } = scene;
    let wallet = server.connected(&town, wallet);
    let half = view::wallet(&wallet.home).unwrap();
    assert_eq!(half.as_of, before.as_of);
    let usable = |view: &WalletView| -> Vec<u64> { view.classes.iter().map(|row| row.usable.units()).collect() };
    assert_eq!(
        (usable(&before), usable(&half)),
        (vec![20_000, 5_000, 3_000], vec![19_000, 5_000, 3_000])
    );

    let coin = ClassRow {
        class: COIN,
        service_type: ServiceType::Money.number(),
        name: "巾着コイン".to_owned(),
    };
    let last = Leaf {
        rows: vec![
            row_of(Table::Class, to_bytes(&COIN), to_bytes(&coin)),
            open_allowance(in_use(&wallet).unwrap().to_ref()),
        ],
        snapshot: true,
        ..Leaf::default()
    };
    server.desk().pages.push_back(Ok(last));
    assert!(!sync(&wallet.home, true).unwrap().new_allowance);
    let whole = view::wallet(&wallet.home).unwrap();
    assert_eq!((usable(&whole), whole.as_of), (vec![19_000], Some(START.after(3_600))));
}
