//! What the JSON API does with callers that leave, that wait for ever, or that ask for much; and who hears of what was
//! done.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use crate::api_desk::{Desk, Person, json_of, route, signed};
use kinchaku_protocol::doc::field::Bytes;
use kinchaku_protocol::doc::{Upload, UploadItem};
use serde_json::{Value, json};

/// Lines of the log, the first first.
fn log(desk: &Desk) -> Vec<Value> {
    let page = json_of(&desk.manager.get(&desk.town, "/office/log?limit=200"));
    page["items"].as_array().unwrap().clone()
}

/// A request whose caller leaves without waiting for the answer.
fn asked_and_left(desk: &Desk, person: &Person, path: &str, body: &str) {
    let mut stream = TcpStream::connect(desk.town.address).unwrap();
    let request = format!(
        "POST {} HTTP/1.1\r\nhost: town\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        route(path),
        person.token,
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Both).unwrap();
}

/// C11: whoever acts and leaves before the answer has acted with a line in the log all the same, as often as they try; and
/// what a device did is told from what a token did.
#[test]
fn nobody_acts_without_a_line() {
    let desk = Desk::open();
    let office = Person::new(&desk.town, "office", &[]);
    let (shop, _) = desk.shops[0];
    let rest = format!("/shops/{shop}/transactions");
    let mut paid = Vec::new();
    for amount in 1..=6_u8 {
        // A wallet gets only so many allowances in an hour.
        desk.paid(&desk.wallet(100 + 3 * amount), desk.shops[0], u32::from(amount));
        let listed = json_of(&office.get(&desk.town, &rest));
        paid.push((listed["items"][0]["tran_id"].as_str().unwrap().to_owned(), amount));
    }
    let (device, rest_of) = (desk.device(shop, 41), paid.split_off(5));
    for (tran_id, amount) in &paid {
        let path = format!("/office/transactions/{tran_id}/cancel");
        asked_and_left(&desk, &office, &path, &json!({ "amount": amount }).to_string());
    }
    let (tran_id, amount) = &rest_of[0];
    let body = json!({ "amount": amount }).to_string();
    let path = format!("/shops/{shop}/transactions/{tran_id}/cancel");
    let by_device = signed(&desk.town, &device, "POST", &path, body.as_bytes());
    assert_eq!(by_device.status, 200, "{}", by_device.text());

    // What is begun goes to its end, so that in the end each cancellation has its line.
    for (tran_id, _) in &paid {
        let one = json_of(&office.get(&desk.town, &format!("/office/transactions/{tran_id}")));
        let lines = || {
            log(&desk)
                .into_iter()
                .filter(|line| line["target"] == tran_id.as_str())
                .count()
        };
        while one["active"] == false && lines() == 0 {
            std::thread::yield_now();
        }
    }
    let lines = log(&desk);
    let line = lines.iter().find(|line| line["target"] == tran_id.as_str()).unwrap();
    assert_eq!((&line["token"], &line["deed"]), (&json!(0), &json!("cancel")));
    assert!(line["device"].as_u64().unwrap() > 0, "{line}");
    let by_token = lines.iter().find(|line| line["deed"] == "programmes").unwrap();
    assert_eq!(
        (&by_token["token"], &by_token["device"]),
        (&json!(desk.manager.id), &Value::Null)
    );
    // Page by page, and for whoever answers for the office alone.
    let first = json_of(&desk.manager.get(&desk.town, "/office/log?limit=1"));
    let next = format!("/office/log?after={}", first["next"].as_str().unwrap());
    let others = json_of(&desk.manager.get(&desk.town, &next));
    assert_eq!(others["items"].as_array().unwrap().len(), lines.len() - 1);
    assert_eq!(
        office.get(&desk.town, "/office/log").problem(),
        (403, "role".to_owned())
    );
}

/// A file that is asked for and not read; dropping it lets it go.
fn unread(desk: &Desk, person: &Person) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(desk.town.address).unwrap();
    let request = format!(
        "GET {} HTTP/1.1\r\nhost: town\r\nauthorization: Bearer {}\r\n\r\n",
        route("/office/export/transactions"),
        person.token
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    (stream, String::from_utf8_lossy(&status[9..]).into_owned())
}

/// Files that nobody reads keep no payment waiting: an upload of more documents than one thread takes goes through beside
/// as many of them as there may be.
#[test]
fn files_nobody_reads_stop_no_payment() {
    let desk = Desk::open();
    let people: Vec<Person> = (0..20).map(|_| Person::new(&desk.town, "viewer", &[])).collect();
    let open: Vec<(TcpStream, String)> = people
        .iter()
        .flat_map(|person| [unread(&desk, person), unread(&desk, person)])
        .collect();
    assert!(open.iter().all(|(_, status)| status == "200" || status == "429"));
    let wallet = desk.wallet(51);
    let allowance = wallet.allowance(&desk.town);
    let intent = wallet.pays(&allowance, desk.shops[0], 100);
    let items = vec![
        UploadItem {
            document: Bytes(intent.bytes().to_vec()),
            evidence: None,
        };
        40
    ];
    assert_eq!(desk.town.post("upload", &Upload { items }.encode()).status, 200);
    drop(open);
}

/// The audit and the log are for managers; folders and orders for the bank, which have every shop's account, are not for
/// whoever only looks.
#[test]
fn whoever_looks_sees_no_bank_account() {
    let desk = Desk::open();
    let viewer = Person::new(&desk.town, "viewer", &[]);
    let office = Person::new(&desk.town, "office", &[]);
    let refused = (403, "role".to_owned());
    for path in [
        "/office/programmes",
        "/office/settlements/1/1/transfer",
        "/office/audit",
    ] {
        assert_eq!(viewer.get(&desk.town, path).problem(), refused, "{path}");
    }
    assert_eq!(office.get(&desk.town, "/office/audit").problem(), refused);
    let folder = json_of(&office.get(&desk.town, "/office/programmes"));
    assert!(folder["files"]["shops.csv"].as_str().unwrap().contains("普通"));
    let audited = json_of(&desk.manager.get(&desk.town, "/office/audit"));
    assert_eq!(audited["violations"], json!([]));
}

/// The last day there is has no day after it that sorts behind it.
#[test]
fn all_days_have_an_end() {
    let desk = Desk::open();
    let (shop, _) = desk.shops[0];
    desk.paid(&desk.wallet(61), desk.shops[0], 700);
    let days = "from=2020-01-01&to=9999-12-31";
    let listed = json_of(
        &desk
            .manager
            .get(&desk.town, &format!("/shops/{shop}/transactions?{days}")),
    );
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let results = json_of(
        &desk
            .manager
            .get(&desk.town, &format!("/shops/{shop}/results?{days}&by=month")),
    );
    assert_eq!(results["items"].as_array().unwrap().len(), 1);
    let file = desk
        .manager
        .get(&desk.town, &format!("/shops/{shop}/export/transactions?{days}"));
    assert_eq!(
        file.text().matches("\r\n700,").count() + file.text().matches(",700,").count(),
        1,
        "{}",
        file.text()
    );
}

/// The document is the same each time it is asked for.
#[test]
fn the_document_stays_the_same() {
    let desk = Desk::open();
    let [one, two] = [0, 1].map(|_| desk.town.exchange("GET", &route("/openapi.json"), &[], b""));
    assert_eq!(json_of(&one), json_of(&two));
    assert!(one.head.contains("content-type: application/json"), "{}", one.head);
}
