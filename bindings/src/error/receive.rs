//! Why a receipt is not answered.

use kinchaku_core::receive::ReceiveError as Core;

use super::{ProofFault, SyncError, Trouble};
use crate::value::{ReceiptState, epoch_s, seconds};

/// Why nothing was signed. Goods are not handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum ReceiveError {
    /// Not a receipt of this service.
    #[error("not a receipt")]
    NotAReceipt,
    /// Without a network the full receipt is needed.
    #[error("the full receipt is needed")]
    NeedsFullReceipt,
    /// The reserve it spends is not one this town issued: forged, or this device has not synced for long.
    #[error("the allowance is not proven")]
    AllowanceNotProven {
        /// What is wrong with the proof.
        why: ProofFault,
    },
    /// The payment was altered, or signed by another key.
    #[error("a forged payment")]
    Forged,
    /// It does not fit its reserve: no honest wallet makes one.
    #[error("an unfit payment")]
    Unfit,
    /// It was made out to another shop (T8).
    #[error("a payment to another shop")]
    OtherShop,
    /// It was shown here before (T9). What was answered then: `Wallet.answered`.
    #[error("shown before")]
    ShownBefore {
        /// When.
        at_s: i64,
        /// What became of it.
        state: ReceiptState,
    },
    /// This device has not synced for too long to know whom to refuse.
    #[error("not synced for {days} days")]
    NotSynced {
        /// How long.
        days: i64,
    },
    /// This device does not know what time it is: go online once.
    #[error("the clock is lost")]
    ClockLost,
    /// Not an enrolled device of a shop, or its enrolment has ended.
    #[error("not an enrolled device of a shop")]
    NotEnrolled,
    /// The server did not answer; nothing is known of the payment yet.
    #[error("{reason}")]
    Server {
        /// Why.
        reason: SyncError,
    },
    /// The phone or the wallet itself.
    #[error("{trouble}")]
    Device {
        /// What.
        trouble: Trouble,
    },
}

super::from_trouble!(ReceiveError);

impl From<Core> for ReceiveError {
    fn from(error: Core) -> Self {
        match error {
            Core::NotAReceipt(_) => Self::NotAReceipt,
            Core::NeedsFullReceipt => Self::NeedsFullReceipt,
            Core::AllowanceNotProven(error) => Self::AllowanceNotProven { why: error.into() },
            Core::Forged(_) => Self::Forged,
            Core::Unfit(_) => Self::Unfit,
            Core::OtherShop => Self::OtherShop,
            Core::ShownBefore { at, state } => Self::ShownBefore {
                at_s: epoch_s(at),
                state: state.into(),
            },
            Core::NotSynced { days } => Self::NotSynced { days: seconds(days) },
            Core::ClockLost => Self::ClockLost,
            Core::NotEnrolled => Self::NotEnrolled,
            Core::RolledBack => Trouble::RolledBack.into(),
            Core::Sync(error) => match SyncError::from(error) {
                SyncError::Device { trouble } => Self::Device { trouble },
                reason => Self::Server { reason },
            },
            Core::Key(error) => Self::Device { trouble: error.into() },
            Core::Store(error) => error.into(),
        }
    }
}
