//! Objects inside objects: accounts and unreserved templates, 62, 64 (EMV QRCPS MPM 4.7.1, 4.8, 4.9).

use std::collections::btree_map::Entry;

use super::error::Errors;
use super::field::{Format, Rule, is_ans};
use super::payload::{Fields, Language, Template};
use super::tlv::{Lengths, walk};
use super::{ErrorKind, ObjectId};

/// The most characters of a globally unique identifier (4.7.1).
const MAX_GUID_CHARACTERS: usize = 32;

/// What stands inside one template: the first value of every ID, and whether all of it was read.
struct Inside {
    fields: Fields,
    whole: bool,
}

fn inside(value: &str, lengths: Lengths, errors: &mut Errors) -> Inside {
    let mut fields = Fields::new();
    for object in walk(value, lengths) {
        let Ok(object) = object else {
            errors.add(ErrorKind::Tlv);
            return Inside { fields, whole: false };
        };
        errors.require(!object.value.is_empty(), ErrorKind::Length);
        match fields.entry(object.id) {
            Entry::Vacant(place) => {
                place.insert(object.value.to_owned());
            }
            Entry::Occupied(_) => errors.add(ErrorKind::Duplicate),
        }
    }
    Inside { fields, whole: true }
}

/// Merchant account information 02 to 25: somebody else's number, not to be looked into (4.7.1).
pub(super) fn primitive(id: ObjectId, value: &str) -> Template {
    Template {
        id,
        value: value.to_owned(),
        guid: None,
        fields: Fields::new(),
    }
}

/// A template whose 00 says who defines the rest: 26 to 51, 80 to 99, and 50 to 99 within 62.
pub(super) fn with_guid(id: ObjectId, value: &str, lengths: Lengths, errors: &mut Errors) -> Template {
    let Inside { mut fields, whole } = inside(value, lengths, errors);
    let guid = fields.remove(&ObjectId::FIRST);
    match &guid {
        Some(guid) => {
            let length = guid.chars().count();
            let fits = (1..=MAX_GUID_CHARACTERS).contains(&length);
            errors.require(fits && is_ans(guid), ErrorKind::UniqueId);
        }
        None => errors.require(!whole, ErrorKind::UniqueId),
    }
    Template {
        id,
        value: value.to_owned(),
        guid,
        fields,
    }
}

/// Template 62. Templates of payment systems within it stay text, but must be well formed.
pub(super) fn additional(value: &str, lengths: Lengths, errors: &mut Errors) -> Fields {
    let Inside { fields, .. } = inside(value, lengths, errors);
    for (id, value) in &fields {
        match id.number() {
            // v1.1 adds 10 (Merchant Tax ID) and 11 (Merchant Channel), both optional.
            1..=8 | 10..=11 => Rule::up_to(25, Format::Text).check(value, errors),
            9 => Rule::up_to(3, Format::Each("AME")).check(value, errors),
            50..=99 => {
                with_guid(*id, value, lengths, errors);
            }
            _ => {}
        }
    }
    fields
}

/// Template 64.
pub(super) fn language(value: &str, lengths: Lengths, errors: &mut Errors) -> Language {
    let Inside { mut fields, whole } = inside(value, lengths, errors);
    let mut take = |number, rule: Rule, mandatory: bool| {
        let value = ObjectId::new(number).and_then(|id| fields.remove(&id));
        match &value {
            Some(value) => rule.check(value, errors),
            None => errors.require(!mandatory || !whole, ErrorKind::Mandatory),
        }
        value
    };
    Language {
        preference: take(0, Rule::exactly(2, Format::Letters), true),
        merchant_name: take(1, Rule::up_to(25, Format::Unicode), true),
        city: take(2, Rule::up_to(15, Format::Unicode), false),
        others: fields,
    }
}
