//! What became of a card's proof, in words.

use kinchaku_core::home::Home;
use kinchaku_core::link::Proven;
use kinchaku_core::sync::sync;
use kinchaku_design::Key;
use kinchaku_design::format::moment;
use kinchaku_protocol::jpki::attributes::BasicFour;
use kinchaku_protocol::time::Time;
use serde_json::{Value, json};

use super::four;
use crate::output::{Exit, Output, Problem};
use crate::words;

/// Tells what the server made of a proof, `done` where it agreed. `four` goes to machines alone: people saw it.
pub fn tell(proven: &Proven, done: Key, four: Option<&BasicFour>, home: &Home, out: &Output) -> Result<Exit, Problem> {
    if out.json() {
        out.object(&object(proven, four));
    }
    match proven {
        Proven::Done(_) => {
            if !out.json() {
                out.say(done, &[]);
            }
            Ok(Exit::Done)
        }
        Proven::AtCounter => {
            if !out.json() {
                out.say(Key::CardAtCounter, &[]);
            }
            Ok(Exit::Partly)
        }
        Proven::Waiting { until } => {
            waits(*until, home, out)?;
            Ok(Exit::NeedsNetwork)
        }
    }
}

/// The proof is kept: why it was not decided, until when it is of use, and how it is sent.
fn waits(until: Time, home: &Home, out: &Output) -> Result<(), Problem> {
    let now = home.now().map_err(|error| words::store::store(&error))?.time;
    // A town that answers everything else cannot ask about certificates at the moment.
    let key = if sync(home, false).is_ok() {
        Key::CardWaitsChecks
    } else {
        Key::CardWaitsNetwork
    };
    out.note(key, &[("time", &moment(out.lang(), until.0, now.0))]);
    out.note(Key::CardWaitsHow, &[]);
    Ok(())
}

fn object(proven: &Proven, four: Option<&BasicFour>) -> Value {
    let mut object = match proven {
        Proven::Done(standing) => json!({
            "schema": 1,
            "state": "done",
            "level": standing.level,
            "linked_at": standing.linked_at.map(|time| time.to_string()),
            "key_id": standing.key_id,
        }),
        Proven::AtCounter => json!({ "schema": 1, "state": "at_counter" }),
        Proven::Waiting { until } => json!({ "schema": 1, "state": "waiting", "until": until.to_string() }),
    };
    if let (Some(four), Value::Object(members)) = (four, &mut object) {
        members.insert("attributes".to_owned(), four::object(four));
    }
    object
}
