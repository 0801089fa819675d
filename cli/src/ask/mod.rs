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

use kinchaku_design::{Key, say, text};

use crate::output::{Exit, Output, Problem};

/// Words that mean yes.
const YES: [&str; 3] = ["y", "yes", "支払う"];

/// Asks on standard error and reads a line of standard input. No answer is an answer: no.
pub fn agreed(key: Key, values: &[(&str, &str)], out: &Output) -> Result<bool, Problem> {
    match answer(key, values, out) {
        None => Err(Problem::new(Key::ErrorRefusedWithoutQuestion, Exit::Other)),
        Some(line) => Ok(YES.contains(&line.as_str())),
    }
}

/// Asks whether something is done that cannot be undone: yes is said with the word for it, or with y.
pub fn confirmed(key: Key, values: &[(&str, &str)], word: Key, out: &Output) -> Result<bool, Problem> {
    let Some(line) = answer(key, values, out) else {
        return Err(Problem::new(Key::ErrorConsoleNoAnswer, Exit::Other));
    };
    Ok(line == text(out.lang(), word) || matches!(line.as_str(), "y" | "yes"))
}

fn answer(key: Key, values: &[(&str, &str)], out: &Output) -> Option<String> {
    let question = say(out.lang(), key, values);
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{question} ").and_then(|()| stderr.flush());
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(line.trim().to_lowercase()),
    }
}

/// As [`agreed`], about a card: no answer took nothing from anybody.
pub fn agreed_about_card(key: Key, values: &[(&str, &str)], out: &Output) -> Result<bool, Problem> {
    agreed(key, values, out).map_err(|_| Problem::new(Key::ErrorCardNoAnswer, Exit::Other))
}
