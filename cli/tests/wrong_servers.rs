//! Whoever answers instead of the town's server: each its own sentence, nothing believed, nothing lost.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use crate::town::{PIN, Place, kinchaku, sheet};
use kinchaku_protocol::doc::{Answer, AnswerItem, Bulletin, Document as _};
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_protocol::signature::SoftwareSigner;

/// Answers everything with this status, these headers and this body; gives its address.
fn answering(status: &'static str, headers: &'static str, body: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that hangs up has its reasons.
            let _ = one(stream, status, headers, &body);
        }
    });
    address
}

fn one(mut stream: TcpStream, status: &str, headers: &str, body: &[u8]) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
    )?;
    stream.write_all(body)
}

const OURS: &str = "kinchaku-version: 1\r\ncontent-type: application/cbor\r\n";

/// Pays at home, then syncs with whoever answers.
fn synced(answers: String, status: i32, code: &str) {
    let mut place = Place::new();
    place.address = answers;
    let home = place.wallet("wallet");
    let shop = sheet(Offline::Scan);
    let words = [
        "wallet",
        "--home",
        &home,
        "--offline",
        "pay",
        "--text",
        &shop,
        "--amount",
        "500",
        "--yes",
    ];
    assert_eq!(
        kinchaku(&[&words[..], &["--pin-fd", "0"]].concat(), PIN).status,
        Some(0)
    );
    kinchaku(&["wallet", "--home", &home, "sync"], "").failed(status, code);
    let after = kinchaku(&["wallet", "--home", &home, "history", "--json"], "").json();
    assert_eq!(after["state"], "signed");
    let waiting = kinchaku(&["wallet", "--home", &home, "status", "--json"], "").json();
    assert_eq!(waiting["waiting"], 1);
}

#[test]
fn nonsense() {
    synced(answering("200 OK", OURS, b"not cbor at all".to_vec()), 1, "K-503");
}

/// A bulletin that reads well and that nobody of this town signed.
#[test]
fn a_forged_bulletin() {
    let stranger = SoftwareSigner::from_scalar(&[9; 32]).unwrap();
    let made_at = Place::new().now();
    let (revoked, dead) = (vec![], vec![]);
    let bulletin = Bulletin {
        epoch: 9,
        made_at,
        revoked,
        dead,
        directory: 1,
        keyset: 1,
        crisis: None,
    };
    let bulletin = bulletin.sign(&stranger).unwrap();
    synced(answering("200 OK", OURS, bulletin.bytes().to_vec()), 4, "K-505");
}

#[test]
fn another_version() {
    synced(
        answering("400 Bad Request", "kinchaku-version: 9\r\n", Vec::new()),
        1,
        "K-504",
    );
    synced(
        answering(
            "200 OK",
            "content-type: text/html\r\n",
            b"<p>Welcome to the hotel".to_vec(),
        ),
        1,
        "K-504",
    );
}

#[test]
fn busy() {
    synced(
        answering("503 Service Unavailable", "retry-after: 30\r\n", Vec::new()),
        3,
        "K-502",
    );
}

#[test]
fn refusing() {
    synced(answering("403 Forbidden", OURS, Vec::new()), 4, "K-506");
}

/// An unsigned OK is nothing, and paying goes on without it, saying so.
#[test]
fn an_unsigned_ok_is_nothing() {
    let said = Answer {
        items: vec![AnswerItem::Noted],
    }
    .encode();
    let mut place = Place::new();
    place.address = answering("200 OK", OURS, said);
    let home = place.wallet("wallet");
    let shop = sheet(Offline::Scan);
    let words = [
        "wallet", "--home", &home, "pay", "--text", &shop, "--amount", "500", "--yes", "--pin-fd", "0", "--json",
    ];
    let paid = kinchaku(&words, PIN);
    assert_eq!(
        (paid.status, &paid.json()["state"]),
        (Some(0), &"signed".into()),
        "{paid:?}"
    );
    assert!(paid.err.contains("[!]") && paid.err.contains("(K-503)"), "{paid:?}");
    let till = place.till("till");
    let receipt = paid.json()["receipt"].as_str().unwrap().to_owned();
    let relayed = kinchaku(&["shop", "--home", &till, "relay", "--text", &receipt, "--json"], "");
    assert_ne!(relayed.status, Some(0), "{relayed:?}");
    assert_ne!(relayed.json()["accepted"], true);
}
