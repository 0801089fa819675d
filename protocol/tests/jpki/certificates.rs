//! What a certificate has to be before anybody asks who issued it.

use kinchaku_protocol::jpki::attributes::{AttributeError, AttributeField, MAX_NAME, Sex};
use kinchaku_protocol::jpki::certificate::{Certificate, CertificateError, Hierarchy, MAX_CERTIFICATE, Purpose};
use proptest::prelude::*;

use super::made::{
    ALTERNATIVE_NAME, BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, ISSUER_KEY, KEY_USAGE, MD5_RSA, Made, POLICIES, SHA1_RSA,
    SHA256_RSA, USUAL, file, hex, oid, other_names, tlv, with_text,
};

const CLIENT_AUTH: &str = "300a06082b06010505070302";

fn refused(made: &Made) -> CertificateError {
    let der = made.with_signature(&[7; 256]);
    Certificate::read(&der).unwrap_err()
}

fn accepted(made: &Made) -> Certificate {
    Certificate::read(&made.with_signature(&[7; 256])).unwrap()
}

fn with_names(names: &[(u8, &str)]) -> Made {
    Made::from("adult-sign").instead(ALTERNATIVE_NAME, false, &other_names(names))
}

fn policy(id: &str) -> Vec<u8> {
    tlv(0x30, &tlv(0x30, &oid(id)))
}

#[test]
fn both_certificates_of_a_card_are_read() {
    let sign = Certificate::read(&file("adult-sign")).unwrap();
    assert_eq!(sign.purpose(), Purpose::Signature);
    assert_eq!(sign.hierarchy(), Hierarchy::Test);
    assert_eq!(sign.key_name().serial, [0x1e, 0xe6, 0x31]);
    assert_eq!(sign.common_name(), Some("202605300915000010113999003A"));
    assert_eq!(sign.ocsp_uri(), None);
    assert_eq!(sign.valid().1.to_string(), "2031-02-03T23:59:59+09:00");
    let attributes = sign.signed_attributes().unwrap();
    assert!(!attributes.four.name.is_empty() && attributes.four.address.starts_with("東京都巾着市"));
    assert_eq!(attributes.substituted.name.len(), attributes.four.name.chars().count());

    let auth = Certificate::read(&file("adult-auth")).unwrap();
    assert_eq!(auth.purpose(), Purpose::UserAuthentication);
    assert!(auth.signed_attributes().is_none());
    assert_eq!(auth.ocsp_uri(), Some("http://test-ocspauthnorm.jpki.go.jp"));
    assert_eq!(auth.der(), file("adult-auth"));
}

/// A number is unique only with its issuer.
#[test]
fn the_same_number_from_another_issuer_is_another_name() {
    let name = |card| Certificate::read(&file(card)).unwrap().key_name();
    assert_eq!(name("adult-auth").serial, name("neighbour-auth").serial);
    assert_ne!(name("adult-auth"), name("neighbour-auth"));
    assert_ne!(name("adult-auth"), name("renewed-auth"));
}

#[test]
fn replaced_characters_and_unknown_birth_dates_are_read_as_the_register_has_them() {
    let read = |card: &str| {
        Certificate::read(&file(card))
            .unwrap()
            .signed_attributes()
            .unwrap()
            .clone()
    };
    let substituted = read("substituted-sign");
    assert!(substituted.substituted.any());
    let partial = read("partial-sign").four.birth;
    assert!(partial.year.is_some() && partial.day.is_none());
    assert_eq!(Sex::read(b"3"), Ok(Sex::Other(3)));
}

#[test]
fn filler_may_follow_and_nothing_else() {
    let mut bytes = file("adult-auth");
    bytes.resize(4_096, 0xff);
    assert_eq!(Certificate::read(&bytes).unwrap().der(), file("adult-auth"));
    bytes[2_000] = 0;
    assert_eq!(Certificate::read(&bytes), Err(CertificateError::Malformed));
}

#[test]
fn certificates_one_after_another_are_all_read() {
    let both = [file("adult-sign"), file("adult-auth")].concat();
    let purposes: Vec<_> = Certificate::read_all(&both)
        .unwrap()
        .iter()
        .map(Certificate::purpose)
        .collect();
    assert_eq!(purposes, [Purpose::Signature, Purpose::UserAuthentication]);
    assert_eq!(Certificate::read_all(&[]), Err(CertificateError::Absent));
    assert_eq!(
        Certificate::read_all(&both[..both.len() - 1]),
        Err(CertificateError::Cut)
    );
}

/// F053: an empty file is no error of the card.
#[test]
fn a_file_without_a_certificate_says_so() {
    for file in [&[][..], &[0xff; 2_048], &[0; 16]] {
        assert_eq!(Certificate::read(file), Err(CertificateError::Absent));
    }
}

#[test]
fn a_certificate_cut_at_any_byte_is_refused() {
    for whole in [file("adult-sign"), file("next-auth")] {
        for length in 1..whole.len() {
            assert!(Certificate::read(&whole[..length]).is_err(), "{length}");
        }
    }
}

/// T25: lengths that promise gigabytes, nesting without an end, and files without one.
#[test]
fn ber_bombs_are_refused() {
    assert_eq!(
        Certificate::read(&hex("3084ffffffff")),
        Err(CertificateError::Malformed)
    );
    assert_eq!(Certificate::read(&hex("3080")), Err(CertificateError::Malformed));
    let nested = (0..2_000).fold(Vec::new(), |inner, _| tlv(0x30, &inner));
    assert_eq!(Certificate::read(&nested), Err(CertificateError::Malformed));
    let long = tlv(0x30, &vec![0x30; MAX_CERTIFICATE]);
    assert!(matches!(
        Certificate::read(&long),
        Err(CertificateError::TooLong { .. })
    ));
    let nested = (0..1_000).fold(Vec::new(), |inner, _| tlv(0x30, &inner));
    let nested_in_extension = Made::from("adult-auth").with("2a0304", false, &nested);
    assert!(Certificate::read(&nested_in_extension.with_signature(&[7; 256])).is_ok());
}

/// T25: an attacker who can break an old hash, or hopes that one of two names is looked at.
#[test]
fn a_downgraded_signature_algorithm_is_refused() {
    let usual = Made::from("adult-auth");
    for weak in [SHA1_RSA, MD5_RSA, "300a06082a8648ce3d040302"] {
        assert_eq!(refused(&usual.clone().algorithm(weak)), CertificateError::Algorithm);
    }
    let mut inner = usual.clone();
    inner.algorithm = hex(SHA1_RSA);
    assert_eq!(refused(&inner), CertificateError::Algorithm);
    let mut outer = usual.clone();
    outer.outer_algorithm = hex(SHA1_RSA);
    assert_eq!(refused(&outer), CertificateError::Algorithm);
    // Parameters other than NULL could smuggle a choice of hash.
    let odd = "300e06092a864886f70d01010b040100";
    assert_eq!(refused(&usual.clone().algorithm(odd)), CertificateError::Algorithm);
    assert_eq!(
        accepted(&usual.algorithm(SHA256_RSA)).purpose(),
        Purpose::UserAuthentication
    );
}

#[test]
fn versions_one_and_two_are_refused() {
    let mut made = Made::from("adult-auth");
    made.version = hex("a003020101");
    assert_eq!(refused(&made), CertificateError::Version);
}

#[test]
fn a_number_that_is_not_positive_or_too_long_is_refused() {
    let mut made = Made::from("adult-auth");
    for serial in ["0201ff", "020100", "0215010101010101010101010101010101010101010101"] {
        made.serial = hex(serial);
        assert_eq!(refused(&made), CertificateError::Malformed, "{serial}");
    }
    made.serial = hex("020500ffffffff");
    assert_eq!(accepted(&made).key_name().serial, [0xff; 4]);
}

/// T25: a certificate made for something else is not used for cards, whatever names it has.
#[test]
fn a_purpose_follows_from_policy_and_usage_and_never_from_a_name() {
    let (sign, auth) = (Made::from("adult-sign"), Made::from("adult-auth"));
    let mut renamed = sign.clone();
    renamed.issuer = auth.issuer.clone();
    renamed.subject = auth.subject.clone();
    assert_eq!(accepted(&renamed).purpose(), Purpose::Signature);

    let both = hex("030206c0");
    let digital = hex("03020780");
    for contradiction in [
        sign.clone().instead(POLICIES, true, &auth.value(POLICIES)),
        auth.clone().instead(POLICIES, true, &sign.value(POLICIES)),
        sign.clone().instead(KEY_USAGE, true, &digital),
        auth.clone().instead(KEY_USAGE, true, &both),
        auth.clone().instead(
            KEY_USAGE,
            true,
            &hex("03020780").iter().map(|b| b | 4).collect::<Vec<_>>(),
        ),
        sign.clone().with(EXTENDED_KEY_USAGE, false, &hex(CLIENT_AUTH)),
        auth.clone().without(EXTENDED_KEY_USAGE),
        auth.clone()
            .instead(EXTENDED_KEY_USAGE, false, &hex("300a06082b06010505070301")),
        auth.clone()
            .instead(EXTENDED_KEY_USAGE, false, &hex("300f06082b0601050507030206032a0304")),
        auth.clone().with(ALTERNATIVE_NAME, false, &other_names(&USUAL)),
        auth.clone().instead(POLICIES, true, &policy("2a83088c9b5508050a")),
        sign.clone().without(POLICIES),
        sign.clone().instead(POLICIES, true, &{
            let one = |made: &Made| super::made::children(&made.value(POLICIES)).concat();
            tlv(0x30, &[one(&sign), one(&auth)].concat())
        }),
        sign.clone().with(BASIC_CONSTRAINTS, true, &hex("30030101ff")),
    ] {
        let error = refused(&contradiction);
        assert!(
            matches!(error, CertificateError::Purpose | CertificateError::Malformed),
            "{error:?}"
        );
    }
    assert_eq!(
        refused(&sign.clone().without(KEY_USAGE)),
        CertificateError::Extension("keyUsage")
    );
    assert_eq!(
        refused(&sign.clone().without(ALTERNATIVE_NAME)),
        CertificateError::Extension("subjectAltName")
    );
    assert_eq!(
        refused(&sign.without(ISSUER_KEY)),
        CertificateError::Extension("authorityKeyIdentifier")
    );
    assert_eq!(Certificate::read(&file("auth1")), Err(CertificateError::Purpose));
}

#[test]
fn policies_of_people_and_of_tests_are_told_apart() {
    let sign = Made::from("adult-sign").instead(POLICIES, true, &policy("2a83088c9b550805010114"));
    assert_eq!(accepted(&sign).hierarchy(), Hierarchy::Production);
    assert_eq!(accepted(&sign).purpose(), Purpose::Signature);
    let auth = Made::from("adult-auth").instead(POLICIES, true, &policy("2a83088c9b55080501031e"));
    assert_eq!(accepted(&auth).hierarchy(), Hierarchy::Production);
    assert_eq!(accepted(&auth).purpose(), Purpose::UserAuthentication);
}

/// RFC 5280 4.2.
#[test]
fn an_unknown_critical_extension_is_refused() {
    let usual = Made::from("adult-auth");
    assert_eq!(
        refused(&usual.clone().with("2a0304", true, &hex("0500"))),
        CertificateError::CriticalExtension { oid: "1.2.3.4".into() }
    );
    accepted(&usual.clone().with("2a0304", false, &hex("0500")));
    // Known by name, but nothing here acts on it.
    let constraints = usual.with("551d1e", true, &hex("300da00b30098207612e62632e6465"));
    assert!(matches!(
        refused(&constraints),
        CertificateError::CriticalExtension { .. }
    ));
}

#[test]
fn an_extension_that_is_there_twice_is_refused() {
    let sign = Made::from("adult-sign");
    let twice = sign.clone().with(ALTERNATIVE_NAME, false, &other_names(&USUAL));
    assert_eq!(refused(&twice), CertificateError::ExtensionTwice);
    let usage = sign.value(KEY_USAGE);
    assert_eq!(
        refused(&sign.with(KEY_USAGE, true, &usage)),
        CertificateError::ExtensionTwice
    );
}

#[test]
fn attributes_are_found_in_any_order() {
    let mut names = USUAL;
    names.reverse();
    let read = accepted(&with_names(&names));
    assert_eq!(
        read.signed_attributes(),
        accepted(&with_names(&USUAL)).signed_attributes()
    );
    assert_eq!(read.signed_attributes().unwrap().four.name, "黒桐　幹也");
    assert_eq!(read.signed_attributes().unwrap().four.birth.wareki(), "昭和55年2月17日");
}

/// T25: two names in one certificate, one for the program that checks and one for the one that shows.
#[test]
fn an_attribute_that_is_there_twice_is_refused() {
    for (arc, field) in [
        (1, AttributeField::Name),
        (2, AttributeField::NameSubstituted),
        (3, AttributeField::Sex),
        (4, AttributeField::Birth),
        (5, AttributeField::Address),
        (6, AttributeField::AddressSubstituted),
    ] {
        let mut names = USUAL.to_vec();
        names.push((arc, "1"));
        assert_eq!(
            refused(&with_names(&names)),
            CertificateError::Attribute(AttributeError::Twice(field))
        );
    }
}

#[test]
fn an_attribute_that_is_missing_is_named() {
    for (arc, field) in [
        (1, AttributeField::Name),
        (3, AttributeField::Sex),
        (4, AttributeField::Birth),
        (5, AttributeField::Address),
    ] {
        let names: Vec<_> = USUAL.into_iter().filter(|(n, _)| *n != arc).collect();
        assert_eq!(
            refused(&with_names(&names)),
            CertificateError::Attribute(AttributeError::Missing(field))
        );
    }
}

/// T2, T25: what would reorder, hide or fill a screen on which a person confirms a name.
#[test]
fn a_hostile_name_is_refused() {
    let attribute = |names: &[(u8, &str)]| match refused(&with_names(names)) {
        CertificateError::Attribute(error) => error,
        other => panic!("{other:?}"),
    };
    let (field, position) = (AttributeField::Name, 2);
    for name in [
        "a\u{202e}b",
        "a\u{1b}[31m",
        "a\nb",
        "a\0b",
        "a\u{200b}b",
        "a\u{2066}b",
        "a\u{e0041}b",
        "a\u{feff}",
    ] {
        assert_eq!(
            attribute(&with_text(1, name)),
            AttributeError::Hostile { field, position },
            "{name:?}"
        );
    }
    let long = "あ".repeat(MAX_NAME / 3 + 1);
    assert_eq!(
        attribute(&with_text(1, &long)),
        AttributeError::TooLong {
            field,
            length: long.len()
        }
    );
    assert_eq!(attribute(&with_text(1, "")), AttributeError::Empty(field));
    assert_eq!(attribute(&with_text(1, " \u{3000}")), AttributeError::Empty(field));
    let field = AttributeField::Address;
    assert_eq!(
        attribute(&with_text(5, "東\u{2028}京")),
        AttributeError::Hostile { field, position }
    );
    assert_eq!(attribute(&with_text(4, "419800217")), AttributeError::BirthDate);
    assert_eq!(attribute(&with_text(3, "12")), AttributeError::Sex);
    assert_eq!(
        attribute(&with_text(2, "0x")),
        AttributeError::Flags(AttributeField::NameSubstituted)
    );
    // A variation selector chooses a glyph of a name (Unicode IVD).
    let name = "葛\u{e0100}城";
    let read = accepted(&with_names(&with_text(1, name)));
    assert_eq!(read.signed_attributes().unwrap().four.name, name);
}

/// A name that is no UTF8String, or a string with something behind it.
#[test]
fn a_name_of_another_form_is_refused() {
    let id = hex("060a2a83088c9b5508050501");
    for value in [
        "a0050c03e38182ff",
        "a0041602 4141",
        "a0040c02ff41",
        "a0060c024141 0500",
        "0c024141",
        "a000",
    ] {
        let entry = tlv(0xa0, &[id.clone(), hex(value)].concat());
        let made = Made::from("adult-sign").instead(ALTERNATIVE_NAME, false, &tlv(0x30, &entry));
        let error = refused(&made);
        let refused_as_text = error == CertificateError::Attribute(AttributeError::NotText(AttributeField::Name));
        assert!(
            refused_as_text || error == CertificateError::Malformed,
            "{value} {error:?}"
        );
    }
}

#[test]
fn a_responder_is_taken_only_where_it_is_a_web_address() {
    for (uri, expected) in [
        ("http://ocsp.example", Some("http://ocsp.example")),
        ("ldap://ocsp.example", None),
        ("http://ocsp .example", None),
        ("http://ocsp.example\n", None),
    ] {
        let access = [hex("06082b06010505073001"), tlv(0x86, uri.as_bytes())].concat();
        let made = Made::from("adult-auth").instead("2b06010505070101", false, &tlv(0x30, &tlv(0x30, &access)));
        assert_eq!(accepted(&made).ocsp_uri(), expected);
    }
}

#[test]
fn nothing_of_a_person_is_ever_printed() {
    let sign = Certificate::read(&file("adult-sign")).unwrap();
    let attributes = sign.signed_attributes().unwrap();
    let printed = format!("{sign:?} {:?} {:?} {:?}", attributes, attributes.four, sign.key_name());
    assert_eq!(
        printed,
        "Certificate(Signature, Test, ..) SignedAttributes { four: BasicFour(..), substituted: Substituted(..) } \
         BasicFour(..) KeyName(..)"
    );
    let birth = format!("{:?} {:?}", attributes.four.birth, attributes.four.sex);
    assert_eq!(birth, "BirthDate(..) Sex(..)");
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes: Vec<u8>) {
        let _ = Certificate::read(&bytes);
        let _ = Certificate::read(&tlv(0x30, &bytes));
    }

    /// No change of one byte makes another reading of what is signed without breaking the signature: here
    /// it must only never panic, and never grow what is read.
    #[test]
    fn mutated_certificates_never_panic(
        name in prop::sample::select(vec!["adult-sign", "adult-auth", "next-sign", "substituted-sign"]),
        changes in prop::collection::vec((0_usize..2_000, any::<u8>()), 1..6),
        cut in 0_usize..4,
    ) {
        let mut bytes = file(name);
        for (at, byte) in changes {
            let length = bytes.len();
            bytes[at % length] = byte;
        }
        bytes.truncate(bytes.len() - cut);
        if let Ok(read) = Certificate::read(&bytes) {
            prop_assert!(read.der().len() <= bytes.len());
        }
    }
}
