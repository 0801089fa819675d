//! Cards of the test JPKI, what they sign, and whom a town asks about them.

use kinchaku_fixtures::jpki::keys::Keys;
use kinchaku_fixtures::jpki::profile::Usage;
use kinchaku_fixtures::jpki::{Authority, Responder, cvc, files, register, text};
use kinchaku_protocol::api::MinorEvidence;
use kinchaku_protocol::doc::field::{Bytes, to_bytes};
use kinchaku_protocol::doc::{CardMethod, LinkProof};
use kinchaku_protocol::jpki::card_record::CvcRoots;
use kinchaku_protocol::jpki::certificate::Certificate;
use kinchaku_protocol::jpki::statement::{CardPurpose, CardStatement};
use kinchaku_protocol::jpki::trust::Anchors;
use kinchaku_protocol::signature::PublicKey;
use kinchaku_protocol::time::Time;
use kinchaku_server::config::JpkiConfig;
use kinchaku_server::identity::prove::{CardTrust, Expectation, ProofError, prove};
use kinchaku_server::identity::proven::ProvenCard;
use kinchaku_server::identity::status::Layered;

/// 2026-11-21, 09:00 in Japan.
pub const NOW: Time = Time(1_795_219_200);

pub const MUNI: u64 = 13_999;
pub const CHALLENGE: [u8; 32] = [7; 32];
pub const DEVICE: PublicKey = PublicKey([3; 33]);

/// A JPKI by the test's clock.
pub fn responder() -> Responder {
    Responder::start_at(0, || NOW.0).unwrap()
}

/// Every way to ask it.
pub fn settings(responder: &Responder) -> JpkiConfig {
    let at = |path: &str| format!("http://{}/{path}", responder.address());
    JpkiConfig {
        ocsp: Some(at("ocsp")),
        crls: Authority::ANCHORS.map(|authority| at(&crl(authority))).to_vec(),
        platform: Some(at("correspondence")),
    }
}

/// Where the list of this CA is.
pub fn crl(authority: Authority) -> String {
    let kind = match authority.usage() {
        Usage::Authentication => "auth",
        Usage::Signature => "sign",
    };
    let id: String = authority
        .key_id(Keys::committed())
        .unwrap()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("crl/{kind}/{id}")
}

/// What a town that believes the test JPKI believes.
pub fn trust() -> CardTrust {
    let anchors = Authority::ANCHORS.map(|authority| authority.certificate().unwrap().to_vec());
    CardTrust {
        anchors: Anchors::of(&anchors).unwrap(),
        cvc_roots: CvcRoots::of(&cvc::Application::Text.anchor(Keys::committed()).unwrap()).unwrap(),
    }
}

/// A certificate by its committed name, in DER.
pub fn der(name: &str) -> &'static [u8] {
    files::certificate(name).unwrap()
}

pub fn certificate(name: &str) -> Certificate {
    Certificate::read(der(name)).unwrap()
}

/// What the server gave the challenge out for.
pub fn expects(purpose: CardPurpose) -> Expectation<'static> {
    Expectation {
        purpose,
        muni: MUNI,
        challenge: &CHALLENGE,
        sync_key: &DEVICE,
        details: &[],
    }
}

/// What the key of this name signs where `expectation` is asked for.
pub fn signed(key: &str, expectation: &Expectation<'_>) -> Bytes {
    Bytes(Keys::committed().sign(key, &statement(expectation)).unwrap())
}

pub fn statement(expectation: &Expectation<'_>) -> Vec<u8> {
    CardStatement {
        purpose: expectation.purpose,
        muni: expectation.muni,
        challenge: expectation.challenge,
        sync_key: expectation.sync_key,
        details: expectation.details,
    }
    .bytes()
}

/// An adult's proof with these certificates, signed by the key named like the first one.
pub fn adult(certificates: &[&str], expectation: &Expectation<'_>) -> LinkProof {
    let method = CardMethod::SignatureCertificate;
    proof(method, certificates, signed(certificates[0], expectation), expectation)
}

/// The proof that the holder of this certificate for user authentication is here.
pub fn login(name: &str, expectation: &Expectation<'_>) -> LinkProof {
    let method = CardMethod::UserAuthentication;
    proof(method, &[name], signed(name, expectation), expectation)
}

pub fn proof(method: CardMethod, certificates: &[&str], signature: Bytes, expectation: &Expectation<'_>) -> LinkProof {
    LinkProof {
        challenge: *expectation.challenge,
        method,
        certificates: Bytes(certificates.iter().flat_map(|name| der(name)).copied().collect()),
        signature,
        attributes: None,
    }
}

/// The child's linking with a guardian beside it, before anybody meddles with it.
pub struct Minor {
    pub child: &'static str,
    pub guardian: &'static str,
    /// Whose record of attributes.
    pub record: &'static str,
}

impl Minor {
    pub const USUAL: Self = Self {
        child: "child-auth",
        guardian: "adult-auth",
        record: "child",
    };

    pub fn evidence(&self, expectation: &Expectation<'_>) -> MinorEvidence {
        let record = text::personalise(Keys::committed(), register::card(self.record).unwrap()).unwrap();
        let agreed = Expectation {
            purpose: CardPurpose::Guardian,
            details: &record.basic_four,
            ..*expectation
        };
        MinorEvidence {
            guardian_signature: signed(self.guardian, &agreed),
            guardian_certificate: Bytes(der(self.guardian).to_vec()),
            basic_four: Bytes(record.basic_four),
            integrity: Bytes(record.integrity),
            issuer_key: Bytes(record.cvc),
        }
    }

    pub fn proof(&self, expectation: &Expectation<'_>) -> LinkProof {
        self.proof_with(&self.evidence(expectation), expectation)
    }

    /// The child's card signs what this evidence says.
    pub fn proof_with(&self, evidence: &MinorEvidence, expectation: &Expectation<'_>) -> LinkProof {
        let agreed = Expectation {
            details: &evidence.basic_four.0,
            ..*expectation
        };
        LinkProof {
            attributes: Some(Bytes(to_bytes(evidence))),
            ..proof(
                CardMethod::CardRecord,
                &[self.child],
                signed(self.child, &agreed),
                expectation,
            )
        }
    }
}

/// What a town says of a proof, asking this JPKI.
pub async fn judged(
    proof: &LinkProof,
    expectation: &Expectation<'_>,
    responder: &Responder,
) -> Result<ProvenCard, ProofError> {
    let status = Layered::of(&settings(responder)).unwrap();
    prove(proof, expectation, &trust(), &status, NOW).await
}
