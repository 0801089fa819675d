//! The stores and the lane: the same history in both databases, who may write, and what a
//! lost answer or a second process can do.

use crate::on_both;
use crate::support;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::support::database::Fresh;
use crate::support::wallet::Wallet;
use crate::support::{MONEY, START, Shop, TOWN, VOUCHER, World, day, signers};
use kinchaku_protocol::doc::FactKind;
use kinchaku_protocol::ids::{DocId, Pid};
use kinchaku_server::command::{Action, CommandError, Outcome, TownRules};
use kinchaku_server::lane::Lane;
use kinchaku_server::ledger::rows::{CounterRow, FactRow, TABLES};
use kinchaku_server::query::Reader;
use kinchaku_server::store::table::{Column, Table, Value};
use kinchaku_server::store::{Answer, Lease, Query, Store, StoreError, Which, Write};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

type Db = Arc<dyn Store>;

/// One seeded history through a lane: payments, forks, shops' words, closes, refreshes, jobs.
async fn live(world: &mut World, seed: u64) {
    let mut runner = runner(seed);
    let mut wallets: Vec<Wallet> = Vec::new();
    for number in 0..3 {
        let wallet = world.resident().await;
        for lot in 0..3 {
            let until = (lot > 0).then(|| day(2 + 20 * lot + number));
            let class = if lot == 1 { VOUCHER } else { MONEY };
            world.credit(wallet.account, class, 1_000 + 700 * lot, until).await;
        }
        wallets.push(wallet);
    }
    let (a, b) = (Shop::new(11), Shop::new(12));
    for _ in 0..30 {
        world.now = world.now.after(any_of(&mut runner, 0..40_000));
        let wallet = &mut wallets[usize::try_from(any_of(&mut runner, 0..3)).unwrap()];
        let shop = if any_of(&mut runner, 0..2) == 0 { &a } else { &b };
        let what = any_of(&mut runner, 0..10);
        if wallet.allowance.is_none() || what == 0 {
            let _ = world.issue(wallet).await;
            continue;
        }
        if what == 1 {
            world.run(Action::Lapse).await.unwrap();
            world.run(Action::Expire).await.unwrap();
            continue;
        }
        let line = u8::try_from(any_of(&mut runner, 0..2)).unwrap();
        let amount = u32::try_from(any_of(&mut runner, 1..900)).unwrap();
        let fork = any_of(&mut runner, 0..6) == 0;
        let paid = if fork {
            wallet.branch(
                wallet.seq.max(1),
                wallet.allowance().to_ref(),
                shop.pid,
                &[(line, amount)],
                world.now,
            )
        } else {
            wallet.pays_parts(shop.pid, &[(line, amount)])
        };
        let said = match any_of(&mut runner, 0..6) {
            0 => shop.refuses(paid.reference),
            1 => shop.cancels(paid.reference),
            2 => shop.relays(paid.reference),
            _ => shop.accepts(paid.reference),
        };
        match any_of(&mut runner, 0..4) {
            0 => drop(world.upload(&[&paid.bytes]).await),
            1 => drop(world.upload(&[&said, &paid.bytes]).await),
            2 => drop(world.upload(&[&said]).await),
            _ => drop(world.upload(&[&paid.bytes, &said, &paid.bytes]).await),
        }
    }
    world.now = world.now.after(40 * 86_400);
    world.run(Action::Lapse).await.unwrap();
    world.run(Action::Expire).await.unwrap();
}

fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

fn any_of(runner: &mut TestRunner, range: std::ops::Range<u64>) -> u64 {
    range.new_tree(runner).unwrap().current()
}

/// Every row of every table, to the byte.
async fn dump(store: &Db) -> Vec<Vec<Vec<Value>>> {
    let all = TABLES
        .iter()
        .map(|table| Query {
            table,
            which: Which::All,
        })
        .collect();
    store.load(TOWN, all).await.unwrap()
}

async fn one_history(fresh: &Fresh, seed: u64) -> (String, Vec<Vec<Vec<Value>>>) {
    let mut world = World::new(fresh.store.clone()).await;
    live(&mut world, seed).await;
    let state = world.sound().await;
    world.lane.drain().await;
    (state, dump(&fresh.store).await)
}

/// The same history gives the same books, row by row and fact by fact, in SQLite twice and in PostgreSQL.
#[tokio::test]
async fn the_same_history_gives_the_same_rows_in_every_database() {
    let rounds = std::env::var("KINCHAKU_HISTORIES")
        .ok()
        .and_then(|text| text.parse().ok())
        .map_or(16, |n: u64| n / 6);
    for seed in 0..rounds {
        let first = one_history(&support::database::sqlite().await, seed).await;
        let again = one_history(&support::database::sqlite().await, seed).await;
        assert_eq!(first, again, "seed {seed}");
        assert!(
            first.1.iter().map(Vec::len).sum::<usize>() > 200,
            "a history worth the name"
        );
        if let Some(fresh) = support::database::postgres(&format!("history_{seed}")).await {
            let other = one_history(&fresh, seed).await;
            assert_eq!(first.0, other.0, "seed {seed}");
            for ((def, mine), theirs) in TABLES.iter().zip(&first.1).zip(&other.1) {
                assert_eq!(mine, theirs, "seed {seed}, table {}", def.name);
            }
        }
    }
}

on_both!(
    whoever_lost_the_lane_writes_nothing,
    a_store_gives_back_what_was_written,
    many_at_once_are_one_commit_each_answered,
    a_commit_whose_answer_is_lost_is_answered_all_the_same,
    a_drained_lane_has_finished_and_takes_nothing_more,
    towns_in_one_database_do_not_see_each_other,
);

fn counter(name: &str, value: u64) -> Write {
    let row = CounterRow {
        name: name.to_owned(),
        value,
    };
    Write {
        table: CounterRow::DEF,
        rows: vec![row.to_values()],
    }
}

/// The epoch of the lease is in every commit.
async fn whoever_lost_the_lane_writes_nothing(db: Db) {
    let first = db.lease(TOWN, "first".to_owned()).await.unwrap();
    db.commit(TOWN, first, vec![counter("x", 1)]).await.unwrap();
    db.release(TOWN, first).await.unwrap();
    let second = db.lease(TOWN, "second".to_owned()).await.unwrap();
    assert!(second.epoch > first.epoch);
    let refused = db.commit(TOWN, first, vec![counter("x", 2)]).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost)));
    assert!(matches!(db.renew(TOWN, first).await, Err(StoreError::LeaseLost)));
    db.renew(TOWN, second).await.unwrap();
    let all = Query {
        table: CounterRow::DEF,
        which: Which::All,
    };
    let rows = db.load(TOWN, vec![all]).await.unwrap();
    assert_eq!(rows, [vec![vec![Value::Text("x".to_owned()), Value::Int(1)]]]);
}

async fn a_store_gives_back_what_was_written(db: Db) {
    let lease = db.lease(TOWN, "test".to_owned()).await.unwrap();
    let fact = |number, doc: &[u8]| FactRow {
        number,
        subject: DocId([u8::try_from(number % 7).unwrap(); 32]),
        kind: FactKind::Posted,
        doc: doc.to_vec(),
    };
    let large: u64 = 9_007_199_254_740_993;
    let facts = [fact(1, b""), fact(2, &[0, 255, 34, 39]), fact(large, &[7; 5_000])];
    let texts = ["", "\"quoted\" 'and' \\", "三鷹 \u{1f361}\n\t", "{}[],null"];
    let counters: Vec<CounterRow> = texts
        .iter()
        .map(|text| CounterRow {
            name: (*text).to_owned(),
            value: 5,
        })
        .collect();
    let writes = vec![
        Write {
            table: FactRow::DEF,
            rows: facts.iter().map(Table::to_values).collect(),
        },
        Write {
            table: CounterRow::DEF,
            rows: counters.iter().map(Table::to_values).collect(),
        },
    ];
    db.commit(TOWN, lease, writes).await.unwrap();
    let ask = |column: &'static str, values: Vec<Value>| Query {
        table: FactRow::DEF,
        which: Which::Among(column, values, None),
    };
    let loaded = db
        .load(
            TOWN,
            vec![
                ask("number", vec![large.to_value(), 2_u64.to_value(), 77_u64.to_value()]),
                ask("subject", vec![facts[0].subject.to_value()]),
                Query {
                    table: FactRow::DEF,
                    which: Which::UpTo("number", 2, "kind = 0"),
                },
                Query {
                    table: CounterRow::DEF,
                    which: Which::All,
                },
            ],
        )
        .await
        .unwrap();
    assert_eq!(loaded[0], [facts[1].to_values(), facts[2].to_values()]);
    assert_eq!(loaded[1], [facts[0].to_values()]);
    assert_eq!(loaded[2], [facts[0].to_values(), facts[1].to_values()]);
    let names: BTreeSet<&Value> = loaded[3].iter().map(|row| &row[0]).collect();
    assert_eq!(names.len(), texts.len());
    // A row with a key that is there replaces it.
    let changed = FactRow {
        doc: vec![1],
        ..facts[0].clone()
    };
    let write = Write {
        table: FactRow::DEF,
        rows: vec![changed.to_values()],
    };
    db.commit(TOWN, lease, vec![write]).await.unwrap();
    let loaded = db
        .load(TOWN, vec![ask("number", vec![1_u64.to_value()])])
        .await
        .unwrap();
    assert_eq!(loaded[0], [changed.to_values()]);
}

async fn many_at_once_are_one_commit_each_answered(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(30_000).await;
    let paid: Vec<_> = (0..60).map(|number| wallet.pays(world.a.pid, 100 + number)).collect();
    let mut waiting = tokio::task::JoinSet::new();
    for payment in &paid {
        for bytes in [payment.bytes.clone(), world.a.relays(payment.reference)] {
            let lane = world.lane.clone();
            let now = world.now;
            waiting.spawn(async move {
                let action = Action::Upload(vec![support::item(&bytes)]);
                lane.run(kinchaku_server::command::Command { now, action }).await
            });
        }
    }
    let answers = waiting.join_all().await;
    assert!(answers.iter().all(Result::is_ok));
    let total: i64 = (0..60).map(|number| 100 + number).sum();
    assert_eq!(world.owed(world.a.pid).await, total);
    world.sound().await;
}

/// Writes, and then says that it failed; or fails before it writes. Each so many times.
struct Unreliable {
    inner: Db,
    lies: std::sync::atomic::AtomicU32,
    fails: std::sync::atomic::AtomicU32,
}

impl Unreliable {
    fn due(count: &std::sync::atomic::AtomicU32) -> bool {
        use std::sync::atomic::Ordering::SeqCst;
        count.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok()
    }

    fn failed() -> StoreError {
        StoreError::Failed {
            what: "the connection broke".to_owned(),
        }
    }
}

impl Store for Unreliable {
    fn load(&self, town: kinchaku_server::command::Town, queries: Vec<Query>) -> Answer<'_, Vec<Vec<Vec<Value>>>> {
        self.inner.load(town, queries)
    }

    fn read(&self, town: kinchaku_server::command::Town, queries: Vec<Query>) -> Answer<'_, Vec<Vec<Vec<Value>>>> {
        self.inner.read(town, queries)
    }

    fn report(
        &self,
        town: kinchaku_server::command::Town,
        sql: &'static str,
        parameters: Vec<Value>,
    ) -> Answer<'_, Vec<Vec<Value>>> {
        self.inner.report(town, sql, parameters)
    }

    fn commit(&self, town: kinchaku_server::command::Town, lease: Lease, writes: Vec<Write>) -> Answer<'_, ()> {
        Box::pin(async move {
            if Self::due(&self.fails) {
                return Err(Self::failed());
            }
            self.inner.commit(town, lease, writes).await?;
            if Self::due(&self.lies) {
                Err(Self::failed())
            } else {
                Ok(())
            }
        })
    }

    fn lease(&self, town: kinchaku_server::command::Town, holder: String) -> Answer<'_, Lease> {
        self.inner.lease(town, holder)
    }

    fn renew(&self, town: kinchaku_server::command::Town, lease: Lease) -> Answer<'_, ()> {
        self.inner.renew(town, lease)
    }

    fn release(&self, town: kinchaku_server::command::Town, lease: Lease) -> Answer<'_, ()> {
        self.inner.release(town, lease)
    }
}

/// T10: every kind of command, each answer lost once after the commit.
async fn a_commit_whose_answer_is_lost_is_answered_all_the_same(db: Db) {
    let unreliable = Arc::new(Unreliable {
        inner: db,
        lies: 0.into(),
        fails: 0.into(),
    });
    let mut world = World::new(unreliable.clone()).await;
    let lose = || {
        unreliable.lies.store(1, std::sync::atomic::Ordering::SeqCst);
        unreliable.fails.store(1, std::sync::atomic::Ordering::SeqCst);
    };
    lose();
    let mut wallet = world.resident().await;
    lose();
    world.credit(wallet.account, MONEY, 5_000, None).await;
    lose();
    world.issue(&mut wallet).await.unwrap();
    let paid = wallet.pays(world.a.pid, 1_000);
    lose();
    let first = world.upload(&[&paid.bytes, &world.a.cancels(paid.reference)]).await;
    assert_eq!(
        world.upload(&[&paid.bytes, &world.a.cancels(paid.reference)]).await,
        first
    );
    let next = wallet.pays(world.a.pid, 700);
    world.upload(&[&next.bytes]).await;
    lose();
    world.issue(&mut wallet).await.unwrap();
    assert_eq!(wallet.allowance().lines[0].amount.units(), 4_300);
    assert_eq!(world.owed(world.a.pid).await, 700);
    let lines = world.reader.trial_balance().await.unwrap();
    assert!(lines.iter().all(|line| line.sum.units().abs() <= 5_000), "charged once");
    // Where the database stays away, the caller hears that and nothing is half done.
    unreliable.fails.store(100, std::sync::atomic::Ordering::SeqCst);
    let failed = world.run(Action::Expire).await;
    assert!(
        matches!(failed, Ok(Outcome::Ended(0))),
        "nothing to write is no failure"
    );
    let late = wallet.pays(world.a.pid, 10);
    let upload = Action::Upload(vec![support::item(&late.bytes)]);
    assert_eq!(world.run(upload).await, Err(CommandError::Unavailable));
    unreliable.fails.store(0, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(world.fact(&late.bytes).await.kind, FactKind::Posted);
    world.sound().await;
}

async fn a_drained_lane_has_finished_and_takes_nothing_more(db: Db) {
    let mut world = World::new(db).await;
    let wallet = world.resident().await;
    let credit = Action::Credit(kinchaku_server::command::Credit {
        key: "last".to_owned(),
        account: wallet.account,
        class: MONEY,
        amount: kinchaku_protocol::money::Amount::of(5),
        until: None,
        set: kinchaku_protocol::ids::SetId::ANYWHERE,
    });
    let (done, ()) = tokio::join!(world.run(credit.clone()), world.lane.drain());
    assert!(matches!(
        done,
        Ok(Outcome::Credited { .. }) | Err(CommandError::Unavailable)
    ));
    assert_eq!(world.run(credit.clone()).await, Err(CommandError::Unavailable));
    // The next lane finds the lease free at once.
    let next = Lane::start(
        world.store.clone(),
        TOWN,
        Arc::new(signers()),
        TownRules::default(),
        "next".to_owned(),
    );
    let command = kinchaku_server::command::Command {
        now: START,
        action: credit,
    };
    assert!(next.run(command).await.is_ok());
    assert!(next.keeps() && !world.lane.keeps());
}

/// In PostgreSQL, where several processes may serve: a second one waits, and refuses meanwhile.
#[tokio::test]
async fn a_lane_without_the_lease_refuses_and_waits() {
    let Some(fresh) = support::database::postgres("lease").await else {
        return;
    };
    let other = fresh.store.lease(TOWN, "other".to_owned()).await.unwrap();
    let rules = TownRules::default();
    let lane = Lane::start(fresh.store.clone(), TOWN, Arc::new(signers()), rules, "mine".to_owned());
    let command = kinchaku_server::command::Command {
        now: START,
        action: Action::Lapse,
    };
    assert_eq!(lane.run(command.clone()).await, Err(CommandError::Unavailable));
    assert!(!lane.keeps());
    fresh.store.release(TOWN, other).await.unwrap();
    while lane.run(command.clone()).await.is_err() {}
    assert!(lane.keeps());
    assert!(matches!(
        fresh.store.renew(TOWN, other).await,
        Err(StoreError::LeaseLost)
    ));
    lane.drain().await;
    // Waiting lanes can be told to end, too.
    fresh.store.lease(TOWN, "other".to_owned()).await.unwrap();
    let lane = Lane::start(
        fresh.store.clone(),
        TOWN,
        Arc::new(signers()),
        TownRules::default(),
        "mine".to_owned(),
    );
    lane.drain().await;
    assert_eq!(lane.run(command).await, Err(CommandError::Unavailable));
}

async fn towns_in_one_database_do_not_see_each_other(db: Db) {
    let mut world = World::new(db.clone()).await;
    let mut wallet = world.payer(1_000).await;
    let paid = wallet.pays(world.a.pid, 600);
    let world = world.moved_to(kinchaku_server::command::Town { muni: 1 }).await;
    let answers = world.upload(&[&paid.bytes]).await;
    let waiting = kinchaku_protocol::doc::ParkReason::Waiting;
    assert_eq!(answers, [kinchaku_protocol::doc::AnswerItem::Parked(waiting)]);
    assert_eq!(world.reader.device(wallet.device).await.unwrap(), None);
    let other = Reader::new(db, TOWN);
    assert_eq!(other.payable(Pid([11; 8])).await.unwrap(), []);
    assert_eq!(
        other.device(wallet.device).await.unwrap().unwrap().account,
        Some(wallet.account)
    );
    // Once the allowance is there, what was parked is decided.
    let world = world.moved_to(TOWN).await;
    assert_eq!(world.fact(&paid.bytes).await.kind, FactKind::Posted);
}
