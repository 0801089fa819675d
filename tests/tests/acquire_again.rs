//! What a wallet asks for again while the answer before is still missing, over a network that loses answers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};

use kinchaku_core::acquire::{self, AcquireError};
use kinchaku_core::clock::SettableClock;
use kinchaku_core::network::{HttpNetwork, Network, NetworkError, Request, Response};
use kinchaku_protocol::api::acquire::{LotsWanted, PayWay};
use kinchaku_tests::database::Kind;
use kinchaku_tests::offline_town::TestDevice;
use kinchaku_tests::running_town::{RunningTown, synced, wall};
use kinchaku_tests::selling_town::{SALE, start};

/// Reaches the server; answers about orders may be lost on their way back.
struct Lossy {
    inner: HttpNetwork,
    loses: AtomicBool,
    /// Requests for a nonce wait for one another, where two are to come at once.
    meet: AtomicBool,
    both: Barrier,
}

impl Network for Lossy {
    fn exchange(&self, request: &Request) -> Result<Response, NetworkError> {
        if self.meet.load(Ordering::SeqCst) && request.path.ends_with("/nonce") {
            self.both.wait();
        }
        let answer = self.inner.exchange(request);
        if self.loses.load(Ordering::SeqCst) && request.path.ends_with("/order") {
            return Err(NetworkError::Timeout);
        }
        answer
    }
}

fn wallet(town: &mut RunningTown) -> (TestDevice, Arc<Lossy>) {
    let network = Arc::new(Lossy {
        inner: HttpNetwork::new(&town.town.address, &[]).unwrap(),
        loses: AtomicBool::new(false),
        meet: AtomicBool::new(false),
        both: Barrier::new(2),
    });
    let folder = town.folder.path().join("lossy");
    let clock = Arc::new(SettableClock::new(wall()));
    let wallet = TestDevice::open_with(&folder, town.roots.clone(), clock, network.clone()).0;
    let (code, _) = town.invited();
    town.enrol_wallet(&wallet, &code);
    (wallet, network)
}

fn lots(phone: Option<&str>) -> LotsWanted {
    LotsWanted {
        programme: SALE,
        units: 1,
        buyer: None,
        phone: phone.map(str::to_owned),
    }
}

/// F070: a corrected request is not taken for the one that waits: it is said that another one waits, nothing of the new one
/// is sent, and the same one again is the same order.
#[test]
fn a_corrected_request_is_not_taken_for_the_one_that_waits() {
    let mut town = start(Kind::Sqlite, "asked again").unwrap();
    let (wallet, network) = wallet(&mut town);
    network.loses.store(true, Ordering::SeqCst);
    let asked = |phone| acquire::order(&wallet.home, lots(phone), PayWay::Counter);
    assert_eq!(asked(Some("0311112222")).unwrap_err(), AcquireError::Waiting);
    network.loses.store(false, Ordering::SeqCst);
    assert_eq!(asked(Some("0333334444")).unwrap_err(), AcquireError::Another);
    assert_eq!(asked(None).unwrap_err(), AcquireError::Another);
    let first = asked(Some("0311112222")).unwrap();
    // Answered: now the other one is another order.
    let other = asked(None).unwrap();
    assert_ne!(first.order, other.order);
    synced(&wallet);
}

/// Two touches of one button at once are one order.
#[test]
fn two_at_once_are_one_order() {
    let mut town = start(Kind::Sqlite, "twice at once").unwrap();
    let (wallet, network) = wallet(&mut town);
    network.meet.store(true, Ordering::SeqCst);
    let orders: Vec<u64> = std::thread::scope(|scope| {
        let ask = || {
            let asked = acquire::order(&wallet.home, lots(None), PayWay::Counter);
            asked.unwrap_or_else(|error| panic!("{error}")).order
        };
        let both = [scope.spawn(ask), scope.spawn(ask)];
        both.map(|one| one.join().unwrap()).to_vec()
    });
    assert_eq!(orders[0], orders[1]);
}
