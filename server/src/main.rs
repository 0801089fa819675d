//! `kinchaku-server`: the ledger of a town, its sync API and its operator's commands.

use std::process::ExitCode;

fn main() -> ExitCode {
    kinchaku_server::operator::run()
}
