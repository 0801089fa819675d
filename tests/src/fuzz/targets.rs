//! What is fuzzed, and from which samples.

use std::sync::Arc;

use kinchaku_core::card::{self, AuthPin, Entry, Event, Exchange, SignPassword, Step, TextPin, Trusted};
use kinchaku_fixtures::card::SoftCard;
use kinchaku_fixtures::card::persons::Person;
use kinchaku_protocol::api::MinorEvidence;
use kinchaku_protocol::doc::field::{Bytes, from_bytes, to_bytes};
use kinchaku_protocol::doc::{CardMethod, Document as _, LinkProof, Received};
use kinchaku_protocol::jpki::attributes::BasicFour;
use kinchaku_protocol::jpki::ber;
use kinchaku_protocol::jpki::card_record::{CvcRoots, InternalKey, read_basic_four, verify_basic_four};
use kinchaku_protocol::jpki::certificate::{Certificate, Purpose};
use kinchaku_protocol::jpki::trust::Anchors;
use kinchaku_protocol::signature::{Signer as _, SoftwareSigner};
use kinchaku_protocol::time::Time;

use super::{Target, codes};

/// All targets.
pub const TARGETS: &[Target] = &[
    Target {
        name: "ber",
        samples: card_files,
        read: |bytes| walk(bytes, 0),
    },
    Target {
        name: "certificate",
        samples: certificates,
        read: read_certificate,
    },
    Target {
        name: "card-files",
        samples: card_files,
        read: read_card_files,
    },
    Target {
        name: "apdu-answers",
        samples: conversations,
        read: converse,
    },
    Target {
        name: "linkproof",
        samples: proofs,
        read: read_proof,
    },
    Target {
        name: "picture",
        samples: codes::pictures,
        read: codes::read_picture,
    },
    Target {
        name: "payload",
        samples: codes::texts,
        read: codes::read_payload,
    },
    Target {
        name: "scanned",
        samples: codes::texts,
        read: codes::read_text,
    },
    Target {
        name: "screen",
        samples: codes::texts,
        read: codes::read_screen,
    },
];

const NOW: Time = Time(1_795_000_000);

/// A record is a length of two bytes and as many bytes.
fn join(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut joined = Vec::new();
    for part in parts {
        joined.extend(u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes());
        joined.extend(part);
    }
    joined
}

fn split(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
        let (part, rest) = rest.split_at(length);
        parts.push(part);
        bytes = rest;
    }
    parts
}

fn certificates() -> Vec<Vec<u8>> {
    let contents = Person::ALL.into_iter().map(Person::content);
    contents
        .flat_map(|content| {
            let signing = content.jpki.sign.map(|pair| pair.certificate);
            [Some(content.jpki.auth.certificate), signing, Some(content.jpki.sign_ca)]
        })
        .flatten()
        .collect()
}

fn read_certificate(bytes: &[u8]) {
    let Ok(certificates) = Certificate::read_all(bytes) else {
        return;
    };
    let anchors = Anchors::test();
    for certificate in certificates {
        let purpose = certificate.purpose();
        assert!(matches!(purpose, Purpose::Signature | Purpose::UserAuthentication));
        let _ = anchors.verify(&certificate, purpose, NOW);
        let _ = (certificate.key_name(), certificate.valid(), certificate.ocsp_uri());
        assert!(
            !format!("{certificate:?}").contains("山本"),
            "a certificate prints a name"
        );
    }
}

/// The files of the card-input-aid application of everybody, alone and as a set.
fn card_files() -> Vec<Vec<u8>> {
    let mut samples = Vec::new();
    for person in Person::ALL {
        let text = person.content().text;
        let files = [text.basic_four, text.integrity, text.cvc, text.signing_public];
        samples.push(join(&files));
        samples.extend(files);
    }
    samples
}

fn read_card_files(bytes: &[u8]) {
    let _ = read_basic_four(bytes);
    let roots = CvcRoots::test();
    if let [four, integrity, issuer, signing, ..] = split(bytes).as_slice() {
        let read = read_basic_four(four);
        if let Ok(verified) = verify_basic_four(four, integrity, issuer, &roots) {
            assert_eq!(read.as_ref(), Ok(&verified), "verified something else than it reads");
        }
        if let Ok(key) = InternalKey::read(signing, issuer, &roots) {
            assert!(key.verify(b"nonce", signing).is_err());
        }
    }
    if let Ok(four) = from_bytes::<BasicFour>(bytes) {
        assert_eq!(to_bytes(&four), bytes, "two encodings of one person");
    }
}

fn walk(bytes: &[u8], depth: u8) {
    let _ = ber::total_length(bytes);
    if depth > 6 {
        return;
    }
    for object in ber::walk(bytes) {
        let Ok(object) = object else {
            return;
        };
        walk(object.value, depth + 1);
    }
}

/// Each exchange, with a card's answers: the number of the exchange, then one record an answer.
fn conversations() -> Vec<Vec<u8>> {
    let mut samples = Vec::new();
    for person in [Person::Adult, Person::Child, Person::Elder, Person::Renewed] {
        for number in 0..EXCHANGES {
            let mut card = SoftCard::new(&person.content());
            card.power_on();
            let mut answers = Vec::new();
            drive(number, &mut |command| {
                let answer = card.transmit(command);
                answers.push(answer.clone());
                Some(answer)
            });
            let mut sample = vec![number];
            sample.extend(join(&answers));
            samples.push(sample);
        }
    }
    samples
}

/// How many exchanges there are.
const EXCHANGES: u8 = 5;

/// More touches than a person makes.
const TOUCHES: u32 = 8;

fn converse(bytes: &[u8]) {
    let Some((number, rest)) = bytes.split_first() else {
        return;
    };
    let mut answers = split(rest).into_iter();
    // A record without bytes is a card that has gone; so is the end.
    drive(number % EXCHANGES, &mut |_| {
        answers.next().filter(|answer| !answer.is_empty()).map(<[u8]>::to_vec)
    });
}

type Transmit<'a> = dyn FnMut(&[u8]) -> Option<Vec<u8>> + 'a;

fn drive(number: u8, transmit: &mut Transmit<'_>) {
    let trusted = Trusted {
        anchors: Arc::new(Anchors::test()),
        roots: Arc::new(CvcRoots::test()),
        now: NOW,
    };
    let password = || Entry::typed(SignPassword::parse("ABC123").unwrap());
    let pin = || Entry::typed(AuthPin::parse("1234").unwrap());
    let text = || Entry::typed(TextPin::parse("5678").unwrap());
    match number {
        0 => touch(card::status(), transmit),
        1 => touch(card::recognise(trusted), transmit),
        2 => touch(card::sign_link(password(), vec![7; 122], trusted), transmit),
        3 => touch(card::authenticate(pin(), vec![7; 122], trusted), transmit),
        _ => touch(card::read_attributes(text(), vec![7; 32], trusted), transmit),
    }
}

/// Touches until it ends. VERIFY with data leaves at most once, whatever is answered.
fn touch<T>(mut exchange: Exchange<T>, transmit: &mut Transmit<'_>) {
    let mut verifies = 0;
    for _ in 0..TOUCHES {
        let mut step = exchange.step(Event::Touched);
        while let Step::Send(command) = step {
            let bytes = command.bytes();
            if bytes.get(1) == Some(&0x20) && bytes.len() > 5 {
                verifies += 1;
            }
            let answer = transmit(bytes);
            step = exchange.step(answer.as_deref().map_or(Event::Lost, Event::Answer));
        }
        assert!(verifies <= 1, "what was typed once was sent {verifies} times");
        if !matches!(step, Step::TouchAgain(_)) {
            return;
        }
    }
}

fn proofs() -> Vec<Vec<u8>> {
    let signer = SoftwareSigner::from_scalar(&[7; 32]).unwrap();
    let child = Person::Child.content();
    let adult = Person::Adult.content();
    let evidence = MinorEvidence {
        basic_four: Bytes(child.text.basic_four),
        integrity: Bytes(child.text.integrity),
        issuer_key: Bytes(child.text.cvc),
        guardian_certificate: Bytes(adult.jpki.auth.certificate.clone()),
        guardian_signature: Bytes(vec![1; 256]),
    };
    let proof = |method, certificates: Vec<u8>, attributes| LinkProof {
        challenge: [9; 32],
        method,
        certificates: Bytes(certificates),
        signature: Bytes(vec![2; 256]),
        attributes,
    };
    let proofs = [
        proof(CardMethod::UserAuthentication, adult.jpki.auth.certificate, None),
        proof(
            CardMethod::CardRecord,
            child.jpki.auth.certificate,
            Some(Bytes(to_bytes(&evidence))),
        ),
    ];
    let mut samples: Vec<Vec<u8>> = proofs
        .iter()
        .map(|proof| proof.sign(&signer).unwrap().bytes().to_vec())
        .collect();
    samples.push(to_bytes(&evidence));
    samples
}

fn read_proof(bytes: &[u8]) {
    let signer = SoftwareSigner::from_scalar(&[7; 32]).unwrap();
    if let Ok(received) = Received::<LinkProof>::read(bytes) {
        let _ = received.verify(&signer.public_key());
    }
    if let Ok(evidence) = from_bytes::<MinorEvidence>(bytes) {
        assert_eq!(to_bytes(&evidence), bytes, "two encodings of one evidence");
    }
}
