//! A shop's desk over HTTP: its list, taking a payment back, results and files; and what the office does there.

use crate::api_desk::{Desk, Person, field_of, json_of, signed};
use serde_json::{Value, json};

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["tran_id"].as_str().unwrap().to_owned()).collect()
}

/// F096, F124 to F128: the clerk says which payment and how much; the wrong amount, another shop, and the second time
/// are refused, and the list says what became of it.
#[test]
fn a_payment_is_taken_back_at_the_shop() {
    let desk = Desk::open();
    let (shop, other) = (desk.shops[0].0, desk.shops[1].0);
    let clerk = Person::new(&desk.town, "shop", &[("shop", &shop.to_string())]);
    desk.paid(&desk.wallet(21), desk.shops[0], 1_200);
    let list = format!("/shops/{shop}/transactions");
    let page = json_of(&clerk.get(&desk.town, &list));
    let row = &page["items"][0];
    assert_eq!(
        (row["amount"].as_u64(), row["operation_id"].as_str()),
        (Some(1_200), Some("OP1"))
    );
    assert_eq!(
        (row["before"].as_i64(), row["after"].as_i64()),
        (Some(20_000), Some(18_800))
    );
    assert_eq!(
        (row["active"].as_bool(), row["closed"].as_bool()),
        (Some(true), Some(false))
    );
    assert_eq!(row["mark"]["label"], "レジ1");
    assert_eq!(
        row["service"],
        json!({ "class": 1, "name": "美村コイン", "service_type": 1 })
    );
    let id = row["tran_id"].as_str().unwrap();
    let one = format!("{list}/{id}");
    let detail = json_of(&clerk.get(&desk.town, &one));
    assert_eq!(detail["may_cancel"]["ok"], true);
    assert_eq!(detail["total"], 1_200);
    assert_eq!(ids(&json!({ "items": detail["parts"] })), [id]);
    // It is not closed: taking it back is the way, not cash.
    let cash = clerk.post(&desk.town, &format!("{one}/cash-refund"), &json!({ "note": "現金" }));
    assert_eq!(cash.problem(), (409, "still_open".to_owned()));

    let cancel = format!("{one}/cancel");
    let wrong = clerk.post(&desk.town, &cancel, &json!({ "amount": 1_300 }));
    assert_eq!(wrong.problem(), (409, "amount_differs".to_owned()));
    let theirs = Person::new(&desk.town, "shop", &[("shop", &other.to_string())]);
    let elsewhere = format!("/shops/{other}/transactions/{id}/cancel");
    let refused = theirs.post(&desk.town, &elsewhere, &json!({ "amount": 1_200 }));
    assert_eq!(refused.problem(), (404, "unknown".to_owned()));

    let done = json_of(&clerk.post(&desk.town, &cancel, &json!({ "amount": 1_200, "note": "二重払い" })));
    assert_eq!(
        (done["total"].as_u64(), done["rows"][0]["amount"].as_u64()),
        (Some(1_200), Some(1_200))
    );
    let again = clerk.post(&desk.town, &cancel, &json!({ "amount": 1_200 }));
    assert_eq!(again.problem(), (409, "already_cancelled".to_owned()));
    let detail = json_of(&clerk.get(&desk.town, &one));
    assert_eq!(
        detail["may_cancel"],
        json!({ "ok": false, "code": "already_cancelled" })
    );
    assert_eq!(
        (detail["active"].as_bool(), detail["note"].as_str()),
        (Some(false), Some("二重払い"))
    );
    let page = json_of(&clerk.get(&desk.town, &list));
    assert_eq!(page["items"][0]["operation_id"], "OP4");
    assert_eq!(page["items"][0]["target_tran_id"], id);
    // The slip itself is no payment.
    let slip = format!("{list}/{}/cancel", page["items"][0]["tran_id"].as_str().unwrap());
    let refused = clerk.post(&desk.town, &slip, &json!({ "amount": 1_200 }));
    assert_eq!(refused.problem(), (409, "not_paid".to_owned()));
    let results = json_of(&clerk.get(&desk.town, &format!("/shops/{shop}/results")));
    assert_eq!(results["items"][0]["sub"], json!({ "amount": 1_200, "count": 1 }));
    assert_eq!(results["items"][0]["net"], json!({ "amount": 0, "count": 0 }));
    let audit = json_of(&desk.manager.get(&desk.town, "/office/audit"));
    assert_eq!(audit["violations"], json!([]));
}

/// F161: the shop's own device takes a payment back as its clerk does; the office may, too.
#[test]
fn a_device_and_the_office_take_payments_back() {
    let desk = Desk::open();
    let shop = desk.shops[0].0;
    let device = desk.device(shop, 41);
    desk.paid(&desk.wallet(21), desk.shops[0], 500);
    desk.paid(&desk.wallet(31), desk.shops[0], 700);
    let list = format!("/shops/{shop}/transactions");
    let page = json_of(&signed(&desk.town, &device, "GET", &format!("{list}?limit=1"), b""));
    let cancel = format!("{list}/{}/cancel", page["items"][0]["tran_id"].as_str().unwrap());
    let done = signed(&desk.town, &device, "POST", &cancel, br#"{"amount":700}"#);
    assert_eq!(json_of(&done)["total"], 700);

    let office = Person::new(&desk.town, "office", &[]);
    let all = json_of(&office.get(&desk.town, &format!("/office/transactions?shop={shop}")));
    let first = all["items"].as_array().unwrap().last().unwrap();
    assert_eq!(first["shop"]["shop"], shop.to_string());
    let cancel = format!("/office/transactions/{}/cancel", first["tran_id"].as_str().unwrap());
    assert_eq!(
        json_of(&office.post(&desk.town, &cancel, &json!({ "amount": 500 })))["total"],
        500
    );
}

/// F109 to F112: pages go on where the last one ended, also while new payments come in.
#[test]
fn pages_hold_still_while_payments_come_in() {
    let desk = Desk::open();
    let list = format!("/shops/{}/transactions?limit=2", desk.shops[0].0);
    for seed in [21, 23, 25, 27, 29] {
        desk.paid(&desk.wallet(seed), desk.shops[0], 100 + u32::from(seed));
    }
    let whole = json_of(&desk.manager.get(&desk.town, &list.replace("=2", "=200")));
    let whole = ids(&whole);
    assert_eq!(whole.len(), 5);
    assert!(whole.windows(2).all(|pair| pair[0] > pair[1]), "newest first");
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = json_of(&desk.manager.get(&desk.town, &format!("{list}{after}")));
        seen.extend(ids(&page));
        // Somebody pays between two pages.
        desk.paid(
            &desk.wallet(31 + 2 * u8::try_from(seen.len()).unwrap()),
            desk.shops[0],
            300,
        );
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, whole);
}

/// F106, F115: files come with a name and their media type, in the letters that were asked for.
#[test]
fn files_are_sent_as_files() {
    let desk = Desk::open();
    let shop = desk.shops[0].0;
    desk.paid(&desk.wallet(21), desk.shops[0], 1_200);
    let file = |rest: &str| desk.manager.get(&desk.town, &format!("/shops/{shop}/export/{rest}"));
    let csv = file("transactions");
    assert_eq!(csv.status, 200, "{}", csv.text());
    assert!(
        csv.head.contains("content-type: text/csv; charset=utf-8"),
        "{}",
        csv.head
    );
    assert!(
        csv.head
            .contains("content-disposition: attachment; filename=\"transactions-"),
        "{}",
        csv.head
    );
    assert!(csv.text().contains("美村コイン"));
    let cp932 = file("daily?charset=cp932");
    assert!(cp932.head.contains("charset=shift_jis"), "{}", cp932.head);
    let (name, _, _) = encoding_rs::SHIFT_JIS.encode("美村コイン");
    assert!(cp932.body.windows(name.len()).any(|window| window == &*name));
    let workbook = file("monthly?format=xlsx");
    assert!(workbook.body.windows(2).any(|two| two == b"PK"));
    assert_eq!(file("weekly").problem(), (404, "unknown".to_owned()));
    let all = desk.manager.get(&desk.town, "/office/export/daily");
    assert!(all.text().contains("美村コイン"));
}

/// What is not understood is refused with the field it is about, and changes nothing.
#[test]
fn a_wrong_field_is_named() {
    let desk = Desk::open();
    let shop = desk.shops[0].0;
    let get = |rest: &str| desk.manager.get(&desk.town, rest);
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("from=2026-02-30", "from"),
        ("to=20260201", "to"),
        ("after=1", "after"),
    ] {
        let answer = get(&format!("/shops/{shop}/transactions?{query}"));
        assert_eq!(answer.status, 422, "{query}");
        assert_eq!(field_of(&answer), ("invalid".to_owned(), field.to_owned()), "{query}");
    }
    let unknown = get(&format!("/shops/{shop}/transactions?form=2026-04-01"));
    assert_eq!(unknown.problem(), (422, "invalid".to_owned()));
    let turned = get("/office/results?from=2026-04-02&to=2026-04-01");
    assert_eq!(field_of(&turned), ("invalid".to_owned(), "to".to_owned()));

    let cancel = format!("/shops/{shop}/transactions/20260401000000000001/cancel");
    let post = |body: Value| desk.manager.post(&desk.town, &cancel, &body);
    assert_eq!(
        field_of(&post(json!({ "amount": -1 }))),
        ("invalid".to_owned(), "amount".to_owned())
    );
    assert_eq!(
        field_of(&post(json!({ "amount": 1, "note": "" }))),
        ("invalid".to_owned(), "note".to_owned())
    );
    assert_eq!(
        post(json!({ "amount": 1, "reason": "x" })).problem(),
        (422, "invalid".to_owned())
    );
    let broken = desk
        .manager
        .post_bytes(&desk.town, &cancel, "application/json", b"{\"amount\":");
    assert_eq!(broken.problem(), (400, "malformed".to_owned()));
    let text = desk.manager.post_bytes(&desk.town, &cancel, "text/plain", b"{}");
    assert_eq!(text.problem(), (415, "media_type".to_owned()));
    let other = desk.town.exchange("GET", "/api/v1/2/me", &[], b"");
    assert_eq!(other.problem(), (404, "unknown_town".to_owned()));
}
