//! Ranks by what was granted, on both databases.

use crate::on_both;
use std::sync::Arc;

use crate::support::POINTS;
use crate::support::town_folder::{at, grant, has, one_payment, rank, takes_back, town};
use kinchaku_server::store::Store;

type Db = Arc<dyn Store>;

on_both!(
    a_rise_holds_from_the_day_after_the_grant,
    a_fall_waits_for_the_turn_of_the_month,
    days_that_nobody_judged_change_nothing,
    a_year_is_eleven_months_and_this_one,
);

/// F016, F018, F019, F021: by the day of the grant, not of the payment.
async fn a_rise_holds_from_the_day_after_the_grant(db: Db) {
    let mut world = town(db).await;
    world.now = at(2026, 7, 6, 9);
    let (wallet, _) = one_payment(&mut world, 20_000).await;
    let account = wallet.account;
    world.now = at(2026, 7, 8, 9);
    assert_eq!(rank(&world, account).await, Some(0));
    world.now = at(2026, 7, 23, 9);
    assert_eq!(grant(&world).await, Ok(1));
    assert_eq!(
        has(&world, account, POINTS).await,
        (1_000, 0),
        "100 and the campaign's 900"
    );
    assert_eq!(rank(&world, account).await, Some(0));
    world.now = at(2026, 7, 24, 0);
    assert_eq!(rank(&world, account).await, Some(1));
    assert_eq!(rank(&world, account).await, Some(1), "the job runs twice");
    world.credit(account, POINTS, 4_000, None).await;
    world.now = at(2026, 7, 25, 0);
    assert_eq!(rank(&world, account).await, Some(2));
    world.sound().await;
}

/// F020: not on the day the points are taken back.
async fn a_fall_waits_for_the_turn_of_the_month(db: Db) {
    let mut world = town(db).await;
    world.now = at(2026, 7, 6, 9);
    let (wallet, paid) = one_payment(&mut world, 20_000).await;
    world.now = at(2026, 7, 23, 9);
    assert_eq!(grant(&world).await, Ok(1));
    world.now = at(2026, 7, 24, 9);
    assert_eq!(rank(&world, wallet.account).await, Some(1));
    takes_back(&world, &paid).await;
    world.now = at(2026, 7, 31, 23);
    assert_eq!(rank(&world, wallet.account).await, Some(1));
    world.now = at(2026, 8, 1, 0);
    assert_eq!(rank(&world, wallet.account).await, Some(0));
    world.sound().await;
}

/// F018: a rank that was reached and not lost at a turn of the month is held, judged or not.
async fn days_that_nobody_judged_change_nothing(db: Db) {
    let mut world = town(db).await;
    world.now = at(2026, 7, 6, 9);
    let (wallet, paid) = one_payment(&mut world, 20_000).await;
    world.now = at(2026, 7, 23, 9);
    assert_eq!(grant(&world).await, Ok(1));
    world.now = at(2026, 7, 25, 9);
    takes_back(&world, &paid).await;
    world.now = at(2026, 7, 30, 9);
    assert_eq!(rank(&world, wallet.account).await, Some(1), "reached on the 24th");
    world.now = at(2026, 8, 20, 9);
    assert_eq!(rank(&world, wallet.account).await, Some(0), "lost on the 1st");
    world.sound().await;
}

/// F017: points of July count to the end of June.
async fn a_year_is_eleven_months_and_this_one(db: Db) {
    let mut world = town(db).await;
    let wallet = world.resident().await;
    world.now = at(2026, 7, 10, 9);
    world.credit(wallet.account, POINTS, 1_000, None).await;
    world.now = at(2027, 6, 30, 9);
    assert_eq!(rank(&world, wallet.account).await, Some(1));
    world.now = at(2027, 7, 1, 0);
    assert_eq!(rank(&world, wallet.account).await, Some(0));
    world.sound().await;
}
