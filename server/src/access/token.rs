//! A token as its owner keeps it: `kct_` and 160 random bits in small base32. Found by its hash, so that nothing is
//! compared character by character, and never kept.

use data_encoding::BASE32_NOPAD;
use kinchaku_protocol::ids::DocId;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::code::NoRandom;

/// What every token begins with, so that a scanner of leaked secrets knows one.
const PREFIX: &str = "kct_";

/// Letters after the prefix.
const LETTERS: usize = 32;

/// A fresh token.
///
/// # Errors
/// [`NoRandom`].
pub fn fresh() -> Result<Zeroizing<String>, NoRandom> {
    let mut random = Zeroizing::new([0; 20]);
    getrandom::fill(random.as_mut_slice()).map_err(|_| NoRandom)?;
    let letters = Zeroizing::new(BASE32_NOPAD.encode(random.as_slice()));
    Ok(Zeroizing::new(format!("{PREFIX}{}", letters.to_ascii_lowercase())))
}

/// What the books keep of a token; none where it cannot be one.
#[must_use]
pub fn hash(token: &str) -> Option<DocId> {
    let letters = token.strip_prefix(PREFIX)?;
    let formed = letters.len() == LETTERS
        && letters
            .bytes()
            .all(|letter| matches!(letter, b'a'..=b'z' | b'2'..=b'7'));
    formed.then(|| DocId(Sha256::digest(token).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_only_their_form_is_looked_up() {
        let (a, b) = (fresh().unwrap(), fresh().unwrap());
        assert_ne!(hash(&a).unwrap(), hash(&b).unwrap());
        assert_eq!(hash(&a), hash(&a));
        for other in [
            "",
            "kct_",
            a.strip_prefix("kct_").unwrap(),
            a.get(..a.len() - 1).unwrap(),
            &a.to_uppercase(),
            &format!("{}!", a.get(..35).unwrap()),
        ] {
            assert_eq!(hash(other), None, "{other}");
        }
    }
}
