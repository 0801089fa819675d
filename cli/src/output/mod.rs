//! What a command says. Standard output has data and nothing else; notes, questions and problems go to
//! standard error. With `--json` data are objects, and a problem is one, too, so that a script always
//! reads the same stream.

mod colour;
mod columns;
mod exit;
mod problem;

pub use colour::{ColourWish, Mark};
pub use columns::columns;
pub use exit::Exit;
pub use problem::{Filling, Problem};

use std::cell::Cell;
use std::io::{self, Write as _};

use kinchaku_design::{Key, Lang, say};
use serde_json::Value;

/// Where a command speaks.
pub struct Output {
    lang: Lang,
    json: bool,
    colour: ColourWish,
    /// Standard output did not take everything: a full disk, a closed pipe.
    cut_short: Cell<bool>,
}

impl Output {
    /// Speaks `lang`, or in objects.
    pub const fn new(lang: Lang, json: bool, colour: ColourWish) -> Self {
        Self {
            lang,
            json,
            colour,
            cut_short: Cell::new(false),
        }
    }

    /// The language of people's texts.
    pub const fn lang(&self) -> Lang {
        self.lang
    }

    /// Whether machines read it.
    pub const fn json(&self) -> bool {
        self.json
    }

    /// One line of data.
    pub fn line(&self, line: &str) {
        let mut out = io::stdout().lock();
        if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
            self.cut_short.set(true);
        }
    }

    /// A text as a line of data.
    pub fn say(&self, key: Key, values: &[(&str, &str)]) {
        self.line(&say(self.lang, key, values));
    }

    /// A text after a verdict's sign.
    pub fn verdict(&self, mark: Mark, line: &str) {
        let sign = mark.sign(self.lang, self.colour.on(&io::stdout()));
        self.line(&format!("{sign} {line}"));
    }

    /// One object of data for machines, on a line of its own.
    pub fn object(&self, object: &Value) {
        self.line(&object.to_string());
    }

    /// A text beside the data.
    pub fn note(&self, key: Key, values: &[(&str, &str)]) {
        self.aside(&say(self.lang, key, values));
    }

    /// A line beside the data.
    pub fn aside(&self, line: &str) {
        // Whoever closed standard error does not want to know.
        let _ = writeln!(io::stderr(), "{line}");
    }

    /// A step that was done, beside the data.
    pub fn step(&self, line: &str) {
        let sign = Mark::Ok.sign(self.lang, self.colour.on(&io::stderr()));
        self.aside(&format!("{sign} {line}"));
    }

    /// A problem that stops nothing, said beside the data.
    pub fn warn(&self, problem: &Problem) {
        self.aside(&self.sentence(Mark::Note, problem));
    }

    /// The problem that ends a command.
    pub fn problem(&self, problem: &Problem) {
        if self.json {
            self.object(&problem.json(self.lang));
        } else {
            self.aside(&self.sentence(Mark::No, problem));
        }
    }

    fn sentence(&self, mark: Mark, problem: &Problem) -> String {
        let sign = mark.sign(self.lang, self.colour.on(&io::stderr()));
        format!("{sign} {} ({})", problem.text(self.lang), problem.code())
    }

    /// How to end after everything was said: not well, if it could not be written.
    pub fn end(&self, exit: Exit) -> Exit {
        if self.cut_short.get() && exit == Exit::Done {
            Exit::Other
        } else {
            exit
        }
    }
}
