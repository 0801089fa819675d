//! The close of periods, on both databases: in turn, once, whatever dies in between, whatever the clock says.

use crate::on_both;
use std::sync::Arc;

use crate::support::season::{SHORT, Season, folder, table};
use crate::support::town_folder::{on, rows};
use crate::support::{MONEY, VOUCHER};
use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Day;
use kinchaku_server::command::{Action, CommandError, Outcome};
use kinchaku_server::export::{Account, AccountKind, Scope, Sender, TransferProblem, What, transfer_order};
use kinchaku_server::ledger::rows::{Book, EntryKind, EntryRow};
use kinchaku_server::programme::action::SetUpAction;
use kinchaku_server::query::settlement::PeriodStanding;
use kinchaku_server::settlement::action::{Canceller, SettleAction, ShopSum};
use kinchaku_server::settlement::rows::{PayoutRow, PeriodRow, PeriodState};
use kinchaku_server::store::Store;

type Db = Arc<dyn Store>;

on_both!(
    periods_are_closed_in_turn_when_they_are_over,
    two_clerks_at_once_pay_once,
    a_close_that_died_is_gone_on_with,
    more_taken_back_than_sold_is_carried_on,
    an_offline_payment_is_of_the_week_in_which_it_came,
    a_clock_set_back_changes_no_closed_week,
    the_month_is_paid_within_seven_business_days,
    what_comes_after_the_season_has_periods_and_a_debt_is_on_a_list,
    whatever_comes_in_after_a_season_is_paid,
    a_folder_does_not_end_the_periods_of_a_class,
    a_shop_sees_what_it_will_be_paid_and_when,
);

async fn asks(season: &Season, action: SettleAction) -> Result<Outcome, CommandError> {
    season.world.run(Action::Settle(action)).await
}

const fn begin(class: ClassId, number: u32) -> SettleAction {
    SettleAction::Begin { class, number }
}

const fn finish(class: ClassId, number: u32) -> SettleAction {
    SettleAction::Finish { class, number }
}

async fn payouts(season: &Season, number: u32) -> Vec<(u64, u64, i64, u64, i64)> {
    let rows = season.world.reader.payouts(VOUCHER, number).await.unwrap();
    rows.iter()
        .map(|row| {
            let (used, cancelled) = (row.used.units(), row.cancelled.units());
            let carried = (row.carried_in.units(), row.carried_out.units());
            (used, cancelled, carried.0, row.paid.units(), carried.1)
        })
        .collect()
}

/// F092, F094: not before midnight, not out of turn, not what nobody knows.
async fn periods_are_closed_in_turn_when_they_are_over(db: Db) {
    let mut season = Season::new(db).await;
    let no = Err(CommandError::NoPeriod);
    season.noon(6, 7);
    assert_eq!(asks(&season, begin(VOUCHER, 1)).await, no, "Friday is not over");
    assert_eq!(asks(&season, finish(VOUCHER, 1)).await, no);
    season.noon(6, 15);
    assert_eq!(asks(&season, begin(VOUCHER, 2)).await, no, "the first comes first");
    assert_eq!(asks(&season, begin(VOUCHER, 0)).await, no);
    assert_eq!(asks(&season, begin(ClassId(99), 1)).await, Err(CommandError::NoClass));
    assert_eq!(asks(&season, begin(VOUCHER, 1)).await, Ok(Outcome::Done));
    assert_eq!(asks(&season, begin(VOUCHER, 2)).await, no, "the first is not closed");
    assert_eq!(asks(&season, finish(VOUCHER, 1)).await, Ok(Outcome::Done));
    assert_eq!(
        asks(&season, begin(VOUCHER, 1)).await,
        Ok(Outcome::Done),
        "again is the same"
    );
    assert_eq!(asks(&season, begin(VOUCHER, 2)).await, Ok(Outcome::Done));
    let closed = season.close().await;
    // May and April of the monthly classes had no end to wait for; the second week goes on.
    assert!(closed.iter().any(|row| (row.class, row.number) == (VOUCHER, 2)));
    assert!(
        closed
            .iter()
            .all(|row| row.state == PeriodState::Closed && row.last < on(2024, 6, 15))
    );
    assert_eq!(season.close().await, [], "nothing is left to do");
    // Up to a day only.
    season.noon(7, 20);
    let some = season
        .closing()
        .through(Some(SHORT), on(2024, 6, 28), season.world.now)
        .await
        .unwrap();
    assert_eq!(some.last().map(|row| row.last), Some(on(2024, 6, 28)));
    season.world.sound().await;
}

/// Two processes or two people: every sum is written once, and both are told that it is closed.
async fn two_clerks_at_once_pay_once(db: Db) {
    let mut season = Season::new(db).await;
    let mut wallet = season.payer(&[(VOUCHER, 9_000)]).await;
    for shop in 0..3 {
        season.pays(&mut wallet, shop, &[(VOUCHER, 1_000)]).await;
    }
    season.noon(6, 8);
    let now = season.world.now;
    let (one, other) = (season.closing(), season.closing());
    let both = tokio::join!(
        one.through(Some(VOUCHER), now.day(), now),
        other.through(Some(VOUCHER), now.day(), now)
    );
    both.0.unwrap();
    both.1.unwrap();
    assert_eq!(payouts(&season, 1).await, [(1_000, 0, 0, 1_000, 0); 3]);
    let entries = rows::<EntryRow>(&season.world).await;
    assert_eq!(entries.iter().filter(|row| row.kind == EntryKind::Payout).count(), 3);
    for shop in 0..3 {
        assert_eq!(season.world.owed(season.shop(shop)).await, 0);
    }
    season.world.sound().await;
}

/// Begun and dead; some shops written and dead: the next run ends it, and the first one's words count once.
async fn a_close_that_died_is_gone_on_with(db: Db) {
    let mut season = Season::new(db).await;
    let mut wallet = season.payer(&[(VOUCHER, 9_000)]).await;
    for shop in 0..3 {
        season.pays(&mut wallet, shop, &[(VOUCHER, 1_000)]).await;
    }
    season.noon(6, 8);
    asks(&season, begin(VOUCHER, 1)).await.unwrap();
    let sum = |shop| ShopSum {
        shop: season.shop(shop),
        used: Amount::of(1_000),
        cancelled: Amount::ZERO,
    };
    let pay = SettleAction::Pay {
        class: VOUCHER,
        number: 1,
        shops: vec![sum(1)],
    };
    asks(&season, pay.clone()).await.unwrap();
    asks(&season, pay.clone()).await.unwrap();
    // What is sold meanwhile is of the next week.
    season.pays(&mut wallet, 1, &[(VOUCHER, 500)]).await;
    season.noon(6, 9);
    season.close().await;
    assert_eq!(payouts(&season, 1).await, [(1_000, 0, 0, 1_000, 0); 3]);
    asks(&season, pay).await.unwrap();
    asks(&season, finish(VOUCHER, 1)).await.unwrap();
    let periods: Vec<PeriodRow> = season.world.reader.periods(Some(VOUCHER)).await.unwrap();
    assert_eq!(periods.len(), 1);
    assert_eq!(periods[0].closed_at, Some(season.world.now));
    assert_eq!(season.world.owed(season.shop(1)).await, 500);
    season.world.sound().await;
}

/// A payout is never negative: what is missing is taken off the next ones, over as many weeks as it takes.
async fn more_taken_back_than_sold_is_carried_on(db: Db) {
    let mut season = Season::new(db).await;
    let mut wallet = season.payer(&[(VOUCHER, 9_000)]).await;
    let paid = season.pays(&mut wallet, 0, &[(VOUCHER, 1_000)]).await;
    season.noon(6, 10);
    season.close().await;
    season.cancel(&paid, Canceller::Office).await.unwrap();
    season.noon(6, 17);
    season.close().await;
    season.noon(6, 24);
    season.close().await;
    season.world.issue(&mut wallet).await.unwrap();
    season.pays(&mut wallet, 0, &[(VOUCHER, 400)]).await;
    season.noon(7, 1);
    season.close().await;
    season.world.issue(&mut wallet).await.unwrap();
    season.pays(&mut wallet, 0, &[(VOUCHER, 900)]).await;
    season.noon(7, 8);
    season.close().await;
    assert_eq!(payouts(&season, 1).await, [(1_000, 0, 0, 1_000, 0)]);
    assert_eq!(payouts(&season, 2).await, [(0, 1_000, 0, 0, -1_000)]);
    assert_eq!(payouts(&season, 3).await, [(0, 0, -1_000, 0, -1_000)]);
    assert_eq!(payouts(&season, 4).await, [(400, 0, -1_000, 0, -600)]);
    assert_eq!(payouts(&season, 5).await, [(900, 0, -600, 300, 0)]);
    assert_eq!(season.world.owed(season.shop(0)).await, 0);

    let account = |holder| Account::new("9999", "101", AccountKind::Ordinary, "7654321", holder).unwrap();
    let sender = Sender {
        code: "1234567890".to_owned(),
        account: account("ミタカシ"),
        bank_name: "ギンコウ".to_owned(),
        branch_name: "シテン".to_owned(),
    };
    let order = transfer_order(&season.world.reader, (VOUCHER, 5), &sender, false)
        .await
        .unwrap();
    assert_eq!((order.totals.count, order.totals.amount.units()), (1, 300));
    assert_eq!(order.bytes.len(), 4 * 120);
    let record = String::from_utf8_lossy(&order.bytes[120..240]).into_owned();
    assert!(record.starts_with("29999"), "to the account of the folder: {record}");
    assert!(record.contains("1000001") && record.contains("0000000300"), "{record}");
    assert!(
        String::from_utf8_lossy(&order.bytes[..120]).contains("0716"),
        "on the day of payment"
    );
    let none = transfer_order(&season.world.reader, (VOUCHER, 2), &sender, true)
        .await
        .unwrap();
    assert_eq!(none.totals.count, 0);
    let open = transfer_order(&season.world.reader, (VOUCHER, 6), &sender, true).await;
    assert!(matches!(open, Err(TransferProblem::NotClosed)));
    season.world.sound().await;
}

/// F109: bought on Thursday without a network, posted on Saturday; the list has both times.
async fn an_offline_payment_is_of_the_week_in_which_it_came(db: Db) {
    let mut season = Season::new(db).await;
    season.noon(6, 6);
    let mut wallet = season.payer(&[(VOUCHER, 9_000)]).await;
    let paid = season.signs(&mut wallet, 0, &[(VOUCHER, 800)]);
    season.noon(6, 8);
    season.posts(&paid).await;
    season.close().await;
    assert_eq!(payouts(&season, 1).await, []);
    season.noon(6, 15);
    season.close().await;
    assert_eq!(payouts(&season, 2).await, [(800, 0, 0, 800, 0)]);
    let shop = Scope::Shop(season.shop(0));
    let file = season
        .file(What::Transactions, shop, on(2024, 6, 8), on(2024, 6, 14))
        .await;
    let rows = table(&file);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["createdAt"], "2024-06-08 12:00:00");
    assert_eq!(rows[0]["occurredAt"], "2024-06-06 12:01:00");
    season.world.sound().await;
}

/// Whoever sets a clock back posts into today all the same: a closed week stays as it is.
async fn a_clock_set_back_changes_no_closed_week(db: Db) {
    let mut season = Season::new(db).await;
    let mut wallet = season.payer(&[(VOUCHER, 9_000)]).await;
    let paid = season.pays(&mut wallet, 0, &[(VOUCHER, 800)]).await;
    season.noon(6, 8);
    season.close().await;
    season.noon(6, 6);
    season.pays(&mut wallet, 0, &[(VOUCHER, 100)]).await;
    let shop = season.by_shop(0);
    assert!(
        season.cancel(&paid, shop).await.is_err(),
        "it is closed, whatever the clock says"
    );
    assert_eq!(season.close().await, []);
    season.noon(6, 15);
    season.close().await;
    assert_eq!(payouts(&season, 1).await, [(800, 0, 0, 800, 0)]);
    assert_eq!(payouts(&season, 2).await, [(100, 0, 0, 100, 0)]);
    season.world.sound().await;
}

/// F095: June ends on a Sunday; the seventh business day of banks after it is Tuesday, 9 July.
async fn the_month_is_paid_within_seven_business_days(db: Db) {
    let mut season = Season::new(db).await;
    season.noon(6, 28);
    let mut wallet = season.payer(&[(MONEY, 9_000)]).await;
    season.pays(&mut wallet, 0, &[(MONEY, 800)]).await;
    season.noon(7, 1);
    let closed = season.close().await;
    let june = closed
        .iter()
        .find(|row| row.class == MONEY && row.last == on(2024, 6, 30))
        .unwrap();
    assert_eq!(
        (june.number, june.first, june.paid_on),
        (3, on(2024, 6, 1), on(2024, 7, 9))
    );
    let payouts: Vec<PayoutRow> = season.world.reader.payouts(MONEY, 3).await.unwrap();
    assert_eq!(payouts.iter().map(|row| row.paid.units()).collect::<Vec<_>>(), [800]);
    season.world.sound().await;
}

/// F093: what was made without a network has periods of fourteen days; what a shop owes then, a person has to see.
async fn what_comes_after_the_season_has_periods_and_a_debt_is_on_a_list(db: Db) {
    let mut season = Season::new(db).await;
    season.noon(8, 31);
    let mut wallet = season.payer(&[(VOUCHER, 9_000)]).await;
    let paid = season.signs(&mut wallet, 0, &[(VOUCHER, 800)]);
    season.noon(9, 2);
    season.posts(&paid).await;
    season.noon(9, 15);
    let closed = season.close().await;
    let late = closed.iter().find(|row| row.class == VOUCHER && row.late).unwrap();
    assert_eq!(
        (late.number, late.last, late.paid_on),
        (15, on(2024, 9, 14), on(2024, 10, 1))
    );
    assert_eq!(payouts(&season, 15).await, [(800, 0, 0, 800, 0)]);
    assert_eq!(season.world.reader.unsettled().await.unwrap(), []);
    season.cancel(&paid, Canceller::Office).await.unwrap();
    season.noon(12, 1);
    season.close().await;
    assert_eq!(payouts(&season, 16).await, [(0, 800, 0, 0, -800)]);
    let left = season.world.reader.unsettled().await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].class, left[0].shop), (VOUCHER, season.shop(0)));
    assert_eq!((left[0].posted.units(), left[0].carried.units()), (0, -800));
    season.world.sound().await;
}

/// F093: the hold outlives the first late period, and grace does: both shops are paid.
async fn whatever_comes_in_after_a_season_is_paid(db: Db) {
    let mut season = Season::new(db).await;
    season.noon(8, 27);
    let mut early = season.payer(&[(VOUCHER, 1_200)]).await;
    let sold = season.pays(&mut early, 0, &[(VOUCHER, 1_200)]).await;
    season.noon(8, 31);
    let mut wallet = season.payer(&[(VOUCHER, 9_000)]).await;
    let offline = season.signs(&mut wallet, 0, &[(VOUCHER, 1_500)]);
    season.noon(9, 10);
    season.cancel(&sold, Canceller::Office).await.unwrap();
    season.noon(9, 16);
    season.posts(&offline).await;
    season.noon(9, 30);
    season.close().await;
    // What was taken back stands against what came in.
    assert_eq!(payouts(&season, 15).await, [(0, 1_200, 0, 0, -1_200)]);
    assert_eq!(payouts(&season, 16).await, [(1_500, 0, -1_200, 300, 0)]);
    let owed = season.world.reader.trial_balance().await.unwrap();
    let owed = owed
        .iter()
        .find(|line| (line.class, line.book) == (VOUCHER, Book::ShopPayable));
    assert_eq!(owed.map_or(0, |line| line.sum.units()), 0);
    assert_eq!(season.world.reader.unsettled().await.unwrap(), []);
    season.world.sound().await;
}

/// F092: after a close another weekday of the close would leave days that no period has.
async fn a_folder_does_not_end_the_periods_of_a_class(db: Db) {
    let mut season = Season::new(db).await;
    season.noon(6, 15);
    season.close().await;
    let with = |from: &str, to: &str| {
        let mut other = folder();
        for (_, text) in other.files.iter_mut().filter(|(path, _)| *path == "classes.toml") {
            *text = String::from_utf8(text.clone()).unwrap().replace(from, to).into_bytes();
        }
        Action::SetUp(SetUpAction::Load(Arc::new(other)))
    };
    for (from, to) in [
        ("close = \"金\"", "close = \"日\""),
        ("close = \"金\"", "close = \"木\""),
    ] {
        assert_eq!(
            season.world.run(with(from, to)).await,
            Err(CommandError::Incompatible),
            "{to}"
        );
    }
    // What does not change a period may change.
    assert_eq!(
        season.world.run(with("pay = \"火\"", "pay = \"木\"")).await,
        Ok(Outcome::Done)
    );
    season.noon(6, 22);
    assert!(
        season
            .close()
            .await
            .iter()
            .any(|row| (row.class, row.number) == (VOUCHER, 3))
    );
    season.world.sound().await;
}

/// F167: at any time during the period, and what the last ones came to.
async fn a_shop_sees_what_it_will_be_paid_and_when(db: Db) {
    let mut season = Season::new(db).await;
    let mut wallet = season.payer(&[(VOUCHER, 9_000)]).await;
    season.pays(&mut wallet, 0, &[(VOUCHER, 800)]).await;
    let seen = async |season: &Season| {
        let all = season
            .world
            .reader
            .shop_settlements(season.shop(0), season.world.now)
            .await
            .unwrap();
        let own = all.into_iter().filter(|period| period.class == VOUCHER);
        own.map(|period| (period.number, period.standing, period.paid.units(), period.paid_on))
            .collect::<Vec<(u32, PeriodStanding, u64, Day)>>()
    };
    let first = |standing| (1, standing, 800, on(2024, 6, 18));
    assert_eq!(seen(&season).await, [first(PeriodStanding::Open)]);
    season.noon(6, 8);
    let second = (2, PeriodStanding::Open, 0, on(2024, 6, 25));
    assert_eq!(seen(&season).await, [second, first(PeriodStanding::Due)]);
    season.close().await;
    assert_eq!(seen(&season).await, [second, first(PeriodStanding::Closed)]);
}
