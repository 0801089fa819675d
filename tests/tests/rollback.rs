//! An older copy put back across a change of allowance (T5): what the copy never saw is not used twice either.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use kinchaku_core::book::payments;
use kinchaku_core::network::NetworkError;
use kinchaku_core::pay::{PaidReceipt, PayError};
use kinchaku_core::store::StoreError;
use kinchaku_core::sync::{SyncError, SyncReport, sync};
use kinchaku_core::view;
use kinchaku_protocol::doc::{Allowance, Close, Intent, Verified};
use kinchaku_protocol::ids::{MarkId, Pid, Ref};
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_tests::copies::copy_database;
use kinchaku_tests::counter::{pay, try_pay};
use kinchaku_tests::offline_town::{COIN, OfflineTown, START, TestDevice};
use kinchaku_tests::scripted_town::{ScriptedTown, balance, in_use, issued, payment_key};

const SHOP: Pid = Pid([7; 8]);
const MARK: MarkId = MarkId([7; 4]);

struct Scene {
    town: OfflineTown,
    root: tempfile::TempDir,
    server: Arc<ScriptedTown>,
    sheet: String,
}

impl Scene {
    fn new() -> (Self, TestDevice) {
        let town = OfflineTown::new();
        let root = tempfile::tempdir().unwrap();
        let wallet = town.wallet(&root.path().join("wallet"));
        let server = ScriptedTown::new(&town, &wallet);
        let wallet = server.connected(&town, wallet);
        let sheet = town.sheet(SHOP, MARK, Offline::Scan);
        let scene = Self {
            town,
            root,
            server,
            sheet,
        };
        (scene, wallet)
    }

    fn copy(&self) -> PathBuf {
        self.root.path().join("copy")
    }

    /// Closes the device, does something to its folder, and opens it again.
    fn meanwhile(&self, wallet: TestDevice, work: impl FnOnce(&PathBuf)) -> TestDevice {
        let TestDevice {
            folder, clock, home, ..
        } = wallet;
        drop(home);
        work(&folder);
        let network = Arc::clone(&self.server);
        TestDevice::open_with(&folder, self.town.roots(), clock, network).0
    }

    /// The server has this to give.
    fn offers(&self, allowance: &Verified<Allowance>) {
        self.server.desk().allowance = Some(allowance.bytes().to_vec());
    }

    /// Copies the wallet, lets it change to a second allowance and pay once under that, without uploading it.
    fn paid_under_a_second(&self, wallet: TestDevice) -> (TestDevice, Verified<Allowance>, PaidReceipt) {
        let wallet = self.meanwhile(wallet, |folder| copy_database(folder, &self.copy()));
        wallet.clock.pass(60);
        let second = issued(&self.town, payment_key(&wallet), START.after(60));
        self.offers(&second);
        self.server.tell(vec![balance(COIN, 90_000, 10_000)]);
        assert!(synced(&wallet).new_allowance);
        let paid = pay(&wallet.home, &self.sheet, 500);
        wallet.clock.pass(60);
        (wallet, second, paid)
    }
}

fn synced(wallet: &TestDevice) -> SyncReport {
    sync(&wallet.home, true).unwrap()
}

/// The counters under an allowance for which this wallet holds a signature.
fn signed_under(wallet: &TestDevice, allowance: Ref) -> Vec<u32> {
    let store = wallet.home.store();
    let made = store
        .read(|db| Ok::<_, StoreError>(payments::newest(db, 100)?))
        .unwrap();
    let mut counters: Vec<u32> = made
        .iter()
        .filter(|payment| payment.allowance == allowance && payment.doc.is_some())
        .map(|payment| payment.intent.seq)
        .collect();
    counters.sort_unstable();
    counters
}

/// T5: the copy is from before the second allowance, and one payment of that is known to nobody but the vault.
/// The second one is closed where its chain truly ended, nothing issued before is taken again, and paying
/// goes on under a new one.
#[test]
fn a_copy_across_a_refresh_uses_no_counter_again() {
    let (scene, wallet) = Scene::new();
    let first = in_use(&wallet).unwrap();
    let (wallet, second, paid) = scene.paid_under_a_second(wallet);
    let wallet = scene.meanwhile(wallet, |folder| copy_database(&scene.copy(), folder));
    assert!(view::wallet(&wallet.home).unwrap().rolled_back);
    assert_eq!(try_pay(&wallet.home, &scene.sheet, 500), Err(PayError::RolledBack));

    // The server repeats its last answer: exactly the allowance whose first counter is used.
    let report = synced(&wallet);
    assert!(report.rollback_cleared && !report.new_allowance);
    let closes = scene.server.uploaded_of::<Close>();
    let end = closes
        .iter()
        .map(|close| close.claims())
        .find(|close| close.allowance == second.to_ref());
    assert_eq!(end.map(|close| (close.last, close.head)), Some((1, paid.reference)));
    assert_eq!(try_pay(&wallet.home, &scene.sheet, 500), Err(PayError::NoAllowance));
    assert!(signed_under(&wallet, second.to_ref()).is_empty());

    // Another one from before, which the copy never saw either.
    scene.offers(&issued(&scene.town, payment_key(&wallet), START.after(90)));
    assert!(!synced(&wallet).new_allowance);
    assert_eq!(try_pay(&wallet.home, &scene.sheet, 500), Err(PayError::NoAllowance));

    wallet.clock.pass(60);
    let third = issued(&scene.town, payment_key(&wallet), START.after(180));
    scene.offers(&third);
    assert!(synced(&wallet).new_allowance);
    let _ = pay(&wallet.home, &scene.sheet, 500);
    scene.server.tell(vec![balance(COIN, 10_000, 10_000)]);
    synced(&wallet);
    assert_eq!(signed_under(&wallet, third.to_ref()), [1]);
    let mut counters: Vec<(Ref, u32)> = scene
        .server
        .uploaded_of::<Intent>()
        .iter()
        .map(|intent| (intent.claims().authorisation, intent.claims().seq))
        .collect();
    counters.sort_unstable();
    counters.dedup();
    assert_eq!(counters, [(third.to_ref(), 1)], "and nothing under {first:?}");
}

/// T5, T10: the way back is lost just when the true close goes up. It goes up with the next sync, before another
/// allowance is asked for, and until then nothing can be paid.
#[test]
fn the_close_of_a_lost_chain_is_sent_again() {
    let (scene, wallet) = Scene::new();
    let (wallet, second, paid) = scene.paid_under_a_second(wallet);
    let wallet = scene.meanwhile(wallet, |folder| copy_database(&scene.copy(), folder));
    scene.server.desk().loses = Some("upload");
    let asked = scene.server.asked("/allowance").len();
    let lost = SyncError::Network(NetworkError::Timeout);
    assert_eq!(sync(&wallet.home, true), Err(lost));
    assert_eq!(scene.server.asked("/allowance").len(), asked);
    assert_eq!(try_pay(&wallet.home, &scene.sheet, 500), Err(PayError::NoAllowance));
    wallet.clock.pass(60);
    scene.offers(&issued(&scene.town, payment_key(&wallet), START.after(180)));
    assert!(synced(&wallet).new_allowance);
    let ends: Vec<_> = scene
        .server
        .uploaded_of::<Close>()
        .iter()
        .map(|close| (close.claims().allowance, close.claims().last, close.claims().head))
        .filter(|end| end.0 == second.to_ref())
        .collect();
    assert_eq!(ends, [(second.to_ref(), 1, paid.reference); 2]);
    let _ = pay(&wallet.home, &scene.sheet, 500);
}

/// T5: all of it within one second, so that no time tells the allowances apart.
#[test]
fn the_allowance_the_vault_remembers_is_not_taken_again() {
    let (scene, wallet) = Scene::new();
    let (wallet, _, _) = scene.paid_under_a_second(wallet);
    // Its last answer again, issued in the very second of the rollback.
    let now = wallet.home.now().unwrap().time;
    let same_second = issued(&scene.town, payment_key(&wallet), now);
    scene.offers(&same_second);
    scene.server.tell(vec![balance(COIN, 90_000, 0)]);
    assert!(synced(&wallet).new_allowance);
    let _ = pay(&wallet.home, &scene.sheet, 600);
    let wallet = scene.meanwhile(wallet, |folder| copy_database(&scene.copy(), folder));
    assert!(synced(&wallet).rollback_cleared);
    assert_ne!(
        in_use(&wallet).map(|allowance| allowance.to_ref()),
        Some(same_second.to_ref())
    );
    assert!(signed_under(&wallet, same_second.to_ref()).is_empty());
}

/// T5: a vault record that somebody altered says nothing, so nothing is known of any chain's end: what is in use
/// is given up without a close, and paying goes on under a new one.
#[test]
fn an_altered_record_gives_up_what_is_in_use() {
    let (scene, wallet) = Scene::new();
    let first = in_use(&wallet).unwrap();
    let _ = pay(&wallet.home, &scene.sheet, 500);
    let wallet = scene.meanwhile(wallet, |folder| {
        let record = folder.join("vault").join("chain-head.record");
        let mut bytes = fs::read(&record).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&record, bytes).unwrap();
    });
    assert_eq!(try_pay(&wallet.home, &scene.sheet, 600), Err(PayError::RolledBack));
    wallet.clock.pass(60);
    scene.offers(&first);
    let report = synced(&wallet);
    assert!(report.rollback_cleared && !report.new_allowance, "the same again");
    scene.offers(&issued(&scene.town, payment_key(&wallet), START.before(60)));
    assert!(!synced(&wallet).new_allowance, "an older one");
    assert_eq!(try_pay(&wallet.home, &scene.sheet, 600), Err(PayError::NoAllowance));
    wallet.clock.pass(60);
    let next = issued(&scene.town, payment_key(&wallet), START.after(120));
    scene.offers(&next);
    assert!(synced(&wallet).new_allowance);
    let _ = pay(&wallet.home, &scene.sheet, 600);
    assert_eq!(signed_under(&wallet, first.to_ref()), [1]);
    assert_eq!(signed_under(&wallet, next.to_ref()), [1]);
    assert!(
        scene.server.uploaded_of::<Close>().is_empty(),
        "nobody knows where it ended"
    );
    let wallet = scene.meanwhile(wallet, |_| ());
    assert!(!view::wallet(&wallet.home).unwrap().rolled_back);
}
