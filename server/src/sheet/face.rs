//! The one typeface of a sheet (docs/adr/0029): which glyphs a text takes, how wide they are, what they look like.

use std::ops::Range;

use skrifa::charmap::{Charmap, MapVariant};
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider as _};
use tiny_skia::PathBuilder;

/// Noto Sans JP Bold, unchanged; every kanji of JIS X 0213 is in it.
pub(super) const FILE: &[u8] = include_bytes!("../../fonts/NotoSansJP-Bold.ttf");

/// Stands for a character that the face lacks (下駄記号).
const LACKING: char = '〓';

/// The face, opened.
pub(super) struct Face {
    font: FontRef<'static>,
    letters: Charmap<'static>,
    widths: GlyphMetrics<'static>,
    /// Units of the square that a kanji fills.
    em: f32,
}

/// A letter of a text.
pub(super) struct Letter {
    /// Its picture.
    pub(super) glyph: GlyphId,
    /// Its width, where a kanji is 1 wide.
    pub(super) width: f32,
    /// The bytes of the text it stands for.
    pub(super) of: Range<usize>,
}

impl Face {
    /// Opens the file; `None` where it is no font.
    pub(super) fn open() -> Option<Self> {
        let font = FontRef::new(FILE).ok()?;
        let metrics = font.metrics(Size::unscaled(), LocationRef::default());
        Some(Self {
            letters: font.charmap(),
            widths: font.glyph_metrics(Size::unscaled(), LocationRef::default()),
            em: f32::from(metrics.units_per_em),
            font,
        })
    }

    /// The letters of a line, from the left. A variation selector goes with the character before it.
    pub(super) fn letters(&self, text: &str) -> Vec<Letter> {
        let mut letters: Vec<Letter> = Vec::new();
        let mut characters = text.char_indices().peekable();
        while let Some((start, character)) = characters.next() {
            let selector = characters.next_if(|(_, next)| is_selector(*next));
            let glyph = self.glyph(character, selector.map(|(_, selector)| selector));
            let last = selector.unwrap_or((start, character));
            letters.push(Letter {
                glyph,
                width: self.widths.advance_width(glyph).unwrap_or(self.em) / self.em,
                of: start..last.0.saturating_add(last.1.len_utf8()),
            });
        }
        letters
    }

    /// How wide a line is, where a kanji is 1 wide.
    pub(super) fn width(&self, text: &str) -> f32 {
        self.letters(text).iter().map(|letter| letter.width).sum()
    }

    /// Adds a letter's outline to a path, with its origin at `(x, y)` and `size` as the side of a kanji.
    pub(super) fn outline(&self, glyph: GlyphId, (x, y): (f32, f32), size: f32, path: &mut PathBuilder) {
        let Some(outline) = self.font.outline_glyphs().get(glyph) else {
            return;
        };
        let scale = size / self.em;
        let mut pen = Pen { path, x, y, scale };
        // A glyph that cannot be drawn leaves its place empty.
        let _ = outline.draw(
            DrawSettings::unhinted(Size::unscaled(), LocationRef::default()),
            &mut pen,
        );
    }

    fn glyph(&self, character: char, selector: Option<char>) -> GlyphId {
        if let Some(selector) = selector
            && let Some(MapVariant::Variant(glyph)) = self.letters.map_variant(character, selector)
        {
            return glyph;
        }
        let character = if character.is_control() { ' ' } else { character };
        let found = self.letters.map(character).or_else(|| self.letters.map(LACKING));
        found.unwrap_or(GlyphId::NOTDEF)
    }
}

/// Whether it chooses among the forms of the character before it (Unicode, Variation Selectors).
const fn is_selector(character: char) -> bool {
    matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Writes an outline, whose y axis points up, onto the page, whose y axis points down.
struct Pen<'a> {
    path: &'a mut PathBuilder,
    x: f32,
    y: f32,
    scale: f32,
}

impl Pen<'_> {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, self.y - y * self.scale)
    }
}

impl OutlinePen for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let ((cx, cy), (x, y)) = (self.at(cx, cy), self.at(x, y));
        self.path.quad_to(cx, cy, x, y);
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let ((ax, ay), (bx, by), (x, y)) = (self.at(ax, ay), self.at(bx, by), self.at(x, y));
        self.path.cubic_to(ax, ay, bx, by, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_other_faces_lack_have_their_own_glyphs() {
        let face = Face::open().unwrap();
        let lacking = face.letters("〓")[0].glyph;
        for letter in face.letters("髙﨑𠮷鷗濵栁彅㐂〜－㈱①ﾊﾝ") {
            assert_ne!(letter.glyph, lacking);
            assert_ne!(letter.glyph, GlyphId::NOTDEF);
        }
        assert_eq!(face.letters("ሀ")[0].glyph, lacking);
    }

    #[test]
    fn a_variation_selector_takes_no_room_of_its_own() {
        let face = Face::open().unwrap();
        let letters = face.letters("葛\u{e0100}城");
        assert_eq!(letters.len(), 2);
        assert_eq!(letters[0].of, 0..7);
        assert_eq!(letters[1].of, 7..10);
        assert!((face.width("葛\u{e0100}城") - 2.0).abs() < 1e-6);
    }
}
