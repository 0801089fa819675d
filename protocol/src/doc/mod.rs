//! The signed documents, one file each (grammar: `protocol/kinchaku.cddl`).
//!
//! A document is a map with small integer keys: 0 its kind, 1 its version, 2 to 63 its fields, 64 to
//! 127 additions that older software may ignore. A key below 64 that is not known means a newer
//! writer: people are told to update, the server parks it.
//!
//! Life of received bytes: [`Received::read`] (canonical, of the right kind, fields in range) →
//! [`Received::verify`] with the one key that may sign it → [`Verified`], which only this gives.
//! Adding a kind is one file with one [`document!`] and one vector in `fixtures/vectors`.

pub mod field;

mod allowance;
mod bulletin;
mod cancel;
mod close;
mod device;
mod fact;
mod intent;
mod keyset;
mod linkproof;
mod page;
mod receipt;
mod row;
mod seen;
mod upload;

pub use allowance::{Allowance, Limits, PaperTier, ReserveLine};
pub use bulletin::{Bulletin, ClassLimits, DeadMark};
pub use cancel::Cancel;
pub use close::Close;
pub use device::{Device, Role};
pub use fact::{Fact, FactKind, Reason, TransactionRow};
pub use intent::{ClockReading, Gate, Intent, Part, Quality};
pub use keyset::{KeyEntry, KeySet, KeyUse};
pub use linkproof::{CardMethod, LinkProof, MAX_LINK_PROOF};
pub use page::{Page, Row, StateRoot, Table};
pub use receipt::{Receipt, ReceiptError, Refusal};
pub use row::{
    AccountRow, BalanceRow, ClassRow, HistoryRow, LotRow, MemberRow, RuleRow, SaleRow, ShopRow, StandingRow,
};
pub use seen::{Assurance, Seen, Verdict};
pub use upload::{Answer, AnswerItem, ParkReason, Upload, UploadItem};

use minicbor::{Decoder, Encoder};

use crate::cbor::{self, NotCanonical};
use crate::cose::{Envelope, EnvelopeError};
use crate::ids::{DocId, Kid, Ref};
use crate::signature::{PublicKey, SignError, SignatureError, Signer, VerifyingPoint};
use field::Field;

/// The largest document that travels by QR, in bytes of payload.
pub const MAX_BY_QR: usize = 1_024;

/// The largest page, bulletin or key set.
pub const MAX_PAGE: usize = 256 * 1_024;

/// The first key that older software may ignore.
const FIRST_IGNORABLE: u8 = 64;

/// The last key a document may have.
const LAST_KEY: u8 = 127;

/// Why bytes are not the document they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocError {
    /// Not canonical CBOR.
    #[error(transparent)]
    Encoding(#[from] NotCanonical),
    /// Not a COSE_Sign1 of ours.
    #[error("not a signed document")]
    Envelope,
    /// Larger than this kind may be.
    #[error("document too large")]
    TooLarge,
    /// A document of another kind.
    #[error("a document of kind {found}, not {expected}")]
    WrongKind {
        /// The kind asked for.
        expected: u8,
        /// The kind found.
        found: u8,
    },
    /// A version or a critical key this software does not know: update.
    #[error("written by newer software (version {version}, key {key:?})")]
    Newer {
        /// The document's version.
        version: u8,
        /// The unknown critical key, where the version is known.
        key: Option<u8>,
    },
    /// A field is missing.
    #[error("field {key} is missing")]
    Missing {
        /// Its key.
        key: u8,
    },
    /// A field has another type or is out of range.
    #[error("field {key} is wrong")]
    Wrong {
        /// Its key.
        key: u8,
    },
}

impl From<EnvelopeError> for DocError {
    fn from(error: EnvelopeError) -> Self {
        match error {
            EnvelopeError::Encoding(fault) => Self::Encoding(fault),
            EnvelopeError::Shape => Self::Envelope,
        }
    }
}

/// A kind of signed document.
pub trait Document: Sized {
    /// Key 0.
    const KIND: u8;
    /// Key 1.
    const VERSION: u8;
    /// Its name in the external data of the signature.
    const NAME: &'static str;
    /// The largest payload in bytes.
    const MAX: usize;

    /// The payload.
    fn encode(&self) -> Vec<u8>;

    /// Reads a payload.
    ///
    /// # Errors
    /// [`DocError`].
    fn decode(payload: &[u8]) -> Result<Self, DocError>;

    /// The external data of its signature.
    #[must_use]
    fn aad() -> String {
        format!("kinchaku/{}/{}", Self::NAME, Self::VERSION)
    }

    /// The id of this document: SHA-256 of its payload.
    #[must_use]
    fn id(&self) -> DocId {
        DocId::of(&self.encode())
    }

    /// Signs it.
    ///
    /// # Errors
    /// [`SignError`] where the key did not sign.
    fn sign(&self, signer: &dyn Signer) -> Result<Verified<Self>, SignError> {
        let payload = self.encode();
        let kid = Some(signer.public_key().kid());
        let bytes = Envelope::sign(&payload, &Self::aad(), kid, signer)?;
        let document = Self::decode(&payload).map_err(|_| SignError)?;
        Ok(Verified {
            bytes,
            id: DocId::of(&payload),
            kid,
            document,
        })
    }
}

/// Ranges and relations inside one document that its types do not say.
pub trait Constraints {
    /// The key of the first field that breaks a rule of the grammar.
    ///
    /// # Errors
    /// The key.
    fn check(&self) -> Result<(), u8> {
        Ok(())
    }
}

/// Bytes of a document that reads well. Whether its signer may sign it is not known yet.
#[derive(Clone, PartialEq, Eq)]
pub struct Received<D> {
    bytes: Vec<u8>,
    envelope: Envelope,
    document: D,
}

impl<D: std::fmt::Debug> std::fmt::Debug for Received<D> {
    /// As its kind prints itself: the bytes of some have a person's name in them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Received").field(&self.document).finish()
    }
}

impl<D: Document> Received<D> {
    /// Reads a COSE_Sign1.
    ///
    /// # Errors
    /// [`DocError`].
    pub fn read(bytes: &[u8]) -> Result<Self, DocError> {
        // Envelope and signature add less than 100 bytes.
        if bytes.len() > D::MAX.saturating_add(100) {
            return Err(DocError::TooLarge);
        }
        let envelope = Envelope::read(bytes)?;
        let document = D::decode(&envelope.payload)?;
        Ok(Self {
            bytes: bytes.to_vec(),
            envelope,
            document,
        })
    }

    /// What it says, unproven: enough to find the key that should have signed it.
    #[must_use]
    pub const fn claims(&self) -> &D {
        &self.document
    }

    /// Its id: a hash, so it needs no proof.
    #[must_use]
    pub fn id(&self) -> DocId {
        DocId::of(&self.envelope.payload)
    }

    /// The key it names.
    #[must_use]
    pub const fn kid(&self) -> Option<Kid> {
        self.envelope.kid
    }

    /// The bytes as received.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Checks the signature by the key that may sign this document.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn verify(self, key: &PublicKey) -> Result<Verified<D>, SignatureError> {
        self.verify_by(&key.point()?)
    }

    /// As [`Received::verify`], with a key made ready before.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn verify_by(self, key: &VerifyingPoint) -> Result<Verified<D>, SignatureError> {
        self.envelope.verify_by(&D::aad(), key)?;
        Ok(Verified {
            id: self.id(),
            kid: self.envelope.kid,
            bytes: self.bytes,
            document: self.document,
        })
    }

    /// Takes over bytes from our own storage, which held only verified documents.
    #[must_use]
    pub fn trusted(self) -> Verified<D> {
        Verified {
            id: self.id(),
            kid: self.envelope.kid,
            bytes: self.bytes,
            document: self.document,
        }
    }
}

/// A document whose signature has been checked, with the bytes as received.
#[derive(Clone, PartialEq, Eq)]
pub struct Verified<D> {
    bytes: Vec<u8>,
    id: DocId,
    kid: Option<Kid>,
    document: D,
}

impl<D: std::fmt::Debug> std::fmt::Debug for Verified<D> {
    /// As [`Received`] does, with its id.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Verified").field(&self.id).field(&self.document).finish()
    }
}

impl<D> Verified<D> {
    /// The COSE_Sign1 as received.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the payload.
    #[must_use]
    pub const fn id(&self) -> DocId {
        self.id
    }

    /// How other documents name it.
    #[must_use]
    pub fn to_ref(&self) -> Ref {
        self.id.to_ref()
    }

    /// The key it names.
    #[must_use]
    pub const fn kid(&self) -> Option<Kid> {
        self.kid
    }
}

impl<D> std::ops::Deref for Verified<D> {
    type Target = D;

    fn deref(&self) -> &D {
        &self.document
    }
}

/// The kind of a signed document, to know how to read it.
///
/// # Errors
/// [`DocError`] where the bytes are no document at all.
pub fn kind_of(bytes: &[u8]) -> Result<u8, DocError> {
    if bytes.len() > MAX_PAGE {
        return Err(DocError::TooLarge);
    }
    let envelope = Envelope::read(bytes)?;
    cbor::check(&envelope.payload)?;
    let mut decoder = Decoder::new(&envelope.payload);
    let first = decoder.map().ok().flatten().and_then(|_| decoder.u8().ok());
    match first {
        Some(0) => decoder.u8().map_err(|_| DocError::Wrong { key: 0 }),
        _ => Err(DocError::Missing { key: 0 }),
    }
}

/// The pairs of a document's map, each value still as bytes. Keeps what a typed reader needs and
/// refuses unknown critical keys.
struct Fields<'a> {
    pairs: Vec<(u8, &'a [u8])>,
}

impl<'a> Fields<'a> {
    fn read<D: Document>(payload: &'a [u8], known: &[u8]) -> Result<Self, DocError> {
        if payload.len() > D::MAX {
            return Err(DocError::TooLarge);
        }
        cbor::check(payload)?;
        let fields = Self {
            pairs: Self::pairs(payload).ok_or(DocError::Wrong { key: 0 })?,
        };
        let found: u8 = fields.required(0)?;
        if found != D::KIND {
            return Err(DocError::WrongKind {
                expected: D::KIND,
                found,
            });
        }
        let version: u8 = fields.required(1)?;
        if version != D::VERSION {
            return Err(DocError::Newer { version, key: None });
        }
        for &(key, _) in &fields.pairs {
            if key > LAST_KEY {
                return Err(DocError::Wrong { key });
            }
            if key > 1 && key < FIRST_IGNORABLE && !known.contains(&key) {
                return Err(DocError::Newer {
                    version,
                    key: Some(key),
                });
            }
        }
        Ok(fields)
    }

    fn pairs(payload: &'a [u8]) -> Option<Vec<(u8, &'a [u8])>> {
        let mut decoder = Decoder::new(payload);
        let count = decoder.map().ok()??;
        let mut pairs = Vec::new();
        for _ in 0..count {
            let key = decoder.u8().ok()?;
            let start = decoder.position();
            decoder.skip().ok()?;
            pairs.push((key, payload.get(start..decoder.position())?));
        }
        Some(pairs)
    }

    fn optional<T: Field>(&self, key: u8) -> Result<Option<T>, DocError> {
        match self.pairs.iter().find(|(k, _)| *k == key) {
            None => Ok(None),
            Some((_, bytes)) => T::take(&mut Decoder::new(bytes))
                .map(Some)
                .map_err(|_| DocError::Wrong { key }),
        }
    }

    fn required<T: Field>(&self, key: u8) -> Result<T, DocError> {
        self.optional(key)?.ok_or(DocError::Missing { key })
    }
}

/// Collects the pairs of a map to be written: keys come in ascending order from [`document!`].
struct Pairs {
    count: u64,
    body: Vec<u8>,
}

impl Pairs {
    const fn new() -> Self {
        Self {
            count: 0,
            body: Vec::new(),
        }
    }

    fn put<T: Field>(&mut self, key: u8, value: &T) {
        self.count = self.count.saturating_add(1);
        let mut encoder = Encoder::new(&mut self.body);
        key.put(&mut encoder);
        value.put(&mut encoder);
    }

    fn put_optional<T: Field>(&mut self, key: u8, value: Option<&T>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    fn finish(mut self) -> Vec<u8> {
        let mut payload = Vec::new();
        let _ = Encoder::new(&mut payload).map(self.count);
        payload.append(&mut self.body);
        payload
    }
}

/// Declares a document once: struct, writer, reader and the list of keys it knows.
///
/// Keys must be given in ascending order, required fields first; `?` marks an optional field.
macro_rules! document {
    (
        $(#[$doc:meta])*
        pub struct $name:ident = $kind:literal v $version:literal $label:literal max $max:expr, {
            $($(#[$field_doc:meta])* $key:literal => $field:ident: $type:ty),* $(,)?
            $(; $($(#[$option_doc:meta])* ? $option_key:literal => $option:ident: $option_type:ty),* $(,)?)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
            $($($(#[$option_doc])* pub $option: Option<$option_type>,)*)?
        }

        impl $crate::doc::Document for $name {
            const KIND: u8 = $kind;
            const VERSION: u8 = $version;
            const NAME: &'static str = $label;
            const MAX: usize = $max;

            fn encode(&self) -> Vec<u8> {
                let mut pairs = $crate::doc::Pairs::new();
                pairs.put(0, &Self::KIND);
                pairs.put(1, &Self::VERSION);
                $(pairs.put($key, &self.$field);)*
                $($(pairs.put_optional($option_key, self.$option.as_ref());)*)?
                pairs.finish()
            }

            fn decode(payload: &[u8]) -> Result<Self, $crate::doc::DocError> {
                let fields = $crate::doc::Fields::read::<Self>(payload, &[$($key,)* $($($option_key,)*)?])?;
                let document = Self {
                    $($field: fields.required($key)?,)*
                    $($($option: fields.optional($option_key)?,)*)?
                };
                $crate::doc::Constraints::check(&document)
                    .map_err(|key| $crate::doc::DocError::Wrong { key })?;
                Ok(document)
            }
        }
    };
}
pub(crate) use document;

#[cfg(test)]
mod tests;
