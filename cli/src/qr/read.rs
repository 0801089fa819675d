//! `qr read`: a line for each picture.

use std::path::{Path, PathBuf};
use std::time::Instant;

use kinchaku_protocol::mpm::{Scanned, recognise};
use serde::Serialize;

use crate::output::{Exit, Mark, Output, Problem};
use crate::picture;

/// What was found in one picture.
#[derive(Debug, Serialize)]
struct Reading {
    file: String,
    ok: bool,
    texts: Vec<String>,
    decoder: Option<String>,
    ms: u64,
    /// The stable code, where nothing was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

/// Reads every picture.
pub fn run(images: &[PathBuf], out: &Output) -> Exit {
    let good = images.iter().filter(|image| one(image, out)).count();
    Exit::of_list(good, images.len())
}

fn one(image: &Path, out: &Output) -> bool {
    let started = Instant::now();
    let found = picture::read(image, makes_sense);
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let file = image.display().to_string();
    match found {
        Ok(scan) => {
            let reading = Reading {
                file,
                ok: true,
                texts: scan.texts,
                decoder: Some(scan.decoder),
                ms,
                error: None,
            };
            tell(&reading, out);
            true
        }
        Err(problem) => {
            let reading = Reading {
                file,
                ok: false,
                texts: Vec::new(),
                decoder: None,
                ms,
                error: Some(problem.code()),
            };
            if out.json() {
                tell(&reading, out);
            } else {
                unread(&reading.file, &problem, out);
            }
            false
        }
    }
}

/// Whether a text is one that somebody meant to write; of several readings of a code it is the right one.
fn makes_sense(text: &str) -> bool {
    match recognise(text) {
        Scanned::Emv(parsed) => parsed.is_valid(),
        Scanned::Unknown => false,
        Scanned::Receipt(_) | Scanned::Voucher(_) | Scanned::PayPay | Scanned::Web { .. } | Scanned::Consumer(_) => {
            true
        }
    }
}

fn tell(reading: &Reading, out: &Output) {
    if out.json() {
        out.line(&serde_json::to_string(reading).unwrap_or_default());
        return;
    }
    for text in &reading.texts {
        out.verdict(Mark::Ok, &format!("{}: {}", reading.file, harmless(text)));
    }
}

/// A stranger's text on a terminal: control characters could do there what they like.
fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

fn unread(file: &str, problem: &Problem, out: &Output) {
    out.aside(file);
    out.problem(problem);
}
