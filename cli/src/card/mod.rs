//! `kinchaku card …`: a My Number card in a reader, one command a file.
//!
//! - [`reader`]: the PC/SC reader, or in a build without one that there is none; [`choice`]: which of several
//! - [`touch`]: one exchange with a card, over as many touches as it takes
//! - [`four`]: name, address, birth date and sex, as a person reads them
//!
//! Secrets come from the terminal or a descriptor and go to the card, once for each time they were entered. What a
//! card says of a person is printed on standard output by the commands that are asked for it, and nowhere else.

mod certificate;
mod choice;
mod four;
mod key_id;
mod link;
mod link_minor;
mod login;
mod outcome;
mod read;
#[cfg_attr(not(feature = "pcsc"), path = "no_reader.rs")]
mod reader;
mod recognise;
mod resume;
mod standing;
mod status;
mod touch;
mod unlock;

use std::time::Duration;

use kinchaku_core::card::Trusted;
use kinchaku_design::Key;
use kinchaku_protocol::doc::Role;

use self::touch::Desk;
use crate::args::{CardArgs, CardCommand, IdCommand, ReaderArgs};
use crate::ask;
use crate::host::{Machine, Opened};
use crate::output::{Exit, Output, Problem};
use crate::words;

/// Runs a `card` command.
pub fn run(args: &CardArgs, machine: &Machine, out: &Output) -> Result<Exit, Problem> {
    ask::watch(out.lang());
    match &args.command {
        CardCommand::Status | CardCommand::Recognise | CardCommand::Read(_) | CardCommand::ShowCertificate(_) => {
            alone(args, machine, out)
        }
        CardCommand::Standing => standing::run(&opened(args, machine, out)?, out),
        CardCommand::Resume => resume::run(&online(opened(args, machine, out)?)?, out),
        CardCommand::Link(_) | CardCommand::Login(_) | CardCommand::Unlock(_) | CardCommand::Id(_) => {
            with_wallet(args, machine, out)
        }
    }
}

/// Commands about the card itself. A wallet, where one is named, remembers the tries.
fn alone(args: &CardArgs, machine: &Machine, out: &Output) -> Result<Exit, Problem> {
    let wallet = match args.device.home {
        Some(_) => Some(opened(args, machine, out)?),
        None => None,
    };
    let now = match &wallet {
        Some(wallet) => wallet.home.now().map_err(|error| words::store::store(&error))?.time,
        None => machine.wall(),
    };
    let mut desk = desk(&args.reader, wallet.as_ref(), Trusted::at(now), out)?;
    match &args.command {
        CardCommand::Recognise => recognise::run(&mut desk),
        CardCommand::Read(entered) => read::run(&mut desk, *entered),
        CardCommand::ShowCertificate(show) => certificate::run(&mut desk, *show),
        _ => status::run(&mut desk),
    }
}

/// Commands that need both. The network comes first: without it a card need not be touched.
fn with_wallet(args: &CardArgs, machine: &Machine, out: &Output) -> Result<Exit, Problem> {
    let wallet = online(opened(args, machine, out)?)?;
    let now = wallet.home.now().map_err(|error| words::store::store(&error))?.time;
    let desk = || desk(&args.reader, Some(&wallet), Trusted::at(now), out);
    match &args.command {
        CardCommand::Link(link) if link.minor => link_minor::run(&mut desk()?, &wallet, *link),
        CardCommand::Link(link) => link::run(&mut desk()?, &wallet, *link),
        CardCommand::Unlock(entered) => unlock::run(&mut desk()?, &wallet, *entered),
        CardCommand::Id(command @ IdCommand::Revoke(_)) => key_id::revoke(desk, &wallet, command, out),
        CardCommand::Id(command) => key_id::run(desk, &wallet, command, out),
        CardCommand::Login(entered) => login::run(&mut desk()?, &wallet, *entered),
        _ => Err(Problem::new(Key::ErrorInternal, Exit::Other)),
    }
}

/// Whether there is a reader of this name.
#[cfg(feature = "demo")]
pub fn has_reader(name: &str) -> bool {
    reader::Reader::find(Some(name)).is_ok()
}

fn opened(args: &CardArgs, machine: &Machine, out: &Output) -> Result<Opened, Problem> {
    machine.open(&args.device, Role::Wallet, out)
}

fn online(wallet: Opened) -> Result<Opened, Problem> {
    if wallet.online {
        Ok(wallet)
    } else {
        Err(Problem::new(Key::ErrorOffline, Exit::NeedsNetwork))
    }
}

fn desk<'a>(
    args: &ReaderArgs,
    wallet: Option<&'a Opened>,
    trusted: Trusted,
    out: &'a Output,
) -> Result<Desk<'a>, Problem> {
    let reader = reader::Reader::find(args.reader.as_deref()).map_err(|trouble| choice::problem(trouble, out))?;
    Ok(Desk {
        reader,
        patience: Duration::from_secs(args.wait.into()),
        home: wallet.map(|wallet| &wallet.home),
        trusted,
        out,
    })
}
