//! The sheet as pixels at 300 dpi, in three colours.

use super::Sheet;
use super::layout::{BAND, CODE_SIDE, CODE_TOP, FOOT, PAGE, PRIMARY, PURSE};
use super::letters::{ADVANCE, HEIGHT, letter};

/// Pixels in a millimetre: 300 dpi.
const DENSITY: f64 = 300.0 / 25.4;

/// Width and height of A5 at that density.
const SIZE: (usize, usize) = (1748, 2480);

/// Places in the palette.
const BLACK: u8 = 0;
const WHITE: u8 = 1;
const INK: u8 = 2;

/// The picture could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the picture could not be written")]
pub struct PngError;

impl Sheet<'_> {
    /// The sheet as a PNG.
    ///
    /// # Errors
    /// [`PngError`].
    pub fn png(&self) -> Result<Vec<u8>, PngError> {
        let mut pixels = background();
        self.stamp(&mut pixels).ok_or(PngError)?;
        for line in self.print() {
            line.print_on(&mut pixels);
        }
        encode(&pixels).map_err(|_| PngError)
    }

    /// What stands on the picture in letters.
    fn print(&self) -> [Line; 4] {
        let name = &self.mark.name;
        let number = self.number();
        [
            Line::new("KINCHAKU", (28.0, 8.0), fit("KINCHAKU", 10), WHITE),
            Line::new(name, (10.0, 32.0), fit(name, 14), BLACK),
            Line::new(&self.mark.city, (10.0, 50.0), fit(&self.mark.city, 6), BLACK),
            Line::new(&number, (60.0, 148.0), fit(&number, 6), BLACK),
        ]
    }

    /// Puts the code in its place, each module a whole number of pixels.
    fn stamp(&self, pixels: &mut [u8]) -> Option<()> {
        let scale = pixels_in(CODE_SIDE).checked_div(self.symbol.framed_size())?;
        let code = self.symbol.luma(scale);
        let left = SIZE.0.checked_sub(code.side)?.checked_div(2)?;
        let rows = pixels.chunks_exact_mut(SIZE.0).skip(pixels_in(CODE_TOP));
        for (row, modules) in rows.zip(code.pixels.chunks_exact(code.side)) {
            let end = left.checked_add(code.side)?;
            for (pixel, module) in row.get_mut(left..end)?.iter_mut().zip(modules) {
                *pixel = if *module == 0 { BLACK } else { WHITE };
            }
        }
        Some(())
    }
}

/// A line of letters.
struct Line {
    text: String,
    /// Upper left corner in pixels.
    corner: (usize, usize),
    /// Pixels a dot.
    scale: usize,
    colour: u8,
}

impl Line {
    fn new(text: &str, corner: (f64, f64), scale: usize, colour: u8) -> Self {
        Self {
            text: text.to_owned(),
            corner: (pixels_in(corner.0), pixels_in(corner.1)),
            scale,
            colour,
        }
    }

    fn print_on(&self, pixels: &mut [u8]) {
        let height = HEIGHT.saturating_mul(self.scale);
        let rows = pixels.chunks_exact_mut(SIZE.0).skip(self.corner.1).take(height);
        for (y, row) in rows.enumerate() {
            let dot_row = y.checked_div(self.scale).unwrap_or(0);
            let advance = ADVANCE.saturating_mul(self.scale);
            let places = row.get_mut(self.corner.0..).unwrap_or_default().chunks_mut(advance);
            for (place, character) in places.zip(self.text.chars()) {
                for (dot, column) in place.chunks_mut(self.scale).zip(letter(character)) {
                    if column >> dot_row & 1 == 1 {
                        dot.fill(self.colour);
                    }
                }
            }
        }
    }
}

/// Pixels a dot at which a line keeps within the page, at most `largest`.
fn fit(text: &str, largest: usize) -> usize {
    let dots = text.chars().count().max(1).saturating_mul(ADVANCE);
    let room = pixels_in(PAGE.0 - 20.0).checked_div(dots);
    room.unwrap_or(1).clamp(1, largest)
}

/// Band, purse, paper and line.
fn background() -> Vec<u8> {
    let mut pixels = Vec::with_capacity(SIZE.0.saturating_mul(SIZE.1));
    let mut y = 0.5 / DENSITY;
    for _ in 0..SIZE.1 {
        let mut x = 0.5 / DENSITY;
        for _ in 0..SIZE.0 {
            pixels.push(colour(x, y));
            x += 1.0 / DENSITY;
        }
        y += 1.0 / DENSITY;
    }
    pixels
}

fn colour(x: f64, y: f64) -> u8 {
    if y < BAND {
        let topmost = PURSE.iter().rev().find(|ellipse| ellipse.covers(x, y));
        return if topmost.is_some_and(|ellipse| ellipse.white) {
            WHITE
        } else {
            INK
        };
    }
    if y >= PAGE.1 - FOOT { INK } else { WHITE }
}

fn pixels_in(millimetres: f64) -> usize {
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a length on an A5 page, positive and below 2,480 pixels"
    )]
    let pixels = (millimetres * DENSITY) as usize;
    pixels
}

fn encode(pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let width = u32::try_from(SIZE.0).unwrap_or(u32::MAX);
    let height = u32::try_from(SIZE.1).unwrap_or(u32::MAX);
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    let palette: Vec<u8> = [[0; 3], [255; 3], PRIMARY].concat();
    encoder.set_palette(palette);
    // 300 dpi in pixels a metre, so that it prints at its size.
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: 11_811,
        yppu: 11_811,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(file)
}
