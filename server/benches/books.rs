//! What the office does with large books, as ratios of one run on PostgreSQL.
//!
//! - P11: the close of a week of 1,000,000 payments ÷ one sequential scan of the same rows
//! - P12: a day's transactions as CSV ÷ a raw COPY of the same rows
//! - P13: 10,000 people buying a stock of 8,000 lots, to the last of them ÷ as many plain inserts
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench prints, and stops where it cannot go on"
)]

mod measured;
#[allow(dead_code, reason = "of the tests; a bench uses its part of it")]
#[path = "../tests/support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use kinchaku_protocol::ids::Pid;
use kinchaku_server::command::{Action, Command, CommandError, Invitee, Outcome, Town, TownRules};
use kinchaku_server::export::{Charset, Exports, FileRequest, Flavour, Form, Scope, What};
use kinchaku_server::lane::Lane;
use kinchaku_server::programme::action::SetUpAction;
use kinchaku_server::programme::{Folder, PayIn, Programmes, Refusal};
use kinchaku_server::query::Reader;
use kinchaku_server::sale::action::{Buyer, NewOrder, Ordered, SaleAction};
use kinchaku_server::sale::rows::EventKind;
use kinchaku_server::settlement::Closing;
use kinchaku_server::store::{self, Store};
use measured::{Goal, ROUNDS, Rates, report};
use support::town_folder::{at, on};
use support::{TOWN, VOUCHER, season, signers};
use tokio_postgres::{Client, NoTls};
use zeroize::Zeroizing;

/// Payments of the week; a fifth of them a day.
const PAYMENTS: usize = 1_000_000;
const SHOPS: usize = 300;
const BUYERS: usize = 10_000;
const LOTS: usize = 8_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        println!("medians of {ROUNDS} interleaved rounds; spread = lowest..highest round");
        large_books().await;
        sale_opening().await;
    });
}

async fn connected(address: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(address, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The season's folder with as many shops as the books need, and a stock of so many lots.
fn folder() -> Folder {
    let mut folder = season::folder();
    let mut shops =
        String::from("code,merchant,name,kana,romaji,city,town,postal,mcc,groups,offline,bank,branch,account,holder\n");
    for number in 1..=SHOPS {
        let line = format!("{number:04},{number:04},店{number},ミセ,MISE,MITAKA,東京都三鷹市,1810001,5462,,scan,");
        writeln!(shops, "{line}9999,101,普通 {number:07},カ）ミセ").unwrap();
    }
    folder.files.insert("shops.csv".to_owned(), shops.into_bytes());
    let sale = folder.files.get_mut("programmes/sale.toml").unwrap();
    let text = String::from_utf8(sale.clone()).unwrap();
    let text = text.replace("issue = 1_200_000_000", &format!("issue = {}", LOTS * 1_200));
    *sale = text
        .replace("premium = 200_000_000", &format!("premium = {}", LOTS * 200))
        .into_bytes();
    folder
}

async fn started(store: &Arc<dyn Store>, town: Town) -> Lane {
    let rules = TownRules::default();
    let lane = Lane::start(store.clone(), town, Arc::new(signers()), rules, "bench".to_owned());
    while !lane.keeps() {
        tokio::task::yield_now().await;
    }
    let now = at(2024, 6, 3, 9);
    let load = Action::SetUp(SetUpAction::Load(Arc::new(folder())));
    lane.run(Command { now, action: load }).await.unwrap();
    lane
}

async fn large_books() {
    let Some(address) = measured::fresh("books").await else {
        return;
    };
    let store = store::open(&address).await.unwrap();
    let lane = started(&store, TOWN).await;
    let reader = Reader::new(store, TOWN);
    let client = connected(&address).await;
    fill(&client).await;
    let now = at(2024, 6, 10, 9);
    let exports = Exports::new(reader.clone(), Zeroizing::new([106; 32]));
    let (mut scans, mut closes) = (Rates::default(), Rates::default());
    let (mut copies, mut files) = (Rates::default(), Rates::default());
    let a_day = PAYMENTS / 5;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let scan = "select count(*), sum(amount), max(tran_id), max(length(shop)) from business";
        client
            .batch_execute("begin; set local enable_indexscan = off; set local enable_indexonlyscan = off")
            .await
            .unwrap();
        client.query_one(scan, &[]).await.unwrap();
        client.batch_execute("commit").await.unwrap();
        scans.note(PAYMENTS, start.elapsed());

        let start = Instant::now();
        let closing = Closing::new(&lane, &reader);
        let closed = closing.through(Some(VOUCHER), on(2024, 6, 7), now).await.unwrap();
        closes.note(PAYMENTS, start.elapsed());
        assert_eq!(closed.len(), 1);
        let paid = "select count(*), cast(sum(used) as bigint) from payouts";
        let row = client.query_one(paid, &[]).await.unwrap();
        let sums = (i64::try_from(SHOPS).unwrap(), i64::try_from(PAYMENTS).unwrap() * 100);
        assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), sums);
        // As if it had not been closed, for the next round.
        let undone = "delete from payouts; delete from periods; delete from postings; delete from entries";
        client.batch_execute(undone).await.unwrap();

        let copy = "copy (select * from business where muni = 13204 and tran_id >= '20240604' and \
                    tran_id < '20240605' order by tran_id) to stdout with (format csv)";
        let start = Instant::now();
        tokio::task::block_in_place(|| measured::psql(&address, copy));
        copies.note(a_day, start.elapsed());

        let start = Instant::now();
        let request = FileRequest {
            what: What::Transactions,
            scope: Scope::All,
            first: on(2024, 6, 4),
            last: on(2024, 6, 4),
            flavour: Flavour::Usual,
            form: Form::Csv(Charset::Utf8),
        };
        let mut file = exports.open(request, now).await.unwrap();
        let mut written = 0;
        while let Some(piece) = file.next().await {
            written += piece.unwrap().len();
        }
        files.note(a_day, start.elapsed());
        assert!(written > 100 * a_day, "{written} bytes are not all of it");
    }
    report(
        "P11 close of 1,000,000 payments / scan",
        &Goal::AtMost(3.0),
        &scans,
        &closes,
    );
    report("P12 transactions as CSV / COPY", &Goal::AtMost(3.0), &copies, &files);
}

/// The payments of a week, of one voucher each, set by set.
async fn fill(client: &Client) {
    let programmes = Programmes::read(&folder()).unwrap();
    let shops: Vec<Pid> = programmes.shops.iter().map(|shop| shop.pid(TOWN.muni)).collect();
    let shops: Vec<&[u8]> = shops.iter().map(|shop| shop.0.as_slice()).collect();
    let last = i64::try_from(PAYMENTS).unwrap() - 1;
    let id = "decode(lpad(to_hex(n), 64, '0'), 'hex')";
    let at = "1717372800 + n * 5 * 86400 / 1000000";
    let business = format!(
        "insert into business (muni, tran_id, entry, operation, operation_id, class, amount, account, shop, intent, \
         target, occurred_at, posted_at, value_before, value_after) \
         select 13204, (20240603 + n / 200000)::text || lpad(n::text, 12, '0'), n + 1, 2, 1, 3, 100, n % 30000, \
         ($2::bytea[])[1 + n % 300], {id}, null, {at}, {at}, 500, 400 from generate_series(0, $1::bigint) as n"
    );
    client.execute(&business, &[&last, &shops]).await.unwrap();
    let intents = format!(
        "insert into intents (muni, id, reference, allowance, seq, shop, mark, account, doc, total, occurred_at, \
         received_at, fault, late, stopped, paid, posted_to_shop, reason, status, fact, posted_at, entry) \
         select 13204, {id}, substr({id}, 1, 16), substr({id}, 1, 16), 1, ($2::bytea[])[1 + n % 300], \
         '\\x01020304'::bytea, n % 30000, {id}, 100, {at}, {at}, 0, 0, 0, 1, 0, 0, 1, n, {at}, n + 1 \
         from generate_series(0, $1::bigint) as n"
    );
    client.execute(&intents, &[&last, &shops]).await.unwrap();
    // A file has what was there when it was begun.
    let counter = "insert into counters (muni, name, value) values (13204, 'serial', $1) \
                   on conflict (muni, name) do update set value = excluded.value";
    client.execute(counter, &[&last]).await.unwrap();
    client.batch_execute("vacuum analyze").await.unwrap();
}

async fn sale_opening() {
    let Some(address) = measured::fresh("sale").await else {
        return;
    };
    let store = store::open(&address).await.unwrap();
    let client = connected(&address).await;
    client
        .batch_execute(
            "create table plain (id bigint primary key, key bytea, account bigint, units bigint, made bigint)",
        )
        .await
        .unwrap();
    let (mut plain, mut sold) = (Rates::default(), Rates::default());
    for round in 0..ROUNDS {
        let town = Town {
            muni: u64::try_from(round).unwrap() + 1,
        };
        let lane = started(&store, town).await;
        let accounts = people(&lane).await;
        inserts(&address, round, &mut plain).await;
        let start = Instant::now();
        let buyers = accounts.into_iter().map(|account| {
            let lane = lane.clone();
            tokio::spawn(async move { buys(&lane, account).await })
        });
        let mut bought = 0;
        for buyer in buyers.collect::<Vec<_>>() {
            bought += usize::from(buyer.await.unwrap());
        }
        sold.note(BUYERS, start.elapsed());
        assert_eq!(bought, LOTS, "to the last lot, and none more");
        lane.drain().await;
    }
    report(
        "P13 purchases of a limited stock / inserts",
        &Goal::AtLeast(0.5),
        &plain,
        &sold,
    );
}

async fn people(lane: &Lane) -> Vec<u64> {
    let invitations = (0..BUYERS).map(|number| {
        let lane = lane.clone();
        let mut code_hash = [0; 32];
        code_hash[..8].copy_from_slice(&number.to_be_bytes());
        let action = Action::Invite {
            code_hash,
            invitee: Invitee::Resident,
        };
        let now = at(2024, 6, 3, 9);
        tokio::spawn(async move { lane.run(Command { now, action }).await })
    });
    let mut accounts = Vec::new();
    for invitation in invitations.collect::<Vec<_>>() {
        match invitation.await.unwrap() {
            Ok(Outcome::Invited { account: Some(account) }) => accounts.push(account),
            other => panic!("not invited: {other:?}"),
        }
    }
    accounts
}

/// Orders one lot and pays it; false where nothing is left.
async fn buys(lane: &Lane, account: u64) -> bool {
    let now = at(2024, 6, 3, 10);
    let order = SaleAction::Order(NewOrder {
        key: format!("order {account}"),
        account,
        ordered: Ordered::Lots {
            programme: 1,
            units: 1,
            buyer: Buyer::Account(None),
        },
        pay_in: PayIn::Counter,
    });
    let order = lane
        .run(Command {
            now,
            action: Action::Sale(order),
        })
        .await;
    let order = match order {
        Ok(Outcome::Order(order)) => order,
        Err(CommandError::Refused(Refusal::SoldOut { .. })) => return false,
        other => panic!("no order but {other:?}"),
    };
    let event = SaleAction::Event {
        id: format!("paid {account}"),
        order: order.id,
        kind: EventKind::Paid,
        amount: order.price,
    };
    lane.run(Command {
        now,
        action: Action::Sale(event),
    })
    .await
    .unwrap();
    true
}

/// As many rows, each in a transaction of its own, over 16 connections.
async fn inserts(address: &str, round: usize, rates: &mut Rates) {
    const HANDS: usize = 16;
    let mut clients = Vec::new();
    for _ in 0..HANDS {
        clients.push(connected(address).await);
    }
    let start = Instant::now();
    let hands = clients.into_iter().enumerate().map(|(hand, client)| {
        tokio::spawn(async move {
            let insert = client
                .prepare("insert into plain values ($1, $2, $3, $4, $5)")
                .await
                .unwrap();
            for number in (hand..BUYERS).step_by(HANDS) {
                let id = i64::try_from(round * BUYERS + number).unwrap();
                client
                    .execute(&insert, &[&id, &&[7_u8; 32][..], &id, &1_i64, &0_i64])
                    .await
                    .unwrap();
            }
        })
    });
    for hand in hands.collect::<Vec<_>>() {
        hand.await.unwrap();
    }
    rates.note(BUYERS, start.elapsed());
}
