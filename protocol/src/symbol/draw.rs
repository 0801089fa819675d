//! Pictures of a symbol: grey pixels, SVG, and characters for a terminal. Always dark on light with
//! the quiet zone of four modules, since many readers read nothing else.

use std::fmt::Write as _;

use super::Symbol;

/// Light modules around a symbol.
const QUIET: usize = 4;

/// An 8-bit grey picture, row by row from the upper left; 0 is black.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Luma {
    /// Pixels along one side.
    pub side: usize,
    /// `side` × `side` values.
    pub pixels: Vec<u8>,
}

/// Dark modules side by side in one row, counted from the corner of the quiet zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Column of the first.
    pub x: usize,
    /// Row.
    pub y: usize,
    /// How many.
    pub width: usize,
}

/// What colour a terminal writes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Light letters on a dark ground, as most terminals have.
    Dark,
    /// Dark letters on a light ground.
    Light,
}

impl Symbol {
    /// Modules along one side with the quiet zone.
    #[must_use]
    pub const fn framed_size(&self) -> usize {
        self.size.saturating_add(QUIET.saturating_mul(2))
    }

    /// Whether the module is dark, counted from the corner of the quiet zone.
    fn framed(&self, x: usize, y: usize) -> bool {
        let inside = x.checked_sub(QUIET).zip(y.checked_sub(QUIET));
        inside.is_some_and(|(x, y)| self.dark(x, y))
    }

    /// A grey picture with `scale` pixels a module, at least one.
    #[must_use]
    pub fn luma(&self, scale: usize) -> Luma {
        let scale = scale.max(1);
        let modules = self.framed_size();
        let side = modules.saturating_mul(scale);
        let mut pixels = Vec::with_capacity(side.saturating_mul(side));
        for y in 0..modules {
            let row: Vec<u8> = (0..modules)
                .map(|x| if self.framed(x, y) { 0 } else { 255 })
                .flat_map(|pixel| std::iter::repeat_n(pixel, scale))
                .collect();
            for _ in 0..scale {
                pixels.extend_from_slice(&row);
            }
        }
        Luma { side, pixels }
    }

    /// An SVG picture, one unit a module; it scales to whatever it is printed at.
    #[must_use]
    pub fn svg(&self) -> String {
        let side = self.framed_size();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
             shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>\
             <path d=\"{}\"/></svg>\n",
            self.svg_path()
        )
    }

    /// The dark modules as the `d` of an SVG path in units of a module, quiet zone included: for
    /// whoever draws a whole sheet.
    #[must_use]
    pub fn svg_path(&self) -> String {
        self.runs().fold(String::new(), |mut path, Run { x, y, width }| {
            // Writing to a String cannot fail.
            let _ = write!(path, "M{x} {y}h{width}v1h-{width}z");
            path
        })
    }

    /// All dark modules as runs, row by row.
    pub fn runs(&self) -> impl Iterator<Item = Run> {
        let side = self.framed_size();
        (0..side).flat_map(move |y| {
            let mut from = 0;
            std::iter::from_fn(move || {
                let x = (from..side).find(|x| self.framed(*x, y))?;
                let width = (x..side).take_while(|x| self.framed(*x, y)).count();
                from = x.saturating_add(width);
                Some(Run { x, y, width })
            })
        })
    }

    /// Lines of half blocks, two modules a character, for a terminal with this ground.
    #[must_use]
    pub fn terminal(&self, ground: Ground) -> String {
        let side = self.framed_size();
        // On a dark ground it is the light modules that are written.
        let written = |x, y| self.framed(x, y) == (ground == Ground::Light);
        let mut text = String::new();
        for y in (0..side).step_by(2) {
            for x in 0..side {
                text.push(match (written(x, y), written(x, y.saturating_add(1))) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            text.push('\n');
        }
        text
    }
}
