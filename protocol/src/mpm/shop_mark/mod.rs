//! Our signed content of a shop's printed code (docs/protocol.md, shop mark): it says offline which
//! shop a sheet belongs to, so that a sticker pasted over it is noticed (T2).
//!
//! The signature covers every byte before root object 80, found by walking the objects; 80 and 81 hold
//! the signature itself, in the one form that is accepted. A [`SignedMark`] is a claim; only
//! [`SignedMark::verify`] turns it into a [`ShopMark`] to trust.

mod read;
mod sign;

use std::collections::BTreeSet;
use std::fmt;

use data_encoding::BASE64URL_NOPAD;

use crate::ids::{Kid, MarkId, Pid, SetId};
use crate::mpm::payload::Fields;
use crate::mpm::shown::shown;
use crate::mpm::{ObjectId, Template, WriteError};

pub use read::{MarkError, SignedMark};
pub use sign::SignMarkError;

/// Who defines our templates.
pub const GUID: &str = "jp.kinchaku";

/// Our account template in the root.
const ACCOUNT: ObjectId = ObjectId(26);
/// The first half of the signature: one value holds at most 99 characters.
const FIRST_HALF: ObjectId = ObjectId(80);
/// The second half of the signature.
const SECOND_HALF: ObjectId = ObjectId(81);
/// Characters in each half: 64 bytes are 86 characters of base64url.
const HALF: usize = 43;

/// Fields within our templates.
mod field {
    use crate::mpm::ObjectId;

    pub(super) const SHOP: ObjectId = ObjectId(1);
    pub(super) const MARK: ObjectId = ObjectId(2);
    pub(super) const KID: ObjectId = ObjectId(3);
    pub(super) const SETS: ObjectId = ObjectId(4);
    pub(super) const OFFLINE: ObjectId = ObjectId(5);
    pub(super) const SIGNATURE: ObjectId = ObjectId(1);
}

/// What a shop takes from a payer without a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Offline {
    /// Nothing: the payer is told so at the scan, before any amount is typed.
    None,
    /// A receipt that a device of the shop scans.
    Scan,
    /// A receipt that nobody verifies, within the paper tier's limits.
    Paper,
}

impl Offline {
    /// The word in the mark.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Scan => "scan",
            Self::Paper => "paper",
        }
    }

    /// From the word in the mark.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::None, Self::Scan, Self::Paper]
            .into_iter()
            .find(|offline| offline.word() == word)
    }
}

impl fmt::Display for Offline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What a shop's sheet says about the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopMark {
    /// The shop.
    pub shop: Pid,
    /// This sheet or register of it (F119).
    pub mark: MarkId,
    /// The key that signs it.
    pub kid: Kid,
    /// The sets the shop belongs to, besides the one of all shops; decides which vouchers fit (F072).
    pub sets: BTreeSet<SetId>,
    /// What it takes from a payer without a network.
    pub offline: Offline,
    /// 59: name in Latin letters, at most 25.
    pub name: String,
    /// 60: city in Latin letters, at most 15.
    pub city: String,
    /// 64-00: the local language, two letters, `JA`.
    pub language: String,
    /// 64-01: name in the local language, at most 25 characters.
    pub local_name: String,
    /// 64-02: city in the local language, at most 15 characters.
    pub local_city: Option<String>,
    /// 61: postal code.
    pub postal_code: Option<String>,
    /// 52: merchant category, four digits.
    pub mcc: String,
}

impl ShopMark {
    /// The name to show, fit for a screen.
    #[must_use]
    pub fn shown_name(&self) -> String {
        shown(&self.local_name)
    }
}

/// Objects 80 and 81 with this signature: the only form there is.
fn signature_templates(signature: &[u8; 64]) -> Result<[Template; 2], WriteError> {
    let encoded = BASE64URL_NOPAD.encode(signature);
    let (first, second) = encoded.split_at_checked(HALF).unwrap_or((&encoded, ""));
    let template = |id, half: &str| {
        let fields = Fields::from([(field::SIGNATURE, half.to_owned())]);
        Template::new(id, GUID, fields)
    };
    Ok([template(FIRST_HALF, first)?, template(SECOND_HALF, second)?])
}
