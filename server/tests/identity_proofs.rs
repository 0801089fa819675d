//! Whether a card's proof is true: people who are who they say, and everybody else.

use crate::jpki::{
    MUNI, Minor, NOW, adult, certificate, der, expects, judged, login, proof, responder, settings, signed, statement,
    trust,
};
use kinchaku_fixtures::jpki::keys::{self, Keys};
use kinchaku_fixtures::jpki::{Authority, Fault, Responder, leaf, profile, register};
use kinchaku_protocol::doc::field::{Bytes, to_bytes};
use kinchaku_protocol::doc::{CardMethod, LinkProof, Reason};
use kinchaku_protocol::jpki::certificate::Purpose;
use kinchaku_protocol::jpki::statement::CardPurpose;
use kinchaku_protocol::signature::PublicKey;
use kinchaku_server::config::JpkiConfig;
use kinchaku_server::identity::prove::{CardTrust, Expectation, ProofError, prove, still_stands};
use kinchaku_server::identity::proven::AuthBinding;
use kinchaku_server::identity::status::{Layered, StatusUnavailable, Unconfigured};
use rsa::Pkcs1v15Sign;
use rsa::sha2::Digest as _;

const ADULT: [&str; 2] = ["adult-sign", "adult-auth"];

fn refused<T: std::fmt::Debug>(result: Result<T, ProofError>) -> Reason {
    match result.unwrap_err() {
        ProofError::Refused(reason) => reason,
        other => panic!("{other:?}"),
    }
}

fn unavailable<T: std::fmt::Debug>(result: Result<T, ProofError>) -> StatusUnavailable {
    match result.unwrap_err() {
        ProofError::Unavailable { why, .. } => why,
        other @ ProofError::Refused(_) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_adult_is_who_the_certificate_for_signatures_says() {
    let (responder, expected) = (responder(), expects(CardPurpose::Link));
    let proven = judged(&adult(&ADULT, &expected), &expected, &responder).await.unwrap();
    assert_eq!(proven.auth_standing, AuthBinding::Corresponds);
    assert_eq!(proven.auth.key_name, certificate("adult-auth").key_name());
    assert_eq!(
        proven.sign.as_ref().unwrap().key_name,
        certificate("adult-sign").key_name()
    );
    assert_eq!(proven.sign_until(), Some(certificate("adult-sign").valid().1));
    assert_eq!(proven.auth_until(), certificate("adult-auth").valid().1);
    assert_eq!((proven.guardian.clone(), proven.checked_at), (None, NOW));
    let attributes = proven.attributes.as_ref().unwrap();
    assert_eq!(attributes.four.name, "山本　花子");
    assert_eq!(attributes.four.birth.wareki(), "昭和60年2月3日");
    let printed = format!("{proven:?}");
    assert!(!printed.contains("花子") && !printed.contains("227"), "{printed}");
}

#[tokio::test]
async fn a_character_that_stands_for_another_is_told() {
    let (responder, expected) = (responder(), expects(CardPurpose::Link));
    let shown = adult(&["substituted-sign", "substituted-auth"], &expected);
    let proven = judged(&shown, &expected, &responder).await.unwrap();
    let substituted = proven.attributes.unwrap().substituted;
    assert_eq!(substituted.name, [true, false, false, false, false]);
    assert_eq!(substituted.address.iter().position(|it| *it), Some(6));
}

#[tokio::test]
async fn a_login_shows_that_the_card_is_here_and_nothing_of_the_person() {
    let responder = responder();
    for purpose in [CardPurpose::Login, CardPurpose::Unlock, CardPurpose::KeyId] {
        let expected = Expectation {
            details: b"a key for paying",
            ..expects(purpose)
        };
        let proven = judged(&login("elder-auth", &expected), &expected, &responder)
            .await
            .unwrap();
        assert_eq!(proven.auth_standing, AuthBinding::Proven);
        assert_eq!((proven.attributes, proven.sign), (None, None));
    }
}

#[tokio::test]
async fn a_card_of_the_next_generation_is_read_by_the_kind_of_its_key() {
    let (responder, expected) = (responder(), expects(CardPurpose::Link));
    let ecdsa = p384_signature("next-sign", &statement(&expected));
    let shown = proof(
        CardMethod::SignatureCertificate,
        &["next-sign", "next-auth"],
        ecdsa,
        &expected,
    );
    let proven = judged(&shown, &expected, &responder).await.unwrap();
    assert_eq!(proven.attributes.unwrap().four.name, "渡辺　未来");
}

#[tokio::test]
async fn the_platform_ties_a_renewed_card_to_the_one_before() {
    let responder = responder();
    let before = certificate("adult-auth").key_name();
    let link = expects(CardPurpose::Link);
    let shown = adult(&["renewed-sign", "renewed-auth"], &link);
    let proven = judged(&shown, &link, &responder).await.unwrap();
    assert_eq!(proven.correspondence.previous, std::slice::from_ref(&before));
    let again = expects(CardPurpose::Login);
    let proven = judged(&login("renewed-auth", &again), &again, &responder)
        .await
        .unwrap();
    assert_eq!(proven.correspondence.previous, [before]);
    assert_eq!(proven.correspondence.auth_of_sign, None);
}

#[tokio::test]
async fn a_minor_is_linked_with_a_guardian_beside() {
    let (responder, expected) = (responder(), expects(CardPurpose::Link));
    let proven = judged(&Minor::USUAL.proof(&expected), &expected, &responder)
        .await
        .unwrap();
    assert_eq!(proven.auth_standing, AuthBinding::Proven);
    assert_eq!(proven.auth.key_name, certificate("child-auth").key_name());
    assert_eq!(proven.guardian.unwrap().key_name, certificate("adult-auth").key_name());
    assert_eq!(proven.attributes.unwrap().four.name, "山本　陸");
}

#[tokio::test]
async fn a_clone_without_the_key_is_noticed() {
    let responder = responder();
    let link = expects(CardPurpose::Link);
    let method = CardMethod::SignatureCertificate;
    let clone = proof(method, &ADULT, signed("stranger", &link), &link);
    assert_eq!(refused(judged(&clone, &link, &responder).await), Reason::CardSignature);
    let again = expects(CardPurpose::Login);
    let method = CardMethod::UserAuthentication;
    let clone = proof(method, &["adult-auth"], signed("stranger", &again), &again);
    assert_eq!(refused(judged(&clone, &again, &responder).await), Reason::CardSignature);
    let empty = proof(method, &["adult-auth"], Bytes(Vec::new()), &again);
    assert_eq!(refused(judged(&empty, &again, &responder).await), Reason::CardSignature);
}

#[tokio::test]
async fn a_replayed_answer_to_another_challenge_is_worth_nothing() {
    let (responder, before) = (responder(), expects(CardPurpose::Login));
    let recorded = login("adult-auth", &before);
    let expected = Expectation {
        challenge: &[8; 32],
        ..before
    };
    assert_eq!(
        refused(judged(&recorded, &expected, &responder).await),
        Reason::Challenge
    );
    let readdressed = LinkProof {
        challenge: [8; 32],
        ..recorded
    };
    let result = judged(&readdressed, &expected, &responder).await;
    assert_eq!(refused(result), Reason::CardSignature);
}

/// T25: a card that is held to somebody else's phone, or relayed to one, signs for that phone alone, for one
/// challenge, one purpose and one town; none of it can be carried to where its holder did not mean it.
#[tokio::test]
async fn a_signature_serves_no_other_device_purpose_town_or_agreement() {
    let responder = responder();
    let meant = Expectation {
        details: b"this key",
        ..expects(CardPurpose::Unlock)
    };
    let made = login("adult-auth", &meant);
    assert!(judged(&made, &meant, &responder).await.is_ok());
    let others = [
        Expectation {
            sync_key: &PublicKey([2; 33]),
            ..meant
        },
        Expectation {
            purpose: CardPurpose::Login,
            ..meant
        },
        Expectation {
            purpose: CardPurpose::KeyId,
            ..meant
        },
        Expectation {
            muni: MUNI + 1,
            ..meant
        },
        Expectation {
            details: b"another key",
            ..meant
        },
    ];
    for other in others {
        assert_eq!(refused(judged(&made, &other, &responder).await), Reason::CardSignature);
    }
}

#[tokio::test]
async fn a_weaker_algorithm_is_no_signature() {
    let (responder, expected) = (responder(), expects(CardPurpose::Login));
    let message = statement(&expected);
    let key = Keys::committed().get("adult-auth").unwrap();
    let sha1 = key
        .sign(Pkcs1v15Sign::new::<sha1::Sha1>(), &sha1::Sha1::digest(&message))
        .unwrap();
    let bare = key
        .sign(Pkcs1v15Sign::new_unprefixed(), &rsa::sha2::Sha256::digest(&message))
        .unwrap();
    for signature in [sha1, bare] {
        let shown = proof(
            CardMethod::UserAuthentication,
            &["adult-auth"],
            Bytes(signature),
            &expected,
        );
        assert_eq!(
            refused(judged(&shown, &expected, &responder).await),
            Reason::CardSignature
        );
    }
    // Not even where the CA itself certified a key of 1024 bits.
    let weak = rsa::RsaPublicKey::new(rsa::BigUint::from_bytes_be(&[0xc1; 128]), 65_537_u32.into()).unwrap();
    let holder = register::card("elder").unwrap();
    let spki = profile::spki(&weak).unwrap();
    let made = leaf::person(Keys::committed(), Authority::Auth2, holder, spki).unwrap();
    let shown = LinkProof {
        certificates: Bytes(made),
        ..login("elder-auth", &expected)
    };
    let result = judged(&shown, &expected, &responder).await;
    assert_eq!(refused(result), Reason::CertificateUntrusted);
}

#[tokio::test]
async fn an_issuer_is_known_by_its_key_and_not_by_its_name() {
    let responder = responder();
    let again = expects(CardPurpose::Login);
    let method = CardMethod::UserAuthentication;
    let forged = proof(method, &["forged-auth"], signed("stranger", &again), &again);
    assert_eq!(
        certificate("forged-auth").issuer_dn(),
        certificate("adult-auth").issuer_dn()
    );
    assert_eq!(
        certificate("forged-auth").key_name(),
        certificate("adult-auth").key_name()
    );
    let result = judged(&forged, &again, &responder).await;
    assert_eq!(refused(result), Reason::CertificateUntrusted);
    let link = expects(CardPurpose::Link);
    let method = CardMethod::SignatureCertificate;
    let forged = proof(method, &["forged-sign", "adult-auth"], signed("stranger", &link), &link);
    assert_eq!(
        refused(judged(&forged, &link, &responder).await),
        Reason::CertificateUntrusted
    );
    let half = adult(&["adult-sign", "forged-auth"], &link);
    assert_eq!(
        refused(judged(&half, &link, &responder).await),
        Reason::CertificateUntrusted
    );
}

#[tokio::test]
async fn a_plain_build_believes_no_test_card() {
    if cfg!(feature = "demo") {
        assert!(CardTrust::of_this_build().anchors.iter().count() > 6);
        return;
    }
    let (responder, expected) = (responder(), expects(CardPurpose::Login));
    let status = Layered::of(&settings(&responder)).unwrap();
    let trust = CardTrust::of_this_build();
    let result = prove(&login("adult-auth", &expected), &expected, &trust, &status, NOW).await;
    assert_eq!(refused(result), Reason::CertificateUntrusted);
}

#[tokio::test]
async fn certificates_are_those_of_the_method_in_their_order_and_no_others() {
    let (responder, link) = (responder(), expects(CardPurpose::Link));
    for names in [
        &["adult-sign"][..],
        &["adult-auth", "adult-sign"],
        &["adult-auth", "adult-auth"],
        &["adult-sign", "adult-sign"],
        &["adult-sign", "adult-auth", "adult-auth"],
        &["adult-sign", "adult-auth", "renewed-auth"],
        &["auth1", "adult-auth"],
    ] {
        let method = CardMethod::SignatureCertificate;
        let shown = proof(method, names, signed("adult-sign", &link), &link);
        let result = judged(&shown, &link, &responder).await;
        assert_eq!(refused(result), Reason::CertificateUntrusted, "{names:?}");
    }
    let again = expects(CardPurpose::Login);
    for names in [
        &["adult-sign"][..],
        &["adult-auth", "adult-auth"],
        &["adult-auth", "adult-sign"],
    ] {
        let shown = proof(CardMethod::UserAuthentication, names, signed(names[0], &again), &again);
        let result = judged(&shown, &again, &responder).await;
        assert_eq!(refused(result), Reason::CertificateUntrusted, "{names:?}");
    }
    for trailing in [&[0_u8][..], &[0xff; 9], b"\x30\x00"] {
        let mut shown = login("adult-auth", &again);
        shown.certificates.0.extend(trailing);
        let result = judged(&shown, &again, &responder).await;
        assert_eq!(refused(result), Reason::CertificateUntrusted, "{trailing:?}");
    }
}

#[tokio::test]
async fn a_method_serves_only_what_it_is_for() {
    let responder = responder();
    let link = expects(CardPurpose::Link);
    let nameless = judged(&login("adult-auth", &link), &link, &responder).await;
    assert_eq!(refused(nameless), Reason::CertificateUntrusted);
    for purpose in [
        CardPurpose::Guardian,
        CardPurpose::Login,
        CardPurpose::Unlock,
        CardPurpose::KeyId,
    ] {
        let expected = expects(purpose);
        let shown = adult(&ADULT, &expected);
        let result = judged(&shown, &expected, &responder).await;
        assert_eq!(refused(result), Reason::CertificateUntrusted, "{purpose:?}");
    }
    let guardian = expects(CardPurpose::Guardian);
    let result = judged(&login("adult-auth", &guardian), &guardian, &responder).await;
    assert_eq!(refused(result), Reason::CertificateUntrusted);
}

#[tokio::test]
async fn a_certificate_is_good_from_its_first_second_to_its_last() {
    let expected = expects(CardPurpose::Login);
    let (first, last) = certificate("elder-auth").valid();
    for (now, good) in [
        (first.before(1), false),
        (first, true),
        (last, true),
        (last.after(1), false),
    ] {
        let responder = Responder::start_at(0, move || now.0).unwrap();
        // Answers about the elder's card are signed by the responder's certificate, which ends before it.
        let status = Layered::of(&JpkiConfig {
            ocsp: None,
            ..settings(&responder)
        });
        let shown = login("elder-auth", &expected);
        let result = prove(&shown, &expected, &trust(), &status.unwrap(), now).await;
        if good {
            assert_eq!(result.unwrap().checked_at, now);
        } else {
            assert_eq!(refused(result), Reason::CertificateExpired);
        }
    }
    let responder = responder();
    let result = judged(&login("expired-auth", &expected), &expected, &responder).await;
    assert_eq!(refused(result), Reason::CertificateExpired);
    let link = expects(CardPurpose::Link);
    let mixed = adult(&["adult-sign", "expired-auth"], &link);
    assert_eq!(
        refused(judged(&mixed, &link, &responder).await),
        Reason::CertificateExpired
    );
}

/// The status is that of the proof's time, not of the challenge's.
#[tokio::test]
async fn a_card_revoked_between_challenge_and_proof_is_refused() {
    let (responder, expected) = (responder(), expects(CardPurpose::Link));
    let shown = adult(&ADULT, &expected);
    assert!(judged(&shown, &expected, &responder).await.is_ok());
    assert!(responder.revoke(der("adult-auth")));
    assert_eq!(
        refused(judged(&shown, &expected, &responder).await),
        Reason::CertificateRevoked
    );

    let login_expected = expects(CardPurpose::Login);
    let again = login("elder-auth", &login_expected);
    assert!(judged(&again, &login_expected, &responder).await.is_ok());
    assert!(responder.revoke_card("elder"));
    let result = judged(&again, &login_expected, &responder).await;
    assert_eq!(refused(result), Reason::CertificateRevoked);
}

/// A move revokes the certificate for signatures alone, and what it says of the person with it.
#[tokio::test]
async fn attributes_of_before_a_move_are_refused_and_the_login_goes_on() {
    let responder = responder();
    assert!(responder.revoke(der("adult-sign")));
    let link = expects(CardPurpose::Link);
    let result = judged(&adult(&ADULT, &link), &link, &responder).await;
    assert_eq!(refused(result), Reason::CertificateRevoked);
    let again = expects(CardPurpose::Login);
    assert!(judged(&login("adult-auth", &again), &again, &responder).await.is_ok());
}

#[tokio::test]
async fn a_card_that_was_lost_is_refused_in_every_way() {
    let responder = responder();
    let link = expects(CardPurpose::Link);
    let shown = adult(&["revoked-sign", "revoked-auth"], &link);
    assert_eq!(
        refused(judged(&shown, &link, &responder).await),
        Reason::CertificateRevoked
    );
    let trust = trust();
    let status = Layered::of(&settings(&responder)).unwrap();
    let later = still_stands(der("revoked-auth"), Purpose::UserAuthentication, &trust, &status, NOW).await;
    assert_eq!(refused(later), Reason::CertificateRevoked);
    let later = still_stands(der("adult-auth"), Purpose::UserAuthentication, &trust, &status, NOW).await;
    assert_eq!(later, Ok(()));
    let later = still_stands(der("adult-sign"), Purpose::UserAuthentication, &trust, &status, NOW).await;
    assert_eq!(refused(later), Reason::CertificateUntrusted);
}

#[tokio::test]
async fn a_certificate_its_issuer_does_not_know_is_refused() {
    let (responder, expected) = (responder(), expects(CardPurpose::Login));
    let stranger = Keys::committed().get("stranger").unwrap().to_public_key();
    let holder = register::Card {
        auth_serial: [0x7a, 0x01, 0x02],
        ..*register::card("adult").unwrap()
    };
    let spki = profile::spki(&stranger).unwrap();
    let made = leaf::person(Keys::committed(), Authority::Auth1, &holder, spki).unwrap();
    let shown = LinkProof {
        certificates: Bytes(made),
        signature: signed("stranger", &expected),
        ..login("adult-auth", &expected)
    };
    let result = judged(&shown, &expected, &responder).await;
    assert_eq!(refused(result), Reason::CertificateUntrusted);
}

#[tokio::test]
async fn without_a_status_nothing_is_decided_and_the_proof_may_come_again() {
    let (responder, expected) = (responder(), expects(CardPurpose::Link));
    let shown = adult(&ADULT, &expected);
    for fault in [Fault::TryLater, Fault::Garbage, Fault::WrongSigner, Fault::Stale] {
        responder.fault(fault);
        unavailable(judged(&shown, &expected, &responder).await);
    }
    responder.fault(None);
    assert!(judged(&shown, &expected, &responder).await.is_ok());
    let nobody = prove(&shown, &expected, &trust(), &Unconfigured, NOW).await;
    assert_eq!(unavailable(nobody), StatusUnavailable::Unconfigured);
}

#[tokio::test]
async fn what_is_certainly_false_is_said_without_asking_anybody() {
    let expected = expects(CardPurpose::Login);
    let method = CardMethod::UserAuthentication;
    let clone = proof(method, &["adult-auth"], signed("stranger", &expected), &expected);
    let result = prove(&clone, &expected, &trust(), &Unconfigured, NOW).await;
    assert_eq!(refused(result), Reason::CardSignature);
}

/// A revocation is certain even where another question has no answer.
#[tokio::test]
async fn a_revocation_counts_although_another_status_cannot_be_had() {
    let (responder, expected) = (responder(), expects(CardPurpose::Link));
    assert!(responder.revoke(der("adult-sign")));
    let only_signatures = JpkiConfig {
        ocsp: None,
        crls: settings(&responder)
            .crls
            .into_iter()
            .filter(|address| address.contains("/sign/"))
            .collect(),
        platform: None,
    };
    let status = Layered::of(&only_signatures).unwrap();
    let result = prove(&adult(&ADULT, &expected), &expected, &trust(), &status, NOW).await;
    assert_eq!(refused(result), Reason::CertificateRevoked);
}

/// The certificate for user authentication is read without a PIN: with one's own signature anybody could
/// bring somebody else's.
#[tokio::test]
async fn a_copied_certificate_beside_a_true_signature_takes_nobody_over() {
    let (responder, expected) = (responder(), expects(CardPurpose::Link));
    let shown = adult(&["elder-sign", "neighbour-auth"], &expected);
    assert_eq!(
        refused(judged(&shown, &expected, &responder).await),
        Reason::AnotherPerson
    );
    let alone = Layered::of(&JpkiConfig {
        platform: None,
        ..settings(&responder)
    });
    let proven = prove(&shown, &expected, &trust(), &alone.unwrap(), NOW).await.unwrap();
    assert_eq!(proven.auth_standing, AuthBinding::Claimed);
}

#[tokio::test]
async fn evidence_that_was_changed_is_refused() {
    let (responder, expected) = (responder(), expects(CardPurpose::Link));
    let minor = Minor::USUAL;
    let true_evidence = minor.evidence(&expected);
    // Both cards sign what was changed, so that only the issuer's signature is in the way.
    let at = true_evidence
        .basic_four
        .0
        .windows(3)
        .position(|it| it == "陸".as_bytes())
        .unwrap();
    let mut forged = true_evidence.clone();
    forged.basic_four.0[at + 2] ^= 1;
    let agreed = Expectation {
        purpose: CardPurpose::Guardian,
        details: &forged.basic_four.0,
        ..expected
    };
    forged.guardian_signature = signed("adult-auth", &agreed);
    let result = judged(&minor.proof_with(&forged, &expected), &expected, &responder).await;
    assert_eq!(refused(result), Reason::Attributes);
    for part in [0_usize, 1] {
        let mut forged = true_evidence.clone();
        let bytes = [&mut forged.integrity.0, &mut forged.issuer_key.0];
        let last = bytes.into_iter().nth(part).unwrap().last_mut().unwrap();
        *last ^= 1;
        let result = judged(&minor.proof_with(&forged, &expected), &expected, &responder).await;
        assert_eq!(refused(result), Reason::Attributes, "part {part}");
    }
    let nothing = LinkProof {
        attributes: Some(Bytes(b"\x80".to_vec())),
        ..minor.proof(&expected)
    };
    assert_eq!(
        refused(judged(&nothing, &expected, &responder).await),
        Reason::Attributes
    );
}

#[tokio::test]
async fn a_record_put_in_place_after_the_cards_signed_is_noticed() {
    let (responder, expected) = (responder(), expects(CardPurpose::Link));
    let minor = Minor::USUAL;
    let other = Minor {
        record: "neighbour",
        ..Minor::USUAL
    };
    let swapped = LinkProof {
        attributes: Some(Bytes(to_bytes(&other.evidence(&expected)))),
        ..minor.proof(&expected)
    };
    assert_eq!(
        refused(judged(&swapped, &expected, &responder).await),
        Reason::CardSignature
    );
}

/// Attributes of one person, card of another, and both cards' holders agree to it.
#[tokio::test]
async fn a_record_of_another_child_does_not_fit_the_certificate() {
    let (responder, expected) = (responder(), expects(CardPurpose::Link));
    let swapped = Minor {
        child: "neighbour-auth",
        ..Minor::USUAL
    };
    let result = judged(&swapped.proof(&expected), &expected, &responder).await;
    assert_eq!(refused(result), Reason::Attributes);
}

#[tokio::test]
async fn an_adult_does_not_link_by_the_way_of_minors() {
    let (responder, expected) = (responder(), expects(CardPurpose::Link));
    let adult = Minor {
        child: "adult-auth",
        guardian: "neighbour-auth",
        record: "adult",
    };
    let result = judged(&adult.proof(&expected), &expected, &responder).await;
    assert_eq!(refused(result), Reason::NotAMinor);
    // Whose day of birth is unknown, and year known, is old enough all the same.
    let partial = Minor {
        child: "partial-auth",
        record: "partial",
        ..adult
    };
    let result = judged(&partial.proof(&expected), &expected, &responder).await;
    assert_eq!(refused(result), Reason::NotAMinor);
}

#[tokio::test]
async fn a_guardian_has_to_be_there_with_a_card_of_their_own() {
    let (responder, expected) = (responder(), expects(CardPurpose::Link));
    let minor = Minor::USUAL;
    let usual = minor.evidence(&expected);
    let record = usual.basic_four.0.clone();
    let by = |key: &str, purpose, details: &[u8]| {
        let stated = Expectation {
            purpose,
            details,
            ..expected
        };
        signed(key, &stated)
    };
    let guardian = |name: &str| Bytes(der(name).to_vec());
    let (as_guardian, as_self) = (CardPurpose::Guardian, CardPurpose::Link);
    let missing = [
        ("nobody", Bytes(Vec::new()), Bytes(Vec::new())),
        (
            "a copied card",
            guardian("adult-auth"),
            by("stranger", as_guardian, &record),
        ),
        (
            "signed for another child",
            guardian("adult-auth"),
            by("adult-auth", as_guardian, b"x"),
        ),
        (
            "signed as somebody else",
            guardian("adult-auth"),
            by("adult-auth", as_self, &record),
        ),
        (
            "the child",
            guardian("child-auth"),
            by("child-auth", as_guardian, &record),
        ),
        (
            "a certificate for signatures",
            guardian("adult-sign"),
            by("adult-sign", as_guardian, &record),
        ),
        (
            "a forged card",
            guardian("forged-auth"),
            by("stranger", as_guardian, &record),
        ),
        (
            "an ended card",
            guardian("expired-auth"),
            by("expired-auth", as_guardian, &record),
        ),
        (
            "a lost card",
            guardian("revoked-auth"),
            by("revoked-auth", as_guardian, &record),
        ),
    ];
    for (what, certificate, signature) in missing {
        let mut evidence = usual.clone();
        evidence.guardian_certificate = certificate;
        evidence.guardian_signature = signature;
        let result = judged(&minor.proof_with(&evidence, &expected), &expected, &responder).await;
        assert_eq!(refused(result), Reason::Guardian, "{what}");
    }
    let mut replayed = usual;
    let before = Expectation {
        challenge: &[9; 32],
        purpose: CardPurpose::Guardian,
        details: &record,
        ..expected
    };
    replayed.guardian_signature = signed("adult-auth", &before);
    let result = judged(&minor.proof_with(&replayed, &expected), &expected, &responder).await;
    assert_eq!(refused(result), Reason::Guardian, "of another challenge");
}

/// The child's own former card is no guardian's.
#[tokio::test]
async fn a_former_card_is_no_guardian() {
    let expected = expects(CardPurpose::Link);
    let responder = responder();
    // A certificate of the renewed card's serial, as the child would have it: it ends on the child's birthday.
    let key = Keys::committed().get("renewed-auth").unwrap().to_public_key();
    let holder = register::Card {
        resident: register::card("child").unwrap().resident,
        ..*register::card("renewed").unwrap()
    };
    let made = leaf::person(
        Keys::committed(),
        Authority::Auth2,
        &holder,
        profile::spki(&key).unwrap(),
    )
    .unwrap();
    let child = Minor {
        child: "renewed-auth",
        ..Minor::USUAL
    };
    let mut shown = child.proof(&expected);
    shown.certificates = Bytes(made.clone());
    // The platform knows it by what it issued.
    let platform = former_card(&made).await;
    let status = Layered::of(&JpkiConfig {
        platform: Some(platform),
        ..settings(&responder)
    });
    let result = prove(&shown, &expected, &trust(), &status.unwrap(), NOW).await;
    assert_eq!(refused(result), Reason::Guardian);
}

/// A platform that says of this certificate that its holder had the adult's card before.
async fn former_card(now: &[u8]) -> String {
    use axum::routing::post;
    let name = |name: &kinchaku_protocol::jpki::certificate::KeyName| {
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        serde_json::json!({ "aki": hex(&name.aki), "serial": hex(&name.serial) })
    };
    let current = kinchaku_protocol::jpki::certificate::Certificate::read(now).unwrap();
    let answer = serde_json::json!({
        "user_authentication": name(&current.key_name()),
        "previous": [name(&certificate("adult-auth").key_name())],
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = axum::Router::new().route("/", post(move || async move { axum::Json(answer) }));
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}/")
}

fn p384_signature(key: &str, message: &[u8]) -> Bytes {
    use p384::ecdsa::signature::Signer as _;
    let key = p384::ecdsa::SigningKey::from(keys::p384(key).unwrap());
    let signature: p384::ecdsa::Signature = key.sign(message);
    Bytes(signature.to_der().as_bytes().to_vec())
}
