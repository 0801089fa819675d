//! What a person typed, taken over from a buffer that the caller wipes: it is nowhere in a language's own text, and is
//! wiped here when the object is closed.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use kinchaku_core::card;
use kinchaku_core::lock;

use crate::error::{PinTextError, SecretError};

/// A PIN of four digits, of either width.
#[derive(uniffi::Object)]
pub struct Pin(pub(crate) lock::Pin);

#[uniffi::export]
impl Pin {
    /// From UTF-8 in a direct buffer.
    ///
    /// # Errors
    /// [`PinTextError`].
    #[uniffi::constructor]
    pub fn typed(utf8: &[u8]) -> Result<Arc<Self>, PinTextError> {
        let text = std::str::from_utf8(utf8).map_err(|_| PinTextError::NotFourDigits)?;
        let pin = lock::Pin::parse(text).map_err(|_| PinTextError::NotFourDigits)?;
        Ok(Arc::new(Self(pin)))
    }

    /// One digit four times, or a run: such a PIN is not taken. To be said while it is typed.
    #[must_use]
    pub fn is_too_easy(&self) -> bool {
        self.0.is_trivial()
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin")
    }
}

/// 署名用 password of a card, 6 to 16 capitals and digits; small letters and full width are taken as such. Good for one
/// conversation.
#[derive(uniffi::Object)]
pub struct SignPassword(Mutex<Option<card::SignPassword>>);

#[uniffi::export]
impl SignPassword {
    /// From UTF-8 in a direct buffer.
    ///
    /// # Errors
    /// [`SecretError`]; no try of the card was used.
    #[uniffi::constructor]
    pub fn typed(utf8: &[u8]) -> Result<Arc<Self>, SecretError> {
        let text = std::str::from_utf8(utf8).map_err(|_| SecretError::Character { position: 1 })?;
        Ok(Arc::new(Self(Mutex::new(Some(card::SignPassword::parse(text)?)))))
    }
}

impl SignPassword {
    /// The password, once: what a person typed reaches the card at most once.
    pub(crate) fn take(&self) -> Option<card::SignPassword> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for SignPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignPassword")
    }
}
