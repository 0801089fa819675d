//! `kinchaku wallet …`: a resident's wallet, one command a file.

mod acquire;
mod choice;
mod doctor;
mod enrol;
mod history;
mod lookup;
mod offers;
mod orders;
mod pay;
mod pin;
mod receipt;
mod refusal;
mod shown;
mod status;
mod sync;
mod unlock;

pub use enrol::address;

use kinchaku_protocol::doc::Role;

use crate::args::{WalletArgs, WalletCommand};
use crate::ask;
use crate::host::Machine;
use crate::output::{Exit, Output, Problem};

/// Runs a `wallet` command.
pub fn run(args: &WalletArgs, machine: &Machine, out: &Output) -> Result<Exit, Problem> {
    if let WalletCommand::Enrol(enrol) = &args.command {
        ask::watch(out.lang());
        return enrol::run(&args.device, enrol, machine, out);
    }
    let opened = machine.open(&args.device, Role::Wallet, out)?;
    match &args.command {
        WalletCommand::Enrol(_) | WalletCommand::Status => status::run(&opened, out),
        WalletCommand::Pay(pay) => {
            ask::watch(out.lang());
            pay::run(&opened, pay, out)
        }
        WalletCommand::Receipt(receipt) => receipt::run(&opened, receipt, out),
        WalletCommand::Refusal(refusal) => refusal::run(&opened, refusal, out),
        WalletCommand::History => history::run(&opened, out),
        WalletCommand::Sync => sync::run(&opened, out),
        WalletCommand::Pin(command) => {
            ask::watch(out.lang());
            pin::run(&opened, *command, out)
        }
        WalletCommand::Unlock(unlock) => {
            ask::watch(out.lang());
            unlock::run(&opened, unlock, out)
        }
        WalletCommand::Offers => offers::run(&opened, out),
        WalletCommand::Receive(args) => acquire::receive(&opened, args, out),
        WalletCommand::Apply(args) => acquire::apply(&opened, args, out),
        WalletCommand::Buy(args) => acquire::buy(&opened, args, out),
        WalletCommand::Charge(args) => acquire::charge(&opened, args, out),
        WalletCommand::Exchange(args) => acquire::exchange(&opened, args, out),
        WalletCommand::Orders => orders::run(&opened, out),
        WalletCommand::Doctor => doctor::run(&opened, out),
    }
}

/// Refuses a command that needs a network where none may be used.
fn online(opened: &crate::host::Opened) -> Result<(), Problem> {
    if opened.online {
        return Ok(());
    }
    Err(Problem::new(kinchaku_design::Key::ErrorOffline, Exit::NeedsNetwork))
}
