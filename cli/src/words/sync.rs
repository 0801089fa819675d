//! The network and the server.

use kinchaku_core::network::NetworkError;
use kinchaku_core::sync::SyncError;
use kinchaku_core::trust::TrustError;
use kinchaku_design::Key;
use kinchaku_protocol::doc::DocError;

use super::store;
use crate::output::{Exit, Problem};

/// Why a sync stopped.
pub fn problem(error: &SyncError) -> Problem {
    match error {
        SyncError::Network(error) => network(*error),
        SyncError::Busy { .. } => Problem::new(Key::ErrorServerBusy, Exit::NeedsNetwork),
        SyncError::Refused { .. } => Problem::new(Key::ErrorServerRefused, Exit::Refused),
        SyncError::Version { .. } => Problem::new(Key::ErrorServerVersion, Exit::Other),
        SyncError::Unproven(error) => trust(*error),
        SyncError::Nonsense => Problem::new(Key::ErrorServerNonsense, Exit::Other),
        SyncError::NotEnrolled => Problem::new(Key::ErrorNotEnrolled, Exit::Other),
        SyncError::Key(error) => store::key(*error),
        SyncError::Store(error) => store::store(error),
    }
}

/// Why there was no answer.
pub fn network(error: NetworkError) -> Problem {
    match error {
        NetworkError::Offline | NetworkError::Timeout => Problem::new(Key::ErrorOffline, Exit::NeedsNetwork),
        NetworkError::Pin => Problem::new(Key::ErrorServerUnsigned, Exit::Refused),
        NetworkError::TooLarge => Problem::new(Key::ErrorServerNonsense, Exit::Other),
        NetworkError::Address => Problem::new(Key::ErrorServerAddress, Exit::Usage),
    }
}

/// Why an answer was not believed: it does not read, it is of newer software, or nobody of the town signed it.
pub fn trust(error: TrustError) -> Problem {
    match error {
        TrustError::Document(DocError::Newer { .. }) => Problem::new(Key::ErrorServerVersion, Exit::Other),
        TrustError::Document(_) => Problem::new(Key::ErrorServerNonsense, Exit::Other),
        TrustError::UnknownKey | TrustError::Signature(_) | TrustError::KeyTime => {
            Problem::new(Key::ErrorServerUnsigned, Exit::Refused)
        }
        TrustError::Outdated => Problem::new(Key::ErrorKeysOlder, Exit::Refused),
        TrustError::TestRoot => Problem::new(Key::ErrorTestRoots, Exit::Refused),
    }
}

/// How a sync that failed concerns somebody who wants to go on without a network.
#[derive(Debug, PartialEq, Eq)]
pub enum Standing {
    /// No network: nothing to be worried about.
    Calm,
    /// There is a server, and something is wrong with it: said, and gone on without.
    Warn(Problem),
    /// The device itself: nothing goes on.
    Stop(Problem),
}

/// Sorts a failed sync.
pub fn standing(error: &SyncError) -> Standing {
    match error {
        SyncError::Network(NetworkError::Offline | NetworkError::Timeout) | SyncError::Busy { .. } => Standing::Calm,
        SyncError::Network(NetworkError::Pin | NetworkError::TooLarge | NetworkError::Address)
        | SyncError::Refused { .. }
        | SyncError::Version { .. }
        | SyncError::Unproven(_)
        | SyncError::Nonsense => Standing::Warn(problem(error)),
        SyncError::NotEnrolled | SyncError::Key(_) | SyncError::Store(_) => Standing::Stop(problem(error)),
    }
}
