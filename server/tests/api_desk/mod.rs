//! The JSON API as its callers see it: a town with a folder loaded, tokens for each role, payments to look at.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use kinchaku_protocol::doc::field::Bytes;
use kinchaku_protocol::doc::{Role, Upload, UploadItem};
use kinchaku_protocol::http_signature;
use kinchaku_protocol::ids::{MarkId, Pid};
use kinchaku_server::clock;
use serde_json::{Value, json};

use crate::http_town::{Answer, Gadget, MUNI, Town};

/// The text of each file of one of the towns that come with the sources, with this region's number.
pub fn files(town: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../towns").join(town);
    let mut files = BTreeMap::new();
    for name in ["town.toml", "classes.toml", "shops.csv"] {
        files.insert(name.to_owned(), fs::read_to_string(folder.join(name)).unwrap());
    }
    for entry in fs::read_dir(folder.join("programmes")).unwrap() {
        let entry = entry.unwrap();
        let name = format!("programmes/{}", entry.file_name().to_str().unwrap());
        files.insert(name, fs::read_to_string(entry.path()).unwrap());
    }
    let numbered = files["town.toml"]
        .lines()
        .map(|line| match line.strip_prefix("number = ") {
            Some(number) if number.len() == 5 => format!("number = {MUNI}\n"),
            _ => format!("{line}\n"),
        });
    let numbered: String = numbered.collect();
    files.insert("town.toml".to_owned(), numbered);
    files
}

pub fn route(rest: &str) -> String {
    format!("/api/v1/{MUNI}{rest}")
}

/// Somebody at a desk.
#[derive(Clone)]
pub struct Person {
    pub id: u64,
    pub token: String,
}

impl Person {
    pub fn new(town: &Town, role: &str, scope: &[(&str, &str)]) -> Self {
        Self::for_days(town, role, scope, 30)
    }

    pub fn for_days(town: &Town, role: &str, scope: &[(&str, &str)], days: u32) -> Self {
        let mut asked = json!({
            "do": "token", "what": "issue", "role": role, "name": role, "merchant": null, "shop": null, "days": days,
        });
        for (name, value) in scope {
            asked[*name] = (*value).into();
        }
        let answer = town.asked(&asked);
        Self {
            id: answer["id"].as_u64().unwrap(),
            token: answer["token"].as_str().unwrap().to_owned(),
        }
    }

    pub fn get(&self, town: &Town, rest: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        town.exchange("GET", &route(rest), &[("authorization", &bearer)], b"")
    }

    pub fn post(&self, town: &Town, rest: &str, body: &Value) -> Answer {
        self.post_bytes(town, rest, "application/json", body.to_string().as_bytes())
    }

    pub fn post_bytes(&self, town: &Town, rest: &str, media: &str, body: &[u8]) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", media)];
        town.exchange("POST", &route(rest), &headers, body)
    }
}

pub fn json_of(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

/// Code and field of a problem.
pub fn field_of(answer: &Answer) -> (String, String) {
    let (_, code) = answer.problem();
    let value: Value = serde_json::from_slice(&answer.body).unwrap();
    (code, value["field"].as_str().unwrap_or("").to_owned())
}

/// A town in which the folder of three towns is in force.
pub struct Desk {
    pub town: Town,
    pub manager: Person,
    /// Two shops with a sheet each.
    pub shops: [(Pid, MarkId); 2],
}

impl Desk {
    pub fn open() -> Self {
        let town = Town::start();
        let manager = Person::new(&town, "manager", &[]);
        let loaded = manager.post(&town, "/office/programmes", &json!({ "files": files("mimura-like") }));
        assert_eq!(json_of(&loaded)["version"], 1);
        let listed = json_of(&manager.get(&town, "/shops"));
        let shop = |merchant: &str| {
            let mut items = listed["items"].as_array().unwrap().iter();
            let shop = items.find(|item| item["merchant"] == merchant).unwrap();
            let shop = shop["shop"].as_str().unwrap();
            let mark = town.asked(&json!({ "do": "mark_add", "shop": shop, "mark": null, "label": "レジ1" }));
            let mark = MarkId::from_hex(mark["mark"].as_str().unwrap()).unwrap();
            (Pid::from_hex(shop).unwrap(), mark)
        };
        Self {
            shops: [shop("M01"), shop("M02")],
            manager,
            town,
        }
    }

    /// The device of a shop.
    pub fn device(&self, shop: Pid, seed: u8) -> Gadget {
        let asked = json!({ "do": "invite", "role": "shop", "shop": shop.to_string(), "account": null });
        let code = self.town.asked(&asked);
        Gadget::new(seed).enrolled(&self.town, code["code"].as_str().unwrap(), Role::Shop)
    }

    /// A resident with a wallet and coins.
    pub fn wallet(&self, seed: u8) -> Gadget {
        let (code, account) = self.town.invited();
        let wallet = Gadget::new(seed).enrolled(&self.town, &code, Role::Wallet);
        self.town.credit(account, 20_000, &format!("first {seed}"));
        wallet
    }

    /// A payment at a shop, in the books.
    pub fn paid(&self, wallet: &Gadget, place: (Pid, MarkId), amount: u32) {
        let allowance = wallet.allowance(&self.town);
        let intent = wallet.pays(&allowance, place, amount);
        let upload = Upload {
            items: vec![UploadItem {
                document: Bytes(intent.bytes().to_vec()),
                evidence: None,
            }],
        };
        assert_eq!(self.town.post("upload", &upload.encode()).status, 200);
    }
}

/// A request that a device signs.
pub fn signed(town: &Town, device: &Gadget, method: &str, rest: &str, body: &[u8]) -> Answer {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).unwrap();
    let whole = route(rest);
    let path = whole.split('?').next().unwrap();
    let now = clock::now();
    let signed = http_signature::sign(method, path, body, device.reference, nonce, now, &device.sync).unwrap();
    let headers = [
        ("content-type", "application/json"),
        ("content-digest", signed.content_digest.as_str()),
        ("signature-input", signed.signature_input.as_str()),
        ("signature", signed.signature.as_str()),
    ];
    town.exchange(method, &whole, &headers, body)
}
