//! `card resume`: sends a proof that a lost network left behind. No card is needed for it.

use kinchaku_core::link;
use kinchaku_design::Key;
use serde_json::json;

use super::outcome;
use crate::host::Opened;
use crate::output::{Exit, Output, Problem};
use crate::words;

pub fn run(wallet: &Opened, out: &Output) -> Result<Exit, Problem> {
    match link::resume(&wallet.home).map_err(|error| words::link::problem(&error))? {
        Some(proven) => outcome::tell(&proven, Key::CardResumed, None, &wallet.home, out),
        None if out.json() => {
            out.object(&json!({ "schema": 1, "state": "nothing" }));
            Ok(Exit::Done)
        }
        None => {
            out.say(Key::CardNothingWaits, &[]);
            Ok(Exit::Done)
        }
    }
}
