//! Names as banks carry them: half-width katakana, capitals, digits and a few signs (JIS X 0201).

/// A character that cannot be in a bank's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position} 文字目の「{character}」は口座名義に使えません。カナで入れてください。")]
pub struct KanaError {
    /// Counted from 1.
    pub position: usize,
    /// Which.
    pub character: char,
}

const PLAIN: &str = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヰヱヲン\
                     ァィゥェォッャュョヮヵヶ";
/// Small letters are written large; ヰ, ヱ and ヲ, which banks do not have, as they sound.
const PLAIN_HALF: &str = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｲｴｵﾝｱｲｳｴｵﾂﾔﾕﾖﾜｶｹ";
const VOICED: &str = "ガギグゲゴザジズゼゾダヂヅデドバビブベボヴ";
const VOICED_HALF: &str = "ｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎｳ";
const PLOSIVE: &str = "パピプペポ";
const PLOSIVE_HALF: &str = "ﾊﾋﾌﾍﾎ";
const SMALL_HALF: &str = "ｧｨｩｪｫｯｬｭｮｦ";
const SMALL_LARGE: &str = "ｱｲｳｴｵﾂﾔﾕﾖｵ";

/// Writes a name as banks carry it. Kanji are refused: how a name is read is not guessed.
///
/// # Errors
/// [`KanaError`]: the first character that has no form there.
pub fn bank_kana(name: &str) -> Result<String, KanaError> {
    let mut out = String::new();
    for (position, character) in (1_usize..).zip(name.chars()) {
        push(character, &mut out).ok_or(KanaError { position, character })?;
    }
    Ok(out.trim_end().to_owned())
}

fn push(c: char, out: &mut String) -> Option<()> {
    let c = match c {
        // Full-width signs, digits and letters.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0)?,
        // Hiragana.
        '\u{3041}'..='\u{3096}' => char::from_u32(u32::from(c) + 0x60)?,
        _ => c,
    };
    match c {
        'A'..='Z' | '0'..='9' | ' ' | '(' | ')' | '-' | '.' | '/' | ',' | '｢' | '｣' => out.push(c),
        'a'..='z' => out.push(c.to_ascii_uppercase()),
        '\u{3000}' => out.push(' '),
        'ー' | 'ｰ' | '‐' | '−' | '—' | '―' => out.push('-'),
        '・' | '･' => out.push('.'),
        '「' => out.push('｢'),
        '」' => out.push('｣'),
        '\u{3099}' | '\u{309b}' | 'ﾞ' => out.push('ﾞ'),
        '\u{309a}' | '\u{309c}' | 'ﾟ' => out.push('ﾟ'),
        _ => {
            if let Some(half) = beside(c, SMALL_HALF, SMALL_LARGE).or_else(|| beside(c, PLAIN, PLAIN_HALF)) {
                out.push(half);
            } else if ('ｱ'..='ﾝ').contains(&c) {
                out.push(c);
            } else if let Some(half) = beside(c, VOICED, VOICED_HALF) {
                out.extend([half, 'ﾞ']);
            } else {
                out.extend([beside(c, PLOSIVE, PLOSIVE_HALF)?, 'ﾟ']);
            }
        }
    }
    Some(())
}

fn beside(c: char, from: &str, to: &str) -> Option<char> {
    from.chars().zip(to.chars()).find_map(|(f, t)| (f == c).then_some(t))
}
