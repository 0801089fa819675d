//! Which keys a card may have, and what they verify.

use kinchaku_protocol::jpki::certificate::{Certificate, CertificateError};
use kinchaku_protocol::jpki::key::{BadSignature, CardKey, P384Key, RsaKey, UnsupportedKey};
use proptest::prelude::*;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _,
};

use super::made::{Made, file, hex, modulus, sign, tlv};

fn with_key(algorithm: &str, key: &[u8]) -> Result<Certificate, CertificateError> {
    let mut made = Made::from("adult-auth");
    let bits = tlv(0x03, &[&[0], key].concat());
    made.key = tlv(0x30, &[hex(algorithm), bits].concat());
    Certificate::read(&made.with_signature(&[7; 256]))
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let sign = if modulus[0] & 0x80 == 0 { &[][..] } else { &[0] };
    let modulus = tlv(0x02, &[sign, modulus].concat());
    tlv(0x30, &[modulus, tlv(0x02, exponent)].concat())
}

const RSA: &str = "300d06092a864886f70d0101010500";
const P256: &str = "301306072a8648ce3d020106082a8648ce3d030107";
const P384: &str = "301006072a8648ce3d020106052b81040022";
const ED25519: &str = "300506032b6570";

/// T25: a key that is easy to break or that no verifier here knows.
#[test]
fn weak_and_unknown_keys_are_refused() {
    let unsupported = Err(CertificateError::UnsupportedKey(UnsupportedKey));
    let e = [1, 0, 1];
    let (good, short) = (vec![0xff; 256], vec![0xff; 128]);
    assert!(with_key(RSA, &rsa(&good, &e)).is_ok());
    assert!(with_key(RSA, &rsa(&[0xff; 512], &e)).is_ok());
    assert_eq!(with_key(RSA, &rsa(&short, &e)), unsupported);
    assert_eq!(with_key(RSA, &rsa(&[0xff; 513], &e)), unsupported);
    assert_eq!(
        with_key(RSA, &rsa(&[&[0x7f], &[0xff; 255][..]].concat(), &e)),
        unsupported
    );
    assert_eq!(
        with_key(RSA, &rsa(&[&[0xff; 255][..], &[0xfe]].concat(), &e)),
        unsupported
    );
    for exponent in [&[3][..], &[1], &[1, 0, 3], &[1, 0, 0, 1]] {
        assert_eq!(with_key(RSA, &rsa(&good, exponent)), unsupported);
    }
    assert_eq!(with_key(P256, &[&[4], &[1; 64][..]].concat()), unsupported);
    assert_eq!(with_key(P384, &[&[2], &[1; 48][..]].concat()), unsupported);
    assert!(with_key(ED25519, &[1; 32]).is_err());
    assert!(with_key(P384, &[&[4], &[1; 96][..]].concat()).is_ok());
}

#[test]
fn the_key_type_follows_from_the_certificate() {
    let key = |name| Certificate::read(&file(name)).unwrap().key().clone();
    assert!(matches!(key("adult-auth"), CardKey::Rsa(_)));
    assert!(matches!(key("next-auth"), CardKey::P384(_)));
}

#[test]
fn what_a_card_signs_verifies_under_its_certificate_and_no_other() {
    let key = |name| Certificate::read(&file(name)).unwrap().key().clone();
    let signature = sign("adult-sign", b"statement");
    assert_eq!(key("adult-sign").verify(b"statement", &signature), Ok(()));
    assert_eq!(key("adult-sign").verify(b"Statement", &signature), Err(BadSignature));
    assert_eq!(key("adult-auth").verify(b"statement", &signature), Err(BadSignature));
    assert_eq!(key("renewed-sign").verify(b"statement", &signature), Err(BadSignature));
    for wrong in [
        &[][..],
        &signature[..255],
        &[0; 256],
        &[signature.as_slice(), &[0]].concat(),
    ] {
        assert_eq!(key("adult-sign").verify(b"statement", wrong), Err(BadSignature));
    }
}

fn p384(algorithm: &'static EcdsaSigningAlgorithm, message: &[u8]) -> (CardKey, Vec<u8>) {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
    let key = P384Key::new(pair.public_key().as_ref()).unwrap();
    let signature = pair.sign(&random, message).unwrap();
    (CardKey::P384(key), signature.as_ref().to_vec())
}

/// Which one a next-generation card returns is not known.
#[test]
fn both_forms_of_a_signature_on_p384_verify() {
    for algorithm in [&ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P384_SHA384_FIXED_SIGNING] {
        let (key, mut signature) = p384(algorithm, b"statement");
        assert_eq!(key.verify(b"statement", &signature), Ok(()));
        assert_eq!(key.verify(b"Statement", &signature), Err(BadSignature));
        *signature.last_mut().unwrap() ^= 1;
        assert_eq!(key.verify(b"statement", &signature), Err(BadSignature));
    }
}

#[test]
fn a_point_off_the_curve_verifies_nothing() {
    let key = CardKey::P384(P384Key::new(&[&[4], &[1; 96][..]].concat()).unwrap());
    assert_eq!(key.verify(b"statement", &[1; 96]), Err(BadSignature));
}

#[test]
fn a_leading_zero_makes_no_other_key() {
    let number = modulus("adult-auth");
    let with_zero = [&[0], number.as_slice()].concat();
    assert_eq!(RsaKey::new(&with_zero, &[0, 1, 0, 1]), RsaKey::new(&number, &[1, 0, 1]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_signatures_never_verify(message: Vec<u8>, signature in prop::collection::vec(any::<u8>(), 0..300)) {
        for name in ["adult-sign", "next-sign"] {
            let certificate = Certificate::read(&file(name)).unwrap();
            prop_assert_eq!(certificate.key().verify(&message, &signature), Err(BadSignature));
        }
    }
}
