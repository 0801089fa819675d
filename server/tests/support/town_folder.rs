//! The town of the other tests with a folder: points that payments earn, vouchers that open and end, campaigns.

use std::sync::Arc;

use chrono::NaiveDate;
use kinchaku_protocol::doc::{Cancel, Document, FactKind, Reason};
use kinchaku_protocol::ids::{ClassId, DocId, Pid, Ref};
use kinchaku_protocol::time::{Day, Time};
use kinchaku_server::command::{Action, CommandError, Outcome};
use kinchaku_server::ledger::rows::BusinessRow;
use kinchaku_server::points::action::PointsAction;
use kinchaku_server::points::rows::{BalanceRow, EarningRow, ExtendingRow, RankRow};
use kinchaku_server::programme::Folder;
use kinchaku_server::programme::action::SetUpAction;
use kinchaku_server::store::table::Table;
use kinchaku_server::store::{Query, Store, Which};

use super::wallet::{Paid, Wallet};
use super::{MONEY, POINTS, TOWN, World, key};

/// Vouchers whose programme knows no grace.
pub const SHORT: ClassId = ClassId(4);

const REGION: &str = r#"
[region]
number = 13204
name = "三鷹市"
towns = ["東京都三鷹市"]
"#;

const CLASSES: &str = r#"
[[class]]
number = 1
key = "coin"
name = "みたかコイン"
service = "money"
legal = "prepaid"
combine = ["point", "voucher", "short"]
[class.expiry]
kind = "never"
[class.settlement]
kind = "monthly"
first = 2026-04-01
business_days = 7

[[class]]
number = 2
key = "point"
name = "みたかポイント"
service = "points"
legal = "free_point"
[class.expiry]
kind = "extending"
months = 6
[class.settlement]
kind = "monthly"
first = 2026-04-01
business_days = 7
[class.earn]
unit = 200
points = 1
grant_weeks = 2
grant_on = "木"
[[class.earn.moved]]
from = 2026-12-31
to = 2027-01-07
[[class.rank]]
name = "ブロンズ"
from = 0
[[class.rank]]
name = "シルバー"
from = 1_000
[[class.rank]]
name = "ゴールド"
from = 5_000

[[class]]
number = 3
key = "voucher"
name = "みたか商品券"
service = "voucher"
legal = "prepaid_exempt"
combine = ["point"]
[class.expiry]
kind = "on"
day = 2026-08-31
[class.settlement]
kind = "monthly"
first = 2026-04-01
business_days = 7

[[class]]
number = 4
key = "short"
name = "夏の引換券"
service = "voucher"
legal = "free_point"
[class.expiry]
kind = "on"
day = 2026-08-31
[class.settlement]
kind = "monthly"
first = 2026-04-01
business_days = 7
"#;

const SALE: &str = r#"
number = 1
name = "みたか商品券"
kind = "sale"
class = "voucher"
grace_days = 14
[buy]
opens = 2026-05-01T10:00
closes = 2026-08-31T17:00
by = "account"
pay_in = ["counter"]
[use]
from = 2026-06-03T10:00
until = 2026-08-31
[lots]
price = 1_000
face = 1_200
most = 30
[ceilings]
issue = 12_000_000
premium = 2_000_000
"#;

const HAND_OUT: &str = r#"
number = 2
name = "夏の引換券"
kind = "distribution"
class = "short"
grace_days = 0
[hand_out]
opens = 2026-05-01T00:00
closes = 2026-09-01T00:00
amount = 500
times = 1
by_code = false
[use]
from = 2026-05-01T00:00
until = 2026-08-31
[ceilings]
issue = 1_000_000
"#;

/// Triples points for a week in June: 20 of one payment at most, 25 of one person.
const TRIPLE: &str = r#"
number = 3
name = "3倍の週"
kind = "campaign"
class = "point"
[points]
opens = 2026-06-08T00:00
closes = 2026-06-15T00:00
percent = 300
addition = 0
least = 200
cap = 20
person_cap = 25
"#;

/// 900 points for each payment on one day in July.
const BONUS: &str = r#"
number = 4
name = "七夕の前の日"
kind = "campaign"
class = "point"
[points]
opens = 2026-07-06T00:00
closes = 2026-07-07T00:00
percent = 100
addition = 900
least = 200
cap = 900
person_cap = 9_000
"#;

const SHOPS: &str = "code,merchant,name,kana,romaji,city,town,postal,mcc,groups,offline,bank,branch,account,holder\n\
0001,0001,パン工房はと,パンコウボウハト,PAN KOBO HATO,MITAKA,東京都三鷹市,1810001,5462,,scan,9999,101,\
普通 1000001,カ）パンコウボウハト\n";

pub fn folder() -> Folder {
    let files = [
        ("town.toml", REGION),
        ("classes.toml", CLASSES),
        ("programmes/sale.toml", SALE),
        ("programmes/hand-out.toml", HAND_OUT),
        ("programmes/triple.toml", TRIPLE),
        ("programmes/bonus.toml", BONUS),
        ("shops.csv", SHOPS),
    ];
    Folder {
        files: files
            .into_iter()
            .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
            .collect(),
    }
}

/// A town that goes by the folder.
pub async fn town(db: Arc<dyn Store>) -> World {
    let world = World::new(db).await;
    load(&world).await;
    world
}

pub async fn load(world: &World) {
    load_with(world, &[]).await;
}

/// The folder with further files.
pub async fn load_with(world: &World, more: &[(&str, &str)]) {
    let mut folder = folder();
    let more = more
        .iter()
        .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    folder.files.extend(more);
    let load = Action::SetUp(SetUpAction::Load(Arc::new(folder)));
    assert_eq!(world.run(load).await, Ok(Outcome::Done));
}

pub fn on(year: i32, month: u32, day: u32) -> Day {
    Day::of(NaiveDate::from_ymd_opt(year, month, day).unwrap()).unwrap()
}

/// An hour of a day in Japan.
pub fn at(year: i32, month: u32, day: u32, hour: u64) -> Time {
    on(year, month, day).start().after(hour * 3_600)
}

/// Every row of a table.
pub async fn rows<R: Table>(world: &World) -> Vec<R> {
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

/// What an account has of a class, owed points taken off; and what it owes.
pub async fn has(world: &World, account: u64, class: ClassId) -> (i64, u64) {
    let rows = rows::<BalanceRow>(world).await;
    let row = rows.iter().find(|row| (row.account, row.class) == (account, class));
    row.map_or((0, 0), |row| (row.value.units(), row.owed.units()))
}

/// Until when the balance of points lives.
pub async fn lives_until(world: &World, account: u64) -> Option<Day> {
    let rows = rows::<ExtendingRow>(world).await;
    rows.iter().find(|row| row.account == account).and_then(|row| row.until)
}

/// What a payment earned.
pub async fn earned(world: &World, paid: &Paid) -> Option<EarningRow> {
    let rows = rows::<EarningRow>(world).await;
    rows.into_iter().find(|row| row.intent == paid.intent.id())
}

/// Transactions of a class, as (operation, its number, amount), in the order of posting.
pub async fn transactions(world: &World, class: ClassId) -> Vec<BusinessRow> {
    let rows = rows::<BusinessRow>(world).await;
    rows.into_iter().filter(|row| row.class == class).collect()
}

/// A payment from these lines that the books take at once.
pub async fn pays(world: &World, wallet: &mut Wallet, parts: &[(u8, u32)]) -> Paid {
    let paid = wallet.pays_parts(world.a.pid, parts);
    assert_eq!(world.fact(&paid.bytes).await.kind, FactKind::Posted);
    paid
}

/// The office takes a payment back.
pub async fn takes_back(world: &World, paid: &Paid) {
    let cancel = office_cancel(paid.reference, paid.intent.shop, world.now);
    let fact = world.fact(&cancel).await;
    assert_eq!((fact.kind, fact.reason), (FactKind::CancelNoted, Reason::None));
    let paid = world.fact(&paid.bytes).await;
    assert_eq!((paid.kind, paid.reason), (FactKind::Reversed, Reason::Cancelled));
}

fn office_cancel(intent: Ref, shop: Pid, now: Time) -> Vec<u8> {
    let cancel = Cancel {
        intent,
        shop,
        reason: 1,
        cancelled_at: now,
    };
    cancel.sign(&key(105)).unwrap().bytes().to_vec()
}

async fn job(world: &World, action: PointsAction) -> Result<u64, CommandError> {
    match world.run(Action::Points(action)).await? {
        Outcome::Ended(some) => Ok(some),
        other => panic!("no count but {other:?}"),
    }
}

/// Grants whatever is due; gives how many earnings.
pub async fn grant(world: &World) -> Result<u64, CommandError> {
    let programmes = world.reader.programmes().await.unwrap().unwrap();
    let weeks = world.reader.due_weeks(&programmes, world.now.day()).await.unwrap();
    let mut granted = 0;
    for (class, week) in weeks.due {
        let earnings = world.reader.pending_earnings(class, week).await.unwrap();
        granted += job(world, PointsAction::Grant { earnings }).await?;
    }
    Ok(granted)
}

/// Asks for the grant of this one, due or not.
pub async fn grant_of(world: &World, intent: DocId) -> Result<u64, CommandError> {
    let earnings = vec![(intent, POINTS)];
    job(world, PointsAction::Grant { earnings }).await
}

/// Ends balances that are due.
pub async fn end_balances(world: &World) -> u64 {
    let due = world.reader.due_balances(world.now.day(), (0, ClassId(0))).await;
    let balances = due.unwrap();
    job(world, PointsAction::Expire { balances }).await.unwrap()
}

/// Judges one member, or everybody; gives the rank of the account.
pub async fn rank(world: &World, account: u64) -> Option<u32> {
    let members = vec![(account, POINTS)];
    job(world, PointsAction::Judge { members }).await.unwrap();
    let rows = rows::<RankRow>(world).await;
    rows.iter().find(|row| row.account == account).map(|row| row.rank)
}

/// Somebody with money who makes one payment of it now.
pub async fn one_payment(world: &mut World, amount: u32) -> (Wallet, Paid) {
    let mut wallet = world.payer(amount).await;
    let line = wallet.allowance().lines.iter().position(|line| line.class == MONEY);
    let line = u8::try_from(line.unwrap()).unwrap();
    let paid = pays(world, &mut wallet, &[(line, amount)]).await;
    (wallet, paid)
}
