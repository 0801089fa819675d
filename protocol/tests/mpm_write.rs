//! Payloads written are payloads read, and nothing that breaks a rule is written.

use std::collections::BTreeMap;

use kinchaku_protocol::mpm::payload::Fields;
use kinchaku_protocol::mpm::{ErrorKind, Language, ObjectId, Payload, Template, WriteError, parse, write};
use proptest::collection::btree_map;
use proptest::option;
use proptest::prelude::*;

fn id(number: u8) -> ObjectId {
    ObjectId::new(number).unwrap()
}

fn sheet() -> Payload {
    let fields = Fields::from([(id(1), "shop".to_owned())]);
    Payload {
        point_of_initiation: Some("11".to_owned()),
        merchant_accounts: vec![Template::new(id(26), "jp.example", fields).unwrap()],
        mcc: Some("5411".to_owned()),
        currency: Some("392".to_owned()),
        country: Some("JP".to_owned()),
        merchant_name: Some("Yaoya A".to_owned()),
        city: Some("Kyoto".to_owned()),
        ..Payload::default()
    }
}

#[test]
fn it_writes_the_objects_in_their_order() {
    let mut payload = sheet();
    payload.language = Some(Language {
        preference: Some("JA".to_owned()),
        merchant_name: Some("八百屋A".to_owned()),
        ..Language::default()
    });
    let text = write(&payload).unwrap();
    assert!(
        text.starts_with(
            "00020101021126220010jp.example0104shop520454115303392\
         5802JP5907Yaoya A6005Kyoto64140002JA0104八百屋A6304"
        ),
        "{text}"
    );
    assert!(parse(&text).is_valid());
}

#[test]
fn it_writes_nothing_that_breaks_a_rule() {
    let rules = |change: fn(&mut Payload)| {
        let mut payload = sheet();
        change(&mut payload);
        match write(&payload) {
            Err(WriteError::Rules(kinds)) => kinds,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(rules(|p| p.city = None), [ErrorKind::Mandatory]);
    assert_eq!(
        rules(|p| p.merchant_name = Some("八百屋".to_owned())),
        [ErrorKind::Format]
    );
    assert_eq!(rules(|p| p.amount = Some("0".to_owned())), [ErrorKind::Amount]);
    assert_eq!(
        rules(|p| p.tip_indicator = Some("02".to_owned())),
        [ErrorKind::Condition]
    );
    assert_eq!(
        rules(|p| p.merchant_accounts.push(p.merchant_accounts[0].clone())),
        [ErrorKind::Duplicate]
    );
    assert_eq!(
        rules(|p| p.others = (65..71).map(|n| (ObjectId::new(n).unwrap(), "x".repeat(90))).collect()),
        [ErrorKind::Size]
    );
}

#[test]
fn a_value_has_at_most_99_characters() {
    let mut payload = sheet();
    payload.others.insert(id(65), "x".repeat(100));
    assert_eq!(write(&payload), Err(WriteError::ValueLength { id: id(65) }));
    let fields: Fields = (1..4).map(|n| (id(n), "x".repeat(30))).collect();
    assert_eq!(
        Template::new(id(26), "jp.example", fields),
        Err(WriteError::ValueLength { id: id(26) })
    );
}

fn text(longest: usize) -> impl Strategy<Value = String> {
    proptest::string::string_regex(&format!("[ -~]{{1,{longest}}}")).unwrap()
}

fn unicode(longest: usize) -> impl Strategy<Value = String> {
    proptest::string::string_regex(&format!("[ -~ぁ-んァ-ン一-龠🍡]{{1,{longest}}}")).unwrap()
}

prop_compose! {
    fn template(from: u8, to: u8)(
        number in from..=to, guid in text(32), fields in btree_map(1..=99_u8, text(12), 0..3),
    ) -> (u8, Template) {
        let fields = fields.into_iter().map(|(n, value)| (id(n), value)).collect();
        (number, Template::new(id(number), &guid, fields).unwrap())
    }
}

/// The fee objects that may stand together.
fn fees() -> impl Strategy<Value = [Option<String>; 3]> {
    prop_oneof![
        Just([None, None, None]),
        Just([Some("01".to_owned()), None, None]),
        (1..=9_999_u32).prop_map(|fee| [Some("02".to_owned()), Some(fee.to_string()), None]),
        (1..=99_u32).prop_map(|fee| [Some("03".to_owned()), None, Some(format!("{fee}.5"))]),
    ]
}

prop_compose! {
    fn payload()(
        dynamic in option::of(any::<bool>()),
        accounts in proptest::collection::vec(template(26, 51), 1..3),
        unreserved in proptest::collection::vec(template(80, 99), 0..2),
        (mcc, currency, country) in ("[0-9]{4}", "[0-9]{3}", "[A-Z]{2}"),
        amount in option::of("[1-9][0-9]{0,8}(\\.[0-9]{0,2})?"),
        [tip_indicator, fee_fixed, fee_percent] in fees(),
        (name, city, postal_code) in (text(25), text(15), option::of(text(10))),
        additional in btree_map(1..=8_u8, text(8), 0..4),
        language in option::of(("[A-Za-z]{2}", unicode(25), option::of(unicode(15)))),
        others in btree_map(65..=79_u8, unicode(10), 0..2),
    ) -> Payload {
        let by_id = |templates: Vec<(u8, Template)>| -> Vec<Template> {
            templates.into_iter().collect::<BTreeMap<_, _>>().into_values().collect()
        };
        let fields = |map: BTreeMap<u8, String>| map.into_iter().map(|(n, v)| (id(n), v)).collect();
        Payload {
            format: Some("01".to_owned()),
            point_of_initiation: dynamic.map(|d| if d { "12" } else { "11" }.to_owned()),
            merchant_accounts: by_id(accounts),
            mcc: Some(mcc),
            currency: Some(currency),
            amount,
            tip_indicator,
            fee_fixed,
            fee_percent,
            country: Some(country),
            merchant_name: Some(name),
            city: Some(city),
            postal_code,
            additional: fields(additional),
            language: language.map(|(preference, name, city)| Language {
                preference: Some(preference),
                merchant_name: Some(name),
                city,
                ..Language::default()
            }),
            unreserved: by_id(unreserved),
            crc: None,
            others: fields(others),
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(payload in payload()) {
        match write(&payload) {
            Ok(text) => {
                let parsed = parse(&text);
                prop_assert!(parsed.is_valid());
                let crc = parsed.payload.crc.clone();
                prop_assert_eq!(&parsed.payload, &Payload { crc, ..payload });
                prop_assert_eq!(write(&parsed.payload), Ok(text));
            }
            Err(error) => prop_assert_eq!(error, WriteError::Rules(vec![ErrorKind::Size])),
        }
    }
}
