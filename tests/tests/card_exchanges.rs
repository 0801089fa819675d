//! Every way a card at a phone or a reader can end, with the software card: what a person is told, and what it
//! cost in tries.

use kinchaku_core::card::{
    self, Application, Availability, CardError, CardTransport, CommandKind, Entry, Event, File, Left, Outcome,
    Progress, RememberedTries, SecretKind, SignPassword, StatusWord, Step, Token, TransportLost, Why, pump,
};
use kinchaku_fixtures::card::apdu::ins;
use kinchaku_fixtures::card::content::{TOKEN_ANDROID, TOKEN_CARD};
use kinchaku_fixtures::card::fault::{Fault, Faults, When};
use kinchaku_fixtures::card::persons::Person;
use kinchaku_fixtures::card::{AUTH_PIN, SIGN_PASSWORD, SoftCard, TEXT_PIN};
use kinchaku_fixtures::jpki::files::certificate;
use kinchaku_protocol::jpki::certificate::Purpose;
use kinchaku_protocol::time::Time;
use kinchaku_tests::card_link::{NOW, Reader, auth_pin, sign_password, text_pin, trusted};

const SECRET: SecretKind = SecretKind::SignPassword;

fn link(person: Person) -> card::Exchange<card::SignLinked> {
    card::sign_link(sign_password(person), b"statement".to_vec(), trusted())
}

fn wrong_password() -> Entry<SignPassword> {
    Entry::typed(SignPassword::parse("WRONG0").unwrap())
}

/// F051, F055, F137, F138: the four steps, the certificates and the signature, for one VERIFY.
#[test]
fn an_adult_links_in_one_touch() {
    for person in [
        Person::Adult,
        Person::Elder,
        Person::Substituted,
        Person::PartialBirth,
        Person::Renewed,
    ] {
        let mut reader = Reader::of(person);
        let mut shown = vec![];
        let mut exchange = link(person);
        let outcome = reader.touch_showing(&mut exchange, &mut |progress| shown.push(progress));
        let Ok(Outcome::Done(linked)) = outcome else {
            panic!("{person:?}: {outcome:?}")
        };
        assert_eq!(
            shown,
            [
                Progress::Found,
                Progress::PasswordChecked,
                Progress::Read,
                Progress::Signed
            ]
        );
        linked.sign.key().verify(b"statement", &linked.signature).unwrap();
        assert_eq!(linked.sign.purpose(), Purpose::Signature);
        assert_eq!(linked.auth.purpose(), Purpose::UserAuthentication);
        let resident = person.card().resident;
        let attributes = linked.sign.signed_attributes().unwrap();
        assert_eq!(attributes.four.name, resident.name);
        assert_eq!(attributes.four.address, resident.address);
        assert_eq!(reader.card.verifies(SIGN_PASSWORD), 1);
        assert_eq!(reader.card.tries(SIGN_PASSWORD), Some(5));
        assert_eq!(exchange.tries().of(SECRET), Some(Left::Known(5)));
    }
}

#[test]
fn a_wrong_password_says_how_many_are_left() {
    let mut reader = Reader::of(Person::Adult);
    for left in [4, 3, 2, 1] {
        let mut exchange = card::sign_link(wrong_password(), vec![], trusted());
        let error = reader.touch(&mut exchange).unwrap_err();
        assert_eq!(error, CardError::Wrong { secret: SECRET, left });
        assert_eq!(exchange.tries().of(SECRET), Some(Left::Known(left)));
    }
    assert_eq!(reader.card.verifies(SIGN_PASSWORD), 4);
}

/// With one try left nothing is sent until the person agreed, and then once.
#[test]
fn the_last_try_is_asked_for() {
    let mut reader = Reader::of(Person::Adult);
    reader.card.set_tries(SIGN_PASSWORD, 1);
    let asked = reader.finish(link(Person::Adult)).unwrap_err();
    assert_eq!(asked, CardError::LastTry { secret: SECRET });
    assert_eq!(reader.card.verifies(SIGN_PASSWORD), 0);
    let agreed = sign_password(Person::Adult).agreeing_to_last_try();
    reader.finish(card::sign_link(agreed, vec![], trusted())).unwrap();
    assert_eq!(reader.card.verifies(SIGN_PASSWORD), 1);
    reader.card.set_tries(SIGN_PASSWORD, 1);
    let lost = card::sign_link(wrong_password().agreeing_to_last_try(), vec![], trusted());
    assert_eq!(reader.finish(lost).unwrap_err(), CardError::Locked { secret: SECRET });
    assert_eq!(reader.card.tries(SIGN_PASSWORD), Some(0));
}

/// F140: a locked password is said before anything is sent.
#[test]
fn a_locked_card_is_sent_nothing() {
    let mut reader = Reader::of(Person::Adult);
    reader.card.set_tries(SIGN_PASSWORD, 0);
    let agreed = sign_password(Person::Adult).agreeing_to_last_try();
    let error = reader.finish(card::sign_link(agreed, vec![], trusted())).unwrap_err();
    assert_eq!(error, CardError::Locked { secret: SECRET });
    assert_eq!(reader.card.verifies(SIGN_PASSWORD), 0);
}

/// `6983` and `6984` alike, to the question and to VERIFY.
#[test]
fn blocked_has_two_words() {
    for word in [0x6983, 0x6984] {
        for at in [0, 1] {
            let mut reader = Reader::of(Person::Adult);
            let verifies = commands_before(Person::Adult, ins::VERIFY) + at;
            let word = Fault::Status(kinchaku_fixtures::card::StatusWord(word));
            reader.card.set_faults(Faults::none().and(When::At(verifies), word));
            let error = reader.finish(link(Person::Adult)).unwrap_err();
            assert_eq!(error, CardError::Locked { secret: SECRET });
            assert_eq!(reader.card.verifies(SIGN_PASSWORD), at as u32);
        }
    }
}

/// How many commands a linking sends before the first with this instruction.
fn commands_before(person: Person, instruction: u8) -> usize {
    let mut reader = Reader::of(person);
    reader.finish(link(person)).unwrap();
    reader.heads().iter().position(|head| head[1] == instruction).unwrap()
}

/// The link breaks at each command in turn, before and after the card has it. Whatever happens next, the card
/// saw at most one VERIFY for what was typed once.
#[test]
fn a_card_removed_anywhere_costs_no_second_verify() {
    let mut whole = Reader::of(Person::Adult);
    whole.finish(link(Person::Adult)).unwrap();
    let heads = whole.heads();
    let verify = heads.iter().rposition(|head| head[1] == ins::VERIFY).unwrap();
    for at in 0..heads.len() {
        for fault in [Fault::DropBefore, Fault::DropAfter, Fault::Empty, Fault::OneByte] {
            let mut reader = Reader::of(Person::Adult);
            reader.card.set_faults(Faults::none().and(When::At(at), fault));
            let mut exchange = link(Person::Adult);
            let first = reader.touch(&mut exchange);
            if at < verify {
                assert!(matches!(first, Ok(Outcome::TouchAgain(Why::LinkLost))), "{first:?}");
                assert_eq!(exchange.progress(), None);
                let second = reader.touch(&mut exchange);
                assert!(matches!(second, Ok(Outcome::Done(_))), "{second:?}");
            } else if at == verify {
                let why = Why::Unconfirmed { secret: SECRET };
                assert!(matches!(first, Ok(Outcome::TouchAgain(is)) if is == why), "{first:?}");
                assert_eq!(exchange.tries().of(SECRET), Some(Left::Unconfirmed));
                reader.card.take_log();
                let error = reader.touch(&mut exchange).unwrap_err();
                assert_eq!(
                    error,
                    CardError::Unconfirmed {
                        secret: SECRET,
                        left: 5
                    }
                );
                let asked: Vec<u8> = reader.heads().iter().map(|head| head[1]).collect();
                assert_eq!(asked, [ins::SELECT, ins::SELECT, ins::VERIFY]);
                assert_eq!(exchange.tries().of(SECRET), Some(Left::Known(5)));
            } else {
                assert_eq!(first.unwrap_err(), CardError::TypeAgain { secret: SECRET });
            }
            let expected = u32::from(!(at == verify && fault == Fault::DropBefore));
            assert_eq!(reader.card.verifies(SIGN_PASSWORD), expected, "{at} {fault:?}");
            let over = exchange.step(Event::Touched);
            assert!(matches!(over, Step::Failed(CardError::Over)), "{over:?}");
        }
    }
}

/// A wrong password under a lost link counts on the card; the next touch says so.
#[test]
fn an_unconfirmed_try_is_looked_up() {
    for (tries, expected) in [
        (
            5,
            CardError::Unconfirmed {
                secret: SECRET,
                left: 4,
            },
        ),
        (1, CardError::Locked { secret: SECRET }),
    ] {
        let mut reader = Reader::of(Person::Adult);
        reader.card.set_tries(SIGN_PASSWORD, tries);
        let verify = commands_before(Person::Adult, ins::VERIFY) + 1;
        reader
            .card
            .set_faults(Faults::none().and(When::At(verify), Fault::DropAfter));
        let entry = wrong_password().agreeing_to_last_try();
        let mut exchange = card::sign_link(entry, vec![], trusted());
        assert!(matches!(reader.touch(&mut exchange), Ok(Outcome::TouchAgain(_))));
        // What a flow stores between the touches, or when its app dies there.
        let mut remembered = RememberedTries::default();
        remembered.take(&exchange.tries(), NOW);
        assert_eq!(remembered.of(SECRET), Some((Left::Unconfirmed, NOW)));
        // Lost again while looking: it looks again.
        reader
            .card
            .set_faults(Faults::none().and(When::Next(ins::VERIFY), Fault::DropBefore));
        assert!(matches!(
            reader.touch(&mut exchange),
            Ok(Outcome::TouchAgain(Why::Unconfirmed { .. }))
        ));
        assert_eq!(reader.touch(&mut exchange).unwrap_err(), expected);
        assert_eq!(reader.card.verifies(SIGN_PASSWORD), 1);
    }
}

/// T25: `61xx`, `6Cxx` and nonsense to VERIFY are no reason to send anything again.
#[test]
fn verify_is_never_repeated_for_an_odd_answer() {
    let odd = [Fault::MoreData, Fault::WrongLe].into_iter().chain(
        [0x6700, 0x6a86, 0x6f00, 0x6300, 0x9001].map(|word| Fault::Status(kinchaku_fixtures::card::StatusWord(word))),
    );
    for fault in odd {
        let mut reader = Reader::of(Person::Adult);
        let verify = commands_before(Person::Adult, ins::VERIFY) + 1;
        reader.card.set_faults(Faults::none().and(When::At(verify), fault));
        let mut exchange = link(Person::Adult);
        let error = reader.touch(&mut exchange).unwrap_err();
        let CardError::Refused { command, .. } = error else {
            panic!("{fault:?}: {error:?}")
        };
        assert_eq!(command, CommandKind::Verify(SECRET));
        assert_eq!(exchange.tries().of(SECRET), Some(Left::Unconfirmed));
        assert_eq!(reader.card.verifies(SIGN_PASSWORD), 1);
        assert_eq!(reader.heads().len(), verify + 1, "{fault:?}");
    }
}

/// A question that is not answered by a count ends it before VERIFY.
#[test]
fn no_count_no_verify() {
    for word in [0x9000, 0x6300, 0x6700, 0x6c05] {
        let mut reader = Reader::of(Person::Adult);
        let count = commands_before(Person::Adult, ins::VERIFY);
        let fault = Fault::Status(kinchaku_fixtures::card::StatusWord(word));
        reader.card.set_faults(Faults::none().and(When::At(count), fault));
        let error = reader.finish(link(Person::Adult)).unwrap_err();
        let (command, status) = (CommandKind::Count(SECRET), StatusWord(word));
        assert_eq!(error, CardError::Refused { command, status });
        assert_eq!(reader.card.verifies(SIGN_PASSWORD), 0);
    }
}

/// Another card, which knows no application of ours.
struct OtherCard;

impl CardTransport for OtherCard {
    fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, TransportLost> {
        Ok(vec![0x6a, 0x82])
    }
}

#[test]
fn another_card_is_not_a_my_number_card() {
    let mut exchange = link(Person::Adult);
    let error = pump(&mut exchange, &mut OtherCard, &mut |_| ()).unwrap_err();
    assert_eq!(error, CardError::NotMyNumberCard);
    let mut exchange = card::read_attributes(text_pin(Person::Adult), vec![], trusted());
    let error = pump(&mut exchange, &mut OtherCard, &mut |_| ()).unwrap_err();
    assert_eq!(error, CardError::NotMyNumberCard);
}

/// F053: under 15, or declined; said before the password leaves the phone.
#[test]
fn without_a_certificate_nothing_is_sent() {
    for person in [Person::Child, Person::Declined] {
        let mut reader = Reader::of(person);
        let entry = sign_password(Person::Adult);
        let error = reader.finish(card::sign_link(entry, vec![], trusted())).unwrap_err();
        assert_eq!(error, CardError::NoSignCertificate);
        let entry = sign_password(Person::Adult);
        let error = reader
            .finish(card::show_sign_certificate(entry, trusted()))
            .unwrap_err();
        assert_eq!(error, CardError::NoSignCertificate);
        assert_eq!(reader.card.all_verifies(), 0);
    }
    // A card that does not say what it has, and has no certificate.
    let mut content = Person::Adult.content();
    content.jpki.auth.certificate = vec![];
    let error = Reader::with(&content).finish(link(Person::Adult)).unwrap_err();
    assert_eq!(error, CardError::NoAuthCertificate);
}

#[test]
fn an_expired_or_early_or_foreign_certificate_is_said_before_the_password() {
    let mut reader = Reader::of(Person::Expired);
    let error = reader.finish(link(Person::Expired)).unwrap_err();
    assert!(
        matches!(error, CardError::Expired { until } if until < NOW),
        "{error:?}"
    );
    let mut early = trusted();
    early.now = Time(NOW.0 - 300 * 86_400);
    let mut adult = Reader::of(Person::Adult);
    let exchange = card::sign_link(sign_password(Person::Adult), vec![], early);
    let error = adult.finish(exchange).unwrap_err();
    assert!(
        matches!(error, CardError::NotYetValid { from } if from < NOW),
        "{error:?}"
    );
    let mut forged = Reader::of(Person::Forged);
    let error = forged.finish(link(Person::Adult)).unwrap_err();
    assert_eq!(error, CardError::NotTrusted);
    for reader in [&reader, &adult, &forged] {
        assert_eq!(reader.card.all_verifies(), 0);
    }
}

/// Whether a certificate was revoked nobody can tell offline: the server says it.
#[test]
fn a_revoked_card_passes_the_reader() {
    Reader::of(Person::Revoked).finish(link(Person::Revoked)).unwrap();
}

/// A copy has every file and no key, and shows it wherever the card signs.
#[test]
fn a_cloned_card_is_noticed() {
    let mut reader = Reader::of(Person::Cloned);
    assert_eq!(reader.finish(link(Person::Adult)).unwrap_err(), CardError::Cloned);
    let exchange = card::authenticate(auth_pin(Person::Adult), b"login".to_vec(), trusted());
    assert_eq!(reader.finish(exchange).unwrap_err(), CardError::Cloned);
    let exchange = card::read_attributes(text_pin(Person::Adult), b"nonce".to_vec(), trusted());
    assert_eq!(reader.finish(exchange).unwrap_err(), CardError::Cloned);
}

/// A key of the next generation: how a card signs with it is not known, and no try is spent to find out.
#[test]
fn an_unknown_kind_of_key_spends_no_try() {
    let mut content = Person::Adult.content();
    content.jpki.auth.certificate = certificate("next-auth").unwrap().to_vec();
    let mut reader = Reader::with(&content);
    assert_eq!(reader.finish(link(Person::Adult)).unwrap_err(), CardError::UnknownKey);
    let exchange = card::authenticate(auth_pin(Person::Adult), vec![], trusted());
    assert_eq!(reader.finish(exchange).unwrap_err(), CardError::UnknownKey);
    assert_eq!(reader.card.all_verifies(), 0);
}

/// A phone shows no certificate before its PIN, and has no attributes.
#[test]
fn a_phone_in_place_of_a_card_is_named() {
    let mut content = Person::Adult.content();
    content.jpki.token_label = TOKEN_ANDROID;
    let mut reader = Reader::with(&content);
    assert_eq!(
        reader.finish(card::recognise(trusted())).unwrap_err(),
        CardError::PhoneToken
    );
    assert_eq!(reader.finish(link(Person::Adult)).unwrap_err(), CardError::PhoneToken);
    assert_eq!(reader.finish(card::status()).unwrap().token, Token::AndroidPhone);
    assert_eq!(reader.card.all_verifies(), 0);
    let exchange = card::read_attributes(text_pin(Person::Adult), vec![], trusted());
    let mut phone = WithoutText(reader);
    phone.0.card.power_on();
    let error = pump(&mut { exchange }, &mut phone, &mut |_| ()).unwrap_err();
    assert_eq!(error, CardError::PhoneToken);
}

/// A phone has the JPKI application alone.
struct WithoutText(Reader);

impl CardTransport for WithoutText {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportLost> {
        if command.starts_with(&[0, ins::SELECT, 4]) && command.ends_with(&[4, 8]) {
            return Ok(vec![0x6a, 0x82]);
        }
        self.0.transmit(command)
    }
}

#[test]
fn a_card_says_what_it_is_without_a_pin() {
    let mut reader = Reader::of(Person::Adult);
    reader.card.set_tries(AUTH_PIN, 2);
    let status = reader.finish(card::status()).unwrap();
    assert_eq!(status.token, Token::Card);
    assert_eq!(status.available, Some(Availability { sign: true, auth: true }));
    assert_eq!(
        (status.sign_password, status.auth_pin, status.text_pin),
        (Some(5), Some(2), Some(3))
    );
    assert_eq!(reader.card.all_verifies(), 0);
    let child = Reader::of(Person::Child).finish(card::status()).unwrap();
    assert_eq!(
        child.available,
        Some(Availability {
            sign: false,
            auth: true
        })
    );
    assert_eq!(child.sign_password, Some(0));
}

/// One SELECT, and a READ BINARY for each 256 bytes of the certificate.
#[test]
fn recognition_takes_the_fewest_commands() {
    let mut reader = Reader::of(Person::Adult);
    let certificate = reader.finish(card::recognise(trusted())).unwrap();
    assert_eq!(certificate.purpose(), Purpose::UserAuthentication);
    assert_eq!(reader.heads().len(), 1 + certificate.der().len().div_ceil(256));
}

#[test]
fn a_login_is_one_signature() {
    let mut reader = Reader::of(Person::Child);
    let exchange = card::authenticate(auth_pin(Person::Child), b"login".to_vec(), trusted());
    let login = reader.finish(exchange).unwrap();
    login.auth.key().verify(b"login", &login.signature).unwrap();
    assert_eq!((reader.card.verifies(AUTH_PIN), reader.card.all_verifies()), (1, 1));
    let wrong = card::authenticate(auth_pin(Person::Adult), vec![], trusted());
    let secret = SecretKind::AuthPin;
    assert_eq!(reader.finish(wrong).unwrap_err(), CardError::Wrong { secret, left: 2 });
}

/// F055: the attributes verify offline, whatever the length of an address or the form of a length.
#[test]
fn attributes_verify_offline() {
    for person in [
        Person::Adult,
        Person::Child,
        Person::Elder,
        Person::Substituted,
        Person::PartialBirth,
    ] {
        let mut reader = Reader::of(person);
        let exchange = card::read_attributes(text_pin(person), b"nonce".to_vec(), trusted());
        let attributes = reader.finish(exchange).unwrap();
        let resident = person.card().resident;
        assert_eq!(attributes.four.name, resident.name);
        assert_eq!(attributes.four.address, resident.address);
        assert!(attributes.presence.is_some());
        assert_eq!(format!("{attributes:?}"), "CardAttributes { .. }");
        // F137: 個人番号 is text 0001.
        for exchange in reader.card.log() {
            let command = exchange.command.as_slice();
            assert!(!command.starts_with(&[0, ins::READ_BINARY, 0x81]));
            assert!(!command.ends_with(&[0, 1]) || command[1] != ins::SELECT);
        }
    }
}

/// Attributes of one person with the issuer's signature of another.
#[test]
fn altered_attributes_are_not_believed() {
    let mut content = Person::Adult.content();
    content.text.basic_four = Person::Neighbour.content().text.basic_four;
    let exchange = card::read_attributes(text_pin(Person::Adult), vec![], trusted());
    assert_eq!(
        Reader::with(&content).finish(exchange).unwrap_err(),
        CardError::NotTrusted
    );
}

/// A card that signs nothing without a PIN still gives its attributes.
#[test]
fn presence_is_left_out_where_the_card_cannot() {
    let mut reader = Reader::of(Person::Adult);
    let word = Fault::Status(kinchaku_fixtures::card::StatusWord(0x6a86));
    let sign = ins::COMPUTE_DIGITAL_SIGNATURE;
    reader.card.set_faults(Faults::none().and(When::Next(sign), word));
    let exchange = card::read_attributes(text_pin(Person::Adult), vec![], trusted());
    assert_eq!(reader.finish(exchange).unwrap().presence, None);
}

fn minor(person: Person) -> card::Exchange<card::MinorLinked> {
    let (auth, text) = (auth_pin(person), text_pin(person));
    let statement = |four: &[u8]| [b"statement over ", four].concat();
    card::link_minor(auth, text, statement, b"nonce".to_vec(), trusted())
}

/// F053: two PINs, one touch.
#[test]
fn a_child_links_with_two_pins() {
    let mut reader = Reader::of(Person::Child);
    let linked = reader.finish(minor(Person::Child)).unwrap();
    let statement = [b"statement over ", linked.attributes.basic_four.as_slice()].concat();
    linked.auth.key().verify(&statement, &linked.signature).unwrap();
    assert_eq!(linked.attributes.four.name, Person::Child.card().resident.name);
    assert_eq!((reader.card.verifies(AUTH_PIN), reader.card.verifies(TEXT_PIN)), (1, 1));
}

/// A locked or last try of one PIN costs the other none.
#[test]
fn both_counters_are_read_before_either_pin() {
    for (ef, secret) in [(AUTH_PIN, SecretKind::AuthPin), (TEXT_PIN, SecretKind::TextPin)] {
        for (left, error) in [(0, CardError::Locked { secret }), (1, CardError::LastTry { secret })] {
            let mut reader = Reader::of(Person::Child);
            reader.card.set_tries(ef, left);
            assert_eq!(reader.finish(minor(Person::Child)).unwrap_err(), error);
            assert_eq!(reader.card.all_verifies(), 0);
        }
    }
}

/// The link breaks anywhere between two PINs: each reaches the card at most once.
#[test]
fn a_card_removed_between_two_pins() {
    let mut whole = Reader::of(Person::Child);
    whole.finish(minor(Person::Child)).unwrap();
    for at in 0..whole.heads().len() {
        for fault in [Fault::DropBefore, Fault::DropAfter] {
            let mut reader = Reader::of(Person::Child);
            reader.card.set_faults(Faults::none().and(When::At(at), fault));
            let mut exchange = minor(Person::Child);
            let mut touches = 0;
            while let Ok(Outcome::TouchAgain(_)) = reader.touch(&mut exchange) {
                touches += 1;
                assert!(touches < 3);
            }
            assert!(reader.card.verifies(AUTH_PIN) <= 1);
            assert!(reader.card.verifies(TEXT_PIN) <= 1);
        }
    }
}

#[test]
fn a_certificate_is_shown_whatever_is_wrong_with_it() {
    let mut reader = Reader::of(Person::Expired);
    let shown = reader.finish(card::show_auth_certificate(trusted())).unwrap();
    assert!(matches!(shown.standing, Err(CardError::Expired { .. })));
    let exchange = card::show_sign_certificate(sign_password(Person::Expired), trusted());
    let shown = reader.finish(exchange).unwrap();
    assert_eq!(shown.certificate.purpose(), Purpose::Signature);
    assert!(matches!(shown.standing, Err(CardError::Expired { .. })));
    assert_eq!(reader.card.verifies(SIGN_PASSWORD), 1);
}

/// `61xx`, `6Cxx` and short answers to READ BINARY are followed.
#[test]
fn reading_copes_with_what_readers_do() {
    for fault in [Fault::MoreData, Fault::WrongLe, Fault::ShortRead(100)] {
        let mut reader = Reader::of(Person::Adult);
        let mut faults = Faults::none();
        for at in [1, 2, 9, 12, 15] {
            faults = faults.and(When::At(at), fault);
        }
        reader.card.set_faults(faults);
        reader.finish(card::recognise(trusted())).unwrap();
    }
    let mut reader = Reader::of(Person::Adult);
    let each = Faults::none().and(When::Each(ins::READ_BINARY), Fault::ShortRead(64));
    reader.card.set_faults(each);
    reader.finish(link(Person::Adult)).unwrap();
}

/// A file that lies about its length, noise, and a card that gives one byte at a time all come to an end.
#[test]
fn files_that_lie_come_to_an_end() {
    for fault in [
        Fault::FalseLength,
        Fault::Garbage,
        Fault::ShortRead(0),
        Fault::ShortRead(1),
    ] {
        let mut reader = Reader::of(Person::Adult);
        reader
            .card
            .set_faults(Faults::none().and(When::Each(ins::READ_BINARY), fault));
        let error = reader.finish(card::recognise(trusted())).unwrap_err();
        let expected = if fault == Fault::ShortRead(1) {
            CardError::Endless
        } else if fault == Fault::ShortRead(0) {
            CardError::NoAuthCertificate
        } else {
            CardError::Malformed {
                file: File::AuthCertificate,
            }
        };
        assert_eq!(error, expected, "{fault:?}");
        assert!(reader.card.log().len() <= 256, "{fault:?}");
    }
}

/// A card that reads by short identifier nowhere, or reads so and selects nothing by it.
struct Peculiar {
    card: SoftCard,
    refuses: bool,
    /// Whether the last file was named by its short identifier.
    short: bool,
}

impl CardTransport for Peculiar {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportLost> {
        match command {
            [0, 0xb0, 0x80..=0xff, ..] if self.refuses => return Ok(vec![0x6a, 0x86]),
            [0, 0xb0, 0x80..=0xff, ..] => self.short = true,
            [0, 0xb0, ..] if self.short => return Ok(vec![0x69, 0x86]),
            [0, 0xa4, ..] => self.short = false,
            _ => (),
        }
        Ok(self.card.transmit(command))
    }
}

#[test]
fn short_identifiers_are_not_needed() {
    for refuses in [true, false] {
        let mut card = Reader::of(Person::Adult).card;
        card.power_on();
        let mut peculiar = Peculiar {
            card,
            refuses,
            short: false,
        };
        let mut exchange = link(Person::Adult);
        let outcome = pump(&mut exchange, &mut peculiar, &mut |_| ());
        assert!(matches!(outcome, Ok(Outcome::Done(_))), "{outcome:?}");
        if refuses {
            let journal = exchange.journal().to_string();
            assert_eq!(journal.matches("6A86").count(), 1, "learnt once: {journal}");
        }
    }
}

/// A host that mixes up its events: late answers, touches that nobody ended, losses of nothing.
#[test]
fn events_in_any_order_are_taken() {
    let mut exchange = link(Person::Adult);
    assert!(matches!(
        exchange.step(Event::Answer(&[0x90, 0])),
        Step::TouchAgain(Why::First)
    ));
    assert!(matches!(exchange.step(Event::Lost), Step::TouchAgain(Why::First)));
    let Step::Send(select) = exchange.step(Event::Touched) else {
        panic!("no command")
    };
    assert_eq!(select.kind(), CommandKind::SelectApplication(Application::Jpki));
    assert!(matches!(exchange.step(Event::Touched), Step::Send(_)));
    assert!(matches!(
        exchange.step(Event::Answer(&[])),
        Step::TouchAgain(Why::LinkLost)
    ));
    assert!(matches!(
        exchange.step(Event::Answer(&[0x90, 0])),
        Step::TouchAgain(Why::LinkLost)
    ));
    let mut reader = Reader::of(Person::Adult);
    assert!(matches!(reader.touch(&mut exchange), Ok(Outcome::Done(_))));
    assert!(matches!(
        exchange.step(Event::Answer(&[0x90, 0])),
        Step::Failed(CardError::Over)
    ));
}

/// T25: what may leave the device for support says nothing of the person.
#[test]
fn nothing_personal_is_in_a_trace() {
    let person = Person::Adult;
    let mut reader = Reader::of(person);
    let mut exchange = link(person);
    let Ok(Outcome::Done(linked)) = reader.touch(&mut exchange) else {
        panic!("not linked")
    };
    let trace = format!("{} {linked:?} {:?}", exchange.journal(), exchange.journal());
    let hex = |text: &str| data_encoding::HEXUPPER.encode(text.as_bytes());
    let resident = person.card().resident;
    for text in [
        person.card().sign_password,
        resident.name,
        resident.address,
        resident.birth,
    ] {
        assert!(!trace.contains(text) && !trace.contains(&hex(text)), "{trace}");
    }
    assert!(trace.contains("Verify(SignPassword) 00200080 ** -> 9000"), "{trace}");
    assert!(
        trace.contains("Read(SignCertificate) 00B0810000 -> (256 bytes) 9000"),
        "{trace}"
    );
    assert_eq!(person.content().jpki.token_label, TOKEN_CARD);
}
