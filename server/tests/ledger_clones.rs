//! Cloned wallets: what the shops that checked are paid, what it costs, and who is stopped.

use crate::on_both;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::support::wallet::Wallet;
use crate::support::{MONEY, World, key};
use kinchaku_protocol::doc::field::Bytes;
use kinchaku_protocol::doc::{Assurance, Bulletin, Fact, FactKind, Page, Reason, Received, Role, Verdict};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::caps::{self, SoFar};
use kinchaku_protocol::signature::Signer;
use kinchaku_protocol::time::DAY_SECONDS;
use kinchaku_server::command::{Action, CommandError, Invitee, NewDevice, Outcome, Stop};
use kinchaku_server::store::Store;

type Db = Arc<dyn Store>;

on_both!(
    both_shops_of_a_fork_are_paid_in_all_24_orders,
    five_old_allowances_cost_no_more_than_the_caps,
    a_shop_that_relays_more_than_a_whole_reserve_is_paid_one_reserve,
    blind_acceptances_beyond_the_caps_are_not_guaranteed,
    of_branches_nobody_saw_one_is_paid,
    a_broken_chain_is_kept_as_evidence_and_stops_nobody,
    a_lost_phone_is_named_and_the_account_goes_on,
);

async fn bulletin(world: &World) -> Bulletin {
    let bytes = world.reader.bulletin().await.unwrap().unwrap();
    (*Received::<Bulletin>::read(&bytes)
        .unwrap()
        .verify(&key(103).public_key())
        .unwrap())
    .clone()
}

async fn first_page(world: &World, device: kinchaku_protocol::ids::Ref) -> Page {
    let device = world.reader.device(device).await.unwrap().unwrap();
    world
        .reader
        .page(&device, &[], Bytes(vec![1]), world.now)
        .await
        .unwrap()
}

/// T6, T7: an intent at seq 5, other bytes with the same counter, and both shops' word.
async fn both_shops_of_a_fork_are_paid_in_all_24_orders(db: Db) {
    let mut world = World::new(db).await;
    let mut states = BTreeSet::new();
    for number in 0..24_u64 {
        world = world
            .moved_to(kinchaku_server::command::Town { muni: 500 + number })
            .await;
        let mut wallet = world.payer(10_000).await;
        for _ in 0..4 {
            let paid = wallet.pays(world.a.pid, 100);
            world.upload(&[&paid.bytes]).await;
        }
        let epoch = bulletin(&world).await.epoch;
        let clone = wallet.branch(5, wallet.head, world.b.pid, &[(0, 2_000)], world.now);
        let paid = wallet.pays(world.a.pid, 3_000);
        let mut documents = vec![
            paid.bytes.clone(),
            clone.bytes.clone(),
            world.a.accepts(paid.reference),
            world.b.accepts(clone.reference),
        ];
        let mut left = usize::try_from(number).unwrap();
        for size in (1..=4).rev() {
            let document = documents.remove(left % size);
            left /= size;
            world.upload(&[&document]).await;
        }
        assert_eq!(
            (world.owed(world.a.pid).await, world.owed(world.b.pid).await),
            (3_400, 2_000)
        );
        let page = first_page(&world, wallet.device).await;
        let kinds = page
            .facts
            .iter()
            .map(|fact| Received::<Fact>::read(&fact.0).unwrap().claims().kind);
        assert_eq!(kinds.filter(|kind| *kind == FactKind::Fork).count(), 1, "one proof");
        let now = bulletin(&world).await;
        assert_eq!(now.epoch, epoch + 1, "one step for one holder");
        assert!(now.stops(&wallet.allowance().holder));
        assert_eq!(world.lost().await, 0, "the reserve held both");
        states.insert(world.sound().await);
    }
    assert_eq!(states.len(), 1);
}

/// T7: a device that keeps every certificate it had, and spends each at three shops in a day.
async fn five_old_allowances_cost_no_more_than_the_caps(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(50_000).await;
    let mut kept = Vec::new();
    loop {
        kept.push(wallet.allowance().clone());
        assert!(kept.len() <= 3, "the window's allowances");
        // A payment that stays away keeps the allowance from counting as given back.
        wallet.pays(world.a.pid, 1);
        world.credit(wallet.account, MONEY, 50_000, None).await;
        if let Err(error) = world.issue(&mut wallet).await {
            assert!(matches!(error, CommandError::TooManyAllowances { .. }));
            break;
        }
    }
    assert_eq!(kept.len(), 3, "the window's allowances");
    let limits = kept[0].limits.clone();
    let mut taken = Vec::new();
    for shop in [&world.a, &world.b] {
        let mut so_far = SoFar::default();
        for allowance in &kept {
            let mut clone = Wallet::new(wallet.account, wallet.device, key(22), key(23));
            clone.take(allowance.bytes());
            for _ in 0..3 {
                let amount = Amount::of(2_500);
                if caps::blind(&limits, so_far, amount, 1).is_ok() {
                    let paid = clone.pays(shop.pid, 2_500);
                    taken.push((paid.bytes, shop.accepts(paid.reference)));
                    so_far.shop_day = so_far.shop_day.plus(amount).unwrap();
                    so_far.holder = so_far.holder.plus(amount).unwrap();
                }
            }
        }
        assert_eq!(
            so_far.shop_day, limits.per_shop_day,
            "a shop stops at its day's cap for the holder"
        );
    }
    for (intent, seen) in &taken {
        world.upload(&[intent, seen]).await;
    }
    assert_eq!(
        (world.owed(world.a.pid).await, world.owed(world.b.pid).await),
        (5_000, 5_000)
    );
    assert!(world.lost().await <= 2 * limits.per_shop_day.units());
    world.sound().await;
}

/// A colluding shop gains one reserve at most, however many branches it relays.
async fn a_shop_that_relays_more_than_a_whole_reserve_is_paid_one_reserve(db: Db) {
    let mut world = World::new(db).await;
    let wallet = world.payer(20_000).await;
    for amount in 0..6 {
        let branch = wallet.branch(1, wallet.head, world.a.pid, &[(0, 9_000 + amount)], world.now);
        world.upload(&[&branch.bytes, &world.a.relays(branch.reference)]).await;
    }
    let owed = world.owed(world.a.pid).await;
    assert!((18_000..=20_000).contains(&owed), "{owed}");
    assert_eq!(world.lost().await, 0);
    world.sound().await;
}

async fn blind_acceptances_beyond_the_caps_are_not_guaranteed(db: Db) {
    let mut world = World::new(db).await;
    let wallet = world.payer(20_000).await;
    for amount in 0..6 {
        let branch = wallet.branch(1, wallet.head, world.a.pid, &[(0, 2_000 + amount)], world.now);
        world.upload(&[&branch.bytes, &world.a.accepts(branch.reference)]).await;
    }
    let owed = world.owed(world.a.pid).await;
    assert!((4_000..=5_000).contains(&owed), "{owed}");
    let large = wallet.branch(2, wallet.head, world.b.pid, &[(0, 3_001)], world.now);
    let too_late = world.b.seen(large.reference, Verdict::Accepted, Assurance::Blind);
    world.upload(&[&large.bytes, &too_late]).await;
    let fact = world.fact(&large.bytes).await;
    assert_eq!(fact.kind, FactKind::Posted, "not guaranteed, but the reserve holds it");
    world.sound().await;
}

async fn of_branches_nobody_saw_one_is_paid(db: Db) {
    let mut world = World::new(db).await;
    let wallet = world.payer(20_000).await;
    let mut branches = Vec::new();
    for amount in 0..4 {
        let branch = wallet.branch(1, wallet.head, world.a.pid, &[(0, 1_000 + amount)], world.now);
        world.upload(&[&branch.bytes]).await;
        branches.push(branch);
    }
    branches.sort_by_key(|branch| branch.intent.id());
    for (at, branch) in branches.iter().enumerate() {
        let fact = world.fact(&branch.bytes).await;
        assert_eq!(fact.kind == FactKind::Posted, at == 0, "the lowest id stands");
        if at > 0 {
            assert_eq!(fact.reason, Reason::ForkBranch);
        }
    }
    assert_eq!(
        world.owed(world.a.pid).await,
        i64::try_from(branches[0].intent.total().unwrap().units()).unwrap()
    );
    world.sound().await;
}

async fn a_broken_chain_is_kept_as_evidence_and_stops_nobody(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(20_000).await;
    let first = wallet.pays(world.a.pid, 500);
    let elsewhere = wallet.branch(
        2,
        kinchaku_protocol::ids::Ref([7; 16]),
        world.a.pid,
        &[(0, 600)],
        world.now,
    );
    world.upload(&[&first.bytes, &elsewhere.bytes]).await;
    assert_eq!(world.fact(&elsewhere.bytes).await.kind, FactKind::Posted);
    assert!(!bulletin(&world).await.stops(&wallet.allowance().holder));
    world.sound().await;
}

/// T8: the old phone's pseudonym is stopped, a new phone works at once from what is not reserved.
async fn a_lost_phone_is_named_and_the_account_goes_on(db: Db) {
    let mut world = World::new(db).await;
    let lost = world.payer(20_000).await;
    world.run(Action::Revoke(Stop::Device(lost.device))).await.unwrap();
    assert!(bulletin(&world).await.stops(&lost.allowance().holder));
    let refused = Action::IssueAllowance {
        device: lost.device,
        close: None,
        at_most: None,
    };
    assert_eq!(world.run(refused).await, Err(CommandError::NoDevice));

    let invite = Action::Invite {
        code_hash: [90; 32],
        invitee: Invitee::Account(lost.account),
    };
    world.run(invite).await.unwrap();
    let device = NewDevice {
        code_hash: [90; 32],
        role: Role::Wallet,
        sync_key: key(90).public_key(),
        pay_key: Some(key(91).public_key()),
        level: 1,
    };
    let Ok(Outcome::Device(bytes)) = world.run(Action::Enrol(device)).await else {
        panic!("not enrolled");
    };
    let device = Received::<kinchaku_protocol::doc::Device>::read(&bytes)
        .unwrap()
        .trusted()
        .to_ref();
    let mut new = Wallet::new(lost.account, device, key(90), key(91));
    assert_eq!(
        world.issue(&mut new).await,
        Err(CommandError::NothingToReserve),
        "all of it is held"
    );
    world.credit(lost.account, MONEY, 4_000, None).await;
    world.issue(&mut new).await.unwrap();
    assert_ne!(new.allowance().holder, lost.allowance().holder);
    assert_eq!(new.allowance().lines[0].amount.units(), 4_000);
    world.now = world.now.after(21 * DAY_SECONDS);
    assert_eq!(world.run(Action::Lapse).await, Ok(Outcome::Ended(2)));
    world.issue(&mut new).await.unwrap();
    assert_eq!(
        new.allowance().lines[0].amount.units(),
        24_000,
        "the old hold came back"
    );
    world.sound().await;
}
