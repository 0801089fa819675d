//! The frozen wallet of the first version: what is in it, and how a test gets a copy of it.

use std::fs;
use std::path::{Path, PathBuf};

use kinchaku_core::gate;
use kinchaku_core::lock::Pin;
use kinchaku_core::pay::{self, Shop};
use kinchaku_protocol::doc::Gate;
use kinchaku_protocol::ids::{MarkId, Pid, SetId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_protocol::rules::split::Choice;

use crate::offline_town::{OfflineTown, PIN};

/// What was paid and not sent.
pub const UNSENT: Amount = Amount::of(1_200);

/// Where it lies.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/frozen/wallet-1")
}

/// Makes it: one payment signed and unsent, another one prepared when the device died.
pub fn make(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let wallet = OfflineTown::new().wallet(folder);
    let shop = Shop {
        shop: Pid([7; 8]),
        mark: MarkId([7; 4]),
        name: "ベーカリー美村".to_owned(),
        sets: vec![SetId(1)],
        offline: Offline::Scan,
    };
    let choice = Choice::Automatic { points: false };
    let quote = |amount| pay::quote(&wallet.home, &shop, amount, &choice, false).unwrap();
    let prepared = pay::prepare(&wallet.home, &quote(UNSENT), Gate::PIN).unwrap();
    let key = gate::open(&wallet.home, &Pin::parse(PIN).unwrap()).unwrap();
    pay::confirm(&wallet.home, prepared, &key).unwrap();
    pay::prepare(&wallet.home, &quote(Amount::of(300)), Gate::PIN).unwrap();
}

/// A copy to work on; git keeps no modes, and the vault wants its secret private.
#[must_use]
pub fn copy() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    copy_folder(&folder(), root.path());
    root
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
            fs::set_permissions(&target, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        }
    }
}
