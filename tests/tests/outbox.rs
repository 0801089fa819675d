//! What waits to be sent, against servers that tell the truth, something else, or nothing.

use std::sync::Arc;

use kinchaku_core::book::payments::State as Paid;
use kinchaku_core::book::receipts::State as Shown;
use kinchaku_core::gate::{self, GateError};
use kinchaku_core::lock::{LockError, Pin};
use kinchaku_core::network::{Network, NetworkError, Response};
use kinchaku_core::receive;
use kinchaku_core::sync::{Delivered, SyncError, deliver};
use kinchaku_core::view;
use kinchaku_protocol::doc::field::Bytes;
use kinchaku_protocol::doc::{Answer, AnswerItem, FactKind, Intent, ParkReason, Received};
use kinchaku_protocol::ids::{DocId, MarkId, Pid};
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_tests::counter::{answer, pay};
use kinchaku_tests::offline_town::{OfflineTown, PIN, START, TestDevice};
use kinchaku_tests::scripted_server::{ScriptedServer, fact, fact_key, honest, said};

const SHOP: Pid = Pid([7; 8]);
const MARK: MarkId = MarkId([7; 4]);

/// Opened again as it lies there, with this network.
fn connected(town: &OfflineTown, device: TestDevice, network: Arc<dyn Network>) -> TestDevice {
    let TestDevice {
        folder, clock, home, ..
    } = device;
    drop(home);
    TestDevice::open_with(&folder, town.roots(), clock, network).0
}

fn payer_of(town: &OfflineTown, folder: &std::path::Path, payments: u32) -> TestDevice {
    let payer = town.wallet(folder);
    let sheet = town.sheet(SHOP, MARK, Offline::Scan);
    for number in 0..payments {
        let _ = pay(&payer.home, &sheet, 100 + number);
    }
    payer
}

fn states(device: &TestDevice) -> Vec<Paid> {
    let mut payments = view::history(&device.home).unwrap().payments;
    payments.sort_by_key(|payment| payment.id);
    payments.into_iter().map(|payment| payment.state).collect()
}

/// T18: whatever becomes of one document of twenty, the others arrive in the same run and in their order;
/// the bad one is kept.
#[test]
fn one_bad_document_stops_nobody() {
    const BAD: usize = 7;
    let other = DocId([9; 32]);
    let stranger = OfflineTown::key(3);
    type Item = Box<dyn Fn(&[u8]) -> AnswerItem + Send + Sync>;
    let answers: Vec<(Item, Paid)> = vec![
        (Box::new(|_| AnswerItem::Parked(ParkReason::Unreadable)), Paid::Parked),
        (Box::new(|_| AnswerItem::Parked(ParkReason::Newer)), Paid::Parked),
        (Box::new(|_| AnswerItem::Parked(ParkReason::Waiting)), Paid::Signed),
        (Box::new(|_| AnswerItem::Noted), Paid::Signed),
        (Box::new(|_| AnswerItem::Fact(Bytes(vec![0xf6]))), Paid::Signed),
        (
            Box::new(move |_| AnswerItem::Fact(Bytes(fact(other, FactKind::Posted, &fact_key())))),
            Paid::Signed,
        ),
        (
            Box::new(move |document| {
                let id = Received::<Intent>::read(document).unwrap().id();
                AnswerItem::Fact(Bytes(fact(id, FactKind::Posted, &stranger)))
            }),
            Paid::Signed,
        ),
    ];
    for (number, (bad, left)) in answers.into_iter().enumerate() {
        let town = OfflineTown::new();
        let folder = tempfile::tempdir().unwrap();
        let payer = payer_of(&town, folder.path(), 20);
        let sheet = town.sheet(SHOP, MARK, Offline::Scan);
        let server =
            ScriptedServer::uploads(move |at, document| if at == BAD { bad(document) } else { honest(document) });
        let server = Arc::new(server);
        let payer = connected(&town, payer, server.clone());
        let Delivered {
            decided,
            parked,
            waiting,
        } = deliver(&payer.home, true).unwrap();
        assert_eq!((decided, parked + waiting), (19, 1), "answer {number}");
        let mut expected = vec![Paid::Posted; 20];
        expected[BAD] = left;
        assert_eq!(states(&payer), expected, "answer {number}");
        assert_eq!(server.asked("/upload"), 1, "in the same request");
        // Paying goes on meanwhile, and what is paid then is not held up either.
        let next = pay(&payer.home, &sheet, 50);
        let payer = connected(
            &town,
            payer,
            Arc::new(ScriptedServer::uploads(|_, document| honest(document))),
        );
        deliver(&payer.home, true).unwrap();
        let posted = view::history(&payer.home).unwrap().payments;
        let of_next = posted
            .iter()
            .find(|payment| payment.reference == next.reference)
            .unwrap();
        assert_eq!(of_next.state, Paid::Posted);
        // It was kept: a server that understands it settles it.
        assert_eq!(states(&payer), [Paid::Posted; 21], "answer {number}");
    }
}

/// T14, F155: five wrong PINs lock paying, and paying alone: what was signed before is uploaded
/// after the app is opened again, without any PIN.
#[test]
fn a_locked_pin_keeps_what_was_signed() {
    let town = OfflineTown::new();
    let folder = tempfile::tempdir().unwrap();
    let payer = payer_of(&town, folder.path(), 3);
    let wrong = Pin::parse("1357").unwrap();
    let mut locked = false;
    for attempt in 0..5 {
        payer.clock.pass(31);
        let Err(GateError::Lock(error)) = gate::open(&payer.home, &wrong) else {
            panic!("attempt {attempt} opened")
        };
        locked = error == LockError::Locked;
    }
    assert!(locked);
    let (payer, report) = payer.reopen();
    assert_eq!((report.abandoned, report.rolled_back), (0, false));
    let refused = gate::open(&payer.home, &Pin::parse(PIN).unwrap());
    assert!(matches!(refused, Err(GateError::Lock(LockError::Locked))));
    assert_eq!(view::wallet(&payer.home).unwrap().waiting, 3);
    let payer = connected(
        &town,
        payer,
        Arc::new(ScriptedServer::uploads(|_, document| honest(document))),
    );
    assert_eq!(deliver(&payer.home, true).unwrap().decided, 3);
    assert_eq!(states(&payer), [Paid::Posted; 3]);
    assert_eq!(view::wallet(&payer.home).unwrap().waiting, 0);
}

type Script = Box<dyn Fn(&[u8]) -> Result<Response, NetworkError> + Send + Sync>;

fn always(item: impl Fn(&[u8]) -> AnswerItem + Send + Sync + 'static) -> Script {
    Box::new(move |body| {
        let upload = kinchaku_protocol::doc::Upload::decode(body).unwrap();
        let items = upload.items.iter().map(|document| item(&document.document.0)).collect();
        Ok(said(200, Answer { items }.encode()))
    })
}

/// Everything a server can say that proves nothing.
fn lies() -> Vec<Script> {
    let of = |document: &[u8], kind, signer: &kinchaku_protocol::signature::SoftwareSigner| {
        let id = Received::<Intent>::read(document).map_or(DocId([0; 32]), |intent| intent.id());
        AnswerItem::Fact(Bytes(fact(id, kind, signer)))
    };
    vec![
        always(|_| AnswerItem::Noted),
        always(|_| AnswerItem::Parked(ParkReason::Waiting)),
        always(move |document| of(document, FactKind::Posted, &OfflineTown::key(0))),
        always(|_| AnswerItem::Fact(Bytes(fact(DocId([3; 32]), FactKind::Posted, &fact_key())))),
        Box::new(|_| Ok(said(200, b"OK".to_vec()))),
        Box::new(|_| Ok(said(200, Vec::new()))),
        Box::new(|_| Ok(said(200, vec![0xa1, 0x00, 0x80]))),
        Box::new(|_| {
            Ok(Response {
                status: 200,
                body: b"OK".to_vec(),
                version: None,
                retry_after: None,
            })
        }),
        Box::new(|_| {
            Ok(Response {
                status: 200,
                body: Vec::new(),
                version: Some(9),
                retry_after: None,
            })
        }),
        Box::new(|_| Ok(said(204, Vec::new()))),
        Box::new(|_| Ok(said(503, Vec::new()))),
        Box::new(|_| Err(NetworkError::Timeout)),
        Box::new(|_| Err(NetworkError::Pin)),
    ]
}

/// T1: a server that says OK and signs nothing turns nothing green, and settles nothing. The real
/// one, later, does.
#[test]
fn nothing_turns_green_unsigned() {
    for (number, lie) in lies().into_iter().enumerate() {
        let town = OfflineTown::new();
        let folder = tempfile::tempdir().unwrap();
        let payer = town.wallet(&folder.path().join("payer"));
        let receipt = pay(&payer.home, &town.sheet(SHOP, MARK, Offline::Scan), 700);
        let server = Arc::new(ScriptedServer::new(move |request| lie(&request.body)));
        let till = connected(
            &town,
            town.till(&folder.path().join("till"), SHOP, MARK),
            server.clone(),
        );
        let relayed = receive::relay(&till.home, &receipt.short);
        assert!(!relayed.is_ok_and(|relayed| relayed.state.paid()), "lie {number}");
        let shown = |till: &TestDevice| view::till(&till.home).unwrap().receipts[0].state;
        assert_eq!(shown(&till), Shown::Waiting, "lie {number}");
        // The payer is not deceived either.
        let payer = connected(&town, payer, server);
        let _ = deliver(&payer.home, true);
        assert_eq!(states(&payer), [Paid::Signed], "lie {number}");
        // Nothing is lost: the same receipt is relayed again to the real server.
        let till = connected(
            &town,
            till,
            Arc::new(ScriptedServer::uploads(|_, document| honest(document))),
        );
        assert_eq!(
            receive::relay(&till.home, &receipt.short).unwrap().state,
            Shown::Posted,
            "lie {number}"
        );
        assert_eq!(shown(&till), Shown::Posted);
    }
}

/// F283: what waits goes out only when it is due, unless a person asks; a server that asks for time has it.
#[test]
fn a_busy_server_is_left_alone() {
    let town = OfflineTown::new();
    let folder = tempfile::tempdir().unwrap();
    let payer = payer_of(&town, folder.path(), 2);
    let busy = Arc::new(ScriptedServer::new(|_| {
        Ok(Response {
            status: 429,
            body: Vec::new(),
            version: Some(1),
            retry_after: Some(120),
        })
    }));
    let payer = connected(&town, payer, busy.clone());
    assert_eq!(deliver(&payer.home, false), Err(SyncError::Busy { seconds: 120 }));
    payer.clock.pass(119);
    deliver(&payer.home, false).unwrap();
    assert_eq!(busy.asked("/upload"), 1, "not before the time it asked for");
    assert_eq!(deliver(&payer.home, true), Err(SyncError::Busy { seconds: 120 }));
    assert_eq!(busy.asked("/upload"), 2);
    let payer = connected(
        &town,
        payer,
        Arc::new(ScriptedServer::uploads(|_, document| honest(document))),
    );
    payer.clock.pass(3_600);
    assert_eq!(deliver(&payer.home, false).unwrap().decided, 2);
    assert!(payer.home.now().unwrap().time > START);
}

/// T1: the answer that came with a blind acceptance does not depend on any server.
#[test]
fn a_blind_acceptance_needs_no_server() {
    let town = OfflineTown::new();
    let folder = tempfile::tempdir().unwrap();
    let payer = town.wallet(&folder.path().join("payer"));
    let receipt = pay(&payer.home, &town.sheet(SHOP, MARK, Offline::Scan), 700);
    let till = town.till(&folder.path().join("till"), SHOP, MARK);
    assert!(answer(&till.home, &receipt.full).unwrap().verdict.accepted());
    assert_eq!(
        deliver(&till.home, true),
        Err(SyncError::Network(NetworkError::Offline))
    );
    assert_eq!(view::till(&till.home).unwrap().receipts[0].state, Shown::AcceptedBlind);
}
