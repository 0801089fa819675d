//! A draw as anybody checks it, files that are cut off, and tokens: against whoever answers.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

use crate::town::{Ran, kinchaku};
use data_encoding::HEXLOWER;
use kinchaku_protocol::rules::draw::{ALGORITHM, Application, ApplicationId, commitment, draw, list_digest};
use serde_json::{Value, json};

/// Answers everything with these bytes; gives its address.
fn answering(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let _ = stream.write_all(&answer);
        }
    });
    address
}

fn saying(value: &Value) -> String {
    let body = value.to_string();
    let length = body.len();
    answering(
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
        .into_bytes(),
    )
}

/// Five applications for 40 lots.
fn published() -> Value {
    let seed = [7; 32];
    let wishes = [(1, 30), (2, 5), (3, 12), (4, 30), (5, 1)];
    let applications = wishes.map(|(n, wanted)| Application {
        id: ApplicationId([n; 16]),
        wanted,
    });
    let outcome: Vec<Value> = draw(&seed, &applications, 40, 30)
        .unwrap()
        .iter()
        .map(|place| json!({ "id": place.id.to_string(), "wanted": place.wanted, "won": place.won }))
        .collect();
    json!({
        "algorithm": ALGORITHM,
        "commitment": HEXLOWER.encode(&commitment(&seed)),
        "list": HEXLOWER.encode(&list_digest(&applications)),
        "seed": HEXLOWER.encode(&seed),
        "stock": 40, "most": 30,
        "closed_at": "2024-04-27T00:00:00+09:00", "drawn_at": "2024-05-01T10:00:00+09:00",
        "outcome": outcome, "next": null,
    })
}

fn verified(published: &Value, more: &[&str]) -> Ran {
    let address = saying(published);
    kinchaku(
        &[
            &["office", "--server", &address, "--muni", "1", "sale", "verify", "1"],
            more,
        ]
        .concat(),
        "",
    )
}

/// F078: anybody draws again, without a token, and is told what was checked or what is not as promised.
#[test]
fn a_draw_is_checked_by_drawing_again() {
    let good = published();
    let ran = verified(&good, &[]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert_eq!(ran.out.matches("[OK]").count(), 4, "{ran:?}");
    assert!(ran.out.contains("当選40口は、用意した40口を超えません。"), "{ran:?}");
    let said = verified(&good, &["--json"]).json();
    assert_eq!(
        (&said["schema"], &said["verified"], &said["won"]),
        (&1.into(), &true.into(), &40.into())
    );
    verified(&good, &["--commitment", &"00".repeat(32)]).failed(4, "K-834");

    for (place, value, code) in [
        ("seed", json!("00".repeat(32)), "K-835"),
        ("list", json!("00".repeat(32)), "K-836"),
        ("stock", json!(39), "K-839"),
        ("most", json!(5), "K-838"),
        ("drawn_at", Value::Null, "K-832"),
    ] {
        let mut wrong = good.clone();
        wrong[place] = value;
        if place == "drawn_at" {
            wrong["seed"] = Value::Null;
        }
        verified(&wrong, &[]).failed(4, code);
    }
    let mut favour = good.clone();
    favour["outcome"][4]["won"] = json!(5);
    verified(&favour, &[]).failed(4, "K-839");
    let mut newer = good;
    newer["algorithm"] = json!("kinchaku-draw-2");
    verified(&newer, &[]).failed(1, "K-833");
}

/// A network that goes away in the middle of a file leaves neither half of it nor anything beside it.
#[test]
fn a_file_is_there_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "kct_test").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let cut = b"HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\ntransfer-encoding: chunked\r\n\r\n6\r\ntranId\r\n";
    let address = answering(cut.to_vec());
    let file = folder.path().join("file.csv").display().to_string();
    let token = token.display().to_string();
    let who = ["office", "--server", &address, "--muni", "1", "--token-file", &token];
    let export = ["export", "transactions", "--out", &file];
    kinchaku(&[&who[..], &export].concat(), "").failed(3, "K-876");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    // What was there before stays as it was.
    std::fs::write(&file, "whole").unwrap();
    kinchaku(&[&who[..], &export].concat(), "").failed(3, "K-876");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "whole");

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o644)).unwrap();
        kinchaku(&[&who[..], &["me"]].concat(), "").failed(4, "K-851");
    }
    kinchaku(&["office", "me"], "").failed(2, "K-850");
    let from = ["office", "--token-fd", "0", "me"];
    kinchaku(&from, "kct_test\n").failed(2, "K-854");
}
