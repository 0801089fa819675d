//! Text to payload, with every broken rule (EMV QRCPS MPM 3 and 4).
//!
//! Nothing is refused here: whoever pays asks [`Parsed::is_valid`], whoever shows takes the payload.
//! A text whose lengths count bytes is read that way once, if that makes all of it right and the CRC
//! holds; the error TLV stays, since it is not conformant.

use super::error::Errors;
use super::field::{Format, Rule};
use super::payload::Payload;
use super::template::{additional, language, primitive, with_guid};
use super::tlv::{Lengths, Object, walk};
use super::{ErrorKind, MAX_PAYLOAD_BYTES, ObjectId, crc};

/// ID and length of the CRC object, which the CRC covers.
const CRC_HEAD: &str = "6304";

/// What a text says and which rules it breaks. Only [`parse`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parsed {
    /// The text without a byte order mark and white space at its ends: what a CRC or signature covers.
    pub text: String,
    /// Whatever could be read.
    pub payload: Payload,
    /// Every broken rule once, in the order of [`ErrorKind`]; none for a conformant payload.
    pub errors: Vec<ErrorKind>,
    /// How its lengths had to be read.
    pub lengths: Lengths,
}

impl Parsed {
    /// Whether no rule is broken.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }

    /// Whether this rule is broken.
    #[must_use]
    pub fn has(&self, kind: ErrorKind) -> bool {
        self.errors.contains(&kind)
    }

    /// Whether this is meant to be an EMV merchant code at all, good or bad.
    #[must_use]
    pub fn looks_like_emv(&self) -> bool {
        let sound = !self.has(ErrorKind::Tlv) && !self.has(ErrorKind::Crc);
        sound || self.text.starts_with("0002")
    }
}

/// Reads a text as a payload. Never fails: see [`Parsed::errors`].
#[must_use]
pub fn parse(text: &str) -> Parsed {
    let text = text
        .trim_start_matches('\u{feff}')
        .trim_matches(|c: char| c.is_ascii_whitespace());
    let first = read(text, Lengths::Characters);
    let by_bytes = first.errors.has(ErrorKind::Tlv).then(|| {
        let mut second = read(text, Lengths::Bytes);
        let sound = !second.errors.has(ErrorKind::Tlv) && !second.errors.has(ErrorKind::Crc);
        second.errors.add(ErrorKind::Tlv);
        sound.then_some(second)
    });
    let reading = by_bytes.flatten().unwrap_or(first);
    Parsed {
        text: text.to_owned(),
        payload: reading.payload,
        errors: reading.errors.into_sorted(),
        lengths: reading.lengths,
    }
}

struct Reading {
    payload: Payload,
    errors: Errors,
    lengths: Lengths,
}

fn read(text: &str, lengths: Lengths) -> Reading {
    let mut objects = Vec::new();
    let mut errors = Errors::default();
    for object in walk(text, lengths) {
        match object {
            Ok(object) => objects.push(object),
            Err(_) => errors.add(ErrorKind::Tlv),
        }
    }
    let whole = !errors.has(ErrorKind::Tlv);
    errors.require(text.len() <= MAX_PAYLOAD_BYTES, ErrorKind::Size);
    check_frame(text, &objects, whole, &mut errors);

    let mut payload = Payload::default();
    let mut seen = Vec::new();
    for object in &objects {
        if seen.contains(&object.id) {
            errors.add(ErrorKind::Duplicate);
        } else {
            seen.push(object.id);
            take(object, lengths, &mut payload, &mut errors);
        }
    }
    payload.merchant_accounts.sort_by_key(|account| account.id);
    payload.unreserved.sort_by_key(|template| template.id);
    if whole {
        check_presence(&payload, &mut errors);
    }
    Reading {
        payload,
        errors,
        lengths,
    }
}

/// What holds the payload together: its first and last object and its CRC.
fn check_frame(text: &str, objects: &[Object<'_>], whole: bool, errors: &mut Errors) {
    errors.require(text.starts_with("000201"), ErrorKind::PayloadFormat);
    let is = |id| move |object: &&Object<'_>| object.id == id;
    let starts = objects.first().is_some_and(|o| o.id == ObjectId::FIRST);
    let format = objects.iter().find(is(ObjectId::FIRST));
    errors.require(starts || format.is_none(), ErrorKind::Order);
    let ends = objects.last().is_some_and(|o| o.id == ObjectId::CRC);
    let crc = objects.iter().rfind(is(ObjectId::CRC));
    errors.require(ends || crc.is_none() || !whole, ErrorKind::Order);

    // Where the walk derailed, a good CRC at the very end still tells a bad code from a bad reading.
    let tail = text.len().checked_sub(CRC_HEAD.len().saturating_mul(2));
    let places = [crc.map(|object| object.start), tail.filter(|_| !whole)];
    let holds = places.into_iter().flatten().any(|at| crc_holds(text, at));
    errors.require(holds, ErrorKind::Crc);
}

/// Whether the four digits of the object 63 that starts at byte `at` are those of what precedes them.
fn crc_holds(text: &str, at: usize) -> bool {
    let Some((covered, rest)) = at
        .checked_add(CRC_HEAD.len())
        .and_then(|end| text.split_at_checked(end))
    else {
        return false;
    };
    let digits = crc::digits(covered.as_bytes());
    covered.ends_with(CRC_HEAD)
        && rest
            .get(..digits.len())
            .is_some_and(|written| written.eq_ignore_ascii_case(&digits))
}

/// Puts one object in its place and checks its value.
fn take(object: &Object<'_>, lengths: Lengths, payload: &mut Payload, errors: &mut Errors) {
    let (id, value) = (object.id, object.value);
    let (place, rule) = match id.number() {
        0 => (&mut payload.format, None),
        1 => (
            &mut payload.point_of_initiation,
            Some(Rule::exactly(2, Format::OneOf(&["11", "12"]))),
        ),
        2..=51 => {
            Rule::up_to(99, Format::Text).check(value, errors);
            let account = if id.is_account_template() {
                with_guid(id, value, lengths, errors)
            } else {
                primitive(id, value)
            };
            payload.merchant_accounts.push(account);
            return;
        }
        52 => (&mut payload.mcc, Some(Rule::exactly(4, Format::Digits))),
        53 => (&mut payload.currency, Some(Rule::exactly(3, Format::Digits))),
        54 => (&mut payload.amount, Some(Rule::up_to(13, Format::Amount))),
        55 => (
            &mut payload.tip_indicator,
            Some(Rule::exactly(2, Format::OneOf(&["01", "02", "03"]))),
        ),
        56 => (&mut payload.fee_fixed, Some(Rule::up_to(13, Format::Amount))),
        57 => (&mut payload.fee_percent, Some(Rule::up_to(5, Format::Percentage))),
        58 => (&mut payload.country, Some(Rule::exactly(2, Format::Capitals))),
        59 => (&mut payload.merchant_name, Some(Rule::up_to(25, Format::Text))),
        60 => (&mut payload.city, Some(Rule::up_to(15, Format::Text))),
        61 => (&mut payload.postal_code, Some(Rule::up_to(10, Format::Text))),
        62 => {
            Rule::up_to(99, Format::Unicode).check(value, errors);
            payload.additional = additional(value, lengths, errors);
            return;
        }
        63 => (&mut payload.crc, Some(Rule::exactly(4, Format::Unicode))),
        64 => {
            Rule::up_to(99, Format::Unicode).check(value, errors);
            payload.language = Some(language(value, lengths, errors));
            return;
        }
        80..=99 => {
            Rule::up_to(99, Format::Unicode).check(value, errors);
            let template = with_guid(id, value, lengths, errors);
            payload.unreserved.push(template);
            return;
        }
        _ => {
            Rule::up_to(99, Format::Unicode).check(value, errors);
            payload.others.insert(id, value.to_owned());
            return;
        }
    };
    if let Some(rule) = rule {
        rule.check(value, errors);
    }
    *place = Some(value.to_owned());
}

/// Mandatory objects (Table 3.6) and the fees that hang on the indicator (4.7.5 to 4.7.7).
fn check_presence(payload: &Payload, errors: &mut Errors) {
    let mandatory = [
        &payload.mcc,
        &payload.currency,
        &payload.country,
        &payload.merchant_name,
        &payload.city,
    ];
    let complete = mandatory.iter().all(|value| value.is_some());
    let payable = !payload.merchant_accounts.is_empty();
    errors.require(complete && payable, ErrorKind::Mandatory);

    let indicator = payload.tip_indicator.as_deref();
    let fixed = payload.fee_fixed.is_some() == (indicator == Some("02"));
    let percent = payload.fee_percent.is_some() == (indicator == Some("03"));
    errors.require(fixed && percent, ErrorKind::Condition);
}
