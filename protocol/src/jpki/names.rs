//! The person in a certificate's subjectAltName: six otherNames, found by object identifier, in any order.

use x509_parser::der_parser::asn1_rs::{Oid, oid};
use x509_parser::extensions::GeneralName;

use super::attributes::{AttributeError, AttributeField, BasicFour, BirthDate, Sex, Substituted};
use super::ber;
use super::certificate::SignedAttributes;

/// `[0] EXPLICIT` of an otherName's value (RFC 5280 4.2.1.6).
const EXPLICIT: u16 = 0xa0;
/// UTF8String.
const UTF8_STRING: u16 = 0x0c;

/// The attributes; `None` where no otherName is one of JPKI's.
pub(super) fn attributes(names: &[GeneralName<'_>]) -> Result<Option<SignedAttributes>, AttributeError> {
    let mut texts = Texts::default();
    for name in names {
        if let GeneralName::OtherName(oid, value) = name
            && let Some(field) = field_of(oid)
        {
            let place = texts.place(field);
            if place.is_some() {
                return Err(AttributeError::Twice(field));
            }
            *place = Some(text(value).ok_or(AttributeError::NotText(field))?);
        }
    }
    if texts.0.iter().all(Option::is_none) {
        return Ok(None);
    }
    let Texts([name, name_flags, sex, birth, address, address_flags]) = texts;
    let needed = |text: Option<_>, field| text.ok_or(AttributeError::Missing(field));
    let birth = BirthDate::from_era_digits(needed(birth, AttributeField::Birth)?.as_bytes())?;
    let sex = Sex::read(needed(sex, AttributeField::Sex)?.as_bytes())?;
    let name = needed(name, AttributeField::Name)?.to_owned();
    let address = needed(address, AttributeField::Address)?.to_owned();
    Ok(Some(SignedAttributes {
        four: BasicFour::new(name, address, birth, sex)?,
        substituted: Substituted::read(name_flags.unwrap_or_default(), address_flags.unwrap_or_default())?,
    }))
}

/// One text for each field.
#[derive(Default)]
struct Texts<'a>([Option<&'a str>; 6]);

impl<'a> Texts<'a> {
    const fn place(&mut self, field: AttributeField) -> &mut Option<&'a str> {
        let [name, name_flags, sex, birth, address, address_flags] = &mut self.0;
        match field {
            AttributeField::Name => name,
            AttributeField::NameSubstituted => name_flags,
            AttributeField::Sex => sex,
            AttributeField::Birth => birth,
            AttributeField::Address => address,
            AttributeField::AddressSubstituted => address_flags,
        }
    }
}

fn field_of(name: &Oid<'_>) -> Option<AttributeField> {
    let known = [
        (oid!(1.2.392.200149.8.5.5.1), AttributeField::Name),
        (oid!(1.2.392.200149.8.5.5.2), AttributeField::NameSubstituted),
        (oid!(1.2.392.200149.8.5.5.3), AttributeField::Sex),
        (oid!(1.2.392.200149.8.5.5.4), AttributeField::Birth),
        (oid!(1.2.392.200149.8.5.5.5), AttributeField::Address),
        (oid!(1.2.392.200149.8.5.5.6), AttributeField::AddressSubstituted),
    ];
    known.iter().find(|(known, _)| known == name).map(|(_, field)| *field)
}

/// The UTF8String of an otherName, and nothing beside it.
fn text(value: &[u8]) -> Option<&str> {
    let explicit = whole(value, EXPLICIT)?;
    std::str::from_utf8(whole(explicit, UTF8_STRING)?).ok()
}

fn whole(bytes: &[u8], tag: u16) -> Option<&[u8]> {
    let object = ber::first(bytes).ok()?;
    (object.tag == tag && object.whole.len() == bytes.len()).then_some(object.value)
}
