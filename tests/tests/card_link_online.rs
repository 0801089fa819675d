//! A card linked by the wallet's own flow, with the real server and the test JPKI's responders, and everything that can
//! become of it. F051 to F056, F138, F143, F189 to F194, F211, F212; T25.

use std::sync::{Arc, Mutex};

use kinchaku_core::card::{Trusted, authenticate, link_minor, sign_link};
use kinchaku_core::clock::SettableClock;
use kinchaku_core::gate::{self, RecoverError, card_details, recover_by_card};
use kinchaku_core::home::Home;
use kinchaku_core::link::{self, Challenge, Evidence, LinkError, Proven, Waiting};
use kinchaku_core::lock::{Brake, Pin};
use kinchaku_core::network::{HttpNetwork, Network, NetworkError, Request, Response};
use kinchaku_core::sync::SyncError;
use kinchaku_fixtures::card::persons::Person;
use kinchaku_fixtures::card::{AUTH_PIN, SIGN_PASSWORD};
use kinchaku_fixtures::jpki::Responder;
use kinchaku_protocol::api::{KeyIdAction, KeyIdOutcome};
use kinchaku_protocol::doc::Reason;
use kinchaku_protocol::jpki::my_key_id::MyKeyId;
use kinchaku_protocol::jpki::statement::CardPurpose;
use kinchaku_tests::card_link::{Reader, auth_pin, sign_password, text_pin, trusted};
use kinchaku_tests::database::Kind;
use kinchaku_tests::offline_town::TestDevice;
use kinchaku_tests::running_town::{RunningTown, synced, wall};
use serde_json::json;

const NONCE: [u8; 32] = [9; 32];

/// A town that asks the test JPKI.
struct CardTown {
    town: RunningTown,
    jpki: Responder,
}

/// The real way to the server, down when told so, or losing the next answer of a route.
struct Line {
    http: HttpNetwork,
    down: Mutex<bool>,
    loses: Mutex<Option<&'static str>>,
}

impl Network for Line {
    fn exchange(&self, request: &Request) -> Result<Response, NetworkError> {
        if *self.down.lock().unwrap() {
            return Err(NetworkError::Offline);
        }
        let answer = self.http.exchange(request)?;
        let mut loses = self.loses.lock().unwrap();
        if loses.is_some_and(|route| request.path.ends_with(route)) {
            *loses = None;
            return Err(NetworkError::Timeout);
        }
        Ok(answer)
    }
}

struct Resident {
    wallet: TestDevice,
    line: Arc<Line>,
    account: u64,
}

impl CardTown {
    fn start(name: &str) -> Self {
        let mut town = RunningTown::start(Kind::Sqlite, name).unwrap();
        let jpki = Responder::start().unwrap();
        let path = town.folder.path().join("keys/town.json");
        let mut settings: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let at = |route: &str| format!("http://{}/{route}", jpki.address());
        settings["jpki"] = json!({ "ocsp": at("ocsp"), "platform": at("correspondence") });
        std::fs::write(&path, settings.to_string()).unwrap();
        town.restart();
        Self { town, jpki }
    }

    fn resident(&mut self) -> Resident {
        let (code, account) = self.town.invited();
        let wallet = self.town.device(true);
        self.town.enrol_wallet(&wallet, &code);
        let folder = wallet.folder.clone();
        drop(wallet);
        let line = Arc::new(Line {
            http: HttpNetwork::new(&self.town.town.address, &[]).unwrap(),
            down: Mutex::new(false),
            loses: Mutex::new(None),
        });
        let clock = Arc::new(SettableClock::new(wall()));
        let wallet = TestDevice::open_with(&folder, self.town.roots.clone(), clock, line.clone()).0;
        Resident { wallet, line, account }
    }

    /// What the office sees of an account.
    fn person(&self, resident: &Resident, reveal: bool) -> serde_json::Value {
        let account = resident.account.to_string();
        let mut words = vec!["person", "show", "--account", &account];
        words.extend(reveal.then_some("--reveal"));
        self.town.server.office(&words)
    }
}

impl Resident {
    fn home(&self) -> &Home {
        &self.wallet.home
    }

    /// Whom a card is judged by at this wallet.
    fn trusted(&self) -> Trusted {
        Trusted {
            now: self.home().now().unwrap().time,
            ..trusted()
        }
    }

    /// One touch for the link, and what it gave.
    fn touched(&self, person: Person) -> (Challenge, Evidence) {
        let challenge = link::begin(self.home(), CardPurpose::Link).unwrap();
        let exchange = sign_link(sign_password(person), challenge.statement(&[]), self.trusted());
        let read = Reader::of(person).finish(exchange).unwrap();
        (challenge, read.try_into().unwrap())
    }

    fn links(&self, person: Person) -> Result<Proven, LinkError> {
        let (challenge, evidence) = self.touched(person);
        link::confirm(self.home(), &challenge, evidence, &[])
    }

    /// What the person's card signs by its key for user authentication.
    fn shows(&self, person: Person, statement: Vec<u8>) -> Evidence {
        let exchange = authenticate(auth_pin(person), statement, self.trusted());
        Reader::of(person).finish(exchange).unwrap().into()
    }

    fn proves(&self, person: Person, purpose: CardPurpose) -> Result<Proven, LinkError> {
        let challenge = link::begin(self.home(), purpose)?;
        let evidence = self.shows(person, challenge.statement(&[]));
        link::confirm(self.home(), &challenge, evidence, &[])
    }

    fn links_minor(&self, minor: Person, guardian: Person) -> Result<Proven, LinkError> {
        let challenge = link::begin(self.home(), CardPurpose::Link).unwrap();
        let signed = challenge.clone();
        let statement = move |four: &[u8]| signed.statement(four);
        let (auth, text) = (auth_pin(minor), text_pin(minor));
        let child = link_minor(auth, text, statement, NONCE.to_vec(), self.trusted());
        let child = Reader::of(minor).finish(child).unwrap();
        let statement = challenge.guardian_statement(&child.attributes.basic_four);
        let beside = authenticate(auth_pin(guardian), statement, self.trusted());
        let beside = Reader::of(guardian).finish(beside).unwrap();
        link::confirm(self.home(), &challenge, Evidence::of_minor(child, beside), &[])
    }
}

fn level(proven: Result<Proven, LinkError>) -> u8 {
    match proven.unwrap() {
        Proven::Done(standing) => standing.level,
        other => panic!("{other:?}"),
    }
}

/// F051, F055, F138: linked, and the attributes are official, sealed, and shown on this device alone.
#[test]
fn an_adult_links_and_is_known() {
    let mut town = CardTown::start("card-adult");
    let hanako = town.resident();
    assert_eq!(link::standing(hanako.home()).unwrap().level, 0);
    assert_eq!(level(hanako.links(Person::Adult)), 2);
    let standing = link::standing(hanako.home()).unwrap();
    assert_eq!((standing.level, standing.waiting, standing.refused), (2, None, None));
    let resident = &Person::Adult.card().resident;
    let official = standing.official.unwrap();
    assert_eq!((&*official.name, &*official.address), (resident.name, resident.address));
    let person = town.person(&hanako, true);
    assert!(person.to_string().contains(resident.name), "the office sees who it is");
    assert!(!town.person(&hanako, false).to_string().contains(resident.name));
    // T25: no log of the server has anything of it.
    let log = town.town.server.log();
    for word in [resident.name, resident.address, "ABC123", "19850203"] {
        assert!(!log.contains(word), "the log says what it must not");
    }
    // The same card again renews what is known.
    assert_eq!(level(hanako.links(Person::Adult)), 2);
}

/// F143: nobody else's card changes an account, and one person has one account.
#[test]
fn a_card_of_another_person_or_account_is_refused() {
    let mut town = CardTown::start("card-another");
    let (hanako, jiro) = (town.resident(), town.resident());
    assert_eq!(level(hanako.links(Person::Adult)), 2);
    assert_eq!(level(jiro.links(Person::Neighbour)), 2);
    let before = link::standing(hanako.home()).unwrap();
    let refused = hanako.links(Person::Neighbour).unwrap_err();
    assert_eq!(refused, LinkError::Refused(Reason::AnotherPerson));
    let after = link::standing(hanako.home()).unwrap();
    assert_eq!((after.level, &after.official), (2, &before.official));
    assert_eq!(after.refused, Some(Reason::AnotherPerson));
    // A third wallet: its person has one already.
    let third = town.resident();
    let refused = third.links(Person::Adult).unwrap_err();
    assert_eq!(refused, LinkError::Refused(Reason::AnotherAccount));
    assert_eq!(link::standing(third.home()).unwrap().official, None);
}

#[test]
fn a_revoked_certificate_is_refused() {
    let mut town = CardTown::start("card-revoked");
    let resident = town.resident();
    let refused = resident.links(Person::Revoked).unwrap_err();
    assert_eq!(refused, LinkError::Refused(Reason::CertificateRevoked));
    assert_eq!(link::standing(resident.home()).unwrap().level, 0);
}

/// F193: the platform ties a renewed card to the person.
#[test]
fn a_renewed_card_is_the_same_person() {
    let mut town = CardTown::start("card-renewed");
    let hanako = town.resident();
    assert_eq!(level(hanako.links(Person::Adult)), 2);
    assert_eq!(level(hanako.links(Person::Renewed)), 2);
    assert_eq!(level(hanako.proves(Person::Renewed, CardPurpose::Login)), 2);
}

/// F053: a minor links with the card of a guardian who is linked.
#[test]
fn a_minor_links_with_a_guardian() {
    let mut town = CardTown::start("card-minor");
    let (hanako, riku) = (town.resident(), town.resident());
    let refused = riku.links_minor(Person::Child, Person::Adult).unwrap_err();
    assert_eq!(refused, LinkError::Refused(Reason::Guardian));
    assert_eq!(level(hanako.links(Person::Adult)), 2);
    assert_eq!(level(riku.links_minor(Person::Child, Person::Adult)), 1);
    let standing = link::standing(riku.home()).unwrap();
    assert_eq!(standing.official.unwrap().name, Person::Child.card().resident.name);
}

/// The touch needs no network. What it gave is kept, sent within the fifteen minutes, and linked once.
#[test]
fn a_link_without_a_network_waits_and_is_sent() {
    let mut town = CardTown::start("card-waits");
    let hanako = town.resident();
    let (challenge, evidence) = hanako.touched(Person::Adult);
    *hanako.line.down.lock().unwrap() = true;
    let waits = link::confirm(hanako.home(), &challenge, evidence, &[]).unwrap();
    let Proven::Waiting { until } = waits else {
        panic!("{waits:?}")
    };
    assert_eq!(
        link::standing(hanako.home()).unwrap().waiting,
        Some(Waiting::Network { until })
    );
    let busy = link::begin(hanako.home(), CardPurpose::Link).unwrap_err();
    assert_eq!(busy, LinkError::Waiting { until });
    // Killed and opened again in between: the proof is durable.
    let line = hanako.line.clone();
    let (folder, clock) = (hanako.wallet.folder.clone(), hanako.wallet.clock.clone());
    drop(hanako.wallet);
    let wallet = TestDevice::open_with(&folder, town.town.roots.clone(), clock, line.clone()).0;
    *line.down.lock().unwrap() = false;
    // The server decides, and its answer is lost: the same proof again is answered the same.
    *line.loses.lock().unwrap() = Some("card/proof");
    assert!(matches!(
        link::resume(&wallet.home).unwrap(),
        Some(Proven::Waiting { .. })
    ));
    assert!(matches!(link::resume(&wallet.home).unwrap(), Some(Proven::Done(standing)) if standing.level == 2));
    assert_eq!(link::resume(&wallet.home).unwrap(), None);
    assert_eq!(link::standing(&wallet.home).unwrap().level, 2);
}

#[test]
fn after_fifteen_minutes_nothing_is_sent() {
    let mut town = CardTown::start("card-over");
    let hanako = town.resident();
    let (challenge, evidence) = hanako.touched(Person::Adult);
    *hanako.line.down.lock().unwrap() = true;
    link::confirm(hanako.home(), &challenge, evidence.clone(), &[]).unwrap();
    hanako.wallet.clock.pass(15 * 60 + 1);
    *hanako.line.down.lock().unwrap() = false;
    assert_eq!(link::resume(hanako.home()).unwrap_err(), LinkError::Over);
    assert_eq!(link::resume(hanako.home()).unwrap(), None);
    assert_eq!(
        link::confirm(hanako.home(), &challenge, evidence, &[]).unwrap_err(),
        LinkError::Over
    );
    synced(&hanako.wallet);
    assert_eq!(link::standing(hanako.home()).unwrap().level, 0);
}

/// Nobody can say whether a certificate stands: nothing is decided, and nothing is used up.
#[test]
fn without_the_status_of_a_certificate_nothing_is_decided() {
    let mut town = CardTown::start("card-status");
    let hanako = town.resident();
    town.jpki.fault(kinchaku_fixtures::jpki::Fault::TryLater);
    assert!(matches!(hanako.links(Person::Adult).unwrap(), Proven::Waiting { .. }));
    assert_eq!(link::standing(hanako.home()).unwrap().level, 0);
    town.jpki.fault(None);
    assert!(matches!(link::resume(hanako.home()).unwrap(), Some(Proven::Done(standing)) if standing.level == 2));
}

/// T25: what a card signed for one purpose, or for another device, opens nothing else.
#[test]
fn a_signature_for_something_else_is_worth_nothing() {
    let mut town = CardTown::start("card-purpose");
    let (hanako, thief, other) = (town.resident(), town.resident(), town.resident());
    assert_eq!(level(hanako.links(Person::Adult)), 2);
    let for_login = link::begin(hanako.home(), CardPurpose::Login).unwrap();
    let login = hanako.shows(Person::Adult, for_login.statement(&[]));
    let for_unlock = link::begin(hanako.home(), CardPurpose::Unlock).unwrap();
    let details = card_details(hanako.home()).unwrap();
    let refused = link::confirm(hanako.home(), &for_unlock, login.clone(), &details).unwrap_err();
    assert!(
        matches!(refused, LinkError::Refused(Reason::CardSignature | Reason::Challenge)),
        "{refused:?}"
    );
    // The challenge of another device.
    let refused = link::confirm(thief.home(), &for_login, login, &[]).unwrap_err();
    assert!(
        matches!(
            refused,
            LinkError::Refused(_) | LinkError::Sync(SyncError::Refused { status: 409 })
        ),
        "{refused:?}"
    );
    // A card that is linked elsewhere opens nothing here.
    let refused = other.proves(Person::Adult, CardPurpose::Login).unwrap_err();
    assert!(
        matches!(refused, LinkError::Refused(Reason::NotLinked | Reason::AnotherPerson)),
        "{refused:?}"
    );
}

/// T14: the linked card brings a locked PIN back.
#[test]
fn a_locked_pin_comes_back_with_the_card() {
    let mut town = CardTown::start("card-unlock");
    let hanako = town.resident();
    let home = hanako.home();
    assert_eq!(level(hanako.links(Person::Adult)), 2);
    for _ in 0..5 {
        hanako.wallet.clock.pass(31);
        assert!(gate::open(home, &Pin::parse("1357").unwrap()).is_err());
    }
    let details = card_details(home).unwrap();
    let pin = Pin::parse("8642").unwrap();
    let unlocks = |person| {
        let challenge = link::begin(home, CardPurpose::Unlock).unwrap();
        let evidence = hanako.shows(person, challenge.statement(&details));
        recover_by_card(home, &challenge, evidence, &details, &pin, Brake::cheap_for_tests())
    };
    // A card that nobody ties to her: she is sent to the office, and stays locked.
    let at_the_office = RecoverError::Link(LinkError::Refused(Reason::UnknownCard));
    assert_eq!(unlocks(Person::Elder), Err(at_the_office));
    assert!(gate::open(home, &pin).is_err());
    unlocks(Person::Adult).unwrap();
    gate::open(home, &pin).unwrap();
}

/// F189 to F191, F194, F211, F212.
#[test]
fn a_my_key_id_is_made_chosen_and_revoked() {
    let mut town = CardTown::start("card-key-id");
    let hanako = town.resident();
    let step = |action, id: Option<&MyKeyId>| link::key_id(hanako.home(), action, id).unwrap();
    assert_eq!(step(KeyIdAction::Generate, None).outcome, KeyIdOutcome::CardFirst);
    assert_eq!(level(hanako.links(Person::Adult)), 2);
    assert_eq!(step(KeyIdAction::Generate, None).outcome, KeyIdOutcome::CardFirst);
    assert_eq!(level(hanako.proves(Person::Adult, CardPurpose::KeyId)), 2);
    let made = step(KeyIdAction::Generate, None);
    assert_eq!((made.outcome, made.generations_left), (KeyIdOutcome::Candidate, 2));
    let id = MyKeyId::parse(made.id.as_deref().unwrap()).unwrap();
    assert_eq!(step(KeyIdAction::Accept, Some(&id)).outcome, KeyIdOutcome::Registered);
    assert_eq!(
        link::standing(hanako.home()).unwrap().key_id.as_deref(),
        Some(id.as_str())
    );
    level(hanako.proves(Person::Adult, CardPurpose::KeyId));
    assert_eq!(step(KeyIdAction::Revoke, Some(&id)).outcome, KeyIdOutcome::Revoked);
    assert_eq!(link::standing(hanako.home()).unwrap().key_id, None);
    level(hanako.proves(Person::Adult, CardPurpose::KeyId));
    assert_eq!(step(KeyIdAction::Generate, None).outcome, KeyIdOutcome::GoneForGood);
}

/// Erasing a person leaves the books as they were.
#[test]
fn an_erased_person_leaves_the_books_whole() {
    let mut town = CardTown::start("card-erased");
    let hanako = town.resident();
    assert_eq!(level(hanako.links(Person::Adult)), 2);
    let account = hanako.account.to_string();
    let _ = town
        .town
        .server
        .office(&["person", "erase", "--account", &account, "--yes"]);
    let _ = town.town.audited();
    let _ = town.town.books();
    let refused = hanako.proves(Person::Adult, CardPurpose::Login).unwrap_err();
    assert_eq!(refused, LinkError::Refused(Reason::NotLinked));
    // The wallet hears of it by a page, and keeps no name either.
    // A page of the very second of the link could be older than it.
    let second = wall();
    while wall() == second {
        std::thread::yield_now();
    }
    synced(&hanako.wallet);
    let standing = link::standing(hanako.home()).unwrap();
    assert_eq!(standing.level, 0);
    assert_eq!(standing.official, None);
}

/// What a touch learnt of the tries is known before the next one, after a restart, too.
#[test]
fn tries_are_remembered() {
    use kinchaku_core::card::{CardError, Entry, Left, SecretKind, SignPassword};

    let mut town = CardTown::start("card-tries");
    let hanako = town.resident();
    let secret = SecretKind::SignPassword;
    assert_eq!(link::remembered_tries(hanako.home()).unwrap().of(secret), None);
    let challenge = link::begin(hanako.home(), CardPurpose::Link).unwrap();
    let wrong = Entry::typed(SignPassword::parse("WRONG1").unwrap());
    let mut exchange = sign_link(wrong, challenge.statement(&[]), hanako.trusted());
    let mut reader = Reader::of(Person::Adult);
    let ended = reader.touch(&mut exchange).unwrap_err();
    assert_eq!(ended, CardError::Wrong { secret, left: 4 });
    link::remember_tries(hanako.home(), &exchange.tries()).unwrap();
    assert_eq!(
        (reader.card.verifies(SIGN_PASSWORD), reader.card.verifies(AUTH_PIN)),
        (1, 0)
    );
    let wallet = town.town.reopened(hanako.wallet, true);
    let remembered = link::remembered_tries(&wallet.home).unwrap().of(secret);
    assert!(matches!(remembered, Some((Left::Known(4), _))), "{remembered:?}");
}
