//! When what was earned is granted, on both databases.

use crate::on_both;
use std::sync::Arc;

use crate::support::POINTS;
use crate::support::town_folder::{at, earned, grant, grant_of, has, on, one_payment, pays, rows, town, transactions};
use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::money::Amount;
use kinchaku_server::calendar::CalendarError;
use kinchaku_server::command::CommandError;
use kinchaku_server::ledger::rows::{LotRow, Operation, OperationId};
use kinchaku_server::points::rows::EarningState;
use kinchaku_server::store::Store;

type Db = Arc<dyn Store>;

on_both!(
    a_week_is_granted_on_the_thursday_of_the_third_week,
    a_late_job_grants_each_week_by_itself,
    a_holiday_and_an_announcement_move_the_day,
    a_year_without_holidays_holds_up_nothing_else,
    a_grant_happens_once_and_not_before_its_day,
);

/// F011, F012, F113, F117: Monday to Sunday, a week in between, Thursday; one lot and one transaction for the week.
async fn a_week_is_granted_on_the_thursday_of_the_third_week(db: Db) {
    let mut world = town(db).await;
    let mut wallet = world.payer(10_000).await;
    let first = pays(&world, &mut wallet, &[(0, 450)]).await;
    world.now = at(2026, 6, 7, 23);
    pays(&world, &mut wallet, &[(0, 200)]).await;
    world.now = at(2026, 6, 8, 0);
    let later = pays(&world, &mut wallet, &[(0, 1_000)]).await;
    world.now = at(2026, 6, 17, 23);
    assert_eq!(grant(&world).await, Ok(0));
    world.now = at(2026, 6, 18, 0);
    assert_eq!(grant(&world).await, Ok(2));
    assert_eq!(grant(&world).await, Ok(0), "the job runs twice");
    assert_eq!(has(&world, wallet.account, POINTS).await, (3, 0));
    let listed = transactions(&world, POINTS).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].operation, listed[0].operation_id, listed[0].amount),
        (Operation::Add, OperationId::Grant, Amount::of(3))
    );
    assert!(listed[0].tran_id.starts_with("20260618"));
    let row = earned(&world, &first).await.unwrap();
    assert_eq!(
        (row.state, row.tran_id),
        (EarningState::Granted, Some(listed[0].tran_id.clone()))
    );
    let lots = rows::<LotRow>(&world).await;
    let lot = lots.iter().find(|lot| Some(lot.id) == row.lot).unwrap();
    assert_eq!((lot.class, lot.remaining, lot.until), (POINTS, Amount::of(3), None));
    world.now = at(2026, 6, 25, 0);
    assert_eq!(grant(&world).await, Ok(1));
    assert_eq!(earned(&world, &later).await.unwrap().state, EarningState::Granted);
    assert_eq!(has(&world, wallet.account, POINTS).await.0, 3 + 5);
    world.sound().await;
}

/// A job that slept grants what it missed, each week in its own lot.
async fn a_late_job_grants_each_week_by_itself(db: Db) {
    let mut world = town(db).await;
    let (first, _) = one_payment(&mut world, 400).await;
    let (second, _) = one_payment(&mut world, 600).await;
    world.now = at(2026, 6, 22, 12);
    let (third, _) = one_payment(&mut world, 800).await;
    world.now = at(2026, 8, 1, 12);
    assert_eq!(grant(&world).await, Ok(3));
    for (wallet, points) in [(first, 2), (second, 3), (third, 4)] {
        assert_eq!(has(&world, wallet.account, POINTS).await, (points, 0));
    }
    assert_eq!(transactions(&world, POINTS).await.len(), 3);
    world.sound().await;
}

/// F012, F013: 2027-02-11 is a holiday; of 2026-12-31 it was announced that it is 2027-01-07.
async fn a_holiday_and_an_announcement_move_the_day(db: Db) {
    let mut world = town(db).await;
    for (paid_at, not_yet, granted) in [
        (at(2026, 12, 20, 12), at(2027, 1, 6, 23), at(2027, 1, 7, 0)),
        (at(2027, 1, 25, 12), at(2027, 2, 11, 23), at(2027, 2, 12, 0)),
    ] {
        world.now = paid_at;
        let (wallet, _) = one_payment(&mut world, 400).await;
        world.now = not_yet;
        assert_eq!(grant(&world).await, Ok(0));
        world.now = granted;
        assert_eq!(grant(&world).await, Ok(1));
        assert_eq!(has(&world, wallet.account, POINTS).await, (2, 0));
    }
    world.sound().await;
}

/// F013: a payment goes through all the same, waits for the list of holidays, and others are granted.
async fn a_year_without_holidays_holds_up_nothing_else(db: Db) {
    let mut world = town(db).await;
    world.now = at(2027, 12, 6, 12);
    let (_, told) = one_payment(&mut world, 400).await;
    world.now = at(2027, 12, 20, 12);
    let (_, untold) = one_payment(&mut world, 400).await;
    world.now = at(2028, 1, 20, 12);
    let programmes = world.reader.programmes().await.unwrap().unwrap();
    let weeks = world.reader.due_weeks(&programmes, world.now.day()).await.unwrap();
    assert_eq!(weeks.untold, Some(CalendarError::UnknownYear { year: 2028 }));
    assert_eq!(grant(&world).await, Ok(1));
    assert_eq!(earned(&world, &told).await.unwrap().state, EarningState::Granted);
    assert_eq!(earned(&world, &untold).await.unwrap().state, EarningState::Pending);
    let alone = grant_of(&world, untold.intent.id()).await;
    let unknown = CalendarError::UnknownYear { year: 2028 };
    assert_eq!(alone, Err(CommandError::Calendar(unknown)));
    world.sound().await;
}

/// Whatever is named, the books look whether it is due.
async fn a_grant_happens_once_and_not_before_its_day(db: Db) {
    let mut world = town(db).await;
    let (_, paid) = one_payment(&mut world, 400).await;
    assert_eq!(earned(&world, &paid).await.unwrap().week, on(2026, 6, 1));
    assert_eq!(grant_of(&world, paid.intent.id()).await, Ok(0));
    assert_eq!(grant_of(&world, DocId([9; 32])).await, Ok(0));
    world.now = at(2026, 6, 18, 9);
    assert_eq!(grant_of(&world, paid.intent.id()).await, Ok(1));
    assert_eq!(grant_of(&world, paid.intent.id()).await, Ok(0));
    world.sound().await;
}
