//! Asking an OCSP responder about one certificate (RFC 6960). Every question has a nonce, so that an answer is
//! fresh by itself and none can be played again.

use kinchaku_protocol::jpki::certificate::Certificate;
use kinchaku_protocol::jpki::key::CardKey;
use kinchaku_protocol::jpki::trust::Anchor;
use kinchaku_protocol::time::Time;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use x509_cert::der::asn1::{Any, Null, ObjectIdentifier, OctetString};
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_ocsp::ext::Nonce;
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspRequest, OcspResponse, OcspResponseStatus, Request, ResponderId,
    TbsRequest, Version,
};

use super::fetch::{BadAddress, Source};
use super::signed::{Signed, are_understood, is_current, key_in, serial, time};
use super::{Asked, CertificateStatus, Standing, StatusUnavailable};
use crate::identity::proven::Correspondence;

/// The largest answer: one status, one signature and a certificate or two.
const MOST: usize = 32 * 1_024;

/// Bytes of a nonce (RFC 9654).
const NONCE: usize = 32;

/// Seconds for which an answer that does not say when the next one comes is good.
const SHORT: u64 = 600;

const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const BASIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");
const NONCE_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.2");
const NO_CHECK: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.5");
const OCSP_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.9");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");

/// A responder that answers for the CAs of JPKI.
pub struct Ocsp {
    source: Source,
}

/// A question that was asked.
struct Question {
    id: CertId,
    nonce: [u8; NONCE],
}

impl Ocsp {
    /// The responder at this address.
    ///
    /// # Errors
    /// [`BadAddress`].
    pub fn at(address: &str) -> Result<Self, BadAddress> {
        Ok(Self {
            source: Source::of(address)?,
        })
    }

    async fn ask(&self, certificate: &Certificate, issuer: &Anchor, now: Time) -> Result<Standing, StatusUnavailable> {
        let question = Question::about(certificate, issuer)?;
        let body = question.der()?;
        let answer = self.source.post("application/ocsp-request", body, MOST).await?;
        let answer = answer.ok_or(StatusUnavailable::Declined)?;
        question.judge(&answer, issuer, now)
    }
}

impl CertificateStatus for Ocsp {
    fn standing<'a>(&'a self, certificate: &'a Certificate, issuer: &'a Anchor, now: Time) -> Asked<'a, Standing> {
        Box::pin(self.ask(certificate, issuer, now))
    }

    fn correspondence<'a>(&'a self, _: &'a Certificate) -> Asked<'a, Option<Correspondence>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

impl Question {
    fn about(certificate: &Certificate, issuer: &Anchor) -> Result<Self, StatusUnavailable> {
        let unreadable = |_| StatusUnavailable::NotAnAnswer;
        // SHA-1 names the issuer here and proves nothing; it is what every responder knows (RFC 5019 2.1.1).
        let hash = |bytes| OctetString::new(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref()).map_err(unreadable);
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| StatusUnavailable::NoAnswer)?;
        Ok(Self {
            id: CertId {
                hash_algorithm: AlgorithmIdentifierOwned {
                    oid: SHA1,
                    parameters: Some(Any::from(Null)),
                },
                issuer_name_hash: hash(issuer.dn())?,
                issuer_key_hash: hash(issuer.key_bits())?,
                serial_number: SerialNumber::new(&certificate.key_name().serial).map_err(unreadable)?,
            },
            nonce,
        })
    }

    fn der(&self) -> Result<Vec<u8>, StatusUnavailable> {
        let der = || {
            let value = Nonce::new(self.nonce)?.to_der()?;
            let nonce = Extension {
                extn_id: NONCE_ID,
                critical: false,
                extn_value: OctetString::new(value)?,
            };
            let request = Request {
                req_cert: self.id.clone(),
                single_request_extensions: None,
            };
            let question = OcspRequest {
                tbs_request: TbsRequest {
                    version: Version::V1,
                    requestor_name: None,
                    request_list: vec![request],
                    request_extensions: Some(vec![nonce]),
                },
                optional_signature: None,
            };
            question.to_der()
        };
        der().map_err(|_: x509_cert::der::Error| StatusUnavailable::NotAnAnswer)
    }

    /// What an answer says, where it is one to this question, by somebody who may say it, and in time.
    fn judge(&self, answer: &[u8], issuer: &Anchor, now: Time) -> Result<Standing, StatusUnavailable> {
        let unreadable = |_| StatusUnavailable::NotAnAnswer;
        let answer = OcspResponse::from_der(answer).map_err(unreadable)?;
        if answer.response_status != OcspResponseStatus::Successful {
            return Err(StatusUnavailable::Declined);
        }
        let body = answer.response_bytes.ok_or(StatusUnavailable::NotAnAnswer)?;
        if body.response_type != BASIC {
            return Err(StatusUnavailable::NotAnAnswer);
        }
        let der = body.response.as_bytes();
        let basic = BasicOcspResponse::from_der(der).map_err(unreadable)?;
        if !Signed::of(der)?.is_by(&signer(&basic, issuer, now)?) {
            return Err(StatusUnavailable::Untrusted);
        }
        let data = &basic.tbs_response_data;
        if !are_understood(data.response_extensions.as_deref().unwrap_or_default(), &[NONCE_ID]) {
            return Err(StatusUnavailable::NotAnAnswer);
        }
        // Without its nonce an answer may be anybody's, recorded before a revocation.
        if data.nonce().is_none_or(|nonce| nonce.0.as_bytes() != self.nonce) {
            return Err(StatusUnavailable::Stale);
        }
        let mut about = data.responses.iter().filter(|single| self.is_about(&single.cert_id));
        let (Some(single), None) = (about.next(), about.next()) else {
            return Err(StatusUnavailable::NotAnAnswer);
        };
        if !are_understood(single.single_extensions.as_deref().unwrap_or_default(), &[]) {
            return Err(StatusUnavailable::NotAnAnswer);
        }
        let from = time(single.this_update.0.to_date_time());
        let until = single
            .next_update
            .map_or(from.after(SHORT), |next| time(next.0.to_date_time()));
        if !is_current(from, until, now) {
            return Err(StatusUnavailable::Stale);
        }
        Ok(match single.cert_status {
            CertStatus::Good(_) => Standing::Good,
            CertStatus::Revoked(info) => Standing::Revoked {
                at: time(info.revocation_time.0.to_date_time()),
            },
            CertStatus::Unknown(_) => Standing::Unknown,
        })
    }

    /// Parameters of the hash may be NULL or absent (RFC 4055 2.1).
    fn is_about(&self, id: &CertId) -> bool {
        id.hash_algorithm.oid == self.id.hash_algorithm.oid
            && id.issuer_name_hash == self.id.issuer_name_hash
            && id.issuer_key_hash == self.id.issuer_key_hash
            && serial(id.serial_number.as_bytes()) == serial(self.id.serial_number.as_bytes())
    }
}

/// The key that may sign this answer: the CA's own, or one the CA itself certified for answering
/// (RFC 6960 4.2.2.2).
fn signer(basic: &BasicOcspResponse, issuer: &Anchor, now: Time) -> Result<CardKey, StatusUnavailable> {
    let responder = &basic.tbs_response_data.responder_id;
    for certificate in basic.certs.iter().flatten() {
        let holder = &certificate.tbs_certificate;
        let (Ok(dn), Some(bits)) = (
            holder.subject.to_der(),
            holder.subject_public_key_info.subject_public_key.as_bytes(),
        ) else {
            continue;
        };
        if names(responder, &dn, bits) && may_answer(certificate, issuer, now) {
            return key_in(&holder.subject_public_key_info).ok_or(StatusUnavailable::Untrusted);
        }
    }
    if names(responder, issuer.dn(), issuer.key_bits()) {
        return Ok(issuer.key().clone());
    }
    Err(StatusUnavailable::Untrusted)
}

fn names(responder: &ResponderId, dn: &[u8], key_bits: &[u8]) -> bool {
    match responder {
        ResponderId::ByName(name) => name.to_der().is_ok_and(|name| name == dn),
        ResponderId::ByKey(hash) => hash.as_bytes() == digest(&SHA1_FOR_LEGACY_USE_ONLY, key_bits).as_ref(),
    }
}

/// Whether the CA of the card's certificate lets this one answer for it. Its own revocation is not asked
/// about, which the CA has to have said (RFC 6960 4.2.2.2.1).
fn may_answer(certificate: &x509_cert::Certificate, issuer: &Anchor, now: Time) -> bool {
    let holder = &certificate.tbs_certificate;
    let Ok(der) = certificate.to_der() else { return false };
    let extensions = holder.extensions.as_deref().unwrap_or_default();
    let value = |id| {
        extensions
            .iter()
            .find(|it| it.extn_id == id)
            .map(|it| it.extn_value.as_bytes())
    };
    let answers = value(EXTENDED_KEY_USAGE)
        .and_then(|usage| ExtendedKeyUsage::from_der(usage).ok())
        .is_some_and(|usage| usage.0.contains(&OCSP_SIGNING));
    let signs =
        value(KEY_USAGE).is_none_or(|usage| KeyUsage::from_der(usage).is_ok_and(|usage| usage.digital_signature()));
    let certifies = value(BASIC_CONSTRAINTS)
        .is_some_and(|constraints| BasicConstraints::from_der(constraints).map_or(true, |it| it.ca));
    let from = time(holder.validity.not_before.to_date_time());
    let until = time(holder.validity.not_after.to_date_time());
    answers
        && signs
        && !certifies
        && value(NO_CHECK).is_some()
        && are_understood(extensions, &[KEY_USAGE, EXTENDED_KEY_USAGE, BASIC_CONSTRAINTS])
        && from <= now
        && now <= until
        && holder.signature == certificate.signature_algorithm
        && Signed::of(&der).is_ok_and(|signed| signed.is_by(issuer.key()))
}
