//! An application on paper (F149). What it says of a person comes from standard input, a line each, and is neither
//! a word of the command line nor kept here.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use data_encoding::HEXLOWER;
use kinchaku_design::{Key, say, text};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::args::ProgrammeNamed;
use crate::console::client::Client;
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
pub fn run(client: &Client, named: ProgrammeNamed, out: &Output) -> Result<Exit, Problem> {
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
    // Decides the place in the draw, so nobody may choose it.
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(|_| Problem::new(Key::ErrorInternal, Exit::Other))?;
    if let Some(members) = body.as_object_mut() {
        members.insert("nonce".to_owned(), HEXLOWER.encode(&nonce).into());
    }
    let route = format!("/office/sales/{}/applications", named.programme);
    let answer = client.post(&route, &body)?;
    if out.json() {
        out.object(&versioned(answer));
        return Ok(Exit::Done);
    }
    let id = answer.get("id").and_then(Value::as_str).unwrap_or("");
    out.verdict(Mark::Ok, &say(out.lang(), Key::ConsoleApplyDone, &[("id", id)]));
    Ok(Exit::Done)
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
