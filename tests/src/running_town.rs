//! A town with the real server: two shops with devices, one with only paper, and residents, set up
//! through the operator's commands and enrolled through the API.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use kinchaku_core::clock::SettableClock;
use kinchaku_core::enrol::{Enrolment, Invitation, enrol};
use kinchaku_core::home::Town;
use kinchaku_core::lock::{Brake, Pin};
use kinchaku_core::network::{HttpNetwork, Network, NoNetwork};
use kinchaku_core::sync::{SyncReport, sync};
use kinchaku_core::trust::Roots;
use kinchaku_protocol::ids::Pid;
use kinchaku_protocol::signature::PublicKey;
use kinchaku_protocol::time::Time;
use serde_json::Value;

use crate::database::{Kind, fresh};
use crate::offline_town::{COIN, PIN, POINTS, TestDevice, VOUCHER};
use crate::program::Program;

/// A shop with its printed sheet.
#[derive(Clone, Debug)]
pub struct Counter {
    /// The shop.
    pub shop: Pid,
    /// What its sheet says.
    pub sheet: String,
}

/// A town whose server runs.
pub struct RunningTown {
    /// Everything of it, devices too.
    pub folder: tempfile::TempDir,
    /// The server.
    pub server: Program,
    /// What wallets are told of it.
    pub town: Town,
    /// What apps of this town are built with.
    pub roots: Roots,
    /// Has a device.
    pub bakery: Counter,
    /// Has a device.
    pub greengrocer: Counter,
    /// Has only paper.
    pub stall: Counter,
    devices: u32,
}

/// What a resident has to begin with: coin, points and voucher.
pub const PURSE: [u64; 3] = [12_000, 3_000, 5_000];

impl RunningTown {
    /// Sets a town up and starts its server; `None`, said in a visible line, where there is no such database.
    #[must_use]
    pub fn start(kind: Kind, test: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let database = fresh(kind, folder.path(), test)?;
        let mut server = Program::new(folder.path(), database);
        let made = server.init_keys();
        let address = server.start(None).unwrap();
        for (class, service, name) in [
            (COIN, "coin", "美村コイン"),
            (POINTS, "points", "美村ポイント"),
            (VOUCHER, "voucher", "南町商品券"),
        ] {
            let class = class.to_string();
            let _ = server.office(&["class", "add", "--class", &class, "--service", service, "--name", name]);
        }
        let counters = [("b1", "scan"), ("b2", "scan"), ("b3", "paper")];
        let [bakery, greengrocer, stall] =
            counters.map(|(byte, offline)| counter(&server, folder.path(), byte, offline));
        Some(Self {
            folder,
            server,
            town: Town { address, muni: 1 },
            roots: Roots::new(roots_in(&made)),
            bakery,
            greengrocer,
            stall,
            devices: 0,
        })
    }

    /// Stops the server and starts it again. Its rate limits begin anew: what towns do in hours, a test does
    /// in a second.
    pub fn restart(&mut self) {
        assert!(self.server.stop());
        self.server.start(None).unwrap();
    }

    /// A resident's wallet, enrolled, with [`PURSE`] and an allowance over all of it.
    #[must_use]
    pub fn resident(&mut self) -> TestDevice {
        self.resident_with_account().0
    }

    /// As [`RunningTown::resident`], with the account's number.
    #[must_use]
    pub fn resident_with_account(&mut self) -> (TestDevice, u64) {
        let (code, account) = self.invited();
        let wallet = self.device(true);
        self.enrol_wallet(&wallet, &code);
        self.credit(account, PURSE);
        assert!(synced(&wallet).new_allowance);
        (wallet, account)
    }

    /// An invitation for a new resident: code and account.
    #[must_use]
    pub fn invited(&self) -> (String, u64) {
        let invited = self.server.office(&["invite", "--role", "wallet"]);
        (word(&invited, "code"), invited["account"].as_u64().unwrap())
    }

    /// Enrols a wallet.
    pub fn enrol_wallet(&self, wallet: &TestDevice, code: &str) {
        let pin = Pin::parse(PIN).unwrap();
        let brake = Brake::cheap_for_tests();
        enrol(
            &wallet.home,
            &self.invitation(code),
            &Enrolment::Wallet { pin: &pin, brake },
        )
        .unwrap();
    }

    /// What a device is told to enrol.
    #[must_use]
    pub fn invitation(&self, code: &str) -> Invitation {
        Invitation {
            town: self.town.clone(),
            code: code.to_owned(),
        }
    }

    /// Coin, points and voucher for an account.
    pub fn credit(&self, account: u64, amounts: [u64; 3]) {
        let until = wall().day().plus(120).to_string();
        let account = account.to_string();
        for ((class, amount), more) in [COIN, POINTS, VOUCHER].into_iter().zip(amounts).zip([
            &[][..],
            &["--until", &until][..],
            &["--until", &until, "--set", "1"][..],
        ]) {
            let (class, amount) = (class.to_string(), amount.to_string());
            let key = format!("{account}-{class}");
            let mut words = vec![
                "credit",
                "--account",
                &account,
                "--class",
                &class,
                "--amount",
                &amount,
                "--key",
                &key,
            ];
            words.extend(more);
            let _ = self.server.office(&words);
        }
    }

    /// More coin for an account, once for each `key`.
    pub fn add_coin(&self, account: u64, amount: u64, key: &str) {
        let (account, class, amount) = (account.to_string(), COIN.to_string(), amount.to_string());
        let key = format!("{account}-{key}");
        let words = [
            "credit",
            "--account",
            &account,
            "--class",
            &class,
            "--amount",
            &amount,
            "--key",
            &key,
        ];
        let _ = self.server.office(&words);
    }

    /// A shop's device, enrolled and synced.
    #[must_use]
    pub fn till(&mut self, shop: Pid) -> TestDevice {
        let invited = self
            .server
            .office(&["invite", "--role", "shop", "--shop", &shop.to_string()]);
        let till = self.device(true);
        enrol(&till.home, &self.invitation(&word(&invited, "code")), &Enrolment::Shop).unwrap();
        synced(&till);
        till
    }

    /// A device in a folder of its own, not enrolled.
    #[must_use]
    pub fn device(&mut self, network: bool) -> TestDevice {
        self.devices += 1;
        let folder = self.folder.path().join(format!("device-{}", self.devices));
        self.open(&folder, network)
    }

    /// Opens a device as it lies in its folder.
    #[must_use]
    pub fn open(&self, folder: &Path, network: bool) -> TestDevice {
        open(folder, &self.roots, &self.town.address, network)
    }

    /// Closes a device and opens it again, with a network or without.
    #[must_use]
    pub fn reopened(&self, device: TestDevice, network: bool) -> TestDevice {
        let folder: PathBuf = device.folder.clone();
        drop(device);
        self.open(&folder, network)
    }

    /// Trial balances, shops' lists and what forks cost.
    #[must_use]
    pub fn books(&self) -> Value {
        let books = self.server.office(&["books"]);
        for class in list(&books, "classes") {
            let sum: i64 = list(class, "books").iter().map(|book| number(book, "sum")).sum();
            assert_eq!((sum, number(class, "sum")), (0, 0), "the trial balance of {class}");
        }
        books
    }

    /// The audit, which must find nothing wrong.
    pub fn audited(&self) -> Value {
        let audit = self.server.office(&["audit"]);
        assert!(list(&audit, "violations").is_empty(), "{audit}");
        audit
    }

    /// What a shop is owed, over all classes.
    #[must_use]
    pub fn owed(&self, shop: Pid) -> i64 {
        owed_in(&self.books(), shop)
    }
}

/// What a shop is owed by these books, over all classes.
#[must_use]
pub fn owed_in(books: &Value, shop: Pid) -> i64 {
    let shops = list(books, "shops")
        .iter()
        .filter(|row| word(row, "shop") == shop.to_string());
    shops
        .flat_map(|row| list(row, "payable"))
        .map(|owed| number(owed, "sum"))
        .sum()
}

/// A shop's sales in these books: intent, status and total.
#[must_use]
pub fn sales_in(books: &Value, shop: Pid) -> Vec<(String, String, i64)> {
    let shops = list(books, "shops")
        .iter()
        .filter(|row| word(row, "shop") == shop.to_string());
    let sales = shops.flat_map(|row| list(row, "sales"));
    sales
        .map(|sale| (word(sale, "intent"), word(sale, "status"), number(sale, "total")))
        .collect()
}

/// Opens a device that speaks to a server at this address.
#[must_use]
pub fn open(folder: &Path, roots: &Roots, address: &str, network: bool) -> TestDevice {
    let network: Arc<dyn Network> = if network {
        Arc::new(HttpNetwork::new(address, &[]).unwrap())
    } else {
        Arc::new(NoNetwork)
    };
    TestDevice::open_with(folder, roots.clone(), Arc::new(SettableClock::new(wall())), network).0
}

/// A sync that must succeed.
pub fn synced(device: &TestDevice) -> SyncReport {
    sync(&device.home, true).unwrap_or_else(|error| panic!("{error}"))
}

/// The wall clock, which the server goes by.
#[must_use]
pub fn wall() -> Time {
    Time(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}

/// A list in an answer; empty where it is not there.
#[must_use]
pub fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A text in an answer.
#[must_use]
pub fn word(value: &Value, name: &str) -> String {
    value
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no {name} in {value}"))
        .to_owned()
}

/// A number in an answer.
#[must_use]
pub fn number(value: &Value, name: &str) -> i64 {
    value
        .get(name)
        .and_then(Value::as_i64)
        .unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// A shop whose id and sheet are this byte, eight and four times.
fn counter(server: &Program, folder: &Path, byte: &str, offline: &str) -> Counter {
    let (shop, mark) = (byte.repeat(8), byte.repeat(4));
    let sets = if offline == "paper" { "2" } else { "1" };
    let name = format!("店{byte}");
    let _ = server.office(&[
        "shop",
        "add",
        "--shop",
        &shop,
        "--name",
        &name,
        "--kana",
        "ミセ",
        "--romaji",
        "MISE",
        "--city",
        "MIMURA",
        "--sets",
        sets,
        "--offline",
        offline,
    ]);
    let out = folder.join("sheets");
    let made = server.office(&[
        "mark",
        "add",
        "--shop",
        &shop,
        "--mark",
        &mark,
        "--out",
        &out.to_string_lossy(),
    ]);
    Counter {
        shop: Pid::from_hex(&shop).unwrap(),
        sheet: word(&made, "payload"),
    }
}

fn roots_in(made: &Value) -> Vec<PublicKey> {
    let key = |root: &Value| {
        let bytes = data_encoding::HEXLOWER.decode(word(root, "key").as_bytes()).unwrap();
        PublicKey(bytes.try_into().unwrap())
    };
    list(made, "roots").iter().map(key).collect()
}
