//! A locked PIN and a new payment key, where the answer that agrees to it is lost (T14).

use std::sync::Arc;

use kinchaku_core::gate::{self, GateError, RecoverError, recover};
use kinchaku_core::lock::{Brake, LockError, Pin};
use kinchaku_core::network::NetworkError;
use kinchaku_core::pay::{self, PayError};
use kinchaku_core::store::StoreError;
use kinchaku_core::sync::{SyncError, sync};
use kinchaku_protocol::api::UnlockRequest;
use kinchaku_protocol::doc::Intent;
use kinchaku_protocol::doc::field::from_bytes;
use kinchaku_protocol::ids::{MarkId, Pid};
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_protocol::signature::{PublicKey, Signer as _};
use kinchaku_tests::counter::{self, gate_for, quoted, try_pay};
use kinchaku_tests::offline_town::{OfflineTown, PIN, TestDevice};
use kinchaku_tests::scripted_town::{ScriptedTown, account, in_use, issued, payment_key};

/// The code from the office, as somebody types it.
const CODE: &str = "ABCD-2345";

const NEW_PIN: &str = "8642";

struct Scene {
    town: OfflineTown,
    _folder: tempfile::TempDir,
    server: Arc<ScriptedTown>,
    wallet: TestDevice,
    sheet: String,
}

impl Scene {
    /// A wallet with one payment to upload, whose PIN is locked.
    fn locked() -> Self {
        let town = OfflineTown::new();
        let folder = tempfile::tempdir().unwrap();
        let wallet = town.wallet(folder.path());
        let server = ScriptedTown::new(&town, &wallet);
        let wallet = server.connected(&town, wallet);
        let sheet = town.sheet(Pid([7; 8]), MarkId([7; 4]), Offline::Scan);
        let _ = counter::pay(&wallet.home, &sheet, 500);
        let scene = Self {
            town,
            _folder: folder,
            server,
            wallet,
            sheet,
        };
        for _ in 0..5 {
            scene.wallet.clock.pass(31);
            assert!(scene.opened_by("1357").is_err());
        }
        assert!(matches!(scene.opened_by(PIN), Err(GateError::Lock(LockError::Locked))));
        scene
    }

    fn opened_by(&self, pin: &str) -> Result<(), GateError> {
        gate::open(&self.wallet.home, &Pin::parse(pin).unwrap()).map(|_| ())
    }

    fn recover(&self) -> Result<(), RecoverError> {
        let pin = Pin::parse(NEW_PIN).unwrap();
        recover(&self.wallet.home, CODE, &pin, Brake::cheap_for_tests())
    }

    /// The keys the server was asked to take, one for each request.
    fn keys_asked_for(&self) -> Vec<PublicKey> {
        let requests = self.server.asked("/unlock");
        requests
            .iter()
            .map(|body| from_bytes::<UnlockRequest>(body).unwrap().pay.key)
            .collect()
    }

    /// The server gives an allowance for this key.
    fn offers(&self, key: PublicKey) {
        let now = self.wallet.home.now().unwrap().time;
        self.server.desk().allowance = Some(issued(&self.town, key, now).bytes().to_vec());
    }

    /// Handles of payment keys that are stored beside the PIN's.
    fn handles_without_a_pin(&self) -> u32 {
        let count = "SELECT count(*) FROM meta WHERE name = 'gate.pending-key'";
        let store = self.wallet.home.store();
        store
            .read(|db| Ok::<_, StoreError>(db.query_row(count, [], |row| row.get(0))?))
            .unwrap()
    }
}

fn timed_out(recovered: &Result<(), RecoverError>) -> bool {
    *recovered == Err(RecoverError::Sync(SyncError::Network(NetworkError::Timeout)))
}

/// T14: the server agreed and its answer was lost; it gives allowances for the new key from then on, which is not
/// this wallet's yet. The same code again brings the same key, and everything fits.
#[test]
fn a_lost_agreement_is_repaired_by_the_same_code() {
    let scene = Scene::locked();
    let old = payment_key(&scene.wallet);
    scene.server.desk().loses = Some("unlock");
    assert!(timed_out(&scene.recover()));
    assert!(matches!(
        scene.opened_by(NEW_PIN),
        Err(GateError::Lock(LockError::Locked))
    ));
    let new = scene.keys_asked_for()[0];
    assert_ne!(new, old);
    assert_eq!(payment_key(&scene.wallet), old);

    // Meanwhile an allowance is due, and what comes is for the key the server knows.
    scene.offers(new);
    scene.server.tell(account(90_000));
    assert!(!sync(&scene.wallet.home, true).unwrap().new_allowance);
    assert!(in_use(&scene.wallet).is_none(), "nothing could be signed under it");

    scene.recover().unwrap();
    assert_eq!(scene.keys_asked_for(), [new, new]);
    assert_eq!(payment_key(&scene.wallet), new);
    assert_eq!(scene.handles_without_a_pin(), 0);
    assert!(scene.opened_by(PIN).is_err());
    assert!(scene.opened_by(NEW_PIN).is_ok());
    assert_eq!(in_use(&scene.wallet).unwrap().device_key, new);
    let quote = quoted(&scene.wallet.home, &scene.sheet, 600).unwrap();
    let prepared = pay::prepare(&scene.wallet.home, &quote, gate_for(&quote)).unwrap();
    let key = gate::open(&scene.wallet.home, &Pin::parse(NEW_PIN).unwrap()).unwrap();
    pay::confirm(&scene.wallet.home, prepared, &key).unwrap();
    assert_eq!(
        scene.server.uploaded_of::<Intent>().len(),
        1,
        "what was signed before had gone up at once"
    );
}

/// T14: an allowance for the old key, or for anybody's, is not taken: the wallet waits for one for its own.
#[test]
fn an_allowance_for_another_key_is_not_taken() {
    let scene = Scene::locked();
    let old = payment_key(&scene.wallet);
    for other in [old, OfflineTown::key(1).public_key()] {
        scene.offers(other);
        scene.recover().unwrap();
        assert_eq!(
            try_pay(&scene.wallet.home, &scene.sheet, 600),
            Err(PayError::NoAllowance)
        );
        assert_ne!(payment_key(&scene.wallet), other);
        assert!(!sync(&scene.wallet.home, true).unwrap().new_allowance);
        assert!(in_use(&scene.wallet).is_none());
    }
    scene.offers(payment_key(&scene.wallet));
    assert!(sync(&scene.wallet.home, true).unwrap().new_allowance);
    assert!(quoted(&scene.wallet.home, &scene.sheet, 600).is_ok());
}
