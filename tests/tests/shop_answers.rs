//! What a shop's device answered, against what comes afterwards; and when it must not answer at all.

use kinchaku_core::book::payments::State as Paid;
use kinchaku_core::book::receipts::State as Shown;
use kinchaku_core::gate;
use kinchaku_core::lock::Pin;
use kinchaku_core::pay::{self, PayError};
use kinchaku_core::receive::{self, ReceiveError};
use kinchaku_core::sync::{deliver, sync};
use kinchaku_core::view;
use kinchaku_protocol::doc::{FactKind, Gate, Receipt, Seen, Verdict};
use kinchaku_protocol::ids::{MarkId, Pid};
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_protocol::time::DAY_SECONDS;
use kinchaku_tests::counter::{pay, quoted, try_pay};
use kinchaku_tests::offline_town::{OfflineTown, PIN, START, TestDevice};
use kinchaku_tests::scripted_server::{fact, fact_key};
use kinchaku_tests::scripted_town::{Leaf, ScriptedTown};

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

fn shown(till: &TestDevice) -> Shown {
    view::till(&till.home).unwrap().receipts[0].state
}

/// T9, T17: the shop refused; the payer was faster to the server, and the server says posted. The shop's screen
/// does not turn green by that: it stays refused until the server has taken the payment back.
#[test]
fn what_was_refused_does_not_turn_green() {
    let Scene {
        town,
        payer,
        till,
        sheet,
        _folder,
    } = Scene::new();
    let receipt = pay(&payer.home, &sheet, 700);
    let checked = receive::check(&till.home, &receipt.full).unwrap();
    assert_eq!(receive::refuse(&till.home, &checked).unwrap().verdict, Verdict::ByStaff);
    let server = ScriptedTown::new(&town, &till);
    let till = server.connected(&town, till);
    // The shop's own upload of the payment is answered so, and then a page says it again.
    deliver(&till.home, true).unwrap();
    assert_eq!(shown(&till), Shown::Refused);
    let subject = Receipt::read(&receipt.full).unwrap().intent.id();
    let page = |kind| {
        let facts = vec![fact(subject, kind, &fact_key())];
        server.desk().pages.push_back(Ok(Leaf {
            facts,
            ..Leaf::default()
        }));
        sync(&till.home, true).unwrap();
        let again = receive::check(&till.home, &receipt.full);
        assert!(matches!(again, Err(ReceiveError::ShownBefore { .. })));
        shown(&till)
    };
    assert_eq!(page(FactKind::Posted), Shown::Refused);
    assert_eq!(page(FactKind::Reversed), Shown::Reversed);
    assert_eq!(page(FactKind::Posted), Shown::Reversed, "an old answer again");
}

/// T9: two people at one device look at one receipt; one takes it, the other refuses it a moment later. The first
/// answer stands, and only that one was signed.
#[test]
fn one_receipt_has_one_answer() {
    let Scene {
        town,
        payer,
        till,
        sheet,
        _folder,
    } = Scene::new();
    let receipt = pay(&payer.home, &sheet, 700);
    let checked = receive::check(&till.home, &receipt.full).unwrap();
    assert!(receive::answer(&till.home, &checked).unwrap().verdict.accepted());
    for second in [
        receive::refuse(&till.home, &checked),
        receive::answer(&till.home, &checked),
    ] {
        let stands = Err(ReceiveError::ShownBefore {
            at: START,
            state: Shown::AcceptedBlind,
        });
        assert_eq!(second, stands);
    }
    let server = ScriptedTown::new(&town, &till);
    let till = server.connected(&town, till);
    deliver(&till.home, true).unwrap();
    let said: Vec<Verdict> = server
        .uploaded_of::<Seen>()
        .iter()
        .map(|seen| seen.claims().verdict)
        .collect();
    assert_eq!(said, [Verdict::Accepted]);
    assert_eq!(shown(&till), Shown::Posted);
}

/// T11, T12: a device that does not know the time answers nothing, neither what it is shown nor what it looked at
/// while it knew; once the server has said the time, it does.
#[test]
fn without_the_time_nothing_is_answered() {
    let Scene {
        town,
        payer,
        till,
        sheet,
        _folder,
    } = Scene::new();
    let receipt = pay(&payer.home, &sheet, 700);
    let checked = receive::check(&till.home, &receipt.full).unwrap();
    till.clock.set_wall(START.before(DAY_SECONDS));
    till.clock.restart();
    assert_eq!(
        receive::check(&till.home, &receipt.full).map(|_| ()),
        Err(ReceiveError::ClockLost)
    );
    assert_eq!(receive::answer(&till.home, &checked), Err(ReceiveError::ClockLost));
    assert_eq!(receive::refuse(&till.home, &checked), Err(ReceiveError::ClockLost));
    let view = view::till(&till.home).unwrap();
    assert_eq!((view.receipts.len(), view.waiting), (0, 0), "nothing was signed");
    till.clock.set_wall(START.after(30));
    let server = ScriptedTown::new(&town, &till);
    let till = server.connected(&town, till);
    sync(&till.home, true).unwrap();
    assert!(receive::answer(&till.home, &checked).unwrap().verdict.accepted());
}

/// F158: both quotes were asked for before either was paid, so neither warned. The second payment is asked about
/// all the same, and goes on where the person says so.
#[test]
fn a_duplicate_is_noticed_when_it_is_made() {
    let Scene { payer, sheet, .. } = &Scene::new();
    let quotes = [0, 1].map(|_| quoted(&payer.home, sheet, 700).unwrap());
    assert!(quotes.iter().all(|quote| quote.notices.is_empty()));
    let key = gate::open(&payer.home, &Pin::parse(PIN).unwrap()).unwrap();
    let [first, second] = &quotes;
    let prepared = pay::prepare(&payer.home, first, Gate::PIN).unwrap();
    pay::confirm(&payer.home, prepared, &key).unwrap();
    let asked = pay::prepare(&payer.home, second, Gate::PIN);
    assert_eq!(asked.map(|_| ()), Err(PayError::Duplicate { at: START }));
    assert_eq!(
        view::history(&payer.home).unwrap().payments.len(),
        1,
        "nothing was set aside"
    );
    let prepared = pay::prepare(&payer.home, second, Gate::PIN.and(Gate::DUPLICATE_OK)).unwrap();
    pay::confirm(&payer.home, prepared, &key).unwrap();
    let made = view::history(&payer.home).unwrap().payments;
    assert!(made.len() == 2 && made.iter().all(|payment| payment.state == Paid::Signed));
    assert!(made[0].intent.gate.has(Gate::DUPLICATE_OK) && !made[1].intent.gate.has(Gate::DUPLICATE_OK));
    // Another total is no duplicate.
    assert!(try_pay(&payer.home, sheet, 701).is_ok());
}
