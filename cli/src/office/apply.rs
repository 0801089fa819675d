//! An application on paper (F149). What it says of a person comes from standard input, a line each, and is neither
//! a word of the command line nor kept here.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use data_encoding::HEXLOWER;
use kinchaku_design::{Key, say, text};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::args::PaperArgs;
use crate::console::client::Client;
use crate::console::refusal::Failed;
use crate::console::shown::{typed_day, versioned};
use crate::output::{Exit, Mark, Output, Problem};

/// The lines of an application, in their order.
const FIELDS: [(&str, Key); 5] = [
    ("name", Key::ConsoleFieldName),
    ("birth", Key::ConsoleFieldBirth),
    ("address", Key::ConsoleFieldAddress),
    ("phone", Key::ConsoleFieldPhone),
    ("units", Key::ConsoleFieldUnits),
];

/// `sale apply`.
pub fn run(client: &Client, asked: &PaperArgs, out: &Output) -> Result<Exit, Problem> {
    let mut body = json!({});
    let missing = || Problem::new(Key::ErrorApplyFields, Exit::Usage);
    for (name, prompt) in FIELDS {
        let line = line(text(out.lang(), prompt)).ok_or_else(missing)?;
        let value: Value = match name {
            "units" => line.parse::<u32>().map_err(|_| missing())?.into(),
            "birth" => typed_day(&line)?.into(),
            _ => line.as_str().into(),
        };
        if let Some(members) = body.as_object_mut() {
            members.insert(name.to_owned(), value);
        }
    }
    // Decides the place in the draw, so it is drawn; given only where an answer was lost, so that the same form is not
    // another application.
    let nonce = match &asked.nonce {
        Some(nonce) => nonce.trim().to_ascii_lowercase(),
        None => {
            let mut nonce = [0; 16];
            getrandom::fill(&mut nonce).map_err(|_| Problem::new(Key::ErrorInternal, Exit::Other))?;
            HEXLOWER.encode(&nonce)
        }
    };
    if let Some(members) = body.as_object_mut() {
        members.insert("nonce".to_owned(), nonce.as_str().into());
    }
    let route = format!("/office/sales/{}/applications", asked.programme);
    let answer = client.post(&route, &body).map_err(|failed| match failed {
        Failed::Unanswered(_) => lost(&nonce),
        // It may have been taken all the same.
        Failed::Refused(refusal) if refusal.status >= 500 => lost(&nonce),
        refused @ Failed::Refused(_) => refused.into(),
    })?;
    if out.json() {
        out.object(&versioned(answer));
        return Ok(Exit::Done);
    }
    let id = answer.get("id").and_then(Value::as_str).unwrap_or("");
    out.verdict(Mark::Ok, &say(out.lang(), Key::ConsoleApplyDone, &[("id", id)]));
    Ok(Exit::Done)
}

/// Nobody knows whether it was taken.
fn lost(nonce: &str) -> Problem {
    Problem::new(Key::ErrorApplyLost, Exit::NeedsNetwork).named("nonce", nonce.to_owned())
}

/// A line; somebody at a terminal is asked for it.
fn line(prompt: &str) -> Option<Zeroizing<String>> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        let mut stderr = io::stderr();
        write!(stderr, "{prompt} ").and_then(|()| stderr.flush()).ok()?;
    }
    let mut line = Zeroizing::new(String::new());
    stdin.lock().read_line(&mut line).ok()?;
    let line = Zeroizing::new(line.trim().to_owned());
    (!line.is_empty()).then_some(line)
}
