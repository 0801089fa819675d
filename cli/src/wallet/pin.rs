//! `wallet pin …`: how many tries are left, and another PIN.

use kinchaku_core::gate;
use kinchaku_design::Key;
use serde_json::json;

use crate::args::PinCommand;
use crate::ask::{self, Pins};
use crate::host::Opened;
use crate::output::{Exit, Output, Problem};
use crate::words;

pub fn run(opened: &Opened, command: PinCommand, out: &Output) -> Result<Exit, Problem> {
    let lock = gate::lock(&opened.home);
    let status = lock.status().map_err(words::gate::lock)?;
    let PinCommand::Change(secret) = command else {
        if out.json() {
            out.object(&json!({
                "schema": 1,
                "set": status.set,
                "tries_left": status.tries_left,
                "wait_seconds": status.wait_s,
                "locked": status.tries_left == 0,
            }));
            return Ok(Exit::Done);
        }
        ask::before(status, out)?;
        out.say(Key::PinTriesLeft, &[("left", &status.tries_left.to_string())]);
        return Ok(Exit::Done);
    };
    ask::before(status, out)?;
    let mut pins = Pins::from(secret.pin_fd)?;
    let present = pins.present(out)?;
    let new = pins.fresh(out)?;
    lock.change(&present, &new).map_err(words::gate::lock)?;
    if out.json() {
        out.object(&json!({ "schema": 1, "changed": true }));
    } else {
        out.say(Key::PinSet, &[]);
    }
    Ok(Exit::Done)
}
