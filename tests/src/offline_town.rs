//! A town in memory. Devices get their documents and rows as a sync would have left them, through the
//! same book the flows use.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kinchaku_core::book::{allowances, documents, server_rows};
use kinchaku_core::clock::SettableClock;
use kinchaku_core::gate;
use kinchaku_core::home::{Home, Host, Town};
use kinchaku_core::key::DeviceKey as _;
use kinchaku_core::lock::{Brake, Pin};
use kinchaku_core::network::{Network, NoNetwork};
use kinchaku_core::store::{OpenError, StoreError};
use kinchaku_core::trust::{Roots, Trust};
use kinchaku_core::vault::FileVault;
use kinchaku_core::{OpenReport, open};
use kinchaku_protocol::doc::field::{Bytes, to_bytes};
use kinchaku_protocol::doc::{
    Allowance, BalanceRow, Bulletin, ClassRow, Device, Document as _, KeyEntry, KeySet, KeyUse, Limits, ReserveLine,
    Role, Row, ShopRow, Table, Verified,
};
use kinchaku_protocol::ids::{ClassId, MarkId, Pid, ServiceType, SetId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::mpm::shop_mark::{Offline, ShopMark};
use kinchaku_protocol::signature::{PublicKey, Signer as _, SoftwareSigner};
use kinchaku_protocol::time::{DAY_SECONDS, Time};

/// When every scenario begins: 2026-11-21 10:00 in Japan.
pub const START: Time = Time(1_795_222_800);

/// コイン.
pub const COIN: ClassId = ClassId(1);
/// ポイント.
pub const POINTS: ClassId = ClassId(2);
/// 商品券.
pub const VOUCHER: ClassId = ClassId(3);

/// The PIN of every wallet here.
pub const PIN: &str = "2580";

/// A town.
pub struct OfflineTown {
    root: SoftwareSigner,
    operations: SoftwareSigner,
    /// The key set, signed by the root.
    pub keyset: Verified<KeySet>,
    /// The bulletin in force.
    pub bulletin: Verified<Bulletin>,
    /// The caps in every allowance.
    pub limits: Limits,
}

/// A device: its folder, its clock and its opened home.
pub struct TestDevice {
    /// Where it lives.
    pub folder: PathBuf,
    /// Its clock.
    pub clock: Arc<SettableClock>,
    /// Its home, opened.
    pub home: Home,
    roots: Roots,
}

impl Default for OfflineTown {
    fn default() -> Self {
        Self::new()
    }
}

impl OfflineTown {
    /// A town with one operational key for every use and no stopped holder.
    #[must_use]
    pub fn new() -> Self {
        let root = SoftwareSigner::from_scalar(&[0x51; 32]).unwrap();
        let operations = SoftwareSigner::from_scalar(&[0x52; 32]).unwrap();
        let uses = [
            KeyUse::ISSUER,
            KeyUse::FACT,
            KeyUse::BULLETIN,
            KeyUse::DEVICE_CA,
            KeyUse::SHOP_MARK,
        ];
        let scalars: Vec<SoftwareSigner> = (0x60_u8..)
            .zip(uses)
            .map(|(byte, _)| SoftwareSigner::from_scalar(&[byte; 32]).unwrap())
            .collect();
        let keys = scalars
            .iter()
            .zip(uses)
            .map(|(signer, usage)| KeyEntry {
                kid: signer.public_key().kid(),
                key: signer.public_key(),
                usage,
                not_before: START.before(DAY_SECONDS),
                expires: START.after(3_650 * DAY_SECONDS),
            })
            .collect();
        let keyset = KeySet {
            version: 1,
            keys,
            next_root: None,
        }
        .sign(&root)
        .unwrap();
        let bulletin = Bulletin {
            epoch: 1,
            made_at: START,
            revoked: vec![],
            dead: vec![],
            directory: 1,
            keyset: 1,
            crisis: None,
        };
        let bulletin = bulletin.sign(&scalars[2]).unwrap();
        Self {
            root,
            operations,
            keyset,
            bulletin,
            limits: Limits {
                per_payment: Amount::of(3_000),
                per_shop_day: Amount::of(5_000),
                per_holder: Amount::of(10_000),
                soft_count: 24,
                hard_count: 30,
            },
        }
    }

    /// The town's key for a use, in the order of the key set.
    #[must_use]
    pub fn key(usage: usize) -> SoftwareSigner {
        SoftwareSigner::from_scalar(&[0x60 + u8::try_from(usage).unwrap(); 32]).unwrap()
    }

    /// The issuer's key.
    #[must_use]
    pub fn issuer() -> SoftwareSigner {
        Self::key(0)
    }

    /// What apps of this town are built with.
    #[must_use]
    pub fn roots(&self) -> Roots {
        Roots::new(vec![self.root.public_key()])
    }

    /// A key of somebody who is not the town.
    #[must_use]
    pub const fn stranger(&self) -> &SoftwareSigner {
        &self.operations
    }

    /// The printed code of a shop's sheet.
    #[must_use]
    pub fn sheet(&self, shop: Pid, mark: MarkId, offline: Offline) -> String {
        let signer = Self::key(4);
        let content = ShopMark {
            shop,
            mark,
            kid: signer.public_key().kid(),
            sets: [SetId(1)].into(),
            offline,
            name: "BAKERY".to_owned(),
            city: "MIMURA".to_owned(),
            language: "JA".to_owned(),
            local_name: "ベーカリー美村".to_owned(),
            local_city: None,
            postal_code: None,
            mcc: "5462".to_owned(),
        };
        content.sign(&signer).unwrap()
    }

    /// A wallet with a PIN and an allowance of 10,000 coin, 5,000 points and 3,000 voucher (set 1 only).
    #[must_use]
    pub fn wallet(&self, folder: &Path) -> TestDevice {
        let device = self.device(folder, Role::Wallet, Pid([0xAA; 8]));
        let pin = Pin::parse(PIN).unwrap();
        let pay = gate::set_up(&device.home, &pin, Brake::cheap_for_tests()).unwrap();
        let allowance = self.allowance(pay.public_key());
        device
            .home
            .store()
            .write(|db| {
                for (class, service, name) in [
                    (COIN, ServiceType::Money, "巾着コイン"),
                    (POINTS, ServiceType::Points, "美村ポイント"),
                    (VOUCHER, ServiceType::Voucher, "南町商品券"),
                ] {
                    let row = ClassRow {
                        class,
                        service_type: service.number(),
                        name: name.to_owned(),
                    };
                    put(db, Table::Class, to_bytes(&class), to_bytes(&row))?;
                    let balance = BalanceRow {
                        class,
                        remaining: Amount::of(20_000),
                        held: Amount::ZERO,
                    };
                    put(db, Table::Balance, to_bytes(&class), to_bytes(&balance))?;
                }
                allowances::add(db, &allowance, START)?;
                Ok::<_, StoreError>(())
            })
            .unwrap();
        device
    }

    /// An allowance for a payment key.
    #[must_use]
    pub fn allowance(&self, device_key: PublicKey) -> Verified<Allowance> {
        let day = START.day().plus(90);
        let line = |class, amount, set| ReserveLine {
            class,
            amount: Amount::of(amount),
            day,
            set,
        };
        let allowance = Allowance {
            holder: Pid([0xAB; 8]),
            device_key,
            lines: vec![
                line(COIN, 10_000, SetId::ANYWHERE),
                line(POINTS, 5_000, SetId::ANYWHERE),
                line(VOUCHER, 3_000, SetId(1)),
            ],
            limits: self.limits.clone(),
            window: vec![START, START.after(7 * DAY_SECONDS)],
            level: 1,
            epoch: 1,
            child_daily: None,
            guardian: None,
            crisis: None,
            paper: None,
        };
        allowance.sign(&Self::issuer()).unwrap()
    }

    /// An enrolled device of a shop with one sheet.
    #[must_use]
    pub fn till(&self, folder: &Path, shop: Pid, mark: MarkId) -> TestDevice {
        let device = self.device(folder, Role::Shop, shop);
        let row = ShopRow {
            shop,
            name: "ベーカリー美村".to_owned(),
            kana: "ベーカリーミムラ".to_owned(),
            sets: vec![SetId(1)],
            marks: vec![mark],
            offline: 1,
        };
        device
            .home
            .store()
            .write(|db| put(db, Table::Shop, shop.0.to_vec(), to_bytes(&row)))
            .unwrap();
        device
    }

    fn device(&self, folder: &Path, role: Role, owner: Pid) -> TestDevice {
        let device = TestDevice::open(folder, self.roots(), START).0;
        let sync_key = device.home.sync_key().unwrap().public_key();
        let document = Device {
            role,
            owner,
            sync_key,
            window: vec![START, START.after(30 * DAY_SECONDS)],
            level: 1,
        };
        let document = document.sign(&Self::key(3)).unwrap();
        device
            .home
            .store()
            .write(|db| {
                Town {
                    address: "http://127.0.0.1:9".to_owned(),
                    muni: 1,
                }
                .save(db)?;
                documents::put(db, &self.keyset)?;
                documents::put(db, &self.bulletin)?;
                documents::put(db, &document)?;
                device.home.anchor(db, START)?;
                Ok::<_, StoreError>(())
            })
            .unwrap();
        device.home.set_trust(Trust::from_stored(self.keyset.clone()));
        device
    }
}

impl TestDevice {
    /// Opens a folder as a device without a network.
    #[must_use]
    pub fn open(folder: &Path, roots: Roots, now: Time) -> (Self, OpenReport) {
        Self::open_with(folder, roots, Arc::new(SettableClock::new(now)), Arc::new(NoNetwork))
    }

    /// Opens a folder.
    #[must_use]
    pub fn open_with(
        folder: &Path,
        roots: Roots,
        clock: Arc<SettableClock>,
        network: Arc<dyn Network>,
    ) -> (Self, OpenReport) {
        let host = Host {
            vault: Arc::new(FileVault::open(&folder.join("vault")).unwrap()),
            clock: clock.clone(),
            network,
            roots: roots.clone(),
        };
        let (home, report) = unlocked(folder, &host);
        (
            Self {
                folder: folder.to_owned(),
                clock,
                home,
                roots,
            },
            report,
        )
    }

    /// Closes and opens it again, its clock as it was.
    #[must_use]
    pub fn reopen(self) -> (Self, OpenReport) {
        let Self {
            folder,
            clock,
            home,
            roots,
        } = self;
        drop(home);
        Self::open_with(&folder, roots, clock, Arc::new(NoNetwork))
    }
}

/// Opens a folder that nobody else uses. Where another test starts a program in the moment in which this one
/// closes a folder, that program holds its lock until it runs.
fn unlocked(folder: &Path, host: &Host) -> (Home, OpenReport) {
    for _ in 0..100_000 {
        match open(folder, host.clone()) {
            Err(OpenError::Locked) => std::thread::yield_now(),
            opened => return opened.unwrap(),
        }
    }
    panic!("{} stays locked", folder.display());
}

fn put(db: &rusqlite::Connection, table: Table, key: Vec<u8>, value: Vec<u8>) -> Result<(), StoreError> {
    let row = Row {
        table,
        key: Bytes(key),
        value: Some(Bytes(value)),
    };
    Ok(server_rows::apply(db, &row)?)
}
