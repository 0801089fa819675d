//! Shop marks: signed, read, and never accepted once anything was changed (T2, F119).

use std::collections::BTreeSet;

use kinchaku_protocol::ids::{MarkId, Pid, SetId};
use kinchaku_protocol::mpm::shop_mark::{MarkError, Offline, ShopMark, SignMarkError, SignedMark};
use kinchaku_protocol::mpm::{ErrorKind, WriteError, crc, parse};
use kinchaku_protocol::signature::{PublicKey, SignError, Signer, SoftwareSigner};
use proptest::prelude::*;

fn town() -> SoftwareSigner {
    SoftwareSigner::from_scalar(&[7; 32]).unwrap()
}

fn mark() -> ShopMark {
    ShopMark {
        shop: Pid([1, 2, 3, 4, 5, 6, 7, 8]),
        mark: MarkId([9, 10, 11, 12]),
        kid: town().public_key().kid(),
        sets: BTreeSet::from([SetId(3), SetId(12), SetId(4_000_000_000)]),
        offline: Offline::Scan,
        name: "Yaoya Hatsu".to_owned(),
        city: "Kinchaku".to_owned(),
        language: "JA".to_owned(),
        local_name: "八百屋 はつ".to_owned(),
        local_city: Some("巾着町".to_owned()),
        postal_code: Some("6040000".to_owned()),
        mcc: "5411".to_owned(),
    }
}

fn read(text: &str) -> Result<SignedMark, MarkError> {
    SignedMark::read(&parse(text))
}

fn accepted(text: &str) -> bool {
    read(text).is_ok_and(|mark| mark.verify(&town().public_key()).is_ok())
}

/// The text with its CRC made anew, as a forger would.
fn resealed(text: &str) -> String {
    let body = text[..text.len() - 8].to_owned() + "6304";
    let digits = crc::digits(body.as_bytes());
    body + &digits
}

/// The payload before object 80 with other objects after it.
fn with_tail(objects: &str) -> String {
    let signed = mark().sign(&town()).unwrap();
    let covered = read(&signed).unwrap().covered().to_owned();
    resealed(&(covered + objects + "6304FFFF"))
}

fn halves() -> (String, String) {
    let signed = mark().sign(&town()).unwrap();
    let template = |number: u8| {
        let payload = parse(&signed).payload;
        let mut all = payload.unreserved.into_iter();
        all.find(|t| t.id.number() == number).unwrap().value
    };
    (template(80), template(81))
}

#[test]
fn a_signed_mark_says_what_was_signed() {
    let text = mark().sign(&town()).unwrap();
    assert!(text.len() <= 512, "{}", text.len());
    let signed = read(&text).unwrap();
    assert_eq!(signed.verify(&town().public_key()).unwrap(), &mark());
    assert!(text.starts_with(signed.covered()));
    assert!(text[signed.covered().len()..].starts_with("80620011jp.kinchaku0143"));
    let key = town().public_key();
    assert!(key.verify(signed.covered().as_bytes(), signed.signature()).is_ok());
}

#[test]
fn a_mark_needs_no_sets_city_or_postal_code() {
    for offline in [Offline::None, Offline::Scan, Offline::Paper] {
        let mut mark = mark();
        mark.offline = offline;
        mark.sets.clear();
        mark.local_city = None;
        mark.postal_code = None;
        let text = mark.sign(&town()).unwrap();
        assert_eq!(read(&text).unwrap().verify(&town().public_key()).unwrap(), &mark);
    }
}

/// T2: every single flipped bit, with the CRC as it was and made anew.
#[test]
fn no_flipped_bit_is_accepted() {
    let text = mark().sign(&town()).unwrap();
    assert!(accepted(&text));
    let mut tried = 0;
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(forged) = String::from_utf8(bytes) else {
                continue;
            };
            tried += 1;
            assert!(!accepted(&forged), "byte {at}, bit {bit}");
            let in_crc = at >= text.len() - 8;
            assert!(
                in_crc || forged.is_char_boundary(forged.len() - 8) && !accepted(&resealed(&forged)),
                "byte {at}, bit {bit}"
            );
        }
    }
    assert!(tried > text.len() * 4);
}

/// T2: a sticker with another shop's number or another name under the first shop's signature.
#[test]
fn no_other_content_goes_with_a_signature() {
    let text = mark().sign(&town()).unwrap();
    let shop = mark().shop.base32();
    let other = Pid([8; 8]).base32();
    for (from, to) in [
        (shop.as_str(), other.as_str()),
        ("0504scan", "0505paper"),
        ("八百屋 はつ", "八百屋 なつ"),
        ("3.12.4000000000", "3.13.4000000000"),
        ("5204541153", "5204581253"),
    ] {
        assert!(text.contains(from), "{from}");
        let forged = resealed(&text.replace(from, to));
        assert!(!accepted(&forged), "{from}");
    }
    let forged = resealed(&text.replace(&shop, &other));
    let verdict = read(&forged).unwrap().verify(&town().public_key()).cloned();
    assert_eq!(verdict, Err(MarkError::BadSignature));
}

/// T2: nothing can be put beside what the signature covers.
#[test]
fn nothing_may_follow_the_covered_part_but_the_signature() {
    let (first, second) = halves();
    let (first, second) = (first.as_str(), second.as_str());
    assert!(accepted(&with_tail(&format!("8062{first}8162{second}"))));
    for tail in [
        format!("8162{second}8062{first}"),
        format!("54031008062{first}8162{second}"),
        format!("8062{first}5403100") + &format!("8162{second}"),
        format!("8062{first}8162{second}5403100"),
        format!("8062{first}8162{second}27180010jp.example0104shop"),
        format!("8062{first}8162{second}82180010jp.example0104shop"),
        format!("8067{first}0201x8162{second}"),
        format!("8062{first}"),
        String::new(),
    ] {
        assert!(!accepted(&with_tail(&tail)), "{tail}");
    }
    // The same signature with spare bits of its last character set is not the same text.
    let last = second.chars().last().unwrap();
    let spare = char::from_u32(u32::from(last) + 1).unwrap();
    let twin = format!("{}{spare}", &second[..second.len() - 1]);
    assert!(!accepted(&with_tail(&format!("8062{first}8162{twin}"))));
}

#[test]
fn the_crc_is_accepted_in_one_form_only() {
    let digits = |text: &str| text[text.len() - 4..].to_owned();
    let text = (0..50)
        .map(|n| {
            ShopMark {
                name: format!("Shop {n}"),
                ..mark()
            }
            .sign(&town())
            .unwrap()
        })
        .find(|text| digits(text) != digits(text).to_lowercase())
        .unwrap();
    let lower = text[..text.len() - 4].to_owned() + &digits(&text).to_lowercase();
    assert!(parse(&lower).is_valid());
    assert_eq!(read(&lower), Err(MarkError::Malformed("80")));
}

#[test]
fn another_key_is_named_before_it_is_tried() {
    let forger = SoftwareSigner::from_scalar(&[8; 32]).unwrap();
    assert_eq!(mark().sign(&forger), Err(SignMarkError::OtherKey));
    let text = ShopMark {
        kid: forger.public_key().kid(),
        ..mark()
    }
    .sign(&forger)
    .unwrap();
    let signed = read(&text).unwrap();
    assert_eq!(signed.verify(&town().public_key()), Err(MarkError::OtherKey));

    // A forger who writes the town's key number under a signature of his own.
    struct Pretender(SoftwareSigner);
    impl Signer for Pretender {
        fn public_key(&self) -> PublicKey {
            town().public_key()
        }
        fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
            self.0.sign(message)
        }
    }
    let text = mark().sign(&Pretender(forger)).unwrap();
    let verdict = read(&text).unwrap().verify(&town().public_key()).cloned();
    assert_eq!(verdict, Err(MarkError::BadSignature));
}

#[test]
fn what_is_not_a_mark_is_told_apart() {
    let text = mark().sign(&town()).unwrap();
    assert_eq!(read(""), Err(MarkError::NotOurs));
    assert_eq!(
        read(&text.replace("jp.kinchaku", "jp.kinchakU")),
        Err(MarkError::NotOurs)
    );
    assert_eq!(
        read(&text.replace("Yaoya", "Yaoyo")),
        Err(MarkError::Damaged(vec![ErrorKind::Crc]))
    );
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        read(&resealed(&text.replacen(from, to, 1)))
    };
    assert_eq!(changed("010211", "010212"), Err(MarkError::Malformed("01")));
    assert_eq!(changed("5303392", "5303840"), Err(MarkError::Malformed("53")));
    assert_eq!(changed("5802JP", "5802US"), Err(MarkError::Malformed("58")));
    assert_eq!(changed("5802JP", "54035005802JP"), Err(MarkError::Malformed("54")));
    assert_eq!(changed("0504scan", "0504Scan"), Err(MarkError::Malformed("26-05")));
    assert_eq!(changed("0504scan", "0604scan"), Err(MarkError::Newer));
    for sets in [
        "12.3.4000000000",
        "12.12.400000000",
        "3.012.400000000",
        "0.12.4000000000",
        "3.12.4300000000",
        "3..124000000000",
        "+3.12.400000000",
    ] {
        assert_eq!(
            changed("3.12.4000000000", sets),
            Err(MarkError::Malformed("26-04")),
            "{sets}"
        );
    }
    let shop = mark().shop.base32();
    assert_eq!(changed(&shop, &shop.to_lowercase()), Err(MarkError::Malformed("26-01")));
    let spare = format!("{}B", &shop[..12]);
    assert_eq!(changed(&shop, &spare), Err(MarkError::Malformed("26-01")));
    // Another account of ours, or ours where another's should stand.
    let account = parse(&text).payload.merchant_accounts[0].value.clone();
    let object = format!("26{}{account}", account.len());
    assert_eq!(
        changed(&object, &(object.clone() + "27" + &object[2..])),
        Err(MarkError::Malformed("26"))
    );
    assert_eq!(
        changed(&object, &("27".to_owned() + &object[2..])),
        Err(MarkError::Malformed("26"))
    );
}

#[test]
fn a_mark_that_no_wallet_would_take_is_not_signed() {
    let sign = |change: fn(&mut ShopMark)| {
        let mut mark = mark();
        change(&mut mark);
        mark.sign(&town())
    };
    assert_eq!(
        sign(|m| m.name = "八百屋".to_owned()),
        Err(SignMarkError::Write(WriteError::Rules(vec![ErrorKind::Format])))
    );
    assert_eq!(
        sign(|m| m.local_name = "あ".repeat(26)),
        Err(SignMarkError::Write(WriteError::Rules(vec![ErrorKind::Length])))
    );
    assert_eq!(
        sign(|m| {
            m.sets.insert(SetId::ANYWHERE);
        }),
        Err(SignMarkError::Unacceptable(MarkError::Malformed("26-04")))
    );
    assert!(matches!(
        sign(|m| m.sets.extend((1..30).map(SetId))),
        Err(SignMarkError::Write(WriteError::ValueLength { .. }))
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_mark_is_read_back(
        shop in any::<[u8; 8]>(), number in any::<[u8; 4]>(),
        sets in proptest::collection::btree_set(1..500_u32, 0..8),
        name in "[ -~]{1,25}", local_name in "[ -~ぁ-ん一-龠]{1,25}",
    ) {
        let mark = ShopMark {
            shop: Pid(shop),
            mark: MarkId(number),
            sets: sets.into_iter().map(SetId).collect(),
            name,
            local_name,
            ..mark()
        };
        let text = mark.sign(&town()).unwrap();
        let signed = read(&text).unwrap();
        prop_assert_eq!(signed.verify(&town().public_key()).unwrap(), &mark);
    }
}
