//! How one field of a document is written and read. Bytes reach [`Field::take`] only after
//! [`crate::cbor::check`], so nothing here has to look for second encodings.

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

use crate::ids::{ClassId, DocId, Kid, MarkId, Pid, Ref, SetId};
use crate::money::Amount;
use crate::signature::PublicKey;
use crate::time::{Day, Time};

/// Writes into memory.
pub type Sink<'a> = Encoder<&'a mut Vec<u8>>;

/// A value of another type or out of its range; the document's reader names the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongValue;

impl From<minicbor::decode::Error> for WrongValue {
    fn from(_: minicbor::decode::Error) -> Self {
        Self
    }
}

/// A value that can stand in a document.
pub trait Field: Sized {
    /// Writes the value.
    fn put(&self, to: &mut Sink<'_>);

    /// Reads the value.
    ///
    /// # Errors
    /// [`WrongValue`].
    fn take(from: &mut Decoder<'_>) -> Result<Self, WrongValue>;
}

macro_rules! unsigned {
    ($($type:ty),*) => {$(
        impl Field for $type {
            fn put(&self, to: &mut Sink<'_>) {
                let _ = to.u64(u64::from(*self));
            }

            fn take(from: &mut Decoder<'_>) -> Result<Self, WrongValue> {
                Self::try_from(from.u64()?).map_err(|_| WrongValue)
            }
        }
    )*};
}
unsigned!(u8, u16, u32, u64);

macro_rules! wrapped {
    ($($type:ident),*) => {$(
        impl Field for $type {
            fn put(&self, to: &mut Sink<'_>) {
                self.0.put(to);
            }

            fn take(from: &mut Decoder<'_>) -> Result<Self, WrongValue> {
                Field::take(from).map(Self)
            }
        }
    )*};
}
wrapped!(ClassId, SetId, Time, Day);
wrapped!(Pid, MarkId, Kid, Ref, DocId, PublicKey);

impl Field for Amount {
    fn put(&self, to: &mut Sink<'_>) {
        self.units().put(to);
    }

    fn take(from: &mut Decoder<'_>) -> Result<Self, WrongValue> {
        Self::new(from.u64()?).map_err(|_| WrongValue)
    }
}

impl Field for bool {
    fn put(&self, to: &mut Sink<'_>) {
        let _ = to.bool(*self);
    }

    fn take(from: &mut Decoder<'_>) -> Result<Self, WrongValue> {
        Ok(from.bool()?)
    }
}

impl<const N: usize> Field for [u8; N] {
    fn put(&self, to: &mut Sink<'_>) {
        let _ = to.bytes(self);
    }

    fn take(from: &mut Decoder<'_>) -> Result<Self, WrongValue> {
        Self::try_from(from.bytes()?).map_err(|_| WrongValue)
    }
}

/// A byte string of any length: an envelope inside a document, an opaque cursor.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub Vec<u8>);

impl std::fmt::Debug for Bytes {
    /// How many: among them are certificates and records with a person's name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bytes({})", self.0.len())
    }
}

impl Field for Bytes {
    fn put(&self, to: &mut Sink<'_>) {
        let _ = to.bytes(&self.0);
    }

    fn take(from: &mut Decoder<'_>) -> Result<Self, WrongValue> {
        Ok(Self(from.bytes()?.to_vec()))
    }
}

impl Field for String {
    fn put(&self, to: &mut Sink<'_>) {
        let _ = to.str(self);
    }

    fn take(from: &mut Decoder<'_>) -> Result<Self, WrongValue> {
        Ok(from.str()?.to_owned())
    }
}

impl<T: Field> Field for Vec<T> {
    fn put(&self, to: &mut Sink<'_>) {
        let _ = to.array(u64::try_from(self.len()).unwrap_or(u64::MAX));
        for item in self {
            item.put(to);
        }
    }

    fn take(from: &mut Decoder<'_>) -> Result<Self, WrongValue> {
        let count = from.array()?.ok_or(WrongValue)?;
        (0..count).map(|_| T::take(from)).collect()
    }
}

/// `value / null`.
impl<T: Field> Field for Option<T> {
    fn put(&self, to: &mut Sink<'_>) {
        match self {
            Some(value) => value.put(to),
            None => {
                let _ = to.null();
            }
        }
    }

    fn take(from: &mut Decoder<'_>) -> Result<Self, WrongValue> {
        if from.datatype()? == Type::Null {
            from.null()?;
            return Ok(None);
        }
        T::take(from).map(Some)
    }
}

/// A CBOR array of fixed shape: `record! { struct Name [field: Type, …] }`, with `unprinted` before it where
/// `Debug` must say nothing of a person.
macro_rules! record {
    ($(#[$doc:meta])* pub struct $name:ident [$($fields:tt)*]) => {
        $crate::doc::field::record! { @body $(#[$doc])* #[derive(Debug)] pub struct $name [$($fields)*] }
    };
    (unprinted $(#[$doc:meta])* pub struct $name:ident [$($fields:tt)*]) => {
        $crate::doc::field::record! { @body $(#[$doc])* pub struct $name [$($fields)*] }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
    (@body $(#[$doc:meta])* pub struct $name:ident [$($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)?]) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type),*
        }

        impl $crate::doc::field::Field for $name {
            fn put(&self, to: &mut $crate::doc::field::Sink<'_>) {
                const COUNT: u64 = $crate::doc::field::count(&[$(stringify!($field)),*]);
                let _ = to.array(COUNT);
                $($crate::doc::field::Field::put(&self.$field, to);)*
            }

            fn take(from: &mut minicbor::Decoder<'_>) -> Result<Self, $crate::doc::field::WrongValue> {
                const COUNT: u64 = $crate::doc::field::count(&[$(stringify!($field)),*]);
                if from.array()? != Some(COUNT) {
                    return Err($crate::doc::field::WrongValue);
                }
                Ok(Self { $($field: $crate::doc::field::Field::take(from)?),* })
            }
        }
    };
}
pub(crate) use record;

/// How many fields a record has.
#[expect(
    clippy::as_conversions,
    reason = "usize to u64 in a const; a record has a handful of fields"
)]
pub(crate) const fn count(fields: &[&str]) -> u64 {
    fields.len() as u64
}

/// An enum written as a small number: `codes! { enum Name { Variant = 0, … } }`.
macro_rules! codes {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),*
        }

        impl $name {
            /// Every value, in the order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As it stands in a document.
            #[must_use]
            pub const fn number(self) -> u8 {
                match self {
                    $(Self::$variant => $number),*
                }
            }

            /// From a document or a database column.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        impl $crate::doc::field::Field for $name {
            fn put(&self, to: &mut $crate::doc::field::Sink<'_>) {
                self.number().put(to);
            }

            fn take(from: &mut minicbor::Decoder<'_>) -> Result<Self, $crate::doc::field::WrongValue> {
                Self::from_number($crate::doc::field::Field::take(from)?).ok_or($crate::doc::field::WrongValue)
            }
        }
    };
}
pub(crate) use codes;

/// Writes one value by itself.
#[must_use]
pub fn to_bytes<T: Field>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.put(&mut Encoder::new(&mut bytes));
    bytes
}

/// Reads one canonical value by itself.
///
/// # Errors
/// [`WrongValue`] where the bytes are not canonical, of another shape, or go on after it.
pub fn from_bytes<T: Field>(bytes: &[u8]) -> Result<T, WrongValue> {
    crate::cbor::check(bytes).map_err(|_| WrongValue)?;
    T::take(&mut Decoder::new(bytes))
}
