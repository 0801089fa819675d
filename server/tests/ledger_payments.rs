//! Payments in the books, on both databases: posted once, taken back, late, forked.

use crate::on_both;
use crate::support;
use std::sync::Arc;

use crate::support::{MONEY, POINTS, VOUCHER, World, day, fact};
use kinchaku_protocol::doc::{AnswerItem, FactKind, ParkReason, Reason};
use kinchaku_protocol::ids::Pid;
use kinchaku_protocol::time::{DAY_SECONDS, Time};
use kinchaku_server::command::{Action, CommandError, Outcome};
use kinchaku_server::store::Store;

type Db = Arc<dyn Store>;

on_both!(
    a_payment_is_posted_once_whoever_brings_it,
    a_combined_payment_is_one_row_for_each_class,
    a_refusal_gives_the_value_back_in_both_orders,
    a_cancellation_wins_before_and_after,
    bad_documents_stop_nobody_else,
    an_altered_amount_or_a_foreign_signature_is_parked,
    what_no_shop_saw_is_paid_as_far_as_the_reserve_goes,
    a_closed_allowance_releases_the_rest_when_all_is_here,
    after_the_close_nothing_new_is_paid_unless_a_shop_saw_it,
    a_hold_lapses_and_what_comes_late_is_not_paid,
    the_lot_that_was_reserved_is_the_lot_that_pays,
);

/// T10: three uploads by two carriers, one posting, the same signed bytes.
async fn a_payment_is_posted_once_whoever_brings_it(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(10_000).await;
    let paid = wallet.pays(world.a.pid, 1_200);
    let seen = world.a.accepts(paid.reference);
    let first = world.upload(&[&paid.bytes]).await;
    let again = world.upload(&[&paid.bytes, &seen]).await;
    let twice = world.upload(&[&seen, &paid.bytes, &paid.bytes]).await;
    assert_eq!(again, [first[0].clone(), AnswerItem::Noted]);
    assert_eq!(twice, [AnswerItem::Noted, first[0].clone(), first[0].clone()]);
    let fact = fact(&first[0]);
    assert_eq!(
        (fact.kind, fact.reason, fact.subject),
        (FactKind::Posted, Reason::None, paid.intent.id())
    );
    assert_eq!(fact.rows.len(), 1);
    assert_eq!(fact.rows[0].tran_id.len(), 20);
    assert!(fact.rows[0].tran_id.starts_with("20260601"));
    assert_eq!(world.owed(world.a.pid).await, 1_200);
    world.sound().await;
}

/// F089, F113, F114: one entry, one row for each class, one time.
async fn a_combined_payment_is_one_row_for_each_class(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.resident().await;
    world.credit(wallet.account, VOUCHER, 500, Some(day(30))).await;
    world.credit(wallet.account, MONEY, 800, None).await;
    world.credit(wallet.account, POINTS, 300, Some(day(90))).await;
    world.issue(&mut wallet).await.unwrap();
    let lines = wallet.allowance().lines.clone();
    assert_eq!(
        lines.iter().map(|line| line.class).collect::<Vec<_>>(),
        [VOUCHER, POINTS, MONEY]
    );
    let paid = wallet.pays_parts(world.a.pid, &[(0, 500), (2, 200)]);
    let fact = world.fact(&paid.bytes).await;
    assert_eq!(
        fact.rows
            .iter()
            .map(|row| (row.class, row.amount.units()))
            .collect::<Vec<_>>(),
        [(MONEY, 200), (VOUCHER, 500)]
    );
    let sales = world.reader.shop_sales(world.a.pid).await.unwrap();
    assert_eq!(sales.len(), 1);
    assert_eq!(sales[0].rows.len(), 2);
    assert_eq!(sales[0].rows[0].posted_at, sales[0].rows[1].posted_at);
    assert_ne!(sales[0].rows[0].tran_id, sales[0].rows[1].tran_id);
    world.sound().await;
}

/// Goods refused at the register are never charged, whichever document comes first.
async fn a_refusal_gives_the_value_back_in_both_orders(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(10_000).await;
    let first = wallet.pays(world.a.pid, 3_000);
    let second = wallet.pays(world.a.pid, 4_000);
    assert_eq!(world.fact(&first.bytes).await.kind, FactKind::Posted);
    world.upload(&[&world.a.refuses(first.reference)]).await;
    world.upload(&[&world.a.refuses(second.reference)]).await;
    let reversed = world.fact(&second.bytes).await;
    assert_eq!(
        (reversed.kind, reversed.reason),
        (FactKind::Reversed, Reason::ShopRefused)
    );
    let reversed = world.fact(&first.bytes).await;
    assert_eq!(
        (reversed.kind, reversed.reason),
        (FactKind::Reversed, Reason::ShopRefused)
    );
    assert_eq!(world.owed(world.a.pid).await, 0);
    let third = wallet.pays(world.b.pid, 10_000);
    assert_eq!(
        world.fact(&third.bytes).await.kind,
        FactKind::Posted,
        "the reserve is whole again"
    );
    world.sound().await;
}

async fn a_cancellation_wins_before_and_after(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(10_000).await;
    let first = wallet.pays(world.a.pid, 1_000);
    let second = wallet.pays(world.a.pid, 2_000);
    let cancel = world.a.cancels(second.reference);
    let noted = world.upload(&[&cancel]).await;
    assert_eq!(fact(&noted[0]).kind, FactKind::CancelNoted);
    world
        .upload(&[&first.bytes, &second.bytes, &world.a.accepts(second.reference)])
        .await;
    assert_eq!(world.fact(&second.bytes).await.reason, Reason::Cancelled);
    assert_eq!(world.owed(world.a.pid).await, 1_000);
    assert_eq!(world.upload(&[&cancel]).await, noted, "the same bytes again");
    world.upload(&[&world.b.cancels(first.reference)]).await;
    assert_eq!(
        world.fact(&first.bytes).await.kind,
        FactKind::Posted,
        "another shop cannot cancel"
    );
    world.upload(&[&world.a.cancels(first.reference)]).await;
    assert_eq!(world.fact(&first.bytes).await.kind, FactKind::Reversed);
    let sales = world.reader.shop_sales(world.a.pid).await.unwrap();
    let undone = sales[0].rows.iter().find(|row| row.target.is_some()).unwrap();
    assert!(
        sales[0]
            .rows
            .iter()
            .any(|row| Some(&row.tran_id) == undone.target.as_ref())
    );
    world.sound().await;
}

/// T18: a poisoned outbox.
async fn bad_documents_stop_nobody_else(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(10_000).await;
    let mut stranger = support::wallet::Wallet::new(9, wallet.device, support::key(90), support::key(91));
    stranger.allowance.clone_from(&wallet.allowance);
    stranger.head = wallet.head;
    let forged = stranger.pays(world.a.pid, 500);
    let paid = wallet.pays(world.a.pid, 700);
    let unknown = [0x85, 0x01];
    let answers = world
        .upload(&[&unknown, &forged.bytes, &paid.bytes, &[], &[0xff; 4_000]])
        .await;
    assert_eq!(answers[0], AnswerItem::Parked(ParkReason::Unreadable));
    assert_eq!(answers[1], AnswerItem::Parked(ParkReason::BadSignature));
    assert_eq!(fact(&answers[2]).kind, FactKind::Posted);
    assert_eq!(answers[3], AnswerItem::Parked(ParkReason::Unreadable));
    assert_eq!(answers[4], AnswerItem::Parked(ParkReason::Unreadable));
    world.sound().await;
}

/// T1, T3: what was not signed by the payment key of the allowance changes nothing.
async fn an_altered_amount_or_a_foreign_signature_is_parked(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(10_000).await;
    let paid = wallet.pays(world.a.pid, 500);
    let mut altered = paid.bytes.clone();
    let at = altered.windows(2).position(|pair| pair == [0x01, 0xf4]).unwrap();
    altered[at] = 0x03;
    assert_eq!(
        world.upload(&[&altered]).await,
        [AnswerItem::Parked(ParkReason::BadSignature)]
    );
    // A wallet's own device is no shop: its word about a payment does not count.
    let mut own = support::Shop::new(11);
    own.device = support::key(22);
    assert_eq!(
        world.upload(&[&own.accepts(paid.reference)]).await,
        [AnswerItem::Parked(ParkReason::WrongSigner)]
    );
    assert_eq!(world.owed(world.a.pid).await, 0);
    world.sound().await;
}

async fn what_no_shop_saw_is_paid_as_far_as_the_reserve_goes(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(1_000).await;
    let first = wallet.pays(world.a.pid, 600);
    let second = wallet.pays(world.b.pid, 600);
    let third = wallet.pays(world.b.pid, 400);
    assert_eq!(world.fact(&second.bytes).await.kind, FactKind::Posted);
    assert_eq!(world.fact(&third.bytes).await.kind, FactKind::Posted);
    assert_eq!(
        world.fact(&first.bytes).await.kind,
        FactKind::Posted,
        "the lower counter comes first"
    );
    let displaced = world.fact(&second.bytes).await;
    assert_eq!(
        (displaced.kind, displaced.reason),
        (FactKind::Reversed, Reason::OverReserve)
    );
    assert_eq!(world.lost().await, 0);
    // Once the shop's word is there, it is paid, and the scheme bears what the reserve lacks.
    world.upload(&[&world.b.accepts(second.reference)]).await;
    assert_eq!(world.fact(&second.bytes).await.kind, FactKind::Posted);
    assert_eq!(world.fact(&first.bytes).await.kind, FactKind::Reversed);
    assert_eq!(world.owed(world.b.pid).await, 1_000);
    world.sound().await;
}

async fn a_closed_allowance_releases_the_rest_when_all_is_here(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(10_000).await;
    let first = wallet.pays(world.a.pid, 600);
    let second = wallet.pays(world.b.pid, 700);
    let close = wallet.closes().unwrap();
    assert_eq!(world.upload(&[&close]).await, [AnswerItem::Noted]);
    world.upload(&[&second.bytes]).await;
    let mut other = support::wallet::Wallet::new(wallet.account, wallet.device, support::key(22), support::key(23));
    let refused = world.issue(&mut other).await;
    assert_eq!(
        refused,
        Err(CommandError::NothingToReserve),
        "a payment is still on its way"
    );
    world.upload(&[&first.bytes]).await;
    world.issue(&mut other).await.unwrap();
    assert_eq!(other.allowance().lines[0].amount.units(), 8_700);
    // A cancellation after the end still gives the lot back.
    world.upload(&[&world.a.cancels(first.reference)]).await;
    assert_eq!(world.owed(world.a.pid).await, 0);
    world.sound().await;
}

/// docs/protocol.md, "Settlement": the close.
async fn after_the_close_nothing_new_is_paid_unless_a_shop_saw_it(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(10_000).await;
    let first = wallet.pays(world.a.pid, 600);
    let close = wallet.closes().unwrap();
    let unseen = wallet.pays(world.b.pid, 700);
    let seen = wallet.pays(world.b.pid, 800);
    world.upload(&[&first.bytes, &close, &unseen.bytes, &seen.bytes]).await;
    assert_eq!(world.fact(&unseen.bytes).await.reason, Reason::AfterClose);
    world.upload(&[&world.b.accepts(seen.reference)]).await;
    assert_eq!(world.fact(&seen.bytes).await.kind, FactKind::Posted);
    assert_eq!(world.owed(world.b.pid).await, 800);
    assert_eq!(world.lost().await, 0, "the released lots were still free");
    world.sound().await;
}

async fn a_hold_lapses_and_what_comes_late_is_not_paid(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(10_000).await;
    let on_time = wallet.pays(world.a.pid, 600);
    let late = wallet.pays(world.a.pid, 700);
    let late_seen = wallet.pays(world.b.pid, 800);
    world.upload(&[&on_time.bytes]).await;
    world.now = world.now.after(21 * DAY_SECONDS - 1);
    assert_eq!(world.run(Action::Lapse).await, Ok(Outcome::Ended(0)));
    world.now = world.now.after(1);
    assert_eq!(world.run(Action::Lapse).await, Ok(Outcome::Ended(1)));
    assert_eq!(world.run(Action::Lapse).await, Ok(Outcome::Ended(0)), "once");
    assert_eq!(world.fact(&late.bytes).await.reason, Reason::Late);
    world
        .upload(&[&late_seen.bytes, &world.b.accepts(late_seen.reference)])
        .await;
    assert_eq!(world.fact(&late_seen.bytes).await.kind, FactKind::Posted);
    assert_eq!(
        (world.owed(world.a.pid).await, world.owed(world.b.pid).await),
        (600, 800)
    );
    world.sound().await;
}

/// Lots are chosen when they are reserved, and expiry leaves what is held alone.
async fn the_lot_that_was_reserved_is_the_lot_that_pays(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.resident().await;
    world.credit(wallet.account, VOUCHER, 1_000, Some(day(2))).await;
    world.credit(wallet.account, VOUCHER, 1_000, Some(day(60))).await;
    world.issue(&mut wallet).await.unwrap();
    let at = Time(day(1).start().0 + 36_000);
    let paid = wallet.branch(1, wallet.head, world.a.pid, &[(0, 300)], at);
    world.now = day(5).start();
    assert_eq!(world.run(Action::Expire).await, Ok(Outcome::Ended(0)), "it is held");
    assert_eq!(world.fact(&paid.bytes).await.kind, FactKind::Posted);
    (wallet.seq, wallet.head) = (1, paid.reference);
    world.upload(&[&wallet.closes().unwrap()]).await;
    assert_eq!(
        world.run(Action::Expire).await,
        Ok(Outcome::Ended(1)),
        "only when the hold has ended"
    );
    let lots: Vec<_> = world.reader.trial_balance().await.unwrap();
    let expired = lots
        .iter()
        .find(|line| line.book == kinchaku_server::ledger::rows::Book::ExpiryIncome)
        .unwrap();
    assert_eq!(expired.sum.units(), 700);
    let passed = wallet.branch(2, paid.reference, world.a.pid, &[(0, 300)], day(5).start());
    assert_eq!(world.fact(&passed.bytes).await.reason, Reason::DayPassed);
    let nowhere = wallet.branch(2, paid.reference, Pid([99; 8]), &[(1, 300)], at);
    assert_eq!(world.fact(&nowhere.bytes).await.reason, Reason::UnknownShop);
    world.sound().await;
}
