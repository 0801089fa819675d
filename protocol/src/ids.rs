//! Identifiers: fixed-size bytes or small integers, each its own type so that none stands for another.

use std::fmt;

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use sha2::{Digest, Sha256};

macro_rules! bytes_id {
    ($(#[$doc:meta])* $name:ident, $size:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $size]);

        impl $name {
            /// Reads exactly the right number of bytes.
            #[must_use]
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                <[u8; $size]>::try_from(bytes).ok().map(Self)
            }

            /// Reads lower-case hexadecimal, as [`fmt::Display`] writes it.
            #[must_use]
            pub fn from_hex(text: &str) -> Option<Self> {
                Self::from_slice(&HEXLOWER.decode(text.as_bytes()).ok()?)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&HEXLOWER.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

bytes_id!(
    /// A pseudonymous party: a shop, or a holder for one seven-day window. It names nobody.
    Pid, 8
);
bytes_id!(
    /// One printed sheet or register of a shop (F119: one id for each QR sheet).
    MarkId, 4
);
bytes_id!(
    /// Which key signed: the first four bytes of the SHA-256 of the compressed public key.
    Kid, 4
);
bytes_id!(
    /// A document named by another document: the first 16 bytes of its [`DocId`].
    Ref, 16
);
bytes_id!(
    /// A document's name: the SHA-256 of its payload. Re-signing does not change it (T4).
    DocId, 32
);

impl Pid {
    /// As it stands in a shop mark: 13 characters of RFC 4648 base32.
    #[must_use]
    pub fn base32(&self) -> String {
        BASE32_NOPAD.encode(&self.0)
    }
}

impl MarkId {
    /// As it stands in a shop mark: 7 characters of RFC 4648 base32.
    #[must_use]
    pub fn base32(&self) -> String {
        BASE32_NOPAD.encode(&self.0)
    }
}

impl Kid {
    /// As it stands in a shop mark: 7 characters of RFC 4648 base32.
    #[must_use]
    pub fn base32(&self) -> String {
        BASE32_NOPAD.encode(&self.0)
    }
}

impl DocId {
    /// The id of a document with this payload.
    #[must_use]
    pub fn of(payload: &[u8]) -> Self {
        Self(Sha256::digest(payload).into())
    }

    /// How other documents name it.
    #[must_use]
    pub fn to_ref(&self) -> Ref {
        let mut short = [0; 16];
        for (to, from) in short.iter_mut().zip(self.0) {
            *to = from;
        }
        Ref(short)
    }

    /// The three digits both people read aloud to compare two screens (確認番号).
    #[must_use]
    pub fn confirmation_number(&self) -> u16 {
        self.to_ref().confirmation_number()
    }
}

impl Ref {
    /// The three digits of [`DocId::confirmation_number`], from the part a reference keeps.
    #[must_use]
    pub fn confirmation_number(&self) -> u16 {
        let [a, b, ..] = self.0;
        u16::from_be_bytes([a, b]).checked_rem(1000).unwrap_or(0)
    }
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id!(
    /// A value class: one programme's money, points or vouchers (F067, F116).
    ClassId
);
number_id!(
    /// A set of shops in the directory; 0 is every shop (F072).
    SetId
);

impl SetId {
    /// Every shop.
    pub const ANYWHERE: Self = Self(0);
}

/// What a value class is (F116: 1 money, 2 points, 3 voucher).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceType {
    /// コイン: paid in, earns points.
    Money,
    /// ポイント: granted.
    Points,
    /// 商品券: bought at a premium or distributed.
    Voucher,
}

impl ServiceType {
    /// The number of F116.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Money => 1,
            Self::Points => 2,
            Self::Voucher => 3,
        }
    }

    /// From the number of F116.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Money),
            2 => Some(Self::Points),
            3 => Some(Self::Voucher),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DocId, Kid, MarkId, Pid};

    #[test]
    fn text_forms_have_the_lengths_a_shop_mark_has_room_for() {
        assert_eq!(Pid([7; 8]).base32().len(), 13);
        assert_eq!(MarkId([7; 4]).base32().len(), 7);
        assert_eq!(Kid([7; 4]).base32().len(), 7);
    }

    #[test]
    fn a_document_and_its_reference_give_the_same_confirmation_number() {
        let id = DocId::of(b"payload");
        assert_eq!(id.confirmation_number(), id.to_ref().confirmation_number());
        assert!(id.confirmation_number() < 1000);
        assert_eq!(DocId::from_hex(&id.to_string()), Some(id));
    }
}
