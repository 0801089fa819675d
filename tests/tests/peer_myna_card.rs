//! The crate `myna-card`, whose author measured real test cards, reads the software card: every AP it knows.
//!
//! In-process through its own transport trait, and through PC/SC with the feature `pcsc`.

use kinchaku_fixtures::card::SoftCard;
use kinchaku_fixtures::card::content::CardContent;
use kinchaku_fixtures::card::persons::Person;
use kinchaku_fixtures::jpki::keys::Keys;
use myna_card::ap::common::CommonAp;
use myna_card::ap::jpki::{JpkiAp, SignatureScheme};
use myna_card::ap::juki::JukiAp;
use myna_card::ap::surface::{self, SurfaceAp};
use myna_card::ap::text::{self, TextAp};
use myna_card::data::sha256_digest_info;
use myna_card::{Card, Error, ImageFormat, MasterFile, Pin, Retries, RsaPublicKey, Sex, Transmit};
use rsa::sha2::{Digest as _, Sha256};
use rsa::traits::PublicKeyParts as _;

/// Its transport, with the card on the other side of a function call.
struct InProcess(SoftCard);

impl Transmit for InProcess {
    fn transmit(&mut self, command: &[u8]) -> myna_card::Result<Vec<u8>> {
        Ok(self.0.transmit(command))
    }
}

fn in_process(content: &CardContent) -> Card<InProcess> {
    let mut card = SoftCard::new(content);
    card.power_on();
    Card::new(InProcess(card))
}

fn pin(value: &str) -> Pin {
    Pin::new(value).unwrap()
}

fn public(key: &rsa::RsaPrivateKey) -> RsaPublicKey {
    RsaPublicKey {
        exponent: key.e().to_bytes_be(),
        modulus: key.n().to_bytes_be(),
    }
}

/// The root of the test hierarchy's card-verifiable certificates.
fn root() -> RsaPublicKey {
    public(Keys::committed().get("cvc-root").unwrap())
}

fn text_ap<T: Transmit>(card: &mut Card<T>, person: Person) {
    let (content, printed) = (person.content(), person.card().resident);
    let mut text = TextAp::select(card).unwrap();
    assert!(matches!(text.read_attributes(), Err(Error::Status(word)) if word.value() == 0x6982));
    let certificate = text.read_certificate().unwrap();
    certificate.verify_with(&root()).unwrap();
    assert_eq!(
        text.read_ap_basic_data().unwrap().identification.to_bytes(),
        [1, 3, 14, 1]
    );
    for (key, left) in [
        (text::ef::PIN, Retries::Remaining(3)),
        (text::ef::CODE_A, Retries::Remaining(10)),
        (text::ef::CODE_B, Retries::Remaining(10)),
        (text::ef::BLOCKED_0012, Retries::Blocked),
    ] {
        assert_eq!(text.retries(key).unwrap(), left);
    }

    text.verify_code_a(&pin(&content.secrets.number_a)).unwrap();
    assert_eq!(text.read_my_number().unwrap().as_str(), content.secrets.number_a);
    text.verify_code_b(&pin(&content.secrets.number_b)).unwrap();
    let attributes = text.read_attributes().unwrap();
    assert_eq!(
        (attributes.name.as_str(), attributes.address.as_str()),
        (printed.name, printed.address)
    );
    assert_eq!(attributes.birth_date.to_string().replace('-', ""), printed.birth);
    assert_eq!(attributes.sex, Sex::from_byte(printed.sex.as_bytes()[0]));

    text.verify_pin(&pin(&content.secrets.text_pin)).unwrap();
    let integrity = text.read_integrity_record().unwrap();
    integrity.verify(&certificate.public_key).unwrap();
    assert!(
        integrity
            .matches_attributes_file(&text.read_ef(text::ef::ATTRIBUTES).unwrap())
            .unwrap()
    );
    assert!(integrity.matches_my_number_file(&text.read_my_number_file().unwrap()));
    assert_eq!(text.read_session_key_public_key().unwrap().public_key.bits(), 2048);
    let own = text.read_signed_public_key().unwrap();
    own.verify(&certificate.public_key).unwrap();
    let signature = text.sign(b"a fresh nonce").unwrap();
    own.public_key
        .verify_pkcs1_sha256(b"a fresh nonce", &signature)
        .unwrap();
}

fn surface_ap<T: Transmit>(card: &mut Card<T>, person: Person) {
    let (content, printed) = (person.content(), person.card());
    let mut surface = SurfaceAp::select(card).unwrap();
    let certificate = surface.read_certificate().unwrap();
    certificate.verify_with(&root()).unwrap();
    let issuer = &certificate.public_key;
    let info = surface.read_ap_basic_data().unwrap();
    assert_eq!(info.municipality_code, content.common.municipality);
    assert_eq!(
        surface.retries(surface::ef::BIRTH_DATE).unwrap(),
        Retries::Remaining(10)
    );

    surface.verify_birth_date(&pin(&content.secrets.birth)).unwrap();
    let age = surface.read_age_record().unwrap();
    age.verify(issuer).unwrap();
    assert!(matches!(surface.read_card_face(), Err(Error::Status(word)) if word.value() == 0x6982));

    surface.verify_code_b(&pin(&content.secrets.number_b)).unwrap();
    let face = surface.read_card_face().unwrap();
    face.verify(issuer).unwrap();
    assert_eq!(face.birth_date, age.birth_date);
    assert_eq!(face.birth_date.to_string().replace('-', ""), printed.resident.birth);
    assert_eq!(face.expiry.to_string().replace('-', ""), printed.expiry());
    assert_eq!(face.name_image.format, ImageFormat::Png);
    assert!(matches!(surface.read_my_number_image(), Err(Error::Status(word)) if word.value() == 0x6982));

    surface.verify_code_a(&pin(&content.secrets.number_a)).unwrap();
    let image = surface.read_my_number_image().unwrap();
    image.verify(issuer).unwrap();
    assert_eq!(image.public_key, face.public_key);
    let signature = surface.sign(b"a fresh nonce").unwrap();
    face.public_key
        .verify_pkcs1_sha256(b"a fresh nonce", &signature)
        .unwrap();
}

fn jpki_ap<T: Transmit>(card: &mut Card<T>, person: Person) {
    let content = person.content();
    let mut jpki = JpkiAp::select(card).unwrap();
    assert!(jpki.read_token_type().unwrap().is_physical_card());
    assert_eq!(jpki.read_token_info().unwrap().token_type, myna_card::TokenType::Card);
    let there = jpki.read_certificate_availability().unwrap();
    assert!(there.has_auth_certificate());
    assert_eq!(there.has_sign_certificate(), content.jpki.sign.is_some());

    let auth = jpki.read_auth_certificate().unwrap();
    assert_eq!(auth.der(), content.jpki.auth.certificate);
    auth.verify_signature(&jpki.read_auth_ca_certificate().unwrap())
        .unwrap();
    assert_eq!(jpki.auth_pin_retries().unwrap(), Retries::Remaining(3));
    jpki.verify_auth_pin(&pin(&content.secrets.auth_pin)).unwrap();
    let digest = Sha256::digest(b"m");
    let schemes: [(SignatureScheme, &[u8]); 6] = [
        (SignatureScheme::Verbatim, &sha256_digest_info(&digest)),
        (SignatureScheme::Sha256Bare, b"m"),
        (SignatureScheme::PreHashedDigestInfo, &digest),
        (SignatureScheme::Sha256DigestInfo, b"m"),
        (SignatureScheme::PreHashedPss, &digest),
        (SignatureScheme::Sha256Pss, b"m"),
    ];
    for (scheme, data) in schemes {
        jpki.sign_with_auth_key_checked(scheme, data).unwrap();
    }

    let Some(password) = &content.secrets.sign_password else {
        assert_eq!(jpki.sign_pin_retries().unwrap(), Retries::Blocked);
        return;
    };
    assert_eq!(jpki.sign_pin_retries().unwrap(), Retries::Remaining(5));
    assert!(matches!(jpki.read_sign_certificate(), Err(Error::Status(word)) if word.value() == 0x6982));
    jpki.verify_sign_pin(&pin(password)).unwrap();
    let sign = jpki.read_sign_certificate().unwrap();
    assert_eq!(sign.der(), content.jpki.sign.unwrap().certificate);
    sign.verify_signature(&jpki.read_sign_ca_certificate().unwrap())
        .unwrap();
    for (scheme, data) in schemes {
        jpki.sign_with_sign_key_checked(scheme, data).unwrap();
    }
}

fn common_and_juki_ap<T: Transmit>(card: &mut Card<T>, person: Person) {
    let content = person.content();
    let mut common = CommonAp::select(card).unwrap();
    let info = common.read_card_info().unwrap();
    assert_eq!(
        (&info.serial, &info.municipality_code),
        (&content.common.serial, &content.common.municipality)
    );
    assert_eq!(info.expiry.to_string().replace('-', ""), content.common.expiry);
    let signature = common.internal_authenticate(b"challenge").unwrap();
    public(&content.surface.key)
        .verify_pkcs1_sha256(b"challenge", &signature)
        .unwrap();
    assert_eq!(common.pin_retries().unwrap(), Retries::Remaining(3));
    let reference = common.read_record(0x0002, 1).unwrap();
    let mut juki = JukiAp::select(card).unwrap();
    assert_eq!(juki.read_record(0x0002, 1).unwrap(), reference);
    juki.verify_pin(&pin(&content.secrets.text_pin)).unwrap();
}

/// Everything this crate can read of a card of this person.
fn reads_all<T: Transmit>(card: &mut Card<T>, person: Person) {
    MasterFile::select(card).unwrap();
    assert_eq!(card.get_challenge(16).unwrap().len(), 16);
    text_ap(card, person);
    surface_ap(card, person);
    jpki_ap(card, person);
    common_and_juki_ap(card, person);
    // And what was unlocked is shut again.
    let mut text = TextAp::select(card).unwrap();
    assert!(matches!(text.read_attributes(), Err(Error::Status(word)) if word.value() == 0x6982));
}

#[test]
fn myna_card_reads_every_ap_of_every_kind_of_card() {
    for person in [
        Person::Adult,
        Person::Child,
        Person::Elder,
        Person::Substituted,
        Person::Expired,
        Person::Renewed,
        Person::Declined,
    ] {
        reads_all(&mut in_process(&person.content()), person);
    }
}

#[test]
fn myna_card_sees_wrong_pins_count_down_and_block() {
    let content = Person::Adult.content();
    let mut card = in_process(&content);
    let mut jpki = JpkiAp::select(&mut card).unwrap();
    for left in [2, 1] {
        let refusal = jpki.verify_auth_pin(&pin("9999")).unwrap_err();
        assert!(
            matches!(refusal, Error::PinIncorrect { retries } if retries == Some(left)),
            "{refusal}"
        );
    }
    for value in ["9999", &content.secrets.auth_pin] {
        assert!(matches!(jpki.verify_auth_pin(&pin(value)), Err(Error::PinBlocked)));
    }
    assert_eq!(jpki.auth_pin_retries().unwrap(), Retries::Blocked);
}

#[test]
fn myna_card_changes_pins() {
    let secrets = Person::Adult.content().secrets;
    let mut card = in_process(&Person::Adult.content());
    let mut jpki = JpkiAp::select(&mut card).unwrap();
    jpki.change_auth_pin(&pin(&secrets.auth_pin), &pin("2468")).unwrap();
    jpki.change_sign_pin(&pin(secrets.sign_password.as_ref().unwrap()), &pin("NEWPASS1"))
        .unwrap();
    assert!(jpki.verify_auth_pin(&pin(&secrets.auth_pin)).is_err());
    jpki.verify_auth_pin(&pin("2468")).unwrap();
    jpki.verify_sign_pin(&pin("NEWPASS1")).unwrap();
    let mut common = CommonAp::select(&mut card).unwrap();
    common.change_pin(&pin(&secrets.text_pin), &pin("2468")).unwrap();
    common.verify_pin(&pin("2468")).unwrap();
}

#[test]
fn myna_card_notices_a_copy_without_the_keys() {
    let mut card = in_process(&Person::Cloned.content());
    let content = Person::Cloned.content();
    let mut text = TextAp::select(&mut card).unwrap();
    text.verify_pin(&pin(&content.secrets.text_pin)).unwrap();
    let own = text.read_signed_public_key().unwrap();
    let signature = text.sign(b"a fresh nonce").unwrap();
    assert!(
        own.public_key
            .verify_pkcs1_sha256(b"a fresh nonce", &signature)
            .is_err()
    );
    let mut jpki = JpkiAp::select(&mut card).unwrap();
    jpki.verify_auth_pin(&pin(&content.secrets.auth_pin)).unwrap();
    assert!(
        jpki.sign_with_auth_key_checked(SignatureScheme::Sha256DigestInfo, b"m")
            .is_err()
    );
}

#[cfg(feature = "pcsc")]
mod over_pcsc {
    use std::ffi::CStr;
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::path::{Path, PathBuf};
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;

    use myna_card::transport::pcsc::{PcscTransport, Sharing, connect};
    use pcsc::{Context, ReaderState, Scope, State};

    use super::{Card, Person, reads_all};

    const READER: &CStr = c"Virtual PCD 00 00";

    /// A card in the virtual reader; it leaves with this value.
    struct Inserted(Child);

    impl Drop for Inserted {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// Where the build put it, beside the folder of this test.
    fn binary() -> PathBuf {
        let folder = std::env::var_os("KINCHAKU_TEST_BIN").map_or_else(
            || {
                let here = std::env::current_exe().unwrap();
                here.parent().and_then(Path::parent).unwrap().to_owned()
            },
            PathBuf::from,
        );
        folder.join("kinchaku-card")
    }

    fn insert(person: Person) -> Inserted {
        let mut child = Command::new(binary())
            .args(["--json", "--person", person.name()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        // It speaks when the reader does: another test's card may still be in it.
        BufReader::new(out).read_line(&mut line).unwrap();
        assert!(line.starts_with('{'), "{line}");
        Inserted(child)
    }

    /// As soon as pcscd has the card ready; it says so at each change of the reader.
    fn connected() -> Card<PcscTransport> {
        let context = Context::establish(Scope::User).unwrap();
        let mut states = [ReaderState::new(READER, State::UNAWARE)];
        loop {
            context.get_status_change(Duration::from_secs(20), &mut states).unwrap();
            if let Ok(card) = connect(READER.to_str().unwrap(), Sharing::Exclusive) {
                return card;
            }
            states.iter_mut().for_each(ReaderState::sync_current_state);
        }
    }

    #[test]
    fn myna_card_reads_every_ap_through_a_reader() {
        if std::env::var_os("KINCHAKU_TEST_PCSC").is_none() {
            let line = b"SKIPPED: myna-card over PC/SC (KINCHAKU_TEST_PCSC is not set)\n";
            std::io::stderr().write_all(line).unwrap();
            return;
        }
        for person in [Person::Adult, Person::Child, Person::Elder] {
            let _inserted = insert(person);
            let mut card = connected();
            reads_all(&mut card, person);
            card.transport_mut().power_cycle().unwrap();
        }
    }
}
