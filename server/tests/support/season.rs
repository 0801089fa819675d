//! The season of the source in a town of the tests: vouchers closed every Friday, coins and points at the end of the
//! month, three shops of two merchants.

use std::sync::Arc;

use kinchaku_protocol::doc::{AnswerItem, FactKind, Role};
use kinchaku_protocol::ids::{ClassId, Pid, SetId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::signature::Signer;
use kinchaku_protocol::time::{Day, Time};
use kinchaku_server::books::BooksError;
use kinchaku_server::command::{Action, CommandError, Credit, Invitee, NewDevice, Outcome, ServerKey, TownRules};
use kinchaku_server::export::{Charset, Exports, FileRequest, Flavour, Form, Scope, What};
use kinchaku_server::programme::action::SetUpAction;
use kinchaku_server::programme::{Folder, Programmes};
use kinchaku_server::settlement::action::Canceller;
use kinchaku_server::settlement::rows::PeriodRow;
use kinchaku_server::settlement::{Closing, TakenBack};
use kinchaku_server::store::Store;
use zeroize::Zeroizing;

use super::town_folder::{at, on};
use super::wallet::{Paid, Wallet};
use super::{MARK, Shop, TOWN, VOUCHER, World, fact, key, signers};

/// Vouchers that the office alone takes back.
pub const SHORT: ClassId = ClassId(4);

const TOWN_TOML: &str = r#"
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
combine = ["point", "voucher"]
[class.expiry]
kind = "never"
[class.settlement]
kind = "monthly"
first = 2024-04-01
business_days = 7

[[class]]
number = 2
key = "point"
name = "みたかポイント"
service = "points"
legal = "free_point"
[class.expiry]
kind = "days"
days = 365
[class.settlement]
kind = "monthly"
first = 2024-04-01
business_days = 7
[class.earn]
unit = 200
points = 1
grant_weeks = 2
grant_on = "木"

[[class]]
number = 3
key = "voucher"
name = "みたか商品券"
service = "voucher"
legal = "prepaid_exempt"
combine = ["point"]
[class.expiry]
kind = "on"
day = 2024-08-31
[class.settlement]
kind = "weekly"
first = 2024-06-03
last = 2024-08-31
close = "金"
pay = "火"
weeks = 2
on_holiday = "next"
late_days = 14

[[class]]
number = 4
key = "short"
name = "夏の引換券"
service = "voucher"
legal = "free_point"
[class.expiry]
kind = "on"
day = 2024-08-31
[class.settlement]
kind = "weekly"
first = 2024-06-03
last = 2024-08-31
close = "金"
pay = "火"
weeks = 2
on_holiday = "next"
late_days = 14
"#;

const SALE: &str = r#"
number = 1
name = "みたか商品券"
kind = "sale"
class = "voucher"
[buy]
opens = 2024-05-01T10:00
closes = 2024-08-31T17:00
by = "account"
pay_in = ["counter"]
[use]
from = 2024-06-03T10:00
until = 2024-08-31
[lots]
price = 1_000
face = 1_200
most = 30
[ceilings]
issue = 1_200_000_000
premium = 200_000_000
"#;

const HAND_OUT: &str = r#"
number = 2
name = "夏の引換券"
kind = "distribution"
class = "short"
cancel = "office"
[hand_out]
opens = 2024-05-01T00:00
closes = 2024-09-01T00:00
amount = 500
times = 1
by_code = false
[use]
from = 2024-06-03T10:00
until = 2024-08-31
[ceilings]
issue = 1_000_000
"#;

const SHOPS: &str = "code,merchant,name,kana,romaji,city,town,postal,mcc,groups,offline,bank,branch,account,holder\n\
0001,0001,パン工房はと,パンコウボウハト,PAN KOBO HATO,MITAKA,東京都三鷹市,1810001,5462,,scan,9999,101,\
普通 1000001,カ）パンコウボウハト\n\
0004,0004,スーパー美鷹 本店,スーパーミタカホンテン,SUPER HONTEN,MITAKA,東京都三鷹市,1810003,5411,,scan,9999,101,\
当座 1000004,カ）スーパーミタカ\n\
0005,0004,スーパー美鷹 東店,スーパーミタカヒガシテン,SUPER HIGASHI,MITAKA,東京都三鷹市,1810004,5411,,scan,9998,202,\
当座 1000005,カ）スーパーミタカ\n";

pub fn folder() -> Folder {
    let files = [
        ("town.toml", TOWN_TOML),
        ("classes.toml", CLASSES),
        ("programmes/sale.toml", SALE),
        ("programmes/hand-out.toml", HAND_OUT),
        ("shops.csv", SHOPS),
    ];
    Folder {
        files: files
            .into_iter()
            .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
            .collect(),
    }
}

pub struct Season {
    pub world: World,
    pub shops: Vec<Shop>,
    credits: u32,
}

impl Season {
    /// On the first day of the season, at noon.
    pub async fn new(db: Arc<dyn Store>) -> Self {
        let programmes = Programmes::read(&folder()).unwrap();
        let world = World::kept_by(db, TOWN, TownRules::default(), signers(), at(2024, 6, 3, 12)).await;
        let load = Action::SetUp(SetUpAction::Load(Arc::new(folder())));
        assert_eq!(world.run(load).await, Ok(Outcome::Done));
        let mut shops = Vec::new();
        for (seed, shop) in (200_u8..).zip(&programmes.shops) {
            let shop = Shop {
                pid: shop.pid(TOWN.muni),
                device: key(seed),
            };
            enrol(&world, &shop, seed).await;
            shops.push(shop);
        }
        Self {
            world,
            shops,
            credits: 0,
        }
    }

    pub const fn shop(&self, at: usize) -> Pid {
        self.shops.as_slice()[at].pid
    }

    pub const fn go_to(&mut self, time: Time) {
        self.world.now = time;
    }

    /// Noon of a day of 2024.
    pub fn noon(&mut self, month: u32, day: u32) {
        self.world.now = at(2024, month, day, 12);
    }

    pub async fn give(&mut self, wallet: &Wallet, class: ClassId, amount: u32) {
        self.credits += 1;
        let until = (class == VOUCHER || class == SHORT).then(|| on(2024, 8, 31));
        let credit = Credit {
            key: format!("credit {}", self.credits),
            account: wallet.account,
            class,
            amount: Amount::of(amount),
            until,
            set: SetId::ANYWHERE,
        };
        self.world.run(Action::Credit(credit)).await.unwrap();
    }

    /// Somebody with value of these classes, and an allowance over it.
    pub async fn payer(&mut self, has: &[(ClassId, u32)]) -> Wallet {
        let mut wallet = self.world.resident().await;
        for (class, amount) in has {
            self.give(&wallet, *class, *amount).await;
        }
        self.world.issue(&mut wallet).await.unwrap();
        wallet
    }

    /// A payment that is signed, and stays with the wallet.
    pub fn signs(&self, wallet: &mut Wallet, shop: usize, parts: &[(ClassId, u32)]) -> Paid {
        let lines = wallet.allowance().lines.clone();
        let parts: Vec<(u8, u32)> = parts
            .iter()
            .map(|(class, amount)| {
                let line = lines.iter().position(|line| line.class == *class).unwrap();
                (u8::try_from(line).unwrap(), *amount)
            })
            .collect();
        let mut parts = parts;
        parts.sort_unstable();
        wallet.pays_parts(self.shop(shop), &parts)
    }

    /// A payment that the books take at once.
    pub async fn pays(&self, wallet: &mut Wallet, shop: usize, parts: &[(ClassId, u32)]) -> Paid {
        let paid = self.signs(wallet, shop, parts);
        self.posts(&paid).await;
        paid
    }

    pub async fn posts(&self, paid: &Paid) {
        let fact = self.world.fact(&paid.bytes).await;
        assert_eq!(fact.kind, FactKind::Posted, "{:?}", fact.reason);
    }

    pub const fn closing(&self) -> Closing<'_> {
        Closing::new(&self.world.lane, &self.world.reader)
    }

    /// Closes what is over.
    pub async fn close(&self) -> Vec<PeriodRow> {
        let today = self.world.now.day();
        self.closing().through(None, today, self.world.now).await.unwrap()
    }

    pub async fn cancel(&self, paid: &Paid, by: Canceller) -> Result<TakenBack, CommandError> {
        let console: ServerKey = Arc::new(key(105));
        let (closing, now) = (self.closing(), self.world.now);
        let id = paid.intent.id();
        command(closing.cancel(&console, id, (by, 7), "間違い".to_owned(), now).await)
    }

    pub async fn cash(&self, paid: &Paid, by: Canceller) -> Result<(), CommandError> {
        let (closing, now) = (self.closing(), self.world.now);
        command(
            closing
                .cash_refund(paid.intent.id(), (by, 7), "現金で返金".to_owned(), now)
                .await,
        )
    }

    pub fn by_shop(&self, shop: usize) -> Canceller {
        Canceller::Shop(self.shop(shop))
    }

    /// What the answer to an uploaded document is.
    pub async fn uploads(&self, bytes: &[u8]) -> AnswerItem {
        self.world.upload(&[bytes]).await.remove(0)
    }

    /// A file of some days.
    pub async fn file(&self, what: What, scope: Scope, first: Day, last: Day) -> Vec<u8> {
        self.file_in(what, scope, (first, last), Form::Csv(Charset::Utf8)).await
    }

    pub async fn file_in(&self, what: What, scope: Scope, (first, last): (Day, Day), form: Form) -> Vec<u8> {
        let request = FileRequest {
            what,
            scope,
            first,
            last,
            flavour: Flavour::Usual,
            form,
        };
        let exports = Exports::new(self.world.reader.clone(), Zeroizing::new([106; 32]));
        let file = exports.open(request, self.world.now).await.unwrap();
        file.whole().await.unwrap()
    }
}

fn command<T>(answer: Result<T, BooksError>) -> Result<T, CommandError> {
    answer.map_err(|error| match error {
        BooksError::Command(error) => error,
        other => panic!("{other}"),
    })
}

async fn enrol(world: &World, shop: &Shop, seed: u8) {
    let mark = Action::AddMark {
        shop: shop.pid,
        mark: MARK,
        label: "レジ1".to_owned(),
    };
    world.run(mark).await.unwrap();
    let invite = Action::Invite {
        code_hash: [seed; 32],
        invitee: Invitee::Shop(shop.pid),
    };
    world.run(invite).await.unwrap();
    let device = NewDevice {
        code_hash: [seed; 32],
        role: Role::Shop,
        sync_key: shop.device.public_key(),
        pay_key: None,
        level: 1,
    };
    world.run(Action::Enrol(device)).await.unwrap();
}

/// Rows of a CSV file by the names of its header.
pub fn table(bytes: &[u8]) -> Vec<std::collections::BTreeMap<String, String>> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap();
    let mut reader = csv::Reader::from_reader(text);
    let header = reader.headers().unwrap().clone();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        header
            .iter()
            .map(str::to_owned)
            .zip(row.iter().map(str::to_owned))
            .collect()
    });
    rows.collect()
}

/// Everything an upload says in a fact.
pub fn said(item_: &AnswerItem) -> (FactKind, kinchaku_protocol::doc::Reason) {
    let fact = fact(item_);
    (fact.kind, fact.reason)
}
