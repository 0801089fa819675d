//! Orders on both databases: nothing is sold twice or beyond what there is, every yen that comes in is value or goes
//! back, and whatever a provider tells is taken in once.

use crate::on_both;
use crate::sale_town;
use std::sync::Arc;

use crate::sale_town::{
    COIN, COUPON, DRAWN, GIVEN, OPEN, POINT, VOUCHER, application, apply, at, by_number, june, lots, order, person,
    phone, top_up,
};
use crate::support::{TOWN, World, signers};
use kinchaku_protocol::ids::{ClassId, DocId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::draw;
use kinchaku_protocol::time::{DAY_SECONDS, Time};
use kinchaku_server::command::{Action, Command, CommandError, Invitee, Outcome, TownRules};
use kinchaku_server::lane::Lane;
use kinchaku_server::ledger::rows::{Book, BusinessRow, LotRow, OperationId, PostingRow};
use kinchaku_server::points::rows::BalanceRow;
use kinchaku_server::programme::action::SetUpAction;
use kinchaku_server::programme::{PayIn, Refusal};
use kinchaku_server::sale::action::{ByHand, NewOrder, SaleAction};
use kinchaku_server::sale::rows::{EventKind, EventVerdict, OrderRow, OrderState, RefundStep};
use kinchaku_server::store::table::Table;
use kinchaku_server::store::{Query, Store, Which};

type Db = Arc<dyn Store>;

on_both!(
    lots_are_bought_by_the_number_and_the_phone_of_the_winner,
    nobody_has_more_than_thirty_over_all_accounts,
    an_account_is_one_person_whatever_the_card_says,
    of_two_orders_for_the_last_lot_one_is_taken,
    ten_thousand_orders_sell_exactly_what_there_is,
    a_purchase_is_value_for_its_price_and_the_premium,
    money_is_topped_up_within_its_bounds,
    what_a_provider_tells_twice_happens_once,
    what_is_not_the_price_brings_nothing,
    money_without_a_way_back_is_returned_by_hand,
    what_would_be_over_is_not_sold,
    nobody_asks_for_money_without_end,
    an_order_nobody_pays_gives_its_lots_back_and_late_money_returns,
    an_unused_purchase_is_given_back_and_a_used_one_is_not,
    what_a_bank_takes_back_is_taken_from_lots_and_the_rest_is_owed,
    a_chargeback_before_its_payment_leaves_no_value,
    an_order_goes_on_after_the_lane_began_again,
    points_for_buying_come_on_their_day_once,
    a_distribution_is_received_once_a_person_up_to_its_ceiling,
);

async fn town(db: Db) -> World {
    let mut world = World::new(db).await;
    let load = Action::SetUp(SetUpAction::Load(june(TOWN.muni)));
    assert_eq!(world.run(load).await, Ok(Outcome::Done));
    world.now = at(2026, 6, 1, 12);
    world
}

/// The account of the person with this number: each has one.
async fn account_of(lane: &Lane, now: Time, number: u32) -> u64 {
    let invite = Action::Invite {
        code_hash: DocId::of(&number.to_be_bytes()).0,
        invitee: Invitee::Resident,
    };
    match lane.run(Command { now, action: invite }).await {
        Ok(Outcome::Invited { account: Some(account) }) => account,
        other => panic!("no account but {other:?}"),
    }
}

async fn sale(world: &World, action: SaleAction) -> Result<Outcome, CommandError> {
    world.run(Action::Sale(action)).await
}

async fn orders(world: &World, asked: NewOrder) -> Result<Outcome, CommandError> {
    sale(world, SaleAction::Order(asked)).await
}

async fn tell(world: &World, id: &str, order: u64, kind: EventKind, amount: u32) -> OrderRow {
    let event = SaleAction::Event {
        id: id.to_owned(),
        order,
        kind,
        amount: Amount::of(amount),
    };
    sale_town::order(sale(world, event).await)
}

/// An order that is paid.
async fn buys(world: &World, asked: NewOrder) -> OrderRow {
    let row = order(orders(world, asked).await);
    let price = u32::try_from(row.price.units()).unwrap();
    let paid = tell(world, &format!("paid-{}", row.id), row.id, EventKind::Paid, price).await;
    assert_eq!(paid.state, OrderState::Paid);
    paid
}

async fn rows<R: Table>(world: &World) -> Vec<R> {
    let query = Query {
        table: R::DEF,
        which: Which::All,
    };
    let loaded = world.store.load(TOWN, vec![query]).await.unwrap();
    loaded
        .iter()
        .flatten()
        .map(|row| R::from_values(row).unwrap())
        .collect()
}

/// What an account has of a class, and owes.
async fn has(world: &World, account: u64, class: ClassId) -> (i64, u64) {
    let rows = rows::<BalanceRow>(world).await;
    let row = rows.iter().find(|row| (row.account, row.class) == (account, class));
    row.map_or((0, 0), |row| (row.value.units(), row.owed.units()))
}

/// What a ledger account has of a class.
async fn book(world: &World, book: Book, class: ClassId) -> i64 {
    let rows = rows::<PostingRow>(world).await;
    let own = rows.iter().filter(|row| row.book == book && row.class == class);
    own.map(|row| row.amount.units()).sum()
}

async fn verdict(world: &World, id: &str) -> EventVerdict {
    world.reader.provider_event(id).await.unwrap().unwrap().verdict
}

/// Sold and reserved.
async fn stock(world: &World) -> (u64, u64) {
    let row = world.reader.sale(OPEN).await.unwrap().unwrap();
    (row.sold, row.reserved)
}

async fn lapse(world: &World) -> u64 {
    let due = world.reader.orders_to_lapse(world.now, 200).await.unwrap();
    let orders = due.iter().map(|row| row.id).collect();
    match sale(world, SaleAction::LapseOrders { orders }).await {
        Ok(Outcome::Ended(some)) => some,
        other => panic!("{other:?}"),
    }
}

/// F151, F152, F153: the number of the notice and the phone of the application, both, up to what was won.
async fn lots_are_bought_by_the_number_and_the_phone_of_the_winner(db: Db) {
    let mut world = town(db).await;
    let commitment = DocId(draw::commitment(&[7; 32]));
    let commit = SaleAction::Commit {
        programme: DRAWN,
        commitment,
    };
    sale(&world, commit).await.unwrap();
    for number in [1, 2] {
        world.run(apply(application(DRAWN, number, 5))).await.unwrap();
    }
    world.now = at(2026, 6, 10, 1);
    sale(&world, SaleAction::CloseList { programme: DRAWN }).await.unwrap();
    let seed = SaleAction::Draw {
        programme: DRAWN,
        seed: [7; 32],
    };
    sale(&world, seed).await.unwrap();
    let won = world.reader.applications(DRAWN, None, 10).await.unwrap();
    let number = |of| won.iter().find(|row| row.phone == Some(phone(of))).unwrap().buyer;
    let account = world.resident().await.account;
    let early = by_number("early", account, number(1), phone(1), 5);
    let opens = at(2026, 6, 15, 10);
    assert_eq!(orders(&world, early).await, Err(Refusal::NotYet { opens }.into()));
    world.now = opens;
    for (number, phone) in [
        (number(1), phone(2)),
        (number(2), phone(1)),
        (1_234_567_890, phone(1)),
        (0, phone(1)),
    ] {
        let wrong = by_number("wrong", account, number, phone, 1);
        assert_eq!(orders(&world, wrong).await, Err(CommandError::NoApplication));
    }
    let mut by_counter = by_number("way", account, number(1), phone(1), 1);
    by_counter.pay_in = PayIn::Counter;
    assert_eq!(orders(&world, by_counter).await, Err(Refusal::PayIn.into()));
    for (key, pay_in) in [
        ("a", PayIn::Card),
        ("b", PayIn::Bank),
        ("c", PayIn::Atm),
        ("d", PayIn::Store),
    ] {
        let mut asked = by_number(key, account, number(1), phone(1), 1);
        asked.pay_in = pay_in;
        buys(&world, asked).await;
    }
    let most = Refusal::TooMany { most: 5, left: 1 };
    let two = by_number("two", account, number(1), phone(1), 2);
    assert_eq!(orders(&world, two).await, Err(most.into()));
    buys(&world, by_number("last", account, number(1), phone(1), 1)).await;
    assert_eq!(
        has(&world, account, VOUCHER).await,
        (6_000, 0),
        "premium and all, at once"
    );
    world.sound().await;
}

/// F077, I11: orders that wait count, and so does what an account bought before its person was known.
async fn nobody_has_more_than_thirty_over_all_accounts(db: Db) {
    let mut world = town(db).await;
    let (one, other) = (world.resident().await.account, world.resident().await.account);
    let who = || Some(person(1, 1980));
    buys(&world, lots("a", one, None, 10)).await;
    orders(&world, lots("b", one, who(), 15)).await.unwrap();
    let left = |left| Err(CommandError::Refused(Refusal::TooMany { most: 30, left }));
    assert_eq!(orders(&world, lots("c", one, who(), 6)).await, left(5));
    buys(&world, lots("d", one, who(), 5)).await;
    assert_eq!(orders(&world, lots("e", one, who(), 1)).await, left(0));
    assert_eq!(orders(&world, lots("f", other, who(), 11)).await, left(10));
    world.sound().await;
}

/// F077, I11: another name, or evidence that has lapsed, gives nobody as many again.
async fn an_account_is_one_person_whatever_the_card_says(db: Db) {
    let mut world = town(db).await;
    let (one, other) = (world.resident().await.account, world.resident().await.account);
    let left = |left| Err(CommandError::Refused(Refusal::TooMany { most: 30, left }));
    let maiden = Some(person(1, 1980));
    let married = Some(person(2, 1980));
    buys(&world, lots("a", one, maiden.clone(), 20)).await;
    orders(&world, lots("b", one, married.clone(), 6)).await.unwrap();
    assert_eq!(orders(&world, lots("c", one, married, 6)).await, left(4));
    assert_eq!(orders(&world, lots("d", one, None, 5)).await, left(4));
    assert_eq!(orders(&world, lots("e", other, maiden, 11)).await, left(10));
    let apply_as = async |account: u64, number: u32| {
        let mut asked = application(DRAWN, number, 1);
        asked.account = Some(account);
        world.run(apply(asked)).await
    };
    assert_eq!(apply_as(one, 1).await, Ok(Outcome::Done));
    assert_eq!(apply_as(one, 2).await, Err(Refusal::AppliedBefore.into()));
    assert_eq!(apply_as(other, 2).await, Ok(Outcome::Done));
    world.sound().await;
}

/// F075, I10: the books decide one after the other.
async fn of_two_orders_for_the_last_lot_one_is_taken(db: Db) {
    let world = town(db).await;
    let account = async |number| account_of(&world.lane, world.now, number).await;
    for number in 0..33 {
        let all = lots("all", account(number).await, Some(person(number, 1980)), 30);
        orders(&world, all).await.unwrap();
    }
    orders(&world, lots("rest", account(50).await, Some(person(50, 1980)), 9))
        .await
        .unwrap();
    let (first, second) = (account(51).await, account(52).await);
    let (one, other) = tokio::join!(
        orders(&world, lots("one", first, Some(person(51, 1980)), 1)),
        orders(&world, lots("other", second, Some(person(52, 1980)), 1)),
    );
    let sold_out = Err(CommandError::Refused(Refusal::SoldOut { left: 0 }));
    assert!(one.is_ok() != other.is_ok());
    assert!(one == sold_out || other == sold_out);
    assert_eq!(stock(&world).await, (0, 1_000));
    world.sound().await;
}

/// F075, I10: 10,000 people at once want one of 1,000 lots, pay, and tell it twice.
async fn ten_thousand_orders_sell_exactly_what_there_is(db: Db) {
    let world = town(db).await;
    let mut waiting = tokio::task::JoinSet::new();
    for number in 0..10_000_u32 {
        let (lane, now) = (world.lane.clone(), world.now);
        waiting.spawn(async move {
            let account = account_of(&lane, now, number).await;
            let asked = lots("one", account, Some(person(number, 1980)), 1);
            let action = Action::Sale(SaleAction::Order(asked));
            let row = match lane.run(Command { now, action }).await {
                Ok(Outcome::Order(row)) => row,
                Err(CommandError::Refused(Refusal::SoldOut { left: 0 })) => return 0_u64,
                other => panic!("{other:?}"),
            };
            for _ in 0..2 {
                let action = Action::Sale(SaleAction::Event {
                    id: format!("paid-{}", row.id),
                    order: row.id,
                    kind: EventKind::Paid,
                    amount: row.price,
                });
                lane.run(Command { now, action }).await.unwrap();
            }
            1
        });
    }
    let mut bought = 0;
    while let Some(one) = waiting.join_next().await {
        bought += one.unwrap();
    }
    assert_eq!(bought, 1_000);
    assert_eq!(stock(&world).await, (1_000, 0));
    let all: i64 = rows::<BalanceRow>(&world)
        .await
        .iter()
        .map(|row| row.value.units())
        .sum();
    assert_eq!(all, 1_200_000);
    assert_eq!(book(&world, Book::Suspense, VOUCHER).await, -1_000_000);
    assert_eq!(book(&world, Book::Budget, VOUCHER).await, -200_000);
    world.sound().await;
}

/// F070, F077, F079: 1,000 yen buy 1,200, until the last day of the class, with the price as consideration.
async fn a_purchase_is_value_for_its_price_and_the_premium(db: Db) {
    let mut world = town(db).await;
    let account = world.resident().await.account;
    let asked = lots("a", account, Some(person(1, 1980)), 3);
    let first = order(orders(&world, asked.clone()).await);
    assert_eq!(
        (first.price, first.face, first.state),
        (Amount::of(3_000), Amount::of(3_600), OrderState::Awaiting)
    );
    assert_eq!(order(orders(&world, asked.clone()).await), first, "the same key");
    let mut other = asked;
    other.pay_in = PayIn::Store;
    assert_eq!(orders(&world, other).await, Err(CommandError::KeyReused));
    let asked = SaleAction::Asked {
        order: first.id,
        provider_ref: "x-1".to_owned(),
    };
    sale(&world, asked.clone()).await.unwrap();
    sale(&world, asked).await.unwrap();
    let another = SaleAction::Asked {
        order: first.id,
        provider_ref: "x-2".to_owned(),
    };
    assert_eq!(sale(&world, another).await, Err(CommandError::Taken));
    let paid = tell(&world, "p", first.id, EventKind::Paid, 3_000).await;
    let lot = rows::<LotRow>(&world)
        .await
        .into_iter()
        .find(|lot| Some(lot.id) == paid.lot);
    let lot = lot.unwrap();
    assert_eq!(
        (lot.class, lot.units, lot.remaining, lot.consideration, lot.until),
        (
            VOUCHER,
            Amount::of(3_600),
            Amount::of(3_600),
            Amount::of(3_000),
            Some(sale_town::on(2027, 3, 31))
        )
    );
    assert_eq!(book(&world, Book::Suspense, VOUCHER).await, -3_000);
    assert_eq!(book(&world, Book::Budget, VOUCHER).await, -600);
    let listed = rows::<BusinessRow>(&world).await;
    let listed = listed.iter().find(|row| Some(&row.tran_id) == paid.tran_id.as_ref());
    let listed = listed.unwrap();
    assert_eq!(
        (listed.operation_id, listed.amount, listed.value_after.units()),
        (OperationId::Charge, Amount::of(3_600), 3_600)
    );
    world.sound().await;
}

/// F064: money alone, 1 to 100,000 yen; a card has a quarter of an hour.
async fn money_is_topped_up_within_its_bounds(db: Db) {
    let mut world = town(db).await;
    let account = world.resident().await.account;
    for amount in [0, 100_001] {
        let asked = top_up("x", account, COIN, amount);
        assert_eq!(orders(&world, asked).await, Err(CommandError::Amount));
    }
    for class in [POINT, VOUCHER, ClassId(99)] {
        let asked = top_up("x", account, class, 100);
        assert_eq!(orders(&world, asked).await, Err(CommandError::NoClass));
    }
    assert_eq!(
        orders(&world, top_up("x", 4_711, COIN, 100)).await,
        Err(CommandError::NoAccount)
    );
    let row = buys(&world, top_up("a", account, COIN, 100_000)).await;
    assert_eq!(row.until, world.now.after(15 * 60));
    buys(&world, top_up("b", account, COIN, 1)).await;
    assert_eq!(has(&world, account, COIN).await, (100_001, 0));
    assert_eq!(book(&world, Book::Suspense, COIN).await, -100_001);
    world.sound().await;
}

/// F064: the same callback, another one that says the same, and a number that was used for something else.
async fn what_a_provider_tells_twice_happens_once(db: Db) {
    let mut world = town(db).await;
    let account = world.resident().await.account;
    let row = buys(&world, lots("a", account, Some(person(1, 1980)), 2)).await;
    let id = format!("paid-{}", row.id);
    assert_eq!(tell(&world, &id, row.id, EventKind::Paid, 2_000).await, row);
    assert_eq!(tell(&world, "again", row.id, EventKind::Paid, 2_000).await, row);
    assert_eq!(tell(&world, "no", row.id, EventKind::Declined, 2_000).await, row);
    assert_eq!(verdict(&world, "again").await, EventVerdict::OutOfTurn);
    assert_eq!(world.reader.odd_events().await.unwrap().len(), 2, "somebody looks");
    let reused = SaleAction::Event {
        id,
        order: row.id,
        kind: EventKind::Refunded,
        amount: row.price,
    };
    assert_eq!(sale(&world, reused).await, Err(CommandError::KeyReused));
    let unknown = SaleAction::Event {
        id: "unknown".to_owned(),
        order: 99,
        kind: EventKind::Paid,
        amount: row.price,
    };
    assert_eq!(sale(&world, unknown).await, Err(CommandError::NoOrder));
    let failed = order(orders(&world, lots("b", account, Some(person(1, 1980)), 3)).await);
    assert_eq!(stock(&world).await, (2, 3));
    let failed = tell(&world, "declined", failed.id, EventKind::Declined, 0).await;
    assert_eq!(failed.state, OrderState::Failed);
    assert_eq!(stock(&world).await, (2, 0));
    assert_eq!(has(&world, account, VOUCHER).await, (2_400, 0));
    world.sound().await;
}

/// F064: another amount is written down and waits for somebody; the price still pays.
async fn what_is_not_the_price_brings_nothing(db: Db) {
    let mut world = town(db).await;
    let account = world.resident().await.account;
    let row = order(orders(&world, lots("a", account, None, 1)).await);
    for (id, amount) in [("less", 999), ("more", 1_001)] {
        assert_eq!(tell(&world, id, row.id, EventKind::Paid, amount).await, row);
        assert_eq!(verdict(&world, id).await, EventVerdict::OtherAmount);
    }
    assert_eq!(has(&world, account, VOUCHER).await, (0, 0));
    let paid = tell(&world, "right", row.id, EventKind::Paid, 1_000).await;
    assert_eq!(paid.state, OrderState::Paid);
    tell(&world, "part back", row.id, EventKind::ChargedBack, 500).await;
    assert_eq!(has(&world, account, VOUCHER).await, (1_200, 0));
    assert_eq!(world.reader.odd_events().await.unwrap().len(), 3);
    world.sound().await;
}

/// F064: what came in and brought nothing, and what no provider returns, stays on a list until somebody dealt with it.
async fn money_without_a_way_back_is_returned_by_hand(db: Db) {
    let mut world = town(db).await;
    let account = world.resident().await.account;
    let row = order(orders(&world, lots("a", account, None, 1)).await);
    tell(&world, "less", row.id, EventKind::Paid, 990).await;
    let paid = tell(&world, "once", row.id, EventKind::Paid, 1_000).await;
    tell(&world, "twice", row.id, EventKind::Paid, 1_000).await;
    let open = world.reader.open_oddities().await.unwrap();
    let amounts: Vec<u64> = open.iter().map(|row| row.amount.units()).collect();
    assert_eq!(amounts.len(), 2);
    assert_eq!(amounts.iter().sum::<u64>(), 1_990);
    for event in &open {
        for _ in 0..2 {
            let done = sale(&world, SaleAction::ByHand(ByHand::Event(event.id))).await;
            assert_eq!(order(done), paid, "once, and the order stays");
        }
    }
    assert_eq!(world.reader.open_oddities().await.unwrap(), []);
    let taken = SaleAction::ByHand(ByHand::Event(DocId::of(b"once")));
    assert_eq!(sale(&world, taken).await, Err(CommandError::OrderState));
    let by_hand = || SaleAction::ByHand(ByHand::Order(paid.id));
    assert_eq!(
        sale(&world, by_hand()).await,
        Err(CommandError::OrderState),
        "it is paid"
    );
    order(sale(&world, SaleAction::Refund { order: paid.id }).await);
    let back = order(sale(&world, by_hand()).await);
    assert_eq!((back.state, back.refund), (OrderState::Refunded, RefundStep::Done));
    assert_eq!(order(sale(&world, by_hand()).await), back);
    assert_eq!(world.reader.refunds_due(0, 10).await.unwrap(), []);
    world.sound().await;
}

/// F064, F070: who pays after the last day gets the money back and no value; at the counter it never left the hand.
async fn what_would_be_over_is_not_sold(db: Db) {
    let mut world = town(db).await;
    let account = world.resident().await.account;
    let card = order(orders(&world, lots("card", account, None, 1)).await);
    let mut asked = lots("counter", account, None, 1);
    asked.pay_in = PayIn::Counter;
    let counter = order(orders(&world, asked).await);
    world.now = at(2027, 4, 1, 0);
    for (id, row, refund) in [("c", card, RefundStep::Due), ("d", counter, RefundStep::Done)] {
        let row = tell(&world, id, row.id, EventKind::Paid, 1_000).await;
        assert_eq!((row.state, row.refund), (OrderState::Refunded, refund));
        assert_eq!(verdict(&world, id).await, EventVerdict::TooLate);
    }
    assert_eq!(has(&world, account, VOUCHER).await, (0, 0));
    assert_eq!(stock(&world).await, (0, 0));
    world.sound().await;
}

/// F064: ten top-ups that nobody paid are enough.
async fn nobody_asks_for_money_without_end(db: Db) {
    let mut world = town(db).await;
    let account = world.resident().await.account;
    for number in 0..10 {
        orders(&world, top_up(&format!("{number}"), account, COIN, 100))
            .await
            .unwrap();
    }
    let most = Refusal::TooMany { most: 10, left: 0 };
    assert_eq!(
        orders(&world, top_up("more", account, COIN, 100)).await,
        Err(most.into())
    );
    order(orders(&world, top_up("9", account, COIN, 100)).await);
    world.now = world.now.after(15 * 60);
    assert_eq!(lapse(&world).await, 10);
    orders(&world, top_up("more", account, COIN, 100)).await.unwrap();
    world.sound().await;
}

/// F153: lots go back to everybody when the time is over, never before; money that comes then has to go back, and is
/// asked back until it is.
async fn an_order_nobody_pays_gives_its_lots_back_and_late_money_returns(db: Db) {
    let mut world = town(db).await;
    let (first, account) = (world.resident().await.account, world.resident().await.account);
    let mut asked = lots("store", first, Some(person(1, 1980)), 30);
    asked.pay_in = PayIn::Store;
    let slow = order(orders(&world, asked).await);
    assert_eq!(slow.until, world.now.after(3 * DAY_SECONDS));
    let quick = order(orders(&world, lots("card", account, Some(person(2, 1980)), 4)).await);
    assert_eq!(lapse(&world).await, 0);
    let early = SaleAction::LapseOrders {
        orders: vec![slow.id, quick.id, 99],
    };
    assert_eq!(sale(&world, early).await, Ok(Outcome::Ended(0)));
    world.now = quick.until;
    assert_eq!((lapse(&world).await, lapse(&world).await), (1, 0));
    assert_eq!(stock(&world).await, (0, 30));
    let late = tell(&world, "late", quick.id, EventKind::Paid, 4_000).await;
    assert_eq!((late.state, late.refund), (OrderState::Refunded, RefundStep::Due));
    assert_eq!(verdict(&world, "late").await, EventVerdict::TooLate);
    assert_eq!(has(&world, account, VOUCHER).await, (0, 0));
    assert_eq!(
        world.reader.refunds_due(0, 10).await.unwrap(),
        std::slice::from_ref(&late)
    );
    let done = tell(&world, "back", quick.id, EventKind::Refunded, 4_000).await;
    assert_eq!((done.state, done.refund), (OrderState::Refunded, RefundStep::Done));
    assert_eq!(world.reader.refunds_due(0, 10).await.unwrap(), []);
    tell(&world, "back again", quick.id, EventKind::Refunded, 4_000).await;
    assert_eq!(verdict(&world, "back again").await, EventVerdict::OutOfTurn);
    // Within the sale's own time, whatever the way of paying.
    world.now = at(2027, 2, 28, 0);
    let mut asked = lots("end", account, Some(person(3, 1980)), 1);
    asked.pay_in = PayIn::Store;
    assert_eq!(order(orders(&world, asked).await).until, at(2027, 2, 28, 17));
    world.sound().await;
}

/// F070, F075: all of it is there and free, so money and lots go back; what was spent in part does not.
async fn an_unused_purchase_is_given_back_and_a_used_one_is_not(db: Db) {
    let mut world = town(db).await;
    let mut wallet = world.resident().await;
    let account = wallet.account;
    let who = || Some(person(1, 1980));
    let row = buys(&world, lots("a", account, who(), 30)).await;
    let refund = |order| SaleAction::Refund { order };
    let back = order(sale(&world, refund(row.id)).await);
    assert_eq!((back.state, back.refund), (OrderState::Refunded, RefundStep::Due));
    assert_eq!(order(sale(&world, refund(row.id)).await), back, "the same again");
    assert_eq!(has(&world, account, VOUCHER).await, (0, 0));
    assert_eq!(stock(&world).await, (0, 0));
    assert_eq!(book(&world, Book::Suspense, VOUCHER).await, 0);
    assert_eq!(book(&world, Book::Budget, VOUCHER).await, 0);
    // The person may buy as many again.
    let row = buys(&world, lots("b", account, who(), 30)).await;
    world.issue(&mut wallet).await.unwrap();
    assert_eq!(sale(&world, refund(row.id)).await, Err(CommandError::UsedAlready));
    let other = world.resident().await.account;
    let waits = order(orders(&world, lots("c", other, Some(person(2, 1980)), 1)).await);
    assert_eq!(sale(&world, refund(waits.id)).await, Err(CommandError::OrderState));
    assert_eq!(sale(&world, refund(99)).await, Err(CommandError::NoOrder));
    world.sound().await;
}

/// F008, F064: value that is held or spent is owed, and settled by what comes in next; whoever owes applies for
/// nothing.
async fn what_a_bank_takes_back_is_taken_from_lots_and_the_rest_is_owed(db: Db) {
    let mut world = town(db).await;
    let mut wallet = world.resident().await;
    let account = wallet.account;
    let row = buys(&world, top_up("a", account, COIN, 5_000)).await;
    world.issue(&mut wallet).await.unwrap();
    let line = wallet.allowance().lines.iter().position(|line| line.class == COIN);
    let spent = wallet.pays_parts(world.a.pid, &[(u8::try_from(line.unwrap()).unwrap(), 3_000)]);
    world.upload(&[&spent.bytes]).await;
    buys(&world, top_up("b", account, COIN, 800)).await;
    let back = tell(&world, "cb", row.id, EventKind::ChargedBack, 5_000).await;
    assert_eq!(
        (back.state, back.returned),
        (OrderState::ChargedBack, Amount::of(5_000))
    );
    tell(&world, "cb", row.id, EventKind::ChargedBack, 5_000).await;
    // 800 were free, 2,000 are still held and 3,000 spent: of the 5,000, 4,200 are owed.
    assert_eq!(has(&world, account, COIN).await, (-2_200, 4_200));
    assert_eq!(book(&world, Book::Suspense, COIN).await, -800);
    let mut owing = application(DRAWN, 1, 1);
    owing.account = Some(account);
    assert_eq!(world.run(apply(owing)).await, Err(Refusal::Owing.into()));
    buys(&world, top_up("c", account, COIN, 5_000)).await;
    assert_eq!(has(&world, account, COIN).await, (2_800, 0));
    world.sound().await;
}

/// F064: messages in the wrong order end in the same books: no value, no lots kept, no money to return.
async fn a_chargeback_before_its_payment_leaves_no_value(db: Db) {
    let mut world = town(db).await;
    let account = world.resident().await.account;
    for (number, kind) in [(1, EventKind::ChargedBack), (2, EventKind::Refunded)] {
        let row = order(
            orders(
                &world,
                lots(&number.to_string(), account, Some(person(number, 1980)), 1),
            )
            .await,
        );
        tell(&world, &format!("first-{number}"), row.id, kind, 1_000).await;
        let row = tell(&world, &format!("then-{number}"), row.id, EventKind::Paid, 1_000).await;
        assert_ne!(row.state, OrderState::Paid);
        assert_ne!(row.refund, RefundStep::Due);
    }
    // A chargeback of money that was to go back: it is gone, and does not go twice.
    let row = order(orders(&world, lots("l", account, Some(person(3, 1980)), 1)).await);
    world.now = row.until;
    lapse(&world).await;
    tell(&world, "late", row.id, EventKind::Paid, 1_000).await;
    let row = tell(&world, "gone", row.id, EventKind::ChargedBack, 1_000).await;
    assert_eq!((row.state, row.refund), (OrderState::ChargedBack, RefundStep::None));
    assert_eq!(stock(&world).await, (0, 0));
    assert_eq!(has(&world, account, VOUCHER).await, (0, 0));
    world.sound().await;
}

/// The order is in the books before anybody is asked for money: a new process takes its payment.
async fn an_order_goes_on_after_the_lane_began_again(db: Db) {
    let mut world = town(db).await;
    let account = world.resident().await.account;
    let asked = lots("a", account, Some(person(1, 1980)), 2);
    let row = order(orders(&world, asked.clone()).await);
    world.lane.drain().await;
    let store = world.store.clone();
    world.lane = Lane::start(
        store,
        TOWN,
        Arc::new(signers()),
        TownRules::default(),
        "again".to_owned(),
    );
    while !world.lane.keeps() {
        tokio::task::yield_now().await;
    }
    assert_eq!(order(orders(&world, asked).await), row);
    tell(&world, "p", row.id, EventKind::Paid, 2_000).await;
    assert_eq!(has(&world, account, VOUCHER).await, (2_400, 0));
    assert_eq!(stock(&world).await, (2, 0));
    world.sound().await;
}

/// F080: 30 points a lot, fourteen days after the purchase, to whoever is 70 on the day, once; they go back with what
/// was bought.
async fn points_for_buying_come_on_their_day_once(db: Db) {
    let mut world = town(db).await;
    let (old, young) = (world.resident().await.account, world.resident().await.account);
    // 70 on the very day, and a year too young.
    let row = buys(&world, lots("old", old, Some(person(1, 1956)), 7)).await;
    let other = buys(&world, lots("young", young, Some(person(2, 1957)), 7)).await;
    assert_eq!(
        (row.bonus, row.bonus_due),
        (Amount::of(210), Some(world.now.day().plus(14)))
    );
    assert_eq!((other.bonus, other.bonus_due), (Amount::ZERO, None));
    let grant = |orders| SaleAction::GrantBonus { orders };
    let all = vec![row.id, other.id, 99];
    world.now = row.bonus_due.unwrap().start().before(1);
    assert_eq!(sale(&world, grant(all.clone())).await, Ok(Outcome::Ended(0)));
    assert_eq!(world.reader.bonuses_due(world.now.day(), 10).await.unwrap(), []);
    world.now = world.now.after(1);
    let due = world.reader.bonuses_due(world.now.day(), 10).await.unwrap();
    assert_eq!(due.iter().map(|row| row.id).collect::<Vec<_>>(), [row.id]);
    assert_eq!(sale(&world, grant(all.clone())).await, Ok(Outcome::Ended(1)));
    assert_eq!(sale(&world, grant(all)).await, Ok(Outcome::Ended(0)));
    assert_eq!(has(&world, old, POINT).await, (210, 0));
    assert_eq!(book(&world, Book::Budget, POINT).await, -210);
    order(sale(&world, SaleAction::Refund { order: row.id }).await);
    assert_eq!(has(&world, old, POINT).await, (0, 0));
    // What goes back before its day earns nothing.
    let row = buys(&world, lots("back", old, Some(person(1, 1956)), 7)).await;
    order(sale(&world, SaleAction::Refund { order: row.id }).await);
    world.now = world.now.after(20 * DAY_SECONDS);
    assert_eq!(sale(&world, grant(vec![row.id])).await, Ok(Outcome::Ended(0)));
    world.sound().await;
}

/// F068, F069, F071, I10: who lives there, once, until all is handed out; it ends with the class and the programme.
async fn a_distribution_is_received_once_a_person_up_to_its_ceiling(db: Db) {
    let world = town(db).await;
    let mut accounts = Vec::new();
    for number in 0..6 {
        accounts.push(account_of(&world.lane, world.now, number).await);
    }
    let account = accounts[1];
    let receive = |key: &str, number: u32| SaleAction::Receive {
        programme: GIVEN,
        account: accounts[usize::try_from(number).unwrap()],
        who: Some(person(number, 1980)),
        key: key.to_owned(),
    };
    let first = sale(&world, receive("a", 1)).await;
    assert!(matches!(first, Ok(Outcome::Credited { .. })));
    assert_eq!(sale(&world, receive("a", 1)).await, first, "the same key");
    let once = Refusal::TooMany { most: 1, left: 0 };
    assert_eq!(sale(&world, receive("b", 1)).await, Err(once.into()));
    // Another name on the card of the same account.
    let married = SaleAction::Receive {
        programme: GIVEN,
        account,
        who: Some(person(7, 1980)),
        key: "m".to_owned(),
    };
    assert_eq!(sale(&world, married).await, Err(once.into()));
    let nobody = SaleAction::Receive {
        programme: GIVEN,
        account,
        who: None,
        key: "n".to_owned(),
    };
    assert_eq!(sale(&world, nobody).await, Err(Refusal::NoCard.into()));
    let mut elsewhere = person(2, 1980);
    elsewhere.address = Some("東京都府中市本町１".to_owned());
    let elsewhere = SaleAction::Receive {
        programme: GIVEN,
        account,
        who: Some(elsewhere),
        key: "e".to_owned(),
    };
    assert_eq!(sale(&world, elsewhere).await, Err(Refusal::Elsewhere.into()));
    for number in [3, 4] {
        sale(&world, receive(&number.to_string(), number)).await.unwrap();
    }
    assert_eq!(
        sale(&world, receive("5", 5)).await,
        Err(Refusal::SoldOut { left: 0 }.into())
    );
    let lots = rows::<LotRow>(&world).await;
    let lots: Vec<_> = lots.iter().filter(|lot| lot.class == COUPON).collect();
    assert_eq!(lots.len(), 3);
    assert!(
        lots.iter()
            .all(|lot| lot.until == Some(world.now.day().plus(60)) && lot.consideration.is_zero())
    );
    assert_eq!(book(&world, Book::Budget, COUPON).await, -300);
    world.sound().await;
}
