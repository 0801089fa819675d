//! What a touch gave, ready to be sent.

use kinchaku_protocol::api::MinorEvidence;
use kinchaku_protocol::doc::field::{Bytes, to_bytes};
use kinchaku_protocol::doc::{CardMethod, LinkProof};
use kinchaku_protocol::jpki::attributes::BasicFour;
use kinchaku_protocol::jpki::statement::CardPurpose;

use super::error::LinkError;

/// A card's word about a challenge. The card's signatures were checked against its certificates when it was
/// read, so that a copied card is heard of at the touch.
#[derive(Clone, Debug)]
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

impl Evidence {
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
