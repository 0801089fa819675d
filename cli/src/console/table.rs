//! Tables and lists of facts, lined up by the width of their characters.

use kinchaku_design::{Key, text};
use unicode_width::UnicodeWidthStr as _;

use crate::output::{Output, columns};

/// A table with a head.
pub struct Table {
    rows: Vec<Vec<String>>,
    right: Vec<usize>,
}

impl Table {
    /// With these columns; those of amounts (`right`) stand on the right.
    pub fn new(out: &Output, heads: &[Key], right: &[usize]) -> Self {
        let head = heads.iter().map(|key| text(out.lang(), *key).to_owned()).collect();
        Self {
            rows: vec![head],
            right: right.to_vec(),
        }
    }

    /// One more row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Whether there is only the head.
    pub const fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    /// Writes it.
    pub fn print(&self, out: &Output) {
        for line in columns(&self.rows, &self.right) {
            out.line(&line);
        }
    }
}

/// Facts, one a line: what it is, and the fact.
pub fn facts(out: &Output, rows: &[(Key, String)]) {
    lines(out, rows).iter().for_each(|line| out.line(line));
}

/// As [`facts`], beside the data: what a question is about.
pub fn facts_aside(out: &Output, rows: &[(Key, String)]) {
    lines(out, rows).iter().for_each(|line| out.aside(line));
}

fn lines(out: &Output, rows: &[(Key, String)]) -> Vec<String> {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .filter(|(_, fact)| fact.width() > 0)
        .map(|(key, fact)| vec![text(out.lang(), *key).to_owned(), fact.clone()])
        .collect();
    columns(&rows, &[])
}
