//! A page before it is written in any format: blocks of shapes, lines of text and one code, in millimetres from the
//! upper left corner.

use tiny_skia::Path;

/// A page.
pub(super) struct Page {
    /// Width and height.
    pub(super) size: (f32, f32),
    /// What it is called where files have titles.
    pub(super) title: String,
    /// In the order in which it is drawn, which is the order in which it is read.
    pub(super) blocks: Vec<Block>,
}

/// What belongs together.
pub(super) struct Block {
    /// What it is for somebody who does not see it.
    pub(super) role: Role,
    /// What is drawn.
    pub(super) marks: Vec<Mark>,
}

/// What a block is.
pub(super) enum Role {
    /// Ornament.
    Decoration,
    /// The heading of the page.
    Heading,
    /// Words.
    Paragraph,
    /// A picture that says this.
    Figure(String),
}

/// What is drawn.
pub(super) enum Mark {
    /// A shape.
    Shape(Path, Ink),
    /// A line of text.
    Line(Line),
    /// The code with its quiet zone: its upper left corner and its side.
    Code((f32, f32), f32),
}

/// A line of text.
pub(super) struct Line {
    /// What it says.
    pub(super) text: String,
    /// The left end of its baseline.
    pub(super) at: (f32, f32),
    /// The side of a kanji.
    pub(super) size: f32,
    /// Its colour.
    pub(super) colour: Colour,
}

/// How a shape is drawn.
#[derive(Clone, Copy)]
pub(super) enum Ink {
    /// Filled.
    Fill(Colour),
    /// Drawn with a round pen this wide.
    Stroke(Colour, f32),
}

/// The colours of a sheet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    /// Letters, and the code's dark modules.
    Black,
    /// Paper.
    White,
    /// The token `primary`.
    Primary,
}

impl Colour {
    /// Red, green and blue.
    pub(super) const fn rgb(self) -> [u8; 3] {
        match self {
            Self::Black => [0x00; 3],
            Self::White => [0xff; 3],
            Self::Primary => [0x00, 0x42, 0x8c],
        }
    }
}
