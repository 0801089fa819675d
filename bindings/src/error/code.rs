//! Why a picture or a text is not a shop to pay.

use kinchaku_core::pay::ShopCodeError as Core;
use kinchaku_core::scan::ScanError as CoreScan;

use super::Trouble;
use crate::scanned::{CodeFault, CodeKind, NextStep};

/// Why nothing was read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum ScanError {
    /// No bytes at all.
    #[error("an empty file")]
    Empty,
    /// Not a picture; for a frame, not as many bytes as it says.
    #[error("not a picture")]
    NotAPicture,
    /// A kind of picture that is not read.
    #[error("{file_kind} is not read")]
    Unsupported {
        /// What people call it: HEIC, PDF.
        file_kind: String,
    },
    /// A PNG or JPEG that is cut off or spoilt.
    #[error("a damaged picture")]
    Damaged,
    /// A file over 32 MiB, or over 52 million pixels.
    #[error("picture too large")]
    TooLarge,
    /// No QR code could be read.
    #[error("no QR code in the picture")]
    NoCode,
    /// The time was over before a code was read.
    #[error("out of time")]
    OutOfTime,
    /// The phone or the wallet itself.
    #[error("{trouble}")]
    Device {
        /// What.
        trouble: Trouble,
    },
}

super::from_trouble!(ScanError, ShopCodeError);

impl From<CoreScan> for ScanError {
    fn from(error: CoreScan) -> Self {
        match error {
            CoreScan::Empty => Self::Empty,
            CoreScan::NotAPicture => Self::NotAPicture,
            CoreScan::Unsupported(kind) => Self::Unsupported {
                file_kind: kind.name().to_owned(),
            },
            CoreScan::Damaged => Self::Damaged,
            CoreScan::TooLarge => Self::TooLarge,
            CoreScan::NoCode => Self::NoCode,
            CoreScan::OutOfTime => Self::OutOfTime,
            CoreScan::Unavailable => Trouble::Busy.into(),
        }
    }
}

/// Why a scanned text is not a shop to pay.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum ShopCodeError {
    /// Something else than a shop of this service.
    #[error("not a shop")]
    NotAShop {
        /// What it is; [`crate::recognise`] says more, and is for a screen alone.
        kind: CodeKind,
        /// What the person can do with it.
        next: NextStep,
    },
    /// A payment code that breaks a rule.
    #[error("a faulty code")]
    Faulty {
        /// Which.
        fault: CodeFault,
    },
    /// Made for a later version of the app.
    #[error("made for a later version")]
    Newer,
    /// Ours by name, but not signed by this town: forged, pasted over, or of another town (T2).
    #[error("the shop could not be verified")]
    NotVerified,
    /// The town has withdrawn this sheet.
    #[error("a withdrawn sheet")]
    Withdrawn,
    /// There is no network, and this shop takes no payment without one.
    #[error("this shop takes no payment without a network")]
    NeedsNetwork {
        /// The shop's name, to be shown.
        shop_name: String,
    },
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

impl From<Core> for ShopCodeError {
    fn from(error: Core) -> Self {
        match error {
            Core::NotAShop(scanned) => Self::NotAShop {
                next: scanned.next().into(),
                kind: (&*scanned).into(),
            },
            Core::Faulty(fault) => Self::Faulty { fault: fault.into() },
            Core::Newer => Self::Newer,
            Core::NotVerified => Self::NotVerified,
            Core::Withdrawn => Self::Withdrawn,
            Core::NeedsNetwork { name } => Self::NeedsNetwork { shop_name: name },
            Core::NotEnrolled => Self::NotEnrolled,
            Core::Store(error) => error.into(),
        }
    }
}
