//! The office's desk over HTTP: the folder, lists of people, how far programmes are, jobs, and what is written down.

use crate::api_desk::{Desk, Person, files, json_of};
use kinchaku_protocol::rules::card_number;
use serde_json::{Value, json};

/// F075, F077: a folder is checked as a whole, loaded once, and the books go by it from then on.
#[test]
fn a_folder_is_checked_and_loaded() {
    let desk = Desk::open();
    let manager = &desk.manager;
    let check = |files: &Value| manager.post(&desk.town, "/office/programmes/check", &json!({ "files": files }));
    let load = |files: &Value| manager.post(&desk.town, "/office/programmes", &json!({ "files": files }));
    let good = json!(files("mimura-like"));
    assert_eq!(
        json_of(&check(&good)),
        json!({ "classes": 4, "programmes": 4, "shops": 5 })
    );
    // The same again is the same.
    assert_eq!(json_of(&load(&good)), json!({ "version": 1 }));
    let in_force = json_of(&manager.get(&desk.town, "/office/programmes"));
    assert_eq!((&in_force["files"], &in_force["version"]), (&good, &json!(1)));

    let mut bad = good.clone();
    bad["town.toml"] = json!(
        bad["town.toml"]
            .as_str()
            .unwrap()
            .replace("number = 1\nname = \"美村地域\"", "number = 2\nname = \"美村地域\"")
    );
    bad["notes.txt"] = json!("");
    for answer in [check(&bad), load(&bad)] {
        assert_eq!(answer.problem(), (422, "bad_folder".to_owned()));
        let said: Value = serde_json::from_slice(&answer.body).unwrap();
        let places: Vec<(&str, &str)> = said["problems"]
            .as_array()
            .unwrap()
            .iter()
            .map(|problem| (problem["file"].as_str().unwrap(), problem["key"].as_str().unwrap()))
            .collect();
        assert_eq!(places, [("notes.txt", ""), ("town.toml", "region.number")]);
    }
    let mut wrong = good.clone();
    wrong["classes.toml"] = json!(
        wrong["classes.toml"]
            .as_str()
            .unwrap()
            .replace("number = 2", "number = 1")
    );
    let said: Value = serde_json::from_slice(&check(&wrong).body).unwrap();
    assert_eq!(said["problems"][0]["line"], 20);

    // A class stays what the law calls it.
    let mut other = good.clone();
    let coin = "service = \"money\"\nlegal = \"prepaid\"";
    other["classes.toml"] = json!(
        other["classes.toml"]
            .as_str()
            .unwrap()
            .replace(coin, "service = \"money\"\nlegal = \"prepaid_exempt\"")
    );
    assert_eq!(json_of(&check(&other))["classes"], 4);
    assert_eq!(load(&other).problem(), (409, "incompatible".to_owned()));
    // A name may change.
    let mut named = good;
    named["classes.toml"] = json!(
        named["classes.toml"]
            .as_str()
            .unwrap()
            .replace("美村コイン", "美村のコイン")
    );
    assert_eq!(json_of(&load(&named)), json!({ "version": 2 }));
    let books = json_of(&manager.get(&desk.town, "/office/books"));
    assert_eq!(books["classes"][0]["name"], "美村のコイン");

    let sale = json_of(&manager.get(&desk.town, "/office/programmes/2"));
    assert_eq!(
        (sale["kind"].as_str(), sale["stock"].as_u64(), sale["sold"].as_u64()),
        (Some("sale"), Some(5_000), Some(0))
    );
    assert_eq!(sale["windows"][0]["what"], "buy");
    assert_eq!(
        manager.get(&desk.town, "/office/programmes/9").problem(),
        (404, "unknown".to_owned())
    );
}

/// F071, F076: a list is imported whole; what is wrong with it is said by line and column and without a name.
#[test]
fn a_list_of_people_is_imported_whole() {
    let desk = Desk::open();
    let import = |name: &str, list: &str| {
        desk.manager.post_bytes(
            &desk.town,
            &format!("/office/rosters/{name}"),
            "text/csv",
            list.as_bytes(),
        )
    };
    let list =
        "name,birth,address\n美村　花子,1954-04-01,三重県美村郡美村町１\n大杉 一郎,1980-01-02,三重県美村郡大杉町２\n";
    assert_eq!(json_of(&import("2026-04-01", list)), json!({ "lines": 2 }));
    let bad = import("2026-04-01", &list.replace("1980-01-02", "1980-13-02"));
    assert_eq!(bad.problem(), (422, "bad_folder".to_owned()));
    assert!(!bad.text().contains("大杉"), "{}", bad.text());
    let said: Value = serde_json::from_slice(&bad.body).unwrap();
    assert_eq!(
        (
            said["problems"][0]["line"].as_u64(),
            said["problems"][0]["key"].as_str()
        ),
        (Some(3), Some("birth"))
    );
    let rosters = json_of(&desk.manager.get(&desk.town, "/office/rosters"));
    assert_eq!(
        (
            rosters["items"][0]["name"].as_str(),
            rosters["items"][0]["lines"].as_u64()
        ),
        (Some("2026-04-01"), Some(2))
    );
    let text = desk
        .manager
        .post_bytes(&desk.town, "/office/rosters/x", "application/json", b"{}");
    assert_eq!(text.problem(), (415, "media_type".to_owned()));
    let database = std::fs::read(desk.town.folder.path().join("books.db")).unwrap();
    for name in ["美村　花子", "1954-04-01", "19540401"] {
        assert!(
            !database.windows(name.len()).any(|window| window == name.as_bytes()),
            "{name}"
        );
    }
}

/// Jobs run out of their turn, as often as somebody likes, and never for a time that has not come.
#[test]
fn jobs_are_run_and_settlement_is_read() {
    let desk = Desk::open();
    for job in [
        "lapse", "expire", "points", "rank", "bonus", "orders", "close", "publish",
    ] {
        for _ in 0..2 {
            let done = json_of(
                &desk
                    .manager
                    .post(&desk.town, &format!("/office/jobs/{job}"), &json!({})),
            );
            assert_eq!(done["job"], job);
        }
    }
    let at = json!({ "at": "not a time" });
    assert_eq!(
        desk.manager.post(&desk.town, "/office/jobs/lapse", &at).problem(),
        (422, "invalid".to_owned())
    );
    let viewer = Person::new(&desk.town, "viewer", &[]);
    let shop = desk.shops[0].0;
    desk.paid(&desk.wallet(21), desk.shops[0], 900);
    let settlements = json_of(&viewer.get(&desk.town, &format!("/shops/{shop}/settlements")));
    let open = settlements["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["state"] == "open" && row["class"] == 1);
    assert_eq!(open.unwrap()["paid"], 900);
    // Months before are closed; they came to nothing.
    let closed = json_of(&viewer.get(&desk.town, "/office/settlements?class=1"));
    assert!(
        closed["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["state"] == "closed" && row["paid"] == 0)
    );
    let transfer = desk.manager.get(&desk.town, "/office/settlements/1/1/transfer");
    // Nobody said from which account shops are paid.
    assert_eq!(transfer.problem(), (409, "not_set_up".to_owned()));
}

/// F026, F105: a member is found by card number, and value is taken away with its reason, once, beside what ended by itself.
#[test]
fn a_member_is_found_by_card_number() {
    let desk = Desk::open();
    let (_, account) = desk.town.invited();
    desk.town.credit(account, 5_000, "first");
    let card = card_number::shown(card_number::of(account).unwrap());
    let member = json_of(&desk.manager.get(&desk.town, &format!("/office/members/{card}")));
    assert_eq!(
        (&member["account"], &member["card"], &member["holdings"][0]["value"]),
        (&json!(account), &json!(card), &json!(5_000))
    );
    // One wrong digit is nobody.
    let (head, last) = card.split_at(9);
    let wrong = format!("{head}{}", (last.parse::<u8>().unwrap() + 1) % 10);
    let free = card_number::shown(card_number::of(999_999).unwrap());
    for nobody in [wrong.as_str(), &free, "1", "x"] {
        let answer = desk.manager.get(&desk.town, &format!("/office/members/{nobody}"));
        assert_eq!(answer.problem(), (404, "unknown".to_owned()), "{nobody}");
    }
    let take = |body: &Value| {
        desk.manager
            .post(&desk.town, &format!("/office/members/{card}/forfeits"), body)
    };
    let asked = json!({ "key": "1", "class": 1, "amount": 1_200, "reason": "退会" });
    for _ in 0..2 {
        let taken = json_of(&take(&asked));
        assert_eq!((&taken["amount"], &taken["reason"]), (&json!(1_200), &json!("退会")));
    }
    let much = take(&json!({ "key": "2", "class": 1, "amount": 3_801, "reason": "退会" }));
    assert_eq!(much.problem(), (409, "not_enough".to_owned()));
    for (body, field) in [
        (json!({ "key": "3", "class": 1, "amount": 10 }), "reason"),
        (json!({ "key": "3", "class": 1, "amount": 10, "reason": "" }), "reason"),
        (json!({ "key": "3", "class": 1, "amount": -1, "reason": "x" }), "amount"),
    ] {
        let answer = take(&body);
        assert!([400, 422].contains(&answer.status), "{field}: {}", answer.text());
    }
    let member = json_of(&desk.manager.get(&desk.town, &format!("/office/members/{card}")));
    assert_eq!(
        (&member["holdings"][0]["value"], &member["forfeits"][0]["reason"]),
        (&json!(3_800), &json!("退会"))
    );
    let today = kinchaku_server::clock::now().day().to_string();
    let results = format!("/office/results?by=day&from={today}&to={today}");
    let results = json_of(&desk.manager.get(&desk.town, &results));
    let lapsed = results.to_string();
    assert!(lapsed.contains("\"lapsed\":{\"amount\":1200,\"count\":1}"), "{lapsed}");
    let none = json_of(&desk.manager.get(&desk.town, "/office/exchanges?state=waiting"));
    assert_eq!(none["items"], json!([]));
    let owing = desk.manager.get(&desk.town, "/office/sales/2/applications?owing=true");
    assert_eq!(json_of(&owing)["items"], json!([]));
    let audit = json_of(&desk.manager.get(&desk.town, "/office/audit"));
    assert_eq!(audit["violations"], json!([]));
}
