//! Whether a certificate stands: what responders, lists and the platform say, and everything they could be
//! made to say that is not true. Nothing but a proven answer is one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::jpki::{NOW, certificate, crl, der, responder, settings, trust};
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use kinchaku_fixtures::jpki::issued::Register;
use kinchaku_fixtures::jpki::keys::Keys;
use kinchaku_fixtures::jpki::{Authority, Fault, Responder, crl as list, profile};
use kinchaku_protocol::jpki::certificate::Certificate;
use kinchaku_protocol::jpki::trust::{Anchor, Anchors};
use kinchaku_protocol::time::Time;
use kinchaku_server::config::{JpkiConfig, TownConfig};
use kinchaku_server::identity::prove::CardTrust;
use kinchaku_server::identity::status::{
    BadAddress, CertificateStatus, Crl, Layered, Ocsp, Standing, StatusUnavailable, open,
};
use x509_cert::crl::{CertificateList, RevokedCert};
use x509_cert::der::asn1::{BitString, Null, ObjectIdentifier, OctetString};
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::crl::dp::{IssuingDistributionPoint, Reasons};
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::name::Name;

/// A certificate with the CA that issued it.
struct Asked {
    certificate: Certificate,
    trust: CardTrust,
}

impl Asked {
    fn about(name: &str) -> Self {
        Self {
            certificate: certificate(name),
            trust: trust(),
        }
    }

    fn issuer(&self) -> &Anchor {
        let purpose = self.certificate.purpose();
        self.trust.anchors.issuer_of(&self.certificate, purpose, NOW).unwrap()
    }

    async fn of(&self, status: &dyn CertificateStatus) -> Result<Standing, StatusUnavailable> {
        status.standing(&self.certificate, self.issuer(), NOW).await
    }
}

fn ocsp(responder: &Responder) -> Ocsp {
    Ocsp::at(&settings(responder).ocsp.unwrap()).unwrap()
}

fn lists(responder: &Responder) -> Crl {
    Crl::at(&settings(responder).crls).unwrap()
}

/// A server of this test, at every path the same answer; and how often it was asked.
async fn server(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let app = Router::new().fallback(move || {
        count.fetch_add(1, Ordering::SeqCst);
        std::future::ready(answer())
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    (format!("http://{address}"), asked)
}

/// The list of a CA, changed before it is signed by this key.
fn made(authority: Authority, at: Time, signer: &str, change: impl FnOnce(&mut CertificateList)) -> Vec<u8> {
    let keys = Keys::committed();
    let made = list::make(keys, &Register::new().unwrap(), authority, authority, at.0).unwrap();
    let mut made = CertificateList::from_der(&made).unwrap();
    change(&mut made);
    let signature = keys.sign(signer, &made.tbs_cert_list.to_der().unwrap()).unwrap();
    made.signature = BitString::from_bytes(&signature).unwrap();
    made.to_der().unwrap()
}

fn extension(id: &str, critical: bool, value: Vec<u8>) -> Extension {
    Extension {
        extn_id: ObjectIdentifier::new_unwrap(id),
        critical,
        extn_value: OctetString::new(value).unwrap(),
    }
}

fn nothing() -> Vec<u8> {
    Null.to_der().unwrap()
}

/// What one list says of a certificate.
async fn said(list: Vec<u8>, name: &str) -> Result<Standing, StatusUnavailable> {
    let (address, _) = server(move || list.clone().into_response()).await;
    Asked::about(name).of(&Crl::at(&[address]).unwrap()).await
}

#[tokio::test]
async fn a_responder_says_how_a_certificate_stands() {
    let responder = responder();
    let ocsp = ocsp(&responder);
    for name in [
        "adult-auth",
        "elder-auth",
        "neighbour-auth",
        "next-auth",
        "adult-sign",
        "elder-sign",
    ] {
        assert_eq!(Asked::about(name).of(&ocsp).await, Ok(Standing::Good), "{name}");
    }
    let lost = Time(1_789_430_400);
    let revoked = Asked::about("revoked-auth").of(&ocsp).await;
    assert_eq!(revoked, Ok(Standing::Revoked { at: lost }));
}

/// Two generations of a CA gave out the same number: each answers for its own.
#[tokio::test]
async fn a_serial_number_is_its_issuers_alone() {
    let responder = responder();
    assert_eq!(
        certificate("adult-auth").key_name().serial,
        certificate("neighbour-auth").key_name().serial
    );
    assert!(responder.revoke_card("neighbour"));
    for status in [&ocsp(&responder) as &dyn CertificateStatus, &lists(&responder)] {
        assert_eq!(Asked::about("adult-auth").of(status).await, Ok(Standing::Good));
        let other = Asked::about("neighbour-auth").of(status).await;
        assert_eq!(other, Ok(Standing::Revoked { at: NOW }));
    }
}

#[tokio::test]
async fn no_fault_of_a_responder_is_an_answer() {
    use StatusUnavailable as U;
    let responder = responder();
    let ocsp = ocsp(&responder);
    let faults = [
        (Fault::TryLater, U::Declined),
        (Fault::Garbage, U::NotAnAnswer),
        (Fault::WrongSigner, U::Untrusted),
        (Fault::LeafSigner, U::Untrusted),
        (Fault::Stale, U::Stale),
        (Fault::OtherSerial, U::NotAnAnswer),
        (Fault::NoNonce, U::Stale),
        (Fault::OtherNonce, U::Stale),
    ];
    for (fault, why) in faults {
        responder.fault(fault);
        // Good or revoked makes no difference: neither is believed.
        for name in ["adult-auth", "elder-auth", "revoked-auth"] {
            assert_eq!(Asked::about(name).of(&ocsp).await, Err(why), "{fault:?} {name}");
        }
    }
    responder.fault(None);
    assert_eq!(Asked::about("adult-auth").of(&ocsp).await, Ok(Standing::Good));
}

#[tokio::test]
async fn silence_ends() {
    let responder = responder();
    responder.fault(Fault::Silent);
    let (asked, ocsp, lists) = (Asked::about("adult-auth"), ocsp(&responder), lists(&responder));
    let (by_ocsp, by_list) = tokio::join!(asked.of(&ocsp), asked.of(&lists));
    assert_eq!(by_ocsp, Err(StatusUnavailable::NoAnswer));
    assert_eq!(by_list, Err(StatusUnavailable::NoAnswer));
}

#[tokio::test]
async fn nobody_there_is_no_answer() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let address = format!("http://{free}/");
    let asked = Asked::about("adult-auth");
    let nobody = Err(StatusUnavailable::NoAnswer);
    assert_eq!(asked.of(&Ocsp::at(&address).unwrap()).await, nobody);
    assert_eq!(asked.of(&Crl::at(&[address]).unwrap()).await, nobody);
    assert_eq!(asked.of(&Crl::at(&[]).unwrap()).await, nobody);
}

/// An answer the right responder gave to an earlier question, when the card was still good.
#[tokio::test]
async fn a_recorded_answer_cannot_be_played_again() {
    let (asked, recorded) = (Asked::about("adult-auth"), Arc::new(std::sync::Mutex::new(None)));
    let (keep, register) = (recorded.clone(), Register::new().unwrap());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(move |question: axum::body::Bytes| {
        let mut kept = keep.lock().unwrap();
        let answer = kept.get_or_insert_with(|| {
            kinchaku_fixtures::jpki::ocsp::answer(Keys::committed(), &register, &question, NOW.0, None).unwrap()
        });
        std::future::ready(answer.clone())
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    let ocsp = Ocsp::at(&address).unwrap();
    assert_eq!(asked.of(&ocsp).await, Ok(Standing::Good));
    assert_eq!(asked.of(&ocsp).await, Err(StatusUnavailable::Stale));
}

#[tokio::test]
async fn an_answer_is_bounded_and_no_redirect_is_followed() {
    let asked = Asked::about("adult-auth");
    let (huge, _) = server(|| vec![0x30; 1 << 20].into_response()).await;
    let too_much = asked.of(&Ocsp::at(&huge).unwrap()).await;
    assert_eq!(too_much, Err(StatusUnavailable::NotAnAnswer));
    let (target, reached) = server(|| "here".into_response()).await;
    let (elsewhere, _) = server(move || Redirect::temporary(&target).into_response()).await;
    let declined = Err(StatusUnavailable::Declined);
    assert_eq!(asked.of(&Ocsp::at(&elsewhere).unwrap()).await, declined);
    assert_eq!(asked.of(&Crl::at(&[elsewhere]).unwrap()).await, declined);
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_list_says_what_is_revoked() {
    let responder = responder();
    let lists = lists(&responder);
    for name in ["adult-sign", "elder-sign", "adult-auth", "next-sign"] {
        assert_eq!(Asked::about(name).of(&lists).await, Ok(Standing::Good), "{name}");
    }
    let revoked = Asked::about("revoked-sign").of(&lists).await;
    assert_eq!(
        revoked,
        Ok(Standing::Revoked {
            at: Time(1_789_430_400)
        })
    );
}

#[tokio::test]
async fn a_list_by_another_generation_or_an_impostor_is_none() {
    let responder = responder();
    let only = |authority| {
        let address = format!("http://{}/{}", responder.address(), crl(authority));
        Crl::at(&[address]).unwrap()
    };
    // The elder's certificate is of the second generation; both bear the same name.
    let elder = Asked::about("elder-sign");
    let untrusted = Err(StatusUnavailable::Untrusted);
    assert_eq!(elder.of(&only(Authority::Sign1)).await, untrusted);
    assert_eq!(elder.of(&only(Authority::Sign2)).await, Ok(Standing::Good));
    let other_kind = elder.of(&only(Authority::Auth2)).await;
    assert_eq!(other_kind, Err(StatusUnavailable::NoAnswer));
    responder.fault(Fault::WrongSigner);
    let adult = Asked::about("adult-sign").of(&only(Authority::Sign1)).await;
    assert_eq!(adult, untrusted);
}

#[tokio::test]
async fn a_list_is_good_from_its_day_to_the_next() {
    let at = |this: Time| made(Authority::Sign1, this, "sign1", |_| ());
    let stale = Err(StatusUnavailable::Stale);
    assert_eq!(said(at(NOW), "adult-sign").await, Ok(Standing::Good));
    assert_eq!(
        said(at(NOW.before(list::PERIOD)), "adult-sign").await,
        Ok(Standing::Good)
    );
    assert_eq!(said(at(NOW.before(list::PERIOD + 1)), "adult-sign").await, stale);
    assert_eq!(said(at(NOW.after(3_600)), "adult-sign").await, stale);
    let endless = made(Authority::Sign1, NOW, "sign1", |list| {
        list.tbs_cert_list.next_update = None
    });
    let not_an_answer = Err(StatusUnavailable::NotAnAnswer);
    assert_eq!(said(endless, "adult-sign").await, not_an_answer);
}

#[tokio::test]
async fn a_list_that_was_changed_is_none() {
    let mut changed = made(Authority::Sign1, NOW, "sign1", |_| ());
    let last = changed.len() - 1;
    changed[last] ^= 1;
    assert_eq!(said(changed, "adult-sign").await, Err(StatusUnavailable::Untrusted));
    let cut = made(Authority::Sign1, NOW, "sign1", |_| ());
    let cut = cut[..cut.len() - 1].to_vec();
    assert_eq!(said(cut, "adult-sign").await, Err(StatusUnavailable::NotAnAnswer));
}

/// RFC 5280 5.2: a critical extension that is not understood makes a list useless, and deltas, lists of other
/// issuers and lists for some reasons do not say that a certificate stands.
#[tokio::test]
async fn a_list_with_conditions_is_not_relied_on() {
    const UNKNOWN: &str = "1.2.3.4.5";
    const DELTA: &str = "2.5.29.27";
    const POINT: &str = "2.5.29.28";
    let usual = IssuingDistributionPoint {
        distribution_point: None,
        only_contains_user_certs: true,
        only_contains_ca_certs: false,
        only_some_reasons: None,
        indirect_crl: false,
        only_contains_attribute_certs: false,
    };
    let with = |extensions: Vec<Extension>| {
        made(Authority::Sign1, NOW, "sign1", |list| {
            list.tbs_cert_list.crl_extensions.as_mut().unwrap().extend(extensions);
        })
    };
    let point = |point: &IssuingDistributionPoint| with(vec![extension(POINT, true, point.to_der().unwrap())]);
    assert_eq!(said(point(&usual), "adult-sign").await, Ok(Standing::Good));
    let indirect = IssuingDistributionPoint {
        indirect_crl: true,
        ..usual.clone()
    };
    let some_reasons = IssuingDistributionPoint {
        only_some_reasons: Some(Reasons::KeyCompromise.into()),
        ..usual.clone()
    };
    let other_kind = IssuingDistributionPoint {
        only_contains_user_certs: false,
        only_contains_ca_certs: true,
        ..usual.clone()
    };
    let twice = extension(UNKNOWN, false, nothing());
    for list in [
        with(vec![extension(UNKNOWN, true, nothing())]),
        with(vec![extension(DELTA, true, vec![2, 1, 1])]),
        with(vec![extension(DELTA, false, vec![2, 1, 1])]),
        with(vec![twice.clone(), twice]),
        point(&indirect),
        point(&some_reasons),
        point(&other_kind),
    ] {
        assert_eq!(said(list, "adult-sign").await, Err(StatusUnavailable::NotAnAnswer));
    }
    assert_eq!(
        said(with(vec![extension(UNKNOWN, false, nothing())]), "adult-sign").await,
        Ok(Standing::Good)
    );
    let entry = made(Authority::Sign1, NOW, "sign1", |list| {
        list.tbs_cert_list.revoked_certificates = Some(vec![RevokedCert {
            serial_number: x509_cert::serial_number::SerialNumber::new(&[1]).unwrap(),
            revocation_date: list.tbs_cert_list.this_update,
            crl_entry_extensions: Some(vec![extension("2.5.29.29", true, nothing())]),
        }]);
    });
    assert_eq!(said(entry, "adult-sign").await, Err(StatusUnavailable::NotAnAnswer));
}

/// Lists may be one for each city; a certificate says whose list it is on.
#[tokio::test]
async fn a_list_of_another_city_says_nothing() {
    let of = |name: Name| {
        let point = IssuingDistributionPoint {
            distribution_point: Some(DistributionPointName::FullName(vec![GeneralName::DirectoryName(name)])),
            only_contains_user_certs: false,
            only_contains_ca_certs: false,
            only_some_reasons: None,
            indirect_crl: false,
            only_contains_attribute_certs: false,
        };
        made(Authority::Sign1, NOW, "sign1", |list| {
            let point = extension("2.5.29.28", true, point.to_der().unwrap());
            list.tbs_cert_list.crl_extensions.as_mut().unwrap().push(point);
        })
    };
    let here = profile::Usage::Signature.city_crl().unwrap();
    let elsewhere = profile::name(&[("C", "JP"), ("CN", "Tonari-shi CRLDP")]).unwrap();
    assert_eq!(said(of(here), "adult-sign").await, Ok(Standing::Good));
    assert_eq!(
        said(of(elsewhere), "adult-sign").await,
        Err(StatusUnavailable::NoAnswer)
    );
}

#[tokio::test]
async fn a_list_is_fetched_once_and_again_when_it_may_have_changed() {
    let good = made(Authority::Sign1, NOW, "sign1", |_| ());
    let (address, fetched) = server(move || good.clone().into_response()).await;
    let (lists, asked) = (Crl::at(&[address]).unwrap(), Asked::about("adult-sign"));
    let at = |now| lists.standing(&asked.certificate, asked.issuer(), now);
    for _ in 0..5 {
        assert_eq!(at(NOW).await, Ok(Standing::Good));
    }
    assert_eq!(fetched.load(Ordering::SeqCst), 1);
    assert_eq!(at(NOW.after(3_600)).await, Ok(Standing::Good));
    assert_eq!(fetched.load(Ordering::SeqCst), 2);
    assert_eq!(at(NOW.after(list::PERIOD + 1)).await, Err(StatusUnavailable::Stale));
}

/// Between two lists the last one holds, where the next one cannot be had or is an older one.
#[tokio::test]
async fn a_list_holds_to_its_end_and_none_before_it_takes_its_place() {
    let calls = Arc::new(AtomicUsize::new(0));
    let revoking = made(Authority::Sign1, NOW, "sign1", |list| {
        let serial = certificate("adult-sign").key_name().serial;
        list.tbs_cert_list.revoked_certificates = Some(vec![RevokedCert {
            serial_number: x509_cert::serial_number::SerialNumber::new(&serial).unwrap(),
            revocation_date: list.tbs_cert_list.this_update,
            crl_entry_extensions: None,
        }]);
    });
    let before = made(Authority::Sign1, NOW.before(60), "sign1", |_| ());
    let (address, _) = server(move || match calls.fetch_add(1, Ordering::SeqCst) {
        0 => revoking.clone().into_response(),
        1 => before.clone().into_response(),
        _ => StatusCode::BAD_GATEWAY.into_response(),
    })
    .await;
    let (lists, asked) = (Crl::at(&[address]).unwrap(), Asked::about("adult-sign"));
    for hours in [0, 1, 2, 3] {
        let now = NOW.after(hours * 3_600);
        let standing = lists.standing(&asked.certificate, asked.issuer(), now).await;
        assert_eq!(standing, Ok(Standing::Revoked { at: NOW }), "after {hours} h");
    }
    let late = NOW.after(list::PERIOD + 1);
    let ended = lists.standing(&asked.certificate, asked.issuer(), late).await;
    assert_eq!(ended, Err(StatusUnavailable::Declined));
}

/// An address gives out a wrong list once: nobody's, or that of another city. It is asked again.
#[tokio::test]
async fn a_wrong_list_does_not_end_all_questions() {
    let point = |city: &str| {
        let name = profile::name(&[("C", "JP"), ("CN", city)]).unwrap();
        let point = IssuingDistributionPoint {
            distribution_point: Some(DistributionPointName::FullName(vec![GeneralName::DirectoryName(name)])),
            only_contains_user_certs: false,
            only_contains_ca_certs: false,
            only_some_reasons: None,
            indirect_crl: false,
            only_contains_attribute_certs: false,
        };
        extension("2.5.29.28", true, point.to_der().unwrap())
    };
    let nobodys = made(Authority::Sign1, NOW, "sign2", |list| {
        list.tbs_cert_list.issuer = profile::name(&[("C", "JP"), ("CN", "Nobody")]).unwrap();
    });
    let forged = made(Authority::Sign1, NOW, "sign2", |list| {
        let elsewhere = point("Tonari-shi CRLDP");
        list.tbs_cert_list.crl_extensions.as_mut().unwrap().push(elsewhere);
    });
    let elsewhere = made(Authority::Sign1, NOW, "sign1", |list| {
        let elsewhere = point("Tonari-shi CRLDP");
        list.tbs_cert_list.crl_extensions.as_mut().unwrap().push(elsewhere);
    });
    for (wrong, wait) in [(nobodys, 60), (forged, 60), (elsewhere, 3_600)] {
        let good = made(Authority::Sign1, NOW, "sign1", |_| ());
        let calls = Arc::new(AtomicUsize::new(0));
        let (address, fetched) = server(move || match calls.fetch_add(1, Ordering::SeqCst) {
            0 => wrong.clone().into_response(),
            _ => good.clone().into_response(),
        })
        .await;
        let (lists, asked) = (Crl::at(&[address]).unwrap(), Asked::about("adult-sign"));
        let at = |now| lists.standing(&asked.certificate, asked.issuer(), now);
        assert_eq!(at(NOW).await, Err(StatusUnavailable::NoAnswer));
        assert_eq!(at(NOW.after(wait - 1)).await, Err(StatusUnavailable::NoAnswer));
        assert_eq!(fetched.load(Ordering::SeqCst), 1, "not at every question");
        assert_eq!(at(NOW.after(wait)).await, Ok(Standing::Good));
    }
}

#[tokio::test]
async fn one_source_stands_in_for_the_other() {
    let responder = responder();
    let all = settings(&responder);
    let nobody = "http://127.0.0.1:9/".to_owned();
    let by_list = JpkiConfig {
        ocsp: Some(nobody.clone()),
        ..all.clone()
    };
    let by_ocsp = JpkiConfig {
        crls: vec![nobody],
        ..all.clone()
    };
    assert!(responder.revoke_card("neighbour"));
    for settings in [&all, &by_list, &by_ocsp] {
        let status = Layered::of(settings).unwrap();
        for name in ["adult-auth", "adult-sign"] {
            assert_eq!(Asked::about(name).of(&status).await, Ok(Standing::Good), "{name}");
        }
        for name in ["neighbour-auth", "neighbour-sign"] {
            let standing = Asked::about(name).of(&status).await;
            assert_eq!(standing, Ok(Standing::Revoked { at: NOW }), "{name}");
        }
    }
}

#[tokio::test]
async fn the_platform_says_which_certificates_are_one_persons() {
    let responder = responder();
    let status = Layered::of(&settings(&responder)).unwrap();
    let key_name = |name| certificate(name).key_name();
    let sign = status
        .correspondence(&certificate("renewed-sign"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(sign.auth_of_sign, Some(key_name("renewed-auth")));
    assert_eq!(sign.previous, [key_name("adult-auth")]);
    let auth = status
        .correspondence(&certificate("renewed-auth"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((auth.auth_of_sign, auth.previous.len()), (None, 1));
    // One it did not issue.
    assert_eq!(status.correspondence(&certificate("forged-sign")).await, Ok(None));
    let alone = Layered::of(&JpkiConfig {
        platform: None,
        ..settings(&responder)
    });
    let nothing = alone.unwrap().correspondence(&certificate("renewed-sign")).await;
    assert_eq!(nothing, Ok(None));
}

#[tokio::test]
async fn no_fault_of_the_platform_ties_anybody() {
    use StatusUnavailable as U;
    let responder = responder();
    let status = Layered::of(&settings(&responder)).unwrap();
    for (fault, why) in [(Fault::TryLater, U::Declined), (Fault::Garbage, U::NotAnAnswer)] {
        responder.fault(fault);
        let said = status.correspondence(&certificate("renewed-sign")).await;
        assert_eq!(said, Err(why), "{fault:?}");
    }
    for body in [
        "{}",
        r#"{"user_authentication":{"aki":"00","serial":"01"},"previous":[]}"#,
        r#"{"user_authentication":{"aki":"0000000000000000000000000000000000000000","serial":""},"previous":[]}"#,
        r#"{"user_authentication":{"aki":"zz","serial":"01"},"previous":[]}"#,
    ] {
        let (address, _) = server(move || body.into_response()).await;
        let platform = Layered::of(&JpkiConfig {
            platform: Some(address),
            ..JpkiConfig::default()
        });
        let said = platform.unwrap().correspondence(&certificate("adult-sign")).await;
        assert_eq!(said, Err(U::NotAnAnswer), "{body}");
    }
}

/// A certificate names a responder of its own; the one that is asked is the town's.
#[tokio::test]
async fn nobody_is_called_because_a_certificate_says_so() {
    let asked = Asked::about("adult-auth");
    assert!(asked.certificate.ocsp_uri().is_some());
    let nobody = Layered::of(&JpkiConfig::default()).unwrap();
    assert_eq!(asked.of(&nobody).await, Err(StatusUnavailable::Unconfigured));
    let none = open(None).unwrap();
    assert_eq!(asked.of(none.as_ref()).await, Err(StatusUnavailable::Unconfigured));
    let unsaid = none.correspondence(&asked.certificate).await;
    assert_eq!(unsaid, Err(StatusUnavailable::Unconfigured));
}

#[test]
fn an_address_is_one_on_the_web_and_the_platforms_is_protected() {
    for wrong in [
        "",
        "/ocsp",
        "ocsp.example",
        "ftp://a/",
        "file:///etc/passwd",
        "http://a@b/",
        "http://",
    ] {
        assert_eq!(Ocsp::at(wrong).err(), Some(BadAddress::Form), "{wrong}");
    }
    let platform = |address: &str| {
        Layered::of(&JpkiConfig {
            platform: Some(address.to_owned()),
            ..JpkiConfig::default()
        })
        .err()
    };
    for open_way in [
        "http://platform.example/",
        "http://10.0.0.1/",
        "http://localhost.example/",
    ] {
        assert_eq!(platform(open_way), Some(BadAddress::Unprotected), "{open_way}");
    }
    assert_eq!(platform("http://127.0.0.1:1/"), None);
    assert_eq!(platform("http://[::1]:1/"), None);
}

#[test]
fn the_settings_of_a_town_say_whom_to_ask() {
    let folder = tempfile::tempdir().unwrap();
    let mut town = TownConfig::new(7);
    town.save(folder.path()).unwrap();
    assert_eq!(TownConfig::load(folder.path()).unwrap().jpki, None);
    town.jpki = Some(JpkiConfig {
        ocsp: Some("http://ocsp.example/".to_owned()),
        crls: vec!["http://crl.example/1".to_owned()],
        platform: Some("https://platform.example/".to_owned()),
    });
    town.save(folder.path()).unwrap();
    assert_eq!(TownConfig::load(folder.path()).unwrap(), town);
}

/// Nothing of what is asked depends on which CAs are believed here: the issuer is given.
#[tokio::test]
async fn the_issuer_that_is_given_is_the_one_that_is_asked_about() {
    let responder = responder();
    let anchors = Anchors::of(&[der("auth2").to_vec()]).unwrap();
    let wrong = anchors.iter().next().unwrap();
    let adult = certificate("adult-auth");
    // The neighbour's number under the second generation: revoked there, good under the first.
    assert!(responder.revoke_card("neighbour"));
    let said = ocsp(&responder).standing(&adult, wrong, NOW).await;
    assert_eq!(said, Ok(Standing::Revoked { at: NOW }));
}
