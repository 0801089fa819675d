//! One symbol's bytes as text. Printed codes often leave their character set out or name the wrong
//! one, so a symbol has several readings, and the checksum of the payload tells which is right.

use encoding_rs::SHIFT_JIS;

/// The ways to read one symbol, likeliest first; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading(Vec<String>);

impl Reading {
    /// A decoder's own text, then what else its bytes could mean. Nothing for an empty symbol.
    pub(super) fn new(text: Option<String>, bytes: &[u8]) -> Option<Self> {
        let mut texts = Vec::new();
        for text in text.into_iter().chain(meanings(bytes)) {
            if !text.is_empty() && !texts.contains(&text) {
                texts.push(text);
            }
        }
        (!texts.is_empty()).then_some(Self(texts))
    }

    /// The first text the caller accepts, or else the likeliest, and whether it was accepted.
    pub(super) fn settled(mut self, accept: &impl Fn(&str) -> bool) -> (String, bool) {
        let accepted = self.0.iter().position(|text| accept(text));
        (self.0.swap_remove(accepted.unwrap_or(0)), accepted.is_some())
    }
}

/// UTF-8 if they are that, else Shift_JIS if they are that, and Latin-1, which anything is.
fn meanings(bytes: &[u8]) -> Vec<String> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return vec![text.to_owned()];
    }
    let latin = bytes.iter().copied().map(char::from).collect();
    match SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => vec![text.into_owned(), latin],
        None => vec![latin],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_as_utf8_then_shift_jis_then_latin() {
        assert_eq!(meanings("ナタ".as_bytes()), ["ナタ"]);
        assert_eq!(meanings(&[0x83, 0x69, 0x83, 0x5e])[0], "ナタ");
        assert_eq!(meanings(&[0xe9, 0x20]), ["é "]);
    }

    #[test]
    fn the_caller_settles_which_reading_it_is() {
        let reading = Reading::new(Some("´Ú".to_owned()), &[0xc5, 0xc0]).unwrap();
        assert_eq!(reading.clone().settled(&|_| false), ("´Ú".to_owned(), false));
        let kana = |text: &str| text == "ﾅﾀ";
        assert_eq!(reading.settled(&kana), ("ﾅﾀ".to_owned(), true));
        assert_eq!(Reading::new(None, b""), None);
    }
}
