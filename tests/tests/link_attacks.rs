//! What a server, a network, a clock or another thread can do to the link of a card: nothing is shown as linked
//! that no signed fact and no newer page says, and no card is touched for nothing.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use kinchaku_core::card::{Authenticated, SignLinked, authenticate, sign_link};
use kinchaku_core::gate::{RecoverError, card_details, recover_by_card};
use kinchaku_core::home::Home;
use kinchaku_core::link::{self, Challenge, Evidence, LinkError, Proven, Waiting};
use kinchaku_core::lock::{Brake, Pin};
use kinchaku_core::network::{Network, NetworkError, Request, Response};
use kinchaku_core::sync::{SyncError, sync};
use kinchaku_core::trust::TrustError;
use kinchaku_fixtures::card::persons::Person;
use kinchaku_protocol::api::{CHALLENGE_LIFE, CardAnswer, CardRequest, CardStanding, ChallengeAnswer};
use kinchaku_protocol::doc::field::{Bytes, from_bytes, to_bytes};
use kinchaku_protocol::doc::{AccountRow, FactKind, LinkProof, Received, Table};
use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::jpki::statement::CardPurpose;
use kinchaku_protocol::signature::SoftwareSigner;
use kinchaku_tests::card_link::{Reader, auth_pin, sign_password, trusted};
use kinchaku_tests::offline_town::{OfflineTown, START, TestDevice};
use kinchaku_tests::scripted_server::{fact, fact_key, said};
use kinchaku_tests::scripted_town::{ScriptedTown, row_of};

/// How the server answers a proof.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    Linked,
    Counter,
    Nothing,
    Busy,
    Status(u16),
    AnotherProof,
    Unsigned,
    Foreign,
    NoStanding,
}

/// A town whose cards are decided by a word, over the town that knows the rest.
struct Cards {
    rest: Arc<ScriptedTown>,
    says: Mutex<Vec<Says>>,
    proofs: Mutex<Vec<Vec<u8>>>,
    /// Done once, while a proof is on its way back.
    meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    challenges: AtomicU8,
}

impl Cards {
    fn says(&self, next: &[Says]) {
        *self.says.lock().unwrap() = next.iter().rev().copied().collect();
    }

    fn proofs(&self) -> Vec<Vec<u8>> {
        self.proofs.lock().unwrap().clone()
    }

    fn proof(&self, body: &[u8]) -> Result<Response, NetworkError> {
        self.proofs.lock().unwrap().push(body.to_vec());
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some(meanwhile) = meanwhile {
            meanwhile();
        }
        let request: CardRequest = from_bytes(body).unwrap();
        let id = Received::<LinkProof>::read(&request.proof.0).unwrap().id();
        let standing = CardStanding {
            level: 2,
            linked_at: Some(START),
            key_id: None,
        };
        let answer = |id: DocId, kind, key: &SoftwareSigner, standing: Option<CardStanding>| {
            let fact = Bytes(fact(id, kind, key));
            Ok(said(200, to_bytes(&CardAnswer { fact, standing })))
        };
        let stranger = SoftwareSigner::from_scalar(&[0x77; 32]).unwrap();
        match self.says.lock().unwrap().pop().unwrap_or(Says::Linked) {
            Says::Linked => answer(id, FactKind::Posted, &fact_key(), Some(standing)),
            Says::Counter => answer(id, FactKind::Pending, &fact_key(), None),
            Says::Nothing => Err(NetworkError::Timeout),
            Says::Busy => Ok(said(503, Vec::new())),
            Says::Status(status) => Ok(said(status, Vec::new())),
            Says::AnotherProof => answer(DocId([5; 32]), FactKind::Posted, &fact_key(), Some(standing)),
            Says::Unsigned => answer(id, FactKind::Posted, &stranger, Some(standing)),
            Says::Foreign => answer(id, FactKind::Posted, &OfflineTown::issuer(), Some(standing)),
            Says::NoStanding => answer(id, FactKind::Posted, &fact_key(), None),
        }
    }
}

impl Network for Cards {
    fn exchange(&self, request: &Request) -> Result<Response, NetworkError> {
        if request.path.ends_with("card/challenge") {
            let answer = ChallengeAnswer {
                challenge: [self.challenges.fetch_add(1, Ordering::SeqCst); 32],
                until: START.after(CHALLENGE_LIFE),
            };
            return Ok(said(200, to_bytes(&answer)));
        }
        if request.path.ends_with("card/proof") {
            return self.proof(&request.body);
        }
        self.rest.exchange(request)
    }
}

/// A wallet in a town that takes cards.
struct Scene {
    _folder: tempfile::TempDir,
    cards: Arc<Cards>,
    wallet: TestDevice,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let town = OfflineTown::new();
        let wallet = town.wallet(&folder.path().join("wallet"));
        let cards = Arc::new(Cards {
            rest: ScriptedTown::new(&town, &wallet),
            says: Mutex::default(),
            proofs: Mutex::default(),
            meanwhile: Mutex::default(),
            challenges: AtomicU8::new(1),
        });
        let network: Arc<dyn Network> = cards.clone();
        let TestDevice {
            folder: place,
            clock,
            home,
            ..
        } = wallet;
        drop(home);
        let wallet = TestDevice::open_with(&place, town.roots(), clock, network).0;
        Self {
            _folder: folder,
            cards,
            wallet,
        }
    }

    fn home(&self) -> &Home {
        &self.wallet.home
    }

    fn begin(&self) -> Challenge {
        link::begin(self.home(), CardPurpose::Link).unwrap()
    }

    fn links(&self) -> Result<Proven, LinkError> {
        let challenge = self.begin();
        let evidence = touched(&challenge, Person::Adult);
        link::confirm(self.home(), &challenge, evidence, &[])
    }

    /// A page says what the level is.
    fn page(&self, level: u8) {
        let account = AccountRow { level, stopped: false };
        self.cards
            .rest
            .tell(vec![row_of(Table::Account, Vec::new(), to_bytes(&account))]);
        let _ = sync(self.home(), true).unwrap();
    }
}

fn touched(challenge: &Challenge, person: Person) -> Evidence {
    let exchange = sign_link(sign_password(person), challenge.statement(&[]), trusted());
    let read: SignLinked = Reader::of(person).finish(exchange).unwrap();
    Evidence::try_from(read).unwrap()
}

fn name(home: &Home) -> Option<String> {
    link::standing(home).unwrap().official.map(|official| official.name)
}

#[test]
fn evidence_prints_nobody() {
    let scene = Scene::new();
    let challenge = scene.begin();
    let text = format!("{:?}", touched(&challenge, Person::Adult));
    assert_eq!(text, "Evidence(Signature)");
}

/// Only a fact of this town's server about this very proof links; everything else leaves the proof waiting, and
/// the same bytes go again.
#[test]
fn what_no_fact_says_links_nobody() {
    for (lie, error) in [
        (Says::AnotherProof, LinkError::Sync(SyncError::Nonsense)),
        (Says::NoStanding, LinkError::Sync(SyncError::Nonsense)),
        (
            Says::Unsigned,
            LinkError::Sync(SyncError::Unproven(TrustError::UnknownKey)),
        ),
        (
            Says::Foreign,
            LinkError::Sync(SyncError::Unproven(TrustError::UnknownKey)),
        ),
    ] {
        let scene = Scene::new();
        scene.cards.says(&[lie]);
        assert_eq!(scene.links(), Err(error));
        let standing = link::standing(scene.home()).unwrap();
        assert_eq!((standing.level, standing.official), (0, None));
        assert!(matches!(standing.waiting, Some(Waiting::Network { .. })));
        assert!(matches!(link::resume(scene.home()), Ok(Some(Proven::Done(_)))));
        let proofs = scene.cards.proofs();
        assert_eq!(proofs.len(), 2);
        assert_eq!(proofs.first(), proofs.last(), "the same document");
        assert!(name(scene.home()).is_some());
    }
}

#[test]
fn a_lost_answer_and_a_busy_server_wait() {
    let scene = Scene::new();
    scene.cards.says(&[Says::Nothing, Says::Busy, Says::Linked]);
    let until = START.after(CHALLENGE_LIFE);
    assert_eq!(scene.links(), Ok(Proven::Waiting { until }));
    let begun = link::begin(scene.home(), CardPurpose::Login).map(|_| ());
    assert_eq!(begun, Err(LinkError::Waiting { until }));
    assert_eq!(link::resume(scene.home()), Ok(Some(Proven::Waiting { until })));
    assert!(matches!(link::resume(scene.home()), Ok(Some(Proven::Done(_)))));
    assert_eq!(link::resume(scene.home()), Ok(None));
}

/// The proof goes within 15 minutes or not at all, and what it says of a person goes with it.
#[test]
fn after_fifteen_minutes_nothing_is_sent() {
    let scene = Scene::new();
    scene.cards.says(&[Says::Nothing]);
    let _ = scene.links().unwrap();
    scene.wallet.clock.pass(CHALLENGE_LIFE + 1);
    assert_eq!(link::standing(scene.home()).unwrap().waiting, None);
    assert_eq!(link::resume(scene.home()), Err(LinkError::Over));
    assert_eq!(link::resume(scene.home()), Ok(None), "said once");
    assert_eq!(scene.cards.proofs().len(), 1);
}

/// A proof that nobody resumed in time is no obstacle to the next card: neither to its challenge, nor after the
/// touch.
#[test]
fn a_proof_that_is_over_stands_in_nobodys_way() {
    for resumed_by_begin in [true, false] {
        let scene = Scene::new();
        let late = scene.begin();
        scene.cards.says(&[Says::Nothing]);
        let _ = scene.links().unwrap();
        scene.wallet.clock.pass(CHALLENGE_LIFE - 1);
        if !resumed_by_begin {
            // Two challenges were asked for before either was answered.
            let evidence = touched(&late, Person::Adult);
            let until = START.after(CHALLENGE_LIFE);
            let refused = link::confirm(scene.home(), &late, evidence, &[]);
            assert_eq!(
                refused,
                Err(LinkError::Waiting { until }),
                "until when the other one waits"
            );
        }
        scene.wallet.clock.pass(2);
        assert!(matches!(scene.links(), Ok(Proven::Done(_))));
    }
}

/// A clock that is ahead of the server's would find every challenge over: it measures, the server decides.
#[test]
fn a_clock_that_is_ahead_links_all_the_same() {
    let scene = Scene::new();
    scene.wallet.clock.restart();
    scene.wallet.clock.set_wall(START.after(3_600));
    assert!(matches!(scene.links(), Ok(Proven::Done(_))));
    assert_eq!(link::standing(scene.home()).unwrap().level, 2);
    // Set right again, it shows what it was told; the next page knows better.
    scene.wallet.clock.restart();
    scene.wallet.clock.set_wall(START.after(60));
    assert_eq!(link::standing(scene.home()).unwrap().level, 2);
    scene.page(0);
    assert_eq!(link::standing(scene.home()).unwrap().level, 0);
}

#[test]
fn a_challenge_that_is_over_sends_nothing() {
    let scene = Scene::new();
    let challenge = scene.begin();
    let evidence = touched(&challenge, Person::Adult);
    scene.wallet.clock.pass(CHALLENGE_LIFE + 1);
    assert_eq!(
        link::confirm(scene.home(), &challenge, evidence, &[]),
        Err(LinkError::Over)
    );
    assert!(scene.cards.proofs().is_empty());
}

/// The server will never decide about it: nobody waits 15 minutes for that. 409 may be said of a request that
/// something on the way sent twice, so it counts when it is said of a new one.
#[test]
fn what_the_server_never_decides_is_dropped() {
    for (says, asked) in [
        (&[Says::Status(400)][..], 1),
        (&[Says::Status(403)][..], 1),
        (&[Says::Status(409), Says::Status(409)][..], 2),
    ] {
        let scene = Scene::new();
        scene.cards.says(says);
        assert!(matches!(scene.links(), Err(LinkError::Sync(SyncError::Refused { .. }))));
        assert_eq!(scene.cards.proofs().len(), asked);
        assert_eq!(link::resume(scene.home()), Ok(None));
        assert!(matches!(scene.links(), Ok(Proven::Done(_))));
    }
    let scene = Scene::new();
    scene.cards.says(&[Says::Status(409), Says::Linked]);
    assert!(matches!(scene.links(), Ok(Proven::Done(_))));
    // Somebody else's page in between says nothing about the proof.
    let scene = Scene::new();
    scene.cards.says(&[Says::Status(404)]);
    assert!(scene.links().is_err());
    assert!(matches!(link::resume(scene.home()), Ok(Some(Proven::Done(_)))));
}

/// The office took the link back: the newer page wins over the older answer, and name and address are gone.
#[test]
fn a_newer_page_takes_the_link_back() {
    let scene = Scene::new();
    scene.page(0);
    assert!(matches!(scene.links(), Ok(Proven::Done(_))));
    let standing = link::standing(scene.home()).unwrap();
    assert_eq!(
        (standing.level, standing.linked_at),
        (2, Some(START)),
        "the page is older"
    );
    assert!(standing.official.is_some());
    scene.wallet.clock.pass(60);
    scene.page(2);
    assert!(name(scene.home()).is_some());
    scene.wallet.clock.pass(60);
    scene.page(0);
    assert_eq!(link::standing(scene.home()).unwrap(), link::Standing::default());
    // For good: a page that says 2 again brings no name back.
    scene.wallet.clock.pass(60);
    scene.page(2);
    let standing = link::standing(scene.home()).unwrap();
    assert_eq!((standing.level, standing.official), (2, None));
}

/// The answer to one proof comes so late that another thread has had it, and a second card waits by then: neither
/// that card's proof nor its attributes are taken for the first one's.
#[test]
fn two_threads_do_not_mix_two_cards() {
    let scene = Arc::new(Scene::new());
    let inner = scene.clone();
    *scene.cards.meanwhile.lock().unwrap() = Some(Box::new(move || {
        assert!(matches!(link::resume(inner.home()), Ok(Some(Proven::Done(_)))));
        let challenge = link::begin(inner.home(), CardPurpose::Link).unwrap();
        inner.cards.says(&[Says::Nothing, Says::Linked]);
        let waits = link::confirm(inner.home(), &challenge, touched(&challenge, Person::Elder), &[]);
        assert!(matches!(waits, Ok(Proven::Waiting { .. })));
    }));
    assert!(matches!(scene.links(), Ok(Proven::Done(_))));
    let resident = |person: Person| Some(person.card().resident.name.to_owned());
    assert!(name(scene.home()) == resident(Person::Adult));
    let standing = link::standing(scene.home()).unwrap();
    assert!(
        matches!(standing.waiting, Some(Waiting::Network { .. })),
        "the second one waits"
    );
    assert!(matches!(link::resume(scene.home()), Ok(Some(Proven::Done(_)))));
    assert!(name(scene.home()) == resident(Person::Elder));
}

#[test]
fn the_office_is_waited_for_until_the_next_answer() {
    let scene = Scene::new();
    scene.cards.says(&[Says::Counter]);
    assert_eq!(scene.links(), Ok(Proven::AtCounter));
    let standing = link::standing(scene.home()).unwrap();
    assert_eq!((standing.level, standing.waiting), (0, Some(Waiting::Counter)));
    assert_eq!(standing.official, None);
    let _ = scene.links().unwrap();
    assert_eq!(link::standing(scene.home()).unwrap().waiting, None);
}

fn signed(challenge: &Challenge, details: &[u8]) -> Evidence {
    let exchange = authenticate(auth_pin(Person::Adult), challenge.statement(details), trusted());
    let read: Authenticated = Reader::of(Person::Adult).finish(exchange).unwrap();
    read.into()
}

/// What the card signed names the key that waits here, or nothing is sent: the server would take a key that no PIN
/// of this device opens. A PIN that is too easy is refused before, too.
#[test]
fn a_card_unlocks_the_key_that_waits_here() {
    let scene = Scene::new();
    let home = scene.home();
    let (easy, pin) = (Pin::parse("1111").unwrap(), Pin::parse("8642").unwrap());
    let brake = Brake::cheap_for_tests;
    let details = card_details(home).unwrap();
    let other = {
        let elsewhere = Scene::new();
        card_details(elsewhere.home()).unwrap()
    };
    let challenge = link::begin(home, CardPurpose::Unlock).unwrap();
    let evidence = signed(&challenge, &details);
    let refused = recover_by_card(home, &challenge, evidence.clone(), &details, &easy, brake());
    assert!(matches!(refused, Err(RecoverError::Gate(_))), "{refused:?}");
    for details in [&other[..], &[]] {
        let refused = recover_by_card(home, &challenge, signed(&challenge, details), details, &pin, brake());
        assert_eq!(refused, Err(RecoverError::Link(LinkError::WrongEvidence)));
    }
    let login = link::begin(home, CardPurpose::Login).unwrap();
    let refused = recover_by_card(home, &login, signed(&login, &[]), &details, &pin, brake());
    assert_eq!(refused, Err(RecoverError::Link(LinkError::WrongEvidence)));
    assert!(scene.cards.proofs().is_empty());

    // The network goes while the server agrees; the proof is sent again, and the card is asked once more.
    scene.cards.says(&[Says::Nothing, Says::Linked]);
    let waits = recover_by_card(home, &challenge, evidence, &details, &pin, brake());
    assert!(matches!(waits, Err(RecoverError::Waiting { .. })), "{waits:?}");
    assert!(matches!(link::resume(home), Ok(Some(Proven::Done(_)))));
    assert_eq!(card_details(home).unwrap().get(..34), details.get(..34), "the same key");
    let again = link::begin(home, CardPurpose::Unlock).unwrap();
    let details = card_details(home).unwrap();
    recover_by_card(home, &again, signed(&again, &details), &details, &pin, brake()).unwrap();
    assert!(kinchaku_core::gate::open(home, &pin).is_ok());
}

/// A card's word for one purpose is nothing for another.
#[test]
fn evidence_of_another_kind_is_refused_before_it_is_kept() {
    let scene = Scene::new();
    let (link, login) = (scene.begin(), link::begin(scene.home(), CardPurpose::Login).unwrap());
    for (challenge, evidence) in [(&link, signed(&link, &[])), (&login, touched(&login, Person::Adult))] {
        let refused = link::confirm(scene.home(), challenge, evidence, &[]);
        assert_eq!(refused, Err(LinkError::WrongEvidence));
    }
    assert_eq!(link::resume(scene.home()), Ok(None));
}
