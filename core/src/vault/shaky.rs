//! A vault that fails when a test says so.

use super::{FileVault, Purpose, Record, SecretVault, VaultError};
use crate::secret::Secret;
use std::path::Path;
use std::sync::Mutex;

/// Where it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    Open,
    Bind,
    Put,
    /// Says that it kept the record, and did not.
    PutSilently,
    Get,
}

pub struct ShakyVault {
    inner: FileVault,
    fails: Mutex<Option<(At, VaultError)>>,
}

impl ShakyVault {
    pub fn open(folder: &Path) -> Self {
        Self {
            inner: FileVault::open(folder).unwrap(),
            fails: Mutex::new(None),
        }
    }

    pub fn fail(&self, at: At, error: VaultError) {
        *self.fails.lock().unwrap() = Some((at, error));
    }

    pub fn heal(&self) {
        *self.fails.lock().unwrap() = None;
    }

    fn pass(&self, at: At) -> Result<(), VaultError> {
        match *self.fails.lock().unwrap() {
            Some((failing, error)) if failing == at => Err(error),
            _ => Ok(()),
        }
    }
}

impl SecretVault for ShakyVault {
    fn seal(&self, purpose: Purpose, associated: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.inner.seal(purpose, associated, plaintext)
    }

    fn open(&self, purpose: Purpose, associated: &[u8], sealed: &[u8]) -> Result<Secret, VaultError> {
        self.pass(At::Open)?;
        self.inner.open(purpose, associated, sealed)
    }

    fn bind(&self, purpose: Purpose, input: &[u8]) -> Result<Secret<[u8; 32]>, VaultError> {
        self.pass(At::Bind)?;
        self.inner.bind(purpose, input)
    }

    fn put(&self, record: Record, bytes: &[u8]) -> Result<[u8; 32], VaultError> {
        self.pass(At::Put)?;
        if self.pass(At::PutSilently).is_err() {
            return Ok([0; 32]);
        }
        self.inner.put(record, bytes)
    }

    fn get(&self, record: Record) -> Result<Option<Vec<u8>>, VaultError> {
        self.pass(At::Get)?;
        self.inner.get(record)
    }
}
