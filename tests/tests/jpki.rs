//! Files of a real card of J-LIS's test hierarchy, as the crate `myna-card` publishes them: what a card
//! holds is read and believed as we think it is. The person on it does not exist.

use kinchaku_protocol::jpki::ber;
use kinchaku_protocol::jpki::card_record::{
    CvcRoots, InternalKey, RecordError, RecordFile, read_basic_four, verify_basic_four,
};
use kinchaku_protocol::jpki::certificate::{Certificate, Hierarchy, Purpose};
use kinchaku_protocol::jpki::key::CardKey;
use kinchaku_protocol::jpki::trust::{Anchors, ChainError, is_test_anchor};
use kinchaku_protocol::time::Time;
use kinchaku_tests::jpki_test_card::file;

/// 2026-11-21T12:00:00Z.
const NOW: Time = Time(1_795_262_400);

fn authorities() -> Anchors {
    Anchors::of(&[
        file("jpki-auth-ca-cert-2019.der"),
        file("jpki-sign-ca-cert-2019.der"),
        file("jpki-auth-ca-cert.der"),
        file("jpki-sign-ca-cert.der"),
    ])
    .unwrap()
}

#[test]
fn the_certificate_for_signatures_says_who_the_person_is() {
    let certificate = Certificate::read(&file("jpki-sign-cert.der")).unwrap();
    assert_eq!(certificate.purpose(), Purpose::Signature);
    assert_eq!(certificate.hierarchy(), Hierarchy::Test);
    assert!(matches!(certificate.key(), CardKey::Rsa(_)));
    assert_eq!(certificate.key_name().serial, [0x1e, 0xe6, 0x07]);
    let attributes = certificate.signed_attributes().unwrap();
    assert_eq!(attributes.four.name, "黒桐　幹也");
    assert_eq!(attributes.four.address, "東京都清瀬市観布子南１２－７－２０２");
    assert_eq!(attributes.four.birth.wareki(), "昭和55年2月17日");
    assert_eq!(attributes.substituted.name, [false; 5]);
    assert_eq!(attributes.substituted.address, [false; 18]);
    // The card's file and its certificate agree.
    assert_eq!(read_basic_four(&file("text-0002.bin")).as_ref(), Ok(&attributes.four));
}

#[test]
fn the_certificate_for_user_authentication_names_nobody() {
    let certificate = Certificate::read(&file("jpki-auth-cert.der")).unwrap();
    assert_eq!(certificate.purpose(), Purpose::UserAuthentication);
    assert_eq!(certificate.common_name(), Some("997794E9AGCIEG13221003A"));
    assert_eq!(certificate.ocsp_uri(), Some("http://test-ocspauthnorm.jpki.go.jp"));
    assert!(certificate.signed_attributes().is_none());
    assert_eq!(certificate.valid().1.to_string(), "2030-02-17T23:59:59+09:00");
}

/// Two generations with the same name: the signature decides.
#[test]
fn each_certificate_verifies_under_its_own_generation_alone() {
    let anchors = authorities();
    for (name, ca, purpose) in [
        (
            "jpki-auth-cert.der",
            "jpki-auth-ca-cert.der",
            Purpose::UserAuthentication,
        ),
        ("jpki-sign-cert.der", "jpki-sign-ca-cert.der", Purpose::Signature),
    ] {
        let certificate = Certificate::read(&file(name)).unwrap();
        let issuer = anchors.issuer_of(&certificate, purpose, NOW).unwrap();
        assert_eq!(issuer.der(), file(ca));
        assert_eq!(issuer.dn(), certificate.issuer_dn());
        for others in [Anchors::production(), Anchors::test()] {
            assert_eq!(
                others.verify(&certificate, purpose, NOW),
                Err(ChainError::UnknownIssuer)
            );
        }
    }
    assert!(anchors.iter().all(|anchor| is_test_anchor(anchor.der())));
}

#[test]
fn the_attributes_verify_without_a_network() {
    let [four, integrity, issuer] = ["text-0002.bin", "text-0003.bin", "text-0004.bin"].map(file);
    let roots = CvcRoots::jlis_test();
    let read = verify_basic_four(&four, &integrity, &issuer, &roots).unwrap();
    assert_eq!(read.name, "黒桐　幹也");
    for at in [20, 40, 95, 103] {
        let mut changed = four.clone();
        changed[at] ^= 1;
        assert!(
            verify_basic_four(&changed, &integrity, &issuer, &roots).is_err(),
            "{at}"
        );
    }
    // The table of offsets is not signed, and not used.
    let mut offsets = four.clone();
    offsets[7] ^= 0xff;
    assert!(verify_basic_four(&offsets, &integrity, &issuer, &roots).is_ok());
    for strangers in [CvcRoots::production(), CvcRoots::test()] {
        assert_eq!(
            verify_basic_four(&four, &integrity, &issuer, &strangers),
            Err(RecordError::UnknownRoot)
        );
    }
    // The issuer's certificate for the other application is under another root.
    assert_eq!(
        verify_basic_four(&four, &integrity, &file("surface-0004.bin"), &roots),
        Err(RecordError::UnknownRoot)
    );
}

#[test]
fn the_cards_own_key_is_the_issuers_word() {
    let (key, issuer) = (file("text-0007.bin"), file("text-0004.bin"));
    let roots = CvcRoots::jlis_test();
    assert!(InternalKey::read(&key, &issuer, &roots).is_ok());
    let mut changed = key.clone();
    changed[100] ^= 1;
    assert_eq!(
        InternalKey::read(&changed, &issuer, &roots),
        Err(RecordError::Signature(RecordFile::InternalKey))
    );
}

/// Basic information has a length of two bytes where one would do, and filler behind it.
#[test]
fn every_file_of_the_card_is_walked_to_its_end() {
    for name in [
        "surface-0001.bin",
        "surface-0002.bin",
        "surface-0003.bin",
        "surface-0004.bin",
        "surface-0005.bin",
        "text-0001-physical.bin",
        "text-0002.bin",
        "text-0003.bin",
        "text-0004.bin",
        "text-0005.bin",
        "text-0006.bin",
        "text-0007.bin",
    ] {
        let bytes = file(name);
        let object = ber::first(&bytes).unwrap();
        assert_eq!(ber::total_length(&bytes[..6]), Some(object.whole.len()), "{name}");
        assert_eq!(ber::sole(&bytes, object.tag), Ok(object), "{name}");
    }
}
