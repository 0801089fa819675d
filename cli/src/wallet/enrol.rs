//! `wallet enrol`: an invitation becomes a wallet with a PIN and its first allowance.

use kinchaku_core::enrol::{Enrolment, Invitation, enrol};
use kinchaku_core::home::Town;
use kinchaku_core::lock::Brake;
use kinchaku_core::sync::sync;
use kinchaku_core::view;
use kinchaku_design::Key;
use kinchaku_design::format::date;
use serde_json::json;

use super::shown;
use crate::args::{Device, Enrol, TownArgs};
use crate::ask::Pins;
use crate::host::Machine;
use crate::output::{Exit, Output, Problem};
use crate::words;
use crate::words::state::Classes;

/// The invitation a command line names.
pub fn address(town: &TownArgs) -> Invitation {
    let place = Town {
        address: town.server.clone(),
        muni: town.muni,
    };
    Invitation {
        town: place,
        code: town.code.clone(),
    }
}

pub fn run(device: &Device, args: &Enrol, machine: &Machine, out: &Output) -> Result<Exit, Problem> {
    let home = machine.found(device, &args.town)?;
    let mut pins = Pins::from(args.secret.pin_fd)?;
    // A try that was cut short has set a PIN already: then that one is asked for again.
    let pin = pins.fresh(out)?;
    let enrolment = Enrolment::Wallet {
        pin: &pin,
        brake: Brake::calibrate(),
    };
    let enrolled = enrol(&home, &address(&args.town), &enrolment).map_err(|error| words::enrol::problem(&error))?;
    // Enrolled, whatever comes next: the first sync can be done again.
    let synced = sync(&home, true).map_err(|error| words::sync::problem(&error));
    let wallet = view::wallet(&home).map_err(|error| words::store::store(&error))?;
    if out.json() {
        out.object(&json!({
            "schema": 1,
            "role": "wallet",
            "device": enrolled.to_ref().to_string(),
            "classes": wallet.classes.iter().map(shown::class).collect::<Vec<_>>(),
            "offline_until": wallet.offline_until.map(|time| time.to_string()),
            "code": synced.as_ref().err().map(Problem::code),
        }));
    } else {
        out.say(Key::EnrolDone, &[]);
        out.say(Key::PinSet, &[]);
        let classes = Classes::of(&wallet.classes);
        let now = home.now().map_err(|error| words::store::store(&error))?.time;
        for class in &wallet.classes {
            let amount = |amount| classes.amount(out.lang(), class.class, amount);
            if !class.usable.is_zero() {
                out.say(
                    Key::EnrolReceived,
                    &[("class", &class.name), ("amount", &amount(class.usable))],
                );
            }
            if let Some(until) = wallet.offline_until.filter(|_| !class.offline.is_zero()) {
                let until = date(out.lang(), until.day().0, now.day().0);
                out.say(
                    Key::EnrolAllowance,
                    &[("amount", &amount(class.offline)), ("date", &until)],
                );
            }
        }
    }
    Ok(synced.map_or_else(
        |problem| {
            out.warn(&problem);
            Exit::Partly
        },
        |_| Exit::Done,
    ))
}
