//! `kinchaku shop …`: a shop's device, one command a file.

mod check;
mod enrol;
mod relay;
mod status;

use kinchaku_protocol::doc::{Receipt, Role};

use crate::args::{Seen, ShopArgs, ShopCommand};
use crate::host::Machine;
use crate::output::{Exit, Output, Problem};
use crate::{picture, words};

/// Runs a `shop` command.
pub fn run(args: &ShopArgs, machine: &Machine, out: &Output) -> Result<Exit, Problem> {
    if let ShopCommand::Enrol(enrol) = &args.command {
        return enrol::run(&args.device, enrol, machine, out);
    }
    let opened = machine.open(&args.device, Role::Shop, out)?;
    match &args.command {
        ShopCommand::Enrol(_) | ShopCommand::Status => status::run(&opened, out),
        ShopCommand::Check(check) => check::run(&opened, check, out),
        ShopCommand::Relay(relay) => relay::run(&opened, relay, out),
        ShopCommand::Sync => {
            let report = words::report::synced(&opened, out)?;
            Ok(if report.parked > 0 || report.waiting > 0 {
                Exit::Partly
            } else {
                Exit::Done
            })
        }
    }
}

/// The receipt a customer shows.
fn receipt(seen: &Seen) -> Result<String, Problem> {
    picture::text(seen, |text| Receipt::read(text).is_ok())
}
