//! `keyset`: the keys of a town, signed by its root. The version only goes up; a wallet may jump any
//! number of versions, and verifies with the root it was built with or the next one named here.

use super::field::{Field, Sink, WrongValue, record};
use super::{Constraints, MAX_PAGE, document};
use crate::ids::Kid;
use crate::signature::PublicKey;
use crate::time::Time;

/// What a key may sign: a set of bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyUse(u8);

impl KeyUse {
    /// Allowances.
    pub const ISSUER: Self = Self(1);
    /// Facts and pages; such keys stay in the set for ever.
    pub const FACT: Self = Self(2);
    /// Bulletins.
    pub const BULLETIN: Self = Self(4);
    /// Devices.
    pub const DEVICE_CA: Self = Self(8);
    /// Shop marks.
    pub const SHOP_MARK: Self = Self(16);
    /// Cancellations made at the console.
    pub const CONSOLE: Self = Self(32);

    /// Whether all of `other` is in it.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl Field for KeyUse {
    fn put(&self, to: &mut Sink<'_>) {
        self.0.put(to);
    }

    fn take(from: &mut minicbor::Decoder<'_>) -> Result<Self, WrongValue> {
        match u8::take(from)? {
            bits @ 1..=63 => Ok(Self(bits)),
            _ => Err(WrongValue),
        }
    }
}

record! {
    /// One key of the town.
    pub struct KeyEntry [
        /// Names it.
        kid: Kid,
        /// The key.
        key: PublicKey,
        /// What it may sign.
        usage: KeyUse,
        /// From when.
        not_before: Time,
        /// Until when it may sign.
        expires: Time,
    ]
}

document! {
    /// The keys in force.
    pub struct KeySet = 13 v 1 "keyset" max MAX_PAGE, {
        /// Up only.
        2 => version: u32,
        /// The keys.
        3 => keys: Vec<KeyEntry>;
        /// The root that will sign the next key set but one.
        ? 4 => next_root: PublicKey,
    }
}

impl KeySet {
    /// The key with this id, if it may sign this.
    #[must_use]
    pub fn find(&self, kid: Option<Kid>, usage: KeyUse) -> Option<&KeyEntry> {
        self.keys
            .iter()
            .find(|entry| Some(entry.kid) == kid && entry.usage.has(usage))
    }
}

impl Constraints for KeySet {
    fn check(&self) -> Result<(), u8> {
        // A kid of four bytes may collide; a set in which it does could not say which key is meant.
        let named = self.keys.iter().all(|entry| entry.kid == entry.key.kid());
        let mut kids: Vec<Kid> = self.keys.iter().map(|entry| entry.kid).collect();
        kids.sort_unstable();
        (named && kids.is_sorted_by(|a, b| a < b)).then_some(()).ok_or(3)
    }
}
