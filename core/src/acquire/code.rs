//! From a scanned text to a programme of this town (F069).

use kinchaku_protocol::voucher::{VoucherCode, VoucherCodeError};

use crate::home::{Home, Town, TownError};
use crate::store::StoreError;

/// Why a scanned text fetches no voucher.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum VoucherError {
    /// Not a voucher code, or not one that reads.
    #[error(transparent)]
    Code(#[from] VoucherCodeError),
    /// Another town's.
    #[error("a voucher code of another town")]
    OtherTown,
    /// Not enrolled.
    #[error("not enrolled")]
    NotEnrolled,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<TownError> for VoucherError {
    fn from(error: TownError) -> Self {
        match error {
            TownError::NotEnrolled => Self::NotEnrolled,
            TownError::Store(error) => Self::Store(error),
        }
    }
}

/// The programme a scanned text names.
///
/// # Errors
/// [`VoucherError`].
pub fn read_voucher(home: &Home, text: &str) -> Result<u32, VoucherError> {
    let code = VoucherCode::read(text)?;
    let town = home.store().read(|db| Town::load(db))?;
    if code.muni != town.muni {
        return Err(VoucherError::OtherTown);
    }
    Ok(code.programme)
}
