//! How a row type and a database table correspond: one declaration gives the struct, the columns, the
//! key and both directions. Columns are 64-bit integers, text or bytes, so that SQLite and PostgreSQL
//! hold the same.

use kinchaku_protocol::ids::{ClassId, DocId, Kid, MarkId, Pid, Ref, SetId};
use kinchaku_protocol::money::{Amount, Signed};
use kinchaku_protocol::signature::PublicKey;
use kinchaku_protocol::time::{Day, Time};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `bigint`.
    Int,
    /// `text`.
    Text,
    /// `blob` or `bytea`.
    Bytes,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Absent.
    Null,
    /// An integer.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A value in the database that its column cannot hold: the file was tampered with or is of another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored value is not of its type")]
pub struct BadValue;

/// A Rust type that fits a column.
pub trait Column: Sized {
    /// What the column holds.
    const KIND: Kind;

    /// To the database.
    fn to_value(&self) -> Value;

    /// From the database.
    ///
    /// # Errors
    /// [`BadValue`].
    fn from_value(value: &Value) -> Result<Self, BadValue>;
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl Column for $type {
            const KIND: Kind = Kind::Int;

            fn to_value(&self) -> Value {
                Value::Int(i64::try_from(*self).unwrap_or(i64::MAX))
            }

            fn from_value(value: &Value) -> Result<Self, BadValue> {
                match value {
                    Value::Int(number) => Self::try_from(*number).map_err(|_| BadValue),
                    _ => Err(BadValue),
                }
            }
        }
    )*};
}
integers!(u8, u16, u32, u64, i64);

macro_rules! numbers {
    ($($type:ident),*) => {$(
        impl Column for $type {
            const KIND: Kind = Kind::Int;

            fn to_value(&self) -> Value {
                self.0.to_value()
            }

            fn from_value(value: &Value) -> Result<Self, BadValue> {
                Column::from_value(value).map(Self)
            }
        }
    )*};
}
numbers!(ClassId, SetId, Time, Day);

macro_rules! byte_ids {
    ($($type:ident),*) => {$(
        impl Column for $type {
            const KIND: Kind = Kind::Bytes;

            fn to_value(&self) -> Value {
                Value::Bytes(self.0.to_vec())
            }

            fn from_value(value: &Value) -> Result<Self, BadValue> {
                match value {
                    Value::Bytes(bytes) => bytes.as_slice().try_into().map(Self).map_err(|_| BadValue),
                    _ => Err(BadValue),
                }
            }
        }
    )*};
}
byte_ids!(Pid, MarkId, Kid, Ref, DocId, PublicKey);

impl Column for bool {
    const KIND: Kind = Kind::Int;

    fn to_value(&self) -> Value {
        Value::Int(i64::from(*self))
    }

    fn from_value(value: &Value) -> Result<Self, BadValue> {
        match value {
            Value::Int(0) => Ok(false),
            Value::Int(1) => Ok(true),
            _ => Err(BadValue),
        }
    }
}

impl Column for Amount {
    const KIND: Kind = Kind::Int;

    fn to_value(&self) -> Value {
        self.units().to_value()
    }

    fn from_value(value: &Value) -> Result<Self, BadValue> {
        i64::from_value(value).and_then(|units| Self::try_from(units).map_err(|_| BadValue))
    }
}

impl Column for Signed {
    const KIND: Kind = Kind::Int;

    fn to_value(&self) -> Value {
        Value::Int(self.units())
    }

    fn from_value(value: &Value) -> Result<Self, BadValue> {
        i64::from_value(value).map(Self::from_units)
    }
}

impl Column for String {
    const KIND: Kind = Kind::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }

    fn from_value(value: &Value) -> Result<Self, BadValue> {
        match value {
            Value::Text(text) => Ok(text.clone()),
            _ => Err(BadValue),
        }
    }
}

impl Column for Vec<u8> {
    const KIND: Kind = Kind::Bytes;

    fn to_value(&self) -> Value {
        Value::Bytes(self.clone())
    }

    fn from_value(value: &Value) -> Result<Self, BadValue> {
        match value {
            Value::Bytes(bytes) => Ok(bytes.clone()),
            _ => Err(BadValue),
        }
    }
}

impl<T: Column> Column for Option<T> {
    const KIND: Kind = T::KIND;

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }

    fn from_value(value: &Value) -> Result<Self, BadValue> {
        match value {
            Value::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

/// An enum kept as its number.
macro_rules! coded {
    ($($type:ty),* $(,)?) => {$(
        impl $crate::store::table::Column for $type {
            const KIND: $crate::store::table::Kind = $crate::store::table::Kind::Int;

            fn to_value(&self) -> $crate::store::table::Value {
                $crate::store::table::Value::Int(i64::from(self.number()))
            }

            fn from_value(
                value: &$crate::store::table::Value,
            ) -> Result<Self, $crate::store::table::BadValue> {
                let number = <u8 as $crate::store::table::Column>::from_value(value)?;
                Self::from_number(number).ok_or($crate::store::table::BadValue)
            }
        }
    )*};
}
pub(crate) use coded;

/// An enum with numbers that stay for ever.
macro_rules! numbered {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),*
        }

        impl $name {
            /// As it stands in the database.
            #[must_use]
            pub const fn number(self) -> u8 {
                match self {
                    $(Self::$variant => $number),*
                }
            }

            /// From the database.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        $crate::store::table::coded!($name);
    };
}
pub(crate) use numbered;

/// A table as both databases have it; every key begins with `muni`, which is not in the list.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableDef {
    /// Its name.
    pub name: &'static str,
    /// Its columns after `muni`.
    pub columns: &'static [(&'static str, Kind)],
    /// How many of the first columns make the key, with `muni`.
    pub key: usize,
}

impl TableDef {
    /// The columns of the key after `muni`.
    pub fn key_columns(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().take(self.key).map(|(name, _)| *name)
    }

    /// What a column holds.
    #[must_use]
    pub fn kind_of(&self, column: &str) -> Option<Kind> {
        self.columns
            .iter()
            .find(|(name, _)| *name == column)
            .map(|(_, kind)| *kind)
    }
}

/// A row type.
pub trait Table: Clone + PartialEq {
    /// Its table.
    const DEF: &'static TableDef;

    /// Its key, in order.
    type Key: Clone + Ord;

    /// The key.
    fn key(&self) -> Self::Key;

    /// All columns after `muni`.
    fn to_values(&self) -> Vec<Value>;

    /// From all columns after `muni`.
    ///
    /// # Errors
    /// [`BadValue`].
    fn from_values(values: &[Value]) -> Result<Self, BadValue>;
}

/// Declares a row: `table! { struct Name in "table" key [a: A] { b: B } }`.
macro_rules! table {
    (
        $(#[$doc:meta])*
        pub struct $name:ident in $table:literal
        key [$($(#[$key_doc:meta])* $key:ident: $key_type:ty),+ $(,)?]
        { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[$key_doc])* pub $key: $key_type,)+
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $crate::store::table::Table for $name {
            const DEF: &'static $crate::store::table::TableDef = &$crate::store::table::TableDef {
                name: $table,
                columns: &[
                    $((stringify!($key), <$key_type as $crate::store::table::Column>::KIND),)+
                    $((stringify!($field), <$type as $crate::store::table::Column>::KIND),)*
                ],
                key: [$(stringify!($key)),+].len(),
            };

            type Key = ($($key_type,)+);

            fn key(&self) -> Self::Key {
                ($(self.$key.clone(),)+)
            }

            fn to_values(&self) -> Vec<$crate::store::table::Value> {
                vec![
                    $($crate::store::table::Column::to_value(&self.$key),)+
                    $($crate::store::table::Column::to_value(&self.$field),)*
                ]
            }

            fn from_values(
                values: &[$crate::store::table::Value],
            ) -> Result<Self, $crate::store::table::BadValue> {
                let mut values = values.iter();
                let mut next = || values.next().ok_or($crate::store::table::BadValue);
                Ok(Self {
                    $($key: $crate::store::table::Column::from_value(next()?)?,)+
                    $($field: $crate::store::table::Column::from_value(next()?)?,)*
                })
            }
        }
    };
}
pub(crate) use table;
