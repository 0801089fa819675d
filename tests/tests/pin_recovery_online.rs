//! A locked PIN and the real server, over a network that loses the answers that matter (T14).

use std::sync::{Arc, Mutex};

use kinchaku_core::clock::SettableClock;
use kinchaku_core::gate::{self, GateError, RecoverError, recover};
use kinchaku_core::lock::{Brake, LockError, Pin};
use kinchaku_core::network::{HttpNetwork, Network, NetworkError, Request, Response};
use kinchaku_core::pay;
use kinchaku_core::sync::{SyncError, sync};
use kinchaku_core::view;
use kinchaku_tests::counter::{self, gate_for, quoted};
use kinchaku_tests::database::Kind;
use kinchaku_tests::offline_town::{PIN, TestDevice};
use kinchaku_tests::running_town::{RunningTown, synced, wall, word};
use kinchaku_tests::scripted_town::in_use;

const NEW_PIN: &str = "8642";

/// The real way to the server; of one route it loses the next answer.
struct Lossy {
    http: HttpNetwork,
    loses: Mutex<Option<&'static str>>,
}

impl Network for Lossy {
    fn exchange(&self, request: &Request) -> Result<Response, NetworkError> {
        let answer = self.http.exchange(request)?;
        let mut loses = self.loses.lock().unwrap();
        if loses.is_some_and(|route| request.path.ends_with(route)) {
            *loses = None;
            return Err(NetworkError::Timeout);
        }
        Ok(answer)
    }
}

/// T14, T10: the server agreed, and its answer was lost; then it gave an allowance for the new key, which was not
/// this wallet's yet. The same code again repairs all of it, and not one yen is stuck.
#[test]
fn answers_lost_while_a_pin_comes_back() {
    let mut town = RunningTown::start(Kind::Sqlite, "pin-recovery").unwrap();
    let (wallet, account) = town.resident_with_account();
    let folder = wallet.folder.clone();
    drop(wallet);
    let network = Arc::new(Lossy {
        http: HttpNetwork::new(&town.town.address, &[]).unwrap(),
        loses: Mutex::new(None),
    });
    let clock = Arc::new(SettableClock::new(wall()));
    let wallet = TestDevice::open_with(&folder, town.roots.clone(), clock, network.clone()).0;
    let home = &wallet.home;
    let _ = counter::pay(home, &town.bakery.sheet, 500);
    for _ in 0..5 {
        wallet.clock.pass(31);
        assert!(gate::open(home, &Pin::parse("1357").unwrap()).is_err());
    }
    let code = town.server.office(&["unlock-code", "--account", &account.to_string()]);
    let pin = Pin::parse(NEW_PIN).unwrap();
    let again = || recover(home, &word(&code, "code"), &pin, Brake::cheap_for_tests());
    let lost = Err(RecoverError::Sync(SyncError::Network(NetworkError::Timeout)));

    *network.loses.lock().unwrap() = Some("/unlock");
    assert_eq!(again(), lost);
    town.add_coin(account, 60_000, "more");
    assert!(
        !sync(home, true).unwrap().new_allowance,
        "due, and not for a key of this wallet"
    );
    synced(&wallet);
    *network.loses.lock().unwrap() = Some("/allowance");
    again().unwrap();
    synced(&wallet);
    let locked = gate::open(home, &Pin::parse(PIN).unwrap());
    assert!(matches!(locked, Err(GateError::Lock(LockError::WrongPin { .. }))));

    let key = gate::open(home, &pin).unwrap();
    assert!(in_use(&wallet).is_some());
    let quote = quoted(home, &town.bakery.sheet, 700).unwrap();
    let prepared = pay::prepare(home, &quote, gate_for(&quote)).unwrap();
    pay::confirm(home, prepared, &key).unwrap();
    synced(&wallet);
    let shown = view::wallet(home).unwrap();
    assert_eq!(shown.waiting, 0);
    let usable: u64 = shown.classes.iter().map(|class| class.usable.units()).sum();
    assert_eq!(usable, 20_000 + 60_000 - 500 - 700);
    town.audited();
}
