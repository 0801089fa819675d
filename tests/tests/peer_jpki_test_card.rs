//! A real card of J-LIS's test hierarchy, played back: the files that the crate `myna-card` publishes, served by
//! the software card's commands and conditions and read by the wallet's exchanges. The person on it does not
//! exist. Its keys are in a card nobody here has, so it does not sign.

use std::sync::Arc;

use kinchaku_core::card::{
    AuthPin, CardError, CardTransport, CommandKind, Entry, Exchange, Outcome, SignPassword, TextPin, TransportLost,
    Trusted, authenticate, pump, read_attributes, recognise, show_sign_certificate, status,
};
use kinchaku_fixtures::card::SoftCard;
use kinchaku_fixtures::card::content::Secrets;
use kinchaku_fixtures::card::replay::Files;
use kinchaku_protocol::jpki::attributes::Sex;
use kinchaku_protocol::jpki::card_record::CvcRoots;
use kinchaku_protocol::jpki::certificate::{Certificate, Purpose};
use kinchaku_protocol::jpki::trust::Anchors;
use kinchaku_protocol::time::Time;
use kinchaku_tests::jpki_test_card::{file, folder};

/// 2026-11-21T12:00:00Z.
const NOW: Time = Time(1_795_262_400);

struct InProcess(SoftCard);

impl CardTransport for InProcess {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportLost> {
        Ok(self.0.transmit(command))
    }
}

/// One touch of the card.
fn touched<T>(mut exchange: Exchange<T>) -> Result<T, CardError> {
    let secrets = Secrets {
        auth_pin: "1234".to_owned(),
        sign_password: Some("ABC123".to_owned()),
        text_pin: "5678".to_owned(),
        number_a: "000000000000".to_owned(),
        number_b: "55021720352285".to_owned(),
        birth: "550217".to_owned(),
    };
    let mut card = SoftCard::replaying(&Files::in_folder(&folder()).unwrap(), &secrets);
    card.power_on();
    match pump(&mut exchange, &mut InProcess(card), &mut |_| {})? {
        Outcome::Done(done) => Ok(done),
        Outcome::TouchAgain(why) => panic!("wanted again: {why:?}"),
    }
}

fn trusted() -> Trusted {
    let anchors = ["jpki-auth-ca-cert.der", "jpki-sign-ca-cert.der"].map(file);
    Trusted {
        anchors: Arc::new(Anchors::of(&anchors).unwrap()),
        roots: Arc::new(CvcRoots::jlis_test()),
        now: NOW,
    }
}

#[test]
fn its_tries_are_told() {
    let status = touched(status()).unwrap();
    assert_eq!(
        (status.sign_password, status.auth_pin, status.text_pin),
        (Some(5), Some(3), Some(3))
    );
}

#[test]
fn its_holder_is_recognised_without_a_pin() {
    let certificate = touched(recognise(trusted())).unwrap();
    assert_eq!(certificate.der(), file("jpki-auth-cert.der"));
    assert_eq!(certificate.key_name().serial, [0x22, 0x7b, 0x13]);
}

#[test]
fn its_name_address_and_dates_come_out_right_and_verified() {
    let entry = Entry::typed(TextPin::parse("5678").unwrap());
    let read = touched(read_attributes(entry, vec![7; 32], trusted())).unwrap();
    assert_eq!(read.four.name, "黒桐　幹也");
    assert_eq!(read.four.address, "東京都清瀬市観布子南１２－７－２０２");
    assert_eq!(read.four.birth.wareki(), "昭和55年2月17日");
    assert_eq!(read.four.sex, Sex::Male);
    assert_eq!(read.presence, None, "its key is not here");
}

#[test]
fn its_certificate_for_signatures_opens_with_the_password() {
    let entry = Entry::typed(SignPassword::parse("abc123").unwrap());
    let shown = touched(show_sign_certificate(entry, trusted())).unwrap();
    assert_eq!(shown.standing, Ok(()));
    assert_eq!(
        shown.certificate,
        Certificate::read(&file("jpki-sign-cert.der")).unwrap()
    );
    assert_eq!(shown.certificate.purpose(), Purpose::Signature);
    let four = &shown.certificate.signed_attributes().unwrap().four;
    assert_eq!(four.name, "黒桐　幹也");
}

#[test]
fn what_cannot_sign_is_said_to_refuse_and_not_to_be_right() {
    let entry = Entry::typed(AuthPin::parse("1234").unwrap());
    let refused = touched(authenticate(entry, vec![7; 122], trusted())).unwrap_err();
    assert!(
        matches!(
            refused,
            CardError::Refused {
                command: CommandKind::Sign(_),
                ..
            }
        ),
        "{refused:?}"
    );
}

/// A build for people believes no card of a test hierarchy.
#[test]
fn it_is_no_card_of_a_resident() {
    let real = Trusted {
        anchors: Arc::new(Anchors::production()),
        roots: Arc::new(CvcRoots::production()),
        now: NOW,
    };
    assert_eq!(touched(recognise(real)).unwrap_err(), CardError::NotTrusted);
}
