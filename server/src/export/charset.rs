//! Character sets of files: UTF-8 with a byte order mark, by which Excel knows it, and CP932 (Windows-31J).

use encoding_rs::SHIFT_JIS;

/// How text becomes bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Charset {
    /// UTF-8 with a byte order mark.
    #[default]
    Utf8,
    /// CP932. What it does not have becomes 〓 and is counted.
    Cp932,
}

/// 〓, by which Japanese printing marks a character that is missing.
const GETA: [u8; 2] = [0x81, 0xac];

impl Charset {
    /// What a file begins with.
    pub(super) const fn mark(self) -> &'static [u8] {
        match self {
            Self::Utf8 => b"\xef\xbb\xbf",
            Self::Cp932 => b"",
        }
    }

    /// Appends text; gives how many characters were replaced.
    pub(super) fn encode(self, text: &str, into: &mut Vec<u8>) -> u64 {
        if self == Self::Utf8 || text.is_ascii() {
            into.extend_from_slice(text.as_bytes());
            return 0;
        }
        // All at once where nothing is missing: many times faster.
        if text.chars().all(|c| folded(c) == c) {
            let (bytes, _, missing) = SHIFT_JIS.encode(text);
            if !missing {
                into.extend_from_slice(&bytes);
                return 0;
            }
        }
        let mut replaced = 0;
        let mut buffer = [0; 4];
        for c in text.chars().map(folded) {
            let (bytes, _, missing) = SHIFT_JIS.encode(c.encode_utf8(&mut buffer));
            if missing {
                into.extend_from_slice(&GETA);
                replaced += 1;
            } else {
                into.extend_from_slice(&bytes);
            }
        }
        replaced
    }
}

/// Characters that look alike and of which CP932 has the other one. U+00A5 and U+203E would otherwise
/// become the backslash and tilde of ASCII.
const fn folded(c: char) -> char {
    match c {
        '\u{301c}' => '\u{ff5e}',
        '\u{2014}' => '\u{2015}',
        '\u{2016}' => '\u{2225}',
        '\u{2212}' => '\u{ff0d}',
        '\u{00a5}' => '\u{ffe5}',
        '\u{203e}' => '\u{ffe3}',
        '\u{00a2}' => '\u{ffe0}',
        '\u{00a3}' => '\u{ffe1}',
        '\u{00ac}' => '\u{ffe2}',
        _ => c,
    }
}
