//! What this device believes, and whom: the town's key set, up from the roots it was built with.
//!
//! Everything a host, a picture or a network hands over goes through here before it counts. A key set
//! only ever goes up in version, a bulletin in epoch.

use std::collections::HashMap;
use std::sync::OnceLock;

use kinchaku_protocol::doc::{
    Allowance, Bulletin, Device, DocError, Document, Fact, KeyEntry, KeySet, KeyUse, Page, Received, Verified,
};
use kinchaku_protocol::ids::Kid;
use kinchaku_protocol::mpm::shop_mark::{ShopMark, SignedMark};
use kinchaku_protocol::signature::{PublicKey, SignatureError, VerifyingPoint};
use kinchaku_protocol::test_roots::is_test_root;
use kinchaku_protocol::time::Time;

/// Why a document is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// It does not read.
    #[error(transparent)]
    Document(#[from] DocError),
    /// No key of the town that may sign this has this name: a forgery, or our key set is old.
    #[error("no such key")]
    UnknownKey,
    /// It was signed by somebody else.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// It dates from a time at which its key could not sign.
    #[error("outside the time of its key")]
    KeyTime,
    /// It is older than what is already known.
    #[error("older than what is known")]
    Outdated,
    /// The root is one for tests only, and this is a release.
    #[error("a root for tests")]
    TestRoot,
}

/// The root keys the app was built with: two, so that one can be replaced by the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots(Vec<PublicKey>);

impl Roots {
    /// The roots of a town.
    #[must_use]
    pub const fn new(keys: Vec<PublicKey>) -> Self {
        Self(keys)
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.0
    }
}

/// The key set in force. A key is made ready for checking when it is first needed, and once: opening a
/// wallet needs none of them.
pub struct Trust {
    keyset: Verified<KeySet>,
    keys: HashMap<Kid, (KeyEntry, OnceLock<VerifyingPoint>)>,
}

impl Trust {
    /// From the key set this device stored after verifying it.
    #[must_use]
    pub fn from_stored(keyset: Verified<KeySet>) -> Self {
        let keys = keyset
            .keys
            .iter()
            .map(|entry| (entry.kid, (entry.clone(), OnceLock::new())))
            .collect();
        Self { keyset, keys }
    }

    /// Verifies a town's key set from nothing but the roots.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn begin(bytes: &[u8], roots: &Roots) -> Result<Self, TrustError> {
        let received = Received::<KeySet>::read(bytes)?;
        let root = signer_among(roots.keys(), received.kid())?;
        Ok(Self::from_stored(received.verify(root)?))
    }

    /// Verifies a newer key set: by a root, or by the root the present one announced.
    ///
    /// # Errors
    /// [`TrustError`]; [`TrustError::Outdated`] for the same or an older version.
    pub fn renewed(&self, bytes: &[u8], roots: &Roots) -> Result<Self, TrustError> {
        let received = Received::<KeySet>::read(bytes)?;
        let announced = self.keyset.next_root.as_ref();
        let root = signer_among(roots.keys().iter().chain(announced), received.kid())?;
        let keyset = received.verify(root)?;
        if keyset.version <= self.keyset.version {
            return Err(TrustError::Outdated);
        }
        Ok(Self::from_stored(keyset))
    }

    /// The key set.
    #[must_use]
    pub const fn keyset(&self) -> &Verified<KeySet> {
        &self.keyset
    }

    /// Checks a document by the key it names: one of this use, at the time the document gives itself. A key
    /// that leaked is taken out of the set; its time only ends what it may still sign.
    fn check<D: Document>(
        &self,
        received: Received<D>,
        usage: KeyUse,
        made_at: fn(&D) -> Time,
    ) -> Result<Verified<D>, TrustError> {
        let (entry, point) = self.key(received.kid(), usage)?;
        let at = made_at(received.claims());
        if at < entry.not_before || at > entry.expires {
            return Err(TrustError::KeyTime);
        }
        Ok(received.verify_by(point)?)
    }

    fn entry(&self, kid: Option<Kid>, usage: KeyUse) -> Result<&(KeyEntry, OnceLock<VerifyingPoint>), TrustError> {
        kid.and_then(|kid| self.keys.get(&kid))
            .filter(|(entry, _)| entry.usage.has(usage))
            .ok_or(TrustError::UnknownKey)
    }

    fn key(&self, kid: Option<Kid>, usage: KeyUse) -> Result<(&KeyEntry, &VerifyingPoint), TrustError> {
        let (entry, ready) = self.entry(kid, usage)?;
        if let Some(point) = ready.get() {
            return Ok((entry, point));
        }
        let point = entry.key.point()?;
        Ok((entry, ready.get_or_init(|| point)))
    }

    /// An allowance, by the issuer.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn allowance(&self, received: Received<Allowance>) -> Result<Verified<Allowance>, TrustError> {
        self.check(received, KeyUse::ISSUER, Allowance::not_before)
    }

    /// A fact of the server.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn fact(&self, bytes: &[u8]) -> Result<Verified<Fact>, TrustError> {
        self.check(Received::read(bytes)?, KeyUse::FACT, |it| it.at)
    }

    /// A page of the server.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn page(&self, bytes: &[u8]) -> Result<Verified<Page>, TrustError> {
        self.check(Received::read(bytes)?, KeyUse::FACT, |it| it.at)
    }

    /// A bulletin.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn bulletin(&self, bytes: &[u8]) -> Result<Verified<Bulletin>, TrustError> {
        self.check(Received::read(bytes)?, KeyUse::BULLETIN, |it| it.made_at)
    }

    /// A device document.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn device(&self, received: Received<Device>) -> Result<Verified<Device>, TrustError> {
        self.check(received, KeyUse::DEVICE_CA, Device::not_before)
    }

    /// A shop's printed mark (T2).
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn shop_mark<'m>(&self, mark: &'m SignedMark) -> Result<&'m ShopMark, TrustError> {
        let (entry, _) = self.entry(Some(mark.kid()), KeyUse::SHOP_MARK)?;
        mark.verify(&entry.key)
            .map_err(|_| TrustError::Signature(SignatureError::Mismatch))
    }
}

/// The root of this name. A root for tests is none, but in the demo (docs/adr/0011).
fn signer_among<'k>(
    roots: impl IntoIterator<Item = &'k PublicKey>,
    kid: Option<Kid>,
) -> Result<&'k PublicKey, TrustError> {
    let mut named = roots.into_iter().filter(|key| Some(key.kid()) == kid);
    match named.next() {
        Some(root) if !cfg!(feature = "demo") && is_test_root(root) => Err(TrustError::TestRoot),
        Some(root) => Ok(root),
        None => Err(TrustError::UnknownKey),
    }
}

#[cfg(test)]
mod tests {
    use super::{TrustError, signer_among};
    use kinchaku_protocol::signature::{Signer as _, SoftwareSigner};
    use kinchaku_protocol::test_roots::TEST_ROOTS;

    #[test]
    fn a_root_for_tests_signs_nothing_outside_the_demo() {
        let own = SoftwareSigner::from_scalar(&[7; 32]).unwrap().public_key();
        let [test, _] = TEST_ROOTS;
        let roots = [own, test];
        assert_eq!(signer_among(&roots, Some(own.kid())), Ok(&own));
        assert_eq!(signer_among(&roots, None), Err(TrustError::UnknownKey));
        let found = signer_among(&roots, Some(test.kid()));
        if cfg!(feature = "demo") {
            assert_eq!(found, Ok(&test));
        } else {
            assert_eq!(found, Err(TrustError::TestRoot));
        }
    }
}
