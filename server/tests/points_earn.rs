//! What payments earn, on both databases.

use crate::on_both;
use crate::support;
use std::sync::Arc;

use crate::support::town_folder::{at, earned, grant, on, one_payment, pays, rows, takes_back, town};
use crate::support::{MONEY, POINTS, VOUCHER, World, day};
use kinchaku_protocol::doc::FactKind;
use kinchaku_protocol::money::Amount;
use kinchaku_server::points::rows::{CampaignPointsRow, EarningState};
use kinchaku_server::store::Store;

type Db = Arc<dyn Store>;

on_both!(
    each_payment_earns_by_itself,
    only_the_money_of_a_combined_payment_earns,
    two_parts_of_money_are_one_payment,
    a_campaign_adds_up_to_its_caps,
    a_person_has_one_cap_over_all_allowances,
    a_campaign_goes_by_when_it_was_paid_and_the_week_by_when_it_was_posted,
    what_is_taken_back_before_its_grant_is_never_granted,
    what_a_shop_cancels_before_it_is_posted_earns_nothing,
    a_town_without_a_folder_pays_as_before,
);

/// F001 to F004: 1 point for each full 200 yen of one payment; 450 and 150 are 2 points, not the 3 of 600.
async fn each_payment_earns_by_itself(db: Db) {
    let mut world = town(db).await;
    let mut wallet = world.payer(10_000).await;
    let mut points = Vec::new();
    for amount in [450, 150, 199, 200, 399] {
        let paid = pays(&world, &mut wallet, &[(0, amount)]).await;
        let row = earned(&world, &paid).await;
        points.push(row.map(|row| (row.base.units(), row.bonus.units(), row.week, row.state)));
    }
    let of = |points| Some((points, 0, on(2026, 6, 1), EarningState::Pending));
    assert_eq!(points, [of(2), None, None, of(1), of(1)]);
    world.sound().await;
}

/// F001, F089: vouchers and points that pay earn nothing.
async fn only_the_money_of_a_combined_payment_earns(db: Db) {
    let mut world = town(db).await;
    world.now = at(2026, 6, 3, 12);
    let mut wallet = world.resident().await;
    world.credit(wallet.account, VOUCHER, 150, None).await;
    world.credit(wallet.account, MONEY, 250, None).await;
    world.credit(wallet.account, POINTS, 100, None).await;
    world.issue(&mut wallet).await.unwrap();
    let lines = &wallet.allowance().lines;
    let classes: Vec<_> = lines.iter().map(|line| line.class).collect();
    assert_eq!(classes, [VOUCHER, POINTS, MONEY]);
    let paid = pays(&world, &mut wallet, &[(0, 150), (1, 100), (2, 250)]).await;
    assert_eq!(earned(&world, &paid).await.unwrap().base, Amount::of(1));
    let paid = pays_with_vouchers_alone(&mut world).await;
    assert!(earned(&world, &paid).await.is_none());
    world.sound().await;
}

async fn pays_with_vouchers_alone(world: &mut World) -> support::wallet::Paid {
    let mut wallet = world.resident().await;
    world.credit(wallet.account, VOUCHER, 5_000, None).await;
    world.issue(&mut wallet).await.unwrap();
    pays(world, &mut wallet, &[(0, 5_000)]).await
}

/// F001: 150 and 150 of money in one payment are 300 yen, from whichever lines.
async fn two_parts_of_money_are_one_payment(db: Db) {
    let mut world = town(db).await;
    let mut wallet = world.resident().await;
    world.credit(wallet.account, MONEY, 150, Some(day(60))).await;
    world.credit(wallet.account, MONEY, 150, None).await;
    world.issue(&mut wallet).await.unwrap();
    let paid = pays(&world, &mut wallet, &[(0, 150), (1, 150)]).await;
    assert_eq!(earned(&world, &paid).await.unwrap().base, Amount::of(1));
    world.sound().await;
}

/// F005: beside the base, multiplied first and floored once; so much of one payment and of one person.
async fn a_campaign_adds_up_to_its_caps(db: Db) {
    let mut world = town(db).await;
    world.now = at(2026, 6, 8, 12);
    let mut wallet = world.payer(20_000).await;
    let mut points = Vec::new();
    // 450 × 3 ÷ 200 = 6.75; 4,000 would give 40 more; the person has 24 of 25 then. 199 is below the least.
    for amount in [450, 4_000, 199, 1_000, 1_000] {
        let paid = pays(&world, &mut wallet, &[(0, amount)]).await;
        let row = earned(&world, &paid).await;
        points.push(row.map_or((0, 0), |row| (row.base.units(), row.bonus.units())));
    }
    assert_eq!(points, [(2, 4), (20, 20), (0, 0), (5, 1), (5, 0)]);
    let given = rows::<CampaignPointsRow>(&world).await;
    assert_eq!((given[0].campaign, given[0].points), (3, Amount::of(25)));
    world.sound().await;
}

/// F005: the first payment of another allowance adds to what the person has, and takes nothing back from the count.
async fn a_person_has_one_cap_over_all_allowances(db: Db) {
    let mut world = town(db).await;
    world.now = at(2026, 6, 8, 12);
    let mut wallet = world.payer(20_000).await;
    let mut bonus = 0;
    for (allowance, amounts) in [[4_000, 200], [4_000, 1_000], [4_000, 1_000]].into_iter().enumerate() {
        let before = wallet.allowance().id();
        if allowance > 0 {
            world.issue(&mut wallet).await.unwrap();
            assert_ne!(wallet.allowance().id(), before);
        }
        for amount in amounts {
            let paid = pays(&world, &mut wallet, &[(0, amount)]).await;
            bonus += earned(&world, &paid).await.map_or(0, |row| row.bonus.units());
        }
    }
    assert_eq!(bonus, 25);
    assert_eq!(rows::<CampaignPointsRow>(&world).await[0].points, Amount::of(25));
    world.sound().await;
}

/// F005, F012: a payment of the last minutes of Sunday comes in on Monday.
async fn a_campaign_goes_by_when_it_was_paid_and_the_week_by_when_it_was_posted(db: Db) {
    let mut world = town(db).await;
    world.now = at(2026, 6, 14, 23);
    let mut wallet = world.payer(1_000).await;
    let paid = wallet.pays(world.a.pid, 1_000);
    world.now = at(2026, 6, 15, 8);
    assert_eq!(world.fact(&paid.bytes).await.kind, FactKind::Posted);
    let row = earned(&world, &paid).await.unwrap();
    assert_eq!((row.base, row.bonus), (Amount::of(5), Amount::of(10)));
    assert_eq!(row.week, on(2026, 6, 15));
    world.sound().await;
}

/// F006, F007: nothing is granted for it, and the campaign's points may be had by another payment.
async fn what_is_taken_back_before_its_grant_is_never_granted(db: Db) {
    let mut world = town(db).await;
    world.now = at(2026, 6, 8, 12);
    let (wallet, paid) = one_payment(&mut world, 4_000).await;
    takes_back(&world, &paid).await;
    let row = earned(&world, &paid).await.unwrap();
    assert_eq!((row.state, row.lot), (EarningState::Void, None));
    assert_eq!(rows::<CampaignPointsRow>(&world).await[0].points, Amount::ZERO);
    world.now = at(2026, 7, 30, 9);
    assert_eq!(grant(&world).await, Ok(0));
    let points = support::town_folder::has(&world, wallet.account, POINTS).await;
    assert_eq!(points, (0, 0));
    world.sound().await;
}

/// F006: its documents come in the other order.
async fn what_a_shop_cancels_before_it_is_posted_earns_nothing(db: Db) {
    let mut world = town(db).await;
    let mut wallet = world.payer(1_000).await;
    let paid = wallet.pays(world.a.pid, 1_000);
    let cancel = world.a.cancels(paid.reference);
    world.upload(&[&cancel]).await;
    assert_eq!(world.fact(&paid.bytes).await.kind, FactKind::Reversed);
    let row = earned(&world, &paid).await;
    assert!(row.is_none_or(|row| row.state == EarningState::Void));
    world.sound().await;
}

/// Without a folder there are no points, and nothing else is different.
async fn a_town_without_a_folder_pays_as_before(db: Db) {
    let mut world = World::new(db).await;
    let (_, paid) = one_payment(&mut world, 1_000).await;
    assert!(earned(&world, &paid).await.is_none());
    world.sound().await;
}
