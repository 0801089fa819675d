//! What a card signs for us. The card shows nobody what it signs, so everything that gives the signature
//! its meaning is inside: what for, which town, which challenge, which device, and what was agreed to.

use sha2::{Digest as _, Sha256};

use crate::doc::field::codes;
use crate::signature::PublicKey;

codes! {
    /// What a card's signature is for. A signature for one purpose is worth nothing for another.
    pub enum CardPurpose {
        /// The person links the card to the account.
        Link = 0,
        /// A guardian stands by a minor's linking.
        Guardian = 1,
        /// The person of the account is here.
        Login = 2,
        /// A locked PIN comes back.
        Unlock = 3,
        /// A My Key ID is made, changed or revoked.
        KeyId = 4,
    }
}

/// A statement to be signed by a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardStatement<'a> {
    /// What for.
    pub purpose: CardPurpose,
    /// The issuing region.
    pub muni: u64,
    /// The server's challenge.
    pub challenge: &'a [u8; 32],
    /// K_sync of the device that asks.
    pub sync_key: &'a PublicKey,
    /// What is agreed to beyond the purpose, empty where nothing is.
    pub details: &'a [u8],
}

impl CardStatement<'_> {
    /// The bytes whose hash the card signs: of one length, so that no two statements share them.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"kinchaku/card/1\0".to_vec();
        bytes.push(self.purpose.number());
        bytes.extend(self.muni.to_be_bytes());
        bytes.extend(self.challenge);
        bytes.extend(self.sync_key.0);
        bytes.extend(Sha256::digest(self.details));
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::{CardPurpose, CardStatement};
    use crate::signature::PublicKey;

    #[test]
    fn every_part_of_a_statement_changes_what_is_signed() {
        let (challenge, key) = ([7; 32], PublicKey([3; 33]));
        let usual = CardStatement {
            purpose: CardPurpose::Link,
            muni: 13_221,
            challenge: &challenge,
            sync_key: &key,
            details: b"",
        };
        let (other_challenge, other_key) = ([8; 32], PublicKey([2; 33]));
        let others = [
            CardStatement {
                purpose: CardPurpose::Login,
                ..usual
            },
            CardStatement { muni: 13_222, ..usual },
            CardStatement {
                challenge: &other_challenge,
                ..usual
            },
            CardStatement {
                sync_key: &other_key,
                ..usual
            },
            CardStatement { details: b"x", ..usual },
        ];
        assert_eq!(usual.bytes().len(), 16 + 1 + 8 + 32 + 33 + 32);
        for other in others {
            assert_ne!(other.bytes(), usual.bytes());
        }
    }
}
