//! The vault of a desk: a folder with a random device secret (mode 0600) and the records, sealed by it.
//!
//! It holds what phones hold in hardware, so it is honest about less: whoever copies this folder with the database
//! has a clone, which the ledger can prove and bound but nobody at the desk can prevent (docs/threats.md, T6).
//!
//! Every key is HKDF-SHA256 of the secret: `kinchaku/vault/1/<use>/<purpose>`. Sealed bytes are
//! `1 ‖ nonce ‖ AES-256-GCM`, with the purpose and the caller's bytes as associated data. The secret is made once;
//! if it is missing while records are there, it was lost, and no new one may hide that.

use super::{Purpose, Record, SecretVault, VaultError};
use crate::aead::{self, SealError};
use crate::durable;
use crate::secret::Secret;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

const SECRET: &str = "device.key";
const VERSION: u8 = 1;

/// A vault in a folder.
pub struct FileVault {
    folder: PathBuf,
    secret: Secret<[u8; 32]>,
    /// Held while a record is replaced: two writers would share the file beside it.
    writing: Mutex<()>,
}

impl FileVault {
    /// Opens the vault in `folder`, or makes one there.
    ///
    /// # Errors
    /// [`VaultError::KeyInvalidated`] if the secret is missing beside its records or has another length,
    /// [`VaultError::Exposed`] if others may read it.
    pub fn open(folder: &Path) -> Result<Self, VaultError> {
        durable::private_folder(folder)?;
        let path = folder.join(SECRET);
        if !path.try_exists()? {
            let mut lost = false;
            for entry in fs::read_dir(folder)? {
                lost |= entry?.path().extension().is_some_and(|end| end == "record");
            }
            if lost {
                return Err(VaultError::KeyInvalidated);
            }
            let fresh: Secret<[u8; 32]> = Secret::random()?;
            durable::create(&path, fresh.expose())?;
        }
        refuse_exposed(&path)?;
        let bytes = Secret::new(fs::read(&path)?);
        Ok(Self {
            folder: folder.to_owned(),
            secret: Secret::from_slice(bytes.expose()).ok_or(VaultError::KeyInvalidated)?,
            writing: Mutex::new(()),
        })
    }

    fn derive(&self, usage: &str, name: &str) -> Result<Secret<[u8; 32]>, VaultError> {
        let mut key = zeroize::Zeroizing::new([0; 32]);
        let info = format!("kinchaku/vault/1/{usage}/{name}");
        Hkdf::<Sha256>::new(None, self.secret.expose())
            .expand(info.as_bytes(), key.as_mut_slice())
            .map_err(|_| VaultError::KeyInvalidated)?;
        Ok(Secret::new(*key))
    }

    fn seal_as(&self, usage: &str, name: &str, associated: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, VaultError> {
        let key = self.derive(usage, name)?;
        let sealed = aead::seal(&key, &bound(name, associated), plaintext).map_err(|error| match error {
            SealError::NoRandom(error) => VaultError::NoRandom(error),
            SealError::TooLong => VaultError::Refused,
        })?;
        Ok([&[VERSION], sealed.as_slice()].concat())
    }

    fn open_as(&self, usage: &str, name: &str, associated: &[u8], sealed: &[u8]) -> Result<Secret, VaultError> {
        let Some((&VERSION, sealed)) = sealed.split_first() else {
            return Err(VaultError::Refused);
        };
        let key = self.derive(usage, name)?;
        aead::open(&key, &bound(name, associated), sealed).ok_or(VaultError::Refused)
    }

    fn path(&self, record: Record) -> PathBuf {
        self.folder.join(format!("{}.record", record.name()))
    }
}

impl SecretVault for FileVault {
    fn seal(&self, purpose: Purpose, associated: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.seal_as("seal", purpose.name(), associated, plaintext)
    }

    fn open(&self, purpose: Purpose, associated: &[u8], sealed: &[u8]) -> Result<Secret, VaultError> {
        self.open_as("seal", purpose.name(), associated, sealed)
    }

    fn bind(&self, purpose: Purpose, input: &[u8]) -> Result<Secret<[u8; 32]>, VaultError> {
        let key = self.derive("bind", purpose.name())?;
        let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).map_err(|_| VaultError::KeyInvalidated)?;
        mac.update(input);
        Ok(Secret::new(mac.finalize().into_bytes().into()))
    }

    fn put(&self, record: Record, bytes: &[u8]) -> Result<[u8; 32], VaultError> {
        let sealed = self.seal_as("record", record.name(), &[], bytes)?;
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        durable::replace(&self.path(record), &sealed)?;
        Ok(Sha256::digest(bytes).into())
    }

    fn get(&self, record: Record) -> Result<Option<Vec<u8>>, VaultError> {
        let Some(sealed) = durable::read(&self.path(record))? else {
            return Ok(None);
        };
        let opened = self.open_as("record", record.name(), &[], &sealed)?;
        Ok(Some(opened.expose().clone()))
    }
}

/// Associated data: the name, its length before it so that no two pairs give the same bytes.
fn bound(name: &str, associated: &[u8]) -> Vec<u8> {
    let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
    [&[length], name.as_bytes(), associated].concat()
}

#[cfg(unix)]
fn refuse_exposed(path: &Path) -> Result<(), VaultError> {
    use std::os::unix::fs::PermissionsExt;
    if fs::metadata(path)?.permissions().mode() & 0o077 == 0 {
        Ok(())
    } else {
        Err(VaultError::Exposed)
    }
}

#[cfg(not(unix))]
fn refuse_exposed(_: &Path) -> Result<(), VaultError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    fn fixed(folder: &Path) -> FileVault {
        durable::replace(&folder.join(SECRET), &[7; 32]).unwrap();
        FileVault::open(folder).unwrap()
    }

    #[test]
    fn purposes_associated_data_and_devices_are_apart() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let vault = FileVault::open(a.path()).unwrap();
        let sealed = vault.seal(Purpose::DatabaseKey, b"wallet", b"key").unwrap();
        let again = FileVault::open(a.path()).unwrap();
        let opened = again.open(Purpose::DatabaseKey, b"wallet", &sealed).unwrap();
        assert_eq!(opened.expose(), b"key");

        let refused = |vault: &FileVault, purpose, associated: &[u8], sealed: &[u8]| {
            assert_eq!(
                vault.open(purpose, associated, sealed).unwrap_err(),
                VaultError::Refused
            );
        };
        refused(&vault, Purpose::PaymentKey, b"wallet", &sealed);
        refused(&vault, Purpose::DatabaseKey, b"another", &sealed);
        refused(&vault, Purpose::DatabaseKey, b"wallet", &sealed[1..]);
        refused(&vault, Purpose::DatabaseKey, b"wallet", b"");
        refused(
            &FileVault::open(b.path()).unwrap(),
            Purpose::DatabaseKey,
            b"wallet",
            &sealed,
        );
        assert_ne!(sealed, vault.seal(Purpose::DatabaseKey, b"wallet", b"key").unwrap());
    }

    /// The derivations are on disk for as long as a wallet lives. The values are Python's `cryptography`'s.
    #[test]
    fn what_is_derived_and_sealed_stays_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let vault = fixed(folder.path());
        let bound = vault.bind(Purpose::Pin, b"input").unwrap();
        assert_eq!(
            HEXLOWER.encode(bound.expose()),
            "0dd6c016e1b45362e56f38ec52b021015cf803224a9c4acc5905298c78a788f5"
        );
        let frozen = HEXLOWER
            .decode(b"01000102030405060708090a0be908f0b056c4d395e39fc0add7144db10e4bb0")
            .unwrap();
        assert_eq!(
            vault.open(Purpose::DatabaseKey, b"wallet", &frozen).unwrap().expose(),
            b"key"
        );
    }

    #[test]
    fn records_are_kept_sealed_and_cannot_be_exchanged() {
        let folder = tempfile::tempdir().unwrap();
        let vault = FileVault::open(folder.path()).unwrap();
        assert_eq!(vault.get(Record::PinTries).unwrap(), None);
        super::super::keep(&vault, Record::PinTries, b"3").unwrap();
        let vault = FileVault::open(folder.path()).unwrap();
        assert_eq!(vault.get(Record::PinTries).unwrap().unwrap(), b"3");
        fs::copy(vault.path(Record::PinTries), vault.path(Record::ChainHead)).unwrap();
        assert_eq!(vault.get(Record::ChainHead), Err(VaultError::Refused));
    }

    #[test]
    fn a_lost_secret_is_said_and_not_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let vault = FileVault::open(folder.path()).unwrap();
        vault.put(Record::ChainHead, b"9").unwrap();
        fs::remove_file(folder.path().join(SECRET)).unwrap();
        let lost = |folder| FileVault::open(folder).map(|_| ()).unwrap_err();
        assert_eq!(lost(folder.path()), VaultError::KeyInvalidated);
        durable::replace(&folder.path().join(SECRET), b"short").unwrap();
        assert_eq!(lost(folder.path()), VaultError::KeyInvalidated);
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        fixed(folder.path());
        fs::set_permissions(folder.path().join(SECRET), fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(
            FileVault::open(folder.path()).map(|_| ()).unwrap_err(),
            VaultError::Exposed
        );
    }
}
