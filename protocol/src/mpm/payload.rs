//! What a payload says, every value as the text that stands in it.

use std::collections::BTreeMap;

use super::amount::{AmountTextError, minor_units};
use super::shown::shown;
use super::{MAX_VALUE_CHARACTERS, ObjectId, WriteError, tlv};
use crate::money::Amount;

/// Values of a template by their ID.
pub type Fields = BTreeMap<ObjectId, String>;

/// A payload. `None` is an absent object; nothing is trimmed, converted or normalised.
///
/// Where an ID occurred twice the first value is kept, and the errors beside it say so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    /// 00, `01`.
    pub format: Option<String>,
    /// 01: `11` static, `12` dynamic; absent means static.
    pub point_of_initiation: Option<String>,
    /// 02 to 51, in ascending order: the accounts that can be paid.
    pub merchant_accounts: Vec<Template>,
    /// 52: merchant category (ISO 18245).
    pub mcc: Option<String>,
    /// 53: currency (ISO 4217 numeric), `392` for yen.
    pub currency: Option<String>,
    /// 54: amount; absent means the payer is asked.
    pub amount: Option<String>,
    /// 55: `01` ask for a tip, `02` fixed fee, `03` percentage.
    pub tip_indicator: Option<String>,
    /// 56: fixed fee, with indicator `02`.
    pub fee_fixed: Option<String>,
    /// 57: fee as a percentage, with indicator `03`.
    pub fee_percent: Option<String>,
    /// 58: country (ISO 3166-1 alpha-2).
    pub country: Option<String>,
    /// 59: name in Latin letters.
    pub merchant_name: Option<String>,
    /// 60: city in Latin letters.
    pub city: Option<String>,
    /// 61: postal code.
    pub postal_code: Option<String>,
    /// 62: bill number, labels, templates of payment systems.
    pub additional: Fields,
    /// 64: name in the local language.
    pub language: Option<Language>,
    /// 80 to 99, in ascending order.
    pub unreserved: Vec<Template>,
    /// 63: the checksum as written.
    pub crc: Option<String>,
    /// 65 to 79: reserved for later versions, kept.
    pub others: Fields,
}

/// An object that may hold others: merchant account information or an unreserved template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its ID in the root.
    pub id: ObjectId,
    /// Its whole value; all there is to 02 to 25.
    pub value: String,
    /// 00 within it: who defines the rest.
    pub guid: Option<String>,
    /// 01 to 99 within it.
    pub fields: Fields,
}

impl Template {
    /// A template of `guid` with these fields.
    ///
    /// # Errors
    /// [`WriteError::ValueLength`] for a value, or a whole, of none or more than 99 characters.
    pub fn new(id: ObjectId, guid: &str, fields: Fields) -> Result<Self, WriteError> {
        let mut value = tlv::object(ObjectId::FIRST, guid)?;
        value.push_str(&tlv::objects(id, &fields)?);
        if value.chars().count() > MAX_VALUE_CHARACTERS {
            return Err(WriteError::ValueLength { id });
        }
        Ok(Self {
            id,
            value,
            guid: Some(guid.to_owned()),
            fields,
        })
    }

    /// The field with this ID.
    #[must_use]
    pub fn field(&self, id: ObjectId) -> Option<&str> {
        self.fields.get(&id).map(String::as_str)
    }
}

/// Template 64: what the shop calls itself where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Language {
    /// 00: language (ISO 639).
    pub preference: Option<String>,
    /// 01: name.
    pub merchant_name: Option<String>,
    /// 02: city.
    pub city: Option<String>,
    /// 03 to 99: reserved for later versions, kept.
    pub others: Fields,
}

impl Payload {
    /// Whether the code says that it is made for one payment only.
    #[must_use]
    pub fn is_dynamic(&self) -> bool {
        self.point_of_initiation.as_deref() == Some("12")
    }

    /// The amount in yen; `None` where the payer is to be asked.
    ///
    /// # Errors
    /// [`AmountTextError`], where the currency is not yen, too, whether or not there is an amount.
    pub fn yen(&self) -> Result<Option<Amount>, AmountTextError> {
        if self.currency.as_deref() != Some("392") {
            return Err(AmountTextError::OtherCurrency);
        }
        self.amount.as_deref().map(|text| minor_units(text, 0)).transpose()
    }

    /// The account or unreserved template of `guid` with this ID.
    #[must_use]
    pub fn template(&self, id: ObjectId, guid: &str) -> Option<&Template> {
        let mut all = self.merchant_accounts.iter().chain(&self.unreserved);
        all.find(|template| template.id == id && template.guid.as_deref() == Some(guid))
    }

    /// The shop's name fit for a screen: the local one before the Latin one. Untrusted until signed.
    #[must_use]
    pub fn shown_name(&self) -> Option<String> {
        let local = self.language.as_ref().and_then(|l| l.merchant_name.as_deref());
        local.or(self.merchant_name.as_deref()).map(shown)
    }

    /// The city fit for a screen, chosen and cleaned like the name.
    #[must_use]
    pub fn shown_city(&self) -> Option<String> {
        let local = self.language.as_ref().and_then(|l| l.city.as_deref());
        local.or(self.city.as_deref()).map(shown)
    }
}
