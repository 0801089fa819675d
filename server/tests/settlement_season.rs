//! A whole season, made by chance and closed fourteen times, on both databases: what the files say is what the ledger
//! paid, and a file of a closed week can be had again.

use crate::on_both;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::support::season::{Season, folder, table};
use crate::support::town_folder::on;
use crate::support::wallet::{Paid, Wallet};
use crate::support::{MONEY, POINTS, VOUCHER};
use kinchaku_protocol::ids::{ClassId, ServiceType};
use kinchaku_server::calendar::Settlement;
use kinchaku_server::command::CommandError;
use kinchaku_server::export::{Charset, Form, Scope, What};
use kinchaku_server::ledger::rows::Book;
use kinchaku_server::programme::Programmes;
use kinchaku_server::query::results::By;
use kinchaku_server::settlement::action::{CancelRefusal, Canceller};
use kinchaku_server::store::Store;

type Db = Arc<dyn Store>;

on_both!(
    the_files_of_fourteen_closes_are_what_the_ledger_paid,
    files_have_their_scope_their_form_and_no_account_numbers,
);

/// Month and day.
type Date = (u32, u32);

/// The table of the source (F093): number, first and last day, day of payment.
const SOURCE: [(u32, Date, Date, Date); 14] = [
    (1, (6, 3), (6, 7), (6, 18)),
    (2, (6, 8), (6, 14), (6, 25)),
    (3, (6, 15), (6, 21), (7, 2)),
    (4, (6, 22), (6, 28), (7, 9)),
    (5, (6, 29), (7, 5), (7, 16)),
    (6, (7, 6), (7, 12), (7, 23)),
    (7, (7, 13), (7, 19), (7, 30)),
    (8, (7, 20), (7, 26), (8, 6)),
    (9, (7, 27), (8, 2), (8, 13)),
    (10, (8, 3), (8, 9), (8, 20)),
    (11, (8, 10), (8, 16), (8, 27)),
    (12, (8, 17), (8, 23), (9, 3)),
    (13, (8, 24), (8, 30), (9, 10)),
    (14, (8, 31), (8, 31), (9, 17)),
];

/// Numbers from a seed (SplitMix64).
struct Chance(u64);

impl Chance {
    /// From the environment, or the day the season began.
    fn new() -> Self {
        let seed = std::env::var("KINCHAKU_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or(20_240_603);
        println!("KINCHAKU_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((mixed ^ (mixed >> 31)) % u64::from(end)).unwrap()
    }

    fn one_in(&mut self, chances: u32) -> bool {
        self.below(chances) == 0
    }
}

struct Made {
    paid: Paid,
    shop: usize,
    week: usize,
}

/// Vouchers mostly, sometimes with points or coins beside them.
fn parts(chance: &mut Chance) -> Vec<(ClassId, u32)> {
    let mut parts = vec![(VOUCHER, 100 + chance.below(900))];
    if chance.one_in(3) {
        parts.push((POINTS, 1 + chance.below(40)));
    }
    if chance.one_in(3) {
        parts.push((MONEY, 50 + chance.below(300)));
    }
    parts
}

/// Some of what was made is taken back: by the shop while it may, afterwards by the office.
async fn take_back(season: &Season, made: &mut Vec<Made>, week: usize, chance: &mut Chance) {
    let mut kept = Vec::new();
    for one in made.drain(..) {
        let closed = one.week < week;
        if !chance.one_in(if closed { 12 } else { 4 }) {
            kept.push(one);
            continue;
        }
        let shop = season.by_shop(one.shop);
        if closed {
            let refused = Err(CommandError::NotCancelled(CancelRefusal::Closed));
            assert_eq!(season.cancel(&one.paid, shop).await, refused);
            season.cancel(&one.paid, Canceller::Office).await.unwrap();
        } else {
            season.cancel(&one.paid, shop).await.unwrap();
        }
    }
    *made = kept;
}

/// Uses less cancelled uses of a file of transactions, by class.
fn nets(file: &[u8]) -> BTreeMap<String, i64> {
    let mut nets = BTreeMap::new();
    for row in table(file) {
        let amount: i64 = row["amount"].parse().unwrap();
        let net = nets.entry(row["serviceId"].clone()).or_insert(0);
        *net += match row["operationId"].as_str() {
            "OP1" => amount,
            "OP4" => -amount,
            _ => 0,
        };
    }
    nets
}

/// The rows of a file that are about vouchers.
fn of_vouchers(file: &[u8]) -> Vec<BTreeMap<String, String>> {
    table(file).into_iter().filter(|row| row["serviceId"] == "3").collect()
}

/// R7, F092 to F094, F104 to F108, F115 to F122: fourteen closes with cancellations across them.
async fn the_files_of_fourteen_closes_are_what_the_ledger_paid(db: Db) {
    let own = Programmes::read(&folder()).unwrap();
    let source = Programmes::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../towns/mitaka-like")).unwrap();
    let weekly = |programmes: &Programmes| {
        let voucher = programmes
            .classes
            .values()
            .find(|class| class.service == ServiceType::Voucher);
        voucher.unwrap().settlement
    };
    assert!(matches!(weekly(&own), Settlement::Weekly(_)));
    assert_eq!(
        weekly(&own),
        weekly(&source),
        "the town of the source closes as this one does"
    );

    let mut chance = Chance::new();
    let mut season = Season::new(db).await;
    let mut wallets: Vec<Wallet> = Vec::new();
    for _ in 0..3 {
        let has = [(VOUCHER, 30_000), (POINTS, 3_000), (MONEY, 12_000)];
        wallets.push(season.payer(&has).await);
    }
    let mut made: Vec<Made> = Vec::new();
    let mut offline: Vec<(Paid, usize)> = Vec::new();
    let (mut files, mut june) = (Vec::new(), Vec::new());
    for (week, (_, first, last, _)) in SOURCE.iter().enumerate() {
        season.noon(first.0, first.1);
        for (paid, shop) in offline.drain(..) {
            season.posts(&paid).await;
            made.push(Made { paid, shop, week });
        }
        for wallet in &mut wallets {
            season.world.issue(wallet).await.unwrap();
            for _ in 0..2 {
                let shop = usize::try_from(chance.below(3)).unwrap();
                let paid = season.signs(wallet, shop, &parts(&mut chance));
                if chance.one_in(5) {
                    offline.push((paid, shop));
                } else {
                    season.posts(&paid).await;
                    made.push(Made { paid, shop, week });
                }
            }
        }
        take_back(&season, &mut made, week, &mut chance).await;
        season.world.now = on(2024, last.0, last.1).plus(1).start();
        season.close().await;
        season.world.sound().await;
        let days = (on(2024, first.0, first.1), on(2024, last.0, last.1));
        files.push(season.file(What::Transactions, Scope::All, days.0, days.1).await);
        if week == 4 {
            june = season
                .file(What::Transactions, Scope::All, on(2024, 6, 3), on(2024, 6, 28))
                .await;
        }
    }
    for (paid, shop) in offline.drain(..) {
        season.posts(&paid).await;
        made.push(Made { paid, shop, week: 14 });
    }
    take_back(&season, &mut made, 14, &mut chance).await;
    season.noon(10, 1);
    season.close().await;
    season.world.sound().await;

    let periods = season.world.reader.periods(Some(VOUCHER)).await.unwrap();
    let closed: Vec<_> = periods
        .iter()
        .map(|row| (row.number, row.first, row.last, row.paid_on))
        .collect();
    let day = |(month, day): Date| on(2024, month, day);
    let expected: Vec<_> = SOURCE
        .iter()
        .map(|row| (row.0, day(row.1), day(row.2), day(row.3)))
        .collect();
    assert_eq!(closed[..14], expected[..]);
    assert_eq!((closed.len(), periods[14].late, periods[15].late), (16, true, true));

    // Each file: what its period paid. Again: the same file, whatever was taken back since.
    let late = season
        .file(What::Transactions, Scope::All, on(2024, 9, 1), on(2024, 9, 14))
        .await;
    files.push(late);
    for (period, file) in periods.iter().zip(&files) {
        let payouts = season.world.reader.payouts(VOUCHER, period.number).await.unwrap();
        let paid: i64 = payouts
            .iter()
            .map(|row| i64::try_from(row.used.units()).unwrap() - i64::try_from(row.cancelled.units()).unwrap())
            .sum();
        assert_eq!(
            nets(file).get("3").copied().unwrap_or(0),
            paid,
            "period {}",
            period.number
        );
        let again = season
            .file(What::Transactions, Scope::All, period.first, period.last)
            .await;
        assert_eq!(of_vouchers(&again), of_vouchers(file), "period {}", period.number);
        assert!(of_vouchers(&again).iter().all(|row| row["closed"] == "1"));
    }
    let again = season
        .file(What::Transactions, Scope::All, on(2024, 6, 3), on(2024, 6, 28))
        .await;
    assert!(
        again == june,
        "a file of closed periods can be had again, byte for byte"
    );

    // Σ files − Σ ledger = 0 yen, for each class and each kind of file.
    let days = (on(2024, 6, 1), on(2024, 10, 31));
    let all = nets(&season.file(What::Transactions, Scope::All, days.0, days.1).await);
    let trial = season.world.reader.trial_balance().await.unwrap();
    for class in [MONEY, POINTS, VOUCHER] {
        let books = trial.iter().filter(|line| line.class == class);
        let ledger: i64 = books
            .filter(|line| matches!(line.book, Book::ShopPayable | Book::Payout))
            .map(|line| line.sum.units())
            .sum();
        assert!(ledger > 0);
        assert_eq!(all[&class.to_string()] - ledger, 0, "class {class}");
        for what in [What::Daily, What::Monthly] {
            let file = table(&season.file(what, Scope::All, days.0, days.1).await);
            let own = file.iter().filter(|row| row["serviceId"] == class.to_string());
            let number = |row: &BTreeMap<String, String>, name: &str| row[name].parse::<i64>().unwrap();
            let net: i64 = own
                .map(|row| number(row, "subAmount") - number(row, "subCancelAmount"))
                .sum();
            assert_eq!(net - ledger, 0, "class {class} {what:?}");
        }
    }
}

/// F104 to F107, F118 to F120, F161: one shop, a merchant with two, all; CSV and a workbook; a payer has another name
/// at each shop and the same one every day.
async fn files_have_their_scope_their_form_and_no_account_numbers(db: Db) {
    let mut season = Season::new(db).await;
    let mut wallet = season.payer(&[(VOUCHER, 9_000), (POINTS, 100)]).await;
    for shop in 0..3 {
        season.pays(&mut wallet, shop, &[(VOUCHER, 100), (POINTS, 10)]).await;
    }
    season.noon(6, 4);
    let again = season.pays(&mut wallet, 1, &[(VOUCHER, 500)]).await;
    season.cancel(&again, season.by_shop(1)).await.unwrap();
    let days = (on(2024, 6, 3), on(2024, 6, 4));
    let file = async |scope: Scope| table(&season.file(What::Transactions, scope, days.0, days.1).await);
    let (all, one, two) = (
        file(Scope::All).await,
        file(Scope::Shop(season.shop(1))).await,
        file(Scope::Merchant("0004".to_owned())).await,
    );
    assert_eq!(
        (all.len(), one.len(), two.len()),
        (10, 4, 6),
        "with the two grants that no shop has"
    );
    assert_eq!(one[0]["operationName"], "利用（複数サービス決済）");
    assert_eq!(
        (one[2]["operationName"].as_str(), one[2]["status"].as_str()),
        ("利用", "2")
    );
    assert_eq!(one[3]["targetTranId"], one[2]["tranId"]);
    assert_eq!(
        (one[3]["beforeValue"].as_str(), one[3]["afterValue"].as_str()),
        ("8200", "8700")
    );
    assert_eq!(one[0]["terminalDisplayName"], "レジ1");
    assert!(one.iter().all(|row| row["uid"] == one[0]["uid"]));
    assert!(two.iter().any(|row| row["uid"] != one[0]["uid"]));
    assert!(
        all.iter()
            .all(|row| row["uid"] != wallet.account.to_string() && row["uid"].len() == 20)
    );

    let results = season
        .world
        .reader
        .results(Some(season.shop(1)), By::Month, days.0, days.1)
        .await
        .unwrap();
    let voucher = results.iter().find(|line| line.class == VOUCHER).unwrap();
    assert_eq!(voucher.from, on(2024, 6, 1));
    assert_eq!((voucher.sales.used.amount.units(), voucher.sales.used.count), (600, 2));
    assert_eq!(
        voucher.sales.net(),
        (kinchaku_protocol::money::Signed::from_units(100), 1)
    );

    let shop = Scope::Shop(season.shop(1));
    let book = season.file_in(What::Transactions, shop.clone(), days, Form::Xlsx).await;
    let mut book = calamine::open_workbook_auto_from_rs(std::io::Cursor::new(book)).unwrap();
    let sheet = calamine::Reader::worksheet_range_at(&mut book, 0).unwrap().unwrap();
    assert_eq!(sheet.height(), 5);
    let cp932 = season.file_in(What::Daily, shop, days, Form::Csv(Charset::Cp932)).await;
    let (text, _, bad) = encoding_rs::SHIFT_JIS.decode(&cp932);
    assert!(!bad && text.contains("みたか商品券"));
}
