//! Why the server could not be asked or was not believed.

use kinchaku_core::network::NetworkError;
use kinchaku_core::sync::SyncError as Core;
use kinchaku_core::trust::TrustError;

use super::Trouble;

/// Why a sync stopped. Nothing is lost: the next one goes on from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum SyncError {
    /// No network, or no server at the other end: weather, not an accident.
    #[error("no network")]
    Offline,
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
    /// The server is not the one this app was built for: somebody stands in between.
    #[error("not the server this app knows")]
    WrongServer,
    /// The server is busy.
    #[error("the server asks to wait")]
    Busy {
        /// When to come back, in seconds.
        wait_s: i64,
    },
    /// The server refused this device or this request.
    #[error("the server refused with status {status}")]
    Refused {
        /// The HTTP status.
        status: i32,
    },
    /// The server speaks another version: update the app, or wait until the server is updated.
    #[error("the server speaks another version")]
    OtherVersion {
        /// What it speaks, if it said.
        server: Option<i32>,
    },
    /// The server said something that nothing proves. It was ignored.
    #[error("an unproven answer")]
    Unproven {
        /// What is wrong with the proof.
        why: ProofFault,
    },
    /// The server's answer does not read.
    #[error("the answer does not read")]
    Nonsense,
    /// Not enrolled.
    #[error("not enrolled")]
    NotEnrolled,
    /// The phone or the wallet itself.
    #[error("{trouble}")]
    Device {
        /// What.
        trouble: Trouble,
    },
}

/// Why a document is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ProofFault {
    /// It does not read.
    Unreadable,
    /// Nobody signed it whom this device knows.
    UnknownKey,
    /// The signature is of something else.
    Signature,
    /// Its key could not sign at that time.
    KeyTime,
    /// It is older than what is known.
    Outdated,
    /// The root is one for tests, and this is a release.
    TestRoot,
}

super::from_trouble!(SyncError);

impl From<Core> for SyncError {
    fn from(error: Core) -> Self {
        match error {
            Core::Network(NetworkError::Offline) => Self::Offline,
            Core::Network(NetworkError::Timeout) => Self::Timeout,
            Core::Network(NetworkError::Pin | NetworkError::Address) => Self::WrongServer,
            Core::Network(NetworkError::TooLarge) | Core::Nonsense => Self::Nonsense,
            Core::Busy { seconds } => Self::Busy {
                wait_s: crate::value::seconds(seconds),
            },
            Core::Refused { status } => Self::Refused { status: status.into() },
            Core::Version { server } => Self::OtherVersion {
                server: server.map(i32::from),
            },
            Core::Unproven(error) => Self::Unproven { why: error.into() },
            Core::NotEnrolled => Self::NotEnrolled,
            Core::Key(error) => Self::Device { trouble: error.into() },
            Core::Store(error) => Self::Device { trouble: error.into() },
        }
    }
}

impl From<TrustError> for ProofFault {
    fn from(error: TrustError) -> Self {
        match error {
            TrustError::Document(_) => Self::Unreadable,
            TrustError::UnknownKey => Self::UnknownKey,
            TrustError::Signature(_) => Self::Signature,
            TrustError::KeyTime => Self::KeyTime,
            TrustError::Outdated => Self::Outdated,
            TrustError::TestRoot => Self::TestRoot,
        }
    }
}
