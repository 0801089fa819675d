//! CSV as RFC 4180 has it, that a spreadsheet cannot be made to run: text that would be read as a formula
//! gets an apostrophe before it.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::marker::PhantomData;

use super::charset::Charset;
use super::table::{Cell, Flavour, Row};

/// What came into a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows below the header.
    pub rows: u64,
    /// Characters the character set does not have, written as 〓.
    pub replaced: u64,
}

/// Writes rows of one kind.
pub struct CsvWriter<W, R> {
    out: W,
    flavour: Flavour,
    charset: Charset,
    written: Written,
    line: String,
    bytes: Vec<u8>,
    rows: PhantomData<fn(&R)>,
}

impl<W: Write, R: Row> CsvWriter<W, R> {
    /// Begins a file with its header. Hand in a buffered writer: each row is one write.
    ///
    /// # Errors
    /// Of the writer.
    pub fn new(out: W, flavour: Flavour, charset: Charset) -> io::Result<Self> {
        let mut writer = Self {
            out,
            flavour,
            charset,
            written: Written::default(),
            line: String::new(),
            bytes: charset.mark().to_vec(),
            rows: PhantomData,
        };
        let header: Vec<Cell<'_>> = R::columns(flavour)
            .iter()
            .map(|column| Cell::text(column.field))
            .collect();
        writer.put(&header)?;
        Ok(writer)
    }

    /// Writes one row.
    ///
    /// # Errors
    /// Of the writer.
    pub fn push(&mut self, row: &R) -> io::Result<()> {
        let mut cells = Vec::with_capacity(R::columns(self.flavour).len());
        row.cells(self.flavour, &mut cells);
        self.put(&cells)?;
        self.written.rows += 1;
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// Of the writer.
    pub fn finish(mut self) -> io::Result<Written> {
        self.out.flush()?;
        Ok(self.written)
    }

    fn put(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        self.line.clear();
        for (place, cell) in cells.iter().enumerate() {
            if place > 0 {
                self.line.push(',');
            }
            match cell {
                Cell::Empty => (),
                Cell::Number(number) => write!(self.line, "{number}").map_err(io::Error::other)?,
                Cell::Text(text) => quoted(text, &mut self.line),
            }
        }
        self.line.push_str("\r\n");
        self.written.replaced += self.charset.encode(&self.line, &mut self.bytes);
        self.out.write_all(&self.bytes)?;
        self.bytes.clear();
        Ok(())
    }
}

/// A text cell, defused and quoted where it has to be.
fn quoted(text: &str, into: &mut String) {
    // All of them are one byte, which is no part of another character.
    let quote = text.bytes().any(|byte| matches!(byte, b'"' | b',' | b'\r' | b'\n'));
    if quote {
        into.push('"');
    }
    if is_formula(text) {
        into.push('\'');
    }
    if quote {
        into.push_str(&text.replace('"', "\"\""));
        into.push('"');
    } else {
        into.push_str(text);
    }
}

/// What a spreadsheet would calculate (OWASP, CSV Injection), also in the full width of a Japanese keyboard.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}
