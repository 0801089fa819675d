//! `kinchaku shop …` on the JSON API, by a shop's device and by a token, against the real server.

use crate::served::Served;
use crate::town::{PIN, Ran, kinchaku};

/// A town where 1,200 yen were paid: the shop's id, its till, and the payment's number.
fn paid(town: &Served) -> (String, String, String) {
    let (manager, folder) = (town.token("manager", None), town.folder_of_programmes());
    let office = [
        "office",
        "--server",
        &town.address,
        "--muni",
        "1",
        "--token-file",
        &manager,
    ];
    let load = ["programmes", "load", &folder.display().to_string()];
    assert_eq!(kinchaku(&[&office[..], &load].concat(), "").status, Some(0));
    let books = town.asked(&serde_json::json!({ "do": "books" }));
    let shop = books["shops"][0]["shop"].as_str().unwrap().to_owned();
    let mark = town.asked(&serde_json::json!({ "do": "mark_add", "shop": shop, "mark": null, "label": "レジ1" }));
    let sheet = mark["payload"].as_str().unwrap().to_owned();
    let (code, account) = town.invited();
    let (home, till) = (town.word("wallet"), town.word("till"));
    let words = [
        &["wallet", "--home", &home, "enrol"][..],
        &town.town(),
        &[&code, "--pin-fd", "0"],
    ]
    .concat();
    assert_eq!(kinchaku(&words, PIN).status, Some(0));
    town.credit(account, 5_000);
    assert_eq!(kinchaku(&["wallet", "--home", &home, "sync"], "").status, Some(0));
    let code = town.shop_code(&shop);
    let words = [&["shop", "--home", &till, "enrol"][..], &town.town(), &[&code]].concat();
    assert_eq!(kinchaku(&words, "").status, Some(0));
    let pay = [
        "wallet", "--home", &home, "pay", "--text", &sheet, "--amount", "1200", "--yes", "--pin-fd", "0",
    ];
    let ran = kinchaku(&pay, PIN);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    let sales = till_says(&till, &["sales", "--json"], "");
    let id = sales.json()["tran_id"].as_str().unwrap().to_owned();
    (shop, till, id)
}

fn till_says(till: &str, words: &[&str], input: &str) -> Ran {
    kinchaku(&[&["shop", "--home", till], words].concat(), input)
}

/// F096, F109, F124 to F128: the payment is in the list with both times, and is taken back once, by its whole amount.
#[test]
fn a_payment_is_taken_back_once() {
    let town = Served::start();
    let (_, till, id) = paid(&town);
    let sales = till_says(&till, &["sales"], "");
    assert!(
        sales.out.contains("取引日時") && sales.out.contains("受付日時"),
        "{sales:?}"
    );
    assert!(
        sales.out.contains("差引の合計（利用−利用取消） 南町商品券 1,200円"),
        "{sales:?}"
    );
    let shown = till_says(&till, &["show", &id], "");
    assert!(shown.out.contains(&format!("cancel {id} --amount 1200")), "{shown:?}");

    till_says(&till, &["cancel", &id, "--amount", "1000", "--yes"], "").failed(4, "K-888");
    till_says(&till, &["cancel", &id, "--amount", "1200"], "").failed(1, "K-871");
    till_says(&till, &["cancel", "12345", "--amount", "1200"], "").failed(2, "K-873");
    let stopped = till_says(&till, &["cancel", &id, "--amount", "1200"], "やめる\n");
    assert_eq!(stopped.status, Some(1), "{stopped:?}");
    for said in ["青空パン", "1,200円", &id, "取消は元に戻せません。"] {
        assert!(stopped.err.contains(said), "{said} {stopped:?}");
    }
    let done = till_says(&till, &["cancel", &id, "--amount", "1,200"], "取り消す\n");
    assert_eq!(done.status, Some(0), "{done:?}");
    assert!(done.out.starts_with("[OK] 取り消しました。1,200円"), "{done:?}");
    till_says(&till, &["cancel", &id, "--amount", "1200", "--yes"], "").failed(7, "K-882");
    let shown = till_says(&till, &["show", &id], "");
    assert!(
        shown.out.contains("[!] この取引はもう取り消してあります。"),
        "{shown:?}"
    );
    let sales = till_says(&till, &["sales", "--all", "--json"], "");
    assert_eq!(sales.out.lines().count(), 2, "{sales:?}");
    for line in sales.out.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            (&row["schema"], &row["unit"], &row["amount"]),
            (&1.into(), &"yen".into(), &1_200.into())
        );
    }
}

/// F104 to F108, F115 to F121: sums and files; a token for the shop reads them, one for another shop does not.
#[test]
fn a_shop_reads_its_sums_and_saves_files() {
    let mut town = Served::start();
    let (shop, till, _) = paid(&town);
    let results = till_says(&till, &["results", "--by", "month"], "");
    assert!(results.out.contains("1,200円（1件）"), "{results:?}");
    let file = town.word("transactions.csv");
    let saved = till_says(&till, &["export", "transactions", "--out", &file, "--json"], "");
    assert_eq!(
        (saved.status, &saved.json()["path"]),
        (Some(0), &file.as_str().into()),
        "{saved:?}"
    );
    let text = std::fs::read(&file).unwrap();
    assert!(text.starts_with(b"\xef\xbb\xbftranId,"), "{text:?}");
    assert_eq!(u64::try_from(text.len()).unwrap(), saved.json()["bytes"]);

    let token = town.token("shop", Some(&shop));
    let by_token = |words: &[&str]| {
        let who = ["--server", &town.address, "--muni", "1", "--token-file", &token];
        kinchaku(&[&["shop"], words, &who].concat(), "")
    };
    assert_eq!(by_token(&["sales"]).status, Some(0));
    by_token(&["sales", "--shop", "0000000000000000"]).failed(4, "K-853");
    by_token(&["sales", "--from", "yesterday"]).failed(2, "K-872");
    kinchaku(&["shop", "sales", "--server", &town.address, "--muni", "1"], "").failed(2, "K-850");
    town.stop();
    let other = town.word("other.csv");
    till_says(&till, &["export", "daily", "--out", &other], "").failed(3, "K-501");
    assert!(!std::path::Path::new(&other).exists());
}
