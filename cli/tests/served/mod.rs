//! A town with the real server on a real socket, and its office.

mod folder;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;

use data_encoding::HEXLOWER;
use kinchaku_server::books::Books;
use kinchaku_server::clock;
use kinchaku_server::config::TownConfig;
use kinchaku_server::http::{App, Listening};
use kinchaku_server::keys::{self, Passphrase, Roots, TownKeys};
use kinchaku_server::telemetry::Metrics;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

const MUNI: u64 = 1;
const TOKEN: &str = "the token of this test";

/// A running server; dropping it stops it.
pub struct Served {
    pub folder: tempfile::TempDir,
    pub address: String,
    pub roots: Vec<String>,
    socket: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let roots = Roots::Sealed(Passphrase::new("a purse with a cord".to_owned()).unwrap());
        let keys = Arc::new(keys::init(&path, &roots, clock::now()).unwrap());
        TownConfig::new(MUNI).save(&path).unwrap();
        let database = format!("sqlite:{}", folder.path().join("books.db").display());
        let roots = keys.roots().iter().map(|root| HEXLOWER.encode(&root.0)).collect();
        let (stop, stopped) = oneshot::channel();
        let (ready, socket) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || serve(&database, keys, &ready, stopped));
        let socket: SocketAddr = socket.recv().unwrap();
        let address = format!("http://{socket}");
        Self {
            folder,
            address,
            roots,
            socket,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// What an operator asks.
    pub fn asked(&self, request: &Value) -> Value {
        let body = request.to_string();
        let head = format!(
            "POST /v1/{MUNI}/office HTTP/1.1\r\nhost: town\r\nconnection: close\r\nauthorization: Bearer {TOKEN}\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(self.socket).unwrap();
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{request}: {answer}");
        serde_json::from_str(body).unwrap()
    }

    /// One value class, one shop: its id and what its sheet says.
    pub fn furnished(&self) -> (String, String) {
        self.asked(&json!({ "do": "class_add", "class": 1, "service": "coin", "legal": null, "name": "南町コイン" }));
        let shop = self.asked(&json!({
            "do": "shop_add", "shop": null, "merchant": null, "name": "青空パン", "kana": "アオゾラパン",
            "romaji": "AOZORA PAN", "city": "MINAMI", "mcc": 5462, "postal": "", "sets": [1], "offline": "scan",
        }));
        let shop = shop["shop"].as_str().unwrap().to_owned();
        let mark = self.asked(&json!({ "do": "mark_add", "shop": shop, "mark": null, "label": "レジ1" }));
        (shop, mark["payload"].as_str().unwrap().to_owned())
    }

    /// A resident's code and account.
    pub fn invited(&self) -> (String, u64) {
        let said = self.asked(&json!({ "do": "invite", "role": "wallet", "shop": null, "account": null }));
        (
            said["code"].as_str().unwrap().to_owned(),
            said["account"].as_u64().unwrap(),
        )
    }

    pub fn shop_code(&self, shop: &str) -> String {
        let said = self.asked(&json!({ "do": "invite", "role": "shop", "shop": shop, "account": null }));
        said["code"].as_str().unwrap().to_owned()
    }

    pub fn credit(&self, account: u64, amount: u64) {
        self.asked(&json!({
            "do": "credit", "account": account, "class": 1, "amount": amount, "until": null, "set": 0, "key": "one",
        }));
    }

    /// A path in the town's folder.
    pub fn word(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// The words that name this town at enrolment.
    pub fn town(&self) -> Vec<&str> {
        let mut words = vec!["--server", self.address.as_str(), "--muni", "1"];
        self.roots.iter().for_each(|root| words.extend(["--root", root]));
        words
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
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop();
    }
}

fn serve(
    database: &str,
    keys: Arc<TownKeys>,
    ready: &std::sync::mpsc::Sender<SocketAddr>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async move {
        let books = Arc::new(
            Books::open(database, &TownConfig::new(MUNI), &keys, clock::now())
                .await
                .unwrap(),
        );
        let socket = Listening::on("127.0.0.1:0".parse().unwrap(), false).await.unwrap();
        ready.send(socket.address()).unwrap();
        let metrics = Metrics::of_this_process().unwrap();
        let app = App::new(books.clone(), keys, metrics, Zeroizing::new(TOKEN.to_owned()), false).unwrap();
        socket
            .serve(app, async { stopped.await.unwrap_or_default() })
            .await
            .unwrap();
        books.close().await;
    });
}
