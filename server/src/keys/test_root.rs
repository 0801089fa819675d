//! The private halves of the published test roots ([`kinchaku_protocol::test_roots`]), for demonstrations:
//! only with the feature `demo` (docs/adr/0011).

use kinchaku_protocol::signature::{SignatureError, SoftwareSigner};
use sha2::{Digest as _, Sha256};

/// Test root 0 or 1: the scalar is SHA-256 of `kinchaku test root N`.
///
/// # Errors
/// [`SignatureError::BadKey`] never, as the test shows.
pub(super) fn test_root(number: u8) -> Result<SoftwareSigner, SignatureError> {
    let words = format!("kinchaku test root {number}");
    SoftwareSigner::from_scalar(&Sha256::digest(words.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::test_root;
    use kinchaku_protocol::signature::Signer as _;
    use kinchaku_protocol::test_roots::TEST_ROOTS;

    #[test]
    fn both_test_roots_are_the_published_ones() {
        for (number, known) in (0..).zip(TEST_ROOTS) {
            assert_eq!(test_root(number).unwrap().public_key().0, known.0);
        }
    }
}
