//! A town whose residents bring cards of the test JPKI, on both databases; and a JPKI that says what a test
//! wants it to say.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use kinchaku_fixtures::card::persons::Person;
use kinchaku_fixtures::jpki::keys::Keys;
use kinchaku_fixtures::jpki::{Authority, cvc, keys};
use kinchaku_protocol::api::{CardAnswer, CardRequest, KeyIdAction, KeyIdAnswer, KeyIdRequest, MinorEvidence};
use kinchaku_protocol::doc::field::{Bytes, to_bytes};
use kinchaku_protocol::doc::{CardMethod, Document as _, Fact, FactKind, KeyUse, LinkProof, Reason, Received, Role};
use kinchaku_protocol::ids::Ref;
use kinchaku_protocol::jpki::card_record::CvcRoots;
use kinchaku_protocol::jpki::certificate::Certificate;
use kinchaku_protocol::jpki::statement::{CardPurpose, CardStatement};
use kinchaku_protocol::jpki::trust::{Anchor, Anchors};
use kinchaku_protocol::signature::{Signer as _, SoftwareSigner};
use kinchaku_protocol::time::Time;
use kinchaku_server::books::{Books, BooksError};
use kinchaku_server::command::{Action, Invitee, NewDevice, Outcome};
use kinchaku_server::config::{ProviderKind, TownConfig};
use kinchaku_server::identity::cards::CardError;
use kinchaku_server::identity::prove::CardTrust;
use kinchaku_server::identity::proven::Correspondence;
use kinchaku_server::identity::status::{Asked, CertificateStatus, Standing, StatusUnavailable};
use kinchaku_server::keys::{Passphrase, Roots, TownKeys, init};
use kinchaku_server::query::Enrolled;

/// 2026-11-21, 09:00 in Japan.
pub const NOW: Time = Time(1_795_219_200);
pub const MUNI: u64 = 13_999;

/// What the JPKI says.
#[derive(Default)]
pub struct Registry {
    silent: AtomicBool,
    corresponds: AtomicBool,
    revoked: Mutex<BTreeSet<Vec<u8>>>,
    unanswered: Mutex<BTreeSet<Vec<u8>>>,
    pub asked: AtomicU64,
}

impl Registry {
    pub fn is_silent(&self, silent: bool) {
        self.silent.store(silent, Ordering::SeqCst);
    }

    /// Whether the platform tells which cards are one person's.
    pub fn tells(&self, tells: bool) {
        self.corresponds.store(tells, Ordering::SeqCst);
    }

    /// Nobody ever says anything of this certificate.
    pub fn says_nothing_of(&self, certificate: &[u8]) {
        self.unanswered.lock().unwrap().insert(certificate.to_vec());
    }

    pub fn revoke(&self, certificate: &[u8]) {
        self.revoked.lock().unwrap().insert(certificate.to_vec());
    }
}

impl CertificateStatus for Registry {
    fn standing<'a>(&'a self, certificate: &'a Certificate, _: &'a Anchor, now: Time) -> Asked<'a, Standing> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let revoked = self.revoked.lock().unwrap().contains(certificate.der());
        let unanswered = self.unanswered.lock().unwrap().contains(certificate.der());
        let standing = match (unanswered || self.silent.load(Ordering::SeqCst), revoked) {
            (true, _) => Err(StatusUnavailable::NoAnswer),
            (false, true) => Ok(Standing::Revoked { at: now }),
            (false, false) => Ok(Standing::Good),
        };
        Box::pin(std::future::ready(standing))
    }

    fn correspondence<'a>(&'a self, certificate: &'a Certificate) -> Asked<'a, Option<Correspondence>> {
        let told = self
            .corresponds
            .load(Ordering::SeqCst)
            .then(|| corresponding(certificate.der()));
        Box::pin(std::future::ready(Ok(told)))
    }
}

/// As the platform operator knows it.
fn corresponding(certificate: &[u8]) -> Correspondence {
    let register = kinchaku_fixtures::jpki::issued::Register::new().unwrap();
    let mut names = register
        .corresponding(certificate)
        .into_iter()
        .map(|issued| Certificate::read(issued.certificate).unwrap().key_name());
    Correspondence {
        auth_of_sign: names.next(),
        previous: names.collect(),
    }
}

pub fn trust() -> CardTrust {
    let anchors = Authority::ANCHORS.map(|authority| authority.certificate().unwrap().to_vec());
    CardTrust {
        anchors: Anchors::of(&anchors).unwrap(),
        cvc_roots: CvcRoots::of(&cvc::Application::Text.anchor(Keys::committed()).unwrap()).unwrap(),
    }
}

/// The keys of the town, made once for all tests of a file.
pub fn town_keys() -> &'static (PathBuf, TownKeys) {
    static KEYS: OnceLock<(PathBuf, TownKeys)> = OnceLock::new();
    KEYS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap().keep().join("keys");
        let roots = Roots::Sealed(Passphrase::new("a purse with a cord".to_owned()).unwrap());
        let keys = init(&folder, &roots, NOW).unwrap();
        (folder, keys)
    })
}

pub struct Town {
    pub books: Arc<Books>,
    pub registry: Arc<Registry>,
    pub address: String,
    pub now: Time,
    devices: u8,
}

impl Town {
    pub async fn new(address: &str) -> Self {
        Self::with(address, Arc::default(), TownConfig::new(MUNI)).await
    }

    /// The same books in a process that links no children by their cards.
    pub async fn without_minors(self) -> Self {
        let config = TownConfig {
            minors_by_card: false,
            ..TownConfig::new(MUNI)
        };
        self.restarted_with(config).await
    }

    /// A town that collects money, from the sandbox.
    pub async fn collecting(address: &str) -> Self {
        let config = TownConfig {
            provider: Some(ProviderKind::Sandbox),
            ..TownConfig::new(MUNI)
        };
        Self::with(address, Arc::default(), config).await
    }

    async fn with(address: &str, registry: Arc<Registry>, config: TownConfig) -> Self {
        let status: Arc<dyn CertificateStatus> = registry.clone();
        let books = Books::open_with(address, &config, &town_keys().1, (trust(), status), NOW).await;
        Self {
            books: Arc::new(books.unwrap()),
            registry,
            address: address.to_owned(),
            now: NOW,
            devices: 0,
        }
    }

    /// These books with other keys.
    pub async fn opened(address: &str, keys: &TownKeys) -> Result<Books, BooksError> {
        let status: Arc<dyn CertificateStatus> = Arc::new(Registry::default());
        Books::open_with(address, &TownConfig::new(MUNI), keys, (trust(), status), NOW).await
    }

    /// The same books in a new process.
    pub async fn restarted(self) -> Self {
        self.restarted_with(TownConfig::new(MUNI)).await
    }

    async fn restarted_with(self, config: TownConfig) -> Self {
        self.books.close().await;
        let again = Self::with(&self.address, self.registry, config).await;
        Self {
            now: self.now,
            devices: self.devices,
            ..again
        }
    }

    pub fn later(&mut self, seconds: u64) {
        self.now = self.now.after(seconds);
    }

    pub async fn run(&self, action: Action) -> Outcome {
        self.books.execute(action, self.now).await.unwrap()
    }

    /// A resident with a wallet, and nobody linked.
    pub async fn resident(&mut self) -> Wallet {
        let account = match self.invited(Invitee::Resident).await {
            Outcome::Invited { account } => account.unwrap(),
            other => panic!("{other:?}"),
        };
        self.wallet(account).await
    }

    /// A second device of an account.
    pub async fn second(&mut self, wallet: &Wallet) -> Wallet {
        self.invited(Invitee::Account(wallet.account)).await;
        self.wallet(wallet.account).await
    }

    async fn invited(&mut self, invitee: Invitee) -> Outcome {
        self.devices += 2;
        let code_hash = [self.devices; 32];
        self.run(Action::Invite { code_hash, invitee }).await
    }

    async fn wallet(&self, account: u64) -> Wallet {
        let seed = self.devices;
        let sync = SoftwareSigner::from_scalar(&[seed; 32]).unwrap();
        let device = NewDevice {
            code_hash: [seed; 32],
            role: Role::Wallet,
            sync_key: sync.public_key(),
            pay_key: Some(SoftwareSigner::from_scalar(&[seed + 1; 32]).unwrap().public_key()),
            level: 1,
        };
        let Outcome::Device(bytes) = self.run(Action::Enrol(device)).await else {
            panic!("not enrolled")
        };
        let device = Received::<kinchaku_protocol::doc::Device>::read(&bytes).unwrap();
        let ca = town_keys().1.signer(KeyUse::DEVICE_CA, NOW).unwrap().public_key();
        let reference = device.verify(&ca).unwrap().to_ref();
        let enrolled = self.books.device(reference).await.unwrap().unwrap();
        Wallet {
            account,
            sync,
            reference,
            enrolled,
        }
    }

    pub async fn challenge(&self, wallet: &Wallet, purpose: CardPurpose) -> [u8; 32] {
        let answer = self.books.card_challenge(&wallet.enrolled, purpose, self.now).await;
        answer.unwrap().challenge
    }

    pub async fn proves(&self, wallet: &Wallet, request: &CardRequest) -> Result<CardAnswer, CardError> {
        self.books
            .card_proof(&wallet.enrolled, wallet.reference, request, self.now)
            .await
    }

    /// What the server says of a proof; the fact is signed by its key and about this document.
    pub async fn decides(&self, wallet: &Wallet, request: &CardRequest) -> (FactKind, Reason) {
        let answer = self.proves(wallet, request).await.unwrap();
        let key = town_keys().1.signer(KeyUse::FACT, NOW).unwrap().public_key();
        let fact = Received::<Fact>::read(&answer.fact.0).unwrap().verify(&key).unwrap();
        let document = Received::<LinkProof>::read(&request.proof.0).unwrap();
        assert_eq!(fact.subject, document.id());
        assert_eq!(answer.standing.is_some(), fact.kind == FactKind::Posted);
        (fact.kind, fact.reason)
    }

    pub async fn links(&self, wallet: &Wallet, person: Person) -> (FactKind, Reason) {
        let challenge = self.challenge(wallet, CardPurpose::Link).await;
        self.decides(wallet, &wallet.link(person, &challenge)).await
    }

    pub async fn taps(&self, wallet: &Wallet, person: Person, purpose: CardPurpose) -> (FactKind, Reason) {
        let challenge = self.challenge(wallet, purpose).await;
        self.decides(wallet, &wallet.here(person, &challenge, purpose, None))
            .await
    }

    pub async fn logs_in(&self, wallet: &Wallet, person: Person) -> (FactKind, Reason) {
        self.taps(wallet, person, CardPurpose::Login).await
    }

    pub async fn level(&self, wallet: &Wallet) -> u8 {
        self.books.card_standing(wallet.account).await.unwrap().level
    }

    pub async fn key_id(&self, wallet: &Wallet, action: KeyIdAction, id: Option<&str>) -> KeyIdAnswer {
        let request = KeyIdRequest {
            action,
            id: id.map(str::to_owned),
        };
        self.books.key_id(&wallet.enrolled, &request, self.now).await.unwrap()
    }

    /// Whether every invariant holds.
    pub async fn sound(&self) -> String {
        let report = self.books.reader().audit().await.unwrap();
        assert_eq!(report.violations, []);
        report.state
    }
}

/// A device of an account.
pub struct Wallet {
    pub account: u64,
    pub sync: SoftwareSigner,
    pub reference: Ref,
    pub enrolled: Enrolled,
}

impl Wallet {
    pub fn statement(&self, challenge: &[u8; 32], purpose: CardPurpose, details: &[u8]) -> Vec<u8> {
        CardStatement {
            purpose,
            muni: MUNI,
            challenge,
            sync_key: &self.sync.public_key(),
            details,
        }
        .bytes()
    }

    pub fn signs(&self, proof: &LinkProof, details: Option<Vec<u8>>) -> CardRequest {
        CardRequest {
            proof: Bytes(proof.sign(&self.sync).unwrap().bytes().to_vec()),
            details: details.map(Bytes),
        }
    }

    /// An adult links the card.
    pub fn link(&self, person: Person, challenge: &[u8; 32]) -> CardRequest {
        self.link_beside(person, person, challenge)
    }

    /// One person signs, and the certificate for user authentication is another's.
    pub fn link_beside(&self, person: Person, beside: Person, challenge: &[u8; 32]) -> CardRequest {
        let sign = person.content().jpki.sign.unwrap();
        let auth = beside.content().jpki.auth;
        let statement = self.statement(challenge, CardPurpose::Link, b"");
        let proof = LinkProof {
            challenge: *challenge,
            method: CardMethod::SignatureCertificate,
            certificates: Bytes([sign.certificate, auth.certificate].concat()),
            signature: Bytes(keys::sign(&sign.key, &statement).unwrap()),
            attributes: None,
        };
        self.signs(&proof, None)
    }

    /// The same person is here again.
    pub fn here(
        &self,
        person: Person,
        challenge: &[u8; 32],
        purpose: CardPurpose,
        details: Option<Vec<u8>>,
    ) -> CardRequest {
        let auth = person.content().jpki.auth;
        let statement = self.statement(challenge, purpose, details.as_deref().unwrap_or_default());
        let proof = LinkProof {
            challenge: *challenge,
            method: CardMethod::UserAuthentication,
            certificates: Bytes(auth.certificate),
            signature: Bytes(keys::sign(&auth.key, &statement).unwrap()),
            attributes: None,
        };
        self.signs(&proof, details)
    }

    /// A minor links the card, and a guardian stands by.
    pub fn link_minor(&self, minor: Person, guardian: Person, challenge: &[u8; 32]) -> CardRequest {
        let (minor, guardian) = (minor.content(), guardian.content().jpki.auth);
        let four = &minor.text.basic_four;
        let own = self.statement(challenge, CardPurpose::Link, four);
        let beside = self.statement(challenge, CardPurpose::Guardian, four);
        let evidence = MinorEvidence {
            basic_four: Bytes(four.clone()),
            integrity: Bytes(minor.text.integrity.clone()),
            issuer_key: Bytes(minor.text.cvc.clone()),
            guardian_certificate: Bytes(guardian.certificate),
            guardian_signature: Bytes(keys::sign(&guardian.key, &beside).unwrap()),
        };
        let proof = LinkProof {
            challenge: *challenge,
            method: CardMethod::CardRecord,
            certificates: Bytes(minor.jpki.auth.certificate),
            signature: Bytes(keys::sign(&minor.jpki.auth.key, &own).unwrap()),
            attributes: Some(Bytes(to_bytes(&evidence))),
        };
        self.signs(&proof, None)
    }
}

/// Runs each test on both databases, with a fresh one for each.
#[macro_export]
macro_rules! in_towns {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $test() {
                    let fresh = $crate::support::database::sqlite().await;
                    super::$test($crate::card_town::Town::new(&fresh.address).await).await;
                    fresh.end().await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test]
                async fn $test() {
                    if let Some(fresh) = $crate::support::database::postgres(stringify!($test)).await {
                        super::$test($crate::card_town::Town::new(&fresh.address).await).await;
                        fresh.end().await;
                    }
                }
            )*
        }
    };
}
