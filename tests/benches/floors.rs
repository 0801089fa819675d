//! What the wallet costs above its floors. Every ratio is measured in this one run, in interleaved
//! rounds, so that the machine cancels out; medians and the spread over rounds are printed.
//!
//! - P1: confirm → receipt QR ready ÷ (one P-256 signature + two FULL commits + one vault write + one QR)
//! - P2: a shop's verification ÷ two P-256 verifications, each from the key as it is held
//! - P7: open with 10,000 history rows ÷ (raw-key open + one query)
//! - S1: a signature check by ring ÷ the same by p256: why the server's front and the shops check with ring
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops where it cannot go on"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kinchaku_core::book::server_rows;
use kinchaku_core::clock::SettableClock;
use kinchaku_core::gate;
use kinchaku_core::key::DeviceKey;
use kinchaku_core::lock::Pin;
use kinchaku_core::pay::{self, PaidReceipt, Shop};
use kinchaku_core::receive::{Counter, verify};
use kinchaku_core::store::{Store, StoreError};
use kinchaku_core::trust::Trust;
use kinchaku_core::vault::{self, FileVault, Record};
use kinchaku_core::view;
use kinchaku_protocol::cose::{Envelope, to_be_signed};
use kinchaku_protocol::doc::field::{Bytes, to_bytes};
use kinchaku_protocol::doc::{Allowance, Document as _, Gate, HistoryRow, Intent, Quality, Receipt, Row, Table};
use kinchaku_protocol::ids::{MarkId, Pid, SetId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_protocol::rules::split::Choice;
use kinchaku_protocol::signature::Signer as _;
use kinchaku_protocol::symbol::{Level, Symbol};
use kinchaku_tests::offline_town::{COIN, OfflineTown, PIN, START, TestDevice};
use rusqlite::params;

const ROUNDS: usize = 15;
const SHOP: Pid = Pid([7; 8]);
const MARK: MarkId = MarkId([7; 4]);

fn main() {
    println!("medians of {ROUNDS} interleaved rounds; spread = lowest..highest round");
    payment();
    verification();
    opening();
    ring_against_p256();
}

/// One line of the table.
fn report(name: &str, bound: f64, floors: &[Duration], works: &[Duration]) {
    let mut ratios: Vec<f64> = works
        .iter()
        .zip(floors)
        .map(|(work, floor)| work.as_secs_f64() / floor.as_secs_f64())
        .collect();
    ratios.sort_by(f64::total_cmp);
    let middle = ratios[ratios.len() / 2];
    println!(
        "{name}: floor {:>9.1?}  ours {:>9.1?}  ratio {middle:.2} ({:.2}..{:.2})  bound {bound:.2}  {}",
        median(floors),
        median(works),
        ratios[0],
        ratios[ratios.len() - 1],
        if middle <= bound { "ok" } else { "ABOVE" },
    );
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times[times.len() / 2]
}

/// The 95th percentile of many single times.
fn p95(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() * 95 / 100]
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

fn shop() -> Shop {
    Shop {
        shop: SHOP,
        mark: MARK,
        name: "ベーカリー美村".to_owned(),
        sets: vec![SetId(1)],
        offline: Offline::Scan,
    }
}

/// Several payments a round, each allowance has room for 30.
const PAYMENTS: usize = 20;

fn payment() {
    let town = OfflineTown::new();
    let (mut floors, mut works) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        let wallet = town.wallet(folder.path());
        let key = gate::open(&wallet.home, &Pin::parse(PIN).unwrap()).unwrap();
        let raw = RawFloor::new(folder.path());
        let (mut ours, mut floor) = (vec![], vec![]);
        for _ in 0..PAYMENTS {
            let quote = pay::quote(
                &wallet.home,
                &shop(),
                Amount::of(50),
                &Choice::Automatic { points: false },
                false,
            )
            .unwrap();
            let (receipt, time) = timed(|| {
                let prepared = pay::prepare(&wallet.home, &quote, Gate::PIN.and(Gate::DUPLICATE_OK)).unwrap();
                let receipt = pay::confirm(&wallet.home, prepared, &key).unwrap();
                let symbol = receipt.symbol().unwrap();
                (receipt, symbol)
            });
            ours.push(time);
            let text = receipt.0.full;
            floor.push(timed(|| raw.run(&key, &text)).1);
        }
        works.push(p95(ours));
        floors.push(p95(floor));
    }
    report("P1 confirm to receipt QR (p95)", 1.25, &floors, &works);
}

/// The least a payment can cost in the same settings.
struct RawFloor {
    store: Store,
    vault: Arc<FileVault>,
    _folder: tempfile::TempDir,
}

impl RawFloor {
    fn new(beside: &Path) -> Self {
        let folder = tempfile::tempdir_in(beside.parent().unwrap()).unwrap();
        let vault = Arc::new(FileVault::open(&folder.path().join("vault")).unwrap());
        let (store, _) = Store::open(folder.path(), vault.clone(), START).unwrap();
        store
            .write(|db| Ok::<_, StoreError>(db.execute_batch("CREATE TABLE raw (id INTEGER PRIMARY KEY, bytes BLOB)")?))
            .unwrap();
        Self {
            store,
            vault,
            _folder: folder,
        }
    }

    fn run(&self, key: &dyn DeviceKey, text: &str) -> Symbol {
        let bytes = [0_u8; 200];
        for _ in 0..2 {
            self.store
                .write(|db| {
                    db.prepare_cached("INSERT INTO raw (bytes) VALUES (?1)")?
                        .execute(params![&bytes[..]])?;
                    Ok::<_, StoreError>(())
                })
                .unwrap();
        }
        key.sign(&bytes).unwrap();
        vault::keep(self.vault.as_ref(), Record::ChainHead, &bytes[..44]).unwrap();
        Symbol::alphanumeric(text, Level::L).unwrap()
    }
}

/// Verifications in one timed round.
const CHECKS: u32 = 200;

fn verification() {
    let town = OfflineTown::new();
    let folder = tempfile::tempdir().unwrap();
    let wallet = town.wallet(folder.path());
    let receipt = pay_once(&wallet);
    let trust = Trust::from_stored(town.keyset.clone());
    let (marks, sets) = ([MARK], [SetId(1)]);
    let counter = Counter {
        trust: &trust,
        bulletin: &town.bulletin,
        shop: SHOP,
        marks: &marks,
        sets: &sets,
        now: START,
        clock: Quality::Anchored,
    };
    let parsed = Receipt::read(&receipt.full).unwrap();

    let allowance = Envelope::read(parsed.allowance.as_ref().unwrap().bytes()).unwrap();
    let intent = Envelope::read(parsed.intent.bytes()).unwrap();
    let allowance_message = to_be_signed(&allowance.payload, &Allowance::aad(), allowance.kid);
    let intent_message = to_be_signed(&intent.payload, &Intent::aad(), intent.kid);
    let issuer = OfflineTown::issuer().public_key().point().unwrap();
    let payer = parsed.allowance.as_ref().unwrap().claims().device_key;

    let (mut floors, mut works) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        floors.push(
            timed(|| {
                for _ in 0..CHECKS {
                    issuer.verify(&allowance_message, &allowance.signature).unwrap();
                    payer.verify(&intent_message, &intent.signature).unwrap();
                }
            })
            .1,
        );
        let copies: Vec<Receipt> = (0..CHECKS).map(|_| parsed.clone()).collect();
        works.push(
            timed(|| {
                for copy in copies {
                    assert!(verify(&counter, copy).unwrap().verdict.accepted());
                }
            })
            .1,
        );
    }
    report("P2 verify a receipt (200 of them)", 1.10, &floors, &works);
}

fn pay_once(wallet: &TestDevice) -> PaidReceipt {
    let quote = pay::quote(
        &wallet.home,
        &shop(),
        Amount::of(1_200),
        &Choice::Automatic { points: false },
        false,
    )
    .unwrap();
    let prepared = pay::prepare(&wallet.home, &quote, Gate::PIN).unwrap();
    let key = gate::open(&wallet.home, &Pin::parse(PIN).unwrap()).unwrap();
    pay::confirm(&wallet.home, prepared, &key).unwrap()
}

const HISTORY: u32 = 10_000;

fn opening() {
    let town = OfflineTown::new();
    let folder = tempfile::tempdir().unwrap();
    let wallet = town.wallet(folder.path());
    fill_history(&wallet);
    let roots = town.roots();
    drop(wallet);
    let (mut floors, mut works) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        floors.push(timed(|| raw_open(folder.path())).1);
        let clock = Arc::new(SettableClock::new(START));
        works.push(
            timed(|| {
                let (device, _) = TestDevice::open_with(
                    folder.path(),
                    roots.clone(),
                    clock,
                    Arc::new(kinchaku_core::network::NoNetwork),
                );
                let view = view::wallet(&device.home).unwrap();
                assert!(view.classes.iter().any(|class| class.class == COIN));
            })
            .1,
        );
    }
    report("P7 open with 10,000 history rows", 1.50, &floors, &works);
}

/// The store alone, opened with its raw key, and one query.
fn raw_open(folder: &Path) {
    let vault = Arc::new(FileVault::open(&folder.join("vault")).unwrap());
    let (store, _) = Store::open(folder, vault, START).unwrap();
    store
        .read(|db| {
            let count: i64 = db.query_row("SELECT count(*) FROM document", [], |row| row.get(0))?;
            assert!(count > 0);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

fn fill_history(wallet: &TestDevice) {
    wallet
        .home
        .store()
        .write(|db| {
            for number in 0..HISTORY {
                let row = HistoryRow {
                    tran_id: format!("20261121{number:012}"),
                    operation: 2,
                    operation_id: 1,
                    class: COIN,
                    amount: Amount::of(number),
                    shop: Some(SHOP),
                    occurred_at: START,
                    posted_at: START,
                };
                let row = Row {
                    table: Table::History,
                    key: Bytes(row.tran_id.clone().into_bytes()),
                    value: Some(Bytes(to_bytes(&row))),
                };
                server_rows::apply(db, &row)?;
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

fn ring_against_p256() {
    use p256::ecdsa::signature::Verifier as _;

    let signer = OfflineTown::issuer();
    let message = [7_u8; 300];
    let signature = signer.sign(&message).unwrap();
    let ring = signer.public_key().point().unwrap();
    let rust = p256::ecdsa::VerifyingKey::from_sec1_bytes(&signer.public_key().0).unwrap();
    let parsed = p256::ecdsa::Signature::from_slice(&signature).unwrap();
    let (mut floors, mut works) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        floors.push(timed(|| (0..CHECKS).for_each(|_| rust.verify(&message, &parsed).unwrap())).1);
        works.push(timed(|| (0..CHECKS).for_each(|_| ring.verify(&message, &signature).unwrap())).1);
    }
    report("S1 ring against p256 (200 checks)", 1.00, &floors, &works);
}
