//! How a conversation with a card ends without what it was for.

use kinchaku_core::card::{BadSecret, CardError as Core, File, SecretKind};

use super::Trouble;
use crate::value::{count, epoch_s};

/// What a person types for a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum CardSecretKind {
    /// 署名用 password, 6 to 16 capitals and digits.
    SignPassword,
    /// 利用者証明用 PIN, four digits.
    AuthPin,
    /// 券面事項入力補助用 PIN, four digits.
    TextPin,
}

impl From<SecretKind> for CardSecretKind {
    fn from(kind: SecretKind) -> Self {
        match kind {
            SecretKind::SignPassword => Self::SignPassword,
            SecretKind::AuthPin => Self::AuthPin,
            SecretKind::TextPin => Self::TextPin,
        }
    }
}

/// A file of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum CardFile {
    /// 署名用 certificate.
    SignCertificate,
    /// 利用者証明用 certificate.
    AuthCertificate,
    /// What it is.
    TokenInfo,
    /// Which certificates are there.
    Availability,
    /// Name, address, birth date, sex.
    BasicFour,
    /// The issuer's signature over them.
    Integrity,
    /// The certificate of the issuer's key.
    IssuerCertificate,
    /// The application's own key.
    PresenceKey,
}

impl From<File> for CardFile {
    fn from(file: File) -> Self {
        match file {
            File::SignCertificate => Self::SignCertificate,
            File::AuthCertificate => Self::AuthCertificate,
            File::TokenInfo => Self::TokenInfo,
            File::Availability => Self::Availability,
            File::BasicFour => Self::BasicFour,
            File::Integrity => Self::Integrity,
            File::IssuerCertificate => Self::IssuerCertificate,
            File::PresenceKey => Self::PresenceKey,
        }
    }
}

/// Why what was typed cannot be the secret; no try was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum SecretError {
    /// A character that cannot be part of it.
    #[error("character {position} cannot be part of it")]
    Character {
        /// Counted from 1.
        position: i32,
    },
    /// Too short or too long.
    #[error("{length} characters")]
    Length {
        /// As typed.
        length: i32,
    },
}

impl From<BadSecret> for SecretError {
    fn from(error: BadSecret) -> Self {
        match error {
            BadSecret::Character { position } => Self::Character {
                position: count(position),
            },
            BadSecret::Length { length } => Self::Length { length: count(length) },
        }
    }
}

/// Why a conversation with a card ended. What was typed for it is gone; another one needs it typed again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum CardError {
    /// Another card.
    #[error("not a My Number card")]
    NotMyNumberCard,
    /// A phone that holds certificates.
    #[error("a phone, not a card")]
    PhoneToken,
    /// Under 15, or declined (F053).
    #[error("no certificate for signatures")]
    NoSignCertificate,
    /// Declined, or taken off.
    #[error("no certificate for user authentication")]
    NoAuthCertificate,
    /// The card counted a wrong try.
    #[error("wrong")]
    Wrong {
        /// Of which secret.
        secret: CardSecretKind,
        /// Tries that are left, at least one.
        left: i32,
    },
    /// One try is left, and the person did not agree to use it. Nothing was sent.
    #[error("one try is left")]
    LastTry {
        /// Of which secret.
        secret: CardSecretKind,
    },
    /// No try is left; the municipal office unlocks it (F140).
    #[error("locked")]
    Locked {
        /// Which secret.
        secret: CardSecretKind,
    },
    /// The link was lost while the card had the secret; this is what the next touch found.
    #[error("unknown whether it was right")]
    Unconfirmed {
        /// Which secret.
        secret: CardSecretKind,
        /// Tries that are left, at least one.
        left: i32,
    },
    /// The secret was right, and the link was lost before the end: type it again.
    #[error("to be typed again")]
    TypeAgain {
        /// Which secret.
        secret: CardSecretKind,
    },
    /// The certificate's time is over.
    #[error("expired")]
    Expired {
        /// Its end.
        until_s: i64,
    },
    /// The certificate's time has not begun: the clock may be wrong.
    #[error("not valid yet")]
    NotYetValid {
        /// Its beginning.
        from_s: i64,
    },
    /// Nobody we trust issued it.
    #[error("not trusted")]
    NotTrusted,
    /// A copy of a card.
    #[error("the card does not have the key of its certificate")]
    Cloned,
    /// A key of a kind nobody knows yet.
    #[error("a key of an unknown kind")]
    UnknownKey,
    /// A file that is not what it should be.
    #[error("{file:?} does not read")]
    Malformed {
        /// Which.
        file: CardFile,
    },
    /// The card refused in a way that says nothing to a person.
    #[error("refused with {status}")]
    Refused {
        /// The card's status word, for support.
        status: String,
    },
    /// The card went on answering and came to no end.
    #[error("a card that comes to no end")]
    Endless,
    /// The card went away; nothing was lost by it. Touch again.
    #[error("the card is gone")]
    Lost,
    /// This conversation has ended before, or nothing was typed for it.
    #[error("the conversation is over")]
    Over,
    /// The phone or the wallet itself.
    #[error("{trouble}")]
    Device {
        /// What.
        trouble: Trouble,
    },
}

super::from_trouble!(CardError);

impl From<Core> for CardError {
    fn from(error: Core) -> Self {
        match error {
            Core::NotMyNumberCard => Self::NotMyNumberCard,
            Core::PhoneToken => Self::PhoneToken,
            Core::NoSignCertificate => Self::NoSignCertificate,
            Core::NoAuthCertificate => Self::NoAuthCertificate,
            Core::Wrong { secret, left } => Self::Wrong {
                secret: secret.into(),
                left: left.into(),
            },
            Core::LastTry { secret } => Self::LastTry { secret: secret.into() },
            Core::Locked { secret } => Self::Locked { secret: secret.into() },
            Core::Unconfirmed { secret, left } => Self::Unconfirmed {
                secret: secret.into(),
                left: left.into(),
            },
            Core::TypeAgain { secret } => Self::TypeAgain { secret: secret.into() },
            Core::Expired { until } => Self::Expired {
                until_s: epoch_s(until),
            },
            Core::NotYetValid { from } => Self::NotYetValid { from_s: epoch_s(from) },
            Core::NotTrusted => Self::NotTrusted,
            Core::Cloned => Self::Cloned,
            Core::UnknownKey => Self::UnknownKey,
            Core::Malformed { file } => Self::Malformed { file: file.into() },
            Core::Refused { command: _, status } => Self::Refused {
                status: status.to_string(),
            },
            Core::Endless => Self::Endless,
            Core::Over => Self::Over,
        }
    }
}
