//! Opening a wallet: recovery is part of it and cannot be forgotten.

use std::path::Path;

use crate::home::{Home, Host};
use crate::pay;
use crate::store::{OpenError, Standing};

/// What opening found and repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenReport {
    /// The folder was empty: a new wallet.
    pub created: bool,
    /// Payments a crash had left prepared; they were never signed and are undone.
    pub abandoned: usize,
    /// An older copy was put back: paying is stopped until a sync (T5).
    pub rolled_back: bool,
}

/// Opens the wallet in a folder, or creates it.
///
/// # Errors
/// [`OpenError`]; what cannot be read is set aside and named, never deleted.
pub fn open(folder: &Path, host: Host) -> Result<(Home, OpenReport), OpenError> {
    let (home, opened) = Home::open(folder, host)?;
    let abandoned = pay::recover(&home)?;
    let report = OpenReport {
        created: opened.created,
        abandoned,
        rolled_back: opened.standing != Standing::Current,
    };
    Ok((home, report))
}
