//! What a touch gave, ready to be sent.

use kinchaku_protocol::api::MinorEvidence;
use kinchaku_protocol::doc::field::{Bytes, to_bytes};
use kinchaku_protocol::doc::{CardMethod, LinkProof};
use kinchaku_protocol::jpki::attributes::BasicFour;
use kinchaku_protocol::jpki::statement::CardPurpose;

use super::error::LinkError;
use crate::card::{Authenticated, MinorLinked, SignLinked};

/// A card's word about a challenge. The card's signatures were checked against its certificates when it was
/// read, so that a copied card is heard of at the touch.
#[derive(Clone)]
pub enum Evidence {
    /// By the certificate for digital signatures: linking, for adults.
    Signature {
        /// DER.
        signature_certificate: Vec<u8>,
        /// DER; read from the same card without a PIN.
        authentication_certificate: Vec<u8>,
        /// Over the statement.
        signature: Vec<u8>,
        /// Who this is, as shown to the person.
        shown: BasicFour,
    },
    /// By the certificate for user authentication, with the card's own records: linking, for minors.
    Record {
        /// DER.
        authentication_certificate: Vec<u8>,
        /// Over the statement with EF 0002 as details.
        signature: Vec<u8>,
        /// The card's records, and the guardian's card.
        evidence: MinorEvidence,
        /// Who this is, as shown to the guardian.
        shown: BasicFour,
    },
    /// By the certificate for user authentication: everything but linking.
    Authentication {
        /// DER.
        certificate: Vec<u8>,
        /// Over the statement.
        signature: Vec<u8>,
    },
}

/// Certificates and records are name and address.
impl std::fmt::Debug for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Signature { .. } => "Evidence(Signature)",
            Self::Record { .. } => "Evidence(Record)",
            Self::Authentication { .. } => "Evidence(Authentication)",
        })
    }
}

impl TryFrom<SignLinked> for Evidence {
    type Error = LinkError;

    /// From an adult's touch.
    fn try_from(read: SignLinked) -> Result<Self, LinkError> {
        let attributes = read.sign.signed_attributes().ok_or(LinkError::WrongEvidence)?;
        Ok(Self::Signature {
            shown: attributes.four.clone(),
            signature_certificate: read.sign.der().to_vec(),
            authentication_certificate: read.auth.der().to_vec(),
            signature: read.signature,
        })
    }
}

impl From<Authenticated> for Evidence {
    fn from(read: Authenticated) -> Self {
        Self::Authentication {
            certificate: read.auth.der().to_vec(),
            signature: read.signature,
        }
    }
}

impl Evidence {
    /// From a minor's touch and the guardian's: the minor's card signed the challenge's statement, the guardian's
    /// its guardian statement, both with the minor's EF 0002 as details.
    #[must_use]
    pub fn of_minor(minor: MinorLinked, guardian: Authenticated) -> Self {
        let attributes = minor.attributes;
        Self::Record {
            authentication_certificate: minor.auth.der().to_vec(),
            signature: minor.signature,
            evidence: MinorEvidence {
                basic_four: Bytes(attributes.basic_four),
                integrity: Bytes(attributes.integrity),
                issuer_key: Bytes(attributes.issuer_certificate),
                guardian_certificate: Bytes(guardian.auth.der().to_vec()),
                guardian_signature: Bytes(guardian.signature),
            },
            shown: attributes.four,
        }
    }

    /// The document, and what is remembered where it is believed.
    pub(super) fn into_proof(
        self,
        purpose: CardPurpose,
        challenge: [u8; 32],
    ) -> Result<(LinkProof, Option<BasicFour>), LinkError> {
        let links = purpose == CardPurpose::Link;
        let proof = |method, certificates, signature, attributes: Option<&MinorEvidence>| LinkProof {
            challenge,
            method,
            certificates: Bytes(certificates),
            signature: Bytes(signature),
            attributes: attributes.map(|evidence| Bytes(to_bytes(evidence))),
        };
        match self {
            Self::Signature {
                signature_certificate,
                authentication_certificate,
                signature,
                shown,
            } if links => {
                let certificates = [signature_certificate, authentication_certificate].concat();
                let proof = proof(CardMethod::SignatureCertificate, certificates, signature, None);
                Ok((proof, Some(shown)))
            }
            Self::Record {
                authentication_certificate,
                signature,
                evidence,
                shown,
            } if links => {
                let method = CardMethod::CardRecord;
                let proof = proof(method, authentication_certificate, signature, Some(&evidence));
                Ok((proof, Some(shown)))
            }
            Self::Authentication { certificate, signature } if !links => Ok((
                proof(CardMethod::UserAuthentication, certificate, signature, None),
                None,
            )),
            _ => Err(LinkError::WrongEvidence),
        }
    }
}
