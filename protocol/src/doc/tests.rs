//! Reading and refusing, over one document of each shape; frozen bytes are in `fixtures/vectors`.

use super::field::Bytes;
use super::{
    Allowance, CardMethod, ClockReading, DocError, Document, Gate, Intent, Limits, LinkProof, Part, Quality, Received,
    ReserveLine,
};
use crate::api::{CardRequest, CardStanding, KeyIdAction, KeyIdAnswer, KeyIdOutcome, KeyIdRequest};
use crate::ids::{ClassId, MarkId, Pid, Ref, SetId};
use crate::money::Amount;
use crate::signature::{Signer, SoftwareSigner};
use crate::time::{Day, Time};

fn signer() -> SoftwareSigner {
    SoftwareSigner::from_scalar(&[1; 32]).unwrap()
}

fn intent() -> Intent {
    Intent {
        authorisation: Ref([1; 16]),
        seq: 1,
        prev: Ref([1; 16]),
        shop: Pid([2; 8]),
        mark: MarkId([3; 4]),
        parts: vec![Part {
            line: 0,
            amount: Amount::of(1_200),
        }],
        occurred_at: Time(1_790_000_000),
        clock: ClockReading {
            quality: Quality::Anchored,
            age: 3_600,
        },
        gate: Gate::PIN,
        shop_nonce: None,
    }
}

fn allowance() -> Allowance {
    let line = |class| ReserveLine {
        class: ClassId(class),
        amount: Amount::of(10_000),
        day: Day(20_900),
        set: SetId::ANYWHERE,
    };
    Allowance {
        holder: Pid([4; 8]),
        device_key: signer().public_key(),
        lines: vec![line(1), line(2)],
        limits: Limits {
            per_payment: Amount::of(3_000),
            per_shop_day: Amount::of(5_000),
            per_holder: Amount::of(10_000),
            soft_count: 24,
            hard_count: 30,
        },
        window: vec![Time(1_790_000_000), Time(1_790_604_800)],
        level: 1,
        epoch: 7,
        child_daily: None,
        guardian: None,
        crisis: None,
        paper: None,
    }
}

#[test]
fn a_signed_document_comes_back_as_it_was() {
    let signed = intent().sign(&signer()).unwrap();
    let read = Received::<Intent>::read(signed.bytes())
        .unwrap()
        .verify(&signer().public_key())
        .unwrap();
    assert_eq!(*read, intent());
    assert_eq!(read, signed);
    assert!(
        signed.bytes().len() <= 183 + 7,
        "an intent of one part is {} bytes",
        signed.bytes().len()
    );
    let signed = allowance().sign(&signer()).unwrap();
    assert!(
        signed.bytes().len() <= 259,
        "an allowance is {} bytes",
        signed.bytes().len()
    );
    assert_eq!(
        *Received::<Allowance>::read(signed.bytes()).unwrap().trusted(),
        allowance()
    );
}

/// What a card says of a person, and half of a login, are printed by no `Debug`.
#[test]
fn nothing_of_a_person_is_printed() {
    let proof = LinkProof {
        challenge: [7; 32],
        method: CardMethod::UserAuthentication,
        certificates: Bytes(b"YAMAMOTO".to_vec()),
        signature: Bytes(vec![1; 256]),
        attributes: None,
    };
    let signed = proof.sign(&signer()).unwrap();
    let received = Received::<LinkProof>::read(signed.bytes()).unwrap();
    let request = CardRequest {
        proof: Bytes(signed.bytes().to_vec()),
        details: None,
    };
    let id = || Some("HANAKO01".to_owned());
    let step = KeyIdRequest {
        action: KeyIdAction::Choose,
        id: id(),
    };
    let answer = KeyIdAnswer {
        outcome: KeyIdOutcome::Registered,
        id: id(),
        generations_left: 3,
        choices_left: 3,
    };
    let standing = CardStanding {
        level: 2,
        linked_at: None,
        key_id: id(),
    };
    let printed = format!("{proof:?} {signed:?} {received:?} {request:?} {step:?} {answer:?} {standing:?}");
    // As text, and as the numbers of its bytes.
    for secret in ["YAMAMOTO", "89, 65, 77, 65", "HANAKO01"] {
        assert!(!printed.contains(secret), "{secret}");
    }
}

/// T3: no bit of a document can change.
#[test]
fn every_flipped_bit_is_refused() {
    let signed = intent().sign(&signer()).unwrap();
    for bit in 0..signed.bytes().len() * 8 {
        let mut bytes = signed.bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let taken = Received::<Intent>::read(&bytes)
            .ok()
            .and_then(|received| received.verify(&signer().public_key()).ok());
        assert!(taken.is_none(), "bit {bit}");
    }
}

#[test]
fn unknown_critical_keys_ask_for_an_update_and_high_keys_do_not() {
    let mut payload = intent().encode();
    assert_eq!(payload[0], 0xa0 + 11);
    payload[0] += 1;
    let mut critical = payload.clone();
    critical.extend([0x18, 63, 0x00]);
    assert_eq!(
        Intent::decode(&critical),
        Err(DocError::Newer {
            version: 1,
            key: Some(63)
        })
    );
    payload.extend([0x18, 64, 0x00]);
    assert_eq!(Intent::decode(&payload), Ok(intent()));
}

#[test]
fn another_kind_or_version_is_named() {
    assert_eq!(
        Allowance::decode(&intent().encode()),
        Err(DocError::WrongKind { expected: 1, found: 2 })
    );
    let mut payload = intent().encode();
    payload[4] = 2;
    assert_eq!(Intent::decode(&payload), Err(DocError::Newer { version: 2, key: None }));
}

#[test]
fn parts_must_be_sorted_real_and_add_up() {
    let with = |parts: Vec<Part>| Intent::decode(&Intent { parts, ..intent() }.encode());
    let part = |line, units| Part {
        line,
        amount: Amount::new(units).unwrap(),
    };
    for parts in [
        vec![],
        vec![part(0, 0)],
        vec![part(1, 1), part(0, 1)],
        vec![part(0, 1), part(0, 1)],
        vec![part(0, Amount::MAX.units()), part(1, 1)],
    ] {
        assert_eq!(with(parts), Err(DocError::Wrong { key: 7 }));
    }
    assert!(with(vec![part(0, 1), part(7, 2)]).is_ok());
}
