//! A running town with a folder of programmes around today: one sale to everybody, one that asks for an application,
//! a voucher handed out by list and code, and one whose use begins tomorrow.

use std::fs;

use kinchaku_core::network::{HttpNetwork, Method, Network as _, Request};
use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::time::{Day, Time};
use kinchaku_protocol::voucher::VoucherCode;

use crate::database::Kind;
use crate::running_town::{RunningTown, wall, word};

/// What the sale sells: pays together with coin and points.
pub const SUMMER: ClassId = ClassId(4);
/// What is handed out: pays with coin alone.
pub const COUPON: ClassId = ClassId(5);
/// What is handed out today and used from tomorrow on.
pub const TOMORROW: ClassId = ClassId(6);

/// 1,000 yen buy 1,200, at once, ten lots a person.
pub const SALE: u32 = 1;
/// Asks for an application, and for a card.
pub const DRAWN: u32 = 2;
/// 100 yen, once, by list or code.
pub const GIVEN: u32 = 3;
/// 100 yen for tomorrow, from the list alone.
pub const LATER: u32 = 4;
/// 100 points become 90 coins, from 200 on.
pub const EXCHANGE: u32 = 5;

/// The code of [`GIVEN`].
#[must_use]
pub fn given_code() -> String {
    VoucherCode {
        muni: 1,
        programme: GIVEN,
    }
    .text()
}

/// Starts one. `None`, said in a visible line, where there is no such database.
#[must_use]
pub fn start(kind: Kind, test: &str) -> Option<RunningTown> {
    let town = RunningTown::start(kind, test)?;
    let folder = town.folder.path().join("town");
    write(&folder);
    let _ = town.server.office(&["town", "load", &folder.to_string_lossy()]);
    Some(town)
}

/// The office takes the money of an order at the counter.
pub fn pay_at_counter(town: &RunningTown, order: u64) {
    let issued = town
        .server
        .office(&["token", "issue", "--name", "office", "--role", "manager"]);
    let token = word(&issued, "token");
    let answer = HttpNetwork::new(&town.town.address, &[])
        .unwrap()
        .exchange(&Request {
            method: Method::Post,
            path: format!("/api/v1/1/office/orders/{order}/paid"),
            body: Vec::new(),
            headers: vec![("authorization", format!("Bearer {token}"))],
        })
        .unwrap();
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
}

fn write(folder: &std::path::Path) {
    let today = wall().day();
    let (since, until) = (before(today, 30), today.plus(60));
    let files = [
        ("town.toml", TOWN.to_owned()),
        ("classes.toml", classes(since, until)),
        ("shops.csv", SHOPS.to_owned()),
        ("programmes/1.toml", sale(SALE, since, until, "")),
        (
            "programmes/2.toml",
            sale(
                DRAWN,
                since,
                until,
                &format!(
                    "[apply]\nopens = {since}T10:00\ncloses = {}T00:00\ndraw = true\n",
                    today.plus(7)
                ),
            ),
        ),
        ("programmes/3.toml", given(GIVEN, "coupon", since, since, until, true)),
        (
            "programmes/4.toml",
            given(LATER, "tomorrow", since, today.plus(1), until, false),
        ),
        ("programmes/5.toml", exchange(since, until)),
    ];
    fs::create_dir_all(folder.join("programmes")).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
}

fn before(day: Day, days: u32) -> Day {
    Time(day.start().0 - u64::from(days) * 86_400).day()
}

const TOWN: &str = r#"
[region]
number = 1
name = "美村地域"
towns = ["三重県美村郡美村町"]
"#;

const SHOPS: &str = "code,merchant,name,kana,romaji,city,town,postal,mcc,groups,offline,bank,branch,account,holder
A001,M01,店,ミセ,MISE,MIMURA,三重県美村郡美村町,5190001,5462,,scan,9999,001,普通 1234567,カ）ミセ
";

fn classes(since: Day, until: Day) -> String {
    let class = |number: u32, key: &str, name: &str, service: &str, legal: &str, combine: &str, expiry: &str| {
        format!(
            "[[class]]\nnumber = {number}\nkey = \"{key}\"\nname = \"{name}\"\nservice = \"{service}\"\n\
             legal = \"{legal}\"\ncombine = [{combine}]\n[class.expiry]\n{expiry}\n\
             [class.settlement]\nkind = \"monthly\"\nfirst = {since}\nbusiness_days = 7\n\n"
        )
    };
    let on = format!("kind = \"on\"\nday = {until}");
    let never = "kind = \"never\"";
    [
        class(
            1,
            "coin",
            "美村コイン",
            "money",
            "prepaid",
            "\"point\", \"town\"",
            never,
        ),
        class(2, "point", "美村ポイント", "points", "free_point", "", never),
        class(3, "town", "南町商品券", "voucher", "prepaid_exempt", "", never),
        class(
            4,
            "summer",
            "夏の商品券",
            "voucher",
            "prepaid_exempt",
            "\"coin\", \"point\"",
            &on,
        ),
        class(5, "coupon", "引換券", "voucher", "free_point", "\"coin\"", &on),
        class(6, "tomorrow", "明日の券", "voucher", "free_point", "", &on),
    ]
    .concat()
}

fn sale(number: u32, since: Day, until: Day, apply: &str) -> String {
    let buy = if apply.is_empty() { since } else { before(until, 30) };
    format!(
        "number = {number}\nname = \"夏の商品券{number}\"\nkind = \"sale\"\nclass = \"summer\"\n{apply}\
         [buy]\nopens = {buy}T10:00\ncloses = {until}T00:00\nby = \"account\"\npay_in = [\"counter\"]\n\
         [use]\nfrom = {since}T10:00\nuntil = {until}\n[lots]\nprice = 1_000\nface = 1_200\nmost = 10\n\
         [ceilings]\nissue = 1_200_000\npremium = 200_000\n"
    )
}

fn exchange(since: Day, until: Day) -> String {
    format!(
        "number = {EXCHANGE}\nname = \"コインへの交換\"\nkind = \"exchange\"\nclass = \"coin\"\n[exchange]\n\
         opens = {since}T09:00\ncloses = {until}T00:00\nfrom = \"point\"\nstep = 100\ngives = 90\nleast = 200\n"
    )
}

fn given(number: u32, class: &str, since: Day, from: Day, until: Day, by_code: bool) -> String {
    format!(
        "number = {number}\nname = \"配布{number}\"\nkind = \"distribution\"\nclass = \"{class}\"\n\
         [hand_out]\nopens = {since}T09:00\ncloses = {until}T00:00\namount = 100\ntimes = 1\nby_code = {by_code}\n\
         [use]\nfrom = {from}T10:00\nuntil = {until}\n[ceilings]\nissue = 100_000\n"
    )
}
