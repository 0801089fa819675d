//! Who may do what at the JSON API: every operation of its document, asked by everybody.

use crate::api_desk::{Desk, Person, json_of, route, signed};
use serde_json::{Value, json};

/// Who may: a letter for each of shop, merchant, viewer, office, manager; an asterisk for anybody without a token.
const MAY: [(&str, &str, &str); 49] = [
    ("get", "/me", "smvoM"),
    ("get", "/shops", "smvoM"),
    ("get", "/shops/{shop}/transactions", "smvoM"),
    ("get", "/shops/{shop}/transactions/{tran_id}", "smvoM"),
    ("post", "/shops/{shop}/transactions/{tran_id}/cancel", "smoM"),
    ("post", "/shops/{shop}/transactions/{tran_id}/cash-refund", "smoM"),
    ("get", "/shops/{shop}/results", "smvoM"),
    ("get", "/shops/{shop}/settlements", "smvoM"),
    ("get", "/shops/{shop}/export/{kind}", "smvoM"),
    ("get", "/office/programmes", "oM"),
    ("post", "/office/programmes", "M"),
    ("post", "/office/programmes/check", "M"),
    ("get", "/office/programmes/{id}", "voM"),
    ("get", "/office/rosters", "voM"),
    ("post", "/office/rosters/{name}", "M"),
    ("get", "/office/transactions", "voM"),
    ("get", "/office/transactions/{tran_id}", "voM"),
    ("post", "/office/transactions/{tran_id}/cancel", "oM"),
    ("get", "/office/results", "voM"),
    ("get", "/office/export/{kind}", "voM"),
    ("get", "/office/settlements", "voM"),
    ("post", "/office/settlements/close", "M"),
    ("get", "/office/settlements/{class}/{number}", "voM"),
    ("get", "/office/settlements/{class}/{number}/transfer", "oM"),
    ("post", "/office/sales/{id}/commitment", "M"),
    ("get", "/office/sales/{id}/applications", "voM"),
    ("post", "/office/sales/{id}/applications", "oM"),
    ("post", "/office/sales/{id}/applications/{app}/void", "oM"),
    ("post", "/office/sales/{id}/close-list", "M"),
    ("post", "/office/sales/{id}/draw", "M"),
    ("get", "/office/orders", "voM"),
    ("post", "/office/orders/{id}/paid", "oM"),
    ("post", "/office/orders/{id}/refund", "oM"),
    ("post", "/office/orders/{id}/returned", "oM"),
    ("get", "/office/odd-events", "voM"),
    ("post", "/office/odd-events/{event}/done", "oM"),
    ("get", "/office/unsettled", "voM"),
    ("get", "/office/exchanges", "voM"),
    ("get", "/office/members/{card}", "voM"),
    ("post", "/office/members/{card}/forfeits", "oM"),
    ("get", "/office/books", "voM"),
    ("get", "/office/audit", "M"),
    ("get", "/office/log", "M"),
    ("post", "/office/jobs/{job}", "M"),
    ("get", "/draws/{id}", "*"),
    ("post", "/provider/{provider}", "*"),
    ("get", "/openapi.json", "*"),
    ("get", "/nowhere", "*"),
    ("get", "/office", "*"),
];

fn filled(path: &str, shop: &str) -> String {
    path.replace("{shop}", shop)
        .replace("{tran_id}", "20260401000000000001")
        .replace("{kind}", "daily")
        .replace("{name}", "list")
        .replace("{id}", "2")
        .replace("{event}", &"0".repeat(64))
        .replace("{app}", &"0".repeat(32))
        .replace("{class}", "1")
        .replace("{number}", "1")
        .replace("{job}", "lapse")
        .replace("{card}", "0000000014")
        .replace("{provider}", "sandbox")
}

/// F161, F162: each role reaches what is its own and nothing else; without a token nobody reaches anything but what
/// is public. No operation of the document is left out.
#[test]
fn each_role_reaches_its_own_and_nothing_else() {
    let desk = Desk::open();
    let shop = desk.shops[0].0.to_string();
    let people = [
        ('s', Person::new(&desk.town, "shop", &[("shop", &shop)])),
        ('m', Person::new(&desk.town, "merchant", &[("merchant", "M01")])),
        ('v', Person::new(&desk.town, "viewer", &[])),
        ('o', Person::new(&desk.town, "office", &[])),
        ('M', desk.manager.clone()),
    ];
    let document = desk.town.exchange("GET", &route("/openapi.json"), &[], b"");
    let document = json_of(&document);
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    for (path, item) in paths {
        for method in item.as_object().unwrap().keys() {
            let listed = MAY.iter().any(|(known, of, _)| known == method && of == path);
            assert!(listed, "{method} {path} is not in the table");
        }
    }
    for (method, path, may) in MAY {
        let rest = filled(path, &shop);
        let nobody = desk.town.exchange(&method.to_uppercase(), &route(&rest), &[], b"");
        assert_eq!(
            nobody.status == 401,
            may != "*",
            "nobody: {method} {path}: {}",
            nobody.text()
        );
        if may == "*" {
            continue;
        }
        assert!(
            paths[path].get(method).is_some(),
            "{method} {path} is not in the document"
        );
        assert!(nobody.head.contains("www-authenticate: bearer"));
        for (letter, person) in &people {
            let answer = match method {
                "get" => person.get(&desk.town, &rest),
                _ => person.post(&desk.town, &rest, &json!({})),
            };
            let refused = answer.status == 403;
            assert_eq!(
                refused,
                !may.contains(*letter),
                "{letter}: {method} {path}: {} {}",
                answer.status,
                answer.text()
            );
            assert_ne!(answer.status, 401, "{letter}: {method} {path}");
            assert!(answer.status < 500, "{letter}: {method} {path}: {}", answer.text());
            if refused {
                assert_eq!(answer.problem().1, "role");
            }
        }
    }
}

/// F161: a shop and a merchant see their own shops, and do not learn whether there are others.
#[test]
fn another_shop_is_not_seen() {
    let desk = Desk::open();
    let (own, other) = (desk.shops[0].0.to_string(), desk.shops[1].0.to_string());
    let clerk = Person::new(&desk.town, "shop", &[("shop", &own)]);
    let head = Person::new(&desk.town, "merchant", &[("merchant", "M01")]);
    for person in [&clerk, &head] {
        let shops = json_of(&person.get(&desk.town, "/shops"));
        let shops: Vec<&Value> = shops["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| &item["shop"])
            .collect();
        assert_eq!(shops, [&json!(own)]);
        assert_eq!(person.get(&desk.town, &format!("/shops/{own}/results")).status, 200);
        for unseen in [other.as_str(), "0000000000000000", "x"] {
            let answer = person.get(&desk.town, &format!("/shops/{unseen}/transactions"));
            assert_eq!(answer.problem(), (403, "role".to_owned()), "{unseen}");
        }
    }
    let viewer = Person::new(&desk.town, "viewer", &[]);
    assert_eq!(viewer.get(&desk.town, &format!("/shops/{other}/results")).status, 200);
    let nowhere = viewer.get(&desk.town, "/shops/0000000000000000/results");
    assert_eq!(nowhere.problem(), (404, "unknown".to_owned()));
}

/// A token is good until it is revoked or its days are over; the server keeps only its hash, and says it once.
#[test]
fn a_token_ends() {
    let desk = Desk::open();
    let person = Person::new(&desk.town, "office", &[]);
    let me = json_of(&person.get(&desk.town, "/me"));
    assert_eq!(
        (me["name"].as_str(), me["role"].as_str()),
        (Some("office"), Some("office"))
    );
    let listed = desk.town.asked(&json!({ "do": "token", "what": "list" }));
    assert!(!listed.to_string().contains(person.token.strip_prefix("kct_").unwrap()));
    let database = std::fs::read(desk.town.folder.path().join("books.db")).unwrap();
    let letters = person.token.as_bytes();
    assert!(!database.windows(letters.len()).any(|window| window == letters));

    desk.town
        .asked(&json!({ "do": "token", "what": "revoke", "id": person.id }));
    assert_eq!(person.get(&desk.town, "/me").problem(), (401, "token".to_owned()));
    let over = Person::for_days(&desk.town, "office", &[], 0);
    assert_eq!(over.get(&desk.town, "/me").problem(), (401, "token".to_owned()));
    for token in [
        "",
        "kct_",
        "x",
        &desk.manager.token.to_uppercase(),
        &format!("{}2", desk.manager.token),
    ] {
        let stranger = Person {
            id: 0,
            token: token.to_owned(),
        };
        assert_eq!(stranger.get(&desk.town, "/me").problem(), (401, "token".to_owned()));
    }
    let asked = json!({ "do": "token", "what": "revoke", "id": 99 });
    assert_eq!(desk.town.office(&asked).problem().0, 404);
    // A token for a shop that is not there would see nothing.
    let asked = json!({
        "do": "token", "what": "issue", "role": "shop", "name": "x", "merchant": null, "shop": "0000000000000000",
        "days": 1,
    });
    assert_eq!(desk.town.office(&asked).problem().0, 404);
}

/// A shop's device is its shop's clerk, by the signature it syncs with; a wallet is nobody here.
#[test]
fn a_shops_device_signs_in_place_of_a_token() {
    let desk = Desk::open();
    let (shop, other) = (desk.shops[0].0, desk.shops[1].0);
    let device = desk.device(shop, 41);
    let me = json_of(&signed(&desk.town, &device, "GET", "/me", b""));
    assert_eq!(
        (me["role"].as_str(), me["shop"].as_str()),
        (Some("shop"), Some(shop.to_string().as_str()))
    );
    let rest = format!("/shops/{shop}/results?by=month");
    assert_eq!(signed(&desk.town, &device, "GET", &rest, b"").status, 200);
    let rest = format!("/shops/{shop}/transactions/20260401000000000001/cancel");
    let asked = signed(&desk.town, &device, "POST", &rest, br#"{"amount":1}"#);
    assert_eq!(asked.problem(), (404, "unknown".to_owned()));
    let rest = format!("/shops/{other}/results");
    assert_eq!(
        signed(&desk.town, &device, "GET", &rest, b"").problem(),
        (403, "role".to_owned())
    );
    assert_eq!(
        signed(&desk.town, &device, "GET", "/office/books", b"").problem(),
        (403, "role".to_owned())
    );

    let wallet = desk.wallet(51);
    assert_eq!(
        signed(&desk.town, &wallet, "GET", "/me", b"").problem(),
        (403, "device".to_owned())
    );
    let mut stranger = desk.device(other, 61);
    stranger.reference = device.reference;
    assert_eq!(
        signed(&desk.town, &stranger, "GET", "/me", b"").problem(),
        (401, "signature".to_owned())
    );
}
