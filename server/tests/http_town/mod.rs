//! A town with its server on a real socket and a real SQLite file, and devices that speak to it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use kinchaku_protocol::api::{EnrolAnswer, EnrolRequest, Nonce, PayKey, PullRequest};
use kinchaku_protocol::doc::field::{Bytes, Field, from_bytes, to_bytes};
use kinchaku_protocol::doc::{
    Allowance, ClockReading, Device, Document as _, Gate, Intent, KeySet, KeyUse, Page, Part, Quality, Received, Role,
    Verified,
};
use kinchaku_protocol::http_signature::{self, SignedHeaders};
use kinchaku_protocol::ids::{MarkId, Pid, Ref};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::signature::{Signer as _, SoftwareSigner};
use kinchaku_protocol::time::Time;
use kinchaku_server::books::Books;
use kinchaku_server::clock;
use kinchaku_server::config::TownConfig;
use kinchaku_server::http::{App, Listening};
use kinchaku_server::keys::{self, Passphrase, Roots, TownKeys};
use kinchaku_server::telemetry::Metrics;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

pub const MUNI: u64 = 1;
const TOKEN: &str = "the token of this test";

/// A running server. Dropping it stops it.
pub struct Town {
    pub folder: tempfile::TempDir,
    pub keys: Arc<TownKeys>,
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Town {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let roots = Roots::Sealed(Passphrase::new("a purse with a cord".to_owned()).unwrap());
        let keys = Arc::new(keys::init(&path, &roots, clock::now()).unwrap());
        let config = TownConfig::new(MUNI);
        config.save(&path).unwrap();
        Self::run(folder, keys)
    }

    fn run(folder: tempfile::TempDir, keys: Arc<TownKeys>) -> Self {
        let database = format!("sqlite:{}", folder.path().join("books.db").display());
        let (stop, stopped) = oneshot::channel();
        let (ready, address) = std::sync::mpsc::channel();
        let theirs = keys.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let config = TownConfig::new(MUNI);
                let books = Arc::new(Books::open(&database, &config, &theirs, clock::now()).await.unwrap());
                let socket = Listening::on("127.0.0.1:0".parse().unwrap(), false).await.unwrap();
                ready.send(socket.address()).unwrap();
                let metrics = Metrics::of_this_process().unwrap();
                let token = Zeroizing::new(TOKEN.to_owned());
                let app = App::new(books.clone(), theirs, metrics, token, false).unwrap();
                let stop = async { stopped.await.unwrap_or_default() };
                socket.serve(app, stop).await.unwrap();
                books.close().await;
            });
        });
        Self {
            folder,
            keys,
            address: address.recv().unwrap(),
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Stops the server as SIGTERM does and waits until it has stopped.
    pub fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    /// The same town, started again.
    pub fn restart(mut self) -> Self {
        self.stop();
        let keys = self.keys.clone();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        Self::run(folder, keys)
    }

    /// Sends bytes as they are; reads the answer to its end.
    pub fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        // A server that refuses early closes before everything is written.
        let _ = stream.write_all(request);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_lowercase(),
            body: bytes[end + 4..].to_vec(),
        }
    }

    pub fn exchange(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: town\r\nconnection: close\r\n");
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        self.raw(&[request.as_bytes(), body].concat())
    }

    pub fn get(&self, route: &str) -> Answer {
        self.exchange("GET", &path(route), &[("kinchaku-version", "1")], b"")
    }

    pub fn post(&self, route: &str, body: &[u8]) -> Answer {
        let headers = [("kinchaku-version", "1"), ("content-type", "application/cbor")];
        self.exchange("POST", &path(route), &headers, body)
    }

    pub fn post_signed(&self, route: &str, body: &[u8], signed: &SignedHeaders) -> Answer {
        let headers = [
            ("kinchaku-version", "1"),
            ("content-type", "application/cbor"),
            ("content-digest", signed.content_digest.as_str()),
            ("signature-input", signed.signature_input.as_str()),
            ("signature", signed.signature.as_str()),
        ];
        self.exchange("POST", &path(route), &headers, body)
    }

    /// What an operator asks.
    pub fn office(&self, request: &Value) -> Answer {
        let bearer = format!("Bearer {TOKEN}");
        let headers = [("authorization", bearer.as_str())];
        self.exchange("POST", &path("office"), &headers, request.to_string().as_bytes())
    }

    pub fn asked(&self, request: &Value) -> Value {
        let answer = self.office(request);
        assert_eq!(answer.status, 200, "{request}: {}", answer.text());
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// A coin class, a shop with one sheet.
    pub fn furnished(&self) -> (Pid, MarkId) {
        self.asked(&json!({ "do": "class_add", "class": 1, "service": "coin", "legal": null, "name": "南町コイン" }));
        let shop = self.asked(&json!({
            "do": "shop_add", "shop": null, "merchant": null, "name": "青空パン", "kana": "アオゾラパン",
            "romaji": "AOZORA PAN", "city": "MINAMI", "mcc": 5462, "postal": "", "sets": [1], "offline": "scan",
        }));
        let shop = shop["shop"].as_str().unwrap().to_owned();
        let mark = self.asked(&json!({ "do": "mark_add", "shop": shop, "mark": null, "label": "レジ1" }));
        let mark = mark["mark"].as_str().unwrap();
        (Pid::from_hex(&shop).unwrap(), MarkId::from_hex(mark).unwrap())
    }

    /// A resident's invitation: code and account.
    pub fn invited(&self) -> (String, u64) {
        let invitation = self.asked(&json!({ "do": "invite", "role": "wallet", "shop": null, "account": null }));
        (
            invitation["code"].as_str().unwrap().to_owned(),
            invitation["account"].as_u64().unwrap(),
        )
    }

    pub fn credit(&self, account: u64, amount: u64, key: &str) -> String {
        let answer = self.asked(&json!({
            "do": "credit", "account": account, "class": 1, "amount": amount, "until": null, "set": 0, "key": key,
        }));
        answer["tran_id"].as_str().unwrap().to_owned()
    }

    /// The key of the town that signs this.
    pub fn key(&self, usage: KeyUse) -> kinchaku_protocol::signature::PublicKey {
        self.keys.signer(usage, clock::now()).unwrap().public_key()
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn cbor<T: Field>(&self) -> T {
        assert_eq!(self.status, 200, "{}", self.text());
        assert!(self.head.contains("content-type: application/cbor"), "{}", self.head);
        from_bytes(&self.body).unwrap()
    }

    /// The stable code of a problem, with everything a problem must have.
    pub fn problem(&self) -> (u16, String) {
        assert!(
            self.head.contains("content-type: application/problem+json"),
            "{}",
            self.head
        );
        assert!(self.head.contains("kinchaku-version: 1"), "{}", self.head);
        let value: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(value["status"], self.status);
        let code = value["code"].as_str().unwrap().to_owned();
        assert_eq!(value["type"], format!("urn:kinchaku:problem:{code}"));
        (self.status, code)
    }
}

pub fn path(route: &str) -> String {
    format!("/v1/{MUNI}/{route}")
}

/// A device with its keys.
pub struct Gadget {
    pub sync: SoftwareSigner,
    pub pay: SoftwareSigner,
    pub reference: Ref,
}

impl Gadget {
    /// Two keys from one seed; not enrolled.
    pub fn new(seed: u8) -> Self {
        Self {
            sync: SoftwareSigner::from_scalar(&[seed; 32]).unwrap(),
            pay: SoftwareSigner::from_scalar(&[seed + 1; 32]).unwrap(),
            reference: Ref([0; 16]),
        }
    }

    pub fn enrol_request(&self, town: &Town, code: &str, role: Role) -> EnrolRequest {
        let nonce: Nonce = town.get("nonce").cbor();
        let pay = (role == Role::Wallet).then(|| self.pay.public_key());
        let challenge = EnrolRequest::challenge(role, &nonce.nonce.0, &self.sync.public_key(), pay.as_ref());
        EnrolRequest {
            code: code.to_owned(),
            role,
            nonce: nonce.nonce,
            sync_key: self.sync.public_key(),
            sync_proof: self.sync.sign(&challenge).unwrap(),
            pay: pay.map(|key| PayKey {
                key,
                proof: self.pay.sign(&challenge).unwrap(),
            }),
        }
    }

    /// Enrols it; everything in the answer is verified from the root.
    pub fn enrolled(mut self, town: &Town, code: &str, role: Role) -> Self {
        let request = self.enrol_request(town, code, role);
        let answer: EnrolAnswer = town.post("enrol", &to_bytes(&request)).cbor();
        let keyset = Received::<KeySet>::read(&answer.keyset.0).unwrap();
        let keyset = keyset.verify(&town.keys.roots()[0]).unwrap();
        let device = Received::<Device>::read(&answer.device.0).unwrap();
        let ca = keyset.find(device.kid(), KeyUse::DEVICE_CA).unwrap().key;
        let device = device.verify(&ca).unwrap();
        assert_eq!(device.sync_key, self.sync.public_key());
        self.reference = device.to_ref();
        self
    }

    pub fn signed(&self, route: &str, body: &[u8], nonce: u8, at: Time) -> SignedHeaders {
        http_signature::sign("POST", &path(route), body, self.reference, [nonce; 16], at, &self.sync).unwrap()
    }

    /// Asks with a fresh signature.
    pub fn asks(&self, town: &Town, route: &str, body: &[u8]) -> Answer {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).unwrap();
        let signed = http_signature::sign(
            "POST",
            &path(route),
            body,
            self.reference,
            nonce,
            clock::now(),
            &self.sync,
        );
        town.post_signed(route, body, &signed.unwrap())
    }

    pub fn allowance(&self, town: &Town) -> Verified<Allowance> {
        let request = kinchaku_protocol::api::AllowanceRequest {
            close: None,
            at_most: None,
        };
        let answer = self.asks(town, "allowance", &to_bytes(&request));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let allowance = Received::<Allowance>::read(&answer.body).unwrap();
        let allowance = allowance.verify(&town.key(KeyUse::ISSUER)).unwrap();
        assert_eq!(allowance.device_key, self.pay.public_key());
        allowance
    }

    pub fn pulled(&self, town: &Town, cursor: &[u8], nonce: u8) -> Verified<Page> {
        let request = PullRequest {
            cursor: Bytes(cursor.to_vec()),
            nonce: Bytes(vec![nonce; 16]),
        };
        let answer = self.asks(town, "pull", &to_bytes(&request));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let page = Received::<Page>::read(&answer.body).unwrap();
        let page = page.verify(&town.key(KeyUse::FACT)).unwrap();
        assert_eq!(page.nonce, Some(Bytes(vec![nonce; 16])));
        page
    }

    /// The first payment from an allowance.
    pub fn pays(&self, allowance: &Verified<Allowance>, (shop, mark): (Pid, MarkId), amount: u32) -> Verified<Intent> {
        let intent = Intent {
            authorisation: allowance.to_ref(),
            seq: 1,
            prev: allowance.to_ref(),
            shop,
            mark,
            parts: vec![Part {
                line: 0,
                amount: Amount::of(amount),
            }],
            occurred_at: clock::now(),
            clock: ClockReading {
                quality: Quality::Anchored,
                age: 1,
            },
            gate: Gate::PIN,
            shop_nonce: None,
        };
        intent.sign(&self.pay).unwrap()
    }
}
