//! `card login`: the person of the linked card is here. The same touch stands behind whatever else the card opens.

use kinchaku_core::card::{Authenticated, Progress, SecretKind, authenticate};
use kinchaku_core::link;
use kinchaku_design::Key;
use kinchaku_protocol::jpki::statement::CardPurpose;

use super::link::begin;
use super::outcome;
use super::touch::Desk;
use crate::args::Entered;
use crate::ask::Pins;
use crate::host::Opened;
use crate::output::{Exit, Problem};
use crate::words;

pub fn run(desk: &mut Desk<'_>, wallet: &Opened, args: Entered) -> Result<Exit, Problem> {
    let challenge = begin(wallet, CardPurpose::Login)?;
    let mut pins = Pins::for_card(args.secret.pin_fd)?;
    let read = authenticated(desk, &mut pins, args, challenge.statement(&[]))?;
    let proven =
        link::confirm(&wallet.home, &challenge, read.into(), &[]).map_err(|error| words::link::problem(&error))?;
    outcome::tell(&proven, Key::CardLoginDone, None, &wallet.home, desk.out)
}

/// One touch that signs `statement` by the key for user authentication.
pub fn authenticated(
    desk: &mut Desk<'_>,
    pins: &mut Pins,
    args: Entered,
    statement: Vec<u8>,
) -> Result<Authenticated, Problem> {
    desk.before(SecretKind::AuthPin)?;
    let trusted = desk.trusted.clone();
    desk.entered(
        pins,
        args.last_try,
        |pins, out| pins.auth_pin(Key::CardPromptAuth, out),
        |entry| authenticate(entry, statement.clone(), trusted.clone()),
        Progress::Signed,
    )
}
