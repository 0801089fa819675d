//! Reading a mark: parsed payload to a claim, claim and key to a mark to trust.

use std::collections::BTreeSet;

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};

use super::{ACCOUNT, FIRST_HALF, GUID, Offline, SECOND_HALF, ShopMark, field, signature_templates};
use crate::ids::{Kid, MarkId, Pid, SetId};
use crate::mpm::write::sealed;
use crate::mpm::{ErrorKind, ObjectId, Parsed, Payload, Template, tlv};
use crate::signature::PublicKey;

/// Why a code is not a shop's mark to trust.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarkError {
    /// It has no account of ours: another service's code.
    #[error("not a code of this service")]
    NotOurs,
    /// It is ours but breaks rules of payment codes; with `Crc`, scan again.
    #[error("the code is damaged")]
    Damaged(Vec<ErrorKind>),
    /// It has a field of a later version: update the app.
    #[error("made for a later version")]
    Newer,
    /// It is ours by name, but this object does not have the one form it may have.
    #[error("object {0} is not as it must be")]
    Malformed(&'static str),
    /// It names another key than the one it was checked with.
    #[error("the mark names another key")]
    OtherKey,
    /// Nobody with that key signed it: forged, or a sticker pasted over (T2).
    #[error("the signature does not hold")]
    BadSignature,
}

/// A mark as scanned: what it claims, and the signature that has yet to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedMark {
    claim: ShopMark,
    covered: String,
    signature: [u8; 64],
}

impl SignedMark {
    /// Reads a mark of ours from a payload without any error.
    ///
    /// # Errors
    /// [`MarkError`], except `OtherKey` and `BadSignature`.
    pub fn read(parsed: &Parsed) -> Result<Self, MarkError> {
        let payload = &parsed.payload;
        let mut accounts = payload.merchant_accounts.iter();
        let account = accounts
            .find(|account| account.guid.as_deref() == Some(GUID))
            .ok_or(MarkError::NotOurs)?;
        if !parsed.is_valid() {
            return Err(MarkError::Damaged(parsed.errors.clone()));
        }
        if account.id != ACCOUNT || accounts.any(|other| other.guid.as_deref() == Some(GUID)) {
            return Err(MarkError::Malformed("26"));
        }
        if account.fields.keys().any(|id| *id > field::OFFLINE) {
            return Err(MarkError::Newer);
        }
        let signature = signature(payload)?;
        Ok(Self {
            claim: claim(payload, account)?,
            covered: covered(&parsed.text, &signature)?,
            signature,
        })
    }

    /// Which key to check it with.
    #[must_use]
    pub const fn kid(&self) -> Kid {
        self.claim.kid
    }

    /// What it claims, for a warning's text; nothing to pay by.
    #[must_use]
    pub const fn claim(&self) -> &ShopMark {
        &self.claim
    }

    /// The characters the signature covers.
    #[must_use]
    pub fn covered(&self) -> &str {
        &self.covered
    }

    /// The signature, r ‖ s.
    #[must_use]
    pub const fn signature(&self) -> &[u8; 64] {
        &self.signature
    }

    /// The mark to trust, if `key` signed it. Whether the key may, and whether the bulletin names the
    /// mark, is for the caller to ask.
    ///
    /// # Errors
    /// [`MarkError::OtherKey`], [`MarkError::BadSignature`].
    pub fn verify(&self, key: &PublicKey) -> Result<&ShopMark, MarkError> {
        if key.kid() != self.claim.kid {
            return Err(MarkError::OtherKey);
        }
        key.verify(self.covered.as_bytes(), &self.signature)
            .map_err(|_| MarkError::BadSignature)?;
        Ok(&self.claim)
    }
}

fn claim(payload: &Payload, account: &Template) -> Result<ShopMark, MarkError> {
    let is = |value: &Option<String>, wanted, object| match value.as_deref() {
        Some(found) if found == wanted => Ok(()),
        _ => Err(MarkError::Malformed(object)),
    };
    is(&payload.point_of_initiation, "11", "01")?;
    is(&payload.currency, "392", "53")?;
    is(&payload.country, "JP", "58")?;
    // A signed amount or fee would be shown by one wallet and passed over by another.
    let asks = [
        &payload.amount,
        &payload.tip_indicator,
        &payload.fee_fixed,
        &payload.fee_percent,
    ];
    if asks.iter().any(|value| value.is_some()) {
        return Err(MarkError::Malformed("54"));
    }
    let text = |value: &Option<String>, object| value.clone().ok_or(MarkError::Malformed(object));
    let language = payload.language.as_ref();
    let language = language.ok_or(MarkError::Malformed("64"))?;
    Ok(ShopMark {
        shop: Pid(base32(account, field::SHOP).ok_or(MarkError::Malformed("26-01"))?),
        mark: MarkId(base32(account, field::MARK).ok_or(MarkError::Malformed("26-02"))?),
        kid: Kid(base32(account, field::KID).ok_or(MarkError::Malformed("26-03"))?),
        sets: sets(account).ok_or(MarkError::Malformed("26-04"))?,
        offline: account
            .field(field::OFFLINE)
            .and_then(Offline::from_word)
            .ok_or(MarkError::Malformed("26-05"))?,
        name: text(&payload.merchant_name, "59")?,
        city: text(&payload.city, "60")?,
        language: text(&language.preference, "64-00")?,
        local_name: text(&language.merchant_name, "64-01")?,
        local_city: language.city.clone(),
        postal_code: payload.postal_code.clone(),
        mcc: text(&payload.mcc, "52")?,
    })
}

/// Bytes in the only base32 form there is: upper case, no padding, no spare bits set.
fn base32<const N: usize>(account: &Template, id: ObjectId) -> Option<[u8; N]> {
    let text = account.field(id)?;
    BASE32_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()
}

/// Set numbers: ascending, each once, no leading zeros; the set of all shops goes without saying.
fn sets(account: &Template) -> Option<BTreeSet<SetId>> {
    let Some(text) = account.field(field::SETS) else {
        return Some(BTreeSet::new());
    };
    let mut sets = BTreeSet::new();
    for number in text.split('.') {
        let set = SetId(number.parse().ok()?);
        let ascends = sets.last().is_none_or(|last| *last < set);
        if !ascends || set == SetId::ANYWHERE || set.to_string() != number {
            return None;
        }
        sets.insert(set);
    }
    Some(sets)
}

fn signature(payload: &Payload) -> Result<[u8; 64], MarkError> {
    let half = |id, object| {
        let template = payload.template(id, GUID);
        template
            .and_then(|template| template.field(field::SIGNATURE))
            .ok_or(MarkError::Malformed(object))
    };
    let encoded = format!("{}{}", half(FIRST_HALF, "80")?, half(SECOND_HALF, "81")?);
    let decoded = BASE64URL_NOPAD.decode(encoded.as_bytes());
    decoded
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(MarkError::Malformed("80"))
}

/// The characters before object 80. What follows must be exactly how we write this signature and the
/// CRC: nothing that the signature does not cover is left open.
fn covered(text: &str, signature: &[u8; 64]) -> Result<String, MarkError> {
    let start = tlv::walk(text, tlv::Lengths::Characters)
        .filter_map(Result::ok)
        .find(|object| object.id == FIRST_HALF)
        .map(|object| object.start);
    let covered = start
        .and_then(|start| text.get(..start))
        .ok_or(MarkError::Malformed("80"))?;
    let mut rebuilt = covered.to_owned();
    let halves = signature_templates(signature).map_err(|_| MarkError::Malformed("80"))?;
    for half in halves {
        let object = tlv::object(half.id, &half.value);
        rebuilt.push_str(&object.map_err(|_| MarkError::Malformed("80"))?);
    }
    if sealed(rebuilt) != text {
        return Err(MarkError::Malformed("80"));
    }
    Ok(covered.to_owned())
}
