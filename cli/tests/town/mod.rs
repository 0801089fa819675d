//! A town on disk without a server: folders of an enrolled wallet and of a shop's device, as a sync would
//! have left them, and the program run over them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use kinchaku_core::book::{allowances, documents, server_rows};
use kinchaku_core::clock::{Clock as _, SystemClock};
use kinchaku_core::draw::receipt_png;
use kinchaku_core::gate;
use kinchaku_core::home::{Home, Host, Town};
use kinchaku_core::key::DeviceKey as _;
use kinchaku_core::lock::{Brake, Pin};
use kinchaku_core::network::NoNetwork;
use kinchaku_core::open;
use kinchaku_core::store::StoreError;
use kinchaku_core::trust::{Roots, Trust};
use kinchaku_core::vault::FileVault;
use kinchaku_protocol::doc::field::{Bytes, to_bytes};
use kinchaku_protocol::doc::{
    Allowance, BalanceRow, Bulletin, ClassRow, Device, Document as _, KeyEntry, KeySet, KeyUse, Limits, PaperTier,
    ReserveLine, Role, Row, ShopRow, Table, Verified,
};
use kinchaku_protocol::ids::{ClassId, MarkId, Pid, ServiceType, SetId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::mpm::shop_mark::{Offline, ShopMark};
use kinchaku_protocol::signature::{PublicKey, Signer as _, SoftwareSigner};
use kinchaku_protocol::symbol::{Level, Luma, Symbol};
use kinchaku_protocol::time::{DAY_SECONDS, Time};
use serde_json::Value;

pub const PIN: &str = "2580\n";
pub const BAKERY: (Pid, MarkId) = (Pid([0x51; 8]), MarkId([1; 4]));
pub const GROCER: (Pid, MarkId) = (Pid([0x52; 8]), MarkId([2; 4]));

/// An address nobody answers at: port 9 is discard.
pub const NOBODY: &str = "http://127.0.0.1:9";

/// What a run of the program gave.
#[derive(Debug)]
pub struct Ran {
    pub status: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The one object on standard output.
    pub fn json(&self) -> Value {
        assert_eq!(self.out.lines().count(), 1, "{self:?}");
        serde_json::from_str(&self.out).unwrap()
    }

    /// The problem of a run for people: exit status, and its code on standard error alone.
    pub fn failed(&self, status: i32, code: &str) {
        assert_eq!(self.status, Some(status), "{self:?}");
        assert!(self.err.contains(&format!("({code})")), "{self:?}");
        assert!(!self.out.contains(code), "{self:?}");
    }
}

/// Runs the program with these words and this on its standard input.
pub fn kinchaku(words: &[&str], input: &str) -> Ran {
    finish(command(words), input.as_bytes())
}

/// The program, not started: what it says is caught.
pub fn command(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kinchaku"));
    command.args(words).env_remove("NO_COLOR").env("TERM", "xterm");
    command
}

pub fn finish(mut command: Command, input: &[u8]) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that asks for nothing may be gone by now.
    let _ = child.stdin.take().unwrap().write_all(input);
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    Ran {
        status: status.code(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

/// A town, and a folder for everything in it.
pub struct Place {
    pub folder: tempfile::TempDir,
    /// Where its devices think the server is.
    pub address: String,
    now: Time,
    keyset: Verified<KeySet>,
    bulletin: Verified<Bulletin>,
}

impl Place {
    pub fn new() -> Self {
        let now = SystemClock::new().wall();
        let uses = [
            KeyUse::ISSUER,
            KeyUse::FACT,
            KeyUse::BULLETIN,
            KeyUse::DEVICE_CA,
            KeyUse::SHOP_MARK,
        ];
        let keys = (0_u8..).zip(uses).map(|(number, usage)| {
            let key = key(number).public_key();
            let (not_before, expires) = (now.before(DAY_SECONDS), now.after(365 * DAY_SECONDS));
            KeyEntry {
                kid: key.kid(),
                key,
                usage,
                not_before,
                expires,
            }
        });
        let keyset = KeySet {
            version: 1,
            keys: keys.collect(),
            next_root: None,
        };
        let bulletin = Bulletin {
            epoch: 1,
            made_at: now.before(60),
            revoked: vec![],
            dead: vec![],
            directory: 1,
            keyset: 1,
            crisis: None,
        };
        Self {
            folder: tempfile::tempdir().unwrap(),
            address: NOBODY.to_owned(),
            now,
            keyset: keyset.sign(&root()).unwrap(),
            bulletin: bulletin.sign(&key(2)).unwrap(),
        }
    }

    /// A path in the town's folder.
    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same, for a command line.
    pub fn word(&self, name: &str) -> String {
        self.at(name).display().to_string()
    }

    /// A wallet with 10,000 coin, 5,000 points, 3,000 voucher for shops of set 1, and a paper tier.
    pub fn wallet(&self, name: &str) -> String {
        self.wallet_until(name, self.now.after(7 * DAY_SECONDS))
    }

    /// The same, its allowance ending at another time.
    pub fn wallet_until(&self, name: &str, until: Time) -> String {
        let home = self.device(name, Role::Wallet, Pid([0xAA; 8]), true);
        let pin = Pin::parse(PIN.trim()).unwrap();
        let pay = gate::set_up(&home, &pin, Brake::FLOOR).unwrap();
        let allowance = self.allowance(pay.public_key(), until);
        let classes = [
            (ClassId(1), ServiceType::Money, "巾着コイン"),
            (ClassId(2), ServiceType::Points, "美村ポイント"),
            (ClassId(3), ServiceType::Voucher, "南町商品券"),
        ];
        let written = home.store().write(|db| {
            for (class, service, name) in classes {
                let row = ClassRow {
                    class,
                    service_type: service.number(),
                    name: name.to_owned(),
                };
                server_rows::apply(db, &put(Table::Class, to_bytes(&class), to_bytes(&row)))?;
                let balance = BalanceRow {
                    class,
                    remaining: Amount::of(20_000),
                    held: Amount::ZERO,
                };
                server_rows::apply(db, &put(Table::Balance, to_bytes(&class), to_bytes(&balance)))?;
            }
            allowances::add(db, &allowance, self.now)?;
            Ok::<_, StoreError>(())
        });
        written.unwrap();
        self.word(name)
    }

    /// A device of the bakery with one sheet.
    pub fn till(&self, name: &str) -> String {
        let home = self.device(name, Role::Shop, BAKERY.0, true);
        let row = ShopRow {
            shop: BAKERY.0,
            name: "ベーカリー美村".to_owned(),
            kana: "ベーカリーミムラ".to_owned(),
            sets: vec![SetId(1)],
            marks: vec![BAKERY.1],
            offline: 1,
        };
        let row = put(Table::Shop, BAKERY.0.0.to_vec(), to_bytes(&row));
        home.store()
            .write(|db| Ok::<_, StoreError>(server_rows::apply(db, &row)?))
            .unwrap();
        self.word(name)
    }

    /// A folder that was opened and never enrolled.
    pub fn stranger(&self, name: &str) -> String {
        drop(self.device(name, Role::Wallet, Pid([0xAA; 8]), false));
        self.word(name)
    }

    fn device(&self, name: &str, role: Role, owner: Pid, enrolled: bool) -> Home {
        let folder = self.at(name);
        let host = Host {
            vault: Arc::new(FileVault::open(&folder.join("vault")).unwrap()),
            clock: Arc::new(SystemClock::new()),
            network: Arc::new(NoNetwork),
            roots: Roots::new(vec![root().public_key()]),
        };
        let (home, _) = open(&folder, host).unwrap();
        if !enrolled {
            return home;
        }
        let sync_key = home.sync_key().unwrap().public_key();
        let window = vec![self.now.before(60), self.now.after(30 * DAY_SECONDS)];
        let device = Device {
            role,
            owner,
            sync_key,
            window,
            level: 1,
        }
        .sign(&key(3))
        .unwrap();
        let written = home.store().write(|db| {
            Town {
                address: self.address.clone(),
                muni: 1,
            }
            .save(db)?;
            documents::put(db, &self.keyset)?;
            documents::put(db, &self.bulletin)?;
            documents::put(db, &device)?;
            home.anchor(db, self.now)
        });
        written.unwrap();
        home.set_trust(Trust::from_stored(self.keyset.clone()));
        home
    }

    fn allowance(&self, device_key: PublicKey, until: Time) -> Verified<Allowance> {
        let day = self.now.day().plus(90);
        let line = |class, amount, set| ReserveLine {
            class: ClassId(class),
            amount: Amount::of(amount),
            day,
            set,
        };
        let allowance = Allowance {
            holder: Pid([0xAB; 8]),
            device_key,
            lines: vec![
                line(1, 10_000, SetId::ANYWHERE),
                line(2, 5_000, SetId::ANYWHERE),
                line(3, 3_000, SetId(1)),
            ],
            limits: Limits {
                per_payment: Amount::of(3_000),
                per_shop_day: Amount::of(5_000),
                per_holder: Amount::of(10_000),
                soft_count: 24,
                hard_count: 30,
            },
            window: vec![until.before(7 * DAY_SECONDS), until],
            level: 1,
            epoch: 1,
            child_daily: None,
            guardian: None,
            crisis: None,
            paper: Some(PaperTier {
                per_payment: Amount::of(1_000),
                per_day: 2,
            }),
        };
        allowance.sign(&key(0)).unwrap()
    }

    /// A picture of this text, drawn as a code.
    pub fn picture(&self, name: &str, text: &str) -> String {
        let symbol = Symbol::bytes(text, Level::M).unwrap();
        std::fs::write(self.at(name), receipt_png(&symbol, 4).unwrap()).unwrap();
        self.word(name)
    }

    pub fn now(&self) -> Time {
        self.now
    }
}

/// What the bakery's sheet says.
pub fn sheet(offline: Offline) -> String {
    sheet_of(BAKERY, offline, &key(4))
}

/// What a shop's sheet says, signed by this key.
pub fn sheet_of((shop, mark): (Pid, MarkId), offline: Offline, signer: &SoftwareSigner) -> String {
    let content = ShopMark {
        shop,
        mark,
        kid: signer.public_key().kid(),
        sets: [SetId(1)].into(),
        offline,
        name: "BAKERY MIMURA".to_owned(),
        city: "MIMURA".to_owned(),
        language: "JA".to_owned(),
        local_name: "ベーカリー美村".to_owned(),
        local_city: None,
        postal_code: None,
        mcc: "5462".to_owned(),
    };
    content.sign(signer).unwrap()
}

/// The town's key for a use, in the order of its key set.
pub fn key(number: u8) -> SoftwareSigner {
    SoftwareSigner::from_scalar(&[0x60 + number; 32]).unwrap()
}

/// The town's root.
pub fn root() -> SoftwareSigner {
    SoftwareSigner::from_scalar(&[0x51; 32]).unwrap()
}

fn put(table: Table, key: Vec<u8>, value: Vec<u8>) -> Row {
    Row {
        table,
        key: Bytes(key),
        value: Some(Bytes(value)),
    }
}

/// A picture with nothing in it.
pub fn blank(path: &Path) {
    grey(path, 64, &[255; 64 * 64]);
}

/// A picture of two codes, one beside the other.
pub fn two_codes(path: &Path, left: &str, right: &str) {
    let [left, right] = [left, right].map(|text| Symbol::bytes(text, Level::M).unwrap().luma(4));
    let height = left.side.max(right.side);
    let row = |luma: &Luma, y: usize| match luma.pixels.chunks(luma.side).nth(y) {
        Some(row) => row.to_vec(),
        None => vec![255; luma.side],
    };
    let pixels: Vec<u8> = (0..height)
        .flat_map(|y| [row(&left, y), row(&right, y)].concat())
        .collect();
    grey(path, left.side + right.side, &pixels);
}

fn grey(path: &Path, width: usize, pixels: &[u8]) {
    let size = [width, pixels.len() / width].map(|side| u32::try_from(side).unwrap());
    let mut encoder = png::Encoder::new(std::fs::File::create(path).unwrap(), size[0], size[1]);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(pixels).unwrap();
}

/// Whether a folder holds a file with this end.
pub fn has_file(folder: &Path, end: &str) -> bool {
    let files = std::fs::read_dir(folder).unwrap();
    files
        .flatten()
        .any(|file| file.file_name().to_string_lossy().contains(end))
}
