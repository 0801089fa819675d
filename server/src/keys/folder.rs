//! The files of a keys folder. Secrets are made with mode 0600 and refused where others can read them.
//! A file is replaced by writing beside it, flushing and renaming, so a crash leaves the old or the new.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use kinchaku_protocol::doc::{KeyEntry, KeySet, Verified};
use kinchaku_protocol::signature::{PublicKey, Signer as _, SoftwareSigner};
use zeroize::Zeroizing;

use super::{KeysError, checked_keyset, word};

/// The signed key set.
pub(super) const KEYSET: &str = "keyset.cose";
/// The public keys of both roots, in hexadecimal.
pub(super) const ROOTS: &str = "roots.txt";
/// 32 random bytes, from which the server derives what it alone knows.
pub(super) const SECRET: &str = "server.secret";
/// 32 random bytes, without which nobody finds or reads a person (`crate::identity`). Kept apart from the
/// other secret, since it must outlive every other key and must never be lost.
pub(super) const IDENTITY: &str = "identity.secret";
/// Root 1 and root 2, sealed.
pub(super) const SEALED: [&str; 2] = ["root-1.sealed", "root-2.sealed"];

/// A keys folder.
pub(super) struct Folder<'a>(&'a Path);

impl<'a> Folder<'a> {
    pub(super) const fn at(path: &'a Path) -> Self {
        Self(path)
    }

    /// Makes the folder for its owner alone.
    ///
    /// # Errors
    /// [`KeysError::AlreadyThere`] where it has keys.
    pub(super) fn make(&self) -> Result<(), KeysError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(self.0).map_err(|error| failed(".", &error))?;
        for name in [KEYSET, ROOTS].into_iter().chain(SEALED) {
            if self.path(name).exists() {
                return Err(KeysError::AlreadyThere);
            }
        }
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>, KeysError> {
        fs::read(self.path(name)).map_err(|error| failed(name, &error))
    }

    /// Reads a secret; refuses it where others could have.
    pub(super) fn read_secret(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, KeysError> {
        let mut file = File::open(self.path(name)).map_err(|error| failed(name, &error))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = file
                .metadata()
                .map_err(|error| failed(name, &error))?
                .permissions()
                .mode();
            if mode & 0o077 != 0 {
                return Err(KeysError::Exposed(name.to_owned()));
            }
        }
        let mut bytes = Zeroizing::new(Vec::new());
        file.read_to_end(&mut bytes).map_err(|error| failed(name, &error))?;
        Ok(bytes)
    }

    /// Writes a file for its owner alone, or the old one stays.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), KeysError> {
        let beside = self.path(&format!("{name}.new"));
        let write = || -> io::Result<()> {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&beside)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&beside, self.path(name))?;
            File::open(self.0)?.sync_all()
        };
        write().map_err(|error| failed(name, &error))
    }

    /// Writes a file for its owner alone, unless there is one: what is there stays.
    pub(super) fn write_once(&self, name: &str, bytes: &[u8]) -> Result<(), KeysError> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|_| KeysError::NotMade)?;
        let beside = self.path(&format!("{name}.{}", data_encoding::HEXLOWER.encode(&random)));
        let write = || -> io::Result<()> {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&beside)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            // Two processes may come here at once: one link is made.
            match fs::hard_link(&beside, self.path(name)) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
            File::open(self.0)?.sync_all()
        };
        let written = write().map_err(|error| failed(name, &error));
        let removed = fs::remove_file(&beside).map_err(|error| failed(name, &error));
        written.and(removed)
    }

    pub(super) fn write_private_key(&self, entry: &KeyEntry, key: &SoftwareSigner) -> Result<(), KeysError> {
        let pem = key.to_pem().map_err(|_| KeysError::NotMade)?;
        self.write(&key_file(entry), pem.as_bytes())
    }

    /// The private keys of the set that are here; a key may be kept elsewhere.
    pub(super) fn private_keys(&self, keyset: &KeySet) -> Result<Vec<(KeyEntry, SoftwareSigner)>, KeysError> {
        let mut held = Vec::new();
        for entry in &keyset.keys {
            let name = key_file(entry);
            let pem = match self.read_secret(&name) {
                Err(KeysError::File {
                    kind: ErrorKind::NotFound,
                    ..
                }) => continue,
                read => read?,
            };
            let damaged = KeysError::Damaged(word(entry.usage));
            let key = std::str::from_utf8(&pem)
                .ok()
                .and_then(|pem| SoftwareSigner::from_pem(pem).ok());
            match key {
                Some(key) if key.public_key() == entry.key => held.push((entry.clone(), key)),
                _ => return Err(damaged),
            }
        }
        Ok(held)
    }

    pub(super) fn secret(&self) -> Result<Zeroizing<[u8; 32]>, KeysError> {
        self.secret_in(SECRET)
    }

    /// The secret of persons; none in a folder made before there were any.
    pub(super) fn identity(&self) -> Result<Option<Zeroizing<[u8; 32]>>, KeysError> {
        match self.secret_in(IDENTITY) {
            Err(KeysError::File {
                kind: ErrorKind::NotFound,
                ..
            }) => Ok(None),
            read => read.map(Some),
        }
    }

    /// Makes the secret of persons, unless there is one.
    pub(super) fn make_identity(&self) -> Result<(), KeysError> {
        let mut secret = Zeroizing::new([0; 32]);
        getrandom::fill(secret.as_mut_slice()).map_err(|_| KeysError::NotMade)?;
        self.write_once(IDENTITY, secret.as_slice())
    }

    fn secret_in(&self, name: &'static str) -> Result<Zeroizing<[u8; 32]>, KeysError> {
        <[u8; 32]>::try_from(self.read_secret(name)?.as_slice())
            .map(Zeroizing::new)
            .map_err(|_| KeysError::Damaged(name))
    }

    pub(super) fn keyset(&self, roots: &[PublicKey; 2]) -> Result<Verified<KeySet>, KeysError> {
        checked_keyset(&self.read(KEYSET)?, roots)
    }

    pub(super) fn write_roots(&self, roots: &[PublicKey; 2]) -> Result<(), KeysError> {
        let lines: Vec<String> = roots
            .iter()
            .map(|root| format!("{}\n", data_encoding::HEXLOWER.encode(&root.0)))
            .collect();
        self.write(ROOTS, lines.concat().as_bytes())
    }

    pub(super) fn roots(&self) -> Result<[PublicKey; 2], KeysError> {
        let text = self.read(ROOTS)?;
        let keys: Vec<PublicKey> = text
            .split(|byte| *byte == b'\n')
            .filter_map(|line| {
                let bytes = data_encoding::HEXLOWER.decode(line).ok()?;
                Some(PublicKey(<[u8; 33]>::try_from(bytes.as_slice()).ok()?))
            })
            .collect();
        <[PublicKey; 2]>::try_from(keys).map_err(|_| KeysError::Damaged(ROOTS))
    }
}

/// Where the private half of a key lies.
fn key_file(entry: &KeyEntry) -> String {
    format!("{}-{}.pem", word(entry.usage), entry.kid)
}

fn failed(file: &str, error: &io::Error) -> KeysError {
    KeysError::File {
        file: file.to_owned(),
        kind: error.kind(),
    }
}
