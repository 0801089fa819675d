//! Points that people give up: for money that comes a week later, for a place in a draw; and value the office takes away.
//! On both databases.

use crate::on_both;
use std::sync::Arc;

use crate::support::town_folder::{
    at, end_balances, grant, has, lives_until, load_with, on, one_payment, pays, rows, takes_back, transactions,
};
use crate::support::wallet::Wallet;
use crate::support::{MONEY, POINTS, World};
use kinchaku_protocol::doc::field::{Bytes, Field, from_bytes};
use kinchaku_protocol::doc::{MemberRow, StandingRow, Table};
use kinchaku_protocol::ids::{DocId, Ref};
use kinchaku_protocol::jpki::attributes::BirthDate;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::card_number;
use kinchaku_server::command::{Action, CommandError, Outcome};
use kinchaku_server::ledger::rows::{Book, LotRow, Operation, OperationId};
use kinchaku_server::points::action::{Forfeiture, PointsAction};
use kinchaku_server::points::rows::ForfeitRow;
use kinchaku_server::programme::Refusal;
use kinchaku_server::query::results::By;
use kinchaku_server::sale::action::{NewApplication, NewExchange, SaleAction, Somebody};
use kinchaku_server::sale::rows::{ApplicationRow, ExchangeRow, ExchangeState};
use kinchaku_server::store::Store;

type Db = Arc<dyn Store>;

/// Six coins for five points, from 200 points on, a week later.
const EXCHANGE: u32 = 5;
const EXCHANGE_FILE: &str = r#"
number = 5
name = "ポイントの交換"
kind = "exchange"
class = "coin"
[exchange]
opens = 2026-06-01T09:00
closes = 2026-12-01T00:00
from = "point"
step = 100
gives = 120
least = 200
"#;

/// A draw that asks 50 points for each lot.
const DRAWN: u32 = 6;
const DRAWN_FILE: &str = r#"
number = 6
name = "抽選"
kind = "sale"
class = "voucher"
[apply]
opens = 2026-06-01T09:00
closes = 2026-08-01T00:00
draw = true
points = 50
point_class = "point"
[buy]
opens = 2026-08-01T10:00
closes = 2026-08-31T17:00
pay_in = ["counter"]
[use]
from = 2026-06-03T10:00
until = 2026-08-31
[lots]
price = 1_000
face = 1_200
most = 30
[ceilings]
issue = 120_000
premium = 20_000
"#;

on_both!(
    points_become_money_a_week_later_once,
    what_is_given_up_is_no_sale_of_a_shop,
    an_exchange_says_why_not,
    whoever_owes_exchanges_nothing,
    an_entry_costs_points_and_gives_them_back_while_the_list_is_open,
    a_void_entry_settles_what_is_owed,
    points_that_come_back_after_their_end_live_for_the_days_of_grace,
    the_office_takes_away_what_is_free,
);

async fn town(db: Db) -> World {
    let world = World::new(db).await;
    let files = [
        ("programmes/exchange.toml", EXCHANGE_FILE),
        ("programmes/drawn.toml", DRAWN_FILE),
    ];
    load_with(&world, &files).await;
    world
}

async fn sale(world: &World, action: SaleAction) -> Result<Outcome, CommandError> {
    world.run(Action::Sale(action)).await
}

async fn exchange(world: &World, account: u64, points: u32, key: &str) -> Result<ExchangeRow, CommandError> {
    let asked = NewExchange {
        programme: EXCHANGE,
        account,
        who: None,
        points: Amount::of(points),
        key: key.to_owned(),
    };
    match sale(world, SaleAction::Exchange(asked)).await? {
        Outcome::Exchanged(row) => Ok(*row),
        other => panic!("no exchange but {other:?}"),
    }
}

/// What the job does.
async fn grant_exchanges(world: &World) -> u64 {
    let exchanges = world.reader.exchanges_due(world.now.day(), 10).await.unwrap();
    match sale(world, SaleAction::GrantExchanges { exchanges }).await.unwrap() {
        Outcome::Ended(some) => some,
        other => panic!("no count but {other:?}"),
    }
}

/// The row of a snapshot with this key.
async fn page_row<T: Field>(world: &World, wallet: &Wallet, table: Table, key: &[u8]) -> Option<T> {
    let device = world.reader.device(wallet.device).await.unwrap().unwrap();
    let page = world.reader.page(&device, &[], Bytes(vec![0; 16]), world.now).await;
    let rows = page.unwrap().rows;
    let row = rows.into_iter().find(|row| row.table == table && row.key.0 == key);
    row.and_then(|row| Some(from_bytes(&row.value?.0).unwrap()))
}

fn application(account: Option<u64>, number: u32, units: u32) -> NewApplication {
    NewApplication {
        programme: DRAWN,
        id: id(number),
        who: Somebody {
            person: DocId::of(&account.unwrap_or(99).to_be_bytes()),
            birth: Some(BirthDate::new(Some(1980), Some(4), Some(1)).unwrap()),
            address: None,
            registered_on: Vec::new(),
            rosters: Vec::new(),
        },
        account,
        phone: None,
        units,
    }
}

fn id(number: u32) -> Ref {
    DocId::of(&number.to_be_bytes()).to_ref()
}

async fn apply(world: &World, account: Option<u64>, number: u32, units: u32) -> Result<Outcome, CommandError> {
    sale(world, SaleAction::Apply(application(account, number, units))).await
}

async fn void(world: &World, number: u32) -> Result<Outcome, CommandError> {
    let action = SaleAction::Void {
        programme: DRAWN,
        id: id(number),
    };
    sale(world, action).await
}

fn refused(refusal: Refusal) -> CommandError {
    CommandError::Refused(refusal)
}

/// F014, F015, F024, F026: the points go at once, the money comes on the first open day a week later, and once; until
/// then it stands among what comes. The balance of points lives on as by any use.
async fn points_become_money_a_week_later_once(db: Db) {
    let mut world = town(db).await;
    let wallet = world.resident().await;
    world.credit(wallet.account, POINTS, 500, None).await;
    world.now = at(2026, 7, 13, 12);
    let asked = exchange(&world, wallet.account, 300, "a").await.unwrap();
    assert_eq!(
        (asked.amount, asked.due),
        (Amount::of(360), on(2026, 7, 21)),
        "the 20th is a holiday"
    );
    assert_eq!(has(&world, wallet.account, POINTS).await, (200, 0));
    assert_eq!(has(&world, wallet.account, MONEY).await, (0, 0));
    assert_eq!(lives_until(&world, wallet.account).await, Some(on(2027, 1, 31)));
    let listed = transactions(&world, POINTS).await;
    let taken = listed.last().unwrap();
    assert_eq!(
        (taken.operation, taken.operation_id, taken.amount, taken.shop),
        (Operation::Sub, OperationId::Use, Amount::of(300), None)
    );
    let key = MONEY.0.to_be_bytes();
    let standing: StandingRow = page_row(&world, &wallet, Table::Standing, &key).await.unwrap();
    assert_eq!(standing.coming, Amount::of(360));
    world.sound().await;

    let again = exchange(&world, wallet.account, 300, "a").await;
    assert_eq!(again.as_ref(), Ok(&asked));
    let other = exchange(&world, wallet.account, 200, "a").await;
    assert_eq!(other, Err(CommandError::KeyReused));

    world.now = at(2026, 7, 20, 23);
    assert_eq!(grant_exchanges(&world).await, 0);
    let early = SaleAction::GrantExchanges {
        exchanges: vec![asked.id],
    };
    assert_eq!(sale(&world, early).await, Ok(Outcome::Ended(0)));
    world.now = at(2026, 7, 21, 0);
    assert_eq!(grant_exchanges(&world).await, 1);
    assert_eq!(grant_exchanges(&world).await, 0);
    let late = SaleAction::GrantExchanges {
        exchanges: vec![asked.id, asked.id],
    };
    assert_eq!(sale(&world, late).await, Ok(Outcome::Ended(0)));
    assert_eq!(has(&world, wallet.account, MONEY).await, (360, 0));
    let granted = rows::<ExchangeRow>(&world).await;
    assert_eq!((granted.len(), granted[0].state), (1, ExchangeState::Granted));
    let listed = transactions(&world, MONEY).await;
    assert_eq!(
        (listed.len(), listed[0].operation_id, listed[0].amount),
        (1, OperationId::Grant, Amount::of(360))
    );
    let standing: Option<StandingRow> = page_row(&world, &wallet, Table::Standing, &key).await;
    assert!(standing.is_none_or(|row| row.coming.is_zero()));
    // Every point that is gone became money by the rate.
    let books = world.reader.trial_balance().await.unwrap();
    let sum = |class| {
        let line = books
            .iter()
            .find(|line| (line.class, line.book) == (class, Book::Exchange));
        line.unwrap().sum.units()
    };
    assert_eq!((sum(POINTS), sum(MONEY)), (300, -360));
    world.sound().await;
}

/// F104, F107: what shops are paid for and what people gave up are two things.
async fn what_is_given_up_is_no_sale_of_a_shop(db: Db) {
    let mut world = town(db).await;
    let mut wallet = world.resident().await;
    world.credit(wallet.account, POINTS, 500, None).await;
    exchange(&world, wallet.account, 300, "a").await.unwrap();
    assert_eq!(apply(&world, Some(wallet.account), 1, 1).await, Ok(Outcome::Done));
    void(&world, 1).await.unwrap();
    world.issue(&mut wallet).await.unwrap();
    pays(&world, &mut wallet, &[(0, 40)]).await;
    let day = world.now.day();
    for by in [By::Day, By::Month] {
        let all = world.reader.results(None, by, day, day).await.unwrap();
        let line = all.iter().find(|line| line.class == POINTS).unwrap();
        assert_eq!((line.sales.used.amount, line.sales.used.count), (Amount::of(40), 1));
        assert!(line.sales.use_cancelled.amount.is_zero());
        let shop = world.reader.results(Some(world.a.pid), by, day, day).await.unwrap();
        let shop = shop.iter().find(|line| line.class == POINTS).unwrap();
        assert_eq!(shop.sales.used, line.sales.used);
    }
    world.sound().await;
}

/// F014: closed, below the fewest, no whole step, more than is free, not exchanged here.
async fn an_exchange_says_why_not(db: Db) {
    let mut world = town(db).await;
    let mut wallet = world.resident().await;
    world.credit(wallet.account, POINTS, 500, None).await;
    let account = wallet.account;
    let step = refused(Refusal::Step {
        step: Amount::of(100),
        least: Amount::of(200),
    });
    for points in [0, 1, 100, 199, 250, 301] {
        assert_eq!(exchange(&world, account, points, "step").await, Err(step), "{points}");
    }
    let left = Amount::of(500);
    let much = exchange(&world, account, 600, "much").await;
    assert_eq!(much, Err(refused(Refusal::NotEnough { left })));
    // What the wallet has set aside may be paid at any moment.
    world.issue(&mut wallet).await.unwrap();
    let held = exchange(&world, account, 200, "held").await;
    assert_eq!(held, Err(refused(Refusal::NotEnough { left: Amount::ZERO })));
    let close = wallet.closes().unwrap();
    world.upload(&[&close]).await;
    exchange(&world, account, 200, "held").await.unwrap();
    assert_eq!(has(&world, account, POINTS).await, (300, 0));
    for programme in [1, 99] {
        let asked = NewExchange {
            programme,
            account,
            who: None,
            points: Amount::of(200),
            key: "other".to_owned(),
        };
        assert_eq!(
            sale(&world, SaleAction::Exchange(asked)).await,
            Err(CommandError::NoProgramme)
        );
    }
    assert_eq!(exchange(&world, 77, 200, "nobody").await, Err(CommandError::NoAccount));
    world.now = at(2026, 12, 1, 0);
    let closed = world.now;
    assert_eq!(
        exchange(&world, account, 200, "over").await,
        Err(refused(Refusal::Over { closed }))
    );
    world.sound().await;
}

/// F008, F014: a debt comes first.
async fn whoever_owes_exchanges_nothing(db: Db) {
    let mut world = town(db).await;
    let (mut wallet, paid) = one_payment(&mut world, 2_000).await;
    world.now = at(2026, 6, 18, 9);
    assert_eq!(grant(&world).await, Ok(1));
    world.issue(&mut wallet).await.unwrap();
    pays(&world, &mut wallet, &[(0, 10)]).await;
    world.issue(&mut wallet).await.unwrap_err();
    takes_back(&world, &paid).await;
    assert_eq!(has(&world, wallet.account, POINTS).await, (-10, 10));
    let owing = exchange(&world, wallet.account, 200, "a").await;
    assert_eq!(owing, Err(refused(Refusal::Owing)));
    world.credit(wallet.account, POINTS, 310, None).await;
    exchange(&world, wallet.account, 300, "a").await.unwrap();
    assert_eq!(has(&world, wallet.account, POINTS).await, (0, 0));
    world.sound().await;
}

/// F009, F149: an entry costs points for each lot; void, they come back to where they came from, once, as a cancelled
/// use; on paper nobody has any.
async fn an_entry_costs_points_and_gives_them_back_while_the_list_is_open(db: Db) {
    let mut world = town(db).await;
    let wallet = world.resident().await;
    let account = wallet.account;
    world.credit(account, POINTS, 120, None).await;
    let much = apply(&world, Some(account), 1, 3).await;
    let left = Amount::of(120);
    assert_eq!(much, Err(refused(Refusal::NotEnough { left })));
    let paper = apply(&world, None, 2, 1).await;
    assert_eq!(paper, Err(refused(Refusal::NotEnough { left: Amount::ZERO })));
    assert_eq!(apply(&world, Some(account), 3, 2).await, Ok(Outcome::Done));
    assert_eq!(apply(&world, Some(account), 3, 2).await, Ok(Outcome::Done));
    assert_eq!(has(&world, account, POINTS).await, (20, 0));
    world.sound().await;
    assert_eq!(void(&world, 3).await, Ok(Outcome::Done));
    assert_eq!(void(&world, 3).await, Ok(Outcome::Done));
    assert_eq!(has(&world, account, POINTS).await, (120, 0));
    let lots = rows::<LotRow>(&world).await;
    assert_eq!(
        (lots.len(), lots[0].remaining),
        (1, Amount::of(120)),
        "the lot it came from"
    );
    let listed = transactions(&world, POINTS).await;
    let last: Vec<_> = listed
        .iter()
        .map(|row| (row.operation_id, row.amount.units()))
        .collect();
    assert_eq!(
        last,
        [
            (OperationId::Grant, 120),
            (OperationId::Use, 100),
            (OperationId::UseCancel, 100)
        ]
    );
    assert_eq!(listed[2].target.as_ref(), Some(&listed[1].tran_id));
    // The person may apply again; what is on a published list stays paid for.
    assert_eq!(apply(&world, Some(account), 4, 1).await, Ok(Outcome::Done));
    world.now = at(2026, 8, 1, 9);
    let list = SaleAction::CloseList { programme: DRAWN };
    assert_eq!(sale(&world, list).await, Ok(Outcome::Done));
    let closed = world.now;
    assert_eq!(void(&world, 4).await, Err(refused(Refusal::Over { closed })));
    assert_eq!(has(&world, account, POINTS).await, (70, 0));
    world.sound().await;
}

/// F009: points that a cancelled payment had earned were used for an entry. The office finds it, voids it, and what was
/// owed is settled.
async fn a_void_entry_settles_what_is_owed(db: Db) {
    let mut world = town(db).await;
    let (wallet, paid) = one_payment(&mut world, 20_000).await;
    let account = wallet.account;
    world.now = at(2026, 6, 18, 9);
    assert_eq!(grant(&world).await, Ok(1));
    assert_eq!(apply(&world, Some(account), 1, 2).await, Ok(Outcome::Done));
    assert!(
        world
            .reader
            .owing_applications(DRAWN, None, 10)
            .await
            .unwrap()
            .is_empty()
    );
    takes_back(&world, &paid).await;
    assert_eq!(has(&world, account, POINTS).await, (-100, 100));
    let owing: Vec<ApplicationRow> = world.reader.owing_applications(DRAWN, None, 10).await.unwrap();
    assert_eq!(owing.iter().map(|row| row.id).collect::<Vec<_>>(), [id(1)]);
    assert_eq!(void(&world, 1).await, Ok(Outcome::Done));
    assert_eq!(has(&world, account, POINTS).await, (0, 0));
    assert!(
        world
            .reader
            .owing_applications(DRAWN, None, 10)
            .await
            .unwrap()
            .is_empty()
    );
    world.sound().await;
}

/// F022, F009: the balance ended meanwhile.
async fn points_that_come_back_after_their_end_live_for_the_days_of_grace(db: Db) {
    let mut world = town(db).await;
    let wallet = world.resident().await;
    world.credit(wallet.account, POINTS, 80, None).await;
    assert_eq!(apply(&world, Some(wallet.account), 1, 1).await, Ok(Outcome::Done));
    world.now = at(2027, 1, 1, 9);
    assert_eq!(end_balances(&world).await, 1);
    assert_eq!(has(&world, wallet.account, POINTS).await, (0, 0));
    assert_eq!(void(&world, 1).await, Ok(Outcome::Done));
    assert_eq!(has(&world, wallet.account, POINTS).await, (50, 0));
    let lots = rows::<LotRow>(&world).await;
    let last = lots.last().unwrap();
    assert_eq!((last.remaining, last.until), (Amount::of(50), Some(on(2027, 1, 15))));
    world.now = at(2027, 1, 16, 9);
    world.run(Action::Expire).await.unwrap();
    assert_eq!(has(&world, wallet.account, POINTS).await, (0, 0));
    world.sound().await;
}

/// F105: 失効 is its own column beside 有効期限切れ; it takes what is free, with its reason, once. F026: the number people
/// name the account by.
async fn the_office_takes_away_what_is_free(db: Db) {
    let mut world = town(db).await;
    let mut wallet = world.payer(1_000).await;
    let account = wallet.account;
    let member: MemberRow = page_row(&world, &wallet, Table::Member, &[]).await.unwrap();
    assert_eq!(card_number::account(member.card), Some(account));
    world.credit(account, MONEY, 700, None).await;
    let forfeit = |key: &str, amount: Option<u32>, reason: &str| {
        Action::Points(PointsAction::Forfeit(Forfeiture {
            key: key.to_owned(),
            account,
            class: MONEY,
            amount: amount.map(Amount::of),
            reason: reason.to_owned(),
            token: 3,
        }))
    };
    let left = Amount::of(700);
    let much = world.run(forfeit("a", Some(701), "退会")).await;
    assert_eq!(much, Err(refused(Refusal::NotEnough { left })));
    assert_eq!(
        world.run(forfeit("a", Some(0), "退会")).await,
        Err(CommandError::Amount)
    );
    assert_eq!(world.run(forfeit("a", Some(200), "退会")).await, Ok(Outcome::Done));
    assert_eq!(world.run(forfeit("a", Some(200), "退会")).await, Ok(Outcome::Done));
    let other = world.run(forfeit("a", Some(200), "誤り")).await;
    assert_eq!(other, Err(CommandError::KeyReused));
    assert_eq!(world.run(forfeit("b", None, "退会")).await, Ok(Outcome::Done));
    assert_eq!(has(&world, account, MONEY).await, (1_000, 0), "what is set aside stays");
    pays(&world, &mut wallet, &[(0, 1_000)]).await;
    let none = world.run(forfeit("c", None, "退会")).await;
    assert_eq!(none, Err(refused(Refusal::NotEnough { left: Amount::ZERO })));
    let today = world.now.day();
    let results = world.reader.results(None, By::Day, today, today).await.unwrap();
    let line = results.iter().find(|line| line.class == MONEY).unwrap();
    assert_eq!((line.lapsed.amount, line.lapsed.count), (Amount::of(700), 2));
    assert!(line.expired.amount.is_zero());
    let written: Vec<ForfeitRow> = rows(&world).await;
    assert!(written.iter().all(|row| row.reason == "退会" && row.token == 3));
    world.sound().await;
}
