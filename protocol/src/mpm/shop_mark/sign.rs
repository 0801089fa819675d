//! Making a mark: content and key to the text of the printed code.

use std::collections::BTreeSet;

use super::{ACCOUNT, GUID, MarkError, ShopMark, SignedMark, field, signature_templates};
use crate::ids::SetId;
use crate::mpm::payload::Fields;
use crate::mpm::{Language, Payload, Template, WriteError, parse, write};
use crate::signature::{SignError, Signer};

/// Why a mark cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignMarkError {
    /// The mark names another key than the one that is to sign.
    #[error("the mark names another key")]
    OtherKey,
    /// The content does not fit into a payload: a name too long, too many sets.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The content could be written but no wallet would accept it.
    #[error("no wallet would accept it: {0}")]
    Unacceptable(#[from] MarkError),
    /// The key did not sign.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl ShopMark {
    /// Signs this content and writes the payload to print.
    ///
    /// # Errors
    /// [`SignMarkError`].
    pub fn sign(&self, signer: &(impl Signer + ?Sized)) -> Result<String, SignMarkError> {
        if signer.public_key().kid() != self.kid {
            return Err(SignMarkError::OtherKey);
        }
        let mut payload = self.to_payload()?;
        let unsigned = write(&payload)?;
        // What precedes the CRC object is what will precede object 80.
        let covered = unsigned.strip_suffix(crc_object(&unsigned)).unwrap_or("");
        let signature = signer.sign(covered.as_bytes())?;
        payload.unreserved = signature_templates(&signature)?.into();
        let text = write(&payload)?;
        SignedMark::read(&parse(&text))?;
        Ok(text)
    }

    fn to_payload(&self) -> Result<Payload, WriteError> {
        let mut fields = Fields::from([
            (field::SHOP, self.shop.base32()),
            (field::MARK, self.mark.base32()),
            (field::KID, self.kid.base32()),
            (field::OFFLINE, self.offline.word().to_owned()),
        ]);
        if !self.sets.is_empty() {
            fields.insert(field::SETS, sets_text(&self.sets));
        }
        Ok(Payload {
            point_of_initiation: Some("11".to_owned()),
            merchant_accounts: vec![Template::new(ACCOUNT, GUID, fields)?],
            mcc: Some(self.mcc.clone()),
            currency: Some("392".to_owned()),
            country: Some("JP".to_owned()),
            merchant_name: Some(self.name.clone()),
            city: Some(self.city.clone()),
            postal_code: self.postal_code.clone(),
            language: Some(Language {
                preference: Some(self.language.clone()),
                merchant_name: Some(self.local_name.clone()),
                city: self.local_city.clone(),
                others: Fields::new(),
            }),
            ..Payload::default()
        })
    }
}

/// Set numbers ascending, joined by points.
fn sets_text(sets: &BTreeSet<SetId>) -> String {
    let numbers: Vec<String> = sets.iter().map(SetId::to_string).collect();
    numbers.join(".")
}

/// Object 63 at the end of a written payload.
fn crc_object(text: &str) -> &str {
    let at = text.len().saturating_sub("6304FFFF".len());
    text.get(at..).unwrap_or("")
}
