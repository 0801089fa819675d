//! A page as pixels at 300 dpi.

use kinchaku_protocol::symbol::Symbol;
use tiny_skia::{FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, PremultipliedColorU8, Stroke, Transform};

use super::face::Face;
use super::page::{Colour, Ink, Line, Mark, Page};

/// Pixels in a millimetre: 300 dpi.
const DENSITY: f32 = 300.0 / 25.4;

/// The same in pixels a metre, for whoever prints the file at its size.
const DENSITY_METRE: u32 = 11_811;

/// Draws the page into a file; `None` where memory or the encoder does not do.
pub(super) fn write(page: &Page, face: &Face, symbol: &Symbol) -> Option<Vec<u8>> {
    let mut pixels = Pixmap::new(in_pixels(page.size.0)?, in_pixels(page.size.1)?)?;
    pixels.fill(tiny_skia::Color::WHITE);
    for mark in page.blocks.iter().flat_map(|block| &block.marks) {
        match mark {
            Mark::Shape(path, Ink::Fill(colour)) => fill(&mut pixels, path, *colour),
            Mark::Shape(path, Ink::Stroke(colour, width)) => {
                let stroke = Stroke {
                    width: *width,
                    line_cap: LineCap::Round,
                    line_join: LineJoin::Round,
                    ..Stroke::default()
                };
                pixels.stroke_path(path, &paint(*colour), &stroke, on_page(), None);
            }
            Mark::Line(line) => {
                if let Some(path) = letters(face, line) {
                    fill(&mut pixels, &path, line.colour);
                }
            }
            Mark::Code(corner, side) => stamp(&mut pixels, symbol, *corner, *side)?,
        }
    }
    encode(&pixels)
}

fn letters(face: &Face, line: &Line) -> Option<tiny_skia::Path> {
    let mut path = PathBuilder::new();
    let mut x = line.at.0;
    for letter in face.letters(&line.text) {
        face.outline(letter.glyph, (x, line.at.1), line.size, &mut path);
        x += letter.width * line.size;
    }
    path.finish()
}

fn fill(pixels: &mut Pixmap, path: &tiny_skia::Path, colour: Colour) {
    pixels.fill_path(path, &paint(colour), FillRule::Winding, on_page(), None);
}

fn on_page() -> Transform {
    Transform::from_scale(DENSITY, DENSITY)
}

fn paint(colour: Colour) -> Paint<'static> {
    let [red, green, blue] = colour.rgb();
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, u8::MAX);
    paint
}

/// Puts the code in the middle of its place, each module a whole number of pixels.
fn stamp(pixels: &mut Pixmap, symbol: &Symbol, corner: (f32, f32), side: f32) -> Option<()> {
    let place = usize::try_from(in_pixels(side)?).ok()?;
    let framed = symbol.framed_size();
    // The nearest scale: at the edges the quiet zone may lose a pixel or two to the paper, which is as white.
    let scale = place.checked_add(framed / 2)?.checked_div(framed)?.max(1);
    let code = symbol.luma(scale);
    let start = |at: f32| {
        let middle = usize::try_from(in_pixels(at + side / 2.0)?).ok()?;
        middle.checked_sub(code.side / 2)
    };
    let (left, top) = (start(corner.0)?, start(corner.1)?);
    let width = usize::try_from(pixels.width()).ok()?;
    let black = PremultipliedColorU8::from_rgba(0, 0, 0, u8::MAX)?;
    let rows = pixels.pixels_mut().chunks_exact_mut(width).skip(top);
    for (row, modules) in rows.zip(code.pixels.chunks_exact(code.side)) {
        for (pixel, module) in row.get_mut(left..)?.iter_mut().zip(modules) {
            if *module == 0 {
                *pixel = black;
            }
        }
    }
    Some(())
}

/// A length on a page in whole pixels.
fn in_pixels(millimetres: f32) -> Option<u32> {
    let pixels = (millimetres * DENSITY).round();
    if !(0.0..=65_535.0).contains(&pixels) {
        return None;
    }
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number from 0 to 65,535"
    )]
    let pixels = pixels as u32;
    Some(pixels)
}

fn encode(pixels: &Pixmap) -> Option<Vec<u8>> {
    let colours: Vec<u8> = pixels
        .pixels()
        .iter()
        .flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()])
        .collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, pixels.width(), pixels.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: DENSITY_METRE,
        yppu: DENSITY_METRE,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&colours).ok()?;
    writer.finish().ok()?;
    Some(file)
}
