//! From a picture to the text of a code.

use kinchaku_core::scan::{self, PICTURE_DEADLINE, Scan, decode};

use super::Wallet;
use crate::error::ScanError;
use crate::value::count;

/// What a picture is hoped to show. Whatever else is in it is read too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Wanted {
    /// A shop's sheet.
    Shop,
    /// A payer's receipt.
    Receipt,
    /// A shop's refusal.
    Refusal,
}

impl From<Wanted> for scan::Wanted {
    fn from(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Shop => Self::Shop,
            Wanted::Receipt => Self::Receipt,
            Wanted::Refusal => Self::Refusal,
        }
    }
}

/// What was read.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Picture {
    /// Texts found, those that were wanted first; never empty. More than one means several codes in the picture: a person
    /// says which is meant.
    pub texts: Vec<String>,
    /// How many of them, from the first, were wanted.
    pub wanted: i32,
}

impl From<Scan> for Picture {
    fn from(scan: Scan) -> Self {
        Self {
            texts: scan.texts,
            wanted: count(scan.accepted),
        }
    }
}

#[uniffi::export]
impl Wallet {
    /// Reads the codes in a stored picture, PNG or JPEG, for at most two seconds.
    ///
    /// # Errors
    /// [`ScanError`].
    pub async fn scan_picture(&self, picture: Vec<u8>, wanted: Wanted) -> Result<Picture, ScanError> {
        let wanted = scan::Wanted::from(wanted);
        self.engine
            .spawn(move |_| Ok(decode(&picture, PICTURE_DEADLINE, |text| wanted.fit(text))?.into()))
            .await
    }
}
