//! The day of a town, with the real server on both databases: paid without a network, accepted, refused,
//! relayed, on paper; uploaded in either order; and every book says the same in the end.

use std::collections::BTreeSet;

use kinchaku_core::book::payments::State as Paid;
use kinchaku_core::book::receipts::State as Shown;
use kinchaku_core::network::NetworkError;
use kinchaku_core::receive::{self, Answered};
use kinchaku_core::sync::{SyncError, sync};
use kinchaku_core::{pay, view};
use kinchaku_protocol::doc::Verdict;
use kinchaku_protocol::ids::{ClassId, Ref};
use kinchaku_tests::counter::{answer, pay};
use kinchaku_tests::database::Kind;
use kinchaku_tests::offline_town::TestDevice;
use kinchaku_tests::running_town::{Counter, PURSE, RunningTown, list, number, owed_in, sales_in, synced, word};

struct Day {
    town: RunningTown,
    payer: TestDevice,
    bakery: TestDevice,
    greengrocer: TestDevice,
}

/// What two databases must agree on: statuses with totals by shop, trial balances by class and book.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    sales: Vec<Vec<(String, i64)>>,
    balances: Vec<(i64, String, i64)>,
    usable: Vec<u64>,
}

impl Day {
    fn begin(kind: Kind, test: &str) -> Option<Self> {
        let mut town = RunningTown::start(kind, test)?;
        let payer = town.resident();
        let bakery = town.till(town.bakery.shop);
        let greengrocer = town.till(town.greengrocer.shop);
        Some(Self {
            town,
            payer,
            bakery,
            greengrocer,
        })
    }

    fn stop(&mut self) {
        assert!(self.town.server.stop());
        let tried = sync(&self.payer.home, true);
        assert_eq!(tried, Err(SyncError::Network(NetworkError::Offline)));
    }

    fn start(&mut self) {
        self.town.server.start(None).unwrap();
    }

    fn usable(&self) -> Vec<u64> {
        usable(&self.payer)
    }

    /// Everything adds up: the ledger, the wallet, the tills, and each with the others.
    fn settled(&self) -> Outcome {
        for device in [&self.payer, &self.bakery, &self.greengrocer, &self.payer] {
            synced(device);
        }
        self.town.audited();
        let books = self.town.books();
        let counters = [&self.town.bakery, &self.town.greengrocer, &self.town.stall];
        let sales = counters.map(|counter| sales_in(&books, counter.shop));
        let posted = |counter: usize| -> i64 {
            let posted = sales[counter].iter().filter(|(_, status, _)| status == "posted");
            posted.map(|(_, _, total)| total).sum()
        };
        for (at, till) in [&self.bakery, &self.greengrocer].into_iter().enumerate() {
            let view = view::till(&till.home).unwrap();
            assert_eq!(view.posted.credit().units(), posted(at), "the till's own list");
            assert_eq!(owed_in(&books, counters[at].shop), posted(at), "what the shop is owed");
            assert_eq!(view.waiting, 0);
        }
        let all: i64 = (0..3).map(posted).sum();
        let wallet = view::wallet(&self.payer.home).unwrap();
        let usable = self.usable();
        let purse: u64 = PURSE.iter().sum();
        assert_eq!(
            usable.iter().sum::<u64>(),
            purse - all.unsigned_abs(),
            "what the wallet shows"
        );
        assert_eq!((wallet.waiting, wallet.parked), (0, 0));
        let mine = view::history(&self.payer.home).unwrap().payments;
        let paid: u64 = mine
            .iter()
            .filter(|it| it.state == Paid::Posted)
            .map(|it| it.total.units())
            .sum();
        assert_eq!(paid, all.unsigned_abs(), "what the wallet lists");
        let mut balances = Vec::new();
        for class in list(&books, "classes") {
            for book in list(class, "books") {
                balances.push((number(class, "class"), word(book, "book"), number(book, "sum")));
            }
            let users = list(class, "books").iter().filter(|book| word(book, "book") == "user");
            let class = usize::try_from(number(class, "class")).unwrap();
            let left: i64 = users.map(|book| number(book, "sum")).sum();
            assert_eq!(
                left.unsigned_abs(),
                usable[class - 1],
                "the ledger's balance of class {class}"
            );
        }
        let sales = sales.map(|of| {
            let mut of: Vec<_> = of.into_iter().map(|(_, status, total)| (status, total)).collect();
            of.sort();
            of
        });
        Outcome {
            sales: sales.to_vec(),
            balances,
            usable,
        }
    }
}

fn usable(wallet: &TestDevice) -> Vec<u64> {
    let mut classes = view::wallet(&wallet.home).unwrap().classes;
    classes.sort_by_key(|class| class.class);
    assert_eq!(
        classes.iter().map(|it| it.class).collect::<Vec<_>>(),
        [ClassId(1), ClassId(2), ClassId(3)]
    );
    classes.iter().map(|class| class.usable.units()).collect()
}

fn state_of(payer: &TestDevice, reference: Ref) -> (Paid, Option<Vec<u8>>) {
    let payments = view::history(&payer.home).unwrap().payments;
    let payment = payments
        .into_iter()
        .find(|payment| payment.reference == reference)
        .unwrap();
    (payment.state, payment.fact)
}

fn shown_at(till: &TestDevice, reference: Ref) -> (Shown, Option<Vec<u8>>) {
    let receipts = view::till(&till.home).unwrap().receipts;
    let receipt = receipts
        .into_iter()
        .find(|receipt| receipt.intent.to_ref() == reference)
        .unwrap();
    (receipt.state, receipt.fact)
}

/// The same signed fact in both hands.
fn same_fact(payer: &TestDevice, till: &TestDevice, reference: Ref) {
    let ((paid, mine), (shown, theirs)) = (state_of(payer, reference), shown_at(till, reference));
    assert_eq!((paid, shown), (Paid::Posted, Shown::Posted));
    assert!(mine.is_some() && mine == theirs);
}

fn refused(day: &Day, counter: &Counter, amount: u32) -> (Ref, Answered) {
    let receipt = pay(&day.payer.home, &counter.sheet, amount);
    let answered = answer(&day.bakery.home, &receipt.full).unwrap();
    assert_eq!(answered.verdict, Verdict::OverPayment);
    (receipt.reference, answered)
}

/// F113, F114, F116, F117, F119: how the transactions are listed, at the office and in the wallet.
fn rows_of_the_day(day: &Day) {
    let books = day.town.books();
    let services: Vec<i64> = list(&books, "classes")
        .iter()
        .map(|class| number(class, "service_type"))
        .collect();
    assert_eq!(services, [1, 2, 3]);
    let mut ids = BTreeSet::new();
    let mut operations = BTreeSet::new();
    let mut combined = 0;
    for sale in list(&books, "shops").iter().flat_map(|shop| list(shop, "sales")) {
        assert_eq!(word(sale, "mark").len(), 8, "which sheet it was");
        for row in list(sale, "rows") {
            let id = word(row, "tran_id");
            assert!(id.len() == 20 && id.bytes().all(|byte| byte.is_ascii_digit()), "{id}");
            assert!(ids.insert(id), "a number twice");
            operations.insert((number(row, "operation"), number(row, "operation_id")));
        }
        let used: Vec<_> = list(sale, "rows")
            .iter()
            .filter(|row| number(row, "operation_id") == 1)
            .collect();
        combined += usize::from(used.len() > 1);
        let times: BTreeSet<String> = used.iter().map(|row| word(row, "posted_at")).collect();
        assert_eq!(times.len(), 1, "one payment, one time");
        let total: i64 = used.iter().map(|row| number(row, "amount").abs()).sum();
        assert_eq!(total, number(sale, "total"));
    }
    assert!(operations.len() == 2, "a use and a cancelled use: {operations:?}");
    let mine = view::history(&day.payer.home).unwrap().transactions;
    let listed: BTreeSet<String> = mine.iter().map(|row| row.tran_id.clone()).collect();
    assert!(ids.is_subset(&listed), "the wallet lists what the office does");
    assert_eq!(combined, 1, "voucher and coin in one payment: a row for each, one time");
}

/// One day. F089: all of a payment or none of it.
fn a_day(kind: Kind, test: &str) -> Option<Outcome> {
    let mut day = Day::begin(kind, test)?;
    let (bakery, greengrocer, stall) = (
        day.town.bakery.clone(),
        day.town.greengrocer.clone(),
        day.town.stall.clone(),
    );

    // No network: one accepted; one above the cap, from voucher and coin, refused: its value is back at once.
    day.stop();
    let accepted = pay(&day.payer.home, &bakery.sheet, 2_000);
    assert!(answer(&day.bakery.home, &accepted.full).unwrap().verdict.accepted());
    let before = day.usable();
    let (no, answered) = refused(&day, &bakery, 3_600);
    assert_ne!(day.usable(), before);
    let (_, verdict) = pay::take_refusal(&day.payer.home, &answered.refusal.unwrap()).unwrap();
    assert_eq!((verdict, day.usable()), (Verdict::OverPayment, before));

    // The payer uploads first.
    day.start();
    synced(&day.payer);
    synced(&day.bakery);
    synced(&day.payer);
    same_fact(&day.payer, &day.bakery, accepted.reference);
    assert_eq!(state_of(&day.payer, no).0, Paid::Reversed);
    day.settled();

    // The shop uploads first.
    day.stop();
    let second = pay(&day.payer.home, &bakery.sheet, 800);
    assert!(answer(&day.bakery.home, &second.full).unwrap().verdict.accepted());
    day.start();
    synced(&day.bakery);
    assert_eq!(shown_at(&day.bakery, second.reference).0, Shown::Posted);
    synced(&day.payer);
    same_fact(&day.payer, &day.bakery, second.reference);
    day.settled();

    // Relayed by a shop with a network, on the spot.
    let third = pay(&day.payer.home, &greengrocer.sheet, 650);
    let relayed = receive::relay(&day.greengrocer.home, &third.short).unwrap();
    assert_eq!(
        (relayed.state, relayed.confirmation),
        (Shown::Posted, third.confirmation)
    );
    synced(&day.payer);
    same_fact(&day.payer, &day.greengrocer, third.reference);

    // On paper: from the payer alone.
    let fourth = pay(&day.payer.home, &stall.sheet, 500);
    synced(&day.payer);
    assert_eq!(state_of(&day.payer, fourth.reference).0, Paid::Posted);
    let outcome = day.settled();
    let sales = |of: &[(&str, i64)]| {
        of.iter()
            .map(|&(word, total)| (word.to_owned(), total))
            .collect::<Vec<_>>()
    };
    let expected = [
        sales(&[("posted", 800), ("posted", 2_000), ("reversed", 3_600)]),
        sales(&[("posted", 650)]),
        sales(&[("posted", 500)]),
    ];
    assert_eq!(outcome.sales, expected);
    rows_of_the_day(&day);
    // The stall is in no set of the voucher's: there the coin paid.
    assert_eq!(outcome.usable, [11_500, 3_000, 5_000 - 3_450]);
    Some(outcome)
}

/// T1, T10, F065 to F067, F072, F089, F282, F283, F286, F287: the main job on both databases, to one outcome.
#[test]
fn one_day_ends_the_same_on_both_databases() {
    let sqlite = a_day(Kind::Sqlite, "the day").unwrap();
    if let Some(postgres) = a_day(Kind::Postgres, "the day") {
        assert_eq!(postgres, sqlite);
    }
}

fn refused_goods(kind: Kind) {
    let Some(mut day) = Day::begin(kind, "refused goods") else {
        return;
    };
    let counter = day.town.bakery.clone();
    let whole = PURSE.to_vec();
    // Who uploads: the payer first and again last, then the shop first; with the refusal scanned or not.
    for (payer_first, scanned) in [(true, false), (true, true), (false, false), (false, true)] {
        day.stop();
        let (reference, answered) = refused(&day, &counter, 3_100);
        if scanned {
            pay::take_refusal(&day.payer.home, &answered.refusal.clone().unwrap()).unwrap();
            assert_eq!(day.usable(), whole);
        }
        day.start();
        let order = if payer_first {
            [&day.payer, &day.bakery, &day.payer]
        } else {
            [&day.bakery, &day.payer, &day.payer]
        };
        for device in order {
            synced(device);
        }
        let tried = (payer_first, scanned);
        assert_eq!(state_of(&day.payer, reference).0, Paid::Reversed, "{tried:?}");
        assert_eq!(
            (day.usable(), day.town.owed(counter.shop)),
            (whole.clone(), 0),
            "{tried:?}"
        );
        day.settled();
    }
}

/// Refused goods are never charged, whoever uploads first, and the wallet says so.
#[test]
fn refused_goods_are_not_charged_in_any_order() {
    refused_goods(Kind::Sqlite);
    refused_goods(Kind::Postgres);
}

/// T10: everything uploaded again and again is answered with the same facts and posted once.
#[test]
fn uploading_again_changes_nothing() {
    let Some(mut day) = Day::begin(Kind::Sqlite, "again") else {
        panic!("SQLite is always there")
    };
    let receipt = pay(&day.payer.home, &day.town.bakery.sheet, 1_000);
    answer(&day.bakery.home, &receipt.full).unwrap();
    day.settled();
    let state = day.town.audited();
    let fact = state_of(&day.payer, receipt.reference).1;
    // Both wallets forget that they sent anything.
    for _ in 0..3 {
        for device in [&day.payer, &day.bakery] {
            let again = "UPDATE outbox SET state = 0, next_at = 0";
            let work =
                |db: &rusqlite::Transaction<'_>| Ok::<_, kinchaku_core::store::StoreError>(db.execute(again, [])?);
            assert!(device.home.store().write(work).unwrap() > 0);
            synced(device);
        }
    }
    assert_eq!(state_of(&day.payer, receipt.reference).1, fact);
    assert_eq!(day.town.audited()["state"], state["state"]);
    day.stop();
}
