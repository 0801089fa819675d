//! `wallet unlock`: the office's one-time code opens a locked PIN again, online.

use kinchaku_core::gate::recover;
use kinchaku_core::lock::Brake;
use kinchaku_design::Key;
use serde_json::json;

use crate::args::Unlock;
use crate::ask::Pins;
use crate::host::Opened;
use crate::output::{Exit, Output, Problem};
use crate::words;

pub fn run(opened: &Opened, args: &Unlock, out: &Output) -> Result<Exit, Problem> {
    if !opened.online {
        return Err(Problem::new(Key::ErrorOffline, Exit::NeedsNetwork));
    }
    let pin = Pins::from(args.secret.pin_fd)?.fresh(out)?;
    recover(&opened.home, &args.code, &pin, Brake::calibrate()).map_err(|error| words::gate::recover(&error))?;
    if out.json() {
        out.object(&json!({ "schema": 1, "unlocked": true }));
    } else {
        out.say(Key::PinUnlocked, &[]);
        out.say(Key::PinSet, &[]);
    }
    Ok(Exit::Done)
}
