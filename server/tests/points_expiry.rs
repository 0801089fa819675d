//! From when and until when value is used, on both databases.

use crate::on_both;
use crate::support;
use std::sync::Arc;

use crate::support::town_folder::{SHORT, at, end_balances, has, lives_until, on, pays, rows, takes_back, town};
use crate::support::wallet::Wallet;
use crate::support::{MONEY, POINTS, VOUCHER, World};
use kinchaku_protocol::doc::FactKind;
use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Day;
use kinchaku_server::command::{Action, CommandError, Outcome};
use kinchaku_server::ledger::rows::{Book, EntryKind, EntryRow, LotRow};
use kinchaku_server::query::results::By;
use kinchaku_server::store::Store;

type Db = Arc<dyn Store>;

on_both!(
    grants_and_uses_move_the_whole_balance,
    a_balance_ends_the_day_after_its_last,
    a_grant_brings_nothing_back_that_is_over,
    what_is_held_when_a_grant_comes_keeps_its_own_day,
    a_payment_in_time_that_comes_in_late_keeps_the_balance,
    a_reserve_line_ends_with_the_balance,
    vouchers_wait_for_their_first_minute,
    what_comes_back_after_its_end_has_days_of_grace,
    without_grace_it_ends_at_once,
    what_comes_back_while_it_is_held_has_grace_when_it_is_free,
    points_that_come_back_after_the_balance_ended_have_grace,
);

async fn income(world: &World, class: ClassId) -> i64 {
    let lines = world.reader.trial_balance().await.unwrap();
    let line = lines
        .iter()
        .find(|line| (line.class, line.book) == (class, Book::ExpiryIncome));
    line.map_or(0, |line| line.sum.units())
}

/// Lots of a class with anything in them.
async fn lots(world: &World, class: ClassId) -> Vec<(u64, Option<Day>)> {
    let rows = rows::<LotRow>(world).await;
    let rows = rows.iter().filter(|lot| lot.class == class && !lot.remaining.is_zero());
    rows.map(|lot| (lot.remaining.units(), lot.until)).collect()
}

/// Somebody with so much of a class, all of it set aside.
async fn holder(world: &mut World, class: ClassId, amount: u32) -> Wallet {
    let mut wallet = world.resident().await;
    world.credit(wallet.account, class, amount, None).await;
    world.issue(&mut wallet).await.unwrap();
    wallet
}

/// F022 to F025: the end of the month six months on; taking a use back does not move it.
async fn grants_and_uses_move_the_whole_balance(db: Db) {
    let mut world = town(db).await;
    let mut wallet = holder(&mut world, POINTS, 300).await;
    assert_eq!(lives_until(&world, wallet.account).await, Some(on(2026, 12, 31)));
    assert_eq!(wallet.allowance().lines[0].day, on(2026, 12, 31));
    world.now = at(2026, 7, 5, 9);
    let used = pays(&world, &mut wallet, &[(0, 100)]).await;
    assert_eq!(lives_until(&world, wallet.account).await, Some(on(2027, 1, 31)));
    world.now = at(2026, 8, 5, 9);
    takes_back(&world, &used).await;
    assert_eq!(lives_until(&world, wallet.account).await, Some(on(2027, 1, 31)));
    world.credit(wallet.account, POINTS, 1, None).await;
    assert_eq!(lives_until(&world, wallet.account).await, Some(on(2027, 2, 28)));
    world.sound().await;
}

/// F022, F023: all of it, once, to the income from what ended.
async fn a_balance_ends_the_day_after_its_last(db: Db) {
    let mut world = town(db).await;
    let wallet = world.resident().await;
    world.credit(wallet.account, POINTS, 300, None).await;
    world.now = at(2026, 7, 1, 9);
    world.credit(wallet.account, POINTS, 50, None).await;
    world.now = at(2027, 1, 31, 23);
    assert_eq!(end_balances(&world).await, 0);
    world.now = at(2027, 2, 1, 0);
    assert_eq!(end_balances(&world).await, 1);
    assert_eq!(end_balances(&world).await, 0, "the job runs twice");
    assert_eq!(has(&world, wallet.account, POINTS).await, (0, 0));
    assert_eq!(income(&world, POINTS).await, 350);
    // F105: 有効期限切れ, with amount and count.
    let day = world.now.day();
    let results = world.reader.results(None, By::Day, day, day).await.unwrap();
    let points = results.iter().find(|line| line.class == POINTS).unwrap();
    assert_eq!((points.expired.amount, points.expired.count), (Amount::of(350), 1));
    assert!(points.lapsed.amount.is_zero());
    let entries = rows::<EntryRow>(&world).await;
    assert_eq!(entries.iter().filter(|row| row.kind == EntryKind::Expire).count(), 1);
    // What comes after the end begins anew.
    world.credit(wallet.account, POINTS, 5, None).await;
    assert_eq!(lives_until(&world, wallet.account).await, Some(on(2027, 8, 31)));
    world.sound().await;
}

/// F022: whoever comes first, the job or the grant, what was over is over.
async fn a_grant_brings_nothing_back_that_is_over(db: Db) {
    let mut world = town(db).await;
    let wallet = world.resident().await;
    world.credit(wallet.account, POINTS, 200, None).await;
    world.now = at(2027, 1, 1, 0);
    world.credit(wallet.account, POINTS, 5, None).await;
    assert_eq!(has(&world, wallet.account, POINTS).await, (5, 0));
    assert_eq!(lives_until(&world, wallet.account).await, Some(on(2027, 7, 31)));
    assert_eq!(income(&world, POINTS).await, 200);
    assert_eq!(end_balances(&world).await, 0);
    world.sound().await;
}

/// F022, F024: a payment in time still goes through, and the rest of what was held ends with its old day.
async fn what_is_held_when_a_grant_comes_keeps_its_own_day(db: Db) {
    let mut world = town(db).await;
    let mut wallet = world.resident().await;
    world.credit(wallet.account, POINTS, 200, None).await;
    world.now = at(2026, 12, 31, 9);
    world.issue(&mut wallet).await.unwrap();
    let held = wallet.allowance().lines[0].amount.units();
    let paid = wallet.pays(world.a.pid, 60);
    world.now = at(2027, 1, 1, 9);
    world.credit(wallet.account, POINTS, 5, None).await;
    let held_until = (held, Some(on(2026, 12, 31)));
    assert_eq!(lots(&world, POINTS).await, [held_until, (5, None)]);
    world.now = at(2027, 1, 3, 9);
    assert_eq!(world.fact(&paid.bytes).await.kind, FactKind::Posted);
    world.now = at(2027, 2, 10, 9);
    world.run(Action::Lapse).await.unwrap();
    world.run(Action::Expire).await.unwrap();
    assert_eq!(lots(&world, POINTS).await, [(5, None)]);
    assert_eq!(income(&world, POINTS).await, 140);
    assert_eq!(lives_until(&world, wallet.account).await, Some(on(2027, 7, 31)));
    world.sound().await;
}

/// F024, I8: nothing ends while a hold lives, and a use on the last day counts however late it comes in.
async fn a_payment_in_time_that_comes_in_late_keeps_the_balance(db: Db) {
    let mut world = town(db).await;
    let wallet = world.resident().await;
    world.credit(wallet.account, POINTS, 300, None).await;
    world.now = at(2026, 12, 31, 9);
    let mut wallet = wallet;
    world.issue(&mut wallet).await.unwrap();
    let paid = wallet.pays(world.a.pid, 60);
    world.now = at(2027, 1, 3, 9);
    assert_eq!(end_balances(&world).await, 0);
    assert_eq!(world.fact(&paid.bytes).await.kind, FactKind::Posted);
    assert_eq!(lives_until(&world, wallet.account).await, Some(on(2027, 7, 31)));
    world.now = at(2027, 2, 10, 9);
    world.run(Action::Lapse).await.unwrap();
    assert_eq!(end_balances(&world).await, 0);
    assert_eq!(has(&world, wallet.account, POINTS).await, (240, 0));
    world.now = at(2027, 8, 1, 0);
    assert_eq!(end_balances(&world).await, 1);
    world.sound().await;
}

/// F022: what ended is not set aside, though the job has not run.
async fn a_reserve_line_ends_with_the_balance(db: Db) {
    let mut world = town(db).await;
    let mut wallet = world.resident().await;
    world.credit(wallet.account, POINTS, 300, None).await;
    world.now = at(2027, 1, 1, 0);
    assert_eq!(world.issue(&mut wallet).await, Err(CommandError::NothingToReserve));
    world.credit(wallet.account, MONEY, 500, None).await;
    world.issue(&mut wallet).await.unwrap();
    assert_eq!(wallet.allowance().lines.len(), 1);
    assert_eq!(end_balances(&world).await, 1, "a hold on money is no hold on points");
    world.sound().await;
}

/// F079: not before 10:00 of the first day; the first sync after it brings them, however much else is left.
async fn vouchers_wait_for_their_first_minute(db: Db) {
    let mut world = town(db).await;
    let mut wallet = world.resident().await;
    world.credit(wallet.account, MONEY, 20_000, None).await;
    world.credit(wallet.account, VOUCHER, 1_200, None).await;
    world.issue(&mut wallet).await.unwrap();
    let classes = |wallet: &Wallet| -> Vec<ClassId> {
        let lines = &wallet.allowance().lines;
        lines.iter().map(|line| line.class).collect()
    };
    assert_eq!(classes(&wallet), [MONEY]);
    let first = wallet.allowance().id();
    world.now = at(2026, 6, 3, 9).after(3_599);
    let same = Action::IssueAllowance {
        device: wallet.device,
        close: None,
        at_most: None,
    };
    let Ok(Outcome::Allowance(bytes)) = world.run(same).await else {
        panic!("no allowance");
    };
    wallet.take(&bytes);
    assert_eq!(wallet.allowance().id(), first, "one second before");
    world.now = at(2026, 6, 3, 10);
    let same = Action::IssueAllowance {
        device: wallet.device,
        close: None,
        at_most: None,
    };
    let Ok(Outcome::Allowance(bytes)) = world.run(same).await else {
        panic!("no allowance");
    };
    wallet.take(&bytes);
    assert_ne!(wallet.allowance().id(), first);
    assert!(classes(&wallet).contains(&VOUCHER));
    assert_eq!(wallet.allowance().lines[0].day, on(2026, 8, 31));
    world.sound().await;
}

/// A payment of 700 of 1,200 on the last day, whose hold ended with it.
async fn paid_on_the_last_day(world: &mut World, class: ClassId) -> (Wallet, support::wallet::Paid) {
    world.now = at(2026, 8, 31, 12);
    let mut wallet = holder(world, class, 1_200).await;
    let paid = pays(world, &mut wallet, &[(0, 700)]).await;
    world.issue(&mut wallet).await.unwrap();
    (wallet, paid)
}

/// What came back lives fourteen days from its posting; what was not used ended on its day.
async fn what_comes_back_after_its_end_has_days_of_grace(db: Db) {
    let mut world = town(db).await;
    let (wallet, paid) = paid_on_the_last_day(&mut world, VOUCHER).await;
    let other = world.resident().await;
    world.now = at(2026, 9, 5, 9);
    world.credit(other.account, VOUCHER, 10, Some(on(2026, 9, 30))).await;
    takes_back(&world, &paid).await;
    let held = (500, Some(on(2026, 8, 31)));
    let back = (700, Some(on(2026, 9, 19)));
    assert_eq!(lots(&world, VOUCHER).await, [held, (10, Some(on(2026, 9, 30))), back]);
    assert_eq!(has(&world, wallet.account, VOUCHER).await, (1_200, 0));
    world.sound().await;
    // The hold over the other 500 ends, and they with it.
    world.now = at(2026, 9, 19, 12);
    let mut wallet = wallet;
    world.issue(&mut wallet).await.unwrap();
    assert_eq!(wallet.allowance().lines[0].amount, Amount::of(700));
    world.run(Action::Expire).await.unwrap();
    assert_eq!(income(&world, VOUCHER).await, 500);
    let again = pays(&world, &mut wallet, &[(0, 700)]).await;
    world.now = at(2026, 9, 20, 0);
    takes_back(&world, &again).await;
    world.run(Action::Expire).await.unwrap();
    assert_eq!(income(&world, VOUCHER).await, 500, "it is held");
    world.sound().await;
}

/// A programme may say that nothing comes back to life.
async fn without_grace_it_ends_at_once(db: Db) {
    let mut world = town(db).await;
    let (wallet, paid) = paid_on_the_last_day(&mut world, SHORT).await;
    world.now = at(2026, 9, 1, 9);
    takes_back(&world, &paid).await;
    assert_eq!(income(&world, SHORT).await, 700);
    assert_eq!(has(&world, wallet.account, SHORT).await, (500, 0));
    world.sound().await;
}

/// The wallet has not come back yet: what a reversal put into its reserve is told from what it never used.
async fn what_comes_back_while_it_is_held_has_grace_when_it_is_free(db: Db) {
    let mut world = town(db).await;
    world.now = at(2026, 8, 31, 12);
    let mut wallet = holder(&mut world, VOUCHER, 1_200).await;
    let paid = pays(&world, &mut wallet, &[(0, 700)]).await;
    world.now = at(2026, 9, 5, 9);
    takes_back(&world, &paid).await;
    assert_eq!(lots(&world, VOUCHER).await, [(1_200, Some(on(2026, 8, 31)))]);
    world.now = at(2026, 9, 6, 9);
    world.issue(&mut wallet).await.unwrap();
    let back = (700, Some(on(2026, 9, 20)));
    assert_eq!(lots(&world, VOUCHER).await, [(500, Some(on(2026, 8, 31))), back]);
    assert_eq!(wallet.allowance().lines.len(), 1);
    assert_eq!(wallet.allowance().lines[0].amount, Amount::of(700));
    world.run(Action::Expire).await.unwrap();
    assert_eq!(income(&world, VOUCHER).await, 500);
    world.sound().await;
}

/// F022: as a lot of their own; the balance stays ended.
async fn points_that_come_back_after_the_balance_ended_have_grace(db: Db) {
    let mut world = town(db).await;
    let mut wallet = holder(&mut world, POINTS, 300).await;
    let used = pays(&world, &mut wallet, &[(0, 100)]).await;
    world.now = at(2026, 6, 30, 9);
    world.run(Action::Lapse).await.unwrap();
    world.now = at(2027, 1, 1, 9);
    takes_back(&world, &used).await;
    assert_eq!(end_balances(&world).await, 1);
    assert_eq!(income(&world, POINTS).await, 200);
    assert_eq!(lots(&world, POINTS).await, [(100, Some(on(2027, 1, 15)))]);
    assert_eq!(lives_until(&world, wallet.account).await, None);
    world.sound().await;
}
