//! Why a wallet does not open.

use kinchaku_core::network::NetworkError;
use kinchaku_core::store::{KeyTrouble, OpenError as Core};

use super::Trouble;

/// Why the wallet does not open. Nothing is ever deleted: what cannot be read is set aside and named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum OpenError {
    /// A root the app was built with is not a key.
    #[error("root {position} is not a key")]
    BadRoot {
        /// Counted from 0.
        position: i32,
    },
    /// The address of the server, or an authority of its certificate, cannot be used.
    #[error("the server's address or authority cannot be used")]
    BadServer,
    /// There is a database but not its key: restored from a backup, or a file is missing.
    #[error("the key of the database is missing")]
    KeyMissing,
    /// Key and database do not belong together. Both were set aside.
    #[error("the database belongs to another key")]
    WrongKey {
        /// The name it is kept under.
        kept_as: String,
    },
    /// The database cannot be read. It was set aside: what the server knows comes back by enrolling again.
    #[error("the database is damaged")]
    Damaged {
        /// The name it is kept under.
        kept_as: String,
    },
    /// A newer version of the app wrote it: update the app.
    #[error("written by a newer version")]
    TooNew,
    /// It is open already, in this process or another one.
    #[error("the wallet is open elsewhere")]
    OpenElsewhere,
    /// The phone or the wallet itself.
    #[error("{trouble}")]
    Device {
        /// What.
        trouble: Trouble,
    },
}

super::from_trouble!(OpenError);

impl From<Core> for OpenError {
    fn from(error: Core) -> Self {
        let trouble = match error {
            Core::KeyUnavailable(KeyTrouble::Vault(error)) => error.into(),
            Core::KeyUnavailable(KeyTrouble::EnvelopeMissing | KeyTrouble::EnvelopeUnreadable) => {
                return Self::KeyMissing;
            }
            Core::WrongKey(aside) => {
                return Self::WrongKey {
                    kept_as: aside.to_string(),
                };
            }
            Core::Damaged(aside) => {
                return Self::Damaged {
                    kept_as: aside.to_string(),
                };
            }
            Core::TooNew { .. } => return Self::TooNew,
            Core::Locked => return Self::OpenElsewhere,
            Core::NoSpace => Trouble::NoSpace,
            Core::Io(_) => Trouble::Io,
            Core::Sqlite(code) => Trouble::Database { code },
        };
        Self::Device { trouble }
    }
}

impl From<NetworkError> for OpenError {
    fn from(_: NetworkError) -> Self {
        Self::BadServer
    }
}
