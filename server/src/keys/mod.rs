//! The keys of a town as its server holds them (docs/protocol.md, "Keys and rotation").
//!
//! A folder made by `keys init`: the key set signed by a root, and one private key for each use, readable
//! by their owner alone, because a server starts without a person. Both roots lie beside them sealed by a
//! passphrase, until the operator takes them off the machine; the server never opens them.
//!
//! Changing a key is a new version of the key set ([`rotate`]); the server reads the folder at start.

mod folder;
mod make;
mod passphrase;
mod sealed_root;
#[cfg(feature = "demo")]
mod test_root;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hkdf::Hkdf;
use kinchaku_protocol::doc::{KeyEntry, KeySet, KeyUse, Received, Verified};
use kinchaku_protocol::signature::{PublicKey, Signer as _, SoftwareSigner};
use kinchaku_protocol::test_roots::is_test_root;
use kinchaku_protocol::time::Time;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::command::{ServerKey, Signers};
use folder::Folder;
pub use make::{Roots, Rotation, init, rotate};
pub use passphrase::Passphrase;

/// Every use of a key, with the word that names it in files and commands.
pub const USES: [(KeyUse, &str); 6] = [
    (KeyUse::ISSUER, "issuer"),
    (KeyUse::FACT, "fact"),
    (KeyUse::BULLETIN, "bulletin"),
    (KeyUse::DEVICE_CA, "device-ca"),
    (KeyUse::SHOP_MARK, "shop-mark"),
    (KeyUse::CONSOLE, "console"),
];

/// Why there are no keys to work with.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file of the folder cannot be read or written.
    #[error("{file}: {kind}")]
    File {
        /// Its name in the folder.
        file: String,
        /// What the system said.
        kind: std::io::ErrorKind,
    },
    /// Others than the owner may read a secret.
    #[error("{0} can be read by others than its owner")]
    Exposed(String),
    /// A file does not hold what its name says, or was altered.
    #[error("{0} is damaged")]
    Damaged(&'static str),
    /// The folder has keys already; they are never overwritten.
    #[error("the folder has keys already")]
    AlreadyThere,
    /// No key of this use is in force with its private half here.
    #[error("no {0} key is in force here")]
    None(&'static str),
    /// The passphrase does not open the root.
    #[error("the passphrase does not open the root key")]
    WrongPassphrase,
    /// The passphrase has fewer than twelve characters.
    #[error("the passphrase is too short")]
    ShortPassphrase,
    /// No passphrase came in.
    #[error("no passphrase was given")]
    NoPassphrase,
    /// The roots are published test keys, which this build refuses (`docs/adr/0011`).
    #[error("the roots are test keys; this build refuses them")]
    TestRoot,
    /// Money would be collected by the sandbox, which collects none and which this build refuses (`docs/adr/0011`).
    #[error("the provider is the sandbox; this build refuses it")]
    Sandbox,
    /// The system gave no random bytes, or a primitive refused its input.
    #[error("the system could not make a key")]
    NotMade,
}

/// A private key with its entry in the key set.
struct Held {
    entry: KeyEntry,
    signer: Arc<SoftwareSigner>,
}

/// The keys of a town, loaded and checked.
pub struct TownKeys {
    roots: [PublicKey; 2],
    keyset: Verified<KeySet>,
    held: Vec<Held>,
    secret: Zeroizing<[u8; 32]>,
    folder: PathBuf,
}

impl TownKeys {
    /// Reads a folder: the key set must be signed by one of the two roots, and every private key must be
    /// in it.
    ///
    /// # Errors
    /// [`KeysError`]; [`KeysError::TestRoot`] in a build without the feature `demo`.
    pub fn load(path: &Path) -> Result<Self, KeysError> {
        let folder = Folder::at(path);
        let roots = folder.roots()?;
        if !cfg!(feature = "demo") && roots.iter().any(is_test_root) {
            return Err(KeysError::TestRoot);
        }
        let keyset = folder.keyset(&roots)?;
        let held = folder.private_keys(&keyset)?;
        Ok(Self {
            roots,
            keyset,
            held: held
                .into_iter()
                .map(|(entry, signer)| Held {
                    entry,
                    signer: Arc::new(signer),
                })
                .collect(),
            secret: folder.secret()?,
            folder: path.to_owned(),
        })
    }

    /// The secret of persons. A town whose folder is older than it gets one where `may_make` says that
    /// nobody is linked yet; it is never made a second time, since persons cannot be read without theirs.
    ///
    /// # Errors
    /// [`KeysError`]; [`KeysError::Damaged`] where it is missing and needed.
    pub fn identity(&self, may_make: bool) -> Result<Zeroizing<[u8; 32]>, KeysError> {
        let folder = Folder::at(&self.folder);
        if let Some(secret) = folder.identity()? {
            return Ok(secret);
        }
        if may_make {
            folder.make_identity()?;
        }
        folder.identity()?.ok_or(KeysError::Damaged(folder::IDENTITY))
    }

    /// The signed key set.
    #[must_use]
    pub const fn keyset(&self) -> &Verified<KeySet> {
        &self.keyset
    }

    /// Root 1 and root 2.
    #[must_use]
    pub const fn roots(&self) -> &[PublicKey; 2] {
        &self.roots
    }

    /// The key that signs this at `now`: of those in force, the one that came into force last.
    ///
    /// # Errors
    /// [`KeysError::None`].
    pub fn signer(&self, usage: KeyUse, now: Time) -> Result<&Arc<SoftwareSigner>, KeysError> {
        self.held
            .iter()
            .filter(|held| held.entry.usage == usage)
            .filter(|held| held.entry.not_before <= now && now <= held.entry.expires)
            .max_by_key(|held| (held.entry.not_before, held.entry.kid))
            .map(|held| &held.signer)
            .ok_or(KeysError::None(word(usage)))
    }

    /// What the books sign with at `now`.
    ///
    /// # Errors
    /// [`KeysError::None`].
    pub fn signers(&self, now: Time) -> Result<Signers, KeysError> {
        let key = |usage| Ok::<ServerKey, KeysError>(self.signer(usage, now)?.clone());
        let console = self.keyset.keys.iter();
        Ok(Signers {
            issuer: key(KeyUse::ISSUER)?,
            fact: key(KeyUse::FACT)?,
            bulletin: key(KeyUse::BULLETIN)?,
            device_ca: key(KeyUse::DEVICE_CA)?,
            console: console
                .filter(|entry| entry.usage == KeyUse::CONSOLE)
                .map(|entry| entry.key)
                .collect(),
            keyset_version: self.keyset.version,
            pseudonym: self.derive("pseudonym")?,
        })
    }

    /// A secret for one purpose of the server: the same for every process with this folder, and not
    /// changed by a rotation.
    ///
    /// # Errors
    /// [`KeysError::NotMade`] never, since HKDF gives 32 bytes for any purpose.
    pub fn derive(&self, purpose: &str) -> Result<Zeroizing<[u8; 32]>, KeysError> {
        let mut derived = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, self.secret.as_slice())
            .expand(
                format!("kinchaku/server/1/{purpose}").as_bytes(),
                derived.as_mut_slice(),
            )
            .map_err(|_| KeysError::NotMade)?;
        Ok(derived)
    }
}

/// Reads a file beside the keys.
///
/// # Errors
/// [`KeysError::File`].
pub fn read_file(folder: &Path, name: &str) -> Result<Vec<u8>, KeysError> {
    Folder::at(folder).read(name)
}

/// Reads a secret beside the keys, which nobody but its owner may be able to read.
///
/// # Errors
/// [`KeysError::File`], [`KeysError::Exposed`].
pub fn read_secret(folder: &Path, name: &str) -> Result<Zeroizing<Vec<u8>>, KeysError> {
    Folder::at(folder).read_secret(name)
}

/// Writes a file beside the keys, for its owner alone; after a crash it is the old one or the new one.
///
/// # Errors
/// [`KeysError::File`].
pub fn write_file(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), KeysError> {
    Folder::at(folder).write(name, bytes)
}

/// The word of a use.
#[must_use]
pub fn word(usage: KeyUse) -> &'static str {
    USES.iter()
        .find(|(known, _)| *known == usage)
        .map_or("unknown", |(_, word)| word)
}

/// What a person compares before trusting a root: SHA-256 of the compressed key, in groups of four.
#[must_use]
pub fn fingerprint(key: &PublicKey) -> String {
    let hex = data_encoding::HEXLOWER.encode(&Sha256::digest(key.0));
    let groups: Vec<String> = hex
        .chars()
        .collect::<Vec<_>>()
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    groups.join(" ")
}

/// A fresh private key.
fn fresh_key() -> Result<SoftwareSigner, KeysError> {
    let mut scalar = Zeroizing::new([0; 32]);
    // One scalar in 2^32 is no key: draw again.
    for _ in 0..4 {
        getrandom::fill(scalar.as_mut_slice()).map_err(|_| KeysError::NotMade)?;
        if let Ok(key) = SoftwareSigner::from_scalar(&scalar) {
            return Ok(key);
        }
    }
    Err(KeysError::NotMade)
}

/// Reads a key set that one of these roots signed.
fn checked_keyset(bytes: &[u8], roots: &[PublicKey; 2]) -> Result<Verified<KeySet>, KeysError> {
    let damaged = KeysError::Damaged(folder::KEYSET);
    let Ok(received) = Received::<KeySet>::read(bytes) else {
        return Err(damaged);
    };
    let signer = roots.iter().find(|root| Some(root.kid()) == received.kid());
    match signer {
        Some(root) => received.verify(root).map_err(|_| damaged),
        None => Err(damaged),
    }
}

/// An entry for this key.
fn entry(key: &SoftwareSigner, usage: KeyUse, not_before: Time, expires: Time) -> KeyEntry {
    KeyEntry {
        kid: key.public_key().kid(),
        key: key.public_key(),
        usage,
        not_before,
        expires,
    }
}

#[cfg(test)]
mod tests;
