//! `wallet orders`: what this device applied for, ordered and received, newest first; for machines one object a line.

use kinchaku_core::acquire::{Entry, Outcome, list};
use kinchaku_core::book::acquisitions::Kind;
use kinchaku_design::format::{Unit, moment, money};
use kinchaku_design::{Key, text};
use kinchaku_protocol::ids::ClassId;
use serde_json::{Value, json};

use super::{acquire as asked, offers, shown};
use crate::host::Opened;
use crate::output::{Exit, Output, Problem, columns};
use crate::words::{self, acquire, state::Classes};

pub fn run(opened: &Opened, out: &Output) -> Result<Exit, Problem> {
    let home = &opened.home;
    if opened.online {
        // Without an answer what is known is shown as it is.
        if let Err(error) = kinchaku_core::acquire::resume(home) {
            out.warn(&words::sync::problem(&error));
        }
    }
    let entries = list(home).map_err(|error| words::store::store(&error))?;
    let classes = shown::classes(home)?;
    if out.json() {
        for entry in &entries {
            out.object(&machine(entry, &classes));
        }
        return Ok(Exit::Done);
    }
    if entries.is_empty() {
        out.note(Key::AcquireEmpty, &[]);
    }
    let now = home.now().map_err(|error| words::store::store(&error))?.time;
    let lang = out.lang();
    let rows: Vec<Vec<String>> = entries
        .iter()
        .map(|entry| {
            let amount = match (entry.wanted.kind, &entry.outcome) {
                (_, Outcome::Ordered(order)) => money(lang, Unit::Yen, order.price.units()),
                (_, Outcome::Received(received)) => classes.amount(lang, received.class, received.amount),
                (_, Outcome::Exchanged(done)) => classes.amount(lang, done.class, done.amount),
                (Kind::Order, _) if entry.wanted.programme.is_none() => money(lang, Unit::Yen, entry.wanted.units),
                _ => entry.wanted.units.to_string(),
            };
            vec![
                moment(lang, entry.asked_at.0, now.0),
                text(lang, acquire::kind(&entry.wanted).1).to_owned(),
                of(entry, &classes),
                amount,
                text(lang, acquire::outcome(&entry.outcome).1).to_owned(),
            ]
        })
        .collect();
    for line in columns(&rows, &[3]) {
        out.line(&line);
    }
    Ok(Exit::Done)
}

/// Of what: the class where it is known, else the programme's number.
fn of(entry: &Entry, classes: &Classes) -> String {
    let class: Option<ClassId> = match &entry.outcome {
        Outcome::Ordered(order) => Some(order.class),
        Outcome::Received(received) => Some(received.class),
        Outcome::Exchanged(done) => Some(done.class),
        Outcome::Asked | Outcome::Applied(_) | Outcome::Refused(_) => entry.wanted.class,
    };
    match (class, entry.wanted.programme) {
        (Some(class), _) => classes.name(class),
        (None, Some(programme)) => programme.to_string(),
        (None, None) => String::new(),
    }
}

fn machine(entry: &Entry, classes: &Classes) -> Value {
    let wanted = &entry.wanted;
    let mut object = match &entry.outcome {
        Outcome::Ordered(order) => asked::machine(order, classes),
        Outcome::Received(received) => classes.part(received.class, received.amount),
        Outcome::Exchanged(done) => asked::exchanged(done, classes),
        Outcome::Applied(id) => json!({ "application": id.to_string() }),
        Outcome::Refused(why) => json!({ "refused": why.as_ref().map(offers::refused) }),
        Outcome::Asked => json!({}),
    };
    if let Some(members) = object.as_object_mut() {
        members.insert("schema".to_owned(), 1.into());
        members.insert("kind".to_owned(), acquire::kind(wanted).0.into());
        members.insert("state".to_owned(), acquire::outcome(&entry.outcome).0.into());
        members.insert("programme".to_owned(), json!(wanted.programme));
        members.insert("wanted".to_owned(), wanted.units.into());
        members.insert("asked_at".to_owned(), entry.asked_at.to_string().into());
    }
    object
}
