use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use kinchaku_protocol::ids::{ClassId, ServiceType, SetId};
use kinchaku_protocol::jpki::attributes::BirthDate;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_protocol::rules::earn;
use kinchaku_protocol::rules::expiry::Expiry;
use kinchaku_protocol::time::{Day, Time};
use proptest::prelude::*;

use super::*;
use crate::calendar::Settlement;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../towns").join(name)
}

fn town(name: &str) -> Programmes {
    let problems =
        |problems: Vec<ProgrammeProblem>| -> String { problems.iter().map(|problem| format!("{problem}\n")).collect() };
    Programmes::load(&folder(name)).unwrap_or_else(|found| panic!("{}", problems(found)))
}

fn day(year: i32, month: u32, day: u32) -> Day {
    Day::of(NaiveDate::from_ymd_opt(year, month, day).unwrap()).unwrap()
}

/// A moment on the clock of Japan.
fn at(on: Day, hour: u64, minute: u64) -> Time {
    on.start().after(hour * 3_600 + minute * 60)
}

fn sale(programmes: &Programmes, id: u32) -> (&Who, &Sale) {
    let programme = &programmes.programmes[&id];
    match &programme.kind {
        Kind::Sale(sale) => (&programme.who, sale),
        other => panic!("{other:?}"),
    }
}

fn born(digits: &str) -> Option<BirthDate> {
    BirthDate::from_digits(digits.as_bytes()).ok()
}

const REGISTERED: [Day; 1] = [Day(19_814)];

fn resident() -> Facts<'static> {
    assert_eq!(REGISTERED, [day(2024, 4, 1)]);
    Facts {
        registered_on: &REGISTERED,
        ..Facts::default()
    }
}

/// F067, F116, F168: classes with their kinds and ends, as the folder says.
#[test]
fn classes_are_as_the_files_say() {
    let programmes = town("mimura-like");
    let class = |key| programmes.class_named(key).unwrap();
    assert_eq!(class("coin").service, ServiceType::Money);
    assert_eq!(class("coin").expiry, Expiry::Never);
    assert_eq!(class("point").expiry, Expiry::Extending { months: 6 });
    assert_eq!(class("point").legal, LegalKind::FreePoint);
    assert_eq!(class("coupon").expiry, Expiry::On(day(2026, 9, 30)));
    assert_eq!(class("premium-2026").scope, SetId(1));
    assert_eq!(town("mitaka-like").classes[&ClassId(1)].expiry, Expiry::Days(365));
    assert!(town("region-ring-like").classes[&ClassId(1)].pin_always, "F155");
    assert!(programmes.class_named("nothing").is_none());
}

/// F014, F015: points become money on the terms of the folder, on the first open day after so many days.
#[test]
fn an_exchange_is_as_the_files_say() {
    let programmes = town("mimura-like");
    let Kind::Exchange(exchange) = &programmes.programmes[&4].kind else {
        panic!("no exchange");
    };
    assert_eq!(exchange.source, programmes.class_named("point").unwrap().id);
    assert_eq!(exchange.value(Amount::of(300)), Some(Amount::of(300)));
    assert_eq!(exchange.value(Amount::of(250)), None);
    let due = |asked| exchange.due(&programmes.calendar, asked).unwrap();
    assert_eq!(due(day(2026, 6, 1)), day(2026, 6, 8));
    // The 20th is a holiday; so is the whole week around the 5th of May.
    assert_eq!(due(day(2026, 7, 13)), day(2026, 7, 21));
    assert_eq!(due(day(2026, 4, 26)), day(2026, 5, 7));
    assert_eq!(
        due(day(2026, 12, 22)),
        day(2027, 1, 4),
        "the office is closed to 3 January"
    );
    for (from, to, said) in [
        ("least = 100", "least = 150", "exchange.least: step（100）の倍数"),
        ("least = 100", "least = 50", "exchange.least: step（100）の倍数"),
        ("step = 100", "step = 0", "exchange.step: 1 から"),
        (
            "from = \"point\"",
            "from = \"coin\"",
            "exchange.from: 「coin」はポイント",
        ),
        ("class = \"coin\"", "class = \"point\"", "class: 「point」はコイン"),
        (
            "closes = 2027-04-01T00:00",
            "closes = 2026-04-01T00:00",
            "exchange.closes: opens より後",
        ),
    ] {
        let (_, found) = edited("mimura-like", "programmes/exchange.toml", from, to);
        assert!(found.len() == 1 && found[0].contains(said), "{from} → {to}: {found:?}");
    }
    let entry = "draw = true\npoints = 50";
    let (_, found) = edited("mitaka-like", "programmes/voucher-2024.toml", "draw = true", entry);
    assert!(found.len() == 1 && found[0].contains("apply.point_class"), "{found:?}");
}

/// F027, F072: towns are an attribute of the region, and sets are found from towns, groups and codes.
#[test]
fn shops_are_in_the_sets_that_name_them() {
    let programmes = town("mimura-like");
    assert_eq!(programmes.region.towns.len(), 3);
    let sets: BTreeMap<&str, Vec<SetId>> = programmes
        .shops
        .iter()
        .map(|shop| (shop.code.as_str(), programmes.sets_of(shop)))
        .collect();
    assert_eq!(sets["A001"], [SetId(1), SetId(2)]);
    assert_eq!(sets["A002"], [SetId(1)]);
    assert_eq!(sets["A003"], [SetId(2)]);
    assert_eq!(sets["A005"], []);
    let bakery = &programmes.shops[0];
    assert_eq!((bakery.name.as_str(), bakery.mcc), ("ベーカリー美村", 5462));
    assert_eq!(bakery.offline, Offline::Scan);
    assert_eq!(bakery.account.holder(), "ｶ)ﾍﾞ-ｶﾘ-ﾐﾑﾗ");
    // The same file gives the same ids, other codes others.
    assert_eq!(
        bakery.pid(programmes.region.number),
        town("mimura-like").shops[0].pid(programmes.region.number)
    );
    assert_ne!(
        bakery.pid(programmes.region.number),
        programmes.shops[1].pid(programmes.region.number)
    );
}

/// F001, F005, F011, F012, F016: what a payment of 450 yen earns in the campaign, when, and which rank that is.
#[test]
fn earning_ranks_and_campaigns_come_from_the_folder() {
    let programmes = town("mimura-like");
    let point = programmes.class_named("point").unwrap();
    let (rule, grants) = point.earn.as_ref().unwrap();
    let Kind::Campaign(campaign) = &programmes.programmes[&3].kind else {
        panic!()
    };
    let occurred = at(day(2026, 9, 19), 0, 0);
    let parts = [(ServiceType::Money, Amount::of(450))];
    let earned = earn::earn(rule, &[*campaign], &parts, occurred, |_| Amount::ZERO).unwrap();
    assert_eq!(earned.base, Amount::of(2));
    assert_eq!(earned.campaigns, [(3, Amount::of(2))]);
    let closed = at(day(2026, 9, 24), 0, 0);
    let after = earn::earn(rule, &[*campaign], &parts, closed, |_| Amount::ZERO).unwrap();
    assert_eq!(after.campaigns, []);
    assert_eq!(
        grants.granted(&programmes.calendar, day(2026, 9, 19)).unwrap(),
        day(2026, 10, 1)
    );
    // F013: Thursday 31 December was announced for 7 January.
    assert_eq!(
        grants.granted(&programmes.calendar, day(2026, 12, 14)).unwrap(),
        day(2027, 1, 7)
    );
    let ladder = point.ladder().unwrap();
    assert_eq!(point.ranks[ladder.reached(Amount::of(1_105).credit())].0, "シルバー");
    assert_eq!(point.ranks[ladder.reached(Amount::of(300).credit())].0, "ブロンズ");
    assert!(programmes.class_named("coin").unwrap().ladder().is_none());
}

/// F075, F077, F079, F092: the season of the source, to the lot and to the minute.
#[test]
fn the_season_of_the_source_is_one_folder() {
    let programmes = town("mitaka-like");
    let (_, sale) = sale(&programmes, 2024);
    assert_eq!(sale.stock(), 1_000_000);
    assert_eq!(sale.premium(), Amount::of(200));
    assert_eq!(sale.stock() * sale.face.units(), 1_200_000_000);
    assert_eq!(sale.stock() * sale.premium().units(), 200_000_000);
    assert_eq!(u64::from(sale.most) * sale.face.units(), 36_000);
    let opens = at(day(2024, 6, 3), 10, 0);
    assert_eq!(sale.usage.check(opens.before(1)), Err(Refusal::NotYet { opens }));
    assert_eq!(sale.usage.check(opens), Ok(()));
    let end = day(2024, 8, 31).end();
    assert_eq!(sale.usage.check(end.before(1)), Ok(()));
    assert_eq!(sale.usage.check(end), Err(Refusal::Over { closed: end }));
    let Settlement::Weekly(weekly) = programmes.class_named("voucher-2024").unwrap().settlement else {
        panic!()
    };
    let periods = weekly.periods(&programmes.calendar).unwrap();
    assert_eq!(periods.len(), 14);
    assert_eq!(periods[13].paid, day(2024, 9, 17));
    assert_eq!(programmes.programmes[&2024].cancel, CancelRule::Shop, "F096");
}

/// F076, F078, F149: residents of the day apply once, in time, for up to 30 lots.
#[test]
fn an_application_is_counted_once_for_a_resident_of_the_day() {
    let programmes = town("mitaka-like");
    let (who, sale) = sale(&programmes, 2024);
    let open = at(day(2024, 4, 7), 10, 0);
    let apply = |facts: &Facts<'_>, units, applied, now| sale.may_apply(who, facts, units, applied, now);
    assert_eq!(apply(&resident(), 30, false, open), Ok(()));
    assert_eq!(apply(&resident(), 1, true, open), Err(Refusal::AppliedBefore));
    let early = open.before(1);
    assert_eq!(
        apply(&resident(), 1, false, early),
        Err(Refusal::NotYet { opens: open })
    );
    let closed = at(day(2024, 4, 27), 0, 0);
    assert_eq!(apply(&resident(), 1, false, closed), Err(Refusal::Over { closed }));
    let on = day(2024, 4, 1);
    assert_eq!(
        apply(&Facts::default(), 1, false, open),
        Err(Refusal::NotRegistered { on })
    );
    for units in [0, 31] {
        let refused = Err(Refusal::TooMany { most: 30, left: 30 });
        assert_eq!(apply(&resident(), units, false, open), refused);
    }
}

/// F085, F151, F152: who won buys what was won, and no more than there is.
#[test]
fn the_winner_alone_buys_and_only_what_was_won() {
    let programmes = town("mitaka-like");
    let (who, sale) = sale(&programmes, 2024);
    let now = at(day(2024, 5, 20), 10, 0);
    let buy = |won, bought, sold, units| {
        let all = Sold { lots: sold };
        sale.may_buy(who, &Facts::default(), Bought { won, bought }, all, units, now)
    };
    assert_eq!(buy(Some(12), 0, 0, 12), Ok(()));
    assert_eq!(buy(Some(12), 5, 0, 7), Ok(()));
    assert_eq!(buy(Some(12), 5, 0, 8), Err(Refusal::TooMany { most: 12, left: 7 }));
    assert_eq!(buy(Some(0), 0, 0, 1), Err(Refusal::NotWon));
    assert_eq!(buy(None, 0, 0, 1), Err(Refusal::NotWon));
    assert_eq!(buy(Some(12), 0, 999_990, 12), Err(Refusal::SoldOut { left: 10 }));
    assert_eq!(buy(Some(12), 0, 999_990, 10), Ok(()));
}

/// F070, F071: without a draw the conditions are asked at the purchase: address and age as the card proves.
#[test]
fn address_and_age_are_asked_when_something_is_acquired() {
    let programmes = town("mimura-like");
    let (who, sale) = sale(&programmes, 2);
    let now = at(day(2026, 7, 1), 10, 0);
    let buy = |address, birth| {
        let facts = Facts {
            address,
            birth: born(birth),
            ..Facts::default()
        };
        sale.may_buy(who, &facts, Bought::default(), Sold::default(), 6, now)
    };
    let home = Some("三重県美村郡大杉町大字大杉１２");
    assert_eq!(buy(home, "20080701"), Ok(()));
    assert_eq!(buy(home, "20080702"), Err(Refusal::TooYoung { least: 18 }));
    assert_eq!(buy(home, "20080000"), Err(Refusal::AgeUnclear));
    assert_eq!(buy(home, "00000000"), Err(Refusal::AgeUnclear));
    assert_eq!(buy(None, "19700101"), Err(Refusal::NoCard));
    assert_eq!(buy(Some("三重県津市"), "19700101"), Err(Refusal::Elsewhere));
    assert_eq!(format!("{:?}", resident()), "Facts(…)");
    let no_draw = sale.may_apply(who, &Facts::default(), 1, false, now);
    assert_eq!(no_draw, Err(Refusal::NoApplication));
    let listed = Who {
        roster: Some("子育て".to_owned()),
        ..Who::default()
    };
    assert_eq!(listed.check(&Facts::default(), now.day()), Err(Refusal::NotListed));
    let facts = Facts {
        rosters: &["子育て"],
        ..Facts::default()
    };
    assert_eq!(listed.check(&facts, now.day()), Ok(()));
    let children = Who {
        age: Some(AgeLimit {
            on: Some(day(2026, 4, 1)),
            least: 0,
            most: 17,
        }),
        ..Who::default()
    };
    let adult = Facts {
        birth: born("20080401"),
        ..Facts::default()
    };
    assert_eq!(children.check(&adult, now.day()), Err(Refusal::TooOld { most: 17 }));
}

/// F068, F069: once a person, in its time, until it has run out.
#[test]
fn a_coupon_is_handed_out_once() {
    let programmes = town("mimura-like");
    let programme = &programmes.programmes[&1];
    let Kind::Distribution(coupon) = &programme.kind else {
        panic!()
    };
    assert!(coupon.by_code);
    let facts = Facts {
        address: Some("三重県美村郡美村町１"),
        ..Facts::default()
    };
    let now = at(day(2026, 7, 1), 9, 0);
    let receive = |received, issued, now| coupon.may_receive(&programme.who, &facts, received, Amount::of(issued), now);
    assert_eq!(receive(0, 0, now), Ok(()));
    assert_eq!(receive(1, 100, now), Err(Refusal::TooMany { most: 1, left: 0 }));
    assert_eq!(receive(0, 499_900, now), Ok(()));
    assert_eq!(receive(0, 500_000, now), Err(Refusal::SoldOut { left: 0 }));
    assert_eq!(receive(0, 0, now.before(1)), Err(Refusal::NotYet { opens: now }));
}

/// F080: 30 points for each lot, 14 days later, from 70 on, each lot once.
#[test]
fn points_for_buying_at_seventy() {
    let programmes = town("mitaka-like");
    let (_, sale) = sale(&programmes, 2024);
    let bought = day(2024, 5, 20);
    let due = |birth, purchases: &[(Day, u32)], granted, today| {
        let granted = Amount::of(granted);
        sale.bonus_due(born(birth), purchases, granted, today).unwrap().units()
    };
    let ripe = bought.plus(14);
    assert_eq!(due("19540401", &[(bought, 30)], 0, ripe), 900);
    // 3 % of 30,000 yen.
    assert_eq!(900, 30 * 1_000 * 3 / 100);
    assert_eq!(due("19540401", &[(bought, 30)], 0, bought.plus(13)), 0);
    assert_eq!(due("19540402", &[(bought, 30)], 0, ripe), 0, "69 on the day");
    assert_eq!(due("00000000", &[(bought, 30)], 0, ripe), 0);
    assert_eq!(due("19540401", &[(bought, 30)], 900, ripe), 0, "once");
    // Bought in two goes, or with two accounts: each lot once, 30 lots at most.
    let twice = [(bought, 10), (bought.plus(3), 20)];
    assert_eq!(due("19540401", &twice, 0, ripe), 300);
    assert_eq!(due("19540401", &twice, 300, ripe.plus(3)), 600);
    assert_eq!(due("19540401", &[(bought, 30), (bought, 30)], 0, ripe), 900);
}

/// F081, F089: what pays together is what the folder says, whichever of both names the other.
#[test]
fn classes_combine_as_the_folder_says() {
    let programmes = town("mimura-like");
    let id = |key| programmes.class_named(key).unwrap().id;
    let (coin, point, coupon, premium) = (id("coin"), id("point"), id("coupon"), id("premium-2026"));
    assert_eq!(programmes.may_combine(&[premium, coin, point]), Ok(()));
    assert_eq!(programmes.may_combine(&[point]), Ok(()));
    assert_eq!(
        programmes.may_combine(&[coupon, point]),
        Err(Refusal::Apart(coupon, point))
    );
    assert_eq!(
        programmes.may_combine(&[coupon, premium]),
        Err(Refusal::Apart(coupon, premium))
    );
    assert_eq!(
        programmes.may_combine(&[ClassId(99)]),
        Err(Refusal::NoClass(ClassId(99)))
    );
}

/// F153, F155, F161: the third source's ways to buy.
#[test]
fn a_sale_by_buyer_number_offers_four_ways_to_pay_in() {
    let programmes = town("region-ring-like");
    let (_, sale) = sale(&programmes, 1);
    assert_eq!(sale.by, BuyBy::BuyerNumber);
    assert_eq!(sale.pay_in, [PayIn::Card, PayIn::Bank, PayIn::Atm, PayIn::Store]);
    assert!(sale.apply.is_some_and(|apply| apply.draw));
    assert_eq!(sale.stock(), 100_000);
    let shops = programmes.shops.iter().filter(|shop| shop.merchant == "H20").count();
    assert_eq!(shops, 2, "a chain with two branches");
}

/// A copy of a town's folder with one text replaced.
fn edited(name: &str, file: &str, from: &str, to: &str) -> (tempfile::TempDir, Vec<String>) {
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir(copy.path().join("programmes")).unwrap();
    for place in ["", "programmes"] {
        for entry in fs::read_dir(folder(name).join(place)).unwrap() {
            let entry = entry.unwrap();
            if entry.path().is_file() {
                fs::copy(entry.path(), copy.path().join(place).join(entry.file_name())).unwrap();
            }
        }
    }
    let path = copy.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
    let found = Programmes::load(copy.path()).err().unwrap_or_default();
    let said = found.iter().map(ToString::to_string).collect();
    (copy, said)
}

/// F074, F079, F168: each slip of the pen is found at its line and key, and nothing is loaded.
#[test]
fn what_is_wrong_is_said_with_file_line_and_key() {
    let voucher = "programmes/voucher-2024.toml";
    for (file, from, to, said) in [
        (
            voucher,
            "price = 1_000",
            "price = \"1,000\"",
            " 30 行目 lots.price: 数で書いてください。",
        ),
        (
            voucher,
            "price = 1_000",
            "prise = 1_000",
            " 29 行目 lots.price: 必要な項目がありません。",
        ),
        (
            voucher,
            "most = 30",
            "most = 31",
            " 32 行目 lots.most: 1 から 30 までの数で書いてください。",
        ),
        (
            voucher,
            "face = 1_200",
            "face = 999",
            " 31 行目 lots.face: 額面（face）を販売価格（price）より小さくできません。",
        ),
        (
            voucher,
            "= 2024-06-03T10:00",
            "= 2024-06-03T10:00:30",
            " 25 行目 use.from: 時刻は分までで書いてください。",
        ),
        (
            voucher,
            "= 2024-06-03T10:00",
            "= 2024-06-03T10:00:00Z",
            " 25 行目 use.from: 日本の時刻を、時差を付けずに書いてください。",
        ),
        (
            voucher,
            "= 2024-06-03T10:00",
            "= 2024-06-03",
            " 25 行目 use.from: 日時（2024-06-03T10:00 の形）で書いてください。",
        ),
        (
            voucher,
            "until = 2024-08-31",
            "until = 2024-08-30",
            " 26 行目 use.until: 種類の有効期限（2024-08-31）と合っていません。",
        ),
        (
            voucher,
            "2024-04-27T00:00",
            "2024-04-07T10:00",
            " 15 行目 apply.closes: opens より後にしてください。",
        ),
        (
            voucher,
            "2024-05-20T10:00",
            "2024-04-20T10:00",
            " 18 行目 buy: apply.closes より後にしてください。",
        ),
        (
            voucher,
            "premium = 200_000_000",
            "premium = 100",
            " 35 行目 ceilings: 上限額がひと口分に足りません。",
        ),
        (
            voucher,
            "class = \"voucher-2024\"",
            "class = \"voucher\"",
            " 4 行目 class: 「voucher」という種類はありません。",
        ),
        (
            voucher,
            "class = \"voucher-2024\"",
            "class = \"point\"",
            " 4 行目 class: 「point」は商品券（service = \"voucher\"）ではありません。",
        ),
        (
            voucher,
            "\"card\", ",
            "\"cash\", ",
            " 22 行目 buy.pay_in: 次のどれかで書いてください: card、bank、atm、store、counter",
        ),
        (
            voucher,
            "kind = \"sale\"",
            "kind = \"sales\"",
            " 3 行目 kind: 次のどれかで書いてください: sale、distribution、campaign",
        ),
        (
            "classes.toml",
            "legal = \"prepaid_exempt\"",
            "legal = \"free_point\"",
            "programmes/voucher-2024.toml 4 行目 class: 販売するものは無償のポイント（free_point）にできません。",
        ),
        (
            "classes.toml",
            "kind = \"days\"\ndays = 365",
            "kind = \"days\"",
            " 9 行目 class[1].expiry.days: 必要な項目がありません。",
        ),
        (
            "classes.toml",
            "last = 2024-08-31",
            "last = 2024-08-30",
            "programmes/voucher-2024.toml 26 行目 use.until: 利用期間が精算の期間（settlement の first から last）からはみ出しています。",
        ),
        (
            "classes.toml",
            "close = \"金\"",
            "close = \"Fri\"",
            " 35 行目 class[2].settlement.close: 次のどれかで書いてください: 月、火、水、木、金、土、日",
        ),
        (
            "classes.toml",
            "combine = [\"point\"]",
            "combine = [\"points\"]",
            " 25 行目 class[2].combine: 「points」という種類はありません。",
        ),
        (
            "classes.toml",
            "number = 2",
            "number = 1",
            " 20 行目 class[2].number: 「1」は前にもあります。",
        ),
        (
            "town.toml",
            "number = 13901",
            "number = 0",
            " 2 行目 region.number: 1 から 999999999 までの数で書いてください。",
        ),
        (
            "town.toml",
            "name = \"美鷹市\"",
            "name = \"美鷹市",
            " 3 行目: 書き方に誤りがあります",
        ),
        (
            "shops.csv",
            "普通 1000001",
            "1000001",
            " 2 行目 account: 「普通 1234567」の形で書いてください。",
        ),
        (
            "shops.csv",
            "普通 1000001",
            "普通 10000011",
            " 2 行目 account: 口座番号は数字7桁までです。",
        ),
        (
            "shops.csv",
            "ユ）エキマエシヨボウ",
            "駅前書房",
            " 3 行目 holder: 1 文字目の「駅」は口座名義に使えません。カナで入れてください。",
        ),
        (
            "shops.csv",
            "SOBA SAKURA",
            "そば",
            " 4 行目 romaji: 半角の英数字で書いてください。",
        ),
        (
            "shops.csv",
            "0002,0002,",
            "0001,0002,",
            " 3 行目 code: 「0001」は前にもあります。",
        ),
        (
            "shops.csv",
            "0005,0004,",
            "0005,",
            " 6 行目: 列の数が見出しと違います（14 列）。",
        ),
        (
            "shops.csv",
            "東京都美鷹市,1810002,5812",
            "東京都三田市,1810002,5812",
            " 4 行目 town: 「東京都三田市」という町はありません。",
        ),
        (
            "shops.csv",
            "holder\n",
            "name2\n",
            " 1 行目 name2: この項目はありません。つづりを確かめてください。",
        ),
    ] {
        let (_, found) = edited("mitaka-like", file, from, to);
        let whole = if said.starts_with(' ') {
            format!("{file}{said}")
        } else {
            said.to_owned()
        };
        assert!(
            found.iter().any(|line| line.starts_with(&whole)),
            "{from} → {to}\n{whole}\n{found:#?}"
        );
    }
}

/// F022: an end that moves on is for points that were given, and ranks rise.
#[test]
fn what_the_law_or_reason_forbids_is_refused() {
    let (_, found) = edited(
        "mimura-like",
        "classes.toml",
        "kind = \"never\"",
        "kind = \"extending\"\nmonths = 6",
    );
    assert_eq!(
        found,
        [
            "classes.toml 10 行目 class[1].expiry: 延伸型の有効期限は、無償のポイント（legal = \"free_point\"）だけに使えます。"
        ]
    );
    let (_, found) = edited(
        "mimura-like",
        "programmes/campaign.toml",
        "class = \"point\"",
        "class = \"coin\"",
    );
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("4 行目 class: 「coin」はポイント"), "{found:?}");
    let (_, found) = edited(
        "mitaka-like",
        "classes.toml",
        "legal = \"free_point\"",
        "legal = \"prepaid\"",
    );
    assert_eq!(
        found,
        [
            "programmes/voucher-2024.toml 41 行目 bonus.class: 「point」は無償のポイント（legal = \"free_point\"）ではありません。"
        ]
    );
    let (_, found) = edited("mimura-like", "classes.toml", "from = 5_000", "from = 900");
    assert_eq!(found.len(), 1);
    assert!(
        found[0].ends_with("ランクの from は下のランクより大きくしてください。"),
        "{found:?}"
    );
}

/// Every mistake is said at once, of every file that does not depend on a wrong one.
#[test]
fn all_that_is_wrong_is_said_together() {
    let (copy, _) = edited(
        "mimura-like",
        "programmes/coupon.toml",
        "amount = 100",
        "amount = 0\nextra = 1",
    );
    fs::write(copy.path().join("holidays.csv"), "日付,名称\n2028/1/1,元日\n").unwrap();
    fs::remove_file(copy.path().join("shops.csv")).unwrap();
    let found: Vec<String> = Programmes::load(copy.path())
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        found,
        [
            "holidays.csv: 2028 年の祝日がそろっていません。",
            "shops.csv: ファイルを読めません。",
            "programmes/coupon.toml 12 行目 hand_out.amount: 1 から 999999999999999 までの数で書いてください。",
            "programmes/coupon.toml 13 行目 hand_out.extra: この項目はありません。つづりを確かめてください。",
        ]
    );
    let nothing = tempfile::tempdir().unwrap();
    assert_eq!(
        Programmes::load(nothing.path()).unwrap_err()[0].wrong,
        Wrong::Unreadable
    );
}

/// F013: a town's own list of holidays reaches further than the one the server carries.
#[test]
fn a_folder_may_bring_newer_holidays() {
    let (copy, found) = edited("mitaka-like", "town.toml", "美鷹市", "美鷹市");
    assert_eq!(found, Vec::<String>::new());
    let kept = include_str!("../calendar/holidays.csv");
    let year: String = kept
        .lines()
        .filter(|line| line.starts_with("2024"))
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(
        copy.path().join("holidays.csv"),
        format!("月日,名称\n{}", year.replace("2024", "2028")),
    )
    .unwrap();
    let programmes = Programmes::load(copy.path()).unwrap();
    assert!(programmes.calendar.holidays().years().contains(&2028));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever is done to a file, what comes back is a town or a list of places in that file.
    #[test]
    fn a_damaged_file_is_never_half_loaded(file in 0_usize..4, from in any::<prop::sample::Index>(), length in 0_usize..40, put in "[\\[\\]=\"\\n0-9a-z, -]{0,6}") {
        let file = ["town.toml", "classes.toml", "programmes/voucher-2024.toml", "shops.csv"][file];
        let (copy, _) = edited("mitaka-like", "town.toml", "region", "region");
        let text: Vec<char> = fs::read_to_string(copy.path().join(file)).unwrap().chars().collect();
        let at = from.index(text.len());
        let damaged: String = text[..at].iter().copied().chain(put.chars()).chain(text.iter().copied().skip(at + length)).collect();
        fs::write(copy.path().join(file), &damaged).unwrap();
        if let Err(problems) = Programmes::load(copy.path()) {
            prop_assert!(!problems.is_empty());
            let lines = damaged.matches('\n').count() + 1;
            for problem in problems {
                prop_assert!(problem.file != file || problem.line <= lines, "{}", problem);
            }
        }
    }

    /// F075, F077: whoever buys in whatever order, neither a person nor the sale goes beyond its limit.
    #[test]
    fn nothing_is_sold_beyond_its_limits(purchases in proptest::collection::vec((0_usize..4, 0_u32..9), 0..60)) {
        let programmes = town("mimura-like");
        let (_, sale) = sale(&programmes, 2);
        let sale = Sale { issue_ceiling: Amount::of(6_000 * 17), ..sale.clone() };
        prop_assert_eq!(sale.stock(), 17);
        let now = at(day(2026, 7, 1), 10, 0);
        let mut bought = [0_u32; 4];
        for (person, units) in purchases {
            let all = Sold { lots: bought.iter().map(|lots| u64::from(*lots)).sum() };
            let person_has = Bought { won: None, bought: bought[person] };
            if sale.may_buy(&Who::default(), &Facts::default(), person_has, all, units, now).is_ok() {
                bought[person] += units;
            }
        }
        prop_assert!(bought.iter().all(|lots| *lots <= sale.most));
        prop_assert!(bought.iter().sum::<u32>() <= 17);
    }
}

/// F076: a list of people is read whole or not at all, and says where it is wrong without saying whom.
#[test]
fn a_roster_names_line_and_column_and_nobody() {
    let good = "name,birth,address\n美鷹　花子,1954-04-01,東京都美鷹市１\n鷹野 一郎,1980/1/2,東京都美鷹市２\n";
    let lines = read_roster("roster.csv", good.as_bytes()).unwrap();
    assert_eq!(lines.len(), 2);
    // The card writes the same name with another space.
    assert_eq!(lines[0].key, PersonKey::new("美鷹 花子", &born("19540401").unwrap()));
    assert_ne!(lines[0].key, PersonKey::new("美鷹 花子", &born("19540402").unwrap()));
    assert_eq!(format!("{:?}", lines[0]), "RosterLine(…)");
    let (cp932, _, _) = encoding_rs::SHIFT_JIS.encode(good);
    assert_eq!(read_roster("roster.csv", &cp932).unwrap(), lines);

    let bad = "name,birth,address\n美鷹　花子,1954-02-30,東京都\n,19800102,東京都\n鷹野,1980-01-02\n\
               鷹野,1980-01-02,x\n鷹野,1980-1-2,x\n";
    let found = read_roster("roster.csv", bad.as_bytes()).unwrap_err();
    let said: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "roster.csv 2 行目 birth: 生年月日（1954-04-01 の形）で書いてください。",
            "roster.csv 3 行目 name: 必要な項目がありません。",
            "roster.csv 4 行目: 列の数が見出しと違います（2 列）。",
            "roster.csv 6 行目 name: 「5 行目の人」は前にもあります。",
        ]
    );
    assert!(said.iter().all(|line| !line.contains("美鷹") && !line.contains("鷹野")));
    let found = read_roster("roster.csv", b"name,address\n").unwrap_err();
    assert_eq!(
        found[0].to_string(),
        "roster.csv 1 行目 birth: 必要な項目がありません。"
    );
}
