//! What the documents of an allowance prove, what a shop that asks is told then, and who is no longer heard.

use crate::on_both;
use crate::support;
use std::sync::Arc;

use crate::support::wallet::Wallet;
use crate::support::{MARK, TOWN, World, key};
use kinchaku_protocol::doc::{
    AnswerItem, Assurance, Bulletin, Close, Device, Document, FactKind, ParkReason, Reason, Received, Role, Seen,
    Verdict,
};
use kinchaku_protocol::ids::{Pid, Ref};
use kinchaku_protocol::signature::Signer;
use kinchaku_protocol::time::DAY_SECONDS;
use kinchaku_server::command::{Action, CommandError, Invitee, NewDevice, Outcome, Stop};
use kinchaku_server::ledger::rows::{ForkRow, Proof};
use kinchaku_server::store::table::Table;
use kinchaku_server::store::{Query, Store, Which};

type Db = Arc<dyn Store>;

on_both!(
    relays_at_several_shops_share_one_reserve,
    more_than_the_reserve_accepted_blind_stops_the_holder,
    a_stopped_holder_is_told_no_where_the_shop_asks,
    after_the_end_of_a_hold_a_shop_that_asks_is_told_no,
    a_counter_above_the_close_stops_the_holder,
    a_stopped_device_is_not_heard_but_what_it_said_stays,
    a_dead_shop_is_paid_for_what_it_sold_before_alone,
    branches_without_end_are_not_kept,
    a_counter_no_wallet_reaches_is_a_fault,
    a_stop_names_all_that_lives_and_forgets_what_is_over,
    what_is_given_back_does_not_count,
    a_reason_that_changes_is_told_by_a_later_fact,
    time_never_goes_back_in_the_books,
    a_stopped_phone_gets_no_good_allowance_again,
    a_bulletin_is_signed_once,
    the_day_of_a_blind_acceptance_is_the_shops,
);

async fn bulletin(world: &World) -> Bulletin {
    let bytes = world.reader.bulletin().await.unwrap().unwrap();
    let read = Received::<Bulletin>::read(&bytes).unwrap();
    (*read.verify(&key(103).public_key()).unwrap()).clone()
}

fn reference(device: &[u8]) -> Ref {
    Received::<Device>::read(device).unwrap().trusted().to_ref()
}

async fn stopped(world: &World, wallet: &Wallet) -> bool {
    bulletin(world).await.stops(&wallet.allowance().holder)
}

async fn proofs(world: &World) -> Vec<Proof> {
    let query = Query {
        table: ForkRow::DEF,
        which: Which::All,
    };
    let rows = world.store.load(TOWN, vec![query]).await.unwrap().remove(0);
    rows.iter()
        .map(|row| ForkRow::from_values(row).unwrap().proof)
        .collect()
}

async fn said(world: &World, document: &[u8]) -> (FactKind, Reason) {
    let fact = world.fact(document).await;
    (fact.kind, fact.reason)
}

/// T7: each shop has a network and asks; together they are told yes for one reserve.
async fn relays_at_several_shops_share_one_reserve(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(10_000).await;
    let first = wallet.pays(world.a.pid, 10_000);
    let second = wallet.pays(world.b.pid, 10_000);
    world.upload(&[&first.bytes, &world.a.relays(first.reference)]).await;
    world.upload(&[&second.bytes, &world.b.relays(second.reference)]).await;
    assert_eq!(said(&world, &first.bytes).await, (FactKind::Posted, Reason::None));
    let no = (FactKind::Rejected, Reason::OverReserve);
    assert_eq!(said(&world, &second.bytes).await, no);
    assert_eq!(world.lost().await, 0);
    world.sound().await;
}

/// T7: what shops accepted unasked is paid, and proves that the wallet is none of ours.
async fn more_than_the_reserve_accepted_blind_stops_the_holder(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(4_000).await;
    let first = wallet.pays(world.a.pid, 3_000);
    let second = wallet.pays(world.b.pid, 3_000);
    world.upload(&[&first.bytes, &world.a.relays(first.reference)]).await;
    assert!(!stopped(&world, &wallet).await);
    world.upload(&[&second.bytes, &world.b.accepts(second.reference)]).await;
    assert_eq!(
        said(&world, &first.bytes).await,
        (FactKind::Posted, Reason::None),
        "whoever was told yes keeps it"
    );
    assert_eq!(said(&world, &second.bytes).await, (FactKind::Posted, Reason::None));
    assert_eq!(world.lost().await, 2_000);
    assert_eq!(proofs(&world).await, [Proof::OverReserve]);
    assert!(stopped(&world, &wallet).await);
    world.sound().await;
}

async fn a_stopped_holder_is_told_no_where_the_shop_asks(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(10_000).await;
    let before = wallet.pays(world.a.pid, 1_000);
    world.upload(&[&before.bytes]).await;
    let stop = Action::Revoke(Stop::Holder(wallet.allowance().holder));
    world.run(stop).await.unwrap();
    // Posted before the stop: the shop that asks now is told so.
    world.upload(&[&before.bytes, &world.a.relays(before.reference)]).await;
    assert_eq!(said(&world, &before.bytes).await, (FactKind::Posted, Reason::None));
    let after = wallet.pays(world.b.pid, 1_000);
    world.upload(&[&after.bytes, &world.b.relays(after.reference)]).await;
    let no = (FactKind::Rejected, Reason::Revoked);
    assert_eq!(said(&world, &after.bytes).await, no);
    // One that had no network to ask with has handed the goods over.
    let blind = wallet.pays(world.b.pid, 2_000);
    world.upload(&[&blind.bytes, &world.b.accepts(blind.reference)]).await;
    assert_eq!(said(&world, &blind.bytes).await, (FactKind::Posted, Reason::None));
    // The payer's own upload first is no way around it.
    let sly = wallet.pays(world.b.pid, 500);
    world.upload(&[&sly.bytes]).await;
    world.upload(&[&world.b.relays(sly.reference)]).await;
    assert_eq!(said(&world, &sly.bytes).await.1, Reason::Revoked);
    assert_eq!(
        (world.owed(world.a.pid).await, world.owed(world.b.pid).await),
        (1_000, 2_000)
    );
    world.sound().await;
}

async fn after_the_end_of_a_hold_a_shop_that_asks_is_told_no(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(10_000).await;
    let paid = wallet.pays(world.a.pid, 600);
    world.now = world.now.after(21 * DAY_SECONDS);
    world.run(Action::Lapse).await.unwrap();
    world.upload(&[&paid.bytes, &world.a.relays(paid.reference)]).await;
    assert_eq!(said(&world, &paid.bytes).await, (FactKind::Rejected, Reason::Late));
    world.sound().await;
}

/// The first close counts, whoever signed it (docs/adr/0012); one that cannot be true is evidence.
async fn a_counter_above_the_close_stops_the_holder(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(10_000).await;
    let paid = wallet.pays(world.a.pid, 600);
    world.upload(&[&paid.bytes]).await;
    let close = Close {
        allowance: wallet.allowance().to_ref(),
        last: 0,
        head: wallet.allowance().to_ref(),
        closed_at: world.now,
    };
    let close = close.sign(&wallet.sync).unwrap();
    assert_eq!(world.upload(&[close.bytes()]).await, [AnswerItem::Noted]);
    assert_eq!(
        said(&world, &paid.bytes).await,
        (FactKind::Reversed, Reason::AfterClose)
    );
    assert_eq!(proofs(&world).await, [Proof::AboveClose]);
    assert!(stopped(&world, &wallet).await);
    world.sound().await;
}

/// T9: a stolen register cannot vouch for a cloned wallet.
async fn a_stopped_device_is_not_heard_but_what_it_said_stays(db: Db) {
    let mut world = World::new(db).await;
    let code_hash = [77; 32];
    let invitee = Invitee::Shop(world.a.pid);
    world.run(Action::Invite { code_hash, invitee }).await.unwrap();
    let register = NewDevice {
        code_hash,
        role: Role::Shop,
        sync_key: key(78).public_key(),
        pay_key: None,
        level: 1,
    };
    let Ok(Outcome::Device(document)) = world.run(Action::Enrol(register)).await else {
        panic!("not enrolled");
    };
    let register = reference(&document);
    world.a.device = key(78);
    let mut wallet = world.payer(10_000).await;
    let (one, two) = (wallet.pays(world.a.pid, 100), wallet.pays(world.a.pid, 200));
    let kept = world.a.refuses(one.reference);
    world.upload(&[&one.bytes, &kept, &two.bytes]).await;
    world.run(Action::Revoke(Stop::Device(register))).await.unwrap();
    let parked = AnswerItem::Parked(ParkReason::WrongSigner);
    for document in [
        world.a.accepts(two.reference),
        world.a.refuses(two.reference),
        world.a.cancels(two.reference),
    ] {
        assert_eq!(world.upload(&[&document]).await.first(), Some(&parked));
    }
    assert_eq!(world.upload(&[&kept]).await, [AnswerItem::Noted]);
    assert_eq!(
        said(&world, &one.bytes).await,
        (FactKind::Reversed, Reason::ShopRefused)
    );
    assert_eq!(said(&world, &two.bytes).await, (FactKind::Posted, Reason::None));
    // A wallet's device that was stopped closes nothing.
    world.run(Action::Revoke(Stop::Device(wallet.device))).await.unwrap();
    assert_eq!(world.upload(&[&wallet.closes().unwrap()]).await, [parked]);
    world.sound().await;
}

async fn a_dead_shop_is_paid_for_what_it_sold_before_alone(db: Db) {
    let mut world = World::new(db).await;
    let code_hash = [77; 32];
    let invitee = Invitee::Shop(world.a.pid);
    world.run(Action::Invite { code_hash, invitee }).await.unwrap();
    let wallet = world.payer(10_000).await;
    let start = wallet.allowance().not_before();
    world.now = world.now.after(100);
    world.run(Action::Revoke(Stop::Shop(world.a.pid, None))).await.unwrap();
    let before = wallet.branch(1, wallet.head, world.a.pid, &[(0, 100)], start.after(100));
    let after = wallet.branch(2, before.reference, world.a.pid, &[(0, 100)], start.after(101));
    world.upload(&[&before.bytes, &after.bytes]).await;
    assert_eq!(said(&world, &before.bytes).await, (FactKind::Posted, Reason::None));
    let no = (FactKind::Rejected, Reason::UnknownShop);
    assert_eq!(said(&world, &after.bytes).await, no);
    let parked = AnswerItem::Parked(ParkReason::WrongSigner);
    let word = world.a.refuses(before.reference);
    assert_eq!(world.upload(&[&word]).await, [parked]);
    let device = NewDevice {
        code_hash,
        role: Role::Shop,
        sync_key: key(79).public_key(),
        pay_key: None,
        level: 1,
    };
    assert_eq!(world.run(Action::Enrol(device)).await, Err(CommandError::NoCode));
    world.sound().await;
}

/// T18: a stolen payment key signs as many branches as it likes.
async fn branches_without_end_are_not_kept(db: Db) {
    let mut world = World::new(db).await;
    let wallet = world.payer(10_000).await;
    let branch = |amount| wallet.branch(1, wallet.head, Pid([11; 8]), &[(0, amount)], world.now);
    let branches: Vec<_> = (1..=40).map(branch).collect();
    let documents: Vec<&[u8]> = branches.iter().map(|branch| branch.bytes.as_slice()).collect();
    world.upload(&documents).await;
    let last = &branches[39];
    assert!(world.reader.intent(last.reference).await.unwrap().is_none());
    assert_eq!(world.fact(&last.bytes).await.kind, FactKind::Fork);
    // A shop's word makes it worth keeping, in whatever order the two come.
    world.upload(&[&last.bytes, &world.a.accepts(last.reference)]).await;
    assert_eq!(said(&world, &last.bytes).await, (FactKind::Posted, Reason::None));
    world.sound().await;
}

async fn a_counter_no_wallet_reaches_is_a_fault(db: Db) {
    let mut world = World::new(db).await;
    let wallet = world.payer(10_000).await;
    for (seq, reason) in [(1_000, Reason::None), (1_001, Reason::BadPart)] {
        let paid = wallet.branch(seq, wallet.head, world.a.pid, &[(0, 10)], world.now);
        assert_eq!(world.fact(&paid.bytes).await.reason, reason);
    }
    world.sound().await;
}

async fn a_stop_names_all_that_lives_and_forgets_what_is_over(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(10_000).await;
    let first = wallet.allowance().holder;
    // Another window, while an allowance of the one before lives.
    world.now = world.now.after(5 * DAY_SECONDS);
    world.issue(&mut wallet).await.unwrap();
    let second = wallet.allowance().holder;
    assert_ne!(first, second);
    world.run(Action::Revoke(Stop::Holder(second))).await.unwrap();
    let now = bulletin(&world).await;
    assert!(now.stops(&first) && now.stops(&second));
    world.now = world.now.after(40 * DAY_SECONDS);
    world.run(Action::PublishBulletin).await.unwrap();
    let later = bulletin(&world).await;
    assert!(!later.stops(&first) && !later.stops(&second), "over by themselves");
    assert_eq!(world.issue(&mut wallet).await, Err(CommandError::Stopped));
}

/// Allowances that came back with all their payments are no risk; those that are out are three at most.
async fn what_is_given_back_does_not_count(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(10_000).await;
    for _ in 0..5 {
        let paid = wallet.pays(world.a.pid, 100);
        world.upload(&[&paid.bytes]).await;
        world.issue(&mut wallet).await.unwrap();
    }
    // Payments that the server does not have keep an allowance out.
    for out in 1..=3 {
        wallet.pays(world.a.pid, 100);
        world.credit(wallet.account, support::MONEY, 1_000 + out, None).await;
        let issued = world.issue(&mut wallet).await;
        if out < 3 {
            issued.unwrap();
        } else {
            assert!(matches!(issued, Err(CommandError::TooManyAllowances { .. })));
        }
    }
    world.sound().await;
}

async fn a_reason_that_changes_is_told_by_a_later_fact(db: Db) {
    let mut world = World::new(db).await;
    let wallet = world.payer(10_000).await;
    let mut branches =
        [1_000, 1_001].map(|amount| wallet.branch(1, wallet.head, world.a.pid, &[(0, amount)], world.now));
    branches.sort_by_key(|branch| std::cmp::Reverse(branch.intent.id()));
    let [high, low] = branches;
    world.upload(&[&high.bytes]).await;
    let posted = world.fact(&high.bytes).await;
    world.upload(&[&low.bytes]).await;
    let displaced = world.fact(&high.bytes).await;
    assert_eq!(
        (displaced.kind, displaced.reason),
        (FactKind::Reversed, Reason::ForkBranch)
    );
    world.upload(&[&world.a.refuses(high.reference)]).await;
    let refused = world.fact(&high.bytes).await;
    assert_eq!(
        (refused.kind, refused.reason),
        (FactKind::Reversed, Reason::ShopRefused)
    );
    assert!(
        posted.at < displaced.at && displaced.at < refused.at,
        "in one second, yet in order"
    );
    world.sound().await;
}

async fn time_never_goes_back_in_the_books(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(10_000).await;
    world.now = world.now.after(1_000);
    let one = wallet.pays(world.a.pid, 100);
    let at = world.fact(&one.bytes).await.at;
    world.now = world.now.before(500);
    let two = wallet.pays(world.a.pid, 100);
    assert!(world.fact(&two.bytes).await.at >= at);
}

async fn a_stopped_phone_gets_no_good_allowance_again(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(10_000).await;
    let before = wallet.allowance().holder;
    let code_hash = [77; 32];
    let invitee = Invitee::Account(wallet.account);
    world.run(Action::Invite { code_hash, invitee }).await.unwrap();
    let lost = NewDevice {
        code_hash,
        role: Role::Wallet,
        sync_key: key(80).public_key(),
        pay_key: Some(key(81).public_key()),
        level: 1,
    };
    let Ok(Outcome::Device(document)) = world.run(Action::Enrol(lost)).await else {
        panic!("not enrolled");
    };
    world
        .run(Action::Revoke(Stop::Device(reference(&document))))
        .await
        .unwrap();
    assert!(bulletin(&world).await.stops(&before));
    world.credit(wallet.account, support::MONEY, 500, None).await;
    let action = Action::IssueAllowance {
        device: wallet.device,
        close: None,
        at_most: None,
    };
    let Ok(Outcome::Allowance(bytes)) = world.run(action).await else {
        panic!("no allowance");
    };
    wallet.take(&bytes);
    assert_ne!(wallet.allowance().holder, before, "one that shops take");
    let seen = world.a.seen(wallet.head, Verdict::Accepted, Assurance::None);
    assert_eq!(world.upload(&[&seen]).await, [AnswerItem::Noted]);
}

async fn a_bulletin_is_signed_once(db: Db) {
    let mut world = World::new(db).await;
    let wallet = world.payer(1_000).await;
    let before = world.reader.bulletin().await.unwrap();
    world.now = world.now.after(60);
    world.credit(wallet.account, support::MONEY, 5, None).await;
    assert_eq!(world.reader.bulletin().await.unwrap(), before);
}

/// What a shop took on two of its days is under two caps, whatever day the payer's clock says.
async fn the_day_of_a_blind_acceptance_is_the_shops(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(3_000).await;
    for (amount, days) in [(3_000, 0), (2_500, 1)] {
        let paid = wallet.pays(world.a.pid, amount);
        let seen = Seen {
            intent: paid.reference,
            mark: MARK,
            seen_at: support::START.after(days * DAY_SECONDS),
            verdict: Verdict::Accepted,
            epoch: 1,
            assurance: Assurance::Blind,
        };
        let seen = seen.sign(&world.a.device).unwrap();
        world.upload(&[&paid.bytes, seen.bytes()]).await;
    }
    assert_eq!(world.owed(world.a.pid).await, 5_500);
    world.sound().await;
}
