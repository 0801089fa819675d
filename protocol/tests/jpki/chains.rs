//! Whom a certificate is believed from.

use kinchaku_protocol::jpki::certificate::{Certificate, Purpose};
use kinchaku_protocol::jpki::trust::{Anchor, AnchorError, Anchors, ChainError, is_test_anchor};
use kinchaku_protocol::time::Time;
use sha2::{Digest as _, Sha256};

use super::made::{ISSUER_KEY, KEY_USAGE, Made, file, hex, tlv};

/// 2026-11-21T12:00:00Z.
const NOW: Time = Time(1_795_262_400);

fn read(name: &str) -> Certificate {
    Certificate::read(&file(name)).unwrap()
}

fn verify(der: &[u8], purpose: Purpose) -> Result<(), ChainError> {
    Anchors::test().verify(&Certificate::read(der).unwrap(), purpose, NOW)
}

/// Against the table J-LIS publishes.
#[test]
fn the_six_authorities_of_peoples_cards_are_built_in() {
    let anchors = Anchors::production();
    let digests: Vec<String> = anchors
        .iter()
        .map(|anchor| data_encoding::HEXUPPER.encode(&Sha256::digest(anchor.der())))
        .collect();
    assert_eq!(
        digests,
        [
            "4DCFC4CA0AAF9FB2A3081B3F0C991C320B3ACC008667A341EEAEC5AF1D58CA7D",
            "0D98DE47FC11B7F67126874B7028B6026A803D2638D6EDFE53176953961FADE6",
            "64114F29620C24ED2631D46476A040E7EE740D956089C00B036A6A8118C322B5",
            "19645405A1FE14377434BD55957628AC4038557C542403A2243F21C706FC9355",
            "79679C33E4CC9319440F1AD120A597FF1844E2EF217063ADB176966FD5E6FBEB",
            "D227F6CDE11D35C5252178F106F843D24651944975413B539FA2FB68DBFA365F",
        ]
    );
    let issues: Vec<Purpose> = anchors.iter().map(Anchor::issues).collect();
    assert_eq!(issues[..3], [Purpose::UserAuthentication; 3]);
    assert_eq!(issues[3..], [Purpose::Signature; 3]);
    assert_eq!(
        format!("{:?}", anchors.iter().nth(2).unwrap()),
        "Anchor(UserAuthentication, 2023-07-16T10:01:04+09:00 to 2033-07-15T23:59:59+09:00)"
    );
}

#[test]
fn certificates_of_two_generations_verify_each_under_its_own() {
    let issuer = |name: &str, purpose| {
        let anchors = Anchors::test();
        anchors
            .issuer_of(&read(name), purpose, NOW)
            .map(|anchor| anchor.der().to_vec())
    };
    let auth = Purpose::UserAuthentication;
    assert_eq!(issuer("adult-auth", auth), Ok(file("auth1")));
    assert_eq!(issuer("renewed-auth", auth), Ok(file("auth2")));
    assert_eq!(issuer("adult-sign", Purpose::Signature), Ok(file("sign1")));
    assert_eq!(issuer("elder-sign", Purpose::Signature), Ok(file("sign2")));
    assert_eq!(issuer("next-sign", Purpose::Signature), Ok(file("sign2")));
    assert_eq!(issuer("child-auth", auth), Ok(file("auth1")));
}

/// T25: an impostor takes name and key identifier of a CA; the key it cannot take.
#[test]
fn an_issuer_with_the_same_name_and_key_identifier_but_another_key_is_not_believed() {
    let (auth, sign) = (Purpose::UserAuthentication, Purpose::Signature);
    assert_eq!(verify(&file("forged-auth"), auth), Err(ChainError::BadSignature));
    assert_eq!(verify(&file("forged-sign"), sign), Err(ChainError::BadSignature));
    // Whoever believes the impostor has been told to.
    let impostor = Anchors::of(&[file("auth-hostile")]).unwrap();
    assert_eq!(impostor.verify(&read("forged-auth"), auth, NOW), Ok(()));
    assert_eq!(
        impostor.verify(&read("adult-auth"), auth, NOW),
        Err(ChainError::BadSignature)
    );
}

/// T25: the hint may lie either way; only the signature counts.
#[test]
fn key_identifier_and_name_are_hints_only() {
    let auth = Purpose::UserAuthentication;
    let stranger = hex("30168014").into_iter().chain([9; 20]).collect::<Vec<_>>();
    let made = Made::from("adult-auth").instead(ISSUER_KEY, false, &stranger);
    assert_eq!(verify(&made.sign("auth1"), auth), Ok(()));
    assert_eq!(verify(&made.sign("auth-hostile"), auth), Err(ChainError::UnknownIssuer));
    let mut renamed = Made::from("adult-auth");
    renamed.issuer = renamed.subject.clone();
    assert_eq!(verify(&renamed.sign("auth1"), auth), Ok(()));
}

/// T25: a test card at a server that judges people's cards.
#[test]
fn test_cards_are_not_believed_where_people_are() {
    let anchors = Anchors::production();
    for (name, purpose) in [
        ("adult-auth", Purpose::UserAuthentication),
        ("adult-sign", Purpose::Signature),
    ] {
        assert_eq!(
            anchors.verify(&read(name), purpose, NOW),
            Err(ChainError::UnknownIssuer)
        );
    }
    assert_eq!(
        Anchors::default().verify(&read("adult-auth"), Purpose::UserAuthentication, NOW),
        Err(ChainError::UnknownIssuer)
    );
}

/// T25: the certificate that needs no PIN to be read, presented as the one that says who somebody is.
#[test]
fn a_certificate_for_one_purpose_is_refused_for_the_other() {
    assert_eq!(
        verify(&file("adult-sign"), Purpose::UserAuthentication),
        Err(ChainError::WrongPurpose { is: Purpose::Signature })
    );
    assert_eq!(
        verify(&file("adult-auth"), Purpose::Signature),
        Err(ChainError::WrongPurpose {
            is: Purpose::UserAuthentication
        })
    );
    // Issued by the CA for the other purpose, as no CA of JPKI does.
    let crossed = Made::from("adult-auth").sign("sign1");
    assert_eq!(
        verify(&crossed, Purpose::UserAuthentication),
        Err(ChainError::WrongIssuer {
            issuer: Purpose::Signature
        })
    );
    let crossed = Made::from("adult-sign").sign("auth1");
    assert_eq!(
        verify(&crossed, Purpose::Signature),
        Err(ChainError::WrongIssuer {
            issuer: Purpose::UserAuthentication
        })
    );
}

#[test]
fn a_certificate_is_valid_from_its_first_second_to_its_last() {
    let (anchors, auth) = (Anchors::test(), Purpose::UserAuthentication);
    let certificate = read("adult-auth");
    let (from, until) = certificate.valid();
    let at = |now| anchors.verify(&certificate, auth, now);
    assert_eq!(at(from), Ok(()));
    assert_eq!(at(until), Ok(()));
    assert_eq!(at(from.before(1)), Err(ChainError::NotYet { from }));
    assert_eq!(at(until.after(1)), Err(ChainError::Expired { until }));
    for name in ["expired-auth", "expired-sign"] {
        let expired = read(name);
        let until = expired.valid().1;
        assert_eq!(
            anchors.verify(&expired, expired.purpose(), NOW),
            Err(ChainError::Expired { until })
        );
    }
}

#[test]
fn a_certificate_that_outlives_its_issuer_ends_with_it() {
    let outlives = Made::from("adult-auth")
        .valid("260610000000Z", "400101000000Z")
        .sign("auth1");
    let certificate = Certificate::read(&outlives).unwrap();
    let anchors = Anchors::test();
    let (from, until) = anchors
        .iter()
        .find(|anchor| anchor.der() == file("auth1"))
        .unwrap()
        .valid();
    let at = |now| anchors.verify(&certificate, Purpose::UserAuthentication, now);
    assert_eq!(at(until), Ok(()));
    assert_eq!(at(until.after(1)), Err(ChainError::IssuerNotValid { from, until }));
}

/// T25: whatever is changed in a signed certificate, the issuer did not sign it.
#[test]
fn no_changed_byte_survives_the_issuers_signature() {
    let whole = file("adult-sign");
    let anchors = Anchors::test();
    for at in (0..whole.len()).step_by(7) {
        let mut changed = whole.clone();
        changed[at] ^= 0x01;
        if let Ok(certificate) = Certificate::read(&changed) {
            assert!(anchors.verify(&certificate, Purpose::Signature, NOW).is_err(), "{at}");
        }
    }
}

#[test]
fn only_whole_certificates_of_a_ca_for_cards_become_anchors() {
    let of = |der: Vec<u8>| Anchors::of(&[der]).map(|_| ());
    assert_eq!(of(file("auth1")), Ok(()));
    assert_eq!(of(file("adult-auth")), Err(AnchorError::NotAuthority));
    assert_eq!(of(file("auth1")[1..].to_vec()), Err(AnchorError::Malformed));
    assert_eq!(of([file("auth1"), vec![0xff]].concat()), Err(AnchorError::Malformed));
    let mut damaged = file("auth1");
    *damaged.last_mut().unwrap() ^= 1;
    assert_eq!(of(damaged), Err(AnchorError::Damaged));
    // A CA that may sign revocation lists and no certificates.
    let crl_only = Made::from("auth1")
        .instead(KEY_USAGE, true, &hex("03020102"))
        .sign("auth1");
    assert_eq!(of(crl_only), Err(AnchorError::NotAuthority));
    let mut elsewhere = Made::from("auth1");
    elsewhere.subject = tlv(0x30, &[]);
    assert_eq!(of(elsewhere.sign("auth1")), Err(AnchorError::Kind));
}

/// T25: an operator's configuration that names a CA whose private key everybody has.
#[test]
fn anchors_of_test_cards_are_recognised() {
    for name in ["auth1", "auth2", "sign1", "sign2"] {
        assert!(is_test_anchor(&file(name)), "{name}");
    }
    let reissued = Made::from("auth1")
        .valid("260610000000Z", "400101000000Z")
        .sign("auth1");
    assert!(is_test_anchor(&reissued));
    assert!(!Anchors::production().iter().any(|anchor| is_test_anchor(anchor.der())));
    assert_eq!(Anchors::test().iter().count(), 4);
}
