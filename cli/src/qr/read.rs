//! `qr read`: a line for each code in each picture, ours first, or a line saying why there is none.

use std::path::{Path, PathBuf};
use std::time::Instant;

use kinchaku_core::scan::Wanted;
use kinchaku_protocol::mpm::{Scanned, recognise};
use serde::Serialize;

use super::code::{Code, tell};
use crate::output::{Exit, Output};
use crate::picture;

/// What was found in one picture.
#[derive(Debug, Serialize)]
struct Reading {
    file: String,
    ok: bool,
    /// What stands in the codes, ours first.
    texts: Vec<String>,
    /// What each of them is.
    codes: Vec<Code>,
    decoder: Option<String>,
    ms: u64,
    /// The stable code and the sentence, where nothing was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// Reads every picture.
pub fn run(images: &[PathBuf], out: &Output) -> Exit {
    let good = images.iter().filter(|image| one(image, out)).count();
    Exit::of_list(good, images.len())
}

fn one(image: &Path, out: &Output) -> bool {
    let started = Instant::now();
    let found = picture::read(image, |text| Wanted::Code.fit(text));
    let mut reading = Reading {
        file: image.display().to_string(),
        ok: found.is_ok(),
        texts: Vec::new(),
        codes: Vec::new(),
        decoder: None,
        ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        error: None,
        message: None,
    };
    let mut codes = Vec::new();
    match found {
        Ok(scan) => {
            codes = named(scan.texts);
            reading.decoder = Some(scan.decoder);
        }
        Err(problem) if out.json() => {
            reading.error = Some(problem.code());
            reading.message = Some(problem.text(out.lang()));
        }
        Err(problem) => {
            out.aside(&reading.file);
            out.problem(&problem);
        }
    }
    if out.json() {
        reading.codes = codes.iter().map(|(scanned, _)| Code::of(scanned, out.lang())).collect();
        reading.texts = codes.into_iter().map(|(_, text)| text).collect();
        out.line(&serde_json::to_string(&reading).unwrap_or_default());
    } else {
        for (scanned, text) in &codes {
            tell(&reading.file, scanned, text, out);
        }
    }
    reading.ok
}

/// Every text once with what it is, ours first, otherwise in the order they were found.
fn named(texts: Vec<String>) -> Vec<(Scanned, String)> {
    let mut codes: Vec<(Scanned, String)> = Vec::new();
    for text in texts {
        if !codes.iter().any(|(_, known)| *known == text) {
            codes.push((recognise(&text), text));
        }
    }
    codes.sort_by_key(|(scanned, _)| !scanned.is_ours());
    codes
}
