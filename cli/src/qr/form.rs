//! The JSON form of a payload: values as strings as they stand in it, absent ones left out.

use std::collections::BTreeMap;

use kinchaku_protocol::mpm::payload::Fields;
use kinchaku_protocol::mpm::shop_mark::{GUID, SignedMark};
use kinchaku_protocol::mpm::{ObjectId, Parsed, Payload, Scanned, Template};
use serde::Serialize;

use super::parse::other_kind;

/// A payload without any error.
#[derive(Serialize)]
struct Valid<'p> {
    valid: bool,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    point_of_initiation: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mcc: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tip_indicator: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fee_fixed: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fee_percent: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant_name: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<&'p str>,
    merchant_accounts: Vec<Object<'p>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    additional: BTreeMap<String, &'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<LanguageForm<'p>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreserved: Vec<Object<'p>>,
    /// 65 to 79, reserved for later versions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    others: BTreeMap<String, &'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crc: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kinchaku: Option<OurMark>,
}

/// An account or an unreserved template.
#[derive(Serialize)]
struct Object<'p> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    guid: Option<&'p str>,
    /// Only of 02 to 25, which have nothing inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'p str>,
    fields: BTreeMap<String, &'p str>,
}

/// Template 64.
#[derive(Serialize)]
struct LanguageForm<'p> {
    #[serde(skip_serializing_if = "Option::is_none")]
    preference: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant_name: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'p str>,
}

/// Our own content. Its signature is there to be seen, and not checked: that takes a town's keys.
#[derive(Serialize)]
struct OurMark {
    shop: Option<String>,
    mark: Option<String>,
    kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sets: Option<String>,
    offline: Option<String>,
    signature: String,
    /// Whether it has the one form it may have.
    well_formed: bool,
}

/// A payload with errors, or another kind of text.
#[derive(Serialize)]
struct Invalid {
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    errors: Vec<&'static str>,
}

/// The answer to one payload, on one line.
pub fn answer(parsed: &Parsed, scanned: &Scanned) -> String {
    let said = if parsed.is_valid() {
        serde_json::to_string(&valid(parsed))
    } else {
        serde_json::to_string(&Invalid {
            valid: false,
            kind: other_kind(scanned),
            errors: parsed.errors.iter().map(|error| error.code()).collect(),
        })
    };
    said.unwrap_or_default()
}

fn valid(parsed: &Parsed) -> Valid<'_> {
    let payload = &parsed.payload;
    Valid {
        valid: true,
        kind: "emv",
        point_of_initiation: payload.point_of_initiation.as_deref(),
        mcc: payload.mcc.as_deref(),
        currency: payload.currency.as_deref(),
        amount: payload.amount.as_deref(),
        tip_indicator: payload.tip_indicator.as_deref(),
        fee_fixed: payload.fee_fixed.as_deref(),
        fee_percent: payload.fee_percent.as_deref(),
        country: payload.country.as_deref(),
        merchant_name: payload.merchant_name.as_deref(),
        city: payload.city.as_deref(),
        postal_code: payload.postal_code.as_deref(),
        merchant_accounts: payload.merchant_accounts.iter().map(object).collect(),
        additional: fields(&payload.additional),
        language: payload.language.as_ref().map(|language| LanguageForm {
            preference: language.preference.as_deref(),
            merchant_name: language.merchant_name.as_deref(),
            city: language.city.as_deref(),
        }),
        unreserved: payload.unreserved.iter().map(object).collect(),
        others: fields(&payload.others),
        crc: payload.crc.as_deref(),
        kinchaku: ours(parsed),
    }
}

fn object(template: &Template) -> Object<'_> {
    let bare = template.guid.is_none() && template.fields.is_empty();
    Object {
        id: template.id.to_string(),
        guid: template.guid.as_deref(),
        value: bare.then_some(template.value.as_str()),
        fields: fields(&template.fields),
    }
}

fn fields(fields: &Fields) -> BTreeMap<String, &str> {
    fields
        .iter()
        .map(|(id, value)| (id.to_string(), value.as_str()))
        .collect()
}

fn ours(parsed: &Parsed) -> Option<OurMark> {
    let payload = &parsed.payload;
    let account = in_template(payload, 26)?;
    let field = |number| Some(account.field(ObjectId::new(number)?)?.to_owned());
    let half = |number| {
        Some(
            in_template(payload, number)?
                .field(ObjectId::POINT_OF_INITIATION)?
                .to_owned(),
        )
    };
    Some(OurMark {
        shop: field(1),
        mark: field(2),
        kid: field(3),
        sets: field(4),
        offline: field(5),
        signature: [half(80), half(81)].into_iter().flatten().collect(),
        well_formed: SignedMark::read(parsed).is_ok(),
    })
}

fn in_template(payload: &Payload, number: u8) -> Option<&Template> {
    payload.template(ObjectId::new(number)?, GUID)
}
