//! Texts of this protocol that are no payment code.

use super::{RECEIPT_PREFIX, Scanned};
use crate::base45;
use crate::doc::field::{Bytes, from_bytes};
use crate::doc::{Document as _, Intent, MAX_BY_QR, Seen, kind_of};
use crate::voucher;

/// The kind of document that a person's own code starts with (docs/protocol.md, number 11).
const PRESENCE: u8 = 11;

/// Characters of a one-time code, without what groups them.
const CODE_CHARACTERS: usize = 12;

pub(super) fn recognise(text: &str) -> Option<Scanned> {
    if let Some(content) = text.strip_prefix(RECEIPT_PREFIX) {
        return Some(screen(text, content));
    }
    if voucher::looks_like_one(text) {
        return Some(Scanned::Voucher(text.to_owned()));
    }
    if is_of_a_later_version(text) {
        return Some(Scanned::Newer);
    }
    is_one_time_code(text).then(|| Scanned::Invitation(text.to_owned()))
}

/// What two screens show each other is told apart by the document that comes first. What does not
/// decode was most likely a receipt.
fn screen(text: &str, content: &str) -> Scanned {
    let whole = || text.to_owned();
    // One symbol holds less; nothing longer is unpacked.
    let short = content.len() <= MAX_BY_QR.saturating_mul(4);
    let parts = short
        .then(|| base45::decode(content).ok())
        .flatten()
        .and_then(|bytes| from_bytes::<Vec<Bytes>>(&bytes).ok());
    let first = parts.as_ref().and_then(|parts| parts.first());
    match first.and_then(|first| kind_of(&first.0).ok()) {
        Some(Intent::KIND) | None => Scanned::Receipt(whole()),
        Some(Seen::KIND) => Scanned::Refusal(whole()),
        Some(PRESENCE) => Scanned::MyQr(whole()),
        Some(_) => Scanned::Newer,
    }
}

/// `KC`, perhaps a capital, a number, a colon, and only what alphanumeric mode has: no word of ours yet.
fn is_of_a_later_version(text: &str) -> bool {
    let Some((head, rest)) = text.strip_prefix("KC").and_then(|rest| rest.split_once(':')) else {
        return false;
    };
    let number = head.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let letters = head.len().saturating_sub(number.len());
    letters <= 1
        && (1..=3).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && !rest.is_empty()
        && rest.bytes().all(|byte| (b' '..=b'Z').contains(&byte))
}

/// Twelve characters of Crockford's base32, in three groups as they are printed or in one piece. In
/// one piece, digits alone are an article number and letters alone a word.
fn is_one_time_code(text: &str) -> bool {
    let grouped = text.len() == CODE_CHARACTERS.saturating_add(2) && {
        let separators = [4, 9].map(|at| text.as_bytes().get(at));
        separators == [Some(&b'-'); 2] || separators == [Some(&b' '); 2]
    };
    let plain: Vec<u8> = if grouped {
        text.bytes().filter(|byte| !matches!(byte, b'-' | b' ')).collect()
    } else {
        text.bytes().collect()
    };
    let crockford = |byte: &u8| match byte {
        b'0'..=b'9' => true,
        b'I' | b'L' | b'O' | b'U' => false,
        other => other.is_ascii_uppercase(),
    };
    let letters = plain.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    plain.len() == CODE_CHARACTERS
        && plain.iter().all(crockford)
        && letters > 0
        && (grouped || letters < CODE_CHARACTERS)
}

#[cfg(test)]
mod tests {
    use super::super::{NextStep, Scanned, recognise};
    use crate::base45;
    use crate::cose;
    use crate::doc::field::{Bytes, to_bytes};

    /// A `KC1:` text whose documents have these kinds and nothing else; nobody signed them.
    fn screen(kinds: &[u8]) -> String {
        let part = |kind: &u8| Bytes(cose::assemble(&[0xa2, 0x00, *kind, 0x01, 0x01], None, &[7; 64]));
        let parts: Vec<Bytes> = kinds.iter().map(part).collect();
        format!("KC1:{}", base45::encode(&to_bytes(&parts)))
    }

    /// F069, F234: each of our own codes is told from the payment code and from each other.
    #[test]
    fn our_own_codes_are_told_apart() {
        let cases = [
            (" KC1:ABC+/ \n".to_owned(), "receipt", NextStep::ShowToShop),
            (screen(&[2]), "receipt", NextStep::ShowToShop),
            (screen(&[2, 1]), "receipt", NextStep::ShowToShop),
            (screen(&[6, 9]), "refusal", NextStep::TakeRefusal),
            (screen(&[11, 9]), "my_qr", NextStep::ShowToShop),
            (screen(&[23]), "newer", NextStep::Update),
            ("KCV1:QJGH7375 ".to_owned(), "voucher", NextStep::ReceiveVoucher),
            ("KCV2:ABC".to_owned(), "voucher", NextStep::ReceiveVoucher),
            ("KC2:ABC".to_owned(), "newer", NextStep::Update),
            ("KCM1:ABC".to_owned(), "newer", NextStep::Update),
            ("ABCD-EFGH-JK23".to_owned(), "invitation", NextStep::Enrol),
            ("7QX4 0000 ZZZ9".to_owned(), "invitation", NextStep::Enrol),
            ("7QX40000ZZZ9".to_owned(), "invitation", NextStep::Enrol),
        ];
        for (text, kind, next) in cases {
            let scanned = recognise(&text);
            assert_eq!((scanned.kind(), scanned.next()), (kind, next), "{text}");
            assert!(scanned.is_ours(), "{text}");
        }
        let whole = screen(&[2, 1]);
        assert_eq!(recognise(&whole), Scanned::Receipt(whole.clone()));
    }

    #[test]
    fn what_only_looks_a_little_like_ours_is_not_ours() {
        for text in [
            "KC:ABC",
            "KC1000:A",
            "KC2:",
            "KC2:abc",
            "KCAB1:A",
            "ABCD-EFGH-JKLM",
            "1234-5678-9012",
            "PARTYPARTYXX",
            "ABCD-EFGHJ-K23",
            "7QX40000ZZZ",
        ] {
            assert!(!recognise(text).is_ours(), "{text}");
        }
    }
}
