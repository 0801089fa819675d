//! `qr parse`: a line for each payload.

use std::io::{self, BufRead as _, Read as _};

use kinchaku_protocol::mpm::{Scanned, parse, recognise};

use super::{form, words};
use crate::output::{Exit, Output};

/// The longest line read from standard input; no QR code holds as much.
const MAX_LINE: u64 = 64 * 1024;

/// Parses one payload, or with `-` every line of standard input.
pub fn run(payload: &str, out: &Output) -> Exit {
    if payload != "-" {
        return Exit::of_list(usize::from(one(payload, out)), 1);
    }
    let mut input = io::stdin().lock();
    let (mut all, mut good) = (0_usize, 0_usize);
    while let Some(line) = next_line(&mut input) {
        all = all.saturating_add(1);
        good = good.saturating_add(usize::from(one(&line, out)));
    }
    Exit::of_list(good, all)
}

/// A line, whatever bytes it has; what is beyond [`MAX_LINE`] is passed over.
fn next_line(input: &mut impl io::BufRead) -> Option<String> {
    let mut line = Vec::new();
    let read = input.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).ok()?;
    if read == 0 {
        return None;
    }
    if !line.ends_with(b"\n") {
        input.skip_until(b'\n').ok()?;
    }
    Some(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned())
}

fn one(payload: &str, out: &Output) -> bool {
    let parsed = parse(payload);
    let scanned = recognise(payload);
    if out.json() {
        out.line(&form::answer(&parsed, &scanned));
    } else {
        words::tell(&parsed, &scanned, out);
    }
    parsed.is_valid()
}

/// What a text is that is no EMV payload, in a word; `None` where it is one or nothing is known.
pub fn other_kind(scanned: &Scanned) -> Option<&'static str> {
    match scanned {
        Scanned::Emv(_) | Scanned::Text(_) | Scanned::Empty => None,
        other => Some(other.kind()),
    }
}
