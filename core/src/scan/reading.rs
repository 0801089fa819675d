//! One symbol's bytes as text. Printed codes often leave their character set out or name the wrong
//! one, so a symbol has several readings, and the checksum of the payload tells which is right.

use encoding_rs::SHIFT_JIS;
use rxing::common::cpp_essentials::DecoderResult;

use super::wanted::Fit;

/// The ways to read one symbol, likeliest first; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading(Vec<String>);

impl Reading {
    /// A symbol that rxing read, with the character set it names, if it does.
    pub(super) fn of(symbol: &DecoderResult<bool>) -> Option<Self> {
        let (text, content) = (symbol.text(), symbol.content());
        if content.has_eci {
            Self::declared(text, content.bytes())
        } else {
            Self::new(Some(text), content.bytes())
        }
    }

    /// A decoder's own text, if it has one, and its bytes, in a symbol that names no character set.
    /// Nothing for an empty symbol.
    pub(super) fn new(text: Option<String>, bytes: &[u8]) -> Option<Self> {
        Self::first_of(meanings(text, bytes))
    }

    /// A decoder's text of a symbol that names its character set (ECI): the likeliest, but generators
    /// name wrong ones.
    fn declared(text: String, bytes: &[u8]) -> Option<Self> {
        // Where the named set does not fit, decoders leave parts out or mark them, or make controls of letters that
        // no text has (C1 of ISO 6429).
        let marked = |c: char| matches!(c, '\u{80}'..='\u{9f}' | '\u{fffd}');
        let whole = bytes.is_empty() || (!text.is_empty() && !text.contains(marked) && fits(&text, bytes));
        let others = meanings(None, bytes);
        let text = vec![text];
        Self::first_of(if whole { [text, others] } else { [others, text] }.concat())
    }

    fn first_of(all: Vec<String>) -> Option<Self> {
        let mut texts = Vec::new();
        for text in all {
            if !text.is_empty() && !texts.contains(&text) {
                texts.push(text);
            }
        }
        (!texts.is_empty()).then_some(Self(texts))
    }

    /// The first text that fits at least so well, or else the likeliest, and whether it fits.
    pub(super) fn settled(mut self, least: Fit, fit: &impl Fn(&str) -> Fit) -> (String, bool) {
        let fitting = self.0.iter().position(|text| fit(text) >= least);
        (self.0.swap_remove(fitting.unwrap_or(0)), fitting.is_some())
    }
}

/// Whether a text can be all of these bytes: as many characters as the shortest encoding makes of them.
fn fits(text: &str, bytes: &[u8]) -> bool {
    text.chars().count() >= bytes.len().div_ceil(4)
}

/// What bytes without a named character set mean, likeliest first. A symbol whose UTF-8 was packed
/// into Kanji mode has the right bytes and a wrong text.
fn meanings(text: Option<String>, bytes: &[u8]) -> Vec<String> {
    let utf8 = std::str::from_utf8(bytes).ok().map(str::to_owned);
    if bytes.is_ascii() {
        return utf8.into_iter().chain(text).collect();
    }
    let shift_jis = SHIFT_JIS
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map(std::borrow::Cow::into_owned);
    let latin: String = bytes.iter().copied().map(char::from).collect();
    let by_script = match &utf8 {
        Some(text) => !is_of_one_script(text) && kana_runs(bytes),
        None => is_japanese(bytes),
    };
    let (likely, unlikely) = if by_script {
        (shift_jis, None)
    } else {
        (None, shift_jis)
    };
    let known = utf8.is_some() || likely.is_some();
    let (early, late) = if known {
        (None, Some(latin))
    } else {
        (Some(latin), None)
    };
    let all = [likely, utf8, early, text, unlikely, late, mixed(bytes)];
    all.into_iter().flatten().collect()
}

/// Whether valid Shift_JIS was meant to be that. Western bytes above 7F stand alone between letters;
/// Japanese ones stand together, and most have a lead byte that no Western text has.
fn is_japanese(bytes: &[u8]) -> bool {
    let lead = |byte: &u8| matches!(byte, 0x81..=0x9f);
    let double = |pair: &[u8]| matches!(pair, [0xe0..=0xfc, 0x80..=0xfc]);
    bytes.iter().any(lead) || bytes.windows(2).any(double) || kana_runs(bytes)
}

/// Two half-width kana side by side.
fn kana_runs(bytes: &[u8]) -> bool {
    let kana = |byte: &u8| matches!(byte, 0xa1..=0xdf);
    bytes.windows(2).any(|pair| pair.iter().all(kana))
}

/// Whether letters of two bytes are of one script. Half-width kana that happen to be UTF-8 are of
/// several.
fn is_of_one_script(text: &str) -> bool {
    let script = |c: char| match u32::from(c) {
        0..=0x7f => None,
        0x80..=0x24f | 0x1e00..=0x1eff => Some(0),
        0x370..=0x3ff => Some(1),
        0x400..=0x52f => Some(2),
        0x250..=0x7ff => Some(3),
        _ => Some(4),
    };
    let mut scripts = text.chars().filter_map(script);
    let first = scripts.next();
    // Letters of three bytes are no accident.
    first == Some(4) || scripts.all(|other| other == 4 || Some(other) == first)
}

/// UTF-8 in one segment and Shift_JIS in the next, as encoders that mix modes leave it.
fn mixed(bytes: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        let wide = (2..=4).find_map(|length| {
            let (head, _) = rest.split_at_checked(length)?;
            Some((std::str::from_utf8(head).ok()?.to_owned(), length))
        });
        let (piece, length) = if first.is_ascii() {
            (char::from(*first).to_string(), 1)
        } else if let Some(wide) = wide {
            wide
        } else {
            let length = if matches!(first, 0xa1..=0xdf) { 1 } else { 2 };
            let (head, _) = rest.split_at_checked(length)?;
            let kanji = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(head)?;
            (kanji.into_owned(), length)
        };
        text.push_str(&piece);
        rest = rest.get(length..)?;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn first(bytes: &[u8]) -> String {
        Reading::new(None, bytes).unwrap().0.swap_remove(0)
    }

    fn sjis(text: &str) -> Vec<u8> {
        SHIFT_JIS.encode(text).0.into_owned()
    }

    #[test]
    fn bytes_are_read_as_what_they_most_likely_are() {
        for text in [
            "ナタデココ",
            "こだま堂",
            "北京烤鸭",
            "Thanh toán hóa đơn",
            "Café",
            "Привет",
            "ﾅﾀﾃﾞｺｺ",
        ] {
            assert_eq!(first(text.as_bytes()), text);
        }
        for text in ["ナタデココ", "ﾅﾀﾃﾞｺｺ", "ﾃｽﾄ", "八百屋A", "(株)ﾔｵﾔ", "髙島屋", "A町"]
        {
            assert_eq!(first(&sjis(text)), text);
        }
        let latin = |text: &str| {
            text.chars()
                .map(|c| u8::try_from(u32::from(c)).unwrap())
                .collect::<Vec<_>>()
        };
        for text in ["Café", "Käse", "Müller & Söhne", "20 °C", "PÂTISSERIE", "é "] {
            assert_eq!(first(&latin(text)), text);
        }
    }

    #[test]
    fn a_named_character_set_counts_unless_it_cannot_be() {
        let of = |text: &str, bytes: &[u8]| Reading::declared(text.to_owned(), bytes).unwrap().0.swap_remove(0);
        // C3 BD C4 B1 is both.
        assert_eq!(of("ﾃｽﾄｱ", &sjis("ﾃｽﾄｱ")), "ﾃｽﾄｱ");
        assert_eq!(of("ýı", &sjis("ﾃｽﾄｱ")), "ýı");
        assert_eq!(of("", &sjis("ナタ")), "ナタ");
        assert_eq!(of("\u{fffd}\u{fffd}", &sjis("ナタ")), "ナタ");
    }

    #[test]
    fn the_caller_settles_which_reading_it_is() {
        let reading = Reading::new(Some("´Ú".to_owned()), &[0xc5, 0xc0]).unwrap();
        let kana = |text: &str| Fit::from(text == "ﾅﾀ");
        assert_eq!(reading.clone().settled(Fit::Alike, &kana), ("ﾅﾀ".to_owned(), true));
        assert!(!reading.clone().settled(Fit::Proven, &kana).1);
        assert!(!reading.settled(Fit::Alike, &|_| Fit::Other).1);
        let both = [&b"0005"[..], "ナタ".as_bytes(), &sjis("八百屋")].concat();
        let reading = Reading::new(None, &both).unwrap();
        let hoped = |text: &str| Fit::from(text == "0005ナタ八百屋");
        assert!(reading.settled(Fit::Alike, &hoped).1);
        assert_eq!(Reading::new(None, b""), None);
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_reading(bytes in proptest::collection::vec(any::<u8>(), 1..300)) {
            let reading = Reading::new(None, &bytes).unwrap();
            prop_assert!(!reading.settled(Fit::Alike, &|_| Fit::Other).0.is_empty());
        }

        #[test]
        fn japanese_is_read_as_such_in_both_encodings(text in "[ぁ-んァ-ヶ]{2,20}") {
            prop_assert_eq!(first(text.as_bytes()), text.clone());
            prop_assert_eq!(first(&sjis(&text)), text);
        }
    }
}
