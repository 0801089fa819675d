//! From the command line to an exit status.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::FromArgMatches as _;
use kinchaku_design::Lang;

use crate::args::{self, Arguments, Command};
use crate::host::Machine;
use crate::output::{ColourWish, Exit, Output, Problem};
use crate::{card, office, qr, shop, wallet};

/// Runs the command this process was started with.
pub fn run() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let early = guessed(&words);
    let parsed = args::localised(early.lang())
        .try_get_matches_from(words)
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    let exit = match parsed {
        Ok(arguments) => match arguments.command {
            #[cfg(feature = "demo")]
            Command::Demo(demo) => {
                return crate::demo::run(&crate::demo::DemoArgs {
                    out: demo.folder,
                    json: arguments.style.json,
                    database: demo.database,
                    lang: arguments.style.lang,
                });
            }
            command => carry_out(command, &arguments.style),
        },
        Err(error) => early.end(args::answer(&error, &early)),
    };
    ExitCode::from(exit.status())
}

fn carry_out(command: Command, style: &args::Style) -> Exit {
    let out = Output::new(style.lang, style.json, style.color);
    let done = machine(style).and_then(|machine| match command {
        Command::Wallet(wallet) => wallet::run(&wallet, &machine, &out),
        Command::Shop(shop) => shop::run(&shop, &machine, &out),
        Command::Office(office) => office::run(&office, &out),
        Command::Card(card) => card::run(&card, &machine, &out),
        Command::Qr(qr) => Ok(qr::run(&qr, &out)),
        #[cfg(feature = "demo")]
        Command::Demo(_) => Ok(Exit::Usage),
    });
    out.end(done.unwrap_or_else(|problem| {
        out.problem(&problem);
        problem.exit()
    }))
}

#[cfg(not(feature = "demo"))]
fn machine(_: &args::Style) -> Result<Machine, Problem> {
    Ok(Machine::new())
}

#[cfg(feature = "demo")]
fn machine(style: &args::Style) -> Result<Machine, Problem> {
    style.clock.as_deref().map_or_else(|| Ok(Machine::new()), Machine::at)
}

/// Language and form as far as they can be told before the command line is read: a wrong one is
/// answered in them, too.
fn guessed(words: &[OsString]) -> Output {
    let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    let after = words.iter().zip(words.iter().skip(1));
    let apart = after.filter(|(name, _)| **name == "--lang").map(|(_, value)| *value);
    let joined = words.iter().filter_map(|word| word.strip_prefix("--lang="));
    let lang = apart.chain(joined).find_map(|word| word.parse().ok());
    Output::new(lang.unwrap_or(Lang::Ja), words.contains(&"--json"), ColourWish::Auto)
}
