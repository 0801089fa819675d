//! A name on one line, or broken over two where people would break it.

use super::face::Face;

/// A name as it stands on the page.
#[derive(Debug, PartialEq)]
pub(super) struct Set {
    /// Its lines from the top, one or two.
    pub(super) lines: Vec<String>,
    /// How large a kanji of it is, in millimetres.
    pub(super) size: f32,
}

/// The room for a name, in millimetres.
pub(super) struct Room {
    /// How long a line may be.
    pub(super) width: f32,
    /// The largest kanji of a single line.
    pub(super) one: f32,
    /// The largest kanji of two lines, below which one line is broken.
    pub(super) two: f32,
}

/// Sets `name` as large as the room allows.
pub(super) fn set(face: &Face, name: &str, room: &Room) -> Set {
    let name = name.trim();
    let alone = size(face, name, room.width);
    if alone >= room.two {
        return Set {
            lines: vec![name.to_owned()],
            size: alone.min(room.one),
        };
    }
    let broken = breaks(name)
        .map(|(first, second, cost)| {
            let size = size(face, first, room.width).min(size(face, second, room.width));
            let set = size.min(room.two);
            // Of two that are as large, the one with more room left is broken more evenly.
            (first, second, set, set / (1.0 + cost) + size / 100.0)
        })
        .max_by(|a, b| a.3.total_cmp(&b.3));
    match broken {
        Some((first, second, size, _)) if size > alone => Set {
            lines: vec![first.to_owned(), second.to_owned()],
            size,
        },
        _ => Set {
            lines: vec![name.to_owned()],
            size: alone,
        },
    }
}

/// The size at which a line is as long as `width`.
fn size(face: &Face, line: &str, width: f32) -> f32 {
    width / face.width(line).max(0.1)
}

/// Where a name may be broken, with what that costs in size: nothing at a space, little between two scripts.
fn breaks(name: &str) -> impl Iterator<Item = (&str, &str, f32)> {
    name.char_indices().skip(1).filter_map(move |(at, next)| {
        let (first, second) = name.split_at_checked(at)?;
        let last = first.chars().next_back()?;
        let (left, right) = (first.trim_end(), second.trim_start());
        if left.is_empty() || right.is_empty() || next.is_whitespace() {
            return None;
        }
        let cost = if last.is_whitespace() {
            0.0
        } else if begins_no_line(next) || ends_no_line(last) || within_word(last, next) {
            return None;
        } else if last == '・' || Script::of(last) != Script::of(next) {
            0.08
        } else {
            0.3
        };
        Some((left, right, cost))
    })
}

/// Characters that JIS X 4051 keeps from the head of a line, and those that change the one before.
const fn begins_no_line(character: char) -> bool {
    matches!(
        character,
        'ー' | '々' | '・' | '、' | '。' | '」' | '』' | '）' | ')' | '】' | '！' | '？' | '!' | '?' | '〜' | '～'
            | 'ぁ' | 'ぃ' | 'ぅ' | 'ぇ' | 'ぉ' | 'っ' | 'ゃ' | 'ゅ' | 'ょ' | 'ゎ'
            | 'ァ' | 'ィ' | 'ゥ' | 'ェ' | 'ォ' | 'ッ' | 'ャ' | 'ュ' | 'ョ' | 'ヮ' | 'ヵ' | 'ヶ'
            | 'ﾞ' | 'ﾟ' | 'ｰ' | '\u{3099}' | '\u{309a}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'
    )
}

const fn ends_no_line(character: char) -> bool {
    matches!(character, '「' | '『' | '（' | '(' | '【')
}

/// Latin words and numbers stay whole.
const fn within_word(last: char, next: char) -> bool {
    last.is_ascii_alphanumeric() && next.is_ascii_alphanumeric()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Kanji,
    Hiragana,
    Katakana,
    Other,
}

impl Script {
    const fn of(character: char) -> Self {
        match character {
            'ぁ'..='ゟ' => Self::Hiragana,
            'ァ'..='ヿ' | 'ｦ'..='ﾟ' => Self::Katakana,
            '々' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => Self::Kanji,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room {
        width: 128.0,
        one: 13.0,
        two: 9.4,
    };

    fn lines(name: &str) -> Vec<String> {
        set(&Face::open().unwrap(), name, &ROOM).lines
    }

    #[test]
    fn names_are_broken_where_people_would() {
        assert_eq!(lines("青空パン"), ["青空パン"]);
        assert_eq!(
            lines("株式会社 南町中央青果市場 直売所"),
            ["株式会社", "南町中央青果市場 直売所"]
        );
        assert_eq!(
            lines("ベーカリーショップ南町商店街本店"),
            ["ベーカリーショップ", "南町商店街本店"]
        );
        assert_eq!(lines("KINCHAKU COFFEE"), ["KINCHAKU COFFEE"]);
        assert_eq!(lines("KINCHAKU COMMUNITY STORE"), ["KINCHAKU", "COMMUNITY STORE"]);
    }

    #[test]
    fn no_line_begins_with_a_character_that_belongs_to_the_one_before() {
        for name in [
            "アアアアアアアアアアアアーーーーーーーーーーアア",
            "ああああああああああああっっっっっっっああああ",
        ] {
            for line in lines(name) {
                assert!(!line.starts_with(['ー', 'っ']), "{line}");
            }
        }
    }

    /// 25 characters are the most that a payment code has room for.
    #[test]
    fn any_name_of_25_kanji_fits() {
        let face = Face::open().unwrap();
        let name = "南町中央卸売市場水産仲卸業協同組合連合会直営食堂本店前";
        let name: String = name.chars().take(25).collect();
        let set = set(&face, &name, &ROOM);
        assert_eq!(set.lines.concat(), name);
        for line in &set.lines {
            assert!(face.width(line) * set.size <= ROOM.width + 0.01, "{line}");
        }
        assert!(set.size > 8.0, "{}", set.size);
    }
}
