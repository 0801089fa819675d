//! What a payment that is taken back takes with it, and what is owed afterwards; on both databases.

use crate::on_both;
use std::sync::Arc;

use crate::support::town_folder::{
    at, earned, end_balances, grant, has, lives_until, on, one_payment, pays, rows, takes_back, town, transactions,
};
use crate::support::wallet::{Paid, Wallet};
use crate::support::{MONEY, POINTS, World};
use kinchaku_protocol::money::{Amount, Signed};
use kinchaku_server::command::{Action, CommandError};
use kinchaku_server::ledger::rows::{Book, LotRow, Operation, OperationId};
use kinchaku_server::points::rows::{EarningState, PointDayRow};
use kinchaku_server::query::transactions::TransactionQuery;
use kinchaku_server::settlement::action::{Canceller, SettleAction};
use kinchaku_server::store::Store;

type Db = Arc<dyn Store>;

on_both!(
    what_was_granted_goes_back_with_its_campaign,
    a_week_of_which_all_is_taken_back_is_one_row,
    points_that_are_gone_are_owed_and_repaid_first,
    what_is_reserved_stays_usable_and_its_rest_repays,
    a_hold_that_lapses_repays_what_is_owed,
    points_that_come_back_repay_what_is_owed,
    a_debt_never_ends,
    cash_back_takes_the_points_and_leaves_the_payment,
);

/// A payment of 2,000 yen whose 10 points were granted.
async fn granted(world: &mut World) -> (Wallet, Paid) {
    let (mut wallet, paid) = one_payment(world, 2_000).await;
    world.now = at(2026, 6, 18, 9);
    assert_eq!(grant(world).await, Ok(1));
    world.issue(&mut wallet).await.unwrap();
    assert_eq!(wallet.allowance().lines.len(), 1);
    (wallet, paid)
}

/// F006, F007, F021, F025, F117, F121: all of it, once, as OP5, and the end of the balance stays.
async fn what_was_granted_goes_back_with_its_campaign(db: Db) {
    let mut world = town(db).await;
    world.now = at(2026, 6, 8, 12);
    let (wallet, paid) = one_payment(&mut world, 450).await;
    world.now = at(2026, 6, 25, 9);
    assert_eq!(grant(&world).await, Ok(1));
    assert_eq!(has(&world, wallet.account, POINTS).await, (6, 0));
    assert_eq!(lives_until(&world, wallet.account).await, Some(on(2026, 12, 31)));
    world.now = at(2026, 7, 2, 9);
    takes_back(&world, &paid).await;
    takes_back(&world, &paid).await;
    assert_eq!(has(&world, wallet.account, POINTS).await, (0, 0));
    assert_eq!(lives_until(&world, wallet.account).await, Some(on(2026, 12, 31)));
    assert_eq!(earned(&world, &paid).await.unwrap().state, EarningState::ClawedBack);
    let listed = transactions(&world, POINTS).await;
    assert_eq!(listed.len(), 2);
    let back = &listed[1];
    assert_eq!(
        (back.operation, back.operation_id, back.amount),
        (Operation::Cancel, OperationId::GrantCancel, Amount::of(6))
    );
    assert_eq!(back.target.as_ref(), Some(&listed[0].tran_id));
    assert_eq!((back.value_before.units(), back.value_after.units()), (6, 0));
    let days: Vec<_> = rows::<PointDayRow>(&world).await;
    let days: Vec<_> = days.iter().map(|row| (row.day, row.points)).collect();
    let points = Signed::from_units;
    assert_eq!(days, [(on(2026, 6, 25), points(6)), (on(2026, 7, 2), points(-6))]);
    // The budgets of the class and of the campaign have what they gave.
    let given = world.reader.trial_balance().await.unwrap();
    let budget = given
        .iter()
        .find(|line| (line.class, line.book) == (POINTS, Book::Budget));
    assert_eq!(budget.unwrap().sum, Signed::ZERO);
    world.sound().await;
}

/// F117, F121, F122: the grant of a week stands once in the list, and is cancelled when nothing is left of it.
async fn a_week_of_which_all_is_taken_back_is_one_row(db: Db) {
    let mut world = town(db).await;
    let mut wallet = world.payer(10_000).await;
    let first = pays(&world, &mut wallet, &[(0, 400)]).await;
    let second = pays(&world, &mut wallet, &[(0, 600)]).await;
    world.now = at(2026, 6, 18, 9);
    assert_eq!(grant(&world).await, Ok(2));
    let listed = async |world: &World| {
        let query = TransactionQuery {
            shop: None,
            first: None,
            last: None,
            after: None,
            limit: 100,
        };
        let all = world.reader.transactions(&query, world.now).await.unwrap();
        let grants = all.iter().filter(|row| row.line.row.operation_id == OperationId::Grant);
        let grants = grants.filter(|row| row.line.row.class == POINTS);
        grants
            .map(|row| (row.active, row.line.cancelled.is_some()))
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(&world).await, [(true, false)]);
    takes_back(&world, &first).await;
    assert_eq!(listed(&world).await, [(true, false)], "3 of 5 points are left");
    takes_back(&world, &second).await;
    assert_eq!(listed(&world).await, [(false, true)]);
    world.sound().await;
}

/// F008: the balance is below zero, nothing more is reserved, and whatever comes settles it first.
async fn points_that_are_gone_are_owed_and_repaid_first(db: Db) {
    let mut world = town(db).await;
    let (mut wallet, paid) = granted(&mut world).await;
    pays(&world, &mut wallet, &[(0, 10)]).await;
    world.issue(&mut wallet).await.unwrap_err();
    takes_back(&world, &paid).await;
    assert_eq!(has(&world, wallet.account, POINTS).await, (-10, 10));
    let listed = transactions(&world, POINTS).await;
    let last = listed.last().unwrap();
    assert_eq!((last.value_before.units(), last.value_after.units()), (0, -10));
    // 2,000 yen came back to a lot that the next allowance may have; there are no points for it.
    world.issue(&mut wallet).await.unwrap();
    let classes: Vec<_> = wallet.allowance().lines.iter().map(|line| line.class).collect();
    assert_eq!(classes, [MONEY]);
    world.credit(wallet.account, POINTS, 4, None).await;
    assert_eq!(has(&world, wallet.account, POINTS).await, (-6, 6));
    let lots = rows::<LotRow>(&world).await;
    let last = lots.last().unwrap();
    assert_eq!((last.units, last.remaining), (Amount::of(4), Amount::ZERO));
    world.credit(wallet.account, POINTS, 20, None).await;
    assert_eq!(has(&world, wallet.account, POINTS).await, (14, 0));
    world.issue(&mut wallet).await.unwrap();
    let points = wallet.allowance().lines.iter().find(|line| line.class == POINTS);
    assert_eq!(points.unwrap().amount, Amount::of(14));
    world.sound().await;
}

/// F008: what a wallet has set aside can still be paid with; what it gives back is taken.
async fn what_is_reserved_stays_usable_and_its_rest_repays(db: Db) {
    let mut world = town(db).await;
    let (mut wallet, paid) = granted(&mut world).await;
    takes_back(&world, &paid).await;
    assert_eq!(has(&world, wallet.account, POINTS).await, (0, 10));
    pays(&world, &mut wallet, &[(0, 3)]).await;
    assert_eq!(has(&world, wallet.account, POINTS).await, (-3, 10));
    world.issue(&mut wallet).await.unwrap();
    assert_eq!(has(&world, wallet.account, POINTS).await, (-3, 3), "7 came back");
    let points = wallet.allowance().lines.iter().any(|line| line.class == POINTS);
    assert!(!points);
    let lots = rows::<LotRow>(&world).await;
    let left = lots.iter().filter(|lot| lot.class == POINTS);
    assert!(left.clone().all(|lot| lot.remaining.is_zero()));
    world.sound().await;
}

/// F008: a wallet that never comes back.
async fn a_hold_that_lapses_repays_what_is_owed(db: Db) {
    let mut world = town(db).await;
    let (wallet, paid) = granted(&mut world).await;
    takes_back(&world, &paid).await;
    assert_eq!(has(&world, wallet.account, POINTS).await, (0, 10));
    world.now = at(2026, 7, 20, 9);
    world.run(Action::Lapse).await.unwrap();
    assert_eq!(has(&world, wallet.account, POINTS).await, (0, 0));
    world.sound().await;
}

/// F008: a payment with points is taken back after its hold has ended.
async fn points_that_come_back_repay_what_is_owed(db: Db) {
    let mut world = town(db).await;
    let (mut wallet, paid) = granted(&mut world).await;
    let used = pays(&world, &mut wallet, &[(0, 10)]).await;
    assert_eq!(world.issue(&mut wallet).await, Err(CommandError::NothingToReserve));
    takes_back(&world, &paid).await;
    assert_eq!(has(&world, wallet.account, POINTS).await, (-10, 10));
    takes_back(&world, &used).await;
    assert_eq!(has(&world, wallet.account, POINTS).await, (0, 0));
    world.sound().await;
}

/// F008, F022: points end, what is owed does not.
async fn a_debt_never_ends(db: Db) {
    let mut world = town(db).await;
    let (mut wallet, paid) = granted(&mut world).await;
    pays(&world, &mut wallet, &[(0, 10)]).await;
    world.issue(&mut wallet).await.unwrap_err();
    takes_back(&world, &paid).await;
    world.now = at(2028, 1, 1, 9);
    assert_eq!(end_balances(&world).await, 1);
    world.run(Action::Expire).await.unwrap();
    assert_eq!(has(&world, wallet.account, POINTS).await, (-10, 10));
    world.sound().await;
}

/// F006, F097: the shop gave cash back after the close. The payment stands, its points do not, and once.
async fn cash_back_takes_the_points_and_leaves_the_payment(db: Db) {
    let mut world = town(db).await;
    let (wallet, paid) = granted(&mut world).await;
    world.now = at(2026, 7, 20, 9);
    world.run(Action::Lapse).await.unwrap();
    let cash = Action::Settle(SettleAction::CashRefund {
        intent: paid.intent.id(),
        by: Canceller::Shop(world.a.pid),
        token: 0,
        note: "返金".to_owned(),
    });
    world.run(cash.clone()).await.unwrap();
    world.run(cash).await.unwrap();
    assert_eq!(has(&world, wallet.account, POINTS).await, (0, 0));
    assert_eq!(earned(&world, &paid).await.unwrap().state, EarningState::ClawedBack);
    assert_eq!(world.owed(world.a.pid).await, 2_000);
    world.sound().await;
}
