//! When a wallet gives its allowance up for another one, and when it must not.

use std::sync::Arc;

use kinchaku_core::gate;
use kinchaku_core::lock::Pin;
use kinchaku_core::network::NetworkError;
use kinchaku_core::pay;
use kinchaku_core::sync::{SyncError, enlarge_allowance, sync};
use kinchaku_protocol::api::AllowanceRequest;
use kinchaku_protocol::doc::field::from_bytes;
use kinchaku_protocol::doc::{Allowance, Close, Gate, Intent, Received, Verified};
use kinchaku_protocol::ids::{MarkId, Pid};
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_tests::counter::{pay, quoted};
use kinchaku_tests::offline_town::{OfflineTown, PIN, START, TestDevice};
use kinchaku_tests::scripted_town::{ScriptedTown, account, in_use, issued, payment_key};

struct Scene {
    town: OfflineTown,
    _folder: tempfile::TempDir,
    server: Arc<ScriptedTown>,
    wallet: TestDevice,
    first: Verified<Allowance>,
    sheet: String,
}

impl Scene {
    /// A wallet that knows that its allowance holds all there is.
    fn new() -> Self {
        let town = OfflineTown::new();
        let folder = tempfile::tempdir().unwrap();
        let wallet = town.wallet(folder.path());
        let server = ScriptedTown::new(&town, &wallet);
        let wallet = server.connected(&town, wallet);
        let first = in_use(&wallet).unwrap();
        let next = issued(&town, payment_key(&wallet), START.after(60));
        server.desk().allowance = Some(next.bytes().to_vec());
        server.tell(account(0));
        let sheet = town.sheet(Pid([7; 8]), MarkId([7; 4]), Offline::Scan);
        let scene = Self {
            town,
            _folder: folder,
            server,
            wallet,
            first,
            sheet,
        };
        assert!(!scene.synced(), "it is new");
        scene
    }

    /// Whether a sync brought a new allowance.
    fn synced(&self) -> bool {
        sync(&self.wallet.home, true).unwrap().new_allowance
    }

    /// Nothing was given up and nothing asked for.
    fn kept(&self) -> bool {
        let same = in_use(&self.wallet).is_some_and(|allowance| allowance.to_ref() == self.first.to_ref());
        let uploaded = self.server.uploaded_of::<Close>();
        same && uploaded.is_empty() && self.server.asked("/allowance").is_empty()
    }

    /// The closes that came with requests for an allowance.
    fn closes(&self) -> Vec<Received<Close>> {
        let requests = self.server.asked("/allowance");
        let requests = requests
            .iter()
            .map(|body| from_bytes::<AllowanceRequest>(body).unwrap());
        let closes = requests.map(|request| request.close.unwrap().0);
        closes.map(|close| Received::read(&close).unwrap()).collect()
    }
}

/// T5: between the amount and the PIN a sync runs, and an allowance is due. The chain does not end under the
/// person's finger: the payment is confirmed, and only the next sync gives the allowance up, with it in.
#[test]
fn a_prepared_payment_keeps_its_allowance() {
    let scene = Scene::new();
    let home = &scene.wallet.home;
    let quote = quoted(home, &scene.sheet, 700).unwrap();
    let prepared = pay::prepare(home, &quote, Gate::PIN).unwrap();
    scene.server.tell(account(90_000));
    assert!(!scene.synced());
    assert!(!enlarge_allowance(home).unwrap());
    assert!(scene.kept());
    let key = gate::open(home, &Pin::parse(PIN).unwrap()).unwrap();
    let paid = pay::confirm(home, prepared, &key).unwrap();
    assert!(scene.synced());
    let closes = scene.closes();
    let ends: Vec<_> = closes
        .iter()
        .map(Received::claims)
        .map(|it| (it.allowance, it.last, it.head))
        .collect();
    assert_eq!(ends, [(scene.first.to_ref(), 1, paid.reference)]);
}

/// F282: nearly everything is spent and there is nothing more to have: what is left stays usable. A top-up comes,
/// and the next sync has it.
#[test]
fn an_allowance_is_kept_until_there_is_more_to_have() {
    let scene = Scene::new();
    for _ in 0..2 {
        let _ = pay(&scene.wallet.home, &scene.sheet, 5_500);
        assert!(!scene.synced());
    }
    assert!(scene.kept(), "nothing is free on the server");
    scene.server.tell(account(20_000));
    assert!(scene.synced());
    assert_eq!(scene.closes().len(), 1);
    assert_ne!(in_use(&scene.wallet).unwrap().to_ref(), scene.first.to_ref());
    let _ = pay(&scene.wallet.home, &scene.sheet, 6_000);
    assert_eq!(scene.server.uploaded_of::<Intent>().len(), 2, "each payment once");
}

/// A payment that is more than the allowance has left: a larger one is asked for, and only where there is more.
#[test]
fn an_allowance_is_enlarged_where_there_is_more() {
    let scene = Scene::new();
    assert!(!enlarge_allowance(&scene.wallet.home).unwrap());
    assert!(scene.kept(), "there is no more: nothing is risked for it");
    scene.server.tell(account(1_000));
    assert!(!scene.synced());
    assert!(scene.kept(), "not due by itself");
    assert!(enlarge_allowance(&scene.wallet.home).unwrap());
    assert_ne!(in_use(&scene.wallet).unwrap().to_ref(), scene.first.to_ref());
}

/// T10: the answer with the next allowance is lost, once and again. Each run sends the same close, and the
/// allowance of the first answer comes into use.
#[test]
fn a_lost_allowance_is_asked_for_again() {
    let scene = Scene::new();
    scene.server.tell(account(90_000));
    for _ in 0..2 {
        scene.server.desk().loses = Some("allowance");
        assert_eq!(
            sync(&scene.wallet.home, true),
            Err(SyncError::Network(NetworkError::Timeout))
        );
        assert!(in_use(&scene.wallet).is_none(), "it is given up all the same");
    }
    assert!(scene.synced());
    let closes = scene.closes();
    assert_eq!(closes.len(), 3);
    assert!(closes.iter().all(|close| *close == closes[0]));
    // It goes up by itself, too, for a server that forgets.
    scene.server.tell(account(0));
    assert!(!scene.synced());
    let uploaded = scene.server.uploaded_of::<Close>();
    assert!(!uploaded.is_empty() && uploaded.iter().all(|close| *close == closes[0]));
    let next = issued(&scene.town, payment_key(&scene.wallet), START.after(60));
    assert_eq!(in_use(&scene.wallet).unwrap().to_ref(), next.to_ref());
}
