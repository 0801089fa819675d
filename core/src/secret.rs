//! Bytes that nobody may see: wiped when dropped, and nothing of them in `Debug`.

use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// A secret. Reading it is visible in the code, as [`Secret::expose`].
pub struct Secret<T: Zeroize = Vec<u8>>(Zeroizing<T>);

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no random bytes from the operating system")]
pub struct NoRandom;

impl<T: Zeroize> Secret<T> {
    /// Takes the bytes over. The caller keeps no copy.
    pub fn new(bytes: T) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<const N: usize> Secret<[u8; N]> {
    /// Fresh random bytes.
    ///
    /// # Errors
    /// [`NoRandom`].
    pub fn random() -> Result<Self, NoRandom> {
        let mut secret = Self::new([0; N]);
        getrandom::fill(secret.0.as_mut_slice()).map_err(|_| NoRandom)?;
        Ok(secret)
    }

    /// From as many bytes, `None` for another length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::new)
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Random bytes that are no secret: salts, nonces, ids.
///
/// # Errors
/// [`NoRandom`].
pub fn random<const N: usize>() -> Result<[u8; N], NoRandom> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| NoRandom)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_secret_is_printed() {
        let secret = Secret::new([0x41; 4]);
        let text = format!("{secret:?} {:?}", Secret::new(b"AAAA".to_vec()));
        assert_eq!(text, "Secret Secret");
        assert_eq!(secret.expose(), b"AAAA");
    }
}
