//! Receipts that nobody proved, shown before the genuine ones (T1, T3, T6): they stand in nobody's way.

use std::sync::Arc;

use kinchaku_core::book::receipts::State as Shown;
use kinchaku_core::gate;
use kinchaku_core::key::Verified as KeySigner;
use kinchaku_core::lock::Pin;
use kinchaku_core::network::NetworkError;
use kinchaku_core::pay::PaidReceipt;
use kinchaku_core::receive::{self, ReceiveError};
use kinchaku_core::sync::{SyncError, deliver};
use kinchaku_core::view;
use kinchaku_protocol::doc::{AnswerItem, Document as _, Intent, ParkReason, Receipt, Verdict};
use kinchaku_protocol::ids::{MarkId, Pid};
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_protocol::signature::Signer;
use kinchaku_tests::counter::{answer, pay};
use kinchaku_tests::offline_town::{OfflineTown, PIN, TestDevice};
use kinchaku_tests::scripted_server::honest;
use kinchaku_tests::scripted_town::ScriptedTown;

const SHOP: Pid = Pid([7; 8]);
const MARK: MarkId = MarkId([7; 4]);

struct Scene {
    town: OfflineTown,
    folder: tempfile::TempDir,
    payer: TestDevice,
    receipt: PaidReceipt,
}

impl Scene {
    fn new() -> Self {
        let town = OfflineTown::new();
        let folder = tempfile::tempdir().unwrap();
        let payer = town.wallet(&folder.path().join("payer"));
        let receipt = pay(&payer.home, &town.sheet(SHOP, MARK, Offline::Scan), 1_200);
        Self {
            town,
            folder,
            payer,
            receipt,
        }
    }

    /// The shop's device, without a network.
    fn till(&self) -> TestDevice {
        self.town.till(&self.folder.path().join("till"), SHOP, MARK)
    }

    fn genuine(&self) -> Vec<u8> {
        Receipt::read(&self.receipt.full).unwrap().intent.bytes().to_vec()
    }

    /// The same payment, one bit of its signature turned over.
    fn forged(&self) -> Vec<u8> {
        let mut forged = self.genuine();
        *forged.last_mut().unwrap() ^= 1;
        forged
    }

    /// Another payment with the same counter, by any key.
    fn rival(&self, signer: &dyn Signer) -> Vec<u8> {
        let mut rival = Receipt::read(&self.receipt.full).unwrap().intent.claims().clone();
        rival.occurred_at = rival.occurred_at.after(1);
        rival.sign(signer).unwrap().bytes().to_vec()
    }

    fn allowance(&self) -> Vec<u8> {
        Receipt::read(&self.receipt.full)
            .unwrap()
            .allowance
            .unwrap()
            .bytes()
            .to_vec()
    }
}

fn short(intent: &[u8]) -> String {
    Receipt::text(intent, None)
}

/// The bytes of the one receipt that a till keeps.
fn kept(till: &TestDevice) -> Vec<u8> {
    let receipts = view::till(&till.home).unwrap().receipts;
    assert_eq!(receipts.len(), 1);
    receipts[0].intent.bytes().to_vec()
}

/// T1, T3: without a network a forged short receipt is relayed first. The genuine full one is then taken, and it
/// is its bytes that are kept and sent.
#[test]
fn genuine_bytes_replace_forged_ones() {
    let scene = Scene::new();
    let till = scene.till();
    let offline = receive::relay(&till.home, &short(&scene.forged()));
    assert_eq!(
        offline,
        Err(ReceiveError::Sync(SyncError::Network(NetworkError::Offline)))
    );
    assert_eq!(kept(&till), scene.forged());
    assert!(answer(&till.home, &scene.receipt.full).unwrap().verdict.accepted());
    assert_eq!(kept(&till), scene.genuine());
    let server = ScriptedTown::new(&scene.town, &till);
    let till = server.connected(&scene.town, till);
    deliver(&till.home, true).unwrap();
    assert_eq!(intents(&server), [scene.genuine()]);
    assert_eq!(view::till(&till.home).unwrap().receipts[0].state, Shown::Posted);
}

/// T1, T18: the server has the forged one parked. The genuine full one replaces it, and so does the genuine
/// short one, which proves as little here but is other bytes.
#[test]
fn genuine_bytes_replace_parked_ones() {
    for full in [true, false] {
        let scene = Scene::new();
        let till = scene.till();
        let server = ScriptedTown::new(&scene.town, &till);
        let till = server.connected(&scene.town, till);
        server.desk().answers = |document| match honest(document) {
            AnswerItem::Fact(_) => AnswerItem::Parked(ParkReason::BadSignature),
            other => other,
        };
        let relayed = receive::relay(&till.home, &short(&scene.forged())).unwrap();
        assert_eq!(relayed.state, Shown::Waiting);
        server.desk().answers = honest;
        if full {
            assert!(answer(&till.home, &scene.receipt.full).unwrap().verdict.accepted());
            assert_eq!(kept(&till), scene.genuine());
            deliver(&till.home, false).unwrap();
        } else {
            assert_eq!(
                receive::relay(&till.home, &scene.receipt.short).unwrap().state,
                Shown::Posted
            );
        }
        assert_eq!(intents(&server), [scene.forged(), scene.genuine()]);
        assert_eq!(view::till(&till.home).unwrap().receipts[0].state, Shown::Posted);
    }
}

/// T1: the other way round: what was proven here is not replaced by what only has its name.
#[test]
fn forged_bytes_replace_nothing() {
    let scene = Scene::new();
    let till = scene.till();
    assert!(receive::relay(&till.home, &scene.receipt.full).is_err(), "no network");
    assert!(receive::relay(&till.home, &short(&scene.forged())).is_err());
    assert_eq!(kept(&till), scene.genuine());
    let server = ScriptedTown::new(&scene.town, &till);
    let till = server.connected(&scene.town, till);
    deliver(&till.home, true).unwrap();
    assert_eq!(intents(&server), [scene.genuine()]);
}

/// T6: a short receipt by a stranger with the counter of an honest payer, and one by the payer's own key with
/// nothing that proves it: neither makes the honest payment a clone's. One that was proven does.
#[test]
fn an_unproven_rival_makes_nobody_a_clone() {
    let scene = Scene::new();
    let key = gate::open(&scene.payer.home, &Pin::parse(PIN).unwrap()).unwrap();
    let own = scene.rival(&KeySigner::new(&key));
    for (name, unproven) in [("stranger's", scene.rival(scene.town.stranger())), ("own", own.clone())] {
        let till = scene.town.till(&scene.folder.path().join(name), SHOP, MARK);
        assert!(receive::relay(&till.home, &short(&unproven)).is_err(), "no network");
        assert_eq!(
            answer(&till.home, &scene.receipt.full).unwrap().verdict,
            Verdict::Accepted
        );
    }
    let till = scene.till();
    let proven = Receipt::text(&own, Some(&scene.allowance()));
    assert_eq!(answer(&till.home, &proven).unwrap().verdict, Verdict::Accepted);
    assert_eq!(answer(&till.home, &scene.receipt.full).unwrap().verdict, Verdict::Fork);
}

/// The payments a server was sent.
fn intents(server: &Arc<ScriptedTown>) -> Vec<Vec<u8>> {
    let intents = server.uploaded_of::<Intent>();
    intents.iter().map(|intent| intent.bytes().to_vec()).collect()
}
