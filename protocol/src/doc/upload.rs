//! What devices send and get back. Not signed as a whole: every document in it proves itself, whoever
//! carries it.

use super::field::{Bytes, Field, Sink, WrongValue, codes, record};

record! {
    /// One document with what travels beside it.
    pub struct UploadItem [
        /// A COSE_Sign1.
        document: Bytes,
        /// Evidence, or nothing.
        evidence: Option<Bytes>,
    ]
}

/// Documents for the server, in the order of their lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upload {
    /// The documents.
    pub items: Vec<UploadItem>,
}

impl Upload {
    /// The most documents one request may carry.
    pub const MAX_ITEMS: usize = 500;

    /// The bytes to send.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut pairs = super::Pairs::new();
        pairs.put(0, &self.items);
        pairs.finish()
    }

    /// Reads a request.
    ///
    /// # Errors
    /// [`WrongValue`] where it is not canonical, not of this shape, or too long.
    pub fn decode(bytes: &[u8]) -> Result<Self, WrongValue> {
        let items: Vec<UploadItem> = only_field(bytes)?;
        if items.len() > Self::MAX_ITEMS {
            return Err(WrongValue);
        }
        Ok(Self { items })
    }
}

codes! {
    /// Why the server keeps a document without deciding on it.
    pub enum ParkReason {
        /// It names an allowance, intent or device the server does not know yet.
        Waiting = 0,
        /// It was written by newer software.
        Newer = 1,
        /// It is not one of our documents.
        Unreadable = 2,
        /// Its signature does not hold.
        BadSignature = 3,
        /// Its signer may not sign this.
        WrongSigner = 4,
    }
}

/// What the server says of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerItem {
    /// Decided: a signed fact.
    Fact(Bytes),
    /// Kept, not decided.
    Parked(ParkReason),
    /// Taken note of; it changes other documents and has no fact of its own.
    Noted,
}

impl Field for AnswerItem {
    fn put(&self, to: &mut Sink<'_>) {
        match self {
            Self::Fact(fact) => fact.put(to),
            Self::Parked(reason) => reason.put(to),
            Self::Noted => {
                let _ = to.null();
            }
        }
    }

    fn take(from: &mut minicbor::Decoder<'_>) -> Result<Self, WrongValue> {
        match from.datatype()? {
            minicbor::data::Type::Bytes => Field::take(from).map(Self::Fact),
            minicbor::data::Type::Null => Ok(from.null().map(|()| Self::Noted)?),
            _ => Field::take(from).map(Self::Parked),
        }
    }
}

/// One item for each document of the upload, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The items.
    pub items: Vec<AnswerItem>,
}

impl Answer {
    /// The bytes to send.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut pairs = super::Pairs::new();
        pairs.put(0, &self.items);
        pairs.finish()
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// [`WrongValue`] where it is not canonical or not of this shape.
    pub fn decode(bytes: &[u8]) -> Result<Self, WrongValue> {
        only_field(bytes).map(|items| Self { items })
    }
}

/// `{0: value}`.
fn only_field<T: Field>(bytes: &[u8]) -> Result<T, WrongValue> {
    crate::cbor::check(bytes).map_err(|_| WrongValue)?;
    let mut decoder = minicbor::Decoder::new(bytes);
    if decoder.map()? != Some(1) || decoder.u8()? != 0 {
        return Err(WrongValue);
    }
    T::take(&mut decoder)
}
