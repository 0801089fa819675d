//! One-time codes for people: invitations and unlocking. Twelve characters that cannot be mistaken for
//! each other (Crockford's base32), 60 bits. Only the hash is kept.

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Crockford's base32: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("no random bytes from the operating system")]
pub struct NoRandom;

/// A fresh code as it is printed: `XXXX-XXXX-XXXX`.
///
/// # Errors
/// [`NoRandom`].
pub fn fresh() -> Result<Zeroizing<String>, NoRandom> {
    let mut random = Zeroizing::new([0_u8; 12]);
    getrandom::fill(random.as_mut_slice()).map_err(|_| NoRandom)?;
    let mut code = Zeroizing::new(String::new());
    for (at, byte) in random.iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            code.push('-');
        }
        // 256 is a multiple of 32, so that no character is more likely than another.
        let letter = ALPHABET.get(usize::from(byte % 32));
        code.push(letter.copied().map_or('0', char::from));
    }
    Ok(code)
}

/// The hash of a code as somebody typed it: small letters, spaces and hyphens do not matter, and letters
/// that look like digits count as those.
#[must_use]
pub fn hash(typed: &str) -> [u8; 32] {
    let mut plain = Zeroizing::new(String::new());
    for letter in typed.chars() {
        match letter.to_ascii_uppercase() {
            '-' | ' ' => {}
            'I' | 'L' => plain.push('1'),
            'O' => plain.push('0'),
            other => plain.push(other),
        }
    }
    Sha256::digest(plain.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_recognised_however_it_is_typed() {
        let printed = hash("10AB-CDEF-GHJK");
        assert_eq!(hash("10abcdefghjk"), printed);
        assert_eq!(hash(" lO ab-cdef ghjk"), printed);
        assert_ne!(hash("10AB-CDEF-GHJM"), printed);
    }

    #[test]
    fn codes_differ_and_have_their_form() {
        let (a, b) = (fresh().unwrap(), fresh().unwrap());
        assert_ne!(*a, *b);
        assert_eq!(a.len(), 14);
        assert!(a.split('-').all(|group| group.len() == 4));
    }
}
