//! Payload to text. The text is held to the rules of [`super::parse`]: none of them may be broken.

use super::payload::{Language, Payload};
use super::{ErrorKind, ObjectId, crc, parse, tlv};

/// Why a payload cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// A value has no characters, or more than 99.
    #[error("the value of object {id} has no characters or more than 99")]
    ValueLength {
        /// Where.
        id: ObjectId,
    },
    /// What would be written breaks these rules.
    #[error("the payload would break {}", codes(.0))]
    Rules(Vec<ErrorKind>),
}

fn codes(kinds: &[ErrorKind]) -> String {
    let codes: Vec<&str> = kinds.iter().map(|kind| kind.code()).collect();
    codes.join(", ")
}

/// Writes a payload: 00 first, then ascending by ID, then 63. `crc` and an absent `format` are filled
/// in. Templates are written as their `value` stands.
///
/// # Errors
/// [`WriteError`].
pub fn write(payload: &Payload) -> Result<String, WriteError> {
    let mut text = String::new();
    for (id, value) in root(payload)? {
        text.push_str(&tlv::object(id, &value)?);
    }
    let text = sealed(text);
    let errors = parse(&text).errors;
    if !errors.is_empty() {
        return Err(WriteError::Rules(errors));
    }
    Ok(text)
}

/// Appends object 63.
pub(super) fn sealed(mut text: String) -> String {
    text.push_str("6304");
    let digits = crc::digits(text.as_bytes());
    text.push_str(&digits);
    text
}

/// The root objects but the CRC, by ID.
fn root(payload: &Payload) -> Result<Vec<(ObjectId, String)>, WriteError> {
    let plain = [
        (ObjectId::POINT_OF_INITIATION, &payload.point_of_initiation),
        (ObjectId::MCC, &payload.mcc),
        (ObjectId::CURRENCY, &payload.currency),
        (ObjectId::AMOUNT, &payload.amount),
        (ObjectId::TIP_INDICATOR, &payload.tip_indicator),
        (ObjectId::FEE_FIXED, &payload.fee_fixed),
        (ObjectId::FEE_PERCENT, &payload.fee_percent),
        (ObjectId::COUNTRY, &payload.country),
        (ObjectId::MERCHANT_NAME, &payload.merchant_name),
        (ObjectId::CITY, &payload.city),
        (ObjectId::POSTAL_CODE, &payload.postal_code),
    ];
    let format = payload.format.clone().unwrap_or_else(|| "01".to_owned());
    let mut objects = vec![(ObjectId::FIRST, format)];
    for (id, value) in plain {
        objects.extend(value.clone().map(|value| (id, value)));
    }
    let templates = payload.merchant_accounts.iter().chain(&payload.unreserved);
    objects.extend(templates.map(|template| (template.id, template.value.clone())));
    if !payload.additional.is_empty() {
        let value = tlv::objects(ObjectId::ADDITIONAL, &payload.additional)?;
        objects.push((ObjectId::ADDITIONAL, value));
    }
    if let Some(language) = &payload.language {
        objects.push((ObjectId::LANGUAGE, language_value(language)?));
    }
    let others = payload.others.iter();
    objects.extend(others.map(|(id, value)| (*id, value.clone())));
    objects.sort_by_key(|(id, _)| *id);
    Ok(objects)
}

fn language_value(language: &Language) -> Result<String, WriteError> {
    let mut fields = language.others.clone();
    let named = [&language.preference, &language.merchant_name, &language.city];
    for (number, value) in (0..).zip(named) {
        if let (Some(id), Some(value)) = (ObjectId::new(number), value) {
            fields.insert(id, value.clone());
        }
    }
    tlv::objects(ObjectId::LANGUAGE, &fields)
}
