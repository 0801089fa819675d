//! The commands of `kinchaku-server` for those who run a town: setting it up, value, codes, jobs, books.
//!
//! A command that changes the books asks the server that runs on this machine; where none does, it takes
//! the lane itself, does its work and gives it back. Standard output has the answer alone, a line for
//! people or, with `--json`, one object with `"schema": 1`; everything else goes to standard error.

mod answer;
mod arguments;
mod carry_out;
mod failure;
pub(crate) mod jobs;
mod keys;
mod marks;
mod office;
mod person;
mod report;
pub(crate) mod request;
mod serve;
mod setup;
mod sheets;
mod tokens;

use std::future::Future;
use std::process::ExitCode;

use clap::Parser as _;
use serde_json::Value;

use crate::books::Books;
use crate::clock;
use crate::config::TownConfig;
use crate::keys::TownKeys;
use crate::query::Reader;
use crate::store;
use answer::Printer;
use arguments::{Arguments, Command, Database, RosterCommand, TownCommand};
pub use carry_out::carry_out;
pub use failure::Failure;
use office::Office;
pub use request::Request;

/// Runs the command of this process's arguments.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let printer = Printer::new(arguments.json);
    match dispatch(arguments.command, &printer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            printer.failure(&failure);
            failure.into()
        }
    }
}

fn dispatch(command: Command, printer: &Printer) -> Result<(), Failure> {
    match command {
        Command::Serve(arguments) => wait_for(serve::serve(&arguments, printer)),
        Command::Migrate(database) => {
            let opened = async { Ok(store::open(&database.database).await?) };
            wait_for(opened).and_then(|_| printer.migrated())
        }
        Command::Audit(database) => wait_for(report::audit(&database, printer)),
        Command::Keys(command) => keys::run(command, printer),
        Command::Town(TownCommand::Check(asked)) => setup::check(&asked, printer),
        Command::Town(TownCommand::Load(at)) => {
            let request = setup::load(&at.what.folder, &at.database.keys)?;
            answer(&at.database, &request, printer)
        }
        Command::Town(TownCommand::Show(folder)) => keys::town(&folder.keys, None, printer),
        Command::Town(TownCommand::Sender(sender)) => keys::sender(sender, printer),
        Command::Town(TownCommand::Set(set)) => keys::town(&set.keys, Some(&set), printer),
        Command::Roster(RosterCommand::Import(at)) => answer(&at.database, &setup::roster(&at.what)?, printer),
        Command::Ask(asked) => {
            let (database, request, files) = asked.into_request();
            let mut answer = wait_for(ask(&database, &request))?;
            if let Some(files) = files {
                files.write(&mut answer)?;
            }
            printer.answer(&request, answer)
        }
    }
}

fn answer(at: &Database, request: &Request, printer: &Printer) -> Result<(), Failure> {
    let answer = wait_for(ask(at, request))?;
    printer.answer(request, answer)
}

/// Asks the running server, or does it here where none runs.
async fn ask(at: &Database, request: &Request) -> Result<Value, Failure> {
    if let Some(office) = Office::find(&at.keys)?
        && let Some(answer) = office.ask(request).await?
    {
        return Ok(answer);
    }
    let config = TownConfig::load(&at.keys)?;
    let keys = TownKeys::load(&at.keys)?;
    if matches!(request, Request::Books) {
        // Reading needs no lane.
        let reader = Reader::new(store::open(&at.database).await?, config.town());
        return Ok(report::books(&reader).await?);
    }
    let books = Books::open(&at.database, &config, &keys, clock::now()).await?;
    let answer = carry_out(&books, &keys, request.clone()).await;
    books.close().await;
    Ok(answer?)
}

fn wait_for<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Other {
            what: error.to_string(),
        })?
        .block_on(work)
}
