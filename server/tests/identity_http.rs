//! Cards over HTTP and for the office, on a real socket; and nothing of anybody in any log line or file.

use crate::support::database;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use crate::card_town::{MUNI, NOW, Town, Wallet, town_keys};
use kinchaku_fixtures::card::persons::Person;
use kinchaku_protocol::api::{
    CardAnswer, ChallengeAnswer, ChallengeRequest, KeyIdAction, KeyIdAnswer, KeyIdOutcome, KeyIdRequest,
};
use kinchaku_protocol::doc::field::{Field, from_bytes, to_bytes};
use kinchaku_protocol::doc::{Fact, FactKind, Received};
use kinchaku_protocol::http_signature;
use kinchaku_protocol::jpki::statement::CardPurpose;
use kinchaku_server::clock;
use kinchaku_server::http::{App, Listening};
use kinchaku_server::keys::TownKeys;
use kinchaku_server::telemetry::Metrics;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

const TOKEN: &str = "the token of this test";

/// Everything this process logs, at every level.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn cbor<T: Field>(&self) -> T {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        from_bytes(&self.body).unwrap()
    }

    fn code(&self) -> (u16, String) {
        let value: Value = serde_json::from_slice(&self.body).unwrap();
        (self.status, value["code"].as_str().unwrap().to_owned())
    }
}

async fn exchange(to: SocketAddr, route: &str, headers: &[(&str, String)], body: &[u8]) -> Answer {
    let mut request = format!("POST /v1/{MUNI}/{route} HTTP/1.1\r\nhost: town\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(&[request.as_bytes(), body].concat()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head,
        body: bytes[end + 4..].to_vec(),
    }
}

async fn asks(to: SocketAddr, wallet: &Wallet, route: &str, body: &[u8]) -> Answer {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).unwrap();
    let path = format!("/v1/{MUNI}/{route}");
    let (reference, now) = (wallet.reference, clock::now());
    let signed = http_signature::sign("POST", &path, body, reference, nonce, now, &wallet.sync).unwrap();
    let headers = [
        ("kinchaku-version", "1".to_owned()),
        ("content-type", "application/cbor".to_owned()),
        ("content-digest", signed.content_digest),
        ("signature-input", signed.signature_input),
        ("signature", signed.signature),
    ];
    exchange(to, route, &headers, body).await
}

async fn office(to: SocketAddr, request: &Value) -> Answer {
    let headers = [("authorization", format!("Bearer {TOKEN}"))];
    exchange(to, "office", &headers, request.to_string().as_bytes()).await
}

async fn person(to: SocketAddr, what: &str, mut request: Value) -> Answer {
    request["do"] = "person".into();
    request["what"] = what.into();
    office(to, &request).await
}

async fn challenge(to: SocketAddr, wallet: &Wallet, purpose: CardPurpose) -> [u8; 32] {
    let body = to_bytes(&ChallengeRequest { purpose });
    let answer: ChallengeAnswer = asks(to, wallet, "card/challenge", &body).await.cbor();
    assert!(answer.until > NOW);
    answer.challenge
}

fn kind(answer: &CardAnswer) -> FactKind {
    Received::<Fact>::read(&answer.fact.0).unwrap().claims().kind
}

async fn serve(town: &Town) -> (SocketAddr, tokio::sync::oneshot::Sender<()>) {
    let socket = Listening::on("127.0.0.1:0".parse().unwrap(), false).await.unwrap();
    let address = socket.address();
    let keys = Arc::new(TownKeys::load(&town_keys().0).unwrap());
    let metrics = Metrics::of_this_process().unwrap();
    let token = Zeroizing::new(TOKEN.to_owned());
    let app = App::new(town.books.clone(), keys, metrics, token, false).unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    tokio::spawn(socket.serve(app, async { stopped.await.unwrap_or_default() }));
    (address, stop)
}

/// A link, logins right and wrong, a My Key ID, the office's looks and the end of a person: the answers are
/// the wallet's and the office's alone, and neither log nor database names anybody.
#[tokio::test]
async fn a_life_of_a_link_leaves_no_name_behind() {
    let lines = Lines::default();
    let theirs = lines.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || theirs.clone())
        .init();
    let fresh = database::sqlite().await;
    let mut town = Town::new(&fresh.address).await;
    town.now = clock::now();
    let (wallet, other) = (town.resident().await, town.resident().await);
    let (to, _stop) = serve(&town).await;

    let bytes = challenge(to, &wallet, CardPurpose::Link).await;
    let proof = to_bytes(&wallet.link(Person::Adult, &bytes));
    town.registry.is_silent(true);
    let waits = asks(to, &wallet, "card/proof", &proof).await;
    assert_eq!(waits.code(), (503, "card_status".to_owned()));
    assert!(waits.head.contains("retry-after: 30"), "{}", waits.head);
    town.registry.is_silent(false);
    let posted = asks(to, &wallet, "card/proof", &proof).await;
    let answer: CardAnswer = posted.cbor();
    assert_eq!(kind(&answer), FactKind::Posted);
    assert_eq!(asks(to, &wallet, "card/proof", &proof).await.body, posted.body);
    let unknown = to_bytes(&wallet.link(Person::Adult, &[3; 32]));
    let refused = asks(to, &wallet, "card/proof", &unknown).await;
    assert_eq!(refused.code(), (409, "challenge".to_owned()));
    let nonsense = asks(to, &wallet, "card/proof", &to_bytes(&7_u8)).await;
    assert_eq!(nonsense.code(), (400, "malformed".to_owned()));
    let guardian = to_bytes(&ChallengeRequest {
        purpose: CardPurpose::Guardian,
    });
    assert_eq!(asks(to, &wallet, "card/challenge", &guardian).await.code().0, 400);

    for (who, card) in [
        (&wallet, Person::Adult),
        (&wallet, Person::Elder),
        (&other, Person::Adult),
    ] {
        let bytes = challenge(to, who, CardPurpose::Login).await;
        let proof = to_bytes(&who.here(card, &bytes, CardPurpose::Login, None));
        asks(to, who, "card/proof", &proof).await.cbor::<CardAnswer>();
    }
    let bytes = challenge(to, &wallet, CardPurpose::KeyId).await;
    let proof = to_bytes(&wallet.here(Person::Adult, &bytes, CardPurpose::KeyId, None));
    asks(to, &wallet, "card/proof", &proof).await.cbor::<CardAnswer>();
    let choose = KeyIdRequest {
        action: KeyIdAction::Choose,
        id: Some("HANAKO01".to_owned()),
    };
    let chosen: KeyIdAnswer = asks(to, &wallet, "card/key-id", &to_bytes(&choose)).await.cbor();
    assert_eq!(chosen.outcome, KeyIdOutcome::Registered);

    let account = wallet.account;
    let resident = Person::Adult.card().resident;
    let shown = person(to, "show", json!({ "account": account })).await;
    let text = String::from_utf8(shown.body).unwrap();
    assert!(!text.contains(resident.name) && !text.contains("official"), "{text}");
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&value["level"], &value["has_key_id"]), (&json!(2), &json!(true)));
    assert_eq!(value["pending"].as_array().unwrap().len(), 1);
    let shown = person(to, "show", json!({ "account": account, "reveal": true })).await;
    let value: Value = serde_json::from_slice(&shown.body).unwrap();
    assert_eq!(value["official"]["name"], resident.name);
    assert_eq!(value["log"][0]["deed"], "revealed");
    let nobody = person(to, "show", json!({ "account": other.account })).await;
    assert_eq!(nobody.code(), (404, "no_person".to_owned()));
    let cards = office(to, &json!({ "do": "job", "job": "cards", "at": null })).await;
    let value: Value = serde_json::from_slice(&cards.body).unwrap();
    assert_eq!((&value["asked"], &value["lapsed"]), (&json!(0), &json!(0)));

    // While the person is there, and after the end: nothing in clear in any file of the database.
    let path = fresh.address.strip_prefix("sqlite:").unwrap().to_owned();
    let certificate = Person::Adult.content().jpki.sign.unwrap().certificate;
    let secrets: Vec<&[u8]> = vec![
        resident.name.as_bytes(),
        resident.address.as_bytes(),
        resident.birth.as_bytes(),
        b"HANAKO01",
        &certificate[64..128],
    ];
    nothing_of(&secrets, &path);
    let unsure = person(to, "erase", json!({ "account": account })).await;
    assert_eq!(unsure.code(), (409, "confirm".to_owned()));
    let erased = person(to, "erase", json!({ "account": account, "yes": true })).await;
    assert_eq!(erased.status, 200);
    let tie = person(to, "tie", json!({ "account": account, "pending": 1 })).await;
    assert_eq!(tie.code(), (404, "no_person".to_owned()));
    nothing_of(&secrets, &path);

    // Taps are rarer than other requests.
    let body = to_bytes(&ChallengeRequest {
        purpose: CardPurpose::Login,
    });
    let mut last = 200;
    for _ in 0..31 {
        last = asks(to, &other, "card/challenge", &body).await.status;
    }
    assert_eq!(last, 429);

    town.sound().await;
    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(
        logged.contains("card/proof") && logged.contains("card_status"),
        "the log was read"
    );
    for secret in [
        resident.name,
        resident.address,
        resident.birth,
        "花子",
        "山本",
        "HANAKO01",
    ] {
        assert!(!logged.contains(secret), "a log line names somebody");
    }
}

/// None of these bytes are in the files of this database.
fn nothing_of(secrets: &[&[u8]], path: &str) {
    for file in [path.to_owned(), format!("{path}-wal")] {
        let Ok(bytes) = std::fs::read(&file) else { continue };
        for secret in secrets {
            let found = bytes.windows(secret.len()).any(|window| window == *secret);
            assert!(!found, "{file}");
        }
    }
    assert!(std::fs::metadata(path).is_ok());
}
