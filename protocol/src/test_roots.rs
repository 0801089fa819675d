//! The roots of demonstrations and tests. Their private halves follow from published words, so whoever
//! trusts one trusts everybody: a build without the feature `demo` refuses both (docs/adr/0011).

use crate::signature::PublicKey;

/// The public keys of both test roots: the scalar of number N is SHA-256 of `kinchaku test root N`.
pub const TEST_ROOTS: [PublicKey; 2] = [
    PublicKey([
        0x03, 0x9a, 0x1f, 0xfe, 0x00, 0xbf, 0xea, 0x78, 0x94, 0x07, 0x10, 0x1d, 0xb6, 0xff, 0x1f, 0xb9, 0x45, 0xac,
        0xb8, 0xdd, 0x79, 0x5f, 0x85, 0xc6, 0xa8, 0x4b, 0x5d, 0x9e, 0xaa, 0x58, 0x70, 0xd1, 0xf8,
    ]),
    PublicKey([
        0x03, 0x6f, 0x69, 0x11, 0x37, 0xe4, 0x8c, 0xcc, 0x25, 0x8a, 0x6a, 0x71, 0x6e, 0xa1, 0x8d, 0xd6, 0x38, 0xca,
        0x04, 0x28, 0x7c, 0x2c, 0x94, 0x88, 0xf3, 0x3e, 0x3c, 0x89, 0x7d, 0xe9, 0x27, 0xe6, 0x3a,
    ]),
];

/// Whether this root's private half is public knowledge.
#[must_use]
pub fn is_test_root(key: &PublicKey) -> bool {
    TEST_ROOTS.contains(key)
}

#[cfg(test)]
mod tests {
    use super::{TEST_ROOTS, is_test_root};
    use crate::signature::{Signer as _, SoftwareSigner};
    use sha2::{Digest as _, Sha256};

    #[test]
    fn test_roots_are_known_by_their_public_keys() {
        for (number, known) in (0..).zip(TEST_ROOTS) {
            let words: String = format!("kinchaku test root {number}");
            let signer = SoftwareSigner::from_scalar(&Sha256::digest(words.as_bytes()).into()).unwrap();
            assert_eq!(signer.public_key(), known);
            assert!(is_test_root(&known));
        }
        let other = SoftwareSigner::from_scalar(&[7; 32]).unwrap().public_key();
        assert!(!is_test_root(&other));
    }
}
