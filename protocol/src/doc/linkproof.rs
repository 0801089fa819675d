//! `linkproof`: a My Number card signed the server's challenge. Signed by K_sync of the device at which
//! the card was read, so that the card's word and the device's travel together.
//!
//! It carries certificates with the name and address of a person: a server keeps it sealed and erasable,
//! never beside the books.

use super::field::{Bytes, codes};
use super::{Constraints, document};

/// The largest, in bytes of payload: three certificates and the records of a card.
pub const MAX_LINK_PROOF: usize = 16 * 1_024;

codes! {
    /// What the card proved, and with what.
    pub enum CardMethod {
        /// The certificate for digital signatures, which has name, address, birth date and sex.
        SignatureCertificate = 0,
        /// The certificate for user authentication, and the attributes as the card's issuer signed them:
        /// for minors, who have no certificate for signatures (F053).
        CardRecord = 1,
        /// The certificate for user authentication alone: the same person is here again.
        UserAuthentication = 2,
    }
}

document! {
    /// A card's signature over a challenge.
    pub struct LinkProof = 14 v 1 "linkproof" max MAX_LINK_PROOF, {
        /// The server's challenge.
        2 => challenge: [u8; 32],
        /// What the card proved.
        3 => method: CardMethod,
        /// DER, one after another: for [`CardMethod::SignatureCertificate`] that certificate and the one
        /// for user authentication, else the latter alone.
        4 => certificates: Bytes,
        /// The card's signature of the `CardStatement`, by the first certificate's key.
        5 => signature: Bytes;
        /// For [`CardMethod::CardRecord`]: `MinorEvidence`.
        ? 6 => attributes: Bytes,
    }
}

impl Constraints for LinkProof {
    fn check(&self) -> Result<(), u8> {
        (!self.certificates.0.is_empty()).then_some(()).ok_or(4)?;
        (!self.signature.0.is_empty()).then_some(()).ok_or(5)?;
        (self.attributes.is_some() == (self.method == CardMethod::CardRecord))
            .then_some(())
            .ok_or(6)
    }
}
