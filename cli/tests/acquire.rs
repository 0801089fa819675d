//! The verbs by which value is acquired, against the real server: what they say, their objects and how they end.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::served::Served;
use crate::town::{PIN, Ran, kinchaku};
use kinchaku_protocol::time::Time;
use kinchaku_protocol::voucher::VoucherCode;
use serde_json::{Value, json};

fn wallet(home: &str, words: &[&str]) -> Ran {
    kinchaku(&[&["wallet", "--home", home], words].concat(), PIN)
}

/// A town that sells (1), asks for applications (2) and hands out (3), with an enrolled wallet.
fn selling() -> (Served, String) {
    let town = Served::start();
    let _ = town.furnished();
    let now = Time(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs());
    let (since, today) = (now.before(30 * 86_400).day(), now.day());
    let (until, week) = (today.plus(60), today.plus(7));
    let class = |number: u32, key: &str, name: &str, service: &str, legal: &str, expiry: &str| {
        format!(
            "[[class]]\nnumber = {number}\nkey = \"{key}\"\nname = \"{name}\"\nservice = \"{service}\"\nlegal = \"{legal}\"\n\
             [class.expiry]\n{expiry}\n[class.settlement]\nkind = \"monthly\"\nfirst = {since}\nbusiness_days = 7\n"
        )
    };
    let on = format!("kind = \"on\"\nday = {until}");
    let sale = |number: u32, apply: &str, buy: &str| {
        format!(
            "number = {number}\nname = \"夏の券{number}\"\nkind = \"sale\"\nclass = \"summer\"\n{apply}[buy]\nopens = {buy}T10:00\n\
             closes = {until}T00:00\npay_in = [\"counter\"]\n[use]\nfrom = {since}T10:00\nuntil = {until}\n[lots]\n\
             price = 1_000\nface = 1_200\nmost = 10\n[ceilings]\nissue = 120_000\npremium = 20_000\n"
        )
    };
    let apply = format!("[apply]\nopens = {since}T10:00\ncloses = {week}T00:00\ndraw = true\n");
    let files = [
        (
            "town.toml",
            "[region]\nnumber = 1\nname = \"町\"\ntowns = [\"三重県美村郡美村町\"]\n".to_owned(),
        ),
        (
            "classes.toml",
            [
                class(1, "coin", "南町コイン", "money", "prepaid", "kind = \"never\""),
                class(2, "point", "ポイント", "points", "free_point", "kind = \"never\""),
                class(4, "summer", "夏の商品券", "voucher", "prepaid_exempt", &on),
                class(5, "coupon", "引換券", "voucher", "free_point", &on),
            ]
            .concat(),
        ),
        (
            "shops.csv",
            "code,merchant,name,kana,romaji,city,town,postal,mcc,groups,offline,bank,branch,account,holder\n\
             A1,M1,店,ミセ,MISE,MIMURA,三重県美村郡美村町,5190001,5462,,scan,9999,001,普通 1234567,カ）ミセ\n"
                .to_owned(),
        ),
        (
            "programmes/4.toml",
            format!(
                "number = 4\nname = \"コインへの交換\"\nkind = \"exchange\"\nclass = \"coin\"\n[exchange]\nopens = {since}T09:00\n\
                 closes = {until}T00:00\nfrom = \"point\"\nstep = 100\ngives = 100\n"
            ),
        ),
        ("programmes/1.toml", sale(1, "", &since.to_string())),
        ("programmes/2.toml", sale(2, &apply, &week.to_string())),
        (
            "programmes/3.toml",
            format!(
                "number = 3\nname = \"引換券\"\nkind = \"distribution\"\nclass = \"coupon\"\n[hand_out]\nopens = {since}T09:00\n\
                 closes = {until}T00:00\namount = 100\ntimes = 1\nby_code = true\n[use]\nfrom = {since}T09:00\nuntil = {until}\n\
                 [ceilings]\nissue = 10_000\n"
            ),
        ),
    ];
    let files: serde_json::Map<String, Value> = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), data_encoding::BASE64.encode(text.as_bytes()).into()))
        .collect();
    town.asked(&json!({ "do": "town_load", "files": files }));
    let (code, account) = town.invited();
    town.credit(account, 5_000);
    let home = town.word("wallet");
    let words = [&["enrol"][..], &town.town(), &[&code, "--pin-fd", "0"]].concat();
    let said = wallet(&home, &words);
    assert_eq!(said.status, Some(0), "{said:?}");
    (town, home)
}

/// F068 to F070, F149: offers, receive, buy, charge, apply and orders.
#[test]
fn a_wallet_gets_what_its_town_offers() {
    let (_town, home) = selling();
    let offers = wallet(&home, &["offers", "--json"]);
    assert_eq!(offers.status, Some(0), "{offers:?}");
    let offers = offers.json();
    let numbers: Vec<u64> = offers["offers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["programme"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    assert_eq!(
        (&offers["offers"][0]["price"], &offers["offers"][0]["pay_in"][0]),
        (&1_000.into(), &"counter".into())
    );
    assert_eq!(offers["offers"][1]["refused"]["why"], "no_card");
    let said = wallet(&home, &["offers"]);
    assert!(
        said.out.contains("夏の券1（1） 1口 1,000円で1,200円分、1人10口まで\n"),
        "{said:?}"
    );
    assert!(
        said.out.contains("いま受け付けています") && said.out.contains("マイナンバーカードの登録"),
        "{said:?}"
    );

    let code = VoucherCode { muni: 1, programme: 3 }.text();
    let received = wallet(&home, &["receive", "--text", &code]);
    assert_eq!(
        (received.status, received.out.as_str()),
        (Some(0), "引換券 100円を受け取りました。\n"),
        "{received:?}"
    );
    wallet(&home, &["receive", "--programme", "3"]).failed(7, "K-814");
    wallet(&home, &["receive", "--text", "KC1:ABC"]).failed(1, "K-130");
    wallet(&home, &["receive", "--text", "KCV2:ABC"]).failed(1, "K-120");
    wallet(
        &home,
        &["receive", "--text", &VoucherCode { muni: 2, programme: 3 }.text()],
    )
    .failed(4, "K-131");
    wallet(&home, &["pay", "--text", &code, "--amount", "5", "--yes"]).failed(1, "K-129");
    let status = wallet(&home, &["status"]);
    assert!(
        status.out.contains("引換券") && status.out.contains("まで 100円\n"),
        "{status:?}"
    );

    let ordered = wallet(
        &home,
        &[
            "buy",
            "--programme",
            "1",
            "--units",
            "2",
            "--pay-in",
            "counter",
            "--json",
        ],
    );
    assert_eq!(ordered.status, Some(0), "{ordered:?}");
    let ordered = ordered.json();
    assert_eq!(
        (&ordered["state"], &ordered["price"]),
        (&"awaiting".into(), &2_000.into())
    );
    wallet(
        &home,
        &["buy", "--programme", "1", "--units", "9", "--pay-in", "counter"],
    )
    .failed(4, "K-813");
    wallet(&home, &["buy", "--programme", "1", "--units", "1", "--pay-in", "card"]).failed(4, "K-817");
    let charged = wallet(
        &home,
        &["charge", "--class", "1", "--amount", "3000", "--pay-in", "counter"],
    );
    assert!(
        charged.status == Some(0) && charged.out.starts_with("3,000円の払い込みを待っています。"),
        "{charged:?}"
    );
    wallet(
        &home,
        &["charge", "--class", "4", "--amount", "3000", "--pay-in", "counter"],
    )
    .failed(1, "K-816");
    wallet(
        &home,
        &["apply", "--programme", "2", "--units", "3", "--phone", "090-1234-5678"],
    )
    .failed(4, "K-803");
    wallet(&home, &["apply", "--programme", "2", "--units", "3", "--phone", "abc"]).failed(2, "K-823");
    wallet(&home, &["receive"]).failed(2, "K-901");
    wallet(
        &home,
        &[
            "--offline",
            "buy",
            "--programme",
            "1",
            "--units",
            "1",
            "--pay-in",
            "counter",
        ],
    )
    .failed(3, "K-501");

    let orders = wallet(&home, &["orders", "--json"]);
    let orders: Vec<Value> = orders
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let states: Vec<(&str, &str)> = orders
        .iter()
        .map(|it| (it["kind"].as_str().unwrap(), it["state"].as_str().unwrap()))
        .collect();
    assert!(
        states.contains(&("buy", "awaiting")) && states.contains(&("receive", "taken")),
        "{states:?}"
    );
    assert!(
        states.contains(&("apply", "refused")) && states.contains(&("charge", "awaiting")),
        "{states:?}"
    );
    let shown = wallet(&home, &["--offline", "orders"]);
    assert!(
        shown.status == Some(0) && shown.out.contains("払い込み待ち"),
        "{shown:?}"
    );
    wallet(&home, &["--offline", "receive", "--programme", "3"]).failed(3, "K-501");
}

/// F014, F015, F026: points are asked about, become money a week later, and both the wallet and the office see it; the
/// number on the page finds the member.
#[test]
fn points_are_exchanged_and_the_office_sees_the_member() {
    let (town, home) = selling();
    // The account of `selling` is the town's first.
    town.asked(&json!({
        "do": "credit", "account": 1, "class": 2, "amount": 350, "until": null, "set": 0, "key": "points",
    }));
    assert_eq!(wallet(&home, &["sync"]).status, Some(0));
    let offers = wallet(&home, &["offers"]);
    assert!(
        offers.out.contains("コインへの交換（4） 100 Pで100円に交換、100 Pから")
            || offers
                .out
                .contains("コインへの交換（4） 100ポイントで100円に交換、100ポイントから"),
        "{offers:?}"
    );
    let asked = |input: &str| {
        let words = [
            "wallet",
            "--home",
            &home,
            "exchange",
            "--programme",
            "4",
            "--points",
            "300",
        ];
        kinchaku(&words, input)
    };
    let stopped = asked("やめる\n");
    assert_eq!(stopped.status, Some(1), "{stopped:?}");
    let done = asked("交換する\n");
    assert!(
        done.status == Some(0) && done.out.contains("300") && done.out.contains("南町コイン 300円が入ります。"),
        "{done:?}"
    );
    wallet(&home, &["exchange", "--programme", "4", "--points", "100", "--yes"]).failed(4, "K-840");
    wallet(&home, &["exchange", "--programme", "4", "--points", "30", "--yes"]).failed(4, "K-841");
    wallet(&home, &["exchange", "--programme", "1", "--points", "100", "--yes"]).failed(1, "K-816");
    wallet(
        &home,
        &["--offline", "exchange", "--programme", "4", "--points", "100", "--yes"],
    )
    .failed(3, "K-501");
    let status = wallet(&home, &["status"]);
    assert!(status.out.contains("これから入る分 300円"), "{status:?}");
    let card = wallet(&home, &["status", "--json"]).json()["card"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(status.out.contains(&format!("カード番号 {card}")), "{status:?}");
    let orders = wallet(&home, &["orders"]);
    assert!(orders.out.contains("交換"), "{orders:?}");

    let token = town.token("manager", None);
    let office = |words: &[&str], input: &str| {
        let who = [
            "office",
            "--server",
            &town.address,
            "--muni",
            "1",
            "--token-file",
            &token,
        ];
        kinchaku(&[&who[..], words].concat(), input)
    };
    let member = office(&["member", &card], "");
    assert!(
        member.status == Some(0) && member.out.contains("南町コイン"),
        "{member:?}"
    );
    office(&["member", "0000000000"], "").failed(2, "K-843");
    let exchanges = office(&["exchanges", "--state", "waiting"], "");
    assert!(
        exchanges.out.contains(&card) && exchanges.out.contains("待ち"),
        "{exchanges:?}"
    );
    let revoke = ["revoke-value", &card, "--class", "2", "--reason", "退会", "--key", "k1"];
    let kept = office(&revoke, "やめる\n");
    assert_eq!(kept.status, Some(1), "{kept:?}");
    // The exchange gave the reserve of points back; what is left of them is free. A lost answer may be asked again.
    for _ in 0..2 {
        let taken = office(&[&revoke[..], &["--yes"]].concat(), "");
        assert!(taken.status == Some(0) && taken.out.contains("50"), "{taken:?}");
    }
    let coins = [
        &revoke[..3],
        &[
            "1", "--amount", "10", "--reason", "退会", "--key", "k2", "--yes", "--json",
        ],
    ]
    .concat();
    let coins = office(&coins, "");
    assert!(coins.status == Some(4) || coins.json()["amount"] == 10, "{coins:?}");
    let books = office(&["audit", "--json"], "");
    assert_eq!(books.json()["violations"], json!([]), "{books:?}");
}
