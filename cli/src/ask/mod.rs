//! Asking the person: a question with two answers, PINs and passwords without echo, and the person who stops.

mod card;
mod interrupt;
mod pin;
mod silent;

#[cfg(feature = "pcsc")]
pub use interrupt::card_in_use;
pub use interrupt::{CardInUse, signing, watch};
pub use pin::{Pins, before};

use std::io::{self, BufRead as _, Write as _};

use kinchaku_design::{Key, say};

use crate::output::{Exit, Output, Problem};

/// Words that mean yes.
const YES: [&str; 3] = ["y", "yes", "支払う"];

/// Asks on standard error and reads a line of standard input. No answer is an answer: no.
pub fn agreed(key: Key, values: &[(&str, &str)], out: &Output) -> Result<bool, Problem> {
    let question = say(out.lang(), key, values);
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{question} ").and_then(|()| stderr.flush());
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(0) | Err(_) => Err(Problem::new(Key::ErrorRefusedWithoutQuestion, Exit::Other)),
        Ok(_) => Ok(YES.contains(&line.trim().to_lowercase().as_str())),
    }
}

/// As [`agreed`], about a card: no answer took nothing from anybody.
pub fn agreed_about_card(key: Key, values: &[(&str, &str)], out: &Output) -> Result<bool, Problem> {
    agreed(key, values, out).map_err(|_| Problem::new(Key::ErrorCardNoAnswer, Exit::Other))
}
