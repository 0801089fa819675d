//! Documents that a server will not have: kept, offered again, and in nobody's way (T18).

use std::sync::Arc;

use kinchaku_core::book::payments::State as Paid;
use kinchaku_core::sync::{Delivered, SyncError, deliver, sync};
use kinchaku_core::view;
use kinchaku_protocol::doc::{AnswerItem, Intent, ParkReason, Received};
use kinchaku_protocol::ids::{MarkId, Pid};
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_protocol::time::DAY_SECONDS;
use kinchaku_tests::counter::pay;
use kinchaku_tests::offline_town::{OfflineTown, START, TestDevice};
use kinchaku_tests::scripted_server::honest;
use kinchaku_tests::scripted_town::{ScriptedTown, account};

struct Scene {
    _folder: tempfile::TempDir,
    server: Arc<ScriptedTown>,
    wallet: TestDevice,
}

impl Scene {
    /// A wallet with a network and this many payments to upload.
    fn with_payments(payments: u32) -> Self {
        let town = OfflineTown::new();
        let folder = tempfile::tempdir().unwrap();
        let wallet = town.wallet(folder.path());
        let server = ScriptedTown::new(&town, &wallet);
        let wallet = server.connected(&town, wallet);
        let sheet = town.sheet(Pid([7; 8]), MarkId([7; 4]), Offline::Scan);
        for number in 0..payments {
            let _ = pay(&wallet.home, &sheet, 100 + number);
        }
        Self {
            _folder: folder,
            server,
            wallet,
        }
    }

    /// Where the payments stand, in the order they were made.
    fn states(&self) -> Vec<Paid> {
        let mut payments = view::history(&self.wallet.home).unwrap().payments;
        payments.sort_by_key(|payment| payment.id);
        payments.into_iter().map(|payment| payment.state).collect()
    }

    fn requests(&self) -> usize {
        self.server.asked("/upload").len()
    }
}

/// T18: what the server parks stays, is shown, is not pressed on it, and is offered again after a day; at once
/// where a person asks. A server that understands it in the end settles it.
#[test]
fn a_parked_document_is_offered_again() {
    let scene = Scene::with_payments(2);
    let home = &scene.wallet.home;
    scene.server.desk().answers = |_| AnswerItem::Parked(ParkReason::Newer);
    let parked = Delivered {
        decided: 0,
        parked: 2,
        waiting: 0,
    };
    assert_eq!(deliver(home, false).unwrap(), parked);
    assert_eq!(scene.states(), [Paid::Parked; 2]);
    assert_eq!(view::wallet(home).unwrap().parked, 2);

    scene.wallet.clock.pass(DAY_SECONDS - 1);
    assert_eq!(deliver(home, false).unwrap(), Delivered::default());
    assert_eq!(scene.requests(), 1);
    scene.wallet.clock.pass(1);
    assert_eq!(deliver(home, false).unwrap(), parked);
    assert_eq!(deliver(home, true).unwrap(), parked, "a person asks");
    assert_eq!(scene.requests(), 3);
    assert_eq!(scene.states(), [Paid::Parked; 2]);

    scene.server.desk().answers = honest;
    assert_eq!(deliver(home, true).unwrap().decided, 2);
    assert_eq!(scene.states(), [Paid::Posted; 2]);
    assert_eq!(view::wallet(home).unwrap().parked, 0);
    let intents = scene.server.uploaded_of::<Intent>();
    assert_eq!(intents.len(), 8, "the same two, each time");
    assert!(intents.chunks(2).all(|offered| offered == &intents[..2]));
}

/// T11, T18: a next try that was set by a clock far ahead, which has been repaired since, is not waited for.
#[test]
fn a_clock_that_was_ahead_silences_nothing() {
    let scene = Scene::with_payments(2);
    let home = &scene.wallet.home;
    scene.wallet.clock.set_wall(START.after(400 * DAY_SECONDS));
    scene.wallet.clock.restart();
    scene.server.desk().answers = |document| {
        let first = Received::<Intent>::read(document).unwrap().claims().seq == 1;
        AnswerItem::Parked(if first {
            ParkReason::Waiting
        } else {
            ParkReason::Unreadable
        })
    };
    assert_eq!(
        deliver(home, false).unwrap(),
        Delivered {
            decided: 0,
            parked: 1,
            waiting: 1
        }
    );
    scene.server.desk().answers = honest;

    scene.wallet.clock.set_wall(START.after(60));
    scene.server.tell(account(0));
    sync(home, false).unwrap();
    assert!(
        home.now().unwrap().time < START.after(DAY_SECONDS),
        "the server repaired the clock"
    );
    assert_eq!(scene.states(), [Paid::Posted; 2]);
}

/// T18: a document that fails every request it is in: after a few tries the others go without it, and from the
/// first on the wallet hears what the server has to say.
#[test]
fn a_document_the_server_stumbles_over_stops_nobody() {
    let scene = Scene::with_payments(5);
    let home = &scene.wallet.home;
    let third = view::history(home)
        .unwrap()
        .payments
        .into_iter()
        .find(|payment| payment.intent.seq == 3);
    scene.server.desk().stumbling_block = third.unwrap().doc;
    let failed = Err(SyncError::Busy { seconds: 0 });
    for round in 0..3 {
        scene.server.tell(account(round));
        assert_eq!(sync(home, true).map(|_| ()), failed);
        assert_eq!(scene.states(), [Paid::Signed; 5]);
        assert_eq!(scene.server.asked("/pull").len() as u32, round + 1);
    }
    assert_eq!(sync(home, true).map(|_| ()), failed, "it is still said");
    let mut expected = [Paid::Posted; 5];
    expected[2] = Paid::Signed;
    assert_eq!(scene.states(), expected);
    assert!(view::wallet(home).unwrap().as_of.is_some());
    // And it is still offered.
    scene.server.desk().stumbling_block = None;
    sync(home, true).unwrap();
    assert_eq!(scene.states(), [Paid::Posted; 5]);
}
