//! What devices hear of the books: snapshots, changes, pages.

use crate::on_both;
use crate::support;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::support::wallet::Wallet;
use crate::support::{MONEY, VOUCHER, World, day, key, new_shop};
use kinchaku_protocol::doc::field::{Bytes, from_bytes};
use kinchaku_protocol::doc::{
    AccountRow, BalanceRow, Document, Fact, FactKind, HistoryRow, MAX_PAGE, Page, Received, SaleRow, ShopRow, Table,
};
use kinchaku_protocol::ids::{Pid, Ref};
use kinchaku_protocol::signature::Signer;
use kinchaku_server::command::{Action, NewShop, Stop};
use kinchaku_server::store::Store;

type Db = Arc<dyn Store>;

on_both!(
    a_new_device_gets_everything_and_then_only_changes,
    a_shop_hears_of_its_payments_alone,
    changes_add_up_to_what_a_snapshot_says,
    a_large_directory_comes_in_several_pages,
    a_stopped_holder_and_a_dead_shop_are_told,
);

/// What a device knows, as a wallet keeps it.
struct Copy {
    device: Ref,
    cursor: Vec<u8>,
    rows: BTreeMap<(u8, Vec<u8>), Vec<u8>>,
    facts: Vec<Vec<u8>>,
    pages: usize,
    snapshots: usize,
}

impl Copy {
    const fn new(device: Ref) -> Self {
        Self {
            device,
            cursor: Vec::new(),
            rows: BTreeMap::new(),
            facts: Vec::new(),
            pages: 0,
            snapshots: 0,
        }
    }

    /// Pulls until nothing more is there; gives the last page.
    async fn pull(&mut self, world: &World) -> Page {
        loop {
            let device = world.reader.device(self.device).await.unwrap().unwrap();
            let page = world
                .reader
                .page(&device, &self.cursor, Bytes(vec![9; 16]), world.now)
                .await
                .unwrap();
            assert_eq!(
                page.nonce,
                Some(Bytes(vec![9; 16])),
                "T5: an old page cannot be played back"
            );
            assert!(page.encode().len() <= MAX_PAGE);
            page.sign(&key(102)).unwrap();
            self.pages += 1;
            if page.snapshot == Some(true) {
                self.snapshots += 1;
                self.rows.clear();
            }
            for row in &page.rows {
                let key = (row.table.number(), row.key.0.clone());
                match &row.value {
                    Some(value) => drop(self.rows.insert(key, value.0.clone())),
                    None => drop(self.rows.remove(&key)),
                }
            }
            self.facts.extend(page.facts.iter().map(|fact| fact.0.clone()));
            self.cursor.clone_from(&page.cursor.0);
            if !page.more {
                return page;
            }
        }
    }

    fn of(&self, table: Table) -> Vec<&[u8]> {
        self.rows
            .iter()
            .filter(|((list, _), _)| *list == table.number())
            .map(|(_, value)| value.as_slice())
            .collect()
    }

    fn fact_kinds(&self) -> Vec<FactKind> {
        let read = |bytes: &Vec<u8>| {
            Received::<Fact>::read(bytes)
                .unwrap()
                .verify(&key(102).public_key())
                .unwrap()
                .kind
        };
        self.facts.iter().map(read).collect()
    }
}

async fn a_new_device_gets_everything_and_then_only_changes(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(5_000).await;
    let mut copy = Copy::new(wallet.device);
    let page = copy.pull(&world).await;
    assert_eq!((copy.snapshots, page.more), (1, false));
    assert_eq!(copy.of(Table::Class).len(), 3);
    assert_eq!(copy.of(Table::Shop).len(), 3);
    assert_eq!(copy.of(Table::Allowance), [wallet.allowance().bytes()]);
    let balance: BalanceRow = from_bytes(copy.of(Table::Balance)[0]).unwrap();
    assert_eq!(
        (balance.class, balance.remaining.units(), balance.held.units()),
        (MONEY, 5_000, 5_000)
    );
    assert_eq!((page.root.balance.units(), page.root.reserved.units()), (5_000, 5_000));
    let nothing = copy.pull(&world).await;
    assert!(nothing.rows.is_empty() && nothing.facts.is_empty());

    let paid = wallet.pays(world.a.pid, 1_500);
    world.upload(&[&paid.bytes]).await;
    let page = copy.pull(&world).await;
    assert_eq!(copy.snapshots, 1);
    assert_eq!(copy.fact_kinds(), [FactKind::Posted]);
    let tables: Vec<Table> = page.rows.iter().map(|row| row.table).collect();
    assert_eq!(tables, [Table::Balance, Table::Lot, Table::History]);
    let history: Vec<HistoryRow> = copy
        .of(Table::History)
        .into_iter()
        .map(|row| from_bytes(row).unwrap())
        .collect();
    let told: Vec<_> = history
        .iter()
        .map(|row| (row.operation, row.operation_id, row.amount.units()))
        .collect();
    assert_eq!(told, [(1, 3, 5_000), (2, 1, 1_500)], "F117");
    assert_eq!((page.root.balance.units(), page.root.reserved.units()), (3_500, 3_500));

    // A cursor that nobody gave out: from the start.
    for cursor in [vec![7], vec![1, 0xff, 0, 0, 0, 0, 0, 0, 0], vec![2, 0, 0]] {
        copy.cursor = cursor;
        copy.pull(&world).await;
    }
    assert_eq!(copy.snapshots, 4);
    world.upload(&[&wallet.closes().unwrap()]).await;
    copy.pull(&world).await;
    assert_eq!(copy.of(Table::Allowance).len(), 0, "gone once it is closed");
}

async fn a_shop_hears_of_its_payments_alone(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(5_000).await;
    let device = |seed: u8| {
        let signed = kinchaku_protocol::doc::Device {
            role: kinchaku_protocol::doc::Role::Shop,
            owner: Pid([seed; 8]),
            sync_key: key(seed).public_key(),
            window: vec![support::START, support::START.after(30 * 86_400)],
            level: 1,
        };
        signed.sign(&key(104)).unwrap().to_ref()
    };
    let mut a = Copy::new(device(11));
    let mut b = Copy::new(device(12));
    a.pull(&world).await;
    b.pull(&world).await;
    let first = wallet.pays(world.a.pid, 700);
    let second = wallet.pays(world.a.pid, 800);
    world
        .upload(&[&first.bytes, &second.bytes, &world.a.refuses(second.reference)])
        .await;
    a.pull(&world).await;
    let page = b.pull(&world).await;
    assert!(page.rows.is_empty() && page.facts.is_empty());
    assert_eq!((page.root.balance.units(), page.root.reserved.units()), (0, 0));
    let sales: Vec<SaleRow> = a
        .of(Table::Sale)
        .into_iter()
        .map(|row| from_bytes(row).unwrap())
        .collect();
    let mut told: Vec<_> = sales.iter().map(|row| (row.total.units(), row.status)).collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [(700, FactKind::Posted.number()), (800, FactKind::Reversed.number())]
    );
    assert!(sales.iter().all(|sale| a.facts.contains(&sale.fact.0)));
    assert!(
        a.of(Table::Balance).is_empty() && a.of(Table::History).is_empty(),
        "nobody's value"
    );
    let mut late = Copy::new(device(11));
    late.pull(&world).await;
    assert_eq!(late.of(Table::Sale), a.of(Table::Sale));
}

async fn changes_add_up_to_what_a_snapshot_says(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.resident().await;
    let mut copy = Copy::new(wallet.device);
    for round in 0..6_u32 {
        world
            .credit(wallet.account, VOUCHER, 500 + round, Some(day(4 + round)))
            .await;
        world.credit(wallet.account, MONEY, 900, None).await;
        if world.issue(&mut wallet).await.is_ok() {
            let paid = wallet.pays(world.a.pid, 300 + round);
            world.upload(&[&paid.bytes]).await;
            if round % 2 == 0 {
                world.upload(&[&world.a.cancels(paid.reference)]).await;
            }
        }
        if round % 3 == 1 {
            world
                .run(Action::AddShop(new_shop(30 + u8::try_from(round).unwrap())))
                .await
                .unwrap();
        }
        world.now = world.now.after(100_000);
        world.run(Action::Expire).await.unwrap();
        let page = copy.pull(&world).await;
        let mut fresh = Copy::new(wallet.device);
        let whole = fresh.pull(&world).await;
        assert_eq!(page.root, whole.root);
        assert_eq!(copy.rows, fresh.rows, "round {round}");
    }
    assert_eq!(copy.snapshots, 1);
}

async fn a_large_directory_comes_in_several_pages(db: Db) {
    let mut world = World::new(db).await;
    let wallet: Wallet = world.payer(5_000).await;
    let mut copy = Copy::new(wallet.device);
    copy.pull(&world).await;
    let mut waiting = tokio::task::JoinSet::new();
    for number in 0..400_u64 {
        let shop = NewShop {
            shop: Pid((1_000_000 + number).to_be_bytes()),
            name: "長い名前の店".repeat(60),
            ..new_shop(50)
        };
        let (lane, now) = (world.lane.clone(), world.now);
        waiting.spawn(async move {
            lane.run(kinchaku_server::command::Command {
                now,
                action: Action::AddShop(shop),
            })
            .await
            .unwrap()
        });
    }
    waiting.join_all().await;
    copy.pages = 0;
    copy.pull(&world).await;
    assert!(copy.pages > 1, "changes in pages");
    assert_eq!((copy.of(Table::Shop).len(), copy.snapshots), (403, 1));
    let mut fresh = Copy::new(wallet.device);
    fresh.pull(&world).await;
    assert!(fresh.pages > 1, "a snapshot in pages");
    assert_eq!((fresh.snapshots, &fresh.rows), (1, &copy.rows));
}

async fn a_stopped_holder_and_a_dead_shop_are_told(db: Db) {
    let mut world = World::new(db).await;
    let wallet = world.payer(5_000).await;
    let mut copy = Copy::new(wallet.device);
    copy.pull(&world).await;
    for amount in [100, 200] {
        let branch = wallet.branch(1, wallet.head, world.a.pid, &[(0, amount)], world.now);
        world.upload(&[&branch.bytes]).await;
    }
    world.run(Action::Revoke(Stop::Shop(world.b.pid, None))).await.unwrap();
    let page = copy.pull(&world).await;
    assert_eq!(page.epoch, world.reader.epoch().await.unwrap());
    assert_eq!(
        copy.fact_kinds().iter().filter(|kind| **kind == FactKind::Fork).count(),
        1
    );
    let mut fresh = Copy::new(wallet.device);
    fresh.pull(&world).await;
    assert!(
        fresh.fact_kinds().contains(&FactKind::Fork),
        "a snapshot has the proof too"
    );
    let account: AccountRow = from_bytes(copy.of(Table::Account)[0]).unwrap();
    assert!(account.stopped);
    let shops: Vec<ShopRow> = copy
        .of(Table::Shop)
        .into_iter()
        .map(|row| from_bytes(row).unwrap())
        .collect();
    assert!(!shops.iter().any(|shop| shop.shop == world.b.pid));
}
