//! The whole server of an offline town, in memory: it gives what a test lays on its desk, signed by the town's
//! keys, and keeps what it is sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use kinchaku_core::book::allowances;
use kinchaku_core::clock::{Clock as _, SettableClock};
use kinchaku_core::home::payment_public;
use kinchaku_core::network::{Network, NetworkError, Request, Response};
use kinchaku_core::store::StoreError;
use kinchaku_protocol::api::{Nonce, PullRequest};
use kinchaku_protocol::doc::field::{Bytes, from_bytes, to_bytes};
use kinchaku_protocol::doc::{
    Allowance, Answer, AnswerItem, BalanceRow, Document, Page, Received, Row, StateRoot, Table, Upload, Verified,
    kind_of,
};
use kinchaku_protocol::ids::{ClassId, Ref};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::signature::PublicKey;
use kinchaku_protocol::time::{DAY_SECONDS, Time};

use crate::offline_town::{COIN, OfflineTown, POINTS, TestDevice, VOUCHER};
use crate::scripted_server::{fact_key, honest, said};

/// What a page will say.
#[derive(Clone, Debug, Default)]
pub struct Leaf {
    /// Its rows.
    pub rows: Vec<Row>,
    /// Its facts.
    pub facts: Vec<Vec<u8>>,
    /// Whether it is part of a snapshot.
    pub snapshot: bool,
    /// Whether another one follows.
    pub more: bool,
}

/// What lies on the server's desk.
pub struct Desk {
    /// The bulletin in force.
    pub bulletin: Vec<u8>,
    /// The pages to come, or why one does not arrive; after them empty ones.
    pub pages: VecDeque<Result<Leaf, NetworkError>>,
    /// What it gives to a wallet that asks for an allowance; without one it refuses.
    pub allowance: Option<Vec<u8>>,
    /// The device document it gives.
    pub device: Vec<u8>,
    /// How it answers a document.
    pub answers: fn(&[u8]) -> AnswerItem,
    /// A document that fails any request it is in.
    pub stumbling_block: Option<Vec<u8>>,
    /// A route of which the next answer is lost on its way back.
    pub loses: Option<&'static str>,
    asked: Vec<Request>,
    uploaded: Vec<Vec<u8>>,
}

/// The server.
pub struct ScriptedTown {
    clock: Arc<SettableClock>,
    desk: Mutex<Desk>,
}

impl ScriptedTown {
    /// A server that goes by the clock of this device and, until it is told otherwise, tells the truth.
    #[must_use]
    pub fn new(town: &OfflineTown, device: &TestDevice) -> Arc<Self> {
        Arc::new(Self {
            clock: Arc::clone(&device.clock),
            desk: Mutex::new(Desk {
                bulletin: town.bulletin.bytes().to_vec(),
                pages: VecDeque::new(),
                allowance: None,
                device: device.home.device().unwrap().unwrap().bytes().to_vec(),
                answers: honest,
                stumbling_block: None,
                loses: None,
                asked: Vec::new(),
                uploaded: Vec::new(),
            }),
        })
    }

    /// The device with this server as its network.
    #[must_use]
    pub fn connected(self: &Arc<Self>, town: &OfflineTown, device: TestDevice) -> TestDevice {
        let TestDevice {
            folder, clock, home, ..
        } = device;
        drop(home);
        let network = Arc::clone(self);
        TestDevice::open_with(&folder, town.roots(), clock, network).0
    }

    /// What lies on its desk.
    pub fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap()
    }

    /// The next pull brings these rows.
    pub fn tell(&self, rows: Vec<Row>) {
        self.desk().pages.push_back(Ok(Leaf {
            rows,
            ..Leaf::default()
        }));
    }

    /// Every document that was uploaded, in order, as often as it came.
    #[must_use]
    pub fn uploaded(&self) -> Vec<Vec<u8>> {
        self.desk().uploaded.clone()
    }

    /// Every uploaded document of a kind.
    #[must_use]
    pub fn uploaded_of<D: Document>(&self) -> Vec<Received<D>> {
        let of_kind = |document: &Vec<u8>| kind_of(document) == Ok(D::KIND);
        let documents = self.uploaded().into_iter().filter(of_kind);
        documents.map(|document| Received::read(&document).unwrap()).collect()
    }

    /// The bodies of the requests for a route.
    #[must_use]
    pub fn asked(&self, route: &str) -> Vec<Vec<u8>> {
        let desk = self.desk();
        let asked = desk.asked.iter().filter(|request| request.path.ends_with(route));
        asked.map(|request| request.body.clone()).collect()
    }

    fn now(&self) -> Time {
        self.clock.read().wall
    }
}

impl Network for ScriptedTown {
    fn exchange(&self, request: &Request) -> Result<Response, NetworkError> {
        let now = self.now();
        let mut desk = self.desk();
        desk.asked.push(request.clone());
        let route = request.path.rsplit('/').next().unwrap();
        let response = match route {
            "upload" => desk.upload(&request.body),
            "pull" => said(200, desk.page(&request.body, now)?),
            "bulletin" => said(200, desk.bulletin.clone()),
            "nonce" => {
                let nonce = Bytes(vec![7; 16]);
                said(200, to_bytes(&Nonce { nonce, at: now }))
            }
            "device" | "unlock" => said(200, desk.device.clone()),
            "allowance" => match &desk.allowance {
                Some(allowance) => said(200, allowance.clone()),
                None => said(409, Vec::new()),
            },
            _ => said(404, Vec::new()),
        };
        if desk.loses == Some(route) {
            desk.loses = None;
            return Err(NetworkError::Timeout);
        }
        Ok(response)
    }
}

impl Desk {
    fn upload(&mut self, body: &[u8]) -> Response {
        let items = Upload::decode(body).unwrap().items;
        let documents: Vec<Vec<u8>> = items.into_iter().map(|item| item.document.0).collect();
        if documents
            .iter()
            .any(|document| Some(document) == self.stumbling_block.as_ref())
        {
            return said(500, Vec::new());
        }
        let items = documents.iter().map(|document| (self.answers)(document)).collect();
        self.uploaded.extend(documents);
        said(200, Answer { items }.encode())
    }

    fn page(&mut self, body: &[u8], at: Time) -> Result<Vec<u8>, NetworkError> {
        let leaf = self.pages.pop_front().unwrap_or_else(|| Ok(Leaf::default()))?;
        let page = Page {
            cursor: Bytes(vec![1]),
            rows: leaf.rows,
            facts: leaf.facts.into_iter().map(Bytes).collect(),
            root: StateRoot {
                balance: Amount::ZERO,
                reserved: Amount::ZERO,
                negative: Amount::ZERO,
            },
            at,
            epoch: 1,
            more: leaf.more,
            snapshot: leaf.snapshot.then_some(true),
            nonce: Some(from_bytes::<PullRequest>(body).unwrap().nonce),
        };
        Ok(page.sign(&fact_key()).unwrap().bytes().to_vec())
    }
}

/// What an account has of a class, and how much of it is held for allowances.
#[must_use]
pub fn balance(class: ClassId, remaining: u32, held: u32) -> Row {
    let row = BalanceRow {
        class,
        remaining: Amount::of(remaining),
        held: Amount::of(held),
    };
    row_of(Table::Balance, to_bytes(&class), to_bytes(&row))
}

/// An account of which the wallet's first allowance holds everything, but for this much coin.
#[must_use]
pub fn account(free_coin: u32) -> Vec<Row> {
    vec![
        balance(COIN, free_coin.saturating_add(10_000), 10_000),
        balance(POINTS, 5_000, 5_000),
        balance(VOUCHER, 3_000, 3_000),
    ]
}

/// The server knows this allowance to be open.
#[must_use]
pub fn open_allowance(reference: Ref) -> Row {
    row_of(Table::Allowance, reference.0.to_vec(), to_bytes(&Amount::ZERO))
}

/// A row with a value.
#[must_use]
pub fn row_of(table: Table, key: Vec<u8>, value: Vec<u8>) -> Row {
    Row {
        table,
        key: Bytes(key),
        value: Some(Bytes(value)),
    }
}

/// The allowance a wallet spends.
#[must_use]
pub fn in_use(wallet: &TestDevice) -> Option<Verified<Allowance>> {
    let store = wallet.home.store();
    store.read(|db| Ok::<_, StoreError>(allowances::in_use(db)?)).unwrap()
}

/// The key a wallet pays with.
#[must_use]
pub fn payment_key(wallet: &TestDevice) -> PublicKey {
    wallet.home.store().read(|db| payment_public(db)).unwrap().unwrap()
}

/// An allowance of a town for a key, issued at a time.
#[must_use]
pub fn issued(town: &OfflineTown, key: PublicKey, at: Time) -> Verified<Allowance> {
    let allowance = town.allowance(key);
    let mut claims = Received::<Allowance>::read(allowance.bytes()).unwrap().claims().clone();
    claims.window = vec![at, at.after(7 * DAY_SECONDS)];
    claims.sign(&OfflineTown::issuer()).unwrap()
}
