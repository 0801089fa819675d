//! Makes or reads a store whose key is known, for another SQLCipher to open: see `tests/peers`.
//!
//! ```text
//! peer_store make FOLDER    a store with rows; prints its key in hexadecimal
//! peer_store read FOLDER    prints the setting `peer.answer`
//! ```
#![expect(clippy::print_stdout, reason = "its answer is what it prints")]

use data_encoding::HEXLOWER;
use kinchaku_core::secret::Secret;
use kinchaku_core::store::{Store, StoreError, meta};
use kinchaku_core::vault::{FileVault, Purpose, Record, SecretVault, VaultError};
use kinchaku_protocol::time::Time;
use std::error::Error;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// A vault that lets out the one secret no vault may: the database key.
struct TellingVault {
    inner: FileVault,
    told: Mutex<String>,
}

impl SecretVault for TellingVault {
    fn seal(&self, purpose: Purpose, associated: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, VaultError> {
        if purpose == Purpose::DatabaseKey {
            *self.told.lock().unwrap_or_else(PoisonError::into_inner) = HEXLOWER.encode(plaintext);
        }
        self.inner.seal(purpose, associated, plaintext)
    }

    fn open(&self, purpose: Purpose, associated: &[u8], sealed: &[u8]) -> Result<Secret, VaultError> {
        self.inner.open(purpose, associated, sealed)
    }

    fn bind(&self, purpose: Purpose, input: &[u8]) -> Result<Secret<[u8; 32]>, VaultError> {
        self.inner.bind(purpose, input)
    }

    fn put(&self, record: Record, bytes: &[u8]) -> Result<[u8; 32], VaultError> {
        self.inner.put(record, bytes)
    }

    fn get(&self, record: Record) -> Result<Option<Vec<u8>>, VaultError> {
        self.inner.get(record)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let command = arguments.next().ok_or("make or read?")?;
    let folder = arguments.next().ok_or("which folder?")?;
    let folder = Path::new(&folder);
    let vault = Arc::new(TellingVault {
        inner: FileVault::open(&folder.join("vault"))?,
        told: Mutex::default(),
    });
    let (store, _) = Store::open(&folder.join("wallet"), vault.clone(), Time(1_800_000_000))?;
    if command == "make" {
        store.write(|tx| {
            for n in 0..2000 {
                meta::set(tx, &format!("peer.{n}"), format!("巾着 {n}").repeat(20).as_bytes())?;
            }
            Ok::<_, StoreError>(())
        })?;
        let told = vault.told.lock().unwrap_or_else(PoisonError::into_inner);
        println!("{told}");
    } else {
        let answer = store.read(|tx| Ok::<_, StoreError>(meta::get(tx, "peer.answer")?))?;
        println!("{}", String::from_utf8(answer.unwrap_or_default())?);
    }
    Ok(())
}
