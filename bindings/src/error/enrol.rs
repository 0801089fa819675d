//! Why a device is not enrolled.

use kinchaku_core::enrol::EnrolError as Core;
use kinchaku_core::network::NetworkError;

use super::{PinError, SyncError, Trouble};

/// Why this device is not enrolled. Enrolling again with the same code is always right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum EnrolError {
    /// It is enrolled already.
    #[error("already enrolled")]
    AlreadyEnrolled,
    /// The address of the server cannot be used.
    #[error("the server's address cannot be used")]
    BadServer,
    /// The code is unknown, used by another device, or too old.
    #[error("the code is not valid")]
    Code,
    /// The server answered for another device.
    #[error("the answer is for another device")]
    OtherDevice,
    /// The server was not reached, or not believed.
    #[error("{reason}")]
    Server {
        /// Why.
        reason: SyncError,
    },
    /// The PIN was not taken.
    #[error("{reason}")]
    Pin {
        /// Why.
        reason: PinError,
    },
    /// The phone or the wallet itself.
    #[error("{trouble}")]
    Device {
        /// What.
        trouble: Trouble,
    },
}

super::from_trouble!(EnrolError);

impl From<Core> for EnrolError {
    fn from(error: Core) -> Self {
        match error {
            Core::AlreadyEnrolled => Self::AlreadyEnrolled,
            Core::Code => Self::Code,
            Core::OtherDevice => Self::OtherDevice,
            Core::Sync(error) => match SyncError::from(error) {
                SyncError::Device { trouble } => Self::Device { trouble },
                reason => Self::Server { reason },
            },
            Core::Gate(error) => match PinError::from(error) {
                PinError::Device { trouble } => Self::Device { trouble },
                reason => Self::Pin { reason },
            },
        }
    }
}

impl From<NetworkError> for EnrolError {
    fn from(_: NetworkError) -> Self {
        Self::BadServer
    }
}
