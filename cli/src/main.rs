//! `kinchaku`: a resident's wallet and a shop's device at a desk, and the tools around them.
//!
//! - [`args`]: the command line, its help and what is said of a wrong one
//! - [`run`]: from a command to its exit status
//! - [`qr`], [`wallet`], [`shop`], [`office`], [`card`]: the commands, one file each
//! - [`console`]: the town's JSON API, for shop and office
//! - [`words`]: what each error of the core is called, in one place for each flow
//! - [`output`]: data on standard output, words on standard error, exit statuses
//! - [`ask`]: questions, secrets, and the person who stops
//! - [`host`]: what the core wants of the machine: vault, clock, network, roots
//! - [`picture`]: pictures in, pictures out

mod args;
mod ask;
mod card;
mod console;
#[cfg(feature = "demo")]
mod demo;
mod host;
mod office;
mod output;
mod picture;
mod qr;
mod run;
mod shop;
mod wallet;
mod words;

use std::process::ExitCode;

fn main() -> ExitCode {
    run::run()
}
