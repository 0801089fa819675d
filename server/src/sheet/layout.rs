//! Where things stand on a sheet.
//!
//! Lengths are thought out for A5 in millimetres. A larger page takes the code at its own size and shares the rest of
//! its height among everything else.

use chrono::Datelike as _;
use kinchaku_protocol::time::Day;
use tiny_skia::{PathBuilder, Rect};

use super::lines::{Room, set};
use super::page::{Block, Colour, Ink, Line, Mark, Page, Role};
use super::pictograms::{Place, purse, round, step};
use super::{Paper, Sheet};

const STEPS: [&str; 3] = [
    "アプリでこのQRを読み取る",
    "金額を入れて、お店の人と確かめる",
    "支払いの画面をお店の人に見せる",
];

/// On A5: the upper edge of the code's quiet zone, and the code without it.
const HEAD: f32 = 54.0;
const CODE: f32 = 70.0;
const A5: (f32, f32) = (148.0, 210.0);

/// On A5: left and right of everything.
const MARGIN: f32 = 10.0;

/// The height of the coloured band on top, and of the line at the bottom.
const BAND: f32 = 23.0;
const FOOT: f32 = 4.0;

/// Composes the sheet for a page.
pub(super) fn compose(sheet: &Sheet<'_>, paper: Paper) -> Page {
    let modules = count(sheet.symbol.size());
    let zone = count(sheet.symbol.framed_size()) / modules;
    let (size, code) = match paper {
        Paper::A5 => (A5, CODE * zone),
        Paper::A4 => ((210.0, 297.0), 110.0 * zone),
    };
    let unit = (size.1 - code) / (A5.1 - CODE * zone);
    let mut composer = Composer {
        sheet,
        size,
        unit,
        blocks: Vec::new(),
    };
    composer.band();
    composer.name();
    composer.code(HEAD * unit, code);
    composer.steps(HEAD * unit + code);
    Page {
        size,
        title: sheet.mark.local_name.clone(),
        blocks: composer.blocks,
    }
}

struct Composer<'a> {
    sheet: &'a Sheet<'a>,
    size: (f32, f32),
    unit: f32,
    blocks: Vec<Block>,
}

impl Composer<'_> {
    fn band(&mut self) {
        let (width, height) = self.size;
        let band = |top, height| {
            let rectangle = Rect::from_xywh(0.0, top, width, height)?;
            Some(Mark::Shape(
                PathBuilder::from_rect(rectangle),
                Ink::Fill(Colour::Primary),
            ))
        };
        let foot = FOOT * self.unit;
        let mut marks: Vec<Mark> = [band(0.0, BAND * self.unit), band(height - foot, foot)]
            .into_iter()
            .flatten()
            .collect();
        marks.extend(purse(Place {
            at: (MARGIN * self.unit, 3.3 * self.unit),
            unit: self.unit,
        }));
        self.put(Role::Decoration, marks);

        let brand = self.line("巾着", (28.0, 15.6), 11.0, Colour::White);
        self.put(Role::Paragraph, vec![brand]);
        let said = "スマートフォンで支払えます";
        let room = self.width() - 55.0 - MARGIN;
        let town = self.sheet.words.town;
        if town.is_empty() {
            let said = self.line(said, (55.0, 14.6), 5.8, Colour::White);
            self.put(Role::Paragraph, vec![said]);
        } else {
            let size = self.fitting(town, room, 5.0);
            let town = self.line(town, (55.0, 9.9), size, Colour::White);
            let said = self.line(said, (55.0, 17.6), 5.8, Colour::White);
            self.put(Role::Paragraph, vec![town]);
            self.put(Role::Paragraph, vec![said]);
        }
    }

    fn name(&mut self) {
        let room = Room {
            width: self.width() - 2.0 * MARGIN,
            one: 14.0,
            two: 9.6,
        };
        let kana = self.sheet.words.kana;
        let size = self.fitting(kana, room.width, 4.6);
        let kana = self.middle(kana, 30.2, size);
        let name = set(&self.sheet.face, &self.sheet.mark.local_name, &room);
        let baselines = match name.lines.len() {
            // The middle of a kanji is 0.38 of its side above the baseline.
            1 => vec![42.6 + 0.38 * name.size],
            _ => vec![36.9 + 0.38 * name.size, 47.6 + 0.38 * name.size],
        };
        let lines = name.lines.iter().zip(baselines);
        let marks = lines.map(|(line, y)| self.middle(line, y, name.size)).collect();
        self.put(Role::Heading, marks);
        self.put(Role::Paragraph, vec![kana]);
    }

    /// The code from `top`, and under it which sheet this is.
    fn code(&mut self, top: f32, side: f32) {
        let left = (self.size.0 - side) / 2.0;
        let said = format!("{}の支払い用QRコード", self.sheet.mark.local_name);
        self.put(Role::Figure(said), vec![Mark::Code((left, top), side)]);
        let which = format!("{}　番号 {}", self.sheet.words.register, self.sheet.number());
        let which = which.trim_start().to_owned();
        let size = self.fitting(&which, self.width() - 2.0 * MARGIN, 4.6);
        let which = self.middle(&which, (top + side) / self.unit + 4.6, size);
        self.put(Role::Paragraph, vec![which]);
    }

    /// From `top` to the end of the page.
    fn steps(&mut self, top: f32) {
        let top = top / self.unit;
        let widest = STEPS
            .iter()
            .map(|words| self.sheet.face.width(words))
            .fold(1.0, f32::max);
        // Number, picture and words in the middle of the page.
        let left = (self.width() - 22.5 - 6.4 * widest) / 2.0;
        for ((number, words), row) in (1..).zip(STEPS).zip([7.6, 20.4, 33.2]) {
            let y = top + row;
            let mut marks = vec![self.line(&number.to_string(), (left, y + 8.6), 8.4, Colour::Primary)];
            marks.extend(step(
                number,
                Place {
                    at: ((left + 8.6) * self.unit, (y + 0.4) * self.unit),
                    unit: 0.93 * self.unit,
                },
            ));
            marks.push(self.line(words, (left + 22.5, y + 8.2), 6.4, Colour::Black));
            self.put(Role::Paragraph, marks);
        }
        let offline = self.sheet.offline_words();
        let width = self.sheet.face.width(offline) * 5.4 + 10.0;
        let place = Place {
            at: (0.0, 0.0),
            unit: self.unit,
        };
        let corner = ((self.width() - width) / 2.0, top + 47.4);
        let frame = round(place, corner, (width, 9.4), 2.0);
        let mut marks: Vec<Mark> = frame
            .map(|path| Mark::Shape(path, Ink::Stroke(Colour::Primary, 0.6 * self.unit)))
            .into_iter()
            .collect();
        marks.push(self.middle(offline, top + 54.1, 5.4));
        self.put(Role::Paragraph, marks);
        let warning = self.middle("画面の店名がこのお店か確かめてください", top + 63.6, 5.4);
        self.put(Role::Paragraph, vec![warning]);
        let issued = self.middle(&format!("{} 発行", date(self.sheet.words.issued)), top + 70.4, 3.6);
        self.put(Role::Paragraph, vec![issued]);
    }

    /// The page's width in lengths of A5.
    fn width(&self) -> f32 {
        self.size.0 / self.unit
    }

    /// The size at which a line keeps within `room`, at most `largest`.
    fn fitting(&self, text: &str, room: f32, largest: f32) -> f32 {
        (room / self.sheet.face.width(text).max(0.1)).min(largest)
    }

    fn line(&self, text: &str, (x, y): (f32, f32), size: f32, colour: Colour) -> Mark {
        Mark::Line(Line {
            text: text.to_owned(),
            at: (x * self.unit, y * self.unit),
            size: size * self.unit,
            colour,
        })
    }

    fn middle(&self, text: &str, y: f32, size: f32) -> Mark {
        let x = (self.width() - self.sheet.face.width(text) * size) / 2.0;
        self.line(text, (x, y), size, Colour::Black)
    }

    fn put(&mut self, role: Role, marks: Vec<Mark>) {
        self.blocks.push(Block { role, marks });
    }
}

/// `2026年3月31日`.
fn date(day: Day) -> String {
    day.date().map_or_else(String::new, |date| {
        format!("{}年{}月{}日", date.year(), date.month(), date.day())
    })
}

/// Modules of a symbol, at most 185.
pub(super) fn count(modules: usize) -> f32 {
    u16::try_from(modules).map_or(f32::from(u16::MAX), f32::from)
}
