//! A root key sealed by a passphrase, to be kept off the server.
//!
//! `"KCROOT1\0" ‖ memory KiB ‖ passes ‖ lanes (u32, big-endian) ‖ salt (16) ‖ nonce (12) ‖ public key (33) ‖
//! AES-256-GCM of the private scalar (48)`. The key is Argon2id of the passphrase (RFC 9106); everything
//! before the sealed part is authenticated with it. This form is frozen: a sealed root outlives software.

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use argon2::{Algorithm, Argon2, Params, Version};
use kinchaku_protocol::signature::{PublicKey, Signer as _, SoftwareSigner};
use zeroize::Zeroizing;

use super::{KeysError, Passphrase};

const MAGIC: &[u8; 8] = b"KCROOT1\0";
const SALT: usize = 16;
const NONCE: usize = 12;
/// Everything that is not sealed.
const HEAD: usize = 8 + 12 + SALT + NONCE + 33;

/// RFC 9106 §4, second recommended setting: 64 MiB, three passes, four lanes.
const MEMORY_KIB: u32 = 65_536;
const PASSES: u32 = 3;
const LANES: u32 = 4;
/// A file that asks for more memory than 1 GiB was not made here.
const MAX_MEMORY_KIB: u32 = 1_048_576;
const MAX_PASSES: u32 = 64;

/// Seals a root.
pub(super) fn seal(root: &SoftwareSigner, passphrase: &Passphrase) -> Result<Vec<u8>, KeysError> {
    let mut random = [0; SALT + NONCE];
    getrandom::fill(&mut random).map_err(|_| KeysError::NotMade)?;
    seal_with(root, passphrase, &random)
}

fn seal_with(
    root: &SoftwareSigner,
    passphrase: &Passphrase,
    random: &[u8; SALT + NONCE],
) -> Result<Vec<u8>, KeysError> {
    let mut file = MAGIC.to_vec();
    for cost in [MEMORY_KIB, PASSES, LANES] {
        file.extend(cost.to_be_bytes());
    }
    file.extend(random);
    file.extend(root.public_key().0);
    let head = Head::read(&file).ok_or(KeysError::NotMade)?;
    let sealed = head
        .cipher(passphrase)?
        .encrypt(
            &Nonce::from(head.nonce),
            Payload {
                msg: root.scalar().as_slice(),
                aad: &file,
            },
        )
        .map_err(|_| KeysError::NotMade)?;
    file.extend(sealed);
    Ok(file)
}

/// Opens a root that [`seal`] made.
pub(super) fn open(file: &[u8], passphrase: &Passphrase) -> Result<SoftwareSigner, KeysError> {
    let damaged = || KeysError::Damaged("root");
    let (plain, sealed) = file.split_at_checked(HEAD).ok_or_else(damaged)?;
    let head = Head::read(plain).ok_or_else(damaged)?;
    let scalar = head
        .cipher(passphrase)?
        .decrypt(
            &Nonce::from(head.nonce),
            Payload {
                msg: sealed,
                aad: plain,
            },
        )
        .map(Zeroizing::new)
        .map_err(|_| KeysError::WrongPassphrase)?;
    let scalar = Zeroizing::new(<[u8; 32]>::try_from(scalar.as_slice()).map_err(|_| damaged())?);
    let root = SoftwareSigner::from_scalar(&scalar).map_err(|_| damaged())?;
    if root.public_key() != head.public {
        return Err(damaged());
    }
    Ok(root)
}

struct Head {
    costs: [u32; 3],
    salt: [u8; SALT],
    nonce: [u8; NONCE],
    public: PublicKey,
}

impl Head {
    fn read(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (memory, rest) = rest.split_first_chunk()?;
        let (passes, rest) = rest.split_first_chunk()?;
        let (lanes, rest) = rest.split_first_chunk()?;
        let costs = [memory, passes, lanes].map(|bytes| u32::from_be_bytes(*bytes));
        let (salt, rest) = rest.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        let public = PublicKey(<[u8; 33]>::try_from(rest).ok()?);
        Some(Self {
            costs,
            salt: *salt,
            nonce: *nonce,
            public,
        })
    }

    fn cipher(&self, passphrase: &Passphrase) -> Result<Aes256Gcm, KeysError> {
        let [memory, passes, lanes] = self.costs;
        if memory > MAX_MEMORY_KIB || passes > MAX_PASSES {
            return Err(KeysError::Damaged("root"));
        }
        let params = Params::new(memory, passes, lanes, Some(32)).map_err(|_| KeysError::Damaged("root"))?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.bytes(), &self.salt, key.as_mut_slice())
            .map_err(|_| KeysError::NotMade)?;
        Ok(Aes256Gcm::new((&*key).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};

    fn root() -> SoftwareSigner {
        SoftwareSigner::from_scalar(&[11; 32]).unwrap()
    }

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text.to_owned()).unwrap()
    }

    /// A root sealed today is opened by every later version.
    #[test]
    fn the_form_is_frozen() {
        let file = seal_with(&root(), &passphrase("a purse with a cord"), &[5; 28]).unwrap();
        assert_eq!(file.len(), HEAD + 48);
        assert_eq!(
            data_encoding::HEXLOWER.encode(&Sha256::digest(&file)),
            "c612cdf9a0ada85517032d97120091ff711f8ba1f75d933c80397099db2f9e31"
        );
    }

    #[test]
    fn only_the_passphrase_opens_it_and_nothing_altered_opens() {
        let file = seal(&root(), &passphrase("a purse with a cord")).unwrap();
        let opened = open(&file, &passphrase("a purse with a cord")).unwrap();
        assert_eq!(opened.public_key(), root().public_key());
        assert!(matches!(
            open(&file, &passphrase("a purse with a lock")),
            Err(KeysError::WrongPassphrase)
        ));
        for at in [0, 11, 20, 40, HEAD - 1, HEAD, file.len() - 1] {
            let mut altered = file.clone();
            altered[at] ^= 1;
            assert!(open(&altered, &passphrase("a purse with a cord")).is_err(), "byte {at}");
        }
        assert!(open(&file[..HEAD], &passphrase("a purse with a cord")).is_err());
    }
}
