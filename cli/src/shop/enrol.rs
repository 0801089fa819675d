//! `shop enrol`: an invitation becomes a shop's device.

use kinchaku_core::enrol::{Enrolment, enrol};
use kinchaku_core::sync::sync;
use kinchaku_design::Key;
use serde_json::json;

use crate::args::{Device, ShopEnrol};
use crate::host::Machine;
use crate::output::{Exit, Output, Problem};
use crate::wallet::address;
use crate::words;

pub fn run(device: &Device, args: &ShopEnrol, machine: &Machine, out: &Output) -> Result<Exit, Problem> {
    let home = machine.found(device, &args.town)?;
    let enrolled =
        enrol(&home, &address(&args.town), &Enrolment::Shop).map_err(|error| words::enrol::problem(&error))?;
    // Enrolled, whatever comes next: the first sync can be done again.
    let synced = sync(&home, true).map_err(|error| words::sync::problem(&error));
    let name = super::status::name(&home)?;
    if out.json() {
        out.object(&json!({
            "schema": 1,
            "role": "shop",
            "device": enrolled.to_ref().to_string(),
            "shop": { "id": enrolled.owner.to_string(), "name": name },
            "code": synced.as_ref().err().map(Problem::code),
        }));
    } else {
        let shop = name.unwrap_or_else(|| enrolled.owner.to_string());
        out.say(Key::EnrolShopDone, &[("shop", &shop)]);
    }
    Ok(synced.map_or_else(
        |problem| {
            out.warn(&problem);
            Exit::Partly
        },
        |_| Exit::Done,
    ))
}
