//! A town that sells: one sale with a draw whose winners buy by number, one where everybody buys at once, one where
//! who applies first wins, and a distribution.

use std::sync::Arc;

use chrono::NaiveDate;
use kinchaku_protocol::ids::{ClassId, DocId, Ref};
use kinchaku_protocol::jpki::attributes::BirthDate;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::{Day, Time};
use kinchaku_server::command::{Action, CommandError, Outcome};
use kinchaku_server::programme::{Folder, PayIn};
use kinchaku_server::sale::action::{Buyer, NewApplication, NewOrder, Ordered, SaleAction, Somebody};
use kinchaku_server::sale::rows::OrderRow;

pub const COIN: ClassId = ClassId(1);
pub const POINT: ClassId = ClassId(2);
pub const VOUCHER: ClassId = ClassId(3);
pub const COUPON: ClassId = ClassId(4);

/// 100 lots; drawn; by number; from 18 years on; registered on 1 April.
pub const DRAWN: u32 = 1;
/// 1,000 lots; at once.
pub const OPEN: u32 = 2;
/// 10 lots; who comes first; by account.
pub const FIRST: u32 = 3;
/// 300 yen, 100 each.
pub const GIVEN: u32 = 4;

const CLASSES: &str = r#"
[[class]]
number = 1
key = "coin"
name = "コイン"
service = "money"
legal = "prepaid"
[class.expiry]
kind = "never"
[class.settlement]
kind = "monthly"
first = 2026-04-01
business_days = 7

[[class]]
number = 2
key = "point"
name = "ポイント"
service = "points"
legal = "free_point"
[class.expiry]
kind = "days"
days = 365
[class.settlement]
kind = "monthly"
first = 2026-04-01
business_days = 7

[[class]]
number = 3
key = "voucher"
name = "商品券"
service = "voucher"
legal = "prepaid_exempt"
[class.expiry]
kind = "on"
day = 2027-03-31
[class.settlement]
kind = "monthly"
first = 2026-04-01
business_days = 7

[[class]]
number = 4
key = "coupon"
name = "引換券"
service = "voucher"
legal = "free_point"
[class.expiry]
kind = "days"
days = 60
[class.settlement]
kind = "monthly"
first = 2026-04-01
business_days = 7
"#;

const BONUS: &str = r#"
[bonus]
class = "point"
age = 70
on = 2026-04-01
points = 30
after_days = 14
"#;

const USE: &str = r#"
[use]
from = 2026-06-01T10:00
until = 2027-03-31
[lots]
price = 1_000
face = 1_200
most = 30
"#;

const GIVES: &str = r#"
number = 4
name = "引換券"
kind = "distribution"
class = "coupon"
[hand_out]
opens = 2026-05-01T00:00
closes = 2026-12-01T00:00
amount = 100
times = 1
by_code = true
[use]
from = 2026-05-01T00:00
until = 2026-12-31
[ceilings]
issue = 300
[who]
towns = ["東京都巾着市"]
"#;

const SHOPS: &str = "code,merchant,name,kana,romaji,city,town,postal,mcc,groups,offline,bank,branch,account,holder\n\
0001,0001,パン工房はと,パンコウボウハト,PAN KOBO HATO,KINCHAKU,東京都巾着市,1810001,5462,,scan,9999,101,\
普通 1000001,カ）パンコウボウハト\n";

/// The folder, with the windows of applications on these days; buying begins a week after their end.
pub fn folder(region: u64, opens: &str, closes: &str, buy: &str) -> Folder {
    let sale = |number: u32, name: &str, by: &str, pay_in: &str, issue: u32, rest: &str| {
        format!(
            "number = {number}\nname = \"{name}\"\nkind = \"sale\"\nclass = \"voucher\"\n[buy]\nopens = {buy}\n\
             closes = 2027-02-28T17:00\nby = \"{by}\"\npay_in = [{pay_in}]\n{USE}\n[ceilings]\n\
             issue = {issue}\npremium = {}\n{rest}",
            issue / 6
        )
    };
    let apply = |draw: bool| format!("[apply]\nopens = {opens}\ncloses = {closes}\ndraw = {draw}\n");
    let who = "[who]\nregistered_on = 2026-04-01\n[who.age]\nleast = 18\n";
    let all = "\"card\", \"bank\", \"atm\", \"store\"";
    let files = [
        (
            "town.toml",
            format!("[region]\nnumber = {region}\nname = \"巾着市\"\ntowns = [\"東京都巾着市\"]\n"),
        ),
        ("classes.toml", CLASSES.to_owned()),
        (
            "programmes/drawn.toml",
            sale(
                DRAWN,
                "抽選",
                "buyer_number",
                all,
                120_000,
                &[&apply(true), who, BONUS].concat(),
            ),
        ),
        (
            "programmes/open.toml",
            sale(
                OPEN,
                "先着",
                "account",
                "\"card\", \"store\", \"counter\"",
                1_200_000,
                BONUS,
            )
            .replace(&format!("opens = {buy}"), "opens = 2026-05-01T10:00"),
        ),
        (
            "programmes/first.toml",
            sale(FIRST, "申込順", "account", "\"card\"", 12_000, &apply(false)),
        ),
        ("programmes/given.toml", GIVES.to_owned()),
        ("shops.csv", SHOPS.to_owned()),
    ];
    Folder {
        files: files
            .into_iter()
            .map(|(path, text)| (path.to_owned(), text.into_bytes()))
            .collect(),
    }
}

/// A folder whose applications run from May to 10 June 2026, and are bought from 15 June.
pub fn june(region: u64) -> Arc<Folder> {
    Arc::new(folder(
        region,
        "2026-05-20T10:00",
        "2026-06-10T00:00",
        "2026-06-15T10:00",
    ))
}

pub fn on(year: i32, month: u32, day: u32) -> Day {
    Day::of(NaiveDate::from_ymd_opt(year, month, day).unwrap()).unwrap()
}

/// An hour of a day in Japan.
pub fn at(year: i32, month: u32, day: u32, hour: u64) -> Time {
    on(year, month, day).start().after(hour * 3_600)
}

/// Somebody of the town, registered, born on 1 April of a year.
pub fn person(number: u32, born: u16) -> Somebody {
    Somebody {
        person: DocId::of(&number.to_be_bytes()),
        birth: Some(BirthDate::new(Some(born), Some(4), Some(1)).unwrap()),
        address: Some("東京都巾着市本町３－１".to_owned()),
        registered_on: vec![on(2026, 4, 1)],
        rosters: Vec::new(),
    }
}

pub fn phone(number: u32) -> DocId {
    DocId::of(&[b"phone".as_slice(), &number.to_be_bytes()].concat())
}

/// The application of the person with this number.
pub fn application(programme: u32, number: u32, units: u32) -> NewApplication {
    NewApplication {
        programme,
        id: application_id(number),
        who: person(number, 1980),
        account: None,
        phone: Some(phone(number)),
        units,
    }
}

pub fn application_id(number: u32) -> Ref {
    DocId::of(&[b"sent".as_slice(), &number.to_be_bytes()].concat()).to_ref()
}

pub fn apply(application: NewApplication) -> Action {
    Action::Sale(SaleAction::Apply(application))
}

/// An order of lots of the open sale by a person.
pub fn lots(key: &str, account: u64, who: Option<Somebody>, units: u32) -> NewOrder {
    NewOrder {
        key: key.to_owned(),
        account,
        ordered: Ordered::Lots {
            programme: OPEN,
            units,
            buyer: Buyer::Account(who),
        },
        pay_in: PayIn::Card,
    }
}

/// An order of lots of the drawn sale by a number.
pub fn by_number(key: &str, account: u64, number: u64, phone: DocId, units: u32) -> NewOrder {
    NewOrder {
        key: key.to_owned(),
        account,
        ordered: Ordered::Lots {
            programme: DRAWN,
            units,
            buyer: Buyer::Number { number, phone },
        },
        pay_in: PayIn::Card,
    }
}

pub fn top_up(key: &str, account: u64, class: ClassId, amount: u32) -> NewOrder {
    NewOrder {
        key: key.to_owned(),
        account,
        ordered: Ordered::TopUp {
            class,
            amount: Amount::of(amount),
        },
        pay_in: PayIn::Card,
    }
}

/// The order in an answer.
pub fn order(outcome: Result<Outcome, CommandError>) -> OrderRow {
    match outcome {
        Ok(Outcome::Order(row)) => *row,
        other => panic!("no order but {other:?}"),
    }
}
