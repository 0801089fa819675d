//! `kinchaku office …`: the office's desk, by the JSON API and a person's token.
//!
//! - [`members`]: members, exchanges of points, value that is taken away
//! - [`money`]: transactions, results, settlement, the bank's file, orders
//! - [`programmes`]: the town's folder, how far a programme is, lists of people
//! - [`sale`]: applications and the draw, and [`verify`], which anybody may do
//! - [`watch`]: who I am, jobs, the trial balance, the audit

mod apply;
mod members;
mod money;
mod programmes;
mod sale;
mod verify;
mod watch;

use crate::args::{OfficeArgs, OfficeCommand, ProgrammesCommand, RosterCommand, SaleCommand};
use crate::console::{Client, export, results};
use crate::output::{Exit, Output, Problem};

/// Runs an `office` command.
pub fn run(args: &OfficeArgs, out: &Output) -> Result<Exit, Problem> {
    // What is published needs no token.
    match &args.command {
        OfficeCommand::Sale(SaleCommand::Outcome(named)) => {
            return verify::outcome(&Client::of_anybody(&args.console)?, *named, out);
        }
        OfficeCommand::Sale(SaleCommand::Verify(asked)) => {
            return verify::verify(&Client::of_anybody(&args.console)?, asked, out);
        }
        _ => (),
    }
    let client = Client::of_person(&args.console)?;
    match &args.command {
        OfficeCommand::Me => watch::me(&client, out),
        OfficeCommand::Programmes(ProgrammesCommand::Show(asked)) => programmes::show(&client, asked, out),
        OfficeCommand::Programmes(ProgrammesCommand::Check(folder)) => programmes::check(&client, folder, out),
        OfficeCommand::Programmes(ProgrammesCommand::Load(folder)) => programmes::load(&client, folder, out),
        OfficeCommand::Programme(named) => programmes::programme(&client, *named, out),
        OfficeCommand::Roster(RosterCommand::Import(asked)) => programmes::import(&client, asked, out),
        OfficeCommand::Transactions(asked) => money::transactions(&client, asked, out),
        OfficeCommand::Show(asked) => money::show(&client, asked, out),
        OfficeCommand::Cancel(asked) => money::cancel(&client, asked, out),
        OfficeCommand::Results(asked) => results::run(&client, "/office/results", asked, out),
        OfficeCommand::Export(asked) => export::run(&client, "/office/export", asked, out),
        OfficeCommand::Settlements(asked) => money::settlements(&client, *asked, out),
        OfficeCommand::Close(asked) => money::close(&client, asked, out),
        OfficeCommand::Transfer(asked) => money::transfer(&client, asked, out),
        OfficeCommand::Sale(asked) => sale::run(&client, asked, out),
        OfficeCommand::Orders(asked) => money::orders(&client, asked, out),
        OfficeCommand::Refund(asked) => money::refund(&client, *asked, out),
        OfficeCommand::Paid(asked) => money::paid(&client, *asked, out),
        OfficeCommand::Exchanges(asked) => members::exchanges(&client, asked, out),
        OfficeCommand::Member(asked) => members::member(&client, asked, out),
        OfficeCommand::RevokeValue(asked) => members::revoke_value(&client, asked, out),
        OfficeCommand::Job(asked) => watch::job(&client, asked, out),
        OfficeCommand::Books => watch::books(&client, out),
        OfficeCommand::Audit => watch::audit(&client, out),
        OfficeCommand::Log(asked) => watch::log(&client, *asked, out),
    }
}
