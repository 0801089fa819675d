//! Documents that are signed and still not believed: of a time at which nobody could sign them, older than what is
//! known, or from a device that may not speak any more.

use kinchaku_core::book::payments::State as Paid;
use kinchaku_core::key;
use kinchaku_core::pay::{self, PaidReceipt, RefusedError};
use kinchaku_core::receive::{self, ReceiveError};
use kinchaku_core::sync::{deliver, sync};
use kinchaku_core::trust::TrustError;
use kinchaku_core::view;
use kinchaku_protocol::doc::field::Bytes;
use kinchaku_protocol::doc::{
    AnswerItem, Assurance, Bulletin, Device, Document as _, Fact, FactKind, Intent, ParkReason, Reason, Receipt,
    Received, Refusal, Role, Row, Seen, Table, Verdict, Verified,
};
use kinchaku_protocol::ids::{MarkId, Pid};
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_protocol::signature::{Signer as _, SoftwareSigner};
use kinchaku_protocol::time::{DAY_SECONDS, Time};
use kinchaku_tests::counter::{answer, pay};
use kinchaku_tests::offline_town::{OfflineTown, START, TestDevice};
use kinchaku_tests::scripted_server::{fact_key, honest};
use kinchaku_tests::scripted_town::{ScriptedTown, account, in_use, issued, open_allowance, row_of};

const SHOP: Pid = Pid([7; 8]);
const MARK: MarkId = MarkId([7; 4]);

struct Scene {
    town: OfflineTown,
    _folder: tempfile::TempDir,
    payer: TestDevice,
    till: TestDevice,
    sheet: String,
}

impl Scene {
    fn new() -> Self {
        let town = OfflineTown::new();
        let folder = tempfile::tempdir().unwrap();
        let payer = town.wallet(&folder.path().join("payer"));
        let till = town.till(&folder.path().join("till"), SHOP, MARK);
        let sheet = town.sheet(SHOP, MARK, Offline::Scan);
        Self {
            town,
            _folder: folder,
            payer,
            till,
            sheet,
        }
    }
}

fn only_state(payer: &TestDevice) -> Paid {
    let payments = view::history(&payer.home).unwrap().payments;
    assert_eq!(payments.len(), 1);
    payments[0].state
}

/// A fact about an uploaded payment, of a day before the key that signed it was in force.
fn early_fact(document: &[u8]) -> AnswerItem {
    let Ok(intent) = Received::<Intent>::read(document) else {
        return honest(document);
    };
    let fact = Fact {
        subject: intent.id(),
        kind: FactKind::Posted,
        reason: Reason::None,
        at: START.before(2 * DAY_SECONDS),
        rows: vec![],
        posting_day: START.day(),
        other: None,
    };
    AnswerItem::Fact(Bytes(fact.sign(&fact_key()).unwrap().bytes().to_vec()))
}

/// T22: facts and allowances dated outside the time of their key prove nothing, though the key is the town's.
#[test]
fn a_key_signs_nothing_outside_its_time() {
    let Scene {
        town,
        payer,
        till,
        sheet,
        _folder,
    } = Scene::new();
    let _ = pay(&payer.home, &sheet, 700);
    let server = ScriptedTown::new(&town, &payer);
    let payer = server.connected(&town, payer);
    server.desk().answers = early_fact;
    assert_eq!(deliver(&payer.home, true).unwrap().waiting, 1);
    assert_eq!(only_state(&payer), Paid::Signed);
    server.desk().answers = honest;
    deliver(&payer.home, true).unwrap();
    assert_eq!(only_state(&payer), Paid::Posted);

    let key = SoftwareSigner::from_scalar(&[0x31; 32]).unwrap();
    let checked = |at: Time| {
        let allowance = issued(&town, key.public_key(), at);
        let mut intent = Receipt::read(&pay_once(&town, &sheet).full)
            .unwrap()
            .intent
            .claims()
            .clone();
        intent.authorisation = allowance.to_ref();
        intent.prev = allowance.to_ref();
        let text = Receipt::text(intent.sign(&key).unwrap().bytes(), Some(allowance.bytes()));
        receive::check(&till.home, &text).map(|checked| checked.verdict)
    };
    let outside = Err(ReceiveError::AllowanceNotProven(TrustError::KeyTime));
    assert_eq!(checked(START.before(DAY_SECONDS + 1)), outside);
    assert_eq!(checked(START.before(DAY_SECONDS)), Ok(Verdict::Accepted));
}

/// Some payment of some wallet.
fn pay_once(town: &OfflineTown, sheet: &str) -> PaidReceipt {
    let folder = tempfile::tempdir().unwrap();
    pay(&town.wallet(folder.path()).home, sheet, 700)
}

/// This device's document with another time, as the town would sign it.
fn device_document(device: &TestDevice, window: [Time; 2]) -> Verified<Device> {
    let held = device.home.device().unwrap().unwrap();
    let mut claims = Received::<Device>::read(held.bytes()).unwrap().claims().clone();
    claims.window = window.to_vec();
    claims.sign(&OfflineTown::key(3)).unwrap()
}

/// T15, T22: pages bring device documents in any order: a later one counts, an older one and one of another role
/// change nothing, and do not keep the rest of the page away.
#[test]
fn an_older_device_document_changes_nothing() {
    let Scene { town, payer, .. } = &Scene::new();
    let folder = tempfile::tempdir().unwrap();
    let wallet = town.wallet(folder.path());
    let server = ScriptedTown::new(town, &wallet);
    let wallet = server.connected(town, wallet);
    let told = |document: &Verified<Device>, coin: u32| {
        let row: Row = row_of(Table::Device, vec![0], document.bytes().to_vec());
        let mut rows = vec![row, open_allowance(in_use(&wallet).unwrap().to_ref())];
        rows.extend(account(coin));
        server.tell(rows);
        sync(&wallet.home, true).unwrap();
        wallet.home.device().unwrap().unwrap().id()
    };
    let later = device_document(&wallet, [START.after(10), START.after(40 * DAY_SECONDS)]);
    assert_eq!(told(&later, 0), later.id());
    let older = device_document(&wallet, [START.after(9), START.after(90 * DAY_SECONDS)]);
    assert_eq!(told(&older, 0), later.id());
    let mut shop = Received::<Device>::read(later.bytes()).unwrap().claims().clone();
    (shop.role, shop.window) = (Role::Shop, vec![START.after(20), START.after(40 * DAY_SECONDS)]);
    assert_eq!(told(&shop.sign(&OfflineTown::key(3)).unwrap(), 0), later.id());
    let forged = device_document(payer, [START.after(30), START.after(40 * DAY_SECONDS)]);
    assert_eq!(told(&forged, 1_000), later.id(), "of another device");
    let coin = view::wallet(&wallet.home).unwrap().classes[0].usable.units();
    assert_eq!(coin, 11_000, "the rest of the page counts");
}

/// A refusal by this device of the shop, under a document of it.
fn refusal(till: &TestDevice, receipt: &PaidReceipt, document: &Verified<Device>, seen_at: Time) -> String {
    let seen = Seen {
        intent: receipt.reference,
        mark: MARK,
        seen_at,
        verdict: Verdict::ByStaff,
        epoch: 1,
        assurance: Assurance::None,
    };
    let key = till.home.sync_key().unwrap();
    let seen = seen.sign(&key::Verified::new(&key)).unwrap();
    Refusal::text(seen.bytes(), document.bytes())
}

/// T17, T13: a device of the shop whose enrolment had ended, or not begun, when it refused, gives no value back.
#[test]
fn a_device_past_its_end_refuses_nothing() {
    let Scene { payer, till, sheet, .. } = &Scene::new();
    let receipt = pay(&payer.home, sheet, 700);
    let spent = START.before(DAY_SECONDS / 2);
    let ended = device_document(till, [spent, START.before(1)]);
    let begins = device_document(till, [START.after(DAY_SECONDS), START.after(2 * DAY_SECONDS)]);
    for document in [&ended, &begins] {
        let taken = pay::take_refusal(&payer.home, &refusal(till, &receipt, document, START));
        assert!(matches!(taken, Err(RefusedError::NotFromTheShop)));
        assert_eq!(only_state(payer), Paid::Signed);
    }
    // While it was valid, it could.
    let (_, verdict) = pay::take_refusal(&payer.home, &refusal(till, &receipt, &ended, spent)).unwrap();
    assert_eq!((verdict, only_state(payer)), (Verdict::ByStaff, Paid::RefusedAtShop));
}

/// T17, T13: a device that the bulletin stops gives no value back, though its document is still in its time.
#[test]
fn a_stopped_device_refuses_nothing() {
    let Scene {
        town,
        payer,
        till,
        sheet,
        _folder,
    } = Scene::new();
    let receipt = pay(&payer.home, &sheet, 3_500);
    let refusal = answer(&till.home, &receipt.full).unwrap().refusal.unwrap();
    let named = till.home.device().unwrap().unwrap().to_ref();
    let stopped = Pid(named.0.first_chunk::<8>().copied().unwrap());
    let bulletin = Bulletin {
        epoch: 2,
        made_at: START.after(1),
        revoked: vec![stopped],
        dead: vec![],
        directory: 1,
        keyset: 1,
        crisis: None,
    };
    let server = ScriptedTown::new(&town, &payer);
    let payer = server.connected(&town, payer);
    server.desk().bulletin = bulletin.sign(&OfflineTown::key(2)).unwrap().bytes().to_vec();
    server.desk().answers = |_| AnswerItem::Parked(ParkReason::Waiting);
    server.tell(account(0));
    sync(&payer.home, true).unwrap();
    let taken = pay::take_refusal(&payer.home, &refusal);
    assert!(matches!(taken, Err(RefusedError::NotFromTheShop)));
    assert_eq!(only_state(&payer), Paid::Signed);
}
