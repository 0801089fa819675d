//! Text of unknown origin made fit for a screen.

/// The most characters of a name that are shown, as many as a conformant name has.
const SHOWN_CHARACTERS: usize = 25;

/// Takes out what can hide or reorder text, joins white space, and cuts to 25 characters.
///
/// A name that reverses the line around it, or hides half of itself, could pass for another shop's.
#[must_use]
pub fn shown(text: &str) -> String {
    visible(text).chars().take(SHOWN_CHARACTERS).collect()
}

/// All of it, without what can hide or reorder text and with white space joined.
#[must_use]
pub fn visible(text: &str) -> String {
    let visible: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    words.join(" ")
}

/// Unicode marks without a shape of their own: bidirectional controls, joiners, fillers, tags.
#[must_use]
pub const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::shown;

    /// T2: a name cannot reorder or hide what stands beside it.
    #[test]
    fn nothing_that_hides_or_reorders_is_left() {
        assert_eq!(shown("青果\u{202e}店長\u{2069}"), "青果店長");
        assert_eq!(shown("a\u{200b}b\u{feff}c\u{0007}d\u{1b}[31m"), "abcd[31m");
        assert_eq!(shown(" \n朝市\u{3000}\t1号店 "), "朝市 1号店");
        assert_eq!(shown(&"あ".repeat(99)).chars().count(), 25);
    }
}
