//! A page as PDF/UA-1: vectors, the letters it uses of the typeface, and tags that say what is what.

use std::num::NonZeroU16;

use kinchaku_protocol::symbol::Symbol;
use krilla::color::{luma, rgb};
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{Path, PathBuilder, Point, Rect, Transform};
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, LineCap, LineJoin, Paint, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Node, Tag, TagGroup, TagTree};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};
use tiny_skia::PathSegment;

use super::face::{FILE, Face};
use super::layout::count;
use super::page::{Block, Colour, Ink, Line, Mark, Page, Role};

/// PDF's unit is 1/72 of an inch.
const POINTS: f32 = 72.0 / 25.4;

/// Writes the page; `None` where krilla refuses.
pub(super) fn write(page: &Page, face: &Face, symbol: &Symbol) -> Option<Vec<u8>> {
    let writer = Writer {
        font: Font::new(FILE.to_vec().into(), 0)?,
        face,
        symbol,
    };
    let configuration = ConfigurationBuilder::new()
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .ok()?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    document.set_metadata(
        Metadata::new()
            .title(page.title.clone())
            .language("ja".to_owned())
            .creator("kinchaku-server".to_owned()),
    );
    let mut tags = TagTree::new().with_lang(Some("ja".to_owned()));
    let settings = PageSettings::from_wh(page.size.0 * POINTS, page.size.1 * POINTS)?;
    let mut sheet = document.start_page_with(settings);
    let mut surface = sheet.surface();
    surface.push_transform(&Transform::from_scale(POINTS, POINTS));
    for block in &page.blocks {
        tags.push(writer.block(&mut surface, block)?);
    }
    surface.pop();
    surface.finish();
    sheet.finish();
    document.set_tag_tree(tags);
    let mut outline = Outline::new();
    let top = XyzDestination::new(0, Point::from_xy(0.0, 0.0));
    outline.push_child(OutlineNode::new(page.title.clone(), top));
    document.set_outline(outline);
    document.finish().ok()
}

struct Writer<'a> {
    font: Font,
    face: &'a Face,
    symbol: &'a Symbol,
}

impl Writer<'_> {
    fn block(&self, surface: &mut Surface<'_>, block: &Block) -> Option<Node> {
        let content = match block.role {
            Role::Decoration => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)),
            Role::Heading | Role::Paragraph | Role::Figure(_) => ContentTag::Other,
        };
        let drawn = surface.start_tagged(content);
        for mark in &block.marks {
            self.mark(surface, mark)?;
        }
        surface.end_tagged();
        Some(match &block.role {
            Role::Decoration => Node::Leaf(drawn),
            Role::Heading => {
                let said = block.marks.iter().filter_map(|mark| match mark {
                    Mark::Line(line) => Some(line.text.as_str()),
                    Mark::Shape(..) | Mark::Code(..) => None,
                });
                let title = said.collect::<String>();
                TagGroup::with_children(Tag::Hn(NonZeroU16::MIN, Some(title)), vec![drawn.into()]).into()
            }
            Role::Paragraph => TagGroup::with_children(Tag::P, vec![drawn.into()]).into(),
            Role::Figure(said) => TagGroup::with_children(Tag::Figure(Some(said.clone())), vec![drawn.into()]).into(),
        })
    }

    fn mark(&self, surface: &mut Surface<'_>, mark: &Mark) -> Option<()> {
        match mark {
            Mark::Shape(path, Ink::Fill(colour)) => {
                fill_with(surface, *colour);
                surface.draw_path(&of_krilla(path)?);
            }
            Mark::Shape(path, Ink::Stroke(colour, width)) => {
                surface.set_fill(None);
                surface.set_stroke(Some(Stroke {
                    paint: paint(*colour),
                    width: *width,
                    line_cap: LineCap::Round,
                    line_join: LineJoin::Round,
                    ..Stroke::default()
                }));
                surface.draw_path(&of_krilla(path)?);
            }
            Mark::Line(line) => self.line(surface, line),
            Mark::Code(corner, side) => {
                fill_with(surface, Colour::Black);
                surface.draw_path(&self.modules(*corner, *side)?);
            }
        }
        Some(())
    }

    fn line(&self, surface: &mut Surface<'_>, line: &Line) {
        fill_with(surface, line.colour);
        let letters = self.face.letters(&line.text).into_iter();
        let glyphs: Vec<KrillaGlyph> = letters
            .map(|letter| {
                let glyph = GlyphId::new(letter.glyph.to_u32());
                KrillaGlyph::new(glyph, letter.width, 0.0, 0.0, 0.0, letter.of, None)
            })
            .collect();
        let start = Point::from_xy(line.at.0, line.at.1);
        surface.draw_glyphs(start, &glyphs, self.font.clone(), &line.text, line.size, false);
    }

    fn modules(&self, (left, top): (f32, f32), side: f32) -> Option<Path> {
        let module = side / count(self.symbol.framed_size());
        let mut path = PathBuilder::new();
        for run in self.symbol.runs() {
            let (x, y) = (left + count(run.x) * module, top + count(run.y) * module);
            path.push_rect(Rect::from_xywh(x, y, count(run.width) * module, module)?);
        }
        path.finish()
    }
}

fn fill_with(surface: &mut Surface<'_>, colour: Colour) {
    surface.set_stroke(None);
    surface.set_fill(Some(Fill {
        paint: paint(colour),
        ..Fill::default()
    }));
}

fn paint(colour: Colour) -> Paint {
    match colour {
        // Grey, so that a printer takes black ink alone.
        Colour::Black => luma::Color::black().into(),
        Colour::White => luma::Color::white().into(),
        Colour::Primary => {
            let [red, green, blue] = colour.rgb();
            rgb::Color::new(red, green, blue).into()
        }
    }
}

fn of_krilla(path: &tiny_skia::Path) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for segment in path.segments() {
        match segment {
            PathSegment::MoveTo(to) => builder.move_to(to.x, to.y),
            PathSegment::LineTo(to) => builder.line_to(to.x, to.y),
            PathSegment::QuadTo(by, to) => builder.quad_to(by.x, by.y, to.x, to.y),
            PathSegment::CubicTo(first, second, to) => {
                builder.cubic_to(first.x, first.y, second.x, second.y, to.x, to.y);
            }
            PathSegment::Close => builder.close(),
        }
    }
    builder.finish()
}
