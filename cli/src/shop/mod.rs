//! `kinchaku shop …`: a shop's device, one command a file.

mod check;
mod desk;
mod enrol;
mod relay;
mod status;

use kinchaku_core::scan::Wanted;
use kinchaku_protocol::doc::Role;

use desk::Desk;

use crate::args::{Seen, ShopArgs, ShopCommand};
use crate::host::Machine;
use crate::output::{Exit, Output, Problem};
use crate::{picture, words};

/// Runs a `shop` command.
pub fn run(args: &ShopArgs, machine: &Machine, out: &Output) -> Result<Exit, Problem> {
    if let ShopCommand::Enrol(enrol) = &args.command {
        return enrol::run(&args.device, enrol, machine, out);
    }
    if let Some(done) = at_desk(args, machine, out) {
        return done;
    }
    let opened = machine.open(&args.device, Role::Shop, out)?;
    match &args.command {
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
        _ => status::run(&opened, out),
    }
}

/// The commands on the JSON API.
fn at_desk(args: &ShopArgs, machine: &Machine, out: &Output) -> Option<Result<Exit, Problem>> {
    let device = &args.device;
    Some(match &args.command {
        ShopCommand::Sales(asked) => {
            Desk::open(device, asked, machine, out).and_then(|desk| desk::sales(&desk, &asked.asked, out))
        }
        ShopCommand::Show(asked) => {
            Desk::open(device, asked, machine, out).and_then(|desk| desk::show(&desk, &asked.asked, out))
        }
        ShopCommand::Cancel(asked) => {
            Desk::open(device, asked, machine, out).and_then(|desk| desk::cancel(&desk, &asked.asked, out))
        }
        ShopCommand::CashRefund(asked) => {
            Desk::open(device, asked, machine, out).and_then(|desk| desk::cash_refund(&desk, &asked.asked, out))
        }
        ShopCommand::Results(asked) => {
            Desk::open(device, asked, machine, out).and_then(|desk| desk::results(&desk, &asked.asked, out))
        }
        ShopCommand::Settlements(asked) => {
            Desk::open(device, asked, machine, out).and_then(|desk| desk::settlements(&desk, &asked.asked, out))
        }
        ShopCommand::Export(asked) => {
            Desk::open(device, asked, machine, out).and_then(|desk| desk::export(&desk, &asked.asked, out))
        }
        ShopCommand::Enrol(_)
        | ShopCommand::Status
        | ShopCommand::Check(_)
        | ShopCommand::Relay(_)
        | ShopCommand::Sync => return None,
    })
}

/// The receipt a customer shows.
fn receipt(seen: &Seen) -> Result<String, Problem> {
    picture::text(seen, |text| Wanted::Receipt.fit(text))
}
