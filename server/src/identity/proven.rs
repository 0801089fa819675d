//! What a card's proof showed, once it was checked: plain facts for the books, which decide what follows
//! from them. Nothing of a person is printed by `Debug`.

use std::fmt;

use kinchaku_protocol::doc::CardMethod;
use kinchaku_protocol::jpki::certificate::{KeyName, SignedAttributes};
use kinchaku_protocol::time::Time;

/// One certificate that stood every check.
#[derive(Clone, PartialEq, Eq)]
pub struct CardName {
    /// Which one.
    pub key_name: KeyName,
    /// The last second it is good for.
    pub until: Time,
    /// The certificate in DER: what its status is asked by later on. As personal as a name.
    pub der: Vec<u8>,
}

/// What ties the certificate for user authentication to the person of this proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthBinding {
    /// Its key signed the statement, after its PIN.
    Proven,
    /// The platform says that it belongs to the person of the certificate for signatures, which signed.
    Corresponds,
    /// It came along. Anybody reads it from a card without a PIN, so it may be a copy of somebody else's:
    /// it recognises nobody, and stands in nobody's way, until a proof makes it [`Self::Proven`].
    Claimed,
}

/// What the platform says of a person's other certificates (対応証明書の発行の番号).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Correspondence {
    /// The certificate for user authentication of the person whose certificate for signatures was asked
    /// about.
    pub auth_of_sign: Option<KeyName>,
    /// Certificates for user authentication that the same person had before.
    pub previous: Vec<KeyName>,
}

/// A proof that is true.
#[derive(Clone, PartialEq, Eq)]
pub struct ProvenCard {
    /// With what it was proven.
    pub method: CardMethod,
    /// The certificate for user authentication.
    pub auth: CardName,
    /// What it is worth.
    pub auth_standing: AuthBinding,
    /// The certificate for signatures, with [`CardMethod::SignatureCertificate`].
    pub sign: Option<CardName>,
    /// Name, address, birth date and sex as an issuer signed them; none with
    /// [`CardMethod::UserAuthentication`]. A certificate for signatures says them of its own holder. A record
    /// of a card says them of the holder of some card: that it is the card of `auth` is the word of the two
    /// persons whose cards signed it.
    pub attributes: Option<SignedAttributes>,
    /// The guardian's certificate for user authentication, with [`CardMethod::CardRecord`]. Whether this is
    /// a linked adult is for the books to see.
    pub guardian: Option<CardName>,
    /// What the platform says of other certificates of this person.
    pub correspondence: Correspondence,
    /// The one time at which everything was checked.
    pub checked_at: Time,
}

impl ProvenCard {
    /// The last second of the certificate for user authentication.
    #[must_use]
    pub const fn auth_until(&self) -> Time {
        self.auth.until
    }

    /// The last second of the certificate for signatures.
    #[must_use]
    pub fn sign_until(&self) -> Option<Time> {
        self.sign.as_ref().map(|sign| sign.until)
    }
}

macro_rules! unprinted {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            /// Its type alone: it leads to a person.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}
unprinted!(CardName, Correspondence, ProvenCard);
