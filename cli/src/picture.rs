//! Pictures in and out: a photograph becomes the text of the code in it, a code becomes a PNG.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use kinchaku_core::draw::receipt_png;
use kinchaku_core::scan::{Fit, MAX_FILE_BYTES, PICTURE_DEADLINE, Scan, ScanError, decode};
use kinchaku_design::Key;
use kinchaku_protocol::mpm::recognise;
use kinchaku_protocol::symbol::Symbol;

use crate::args::Seen;
use crate::output::{Exit, Problem};
use crate::words;

/// Pixels for each module of a receipt: sharp on a screen and on paper.
const SCALE: usize = 8;

/// Reads the codes in a picture file.
pub fn read<F: Into<Fit>>(path: &Path, fit: impl Fn(&str) -> F) -> Result<Scan, Problem> {
    let bytes = bytes(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Problem::new(Key::ErrorFileMissing, Exit::Other),
        _ => Problem::new(Key::ErrorNotAPicture, Exit::Other),
    })?;
    decode(&bytes, PICTURE_DEADLINE, fit).map_err(|error: ScanError| words::scan::scan(error))
}

/// A file as far as anybody reads it: one byte more than a picture may have says that it is too large.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let most = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let file = fs::File::open(path)?;
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The one text that was scanned. Two that could both be meant are not guessed between.
pub fn text<F: Into<Fit>>(seen: &Seen, fit: impl Fn(&str) -> F) -> Result<String, Problem> {
    if let Some(text) = &seen.text {
        return Ok(text.trim().to_owned());
    }
    let path = seen
        .image
        .as_deref()
        .ok_or(Problem::new(Key::ErrorUsage, Exit::Usage))?;
    let scan = read(path, fit)?;
    // One code can be found twice in a picture.
    let distinct: BTreeSet<&String> = scan.texts.iter().take(scan.accepted).collect();
    if distinct.len() > 1 {
        let count = u64::try_from(distinct.len()).unwrap_or(u64::MAX);
        return Err(Problem::new(Key::ErrorSeveralQr, Exit::Other).count("count", count));
    }
    // Where nothing is what was hoped for, a code of ours says most about what to do.
    let ours_first = |text: &String| !recognise(text).is_ours();
    let hoped = scan.accepted > 0;
    scan.texts
        .into_iter()
        .min_by_key(|text| !hoped && ours_first(text))
        .ok_or(Problem::new(Key::ErrorNoQr, Exit::Other))
}

/// Writes a code as a PNG. What it shows is stored: it can be drawn again.
pub fn write(symbol: &Symbol, path: &Path) -> Result<(), Problem> {
    let written = receipt_png(symbol, SCALE)
        .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
        .and_then(|png| fs::write(path, png));
    written
        .map_err(|_| Problem::new(Key::ErrorPictureNotWritten, Exit::Partly).named("path", path.display().to_string()))
}
