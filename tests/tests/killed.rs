//! Wallet, shop's device and server, each killed at every write step of what they do, opened again and
//! synced: value is conserved, counters have neither a gap nor two payments, nothing is charged twice.
//!
//! A device's life is lived by this very program, started again as [`child`] with a fault point set; the
//! server is the real one, started with a fault point set. A death is an abort: nothing is flushed, closed
//! or caught.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use kinchaku_core::acquire::{self, AcquireError, Outcome};
use kinchaku_core::book::acquisitions::Kind as Acquired;
use kinchaku_core::book::payments::{self, Payment, State as Paid};
use kinchaku_core::book::receipts::State as Shown;
use kinchaku_core::card::{authenticate, sign_link};
use kinchaku_core::enrol::{Enrolment, Invitation, enrol};
use kinchaku_core::gate::{self, RecoverError, card_details, recover_by_card};
use kinchaku_core::home::{Home, Town};
use kinchaku_core::link::{self, Evidence, LinkError, Proven};
use kinchaku_core::lock::{Brake, Pin};
use kinchaku_core::pay::{self, RefusedError};
use kinchaku_core::receive::{self, ReceiveError};
use kinchaku_core::store::StoreError;
use kinchaku_core::sync::{SyncError, sync};
use kinchaku_core::trust::Roots;
use kinchaku_core::view;
use kinchaku_fixtures::card::persons::Person;
use kinchaku_protocol::api::acquire::{LotsWanted, OrderStage, PayWay};
use kinchaku_protocol::ids::{DocId, Ref};
use kinchaku_protocol::jpki::statement::CardPurpose;
use kinchaku_protocol::signature::PublicKey;
use kinchaku_tests::card_link::{Reader, auth_pin, sign_password, takes_cards, trusted};
use kinchaku_tests::counter::{answer, gate_for, pay, quoted};
use kinchaku_tests::database::Kind;
use kinchaku_tests::offline_town::{PIN, TestDevice};
use kinchaku_tests::program::Program;
use kinchaku_tests::running_town::{PURSE, RunningTown, list, open, owed_in, sales_in, synced, word};
use kinchaku_tests::selling_town;
use serde_json::{Value, json};

const TASK: &str = "KINCHAKU_TEST_TASK";

/// Every write of the store and of the vault: each life passes these.
const WRITES: &[&str] = &["store.writing", "store.written", "durable.written", "durable.renamed"];
/// Those of the store alone.
const STORE: &[&str] = &["store.writing", "store.written"];
/// Where a commit is durable and the vault has not noted it.
const COUNTED: &str = "store.committed";
/// What a payment, a scanned refusal and their sync pass besides.
const PAYER: &[&str] = &[
    "lock.counted",
    "lock.opened",
    "pay.prepared",
    "pay.key-signed",
    "pay.signed",
    "pay.refused",
    "sync.answered",
    "sync.booked",
    "sync.page",
];
/// What an acceptance, a refusal, a relay and their sync pass besides.
const TILL: &[&str] = &[
    "receive.answered",
    "receive.relaying",
    "sync.answered",
    "sync.booked",
    "sync.page",
];
/// What a new allowance passes besides.
const REFRESH: &[&str] = &["sync.page", "allowance.closed"];
/// What enrolling passes besides, from an empty folder on.
const ENROL: &[&str] = &[
    "store.enveloped",
    "store.created",
    "store.migrated",
    "enrol.keys",
    "enrol.answered",
    "enrol.stored",
];
/// What linking a card and unlocking with it pass besides.
const LINK: &[&str] = &["link.proven", "link.answered", "link.settled"];
/// What ordering and receiving pass besides.
const ACQUIRE: &[&str] = &["acquire.asked", "acquire.answered", "acquire.settled"];
/// What the server passes.
const SERVER: &[&str] = &["lane.decided", "lane.before_commit", "lane.committed"];
const SERVER_START: &str = "store.migrated";
/// What a close passes.
const CLOSE: &[&str] = &["close.begun", "close.paid", "close.finished"];

/// No fault point is without a story that dies at it.
#[test]
fn every_point_has_its_death() {
    let core: BTreeSet<&str> = [WRITES, &[COUNTED], PAYER, TILL, REFRESH, ENROL, LINK, ACQUIRE]
        .concat()
        .into_iter()
        .collect();
    assert_eq!(core, kinchaku_core::fault::POINTS.iter().copied().collect());
    let server: BTreeSet<&str> = [SERVER, CLOSE, &[SERVER_START]].concat().into_iter().collect();
    assert_eq!(server, kinchaku_server::fault::POINTS.iter().copied().collect());
}

/// The process that is killed; does nothing when it is run as a test like the others.
#[test]
fn child() {
    let Some(file) = std::env::var_os(TASK) else { return };
    let task: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let roots = list(&task, "roots").iter().map(|root| {
        let bytes = data_encoding::HEXLOWER
            .decode(root.as_str().unwrap().as_bytes())
            .unwrap();
        PublicKey(bytes.try_into().unwrap())
    });
    let (folder, roots) = (word(&task, "folder"), Roots::new(roots.collect()));
    let device = open(Path::new(&folder), &roots, &word(&task, "address"), true);
    let said = |name: &str| word(&task, name);
    match said("life").as_str() {
        "payer" => {
            pay::take_refusal(&device.home, &said("refusal")).unwrap();
            for _ in 0..3 {
                stopped_at_the_prompt(&device.home, &said("sheet"));
            }
            let _ = pay(&device.home, &said("sheet"), 70);
            synced(&device);
        }
        "till" => {
            assert!(answer(&device.home, &said("accept")).unwrap().verdict.accepted());
            let checked = receive::check(&device.home, &said("refuse")).unwrap();
            receive::refuse(&device.home, &checked).unwrap();
            assert_eq!(
                receive::relay(&device.home, &said("relay")).unwrap().state,
                Shown::Posted
            );
            synced(&device);
        }
        "acquire" => acquired(&device.home),
        "refresh" => assert!(synced(&device).new_allowance),
        "link" => drop(linked(&device.home).unwrap()),
        "unlock" => unlocked(&device.home, &said("pin")).unwrap(),
        "enrol" => enrol_wallet(&device.home, &said("address"), &said("code")),
        other => panic!("no life {other}"),
    }
}

/// Orders a lot and fetches what is handed out, as often as it takes.
fn acquired(home: &Home) {
    let lots = LotsWanted {
        programme: selling_town::SALE,
        units: 1,
        buyer: None,
        phone: None,
    };
    let order = acquire::order(home, lots, PayWay::Counter).unwrap();
    assert_eq!(order.stage, OrderStage::Awaiting);
    acquire::receive(home, selling_town::GIVEN, false).unwrap();
}

/// The person closed the prompt: no counter is used.
fn stopped_at_the_prompt(home: &Home, sheet: &str) {
    let quote = quoted(home, sheet, 70).unwrap();
    let prepared = pay::prepare(home, &quote, gate_for(&quote)).unwrap();
    pay::abandon(home, prepared).unwrap();
}

fn enrol_wallet(home: &Home, address: &str, code: &str) {
    let town = Town {
        address: address.to_owned(),
        muni: 1,
    };
    let (pin, brake) = (Pin::parse(PIN).unwrap(), Brake::cheap_for_tests());
    enrol(
        home,
        &Invitation {
            town,
            code: code.to_owned(),
        },
        &Enrolment::Wallet { pin: &pin, brake },
    )
    .unwrap();
}

/// Lives a life in a process of its own. True where it died at the fault point; false where it lived on.
fn dies(town: &RunningTown, folder: &Path, fault: &str, mut task: Value) -> bool {
    let roots: Vec<String> = town
        .roots
        .keys()
        .iter()
        .map(|key| data_encoding::HEXLOWER.encode(&key.0))
        .collect();
    task["roots"] = json!(roots);
    task["folder"] = json!(folder.to_string_lossy());
    task["address"] = json!(town.town.address);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), task.to_string()).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::child", "--test-threads=1"])
        .env(TASK, file.path())
        .env("KINCHAKU_FAULT", fault)
        .output()
        .unwrap();
    if output.status.success() {
        return false;
    }
    let died = output.status.signal() == Some(6);
    assert!(died, "{fault}: {}", String::from_utf8_lossy(&output.stdout));
    true
}

/// At each point, at its first passing, its second, and so on until the life is lived to its end.
fn at_each_point(points: &[&str], mut life: impl FnMut(&str) -> bool) {
    for point in points {
        let mut deaths = 0;
        while life(&format!("{point}@{}", deaths + 1)) {
            deaths += 1;
            assert!(deaths < 60, "{point} has no end");
        }
        assert!(deaths > 0, "{point} is never passed");
    }
}

/// What everybody remembers of all payments in a town, and holds the books against.
#[derive(Default)]
struct Ledger {
    counters: BTreeMap<(Ref, u32), DocId>,
    /// Totals of what must be posted, by shop; what must be reversed.
    posted: BTreeMap<String, (String, i64)>,
    reversed: BTreeSet<String>,
}

impl Ledger {
    /// Takes in a wallet that has synced: counters without gap or double, all payments decided.
    fn take_in(&mut self, wallet: &TestDevice, had: u64, what: &str) {
        let made = wallet
            .home
            .store()
            .read(|db| Ok::<_, StoreError>(payments::newest(db, 1_000)?))
            .unwrap();
        let mut chains: BTreeMap<Ref, Vec<&Payment>> = BTreeMap::new();
        for payment in &made {
            chains.entry(payment.allowance).or_default().push(payment);
        }
        let mut spent = 0;
        for (allowance, mut chain) in chains {
            chain.sort_by_key(|payment| payment.intent.seq);
            let mut prev = allowance;
            for (seq, payment) in (1..).zip(chain) {
                assert_eq!(
                    (payment.intent.seq, payment.intent.prev),
                    (seq, prev),
                    "{what}: a gap in the chain"
                );
                prev = payment.reference;
                let id = DocId::of(&kinchaku_protocol::doc::Document::encode(&payment.intent));
                let before = self.counters.insert((allowance, seq), id);
                assert!(
                    before.is_none_or(|before| before == id),
                    "{what}: counter {seq} has two payments"
                );
                let total = payment.total.units();
                match payment.state {
                    Paid::Posted => {
                        spent += total;
                        let row = (payment.intent.shop.to_string(), i64::try_from(total).unwrap());
                        self.posted.insert(id.to_string(), row);
                    }
                    Paid::Reversed => drop(self.reversed.insert(id.to_string())),
                    other => panic!("{what}: counter {seq} is {other:?}"),
                }
            }
        }
        let shown = view::wallet(&wallet.home).unwrap();
        let left: u64 = shown.classes.iter().map(|class| class.usable.units()).sum();
        assert_eq!(left, had - spent, "{what}: what the wallet shows");
        assert_eq!(
            (shown.waiting, shown.parked, shown.rolled_back, shown.stopped),
            (0, 0, false, false),
            "{what}"
        );
    }

    /// The server's books are exactly what the wallets remember.
    fn agrees(&self, town: &RunningTown, what: &str) {
        let books = town.books();
        let (mut posted, mut reversed) = (BTreeMap::new(), BTreeSet::new());
        for counter in [&town.bakery, &town.greengrocer, &town.stall] {
            let name = counter.shop.to_string();
            let mut owed = 0;
            for (intent, status, total) in sales_in(&books, counter.shop) {
                let fresh = if status == "posted" {
                    owed += total;
                    posted.insert(intent, (name.clone(), total)).is_none()
                } else {
                    assert_eq!(status, "reversed", "{what}");
                    reversed.insert(intent)
                };
                assert!(fresh, "{what}: listed twice");
            }
            assert_eq!(owed_in(&books, counter.shop), owed, "{what}: what the shop is owed");
        }
        assert_eq!(
            (posted, reversed),
            (self.posted.clone(), self.reversed.clone()),
            "{what}"
        );
        assert!(list(&books, "forks").is_empty(), "{what}");
    }
}

/// What comes when little is left.
const MORE: u64 = 20_000;

fn whole_purse() -> u64 {
    PURSE.iter().sum()
}

/// Its folder, closed.
fn laid_down(device: TestDevice) -> std::path::PathBuf {
    let TestDevice { folder, home, .. } = device;
    drop(home);
    folder
}

/// Opened after a death: nothing of it looks like an older copy.
fn picked_up(town: &RunningTown, folder: &Path, what: &str) -> TestDevice {
    let device = town.open(folder, true);
    assert!(
        !view::wallet(&device.home).unwrap().rolled_back,
        "{what}: a crash is no rollback"
    );
    device
}

/// T5, T10, F283: the wallet dies at each step of scanning a refusal, stopping three times
/// at the prompt, paying and syncing.
#[test]
fn the_wallet_dies_anywhere() {
    let mut town = RunningTown::start(Kind::Sqlite, "the wallet").unwrap();
    let till = town.till(town.bakery.shop);
    let sheet = town.bakery.sheet.clone();
    let mut ledger = Ledger::default();
    let mut wallet = laid_down(town.resident());
    let mut lives = 0;
    at_each_point(&[WRITES, &[COUNTED], PAYER].concat(), |fault| {
        town.restart();
        lives += 1;
        if lives % 10 == 0 {
            wallet = laid_down(town.resident());
        }
        let payer = town.open(&wallet, true);
        let refused = pay(&payer.home, &sheet, 90);
        let checked = receive::check(&till.home, &refused.full).unwrap();
        let refusal = receive::refuse(&till.home, &checked).unwrap().refusal.unwrap();
        drop(payer);
        let died = dies(
            &town,
            &wallet,
            fault,
            json!({ "life": "payer", "refusal": refusal, "sheet": sheet }),
        );

        let payer = picked_up(&town, &wallet, fault);
        match pay::take_refusal(&payer.home, &refusal) {
            Ok(_) | Err(RefusedError::AlreadySettled(Paid::Reversed)) => (),
            Err(error) => panic!("{fault}: {error}"),
        }
        for device in [&payer, &till, &payer] {
            synced(device);
        }
        ledger.take_in(&payer, whole_purse(), fault);
        ledger.agrees(&town, fault);
        drop(payer);
        died
    });
    town.audited();
    assert!(lives > 40, "{lives}");
}

/// Shows a receipt again after a death: it is answered now, or was.
fn shown_again<T>(answered: Result<T, ReceiveError>, states: &[Shown], fault: &str) {
    match answered {
        Ok(_) => (),
        Err(ReceiveError::ShownBefore { state, .. }) if states.contains(&state) => (),
        Err(error) => panic!("{fault}: {error}"),
    }
}

/// T9, T10, F286: the shop's device dies at each step of accepting, refusing, relaying and syncing.
#[test]
fn the_till_dies_anywhere() {
    let mut town = RunningTown::start(Kind::Sqlite, "the till").unwrap();
    let till = laid_down(town.till(town.bakery.shop));
    let sheet = town.bakery.sheet.clone();
    let mut ledger = Ledger::default();
    let mut payer = town.resident();
    let mut lives = 0;
    at_each_point(&[WRITES, &[COUNTED], TILL].concat(), |fault| {
        town.restart();
        lives += 1;
        if lives % 7 == 0 {
            payer = town.resident();
        }
        let [accept, refuse, relay] = [30, 40, 50].map(|amount| pay(&payer.home, &sheet, amount));
        let task = json!({ "life": "till", "accept": accept.full, "refuse": refuse.full, "relay": relay.short });
        let died = dies(&town, &till, fault, task);

        let device = picked_up(&town, &till, fault);
        let home = &device.home;
        shown_again(
            answer(home, &accept.full),
            &[Shown::AcceptedBlind, Shown::Posted],
            fault,
        );
        let again = receive::check(home, &refuse.full).and_then(|checked| receive::refuse(home, &checked));
        shown_again(again, &[Shown::Refused, Shown::Reversed], fault);
        shown_again(receive::relay(home, &relay.short), &[Shown::Posted], fault);
        for device in [&device, &payer, &device] {
            synced(device);
        }
        ledger.take_in(&payer, whole_purse(), fault);
        ledger.agrees(&town, fault);
        let shown = view::till(home).unwrap();
        let state = |receipt: &pay::PaidReceipt| {
            shown
                .receipts
                .iter()
                .find(|shown| shown.intent.to_ref() == receipt.reference)
                .unwrap()
                .state
        };
        assert_eq!(
            [&accept, &refuse, &relay].map(state),
            [Shown::Posted, Shown::Reversed, Shown::Posted],
            "{fault}"
        );
        assert_eq!(
            shown.posted.credit().units(),
            town.owed(town.bakery.shop),
            "{fault}: what the till shows"
        );
        assert_eq!(shown.waiting, 0, "{fault}");
        died
    });
    town.audited();
    assert!(lives > 30, "{lives}");
}

/// T5: the wallet dies at each step of giving its allowance back and taking the next. It has one in
/// the end, with which it pays, and no value hangs in between.
#[test]
fn the_wallet_dies_between_two_allowances() {
    let mut town = RunningTown::start(Kind::Sqlite, "allowances").unwrap();
    let (bakery, stall) = (town.bakery.sheet.clone(), town.stall.sheet.clone());
    let mut ledger = Ledger::default();
    at_each_point(&[WRITES, &[COUNTED], REFRESH].concat(), |fault| {
        town.restart();
        let (wallet, account) = town.resident_with_account();
        let _ = pay(&wallet.home, &bakery, 15_000);
        synced(&wallet);
        town.add_coin(account, MORE, "more");
        let folder = laid_down(wallet);
        let died = dies(&town, &folder, fault, json!({ "life": "refresh" }));

        let wallet = picked_up(&town, &folder, fault);
        synced(&wallet);
        let offline: u64 = view::wallet(&wallet.home)
            .unwrap()
            .classes
            .iter()
            .map(|it| it.offline.units())
            .sum();
        assert_eq!(
            offline,
            whole_purse() + MORE - 15_000,
            "{fault}: all of it can be paid without a network"
        );
        let _ = pay(&wallet.home, &stall, 60);
        synced(&wallet);
        ledger.take_in(&wallet, whole_purse() + MORE, fault);
        died
    });
    ledger.agrees(&town, "allowances");
    town.audited();
}

/// F068, F070: the wallet dies at each step of ordering a lot and of fetching what is handed out. Whatever the server
/// heard, there is one order and one voucher once it has synced, and asking again is told what it is.
#[test]
fn the_wallet_dies_while_it_acquires() {
    let mut town = selling_town::start(Kind::Sqlite, "acquiring").unwrap();
    at_each_point(&[STORE, ACQUIRE].concat(), |fault| {
        town.restart();
        let folder = laid_down(town.resident());
        let died = dies(&town, &folder, fault, json!({ "life": "acquire" }));

        let wallet = picked_up(&town, &folder, fault);
        synced(&wallet);
        let mine = |programme| {
            let offers = acquire::offers(&wallet.home).unwrap().offers;
            offers
                .into_iter()
                .find(|offer| offer.programme == programme)
                .unwrap()
                .mine
        };
        let listed = acquire::list(&wallet.home).unwrap();
        let of = |kind| listed.iter().filter(|entry| entry.wanted.kind == kind).count();
        assert!(listed.iter().all(|entry| entry.outcome != Outcome::Asked), "{fault}");
        // What was put down before the death was done once; what was not, was not done.
        assert_eq!(
            mine(selling_town::SALE).reserved,
            u32::try_from(of(Acquired::Order)).unwrap(),
            "{fault}"
        );
        assert_eq!(
            mine(selling_town::GIVEN).received,
            u32::try_from(of(Acquired::Receive)).unwrap(),
            "{fault}"
        );
        if of(Acquired::Receive) == 0 {
            acquire::receive(&wallet.home, selling_town::GIVEN, false).unwrap();
        }
        let again = acquire::receive(&wallet.home, selling_town::GIVEN, false);
        assert!(matches!(again, Err(AcquireError::Refused(_))), "{fault}: {again:?}");
        synced(&wallet);
        let shown = view::wallet(&wallet.home).unwrap();
        let coupon = shown
            .classes
            .iter()
            .find(|class| class.class == selling_town::COUPON)
            .unwrap();
        assert_eq!(coupon.usable.units(), 100, "{fault}");
        died
    });
    town.audited();
}

/// A device dies at each step of its first day; the same code enrols it, and it pays.
#[test]
fn a_device_dies_while_enrolling() {
    let mut town = RunningTown::start(Kind::Sqlite, "enrolling").unwrap();
    let stall = town.stall.sheet.clone();
    let mut ledger = Ledger::default();
    at_each_point(&[WRITES, ENROL].concat(), |fault| {
        town.restart();
        let (code, account) = town.invited();
        // The folder's name is the town's to give; nothing is in it yet.
        let folder = laid_down(town.device(true));
        std::fs::remove_dir_all(&folder).unwrap();
        let died = dies(&town, &folder, fault, json!({ "life": "enrol", "code": code }));

        let wallet = picked_up(&town, &folder, fault);
        if wallet.home.device().unwrap().is_none() {
            enrol_wallet(&wallet.home, &town.town.address, &code);
        }
        town.credit(account, PURSE);
        synced(&wallet);
        let _ = pay(&wallet.home, &stall, 60);
        synced(&wallet);
        ledger.take_in(&wallet, whole_purse(), fault);
        died
    });
    ledger.agrees(&town, "enrolling");
    town.audited();
}

/// The resident holds her card to the phone, and confirms what it read.
fn linked(home: &Home) -> Result<Proven, LinkError> {
    let challenge = link::begin(home, CardPurpose::Link)?;
    let exchange = sign_link(sign_password(Person::Adult), challenge.statement(&[]), trusted());
    let read = Reader::of(Person::Adult).finish(exchange).unwrap();
    link::confirm(home, &challenge, Evidence::try_from(read)?, &[])
}

/// The same card opens paying again, under this PIN.
fn unlocked(home: &Home, pin: &str) -> Result<(), RecoverError> {
    let details = card_details(home)?;
    let challenge = link::begin(home, CardPurpose::Unlock)?;
    let exchange = authenticate(auth_pin(Person::Adult), challenge.statement(&details), trusted());
    let read = Reader::of(Person::Adult).finish(exchange).unwrap();
    let pin = Pin::parse(pin).unwrap();
    recover_by_card(home, &challenge, read.into(), &details, &pin, Brake::cheap_for_tests())
}

/// T10: the wallet dies at each step of linking a card. What was proven is sent again without the card; before that
/// the card is held to it once more. In the end the person is linked, with the attributes as they were read.
#[test]
fn the_wallet_dies_while_a_card_is_linked() {
    let mut town = RunningTown::start(Kind::Sqlite, "linking").unwrap();
    let _jpki = takes_cards(&mut town);
    let (mut resumed, mut again) = (0, 0);
    at_each_point(&[STORE, LINK].concat(), |fault| {
        town.restart();
        let (wallet, account) = town.resident_with_account();
        let folder = laid_down(wallet);
        let died = dies(&town, &folder, fault, json!({ "life": "link" }));

        let wallet = picked_up(&town, &folder, fault);
        let home = &wallet.home;
        match link::resume(home).unwrap() {
            Some(Proven::Done(told)) => {
                assert_eq!(told.level, 2, "{fault}");
                resumed += 1;
            }
            Some(other) => panic!("{fault}: {other:?}"),
            None if link::standing(home).unwrap().level == 2 => (),
            None => {
                assert!(matches!(linked(home), Ok(Proven::Done(_))), "{fault}");
                again += 1;
            }
        }
        for _ in 0..2 {
            let standing = link::standing(home).unwrap();
            assert_eq!(
                (standing.level, standing.waiting, standing.refused),
                (2, None, None),
                "{fault}"
            );
            let official = standing.official.unwrap();
            assert!(official.name == Person::Adult.card().resident.name, "{fault}");
            synced(&wallet);
        }
        assert_eq!(link::resume(home).unwrap(), None, "{fault}");
        erased(&town, account);
        died
    });
    assert!(resumed > 0 && again > 0, "{resumed} {again}");
    town.audited();
}

/// T10, T14: the wallet dies at each step of coming back from a locked PIN by the card. The card once more
/// repairs it: one new key, one new PIN, and value to pay with.
#[test]
fn the_wallet_dies_while_a_card_unlocks_it() {
    let mut town = RunningTown::start(Kind::Sqlite, "unlocking").unwrap();
    let _jpki = takes_cards(&mut town);
    let sheet = town.bakery.sheet.clone();
    let mut linked_wallet: Option<(PathBuf, u64)> = None;
    let (mut lives, mut paid) = (0_u64, 0_u64);
    at_each_point(&[WRITES, LINK].concat(), |fault| {
        town.restart();
        // A day has only so many allowances for one account; the card links another one.
        if lives % 10 == 0 {
            if let Some((_, account)) = linked_wallet.take() {
                erased(&town, account);
            }
            let (wallet, account) = town.resident_with_account();
            assert!(matches!(linked(&wallet.home), Ok(Proven::Done(_))));
            linked_wallet = Some((laid_down(wallet), account));
            paid = 0;
        }
        let (folder, _) = linked_wallet.as_ref().unwrap();
        let (old, new) = if lives % 2 == 0 {
            ("2580", "8642")
        } else {
            ("8642", "2580")
        };
        lives += 1;
        let died = dies(&town, folder, fault, json!({ "life": "unlock", "pin": new }));

        let wallet = picked_up(&town, folder, fault);
        let home = &wallet.home;
        if let Some(proven) = link::resume(home).unwrap() {
            assert!(matches!(proven, Proven::Done(_)), "{fault}: {proven:?}");
        }
        if gate::open(home, &Pin::parse(new).unwrap()).is_err() {
            unlocked(home, new).unwrap();
        }
        assert!(gate::open(home, &Pin::parse(old).unwrap()).is_err(), "{fault}");
        synced(&wallet);
        let quote = quoted(home, &sheet, 1).unwrap();
        let prepared = pay::prepare(home, &quote, gate_for(&quote)).unwrap();
        pay::confirm(home, prepared, &gate::open(home, &Pin::parse(new).unwrap()).unwrap()).unwrap();
        paid += 1;
        synced(&wallet);
        let shown = view::wallet(home).unwrap();
        let left: u64 = shown.classes.iter().map(|class| class.usable.units()).sum();
        assert_eq!((shown.waiting, left), (0, whole_purse() - paid), "{fault}");
        died
    });
    assert!(lives > 20, "{lives}");
    town.audited();
}

/// Nobody knows any more whose account this was, and the card is free for another one.
fn erased(town: &RunningTown, account: u64) {
    let account = account.to_string();
    let _ = town.server.office(&["person", "erase", "--account", &account, "--yes"]);
}

/// Everything that goes through the server in one life. Each step may fail, when the server dies at it.
fn through_the_server(payer: &TestDevice, till: &TestDevice, relay: &pay::PaidReceipt) {
    let _ = sync(&payer.home, true);
    let _ = receive::relay(&till.home, &relay.short);
    let _ = sync(&till.home, true);
    let _ = sync(&payer.home, true);
}

/// Syncs once the server that took over serves.
fn synced_when_served(device: &TestDevice) {
    loop {
        match sync(&device.home, true) {
            Ok(_) => return,
            // The former server's lease has not ended yet.
            Err(SyncError::Busy { .. }) => std::thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
}

/// One life with a server that dies at a fault point. True where it died there.
fn server_life(town: &mut RunningTown, ledger: &mut Ledger, till: &TestDevice, fault: &str) -> bool {
    let (payer, account) = town.resident_with_account();
    let sheet = town.bakery.sheet.clone();
    // An allowance that is due, a payment that is accepted, one that is refused, one that is relayed.
    let _ = pay(&payer.home, &sheet, 15_000);
    synced(&payer);
    town.add_coin(account, MORE, "more");
    let [accept, refuse, relay] = [30, 40, 50].map(|amount| pay(&payer.home, &sheet, amount));
    assert!(answer(&till.home, &accept.full).unwrap().verdict.accepted());
    let checked = receive::check(&till.home, &refuse.full).unwrap();
    receive::refuse(&till.home, &checked).unwrap();

    assert!(town.server.stop());
    let died = match town.server.start(Some(fault)) {
        Err(_) => true,
        Ok(_) => {
            through_the_server(&payer, till, &relay);
            // A server that is to end well finishes what waits, and may pass the point then.
            !town.server.stop()
        }
    };
    town.server.start(None).unwrap();
    synced_when_served(&payer);
    shown_again(receive::relay(&till.home, &relay.short), &[Shown::Posted], fault);
    for device in [till, &payer, till, &payer] {
        synced(device);
    }
    ledger.take_in(&payer, whole_purse() + MORE, fault);
    ledger.agrees(town, fault);
    town.audited();
    died
}

/// T10, F287: the server dies at each step of each commit; the next one goes on from its database.
#[test]
fn the_server_dies_anywhere() {
    let mut town = RunningTown::start(Kind::Sqlite, "the server").unwrap();
    let till = town.till(town.bakery.shop);
    let mut ledger = Ledger::default();
    at_each_point(SERVER, |fault| server_life(&mut town, &mut ledger, &till, fault));
}

/// F287: the same on PostgreSQL, at a sample of its steps: a dead server's lease has to end first.
#[test]
fn the_server_dies_on_postgres() {
    let Some(mut town) = RunningTown::start(Kind::Postgres, "the server's deaths") else {
        return;
    };
    let till = town.till(town.bakery.shop);
    let mut ledger = Ledger::default();
    for fault in [
        "lane.decided@2",
        "lane.before_commit@1",
        "lane.before_commit@3",
        "lane.committed@2",
    ] {
        assert!(server_life(&mut town, &mut ledger, &till, fault), "{fault}");
    }
}

/// F092, I6, T10: the server dies at each step of a close. Whoever closes again goes on, and shops are paid once.
#[test]
fn the_server_dies_while_it_closes() {
    const DAYS_40: u64 = 40 * 86_400;
    let close = ["job", "close"];
    for point in CLOSE {
        let mut town = selling_town::start(Kind::Sqlite, point).unwrap();
        let resident = town.resident();
        let shop = town.bakery.shop;
        let _ = pay(&resident.home, &town.bakery.sheet.clone(), 700);
        synced(&resident);
        assert_eq!(town.owed(shop), 700);
        assert!(town.server.stop());
        let fault = format!("{point}@1");
        assert!(!town.server.office_later(&close, DAYS_40, Some(&fault)), "{point}");
        for _ in 0..2 {
            assert!(town.server.office_later(&close, DAYS_40, None), "{point}");
            assert_eq!(town.owed(shop), 0, "{point}");
        }
        town.audited();
    }
}

/// The server dies while its tables are made; the next start makes what is missing.
#[test]
fn the_server_dies_while_migrating() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("books.db").display());
    let mut server = Program::new(folder.path(), database);
    let _ = server.init_keys();
    let mut deaths = 0;
    while server.start(Some(&format!("{SERVER_START}@{}", deaths + 1))).is_err() {
        deaths += 1;
        assert!(deaths < 20);
    }
    assert!(deaths > 0);
    assert!(server.stop());
    server.start(None).unwrap();
    let _ = server.office(&[
        "class",
        "add",
        "--class",
        "1",
        "--service",
        "coin",
        "--name",
        "美村コイン",
    ]);
    assert!(server.stop());
}
