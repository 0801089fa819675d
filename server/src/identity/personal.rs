//! What is known of a person, as it lies sealed: who it is and which certificate says so. Nothing of it is
//! printed by `Debug`, logged, or in an error.

use std::fmt;

use kinchaku_protocol::api::MinorEvidence;
use kinchaku_protocol::doc::field::{Bytes, Field, Sink, WrongValue, from_bytes, to_bytes};
use kinchaku_protocol::doc::{CardMethod, LinkProof};
use kinchaku_protocol::jpki::attributes::{BasicFour, Substituted};
use kinchaku_protocol::jpki::certificate::KeyName;
use kinchaku_protocol::time::Time;

use super::proven::{CardName, ProvenCard};

/// The four attributes of a person, official since a card proved them (F055).
#[derive(Clone, PartialEq, Eq)]
pub struct Official {
    /// 基本4情報.
    pub four: BasicFour,
    /// Which characters stand for others.
    pub substituted: Substituted,
    /// How they were proven.
    pub source: CardMethod,
    /// When.
    pub as_of: Time,
    /// The certificate that vouches for them: its status is asked every month.
    pub certificate: Certificate,
}

/// A certificate, to be asked about later on.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    /// What names it.
    pub name: KeyName,
    /// The last second it is good for.
    pub until: Time,
    /// In DER.
    pub der: Vec<u8>,
}

impl From<&CardName> for Certificate {
    fn from(card: &CardName) -> Self {
        Self {
            name: card.key_name.clone(),
            until: card.until,
            der: card.der.clone(),
        }
    }
}

impl Official {
    /// What a proof says of a person; none where it says nothing of one.
    #[must_use]
    pub fn of(card: &ProvenCard) -> Option<Self> {
        let signed = card.attributes.as_ref()?;
        let vouching = card.sign.as_ref().unwrap_or(&card.auth);
        Some(Self {
            four: signed.four.clone(),
            substituted: signed.substituted.clone(),
            source: card.method,
            as_of: card.checked_at,
            certificate: vouching.into(),
        })
    }
}

/// Whether two birth dates, known as far as they are, cannot be the same.
#[must_use]
pub fn born_otherwise(one: &BasicFour, other: &BasicFour) -> bool {
    match (one.birth.range(), other.birth.range()) {
        (Some(one), Some(other)) => one.0 > other.1 || other.0 > one.1,
        _ => false,
    }
}

/// The proof as evidence. Of a minor's, the issuer's signature over the card's hashes is left out: one of
/// those hashes is of the individual number, which could be computed from it. That it held is the fact.
#[must_use]
pub fn evidence(proof: &LinkProof, signed: &[u8], details: &[u8]) -> Vec<u8> {
    let signed = match proof.method {
        CardMethod::CardRecord => Vec::new(),
        _ => signed.to_vec(),
    };
    let minor = proof
        .attributes
        .as_ref()
        .and_then(|bytes| from_bytes::<MinorEvidence>(&bytes.0).ok());
    let minor = minor.map(|minor| MinorEvidence {
        integrity: Bytes::default(),
        ..minor
    });
    let parts: Vec<Bytes> = vec![
        Bytes(signed),
        Bytes(proof.challenge.to_vec()),
        proof.certificates.clone(),
        proof.signature.clone(),
        Bytes(details.to_vec()),
        Bytes(minor.map(|minor| to_bytes(&minor)).unwrap_or_default()),
    ];
    to_bytes(&parts)
}

impl Field for Certificate {
    fn put(&self, to: &mut Sink<'_>) {
        let _ = to.array(4);
        Bytes(self.name.aki.to_vec()).put(to);
        Bytes(self.name.serial.clone()).put(to);
        self.until.put(to);
        Bytes(self.der.clone()).put(to);
    }

    fn take(from: &mut minicbor::Decoder<'_>) -> Result<Self, WrongValue> {
        if from.array()? != Some(4) {
            return Err(WrongValue);
        }
        let aki: Bytes = Field::take(from)?;
        let serial: Bytes = Field::take(from)?;
        let until = Field::take(from)?;
        let der: Bytes = Field::take(from)?;
        Ok(Self {
            name: KeyName {
                aki: <[u8; 20]>::try_from(aki.0.as_slice()).map_err(|_| WrongValue)?,
                serial: serial.0,
            },
            until,
            der: der.0,
        })
    }
}

impl Field for Official {
    fn put(&self, to: &mut Sink<'_>) {
        let _ = to.array(5);
        self.four.put(to);
        self.substituted.put(to);
        self.source.put(to);
        self.as_of.put(to);
        self.certificate.put(to);
    }

    fn take(from: &mut minicbor::Decoder<'_>) -> Result<Self, WrongValue> {
        if from.array()? != Some(5) {
            return Err(WrongValue);
        }
        Ok(Self {
            four: Field::take(from)?,
            substituted: Field::take(from)?,
            source: Field::take(from)?,
            as_of: Field::take(from)?,
            certificate: Field::take(from)?,
        })
    }
}

impl fmt::Debug for Official {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Official(..)")
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinchaku_protocol::doc::Document as _;
    use kinchaku_protocol::jpki::attributes::{BirthDate, Sex};

    fn born(year: Option<u16>, month: Option<u8>, day: Option<u8>) -> BasicFour {
        let birth = BirthDate::new(year, month, day).unwrap();
        BasicFour::new("名".to_owned(), "所".to_owned(), birth, Sex::Unknown).unwrap()
    }

    #[test]
    fn only_birth_dates_that_exclude_each_other_part_two_persons() {
        let known = born(Some(1985), Some(2), Some(3));
        assert!(!born_otherwise(&known, &known));
        assert!(born_otherwise(&known, &born(Some(1985), Some(2), Some(4))));
        assert!(!born_otherwise(&known, &born(Some(1985), Some(2), None)));
        assert!(!born_otherwise(&known, &born(Some(1985), None, None)));
        assert!(born_otherwise(&born(Some(1986), None, None), &known));
        assert!(!born_otherwise(&known, &born(None, Some(9), Some(9))));
    }

    /// The hash of the individual number does not come into the database, sealed or not.
    #[test]
    fn of_a_minors_proof_the_hashes_of_the_card_are_left_out() {
        let integrity = vec![0x5a; 40];
        let minor = MinorEvidence {
            basic_four: Bytes(vec![1; 30]),
            integrity: Bytes(integrity.clone()),
            issuer_key: Bytes(vec![2; 30]),
            guardian_certificate: Bytes(vec![3; 30]),
            guardian_signature: Bytes(vec![4; 30]),
        };
        let proof = LinkProof {
            challenge: [7; 32],
            method: CardMethod::CardRecord,
            certificates: Bytes(vec![5; 30]),
            signature: Bytes(vec![6; 30]),
            attributes: Some(Bytes(to_bytes(&minor))),
        };
        let kept = evidence(&proof, &proof.encode(), b"");
        let holds = |part: &[u8]| kept.windows(part.len()).any(|window| window == part);
        assert!(!holds(&integrity));
        for kind in [1_u8, 2, 3, 4, 5, 6] {
            assert!(holds(&[kind; 30]), "{kind}");
        }
    }
}
