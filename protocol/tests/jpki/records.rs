//! Attributes and key of the 券面事項入力補助 AP, and the issuer's signatures over them.

use kinchaku_protocol::jpki::attributes::{AttributeError, AttributeField, Sex};
use kinchaku_protocol::jpki::ber::BerError;
use kinchaku_protocol::jpki::card_record::{
    CvcRoots, InternalKey, MAX_RECORD, RecordError, RecordFile, read_basic_four, verify_basic_four,
};
use kinchaku_protocol::jpki::key::BadSignature;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::made::{hex, modulus, sign, tlv};

/// EF 0002 of a card of J-LIS's test hierarchy, as the crate `myna-card` publishes it (MIT). No such person
/// exists.
const CARD: &str = "
    FF2065 DF2108 000E002000590064 DF220F E9BB92E6A190E38080E5B9B9E4B99F
    DF2336 E69DB1E4BAACE983BDE6B885E780ACE5B882E8A6B3E5B883E5AD90E58D97EFBC91EFBC92EFBC8DEFBC97EFBC8DEFBC92EFBC90EFBC92
    DF2408 3139383030323137 DF2501 31";

/// The names by which keys are known on cards of the test JPKI.
const TEXT_ROOT: [u8; 16] = *b"9000033\x08\x05001\0\0\0\0";
const SURFACE_ROOT: [u8; 16] = *b"9000023\x08\x05001\0\0\0\0";
const ISSUER: [u8; 16] = *b"1399931\x08\x05000\0\0\0\0";

fn public_key(name: &str) -> Vec<u8> {
    let number = modulus(name);
    [tlv(0x90, &[1, 0, 1]), tlv(0x91, &number)].concat()
}

fn cvc(root: &[u8; 16], key: &str, signer: &str) -> Vec<u8> {
    let body = [root.as_slice(), &ISSUER, &public_key(key)].concat();
    let signature = tlv(0x5f37, &sign(signer, &body));
    tlv(0x7f21, &[tlv(0x5f4e, &body), signature].concat())
}

fn issuer() -> Vec<u8> {
    cvc(&TEXT_ROOT, "municipality", "cvc-root")
}

/// The objects of EF 0002 from the name on.
fn objects(name: &str, birth: &str) -> Vec<Vec<u8>> {
    vec![
        tlv(0xdf22, name.as_bytes()),
        tlv(0xdf23, "東京都清瀬市観布子南１２－７－２０２".as_bytes()),
        tlv(0xdf24, birth.as_bytes()),
        tlv(0xdf25, b"2"),
    ]
}

fn attributes(objects: &[Vec<u8>]) -> Vec<u8> {
    tlv(0xff20, &[tlv(0xdf21, &[0; 8]), objects.concat()].concat())
}

fn integrity(signed: &[u8], signer: &str) -> Vec<u8> {
    let digests = [tlv(0xdf31, &[0x31; 32]), tlv(0xdf32, &Sha256::digest(signed))].concat();
    let signature = tlv(0xdf33, &sign(signer, &digests));
    tlv(0xff30, &[digests, signature].concat())
}

fn internal(key: &str, signer: &str) -> Vec<u8> {
    let signed = tlv(0xdf51, &public_key(key));
    let signature = tlv(0xdf52, &sign(signer, &signed));
    tlv(0xff50, &[signed, signature].concat())
}

fn verify(ef0002: &[u8], ef0003: &[u8]) -> Result<String, RecordError> {
    verify_basic_four(ef0002, ef0003, &issuer(), &CvcRoots::test()).map(|four| four.name)
}

#[test]
fn the_file_of_a_real_card_is_read() {
    let file = hex(CARD);
    assert_eq!(file.len(), 104);
    for filler in [0, 1, 408] {
        let four = read_basic_four(&[file.clone(), vec![0xff; filler]].concat()).unwrap();
        assert_eq!(four.name, "黒桐　幹也");
        assert_eq!(four.address, "東京都清瀬市観布子南１２－７－２０２");
        assert_eq!(four.birth.wareki(), "昭和55年2月17日");
        assert_eq!(four.sex, Sex::Male);
    }
}

#[test]
fn a_file_cut_at_any_byte_is_refused() {
    let file = hex(CARD);
    for length in 0..file.len() {
        assert!(read_basic_four(&file[..length]).is_err(), "{length}");
    }
}

#[test]
fn attributes_signed_by_the_issuer_are_believed() {
    let objects = objects("鈴木　花子", "19891231");
    let record = integrity(&objects.concat(), "municipality");
    assert_eq!(verify(&attributes(&objects), &record), Ok("鈴木　花子".into()));
    // With lengths longer than they need be, and a table of offsets that points anywhere.
    let wide = [tlv(0xdf21, &[0xee; 8]), objects.concat()].concat();
    let wide = [
        &hex("FF2082")[..],
        &u16::try_from(wide.len()).unwrap().to_be_bytes(),
        &wide,
        &[0xff; 9],
    ]
    .concat();
    assert_eq!(verify(&wide, &record), Ok("鈴木　花子".into()));
}

/// T25: attributes of one card with the signature of another, or none of an issuer's.
#[test]
fn attributes_nobody_signed_are_refused() {
    let signed = objects("鈴木　花子", "19891231");
    let record = integrity(&signed.concat(), "municipality");
    for (name, birth) in [("鈴木　花美", "19891231"), ("鈴木　花子", "20091231")] {
        let other = attributes(&objects(name, birth));
        assert_eq!(verify(&other, &record), Err(RecordError::Digest));
    }
    let strangers = integrity(&signed.concat(), "stranger");
    let file = attributes(&signed);
    assert_eq!(
        verify(&file, &strangers),
        Err(RecordError::Signature(RecordFile::Integrity))
    );
    let mut changed = record.clone();
    changed[10] ^= 1;
    assert_eq!(
        verify(&file, &changed),
        Err(RecordError::Signature(RecordFile::Integrity))
    );
    let mut behind = record[5..].to_vec();
    behind.extend(tlv(0xdf34, b"x"));
    assert_eq!(
        verify(&file, &tlv(0xff30, &behind)),
        Err(RecordError::Form {
            file: RecordFile::Integrity,
            error: BerError::Trailing
        })
    );
}

/// T25: a second birth date where the signature does not reach.
#[test]
fn an_attribute_outside_of_what_is_signed_is_refused() {
    let signed = objects("鈴木　花子", "20091231");
    let record = integrity(&signed.concat(), "municipality");
    let unsigned = [tlv(0xdf24, b"19891231"), signed.concat()].concat();
    assert_eq!(
        verify(&tlv(0xff20, &unsigned), &record),
        Err(RecordError::Form {
            file: RecordFile::BasicFour,
            error: BerError::Twice { tag: 0xdf24 }
        })
    );
    // All of it before the name, so that only the name is signed.
    let moved = [signed[1..].concat(), signed[0].clone()].concat();
    let only_name = integrity(&signed[0], "municipality");
    assert!(matches!(
        verify(&tlv(0xff20, &moved), &only_name),
        Err(RecordError::Form {
            file: RecordFile::BasicFour,
            error: BerError::Missing { .. }
        })
    ));
}

/// T25: keys that no root certified, and roots that certify other things.
#[test]
fn an_issuer_no_root_certified_is_refused() {
    let signed = objects("鈴木　花子", "19891231");
    let ask = |cvc: &[u8], signer, roots: &CvcRoots| {
        let record = integrity(&signed.concat(), signer);
        verify_basic_four(&attributes(&signed), &record, cvc, roots).map(|_| ())
    };
    let test = CvcRoots::test();
    assert_eq!(ask(&issuer(), "municipality", &test), Ok(()));
    let own = cvc(&TEXT_ROOT, "stranger", "stranger");
    assert_eq!(
        ask(&own, "stranger", &test),
        Err(RecordError::Signature(RecordFile::IssuerKey))
    );
    for roots in [CvcRoots::default(), CvcRoots::production(), CvcRoots::jlis_test()] {
        assert_eq!(ask(&issuer(), "municipality", &roots), Err(RecordError::UnknownRoot));
    }
    // The root of another application certified it, and its key is known.
    let number = modulus("cvc-root");
    let both = CvcRoots::of(&[SURFACE_ROOT.as_slice(), &number].concat())
        .unwrap()
        .and(test);
    let surface = cvc(&SURFACE_ROOT, "municipality", "cvc-root");
    assert_eq!(ask(&surface, "municipality", &both), Err(RecordError::UnknownRoot));
    assert!(CvcRoots::of(&[0; 271]).is_err());
}

#[test]
fn a_card_shows_by_its_own_key_that_it_is_here() {
    let roots = CvcRoots::test();
    let key = InternalKey::read(&internal("adult-text", "municipality"), &issuer(), &roots).unwrap();
    let signature = sign("adult-text", b"challenge");
    assert_eq!(key.verify(b"challenge", &signature), Ok(()));
    assert_eq!(key.verify(b"another", &signature), Err(BadSignature));
    // T25: a clone that holds every file and no key.
    assert_eq!(
        key.verify(b"challenge", &sign("stranger", b"challenge")),
        Err(BadSignature)
    );
    let own = internal("stranger", "stranger");
    assert_eq!(
        InternalKey::read(&own, &issuer(), &roots),
        Err(RecordError::Signature(RecordFile::InternalKey))
    );
    let other = InternalKey::read(&internal("child-text", "municipality"), &issuer(), &roots).unwrap();
    assert_ne!(key.fingerprint(), other.fingerprint());
}

#[test]
fn files_too_long_or_of_another_kind_are_refused() {
    let file = RecordFile::BasicFour;
    let long = vec![0xff; MAX_RECORD + 1];
    assert_eq!(
        read_basic_four(&long),
        Err(RecordError::TooLong {
            file,
            length: long.len()
        })
    );
    // 個人番号, which is never read.
    let number = tlv(0xff10, b"000000000000");
    let (wanted, found) = (0xff20, 0xff10);
    let error = BerError::Other { wanted, found };
    assert_eq!(read_basic_four(&number), Err(RecordError::Form { file, error }));
    let mut hostile = objects("鈴木\u{202e}花子", "19891231");
    let field = AttributeField::Name;
    let error = AttributeError::Hostile { field, position: 3 };
    assert_eq!(read_basic_four(&attributes(&hostile)), Err(error.into()));
    hostile[0] = tlv(0xdf22, &[0xff, 0xfe]);
    assert_eq!(
        read_basic_four(&attributes(&hostile)),
        Err(AttributeError::NotText(field).into())
    );
}

proptest! {
    #[test]
    fn random_and_mutated_files_never_panic(bytes: Vec<u8>, at in 0_usize..104, byte: u8) {
        let mut file = hex(CARD);
        file[at] = byte;
        let _ = read_basic_four(&file);
        let roots = CvcRoots::test();
        let _ = verify_basic_four(&file, &bytes, &bytes, &roots);
        let _ = InternalKey::read(&bytes, &tlv(0x7f21, &bytes), &roots);
    }
}
