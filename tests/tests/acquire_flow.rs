//! A resident gets vouchers from the real server and pays with them: handed out, bought, combined offline.

use kinchaku_core::acquire::{self, AcquireError, Outcome, VoucherError};
use kinchaku_core::gate;
use kinchaku_core::home::Home;
use kinchaku_core::lock::Pin;
use kinchaku_core::pay::{self, PayError, ShopCodeError};
use kinchaku_core::view::{self, ClassView};
use kinchaku_protocol::api::acquire::{AcquireRefusal, LotsWanted, OrderStage, PayWay, Why};
use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::split::Choice;
use kinchaku_protocol::voucher::VoucherCode;
use kinchaku_tests::counter::{gate_for, shop};
use kinchaku_tests::database::Kind;
use kinchaku_tests::offline_town::{COIN, PIN, POINTS, VOUCHER};
use kinchaku_tests::running_town::{synced, wall};
use kinchaku_tests::selling_town::{
    COUPON, DRAWN, EXCHANGE, GIVEN, LATER, SALE, SUMMER, TOMORROW, given_code, pay_at_counter, start,
};

fn class(home: &Home, class: ClassId) -> ClassView {
    let shown = view::wallet(home).unwrap();
    shown.classes.into_iter().find(|view| view.class == class).unwrap()
}

fn no(error: AcquireError) -> AcquireRefusal {
    match error {
        AcquireError::Refused(why) => why,
        other => panic!("{other:?}"),
    }
}

fn lots(units: u32) -> LotsWanted {
    LotsWanted {
        programme: SALE,
        units,
        buyer: None,
        phone: None,
    }
}

/// F068, F069: from the list or by its code, once a person; the code pays nobody and is another's in another town.
#[test]
fn a_voucher_is_handed_out_once_by_list_or_by_code() {
    let mut town = start(Kind::Sqlite, "handed out").unwrap();
    let (one, other) = (town.resident(), town.resident());

    let offers = acquire::offers(&one.home).unwrap();
    let numbers: Vec<u32> = offers.offers.iter().map(|offer| offer.programme).collect();
    assert_eq!(numbers, [SALE, DRAWN, GIVEN, LATER, EXCHANGE]);
    let drawn = offers.offers.iter().find(|offer| offer.programme == DRAWN).unwrap();
    assert_eq!(drawn.refused.as_ref().map(|no| no.why), Some(Why::NoCard));
    assert!(
        offers
            .offers
            .iter()
            .filter(|offer| offer.programme != DRAWN && offer.programme != EXCHANGE)
            .all(|offer| offer.refused.is_none())
    );

    let received = acquire::receive(&one.home, GIVEN, false).unwrap();
    assert_eq!((received.class, received.amount), (COUPON, Amount::of(100)));
    synced(&one);
    let coupon = class(&one.home, COUPON);
    assert_eq!(coupon.usable, Amount::of(100));
    let lots: Vec<_> = coupon.lots.iter().map(|lot| (lot.until, lot.remaining)).collect();
    assert_eq!(lots, [(received.until, Amount::of(100))]);
    assert_eq!(received.until, Some(wall().day().plus(60)));
    let twice = no(acquire::receive(&one.home, GIVEN, false).unwrap_err());
    assert_eq!((twice.why, twice.most, twice.left), (Why::TooMany, Some(1), Some(0)));

    let code = given_code();
    assert!(matches!(
        pay::read_shop(&other.home, &code, true),
        Err(ShopCodeError::NotAShop(found)) if found.kind() == "voucher"
    ));
    let programme = acquire::read_voucher(&other.home, &code).unwrap();
    assert_eq!(
        acquire::receive(&other.home, programme, true).unwrap().amount,
        Amount::of(100)
    );
    let elsewhere = VoucherCode {
        muni: 2,
        programme: GIVEN,
    };
    let elsewhere = acquire::read_voucher(&other.home, &elsewhere.text());
    assert_eq!(elsewhere, Err(VoucherError::OtherTown));
    assert_eq!(
        no(acquire::receive(&other.home, LATER, true).unwrap_err()).why,
        Why::ByCode
    );
    assert_eq!(
        no(acquire::receive(&other.home, SALE, false).unwrap_err()).why,
        Why::Unknown
    );
    assert_eq!(
        no(acquire::apply(&other.home, DRAWN, 1, None).unwrap_err()).why,
        Why::NoCard
    );
    assert_eq!(
        no(acquire::apply(&other.home, 99, 1, None).unwrap_err()).why,
        Why::NoCard
    );

    let other = town.reopened(other, false);
    let before = acquire::list(&other.home).unwrap().len();
    assert_eq!(
        acquire::receive(&other.home, LATER, false),
        Err(AcquireError::NeedsNetwork)
    );
    assert_eq!(
        acquire::list(&other.home).unwrap().len(),
        before,
        "nothing was put down"
    );
    town.audited();
}

/// F067, F072, F073, F079, F081, F089: bought lots pay with points and coins in one intent without a network; classes
/// that do not pay together are named, and so is a class whose time has not come.
#[test]
fn vouchers_points_and_coins_pay_together_without_a_network() {
    let mut town = start(Kind::Sqlite, "combined").unwrap();
    let wallet = town.resident();
    let order = acquire::order(&wallet.home, lots(2), PayWay::Counter).unwrap();
    assert_eq!(
        (order.stage, order.price, order.face),
        (OrderStage::Awaiting, Amount::of(2_000), Amount::of(2_400))
    );
    assert_eq!(
        no(acquire::order(&wallet.home, lots(9), PayWay::Counter).unwrap_err()).why,
        Why::TooMany
    );
    assert_eq!(
        no(acquire::order(&wallet.home, lots(1), PayWay::Card).unwrap_err()).why,
        Why::PayWay
    );
    pay_at_counter(&town, order.order);
    acquire::receive(&wallet.home, GIVEN, false).unwrap();
    acquire::receive(&wallet.home, LATER, false).unwrap();
    synced(&wallet);
    let paid = acquire::list(&wallet.home).unwrap();
    let stage = |outcome: &Outcome| match outcome {
        Outcome::Ordered(order) => Some(order.stage),
        _ => None,
    };
    assert!(
        paid.iter().any(|entry| stage(&entry.outcome) == Some(OrderStage::Paid)),
        "{paid:?}"
    );
    assert_eq!(class(&wallet.home, SUMMER).offline, Amount::of(2_400));

    let wallet = town.reopened(wallet, false);
    let home = &wallet.home;
    let bakery = shop(home, &town.bakery.sheet);
    let quote = |total: u32, choice: Choice| pay::quote(home, &bakery, Amount::of(total), &choice, false);
    let hand = |parts: &[(ClassId, u32)]| {
        Choice::ByHand(
            parts
                .iter()
                .map(|(class, amount)| (*class, Amount::of(*amount)))
                .collect(),
        )
    };
    assert_eq!(
        quote(200, hand(&[(COUPON, 100), (POINTS, 100)])).unwrap_err(),
        PayError::Apart {
            one: COUPON,
            other: POINTS
        }
    );
    let early = quote(100, hand(&[(TOMORROW, 100)])).unwrap_err();
    let begins = wall().day().plus(1).start().after(10 * 3_600);
    assert_eq!(
        early,
        PayError::NotYet {
            class: TOMORROW,
            from: begins
        }
    );
    // おまかせ never joins what may not pay together, whatever lies in the purse.
    let automatic = quote(2_900, Choice::Automatic { points: false }).unwrap();
    let used: Vec<ClassId> = automatic.by_class.iter().map(|(class, _)| *class).collect();
    assert!(!used.contains(&TOMORROW));
    for (one, other) in [
        (COUPON, SUMMER),
        (COUPON, VOUCHER),
        (SUMMER, VOUCHER),
        (POINTS, VOUCHER),
    ] {
        assert!(!(used.contains(&one) && used.contains(&other)), "{used:?}");
    }

    let parts = [(SUMMER, 2_400), (POINTS, 500), (COIN, 600)];
    let quote = quote(3_500, hand(&parts)).unwrap();
    let prepared = pay::prepare(home, &quote, gate_for(&quote)).unwrap();
    let key = gate::open(home, &Pin::parse(PIN).unwrap()).unwrap();
    let receipt = pay::confirm(home, prepared, &key).unwrap();
    assert_eq!(class(home, SUMMER).usable, Amount::ZERO);

    let wallet = town.reopened(wallet, true);
    // The payment, and perhaps the close of the reserve it used up.
    assert!(synced(&wallet).delivered >= 1);
    let history = view::history(&wallet.home).unwrap();
    let made = history
        .payments
        .iter()
        .find(|payment| payment.reference == receipt.reference)
        .unwrap();
    assert_eq!(made.state, kinchaku_core::book::payments::State::Posted);
    let used: Vec<_> = history
        .transactions
        .iter()
        .filter(|row| row.operation_id == 1)
        .collect();
    assert_eq!(used.len(), 3, "one row for each service of one payment");
    assert_eq!(town.owed(town.bakery.shop), 3_500);
    assert_eq!(class(&wallet.home, SUMMER).usable, Amount::ZERO);
    town.audited();
}

/// F014, F015, F026: what is set aside for payments is given back first, the points are gone at once, the money stands
/// among what comes, and asking again is the same exchange. Without a network nothing is given back.
#[test]
fn points_are_exchanged_with_an_allowance_in_use() {
    let mut town = start(Kind::Sqlite, "exchanged").unwrap();
    let (code, account) = town.invited();
    let wallet = town.device(true);
    town.enrol_wallet(&wallet, &code);
    town.credit(account, [1_000, 500, 1]);
    assert!(synced(&wallet).new_allowance);
    assert_eq!(class(&wallet.home, POINTS).offline, Amount::of(500));
    let offers = acquire::offers(&wallet.home).unwrap().offers;
    let offer = offers.iter().find(|offer| offer.programme == EXCHANGE).unwrap();
    let terms = offer.exchange.as_ref().unwrap();
    assert_eq!((terms.source, offer.class), (POINTS, COIN));
    let due = terms.due.unwrap();
    assert!(due >= wall().day().plus(7));

    let few = no(acquire::exchange(&wallet.home, EXCHANGE, Amount::of(100)).unwrap_err());
    assert_eq!((few.why, few.most, few.left), (Why::Step, Some(100), Some(200)));
    synced(&wallet);
    let done = acquire::exchange(&wallet.home, EXCHANGE, Amount::of(300)).unwrap();
    assert_eq!(
        (done.source, done.points, done.class, done.amount, done.granted),
        (POINTS, Amount::of(300), COIN, Amount::of(270), false)
    );
    assert_eq!(done.due, due);
    synced(&wallet);
    let points = class(&wallet.home, POINTS);
    assert_eq!((points.usable, points.offline), (Amount::of(200), Amount::of(200)));
    let coin = class(&wallet.home, COIN);
    assert_eq!((coin.usable, coin.coming), (Amount::of(1_000), Amount::of(270)));
    let much = no(acquire::exchange(&wallet.home, EXCHANGE, Amount::of(400)).unwrap_err());
    assert_eq!((much.why, much.left), (Why::NotEnough, Some(200)));
    synced(&wallet);
    let kept = acquire::list(&wallet.home).unwrap();
    assert!(
        kept.iter()
            .any(|entry| entry.outcome == Outcome::Exchanged(done.clone())),
        "{kept:?}"
    );
    let card = view::wallet(&wallet.home).unwrap().card.unwrap();
    assert_eq!(kinchaku_protocol::rules::card_number::account(card), Some(account));

    let wallet = town.reopened(wallet, false);
    let offline = acquire::exchange(&wallet.home, EXCHANGE, Amount::of(200));
    assert_eq!(offline, Err(AcquireError::NeedsNetwork));
    assert_eq!(
        class(&wallet.home, POINTS).offline,
        Amount::of(200),
        "still to be paid with"
    );
    town.audited();
}
