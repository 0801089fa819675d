//! `kinchaku demo`: one day in a town, lived with the real parts. The server is the real program on its
//! SQLite file, stopped and started as the story needs; wallets and tills are the core in folders of
//! their own; every code is drawn, photographed by `kinchaku-fixtures` and read from the photograph.
//!
//! The second act, [`card_day`], is lived over PC/SC where there is a virtual reader.
//!
//! Each line is printed after what it says was checked. The first thing that did not happen ends the
//! story with an error and a non-zero exit.

mod attacks;
mod books;
mod card_day;
mod card_table;
mod clone;
mod counter;
mod error;
mod fake_server;
mod narrator;
mod offline_day;
mod people;
mod photo;
mod reconnect;
mod season;
mod server;
mod setting;

use std::path::PathBuf;
use std::process::ExitCode;

pub use error::DemoError;
use narrator::Narrator;
use setting::Setting;

/// What the demo is asked for.
#[derive(Clone, Debug)]
pub struct DemoArgs {
    /// Where every picture and document of the story goes; emptied first.
    pub out: PathBuf,
    /// For machines: one object a line.
    pub json: bool,
    /// Another database than the SQLite file: `postgres://…`.
    pub database: Option<String>,
    /// The language of the lines.
    pub lang: kinchaku_design::Lang,
}

/// Lives the day.
pub fn run(args: &DemoArgs) -> ExitCode {
    let mut narrator = Narrator::new(args.json, args.lang);
    match live(args, &mut narrator) {
        Ok(()) => {
            narrator.finish(&args.out);
            ExitCode::SUCCESS
        }
        Err(error) => {
            narrator.failed(&error);
            ExitCode::FAILURE
        }
    }
}

fn live(args: &DemoArgs, narrator: &mut Narrator) -> Result<(), DemoError> {
    let mut setting = Setting::build(args, narrator)?;
    let mut people = people::arrive(&mut setting, narrator)?;
    offline_day::live(&mut setting, &mut people, narrator)?;
    reconnect::live(&mut setting, &mut people, narrator)?;
    attacks::live(&mut setting, &mut people, narrator)?;
    clone::live(&mut setting, &mut people, narrator)?;
    books::close(&mut setting, narrator)?;
    drop(people);
    card_day::live(&mut setting, narrator)?;
    season::live(&setting, narrator)
}
