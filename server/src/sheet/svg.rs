//! A page as SVG, with its text as text in whatever Japanese typeface the machine has.

use std::fmt::Write as _;

use kinchaku_protocol::symbol::Symbol;
use tiny_skia::{Path, PathSegment, Point};

use super::layout::count;
use super::page::{Block, Colour, Ink, Mark, Page, Role};

/// Typefaces to try: ours first, then those that other systems bring along.
const FACES: &str = "'Noto Sans JP','Noto Sans CJK JP','BIZ UDGothic','Hiragino Sans','Yu Gothic',sans-serif";

/// Writes the page.
pub(super) fn write(page: &Page, symbol: &Symbol) -> String {
    let (width, height) = page.size;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" \
         viewBox=\"0 0 {width} {height}\" lang=\"ja\" font-family=\"{FACES}\" font-weight=\"700\">\n\
         <title>{}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n",
        escaped(&page.title)
    );
    for block in &page.blocks {
        // Writing to a String cannot fail.
        let _ = block_into(&mut svg, block, symbol);
    }
    svg.push_str("</svg>\n");
    svg
}

fn block_into(svg: &mut String, block: &Block, symbol: &Symbol) -> std::fmt::Result {
    match &block.role {
        Role::Decoration => svg.push_str("<g aria-hidden=\"true\">\n"),
        Role::Heading => svg.push_str("<g role=\"heading\" aria-level=\"1\">\n"),
        Role::Paragraph => svg.push_str("<g>\n"),
        Role::Figure(said) => writeln!(svg, "<g role=\"img\" aria-label=\"{}\">", escaped(said))?,
    }
    for mark in &block.marks {
        match mark {
            Mark::Shape(path, ink) => writeln!(svg, "<path d=\"{}\" {}/>", outline(path)?, ink_words(*ink))?,
            Mark::Line(line) => writeln!(
                svg,
                "<text x=\"{:.3}\" y=\"{:.3}\" font-size=\"{:.3}\" fill=\"{}\">{}</text>",
                line.at.0,
                line.at.1,
                line.size,
                hex(line.colour),
                escaped(&line.text)
            )?,
            Mark::Code((x, y), side) => writeln!(
                svg,
                "<path transform=\"translate({x:.3} {y:.3}) scale({:.6})\" d=\"{}\"/>",
                side / count(symbol.framed_size()),
                symbol.svg_path()
            )?,
        }
    }
    svg.push_str("</g>\n");
    Ok(())
}

fn outline(path: &Path) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    for segment in path.segments() {
        let (letter, points): (char, &[Point]) = match &segment {
            PathSegment::MoveTo(to) => ('M', &[*to]),
            PathSegment::LineTo(to) => ('L', &[*to]),
            PathSegment::QuadTo(by, to) => ('Q', &[*by, *to]),
            PathSegment::CubicTo(first, second, to) => ('C', &[*first, *second, *to]),
            PathSegment::Close => ('z', &[]),
        };
        out.push(letter);
        for (number, point) in points.iter().enumerate() {
            let space = if number == 0 { "" } else { " " };
            write!(out, "{space}{:.3} {:.3}", point.x, point.y)?;
        }
    }
    Ok(out)
}

fn ink_words(ink: Ink) -> String {
    match ink {
        Ink::Fill(colour) => format!("fill=\"{}\"", hex(colour)),
        Ink::Stroke(colour, width) => format!(
            "fill=\"none\" stroke=\"{}\" stroke-width=\"{width:.3}\" stroke-linecap=\"round\" stroke-linejoin=\"round\"",
            hex(colour)
        ),
    }
}

fn hex(colour: Colour) -> String {
    let [red, green, blue] = colour.rgb();
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML 1.0 has no other control characters.
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
