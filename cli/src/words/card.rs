//! The card: what a touch found, and what was typed for it.

use kinchaku_core::card::{BadSecret, CardError, SecretKind};
use kinchaku_design::Key;

use crate::output::{Exit, Filling, Problem};

/// Why a touch came to nothing.
pub fn problem(error: CardError) -> Problem {
    let card = |key| Problem::new(key, Exit::Card);
    let entered = |key, kind| Problem::new(key, Exit::Pin).with("secret", secret(kind));
    match error {
        CardError::NotMyNumberCard => card(Key::ErrorCardNotMine),
        CardError::PhoneToken => card(Key::ErrorCardPhone),
        CardError::NoSignCertificate => card(Key::ErrorCardNoSign),
        CardError::NoAuthCertificate => card(Key::ErrorCardNoAuth),
        CardError::Wrong { secret, left } => entered(Key::ErrorCardWrong, secret).count("left", left),
        CardError::LastTry { secret } => entered(Key::ErrorCardLastTry, secret),
        CardError::Locked { secret } => entered(Key::ErrorCardLocked, secret),
        CardError::Unconfirmed { secret, left } => entered(Key::ErrorCardUnconfirmed, secret).count("left", left),
        CardError::TypeAgain { secret } => entered(Key::ErrorCardTypeAgain, secret),
        CardError::Expired { until } => card(Key::ErrorCardExpired).with("date", Filling::Day(until)),
        CardError::NotYetValid { .. } => card(Key::ErrorCardNotYet),
        CardError::NotTrusted => card(Key::ErrorCardUntrusted),
        CardError::Cloned => card(Key::ErrorCardCopy),
        CardError::UnknownKey => card(Key::ErrorCardNewKind),
        CardError::Malformed { .. } | CardError::Endless | CardError::Over => card(Key::ErrorCardUnreadable),
        CardError::Refused { status, .. } => card(Key::ErrorCardRefused).named("status", status.to_string()),
    }
}

/// Why what was typed cannot be the secret. Nothing of it was sent.
pub fn typed(error: BadSecret, kind: SecretKind) -> Problem {
    let (length_key, character_key) = match kind {
        SecretKind::SignPassword => (Key::ErrorCardPasswordLength, Key::ErrorCardPasswordCharacter),
        SecretKind::AuthPin | SecretKind::TextPin => (Key::ErrorCardPinLength, Key::ErrorCardPinCharacter),
    };
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    match error {
        BadSecret::Length { length } => Problem::new(length_key, Exit::Usage).count("length", number(length)),
        BadSecret::Character { position } => {
            Problem::new(character_key, Exit::Usage).count("position", number(position))
        }
    }
}

/// A secret by its name.
pub const fn secret(kind: SecretKind) -> Filling {
    let (word, key) = secret_word(kind);
    Filling::Word(word, key)
}

/// A secret's word for machines, and for people.
pub const fn secret_word(kind: SecretKind) -> (&'static str, Key) {
    match kind {
        SecretKind::SignPassword => ("sign_password", Key::CardSecretSign),
        SecretKind::AuthPin => ("auth_pin", Key::CardSecretAuth),
        SecretKind::TextPin => ("text_pin", Key::CardSecretText),
    }
}
