//! T10: two server processes on one database, under a load of uploads. The one that keeps the lane is killed, and
//! later another is stopped in its tracks and wakes up again: each time the other takes over, every payment that
//! was acknowledged is in the books once and for good, and no epoch of the lease is written under by two.

use crate::support;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use crate::support::{TOWN, World, item};
use kinchaku_protocol::api;
use kinchaku_protocol::doc::{Answer, AnswerItem, Fact, FactKind, Received, Upload};
use kinchaku_server::clock;
use kinchaku_server::command::TownRules;
use kinchaku_server::config::TownConfig;
use kinchaku_server::keys::{self, Passphrase, Roots};
use serde_json::Value;
use tokio_postgres::NoTls;

const WALLETS: usize = 20;
const PAYMENTS: usize = 25;
const YEN: u32 = 100;

/// Acknowledged payments after which the keeper of the lane is killed; after which the next one is paused.
const KILLED_AT: usize = 150;
const PAUSED_AT: usize = 300;

/// How long a client waits for an answer before it asks another server.
const PATIENCE: Duration = Duration::from_secs(2);

/// A server as a process of its own.
struct Process {
    child: Child,
    said: Mutex<Option<BufReader<ChildStdout>>>,
    address: OnceLock<String>,
}

impl Process {
    /// Starts it; it listens as soon as the lane is its own, or when it has waited for it long enough.
    fn start(database: &str, keys: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kinchaku-server"))
            .args(["--json", "serve", "--listen", "127.0.0.1:0", "--behind-tls-proxy"])
            .env("KINCHAKU_DATABASE", database)
            .env("KINCHAKU_KEYS", keys)
            .env_remove("KINCHAKU_FAULT")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            said: Mutex::new(Some(said)),
            address: OnceLock::new(),
        }
    }

    /// Where it listens; waits until it does.
    fn address(&self) -> &str {
        let mut said = self.said.lock().unwrap();
        if let Some(mut said) = said.take() {
            let mut line = String::new();
            said.read_line(&mut line).unwrap();
            let value: Value = serde_json::from_str(&line).unwrap();
            let address = value["listening"].as_str().unwrap().trim_start_matches("http://");
            self.address.set(address.to_owned()).unwrap();
        }
        self.address.get().unwrap()
    }

    fn signal(&self, name: &str) {
        // A child that has not been waited for keeps its number, so this reaches nobody else.
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    fn ready(&self) -> bool {
        exchange(self.address(), "GET /readyz", &[]).is_some_and(|(status, _)| status == 200)
    }

    /// The signed fact of a payment, or the status of a refusal; none where nobody answered.
    fn upload(&self, document: &[u8]) -> Option<Result<Vec<u8>, u16>> {
        let body = Upload {
            items: vec![item(document)],
        };
        let (status, body) = exchange(self.address(), "POST /v1/13204/upload", &body.encode())?;
        if status != 200 {
            return Some(Err(status));
        }
        match Answer::decode(&body).unwrap().items.pop() {
            Some(AnswerItem::Fact(fact)) => Some(Ok(fact.0)),
            other => panic!("no fact but {other:?}"),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Dead already where the test meant it to be; a paused one dies of this too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One request; none where it was not answered.
fn exchange(address: &str, line: &str, body: &[u8]) -> Option<(u16, Vec<u8>)> {
    let mut stream = send(address, line, body)?;
    receive(&mut stream)
}

fn send(address: &str, line: &str, body: &[u8]) -> Option<TcpStream> {
    static PEER: AtomicUsize = AtomicUsize::new(0);
    // Everybody comes from somewhere else: limits are another test's affair.
    let [_, _, _, _, _, a, b, c] = PEER.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "{line} HTTP/1.1\r\nhost: town\r\nconnection: close\r\nx-forwarded-for: 10.{a}.{b}.{c}\r\n\
         content-type: {}\r\n{}: {}\r\ncontent-length: {}\r\n\r\n",
        api::CBOR,
        api::VERSION_HEADER,
        api::VERSION,
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body).ok()?;
    Some(stream)
}

fn receive(stream: &mut TcpStream) -> Option<(u16, Vec<u8>)> {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).ok()?;
    let end = all.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&all[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, all[end + 4..].to_vec()))
}

fn posted(fact: &[u8]) -> bool {
    Received::<Fact>::read(fact).unwrap().claims().kind == FactKind::Posted
}

/// Payments that are to be uploaded, and what became of them.
struct Load {
    payments: Vec<Vec<u8>>,
    next: AtomicUsize,
    acknowledged: Mutex<BTreeMap<usize, Vec<u8>>>,
}

impl Load {
    /// Uploads from several hands at once until `most` are acknowledged, each to the servers in turn.
    fn until(&self, most: usize, servers: &[&Process]) {
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    while self.acknowledged.lock().unwrap().len() < most {
                        let number = self.next.fetch_add(1, Ordering::SeqCst);
                        let Some(document) = self.payments.get(number) else {
                            return;
                        };
                        let fact = std::iter::repeat(servers)
                            .flatten()
                            .find_map(|server| server.upload(document).and_then(Result::ok));
                        let fact = fact.unwrap();
                        assert!(posted(&fact));
                        self.acknowledged.lock().unwrap().insert(number, fact);
                    }
                });
            }
        });
    }
}

/// Who wrote under which epoch, in the order of the facts.
const WITNESS: &str = "
    create table witness (fact bigint, epoch bigint, backend bigint);
    create function witness() returns trigger language plpgsql as $$ begin
        insert into witness select new.number, epoch, pg_backend_pid() from lane_lease where muni = new.muni;
        return new;
    end $$;
    create trigger witness after insert on facts for each row execute function witness();";

fn keys_of_the_town(folder: &Path) -> (PathBuf, PathBuf, kinchaku_server::command::Signers) {
    let (one, other) = (folder.join("one"), folder.join("other"));
    let roots = Roots::Sealed(Passphrase::new("a purse with a cord".to_owned()).unwrap());
    let keys = keys::init(&one, &roots, clock::now()).unwrap();
    TownConfig::new(TOWN.muni).save(&one).unwrap();
    keys.identity(true).unwrap();
    // The other machine has the same keys, in a folder of its own.
    std::fs::create_dir(&other).unwrap();
    for file in std::fs::read_dir(&one).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), other.join(file.file_name())).unwrap();
    }
    let signers = keys.signers(clock::now()).unwrap();
    (one, other, signers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_takes_over_and_two_never_both_write() {
    let Some(fresh) = support::database::postgres("takeover").await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (one, other, signers) = keys_of_the_town(folder.path());
    let mut world = World::kept_by(fresh.store.clone(), TOWN, TownRules::default(), signers, clock::now()).await;
    let mut payments = Vec::new();
    for _ in 0..WALLETS {
        let mut wallet = world.payer(YEN * u32::try_from(PAYMENTS).unwrap()).await;
        payments.extend((0..PAYMENTS).map(|_| wallet.pays(world.a.pid, YEN).bytes));
    }
    world.lane.drain().await;
    let (client, connection) = tokio_postgres::connect(&fresh.address, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(WITNESS).await.unwrap();
    // Some are kept back for the server that will not have noticed that its time is over.
    let late = payments.split_off(payments.len() - 8);
    let load = Load {
        payments,
        next: AtomicUsize::new(0),
        acknowledged: Mutex::default(),
    };

    let database = fresh.address.clone();
    tokio::task::block_in_place(|| {
        let first = Process::start(&database, &one);
        load.until(1, &[&first]);
        let second = Process::start(&database, &other);
        std::thread::scope(|scope| {
            scope.spawn(|| load.until(PAUSED_AT, &[&first, &second]));
            while load.acknowledged.lock().unwrap().len() < KILLED_AT {
                std::thread::yield_now();
            }
            first.signal("-KILL");
        });
        assert!(second.ready());
        let third = Process::start(&database, &one);
        second.signal("-STOP");
        // Sent while it stands still; it reads them when it wakes up, and believes that the lane is its own.
        let mut waiting: Vec<TcpStream> = late
            .iter()
            .map(|document| {
                let upload = Upload {
                    items: vec![item(document)],
                };
                send(second.address(), "POST /v1/13204/upload", &upload.encode()).unwrap()
            })
            .collect();
        load.until(load.payments.len(), &[&third]);
        assert!(third.ready());
        second.signal("-CONT");
        for stream in &mut waiting {
            assert_eq!(receive(stream).map(|(status, _)| status), Some(503));
        }
        assert!(!second.ready() && third.ready());
        // What was acknowledged by whichever server is said again, byte for byte, by the last one.
        let acknowledged = load.acknowledged.lock().unwrap();
        assert_eq!(acknowledged.len(), load.payments.len());
        for (number, fact) in &*acknowledged {
            assert_eq!(third.upload(&load.payments[*number]), Some(Ok(fact.clone())));
        }
        for document in &late {
            assert!(posted(&third.upload(document).unwrap().unwrap()));
        }
    });

    world.sound().await;
    let all = i64::try_from(WALLETS * PAYMENTS).unwrap();
    assert_eq!(world.owed(world.a.pid).await, all * i64::from(YEN));
    let counts = "select (select count(*) from intents), (select count(*) from entries where kind = 4), \
                  (select count(*) from business where operation = 2), (select count(*) from witness)";
    let row = client.query_one(counts, &[]).await.unwrap();
    assert_eq!([0, 1, 2, 3].map(|at| row.get::<_, i64>(at)), [all; 4], "each once");
    let epochs = "select epoch, count(distinct backend) from witness group by epoch";
    let epochs = client.query(epochs, &[]).await.unwrap();
    assert!(epochs.len() >= 3, "three processes have written");
    assert!(
        epochs.iter().all(|row| row.get::<_, i64>(1) == 1),
        "one writer an epoch"
    );
    let back = "select count(*) from witness a join witness b on b.fact > a.fact and b.epoch < a.epoch";
    assert_eq!(
        client.query_one(back, &[]).await.unwrap().get::<_, i64>(0),
        0,
        "never back"
    );
}
