//! The sheet as SVG: vector, with text in whatever Japanese font the printing machine has.

use std::fmt::Write as _;

use chrono::Datelike as _;
use kinchaku_protocol::time::Day;

use super::Sheet;
use super::layout::{BAND, CODE_SIDE, CODE_TOP, FOOT, PAGE, PRIMARY, PURSE, code_left};

/// Fonts to try; all have the characters of shop names.
const FONTS: &str = "'BIZ UDPGothic','Noto Sans JP','Noto Sans CJK JP','Hiragino Sans','Yu Gothic',sans-serif";

const STEPS: [&str; 3] = [
    "アプリでこのQRを読み取る",
    "金額を入れて、お店の人と確かめる",
    "支払いの画面をお店の人に見せる",
];

impl Sheet<'_> {
    /// The sheet as a page of A5.
    #[must_use]
    pub fn svg(&self) -> String {
        let mut svg = Svg::page(&self.mark.local_name);
        svg.purse();
        svg.text((28.0, 15.5), (9.0, true), "#fff", "巾着");
        svg.text((52.0, 15.2), (5.0, false), "#fff", "スマートフォンでお支払い");

        let name = &self.mark.local_name;
        svg.text((10.0, 42.0), (fit(name, 12.0), true), "#1a1a1a", name);
        svg.text((10.0, 50.0), (fit(self.kana, 4.2), false), "#4d4d4d", self.kana);
        svg.text((10.0, 59.5), (6.0, true), "#1a1a1a", self.register);

        let scale = CODE_SIDE / to_f64(self.symbol.framed_size());
        svg.put(&format!(
            "<g transform=\"translate({:.3} {CODE_TOP}) scale({scale:.6})\" shape-rendering=\"crispEdges\"><path d=\"{}\"/></g>",
            code_left(),
            self.symbol.svg_path()
        ));
        svg.middle(147.5, 4.0, &self.number());

        for (line, (number, step)) in [156.5, 165.5, 174.5].into_iter().zip((1..).zip(STEPS)) {
            svg.text((14.0, line), (6.0, true), "#00428c", &number.to_string());
            svg.text((22.0, line), (5.6, false), "#1a1a1a", step);
        }
        svg.text((14.0, 186.0), (5.0, true), "#1a1a1a", self.offline_words());
        svg.text(
            (14.0, 194.5),
            (4.4, false),
            "#1a1a1a",
            "画面の店名がこのお店か確かめてください",
        );
        let issued = format!("{}発行", date(self.issued));
        svg.text((14.0, 202.0), (3.6, false), "#4d4d4d", &issued);
        svg.finish()
    }
}

struct Svg(String);

impl Svg {
    fn page(title: &str) -> Self {
        let (width, height) = PAGE;
        let mut svg = Self(String::new());
        svg.put(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" \
             viewBox=\"0 0 {width} {height}\" lang=\"ja\" font-family=\"{FONTS}\">"
        ));
        svg.put(&format!("<title>{}</title>", escaped(title)));
        svg.rectangle(0.0, height, "#fff");
        svg.rectangle(0.0, BAND, &primary());
        svg.rectangle(height - FOOT, FOOT, &primary());
        svg
    }

    fn put(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn rectangle(&mut self, top: f64, height: f64, fill: &str) {
        let width = PAGE.0;
        self.put(&format!(
            "<rect x=\"0\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"/>"
        ));
    }

    fn purse(&mut self) {
        for ellipse in PURSE {
            let fill = if ellipse.white { "#fff".to_owned() } else { primary() };
            self.put(&format!(
                "<ellipse cx=\"{}\" cy=\"{}\" rx=\"{}\" ry=\"{}\" fill=\"{fill}\"/>",
                ellipse.centre.0, ellipse.centre.1, ellipse.radii.0, ellipse.radii.1
            ));
        }
    }

    fn text(&mut self, at: (f64, f64), font: (f64, bool), fill: &str, text: &str) {
        let weight = if font.1 { "700" } else { "400" };
        self.put(&format!(
            "<text x=\"{}\" y=\"{}\" font-size=\"{:.2}\" font-weight=\"{weight}\" fill=\"{fill}\">{}</text>",
            at.0,
            at.1,
            font.0,
            escaped(text)
        ));
    }

    fn middle(&mut self, y: f64, size: f64, text: &str) {
        let x = PAGE.0 / 2.0;
        self.put(&format!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" text-anchor=\"middle\" fill=\"#1a1a1a\">{}</text>",
            escaped(text)
        ));
    }

    fn finish(mut self) -> String {
        self.put("</svg>");
        self.0
    }
}

/// `2026年3月31日`.
fn date(day: Day) -> String {
    day.date().map_or_else(String::new, |date| {
        format!("{}年{}月{}日", date.year(), date.month(), date.day())
    })
}

fn primary() -> String {
    PRIMARY.iter().fold("#".to_owned(), |mut text, part| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{part:02x}");
        text
    })
}

/// The size at which a line keeps within the page, at most `largest`; a kanji is as wide as its size.
fn fit(text: &str, largest: f64) -> f64 {
    let characters = to_f64(text.chars().count().max(1));
    largest.min((PAGE.0 - 20.0) / characters)
}

fn to_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
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
