//! `card unlock`: a locked payment PIN comes back with the linked card. The card's PIN first, then a new one for
//! paying.

use kinchaku_core::gate::{card_details, recover_by_card};
use kinchaku_core::lock::Brake;
use kinchaku_design::Key;
use kinchaku_protocol::jpki::statement::CardPurpose;
use serde_json::json;

use super::link::begin;
use super::login::authenticated;
use super::touch::Desk;
use crate::args::Entered;
use crate::ask::Pins;
use crate::host::Opened;
use crate::output::{Exit, Problem};
use crate::words;

pub fn run(desk: &mut Desk<'_>, wallet: &Opened, args: Entered) -> Result<Exit, Problem> {
    let home = &wallet.home;
    let details = card_details(home).map_err(|error| words::gate::recover(&error))?;
    let challenge = begin(wallet, CardPurpose::Unlock)?;
    let mut pins = Pins::for_card(args.secret.pin_fd)?;
    let read = authenticated(desk, &mut pins, args, challenge.statement(&details))?;
    let pin = pins.fresh(desk.out)?;
    recover_by_card(home, &challenge, read.into(), &details, &pin, Brake::calibrate())
        .map_err(|error| words::gate::recover(&error))?;
    if desk.out.json() {
        desk.out.object(&json!({ "schema": 1, "unlocked": true }));
    } else {
        desk.out.say(Key::PinUnlocked, &[]);
        desk.out.say(Key::PinSet, &[]);
    }
    Ok(Exit::Done)
}
