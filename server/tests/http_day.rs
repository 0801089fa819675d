//! A day of a wallet over HTTP, on a real socket and a real SQLite file.

use crate::http_town::{Gadget, Town};
use kinchaku_protocol::api::{PayKey, UnlockRequest};
use kinchaku_protocol::doc::field::{Bytes, from_bytes, to_bytes};
use kinchaku_protocol::doc::{
    Answer, AnswerItem, BalanceRow, Bulletin, Device, Fact, FactKind, KeyUse, Page, Received, Role, ShopRow, Table,
    Upload, UploadItem,
};
use kinchaku_protocol::signature::{Signer as _, SoftwareSigner};
use serde_json::json;

fn balance(page: &Page) -> (u64, u64) {
    let row = page.rows.iter().find(|row| row.table == Table::Balance).unwrap();
    let row: BalanceRow = from_bytes(&row.value.as_ref().unwrap().0).unwrap();
    (row.remaining.units(), row.held.units())
}

fn upload(town: &Town, documents: &[&[u8]]) -> Vec<AnswerItem> {
    let upload = Upload {
        items: documents
            .iter()
            .map(|document| UploadItem {
                document: Bytes(document.to_vec()),
                evidence: None,
            })
            .collect(),
    };
    let answer = town.post("upload", &upload.encode());
    assert_eq!(answer.status, 200, "{}", answer.text());
    Answer::decode(&answer.body).unwrap().items
}

/// Enrolled, credited, allowed, paid, settled: each answer signed, the payment posted once however often
/// it comes (T1).
#[test]
fn a_payment_from_invitation_to_fact() {
    let town = Town::start();
    let place = town.furnished();
    let (code, account) = town.invited();
    let wallet = Gadget::new(21).enrolled(&town, &code, Role::Wallet);
    let first = town.credit(account, 5_000, "first");
    assert_eq!(town.credit(account, 5_000, "first"), first);

    let page = wallet.pulled(&town, b"", 1);
    assert_eq!(page.snapshot, Some(true));
    assert_eq!(balance(&page), (5_000, 0));

    let allowance = wallet.allowance(&town);
    assert_eq!(allowance.lines[0].amount.units(), 5_000);
    let intent = wallet.pays(&allowance, place, 1_200);
    let items = upload(&town, &[intent.bytes()]);
    let AnswerItem::Fact(fact) = &items[0] else {
        panic!("{items:?}")
    };
    let verified = Received::<Fact>::read(&fact.0).unwrap();
    let verified = verified.verify(&town.key(KeyUse::FACT)).unwrap();
    assert_eq!((verified.kind, verified.subject), (FactKind::Posted, intent.id()));
    // The same bytes, whoever asks again.
    assert_eq!(upload(&town, &[intent.bytes()]), items);

    let page = wallet.pulled(&town, &page.cursor.0, 2);
    assert!(!page.snapshot.unwrap_or(false));
    assert_eq!(balance(&page), (3_800, 3_800));
    assert!(page.facts.contains(fact));
    let idle = wallet.pulled(&town, &page.cursor.0, 3);
    assert!(idle.rows.is_empty() && idle.facts.is_empty());

    // What the server answered, it still knows after a restart.
    let town = town.restart();
    assert_eq!(upload(&town, &[intent.bytes()]), items);
    let books = town.asked(&json!({ "do": "books" }));
    assert_eq!(books["classes"][0]["sum"], 0);
}

/// Anybody may read key set, bulletin and directory, and each is signed by its key.
#[test]
fn the_public_documents_are_signed() {
    let town = Town::start();
    let (shop, mark) = town.furnished();
    let bulletin = Received::<Bulletin>::read(&town.get("bulletin").body).unwrap();
    bulletin.verify(&town.key(KeyUse::BULLETIN)).unwrap();
    assert_eq!(town.get("keyset").body, town.keys.keyset().bytes());
    let directory = Received::<Page>::read(&town.get("directory").body).unwrap();
    let directory = directory.verify(&town.key(KeyUse::FACT)).unwrap();
    let rows: Vec<ShopRow> = directory
        .rows
        .iter()
        .filter(|row| row.table == Table::Shop)
        .map(|row| from_bytes(&row.value.as_ref().unwrap().0).unwrap())
        .collect();
    assert_eq!(rows.len(), 1);
    assert!(!directory.more);
    let rest = town.get(&format!("directory?after={shop}"));
    assert!(Received::<Page>::read(&rest.body).unwrap().claims().rows.is_empty());
    assert_eq!(town.get("directory?from=1").problem(), (400, "malformed".to_owned()));
    assert_eq!((rows[0].shop, rows[0].marks.as_slice()), (shop, [mark].as_slice()));
}

/// A device document is good for half its life before it is renewed. The office's code works once, for its
/// own account and a key whose holder proves it; the next allowance is for that key.
#[test]
fn a_device_is_renewed_and_unlocked() {
    let town = Town::start();
    town.furnished();
    let (code, account) = town.invited();
    town.credit(account, 2_000, "first");
    let mut wallet = Gadget::new(31).enrolled(&town, &code, Role::Wallet);
    let renewed = wallet.asks(&town, "device", &to_bytes(&None::<u8>));
    assert_eq!(renewed.status, 200, "{}", renewed.text());

    let office = town.asked(&json!({ "do": "unlock_code", "account": account }));
    let code = office["code"].as_str().unwrap();
    let new = SoftwareSigner::from_scalar(&[77; 32]).unwrap();
    let asks = |code: &str, signer: &SoftwareSigner| {
        let challenge = UnlockRequest::challenge(wallet.reference, &new.public_key());
        let request = UnlockRequest {
            code: code.to_owned(),
            pay: PayKey {
                key: new.public_key(),
                proof: signer.sign(&challenge).unwrap(),
            },
        };
        wallet.asks(&town, "unlock", &to_bytes(&request))
    };
    assert_eq!(asks("0000-0000-0000", &new).problem(), (403, "code".to_owned()));
    assert_eq!(asks(code, &wallet.pay).problem(), (403, "key".to_owned()));
    let answer = asks(code, &new);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let device = Received::<Device>::read(&answer.body).unwrap();
    let device = device.verify(&town.key(KeyUse::DEVICE_CA)).unwrap();
    assert_eq!(device.sync_key, wallet.sync.public_key());
    wallet.reference = device.to_ref();
    wallet.pay = new;
    // Checks that it names the new key.
    wallet.allowance(&town);
}
