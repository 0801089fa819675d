//! Making the keys of a town, and changing one.

use std::path::Path;

use kinchaku_protocol::doc::{Document as _, KeyEntry, KeySet, KeyUse};
use kinchaku_protocol::ids::Kid;
use kinchaku_protocol::signature::{Signer as _, SoftwareSigner};
use kinchaku_protocol::time::{DAY_SECONDS, Time};
use zeroize::Zeroizing;

use super::folder::{Folder, KEYSET, SEALED, SECRET};
use super::{KeysError, Passphrase, TownKeys, USES, entry, fresh_key, sealed_root};

/// 9999-12-31T23:59:59+09:00: fact keys are kept for ever, since receipts are.
const FOR_EVER: Time = Time(253_402_268_399);

/// Where the roots come from.
pub enum Roots {
    /// Two fresh roots, sealed.
    Sealed(Passphrase),
    /// The published test roots, which need no sealing.
    #[cfg(feature = "demo")]
    Test,
}

/// A change of one use's key.
pub struct Rotation {
    /// Which use.
    pub usage: KeyUse,
    /// When the new key begins to sign.
    pub from: Time,
    /// A key to take out of the set at once, because it leaked.
    pub drop: Option<Kid>,
}

/// Makes both roots, a key for each use and the first key set, signed by root 1 and naming root 2.
///
/// # Errors
/// [`KeysError::AlreadyThere`] where the folder has keys; nothing is overwritten.
pub fn init(path: &Path, roots: &Roots, now: Time) -> Result<TownKeys, KeysError> {
    let folder = Folder::at(path);
    folder.make()?;
    let [first, second] = match roots {
        Roots::Sealed(passphrase) => {
            let pair = [fresh_key()?, fresh_key()?];
            for (name, root) in SEALED.into_iter().zip(&pair) {
                folder.write(name, &sealed_root::seal(root, passphrase)?)?;
            }
            pair
        }
        #[cfg(feature = "demo")]
        Roots::Test => [test(0)?, test(1)?],
    };
    folder.write_roots(&[first.public_key(), second.public_key()])?;
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(secret.as_mut_slice()).map_err(|_| KeysError::NotMade)?;
    folder.write(SECRET, secret.as_slice())?;
    folder.make_identity()?;
    let mut keys = Vec::new();
    for (usage, _) in USES {
        keys.push(new_key(&folder, usage, now)?);
    }
    let keyset = KeySet {
        version: 1,
        keys,
        next_root: Some(second.public_key()),
    };
    write_keyset(&folder, &keyset, &first)?;
    TownKeys::load(path)
}

/// Adds a key and signs the next version of the set with the root that signed this one.
///
/// # Errors
/// [`KeysError`]; the old set stays in force.
pub fn rotate(path: &Path, roots: &Roots, rotation: &Rotation) -> Result<TownKeys, KeysError> {
    let folder = Folder::at(path);
    let publics = folder.roots()?;
    let current = folder.keyset(&publics)?;
    let number = usize::from(Some(publics[0].kid()) != current.kid());
    let root = open_root(&folder, roots, number)?;
    if !publics.contains(&root.public_key()) {
        return Err(KeysError::Damaged("root"));
    }
    let mut next = KeySet {
        version: current.version.saturating_add(1),
        keys: current
            .keys
            .iter()
            .filter(|entry| Some(entry.kid) != rotation.drop)
            .cloned()
            .collect(),
        next_root: current.next_root,
    };
    next.keys.push(new_key(&folder, rotation.usage, rotation.from)?);
    write_keyset(&folder, &next, &root)?;
    TownKeys::load(path)
}

fn open_root(folder: &Folder<'_>, roots: &Roots, number: usize) -> Result<SoftwareSigner, KeysError> {
    match roots {
        Roots::Sealed(passphrase) => {
            let name = SEALED.get(number).ok_or(KeysError::Damaged("root"))?;
            sealed_root::open(&folder.read_secret(name)?, passphrase)
        }
        #[cfg(feature = "demo")]
        Roots::Test => test(u8::try_from(number).map_err(|_| KeysError::NotMade)?),
    }
}

#[cfg(feature = "demo")]
fn test(number: u8) -> Result<SoftwareSigner, KeysError> {
    super::test_root::test_root(number).map_err(|_| KeysError::NotMade)
}

/// Makes a key, writes its private half and gives its entry.
fn new_key(folder: &Folder<'_>, usage: KeyUse, from: Time) -> Result<KeyEntry, KeysError> {
    let key = fresh_key()?;
    let made = entry(&key, usage, from, expiry(usage, from));
    folder.write_private_key(&made, &key)?;
    Ok(made)
}

/// The last second a key signs (docs/protocol.md, "Keys and rotation").
fn expiry(usage: KeyUse, from: Time) -> Time {
    let days = match usage {
        KeyUse::FACT => return FOR_EVER,
        KeyUse::ISSUER => 90,
        // Printed sheets are not replaced for a key.
        KeyUse::SHOP_MARK => 3_653,
        _ => 366,
    };
    from.after(DAY_SECONDS.saturating_mul(days))
}

fn write_keyset(folder: &Folder<'_>, keyset: &KeySet, root: &SoftwareSigner) -> Result<(), KeysError> {
    let signed = keyset.sign(root).map_err(|_| KeysError::NotMade)?;
    folder.write(KEYSET, signed.bytes())
}
