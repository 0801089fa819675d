//! `card link`: an adult links the card. What is read and what never is, the password, one touch, the four items as
//! read, and only then anything goes to the town.

use kinchaku_core::card::{Progress, SecretKind, SignLinked, sign_link};
use kinchaku_core::link::{self, Challenge, Evidence};
use kinchaku_design::Key;
use kinchaku_protocol::jpki::attributes::{BasicFour, Substituted};
use kinchaku_protocol::jpki::statement::CardPurpose;

use super::touch::Desk;
use super::{four, outcome};
use crate::args::Link;
use crate::ask::{self, Pins};
use crate::host::Opened;
use crate::output::{Exit, Output, Problem};
use crate::words;

pub fn run(desk: &mut Desk<'_>, wallet: &Opened, args: Link) -> Result<Exit, Problem> {
    let out = desk.out;
    if !consented(args, out)? {
        return Ok(Exit::Other);
    }
    // The network comes first: the touch itself needs none.
    let challenge = begin(wallet, CardPurpose::Link)?;
    out.note(Key::CardStepPassword, &[]);
    let mut pins = Pins::for_card(args.entered.secret.pin_fd)?;
    desk.before(SecretKind::SignPassword)?;
    let read = touch(desk, &mut pins, args, &challenge)?;
    let attributes = read.sign.signed_attributes().cloned();
    let evidence = Evidence::try_from(read).map_err(|error| words::link::problem(&error))?;
    let (four, substituted) = match attributes {
        Some(attributes) => (attributes.four, attributes.substituted),
        None => return Err(Problem::new(Key::ErrorCardUnreadable, Exit::Card)),
    };
    if !confirmed(&four, &substituted, args, out)? {
        return Ok(Exit::Other);
    }
    let known = link::standing(&wallet.home).map_err(|error| words::store::store(&error))?;
    let proven =
        link::confirm(&wallet.home, &challenge, evidence, &[]).map_err(|error| words::link::problem(&error))?;
    let done = if known.level > 0 {
        Key::CardRenewed
    } else {
        Key::CardLinked
    };
    outcome::tell(&proven, done, Some(&four), &wallet.home, out)
}

fn touch(desk: &mut Desk<'_>, pins: &mut Pins, args: Link, challenge: &Challenge) -> Result<SignLinked, Problem> {
    desk.out.note(Key::CardStepTouch, &[]);
    let (statement, trusted) = (challenge.statement(&[]), desk.trusted.clone());
    desk.entered(
        pins,
        args.entered.last_try,
        |pins, out| pins.sign_password(Key::CardPromptSign, out),
        |entry| sign_link(entry, statement.clone(), trusted.clone()),
        Progress::Signed,
    )
}

/// A challenge of the town.
pub fn begin(wallet: &Opened, purpose: CardPurpose) -> Result<Challenge, Problem> {
    link::begin(&wallet.home, purpose).map_err(|error| words::link::problem(&error))
}

/// What is read, what never is, who keeps it; and whether the person agrees.
pub fn consented(args: Link, out: &Output) -> Result<bool, Problem> {
    // A machine that reads objects has nobody to ask.
    if out.json() && !args.yes {
        return Err(Problem::new(Key::ErrorCardNoAnswer, Exit::Usage));
    }
    for key in [
        Key::CardStepConsent,
        Key::CardConsentReads,
        Key::CardConsentNever,
        Key::CardConsentKept,
        Key::CardConsentPerson,
    ] {
        out.note(key, &[]);
    }
    if args.yes || ask::agreed_about_card(Key::CardConsentQuestion, &[], out)? {
        return Ok(true);
    }
    out.note(Key::CardStopped, &[]);
    Ok(false)
}

/// Shows the four items as read, and whether the person says that they are right.
pub fn confirmed(four: &BasicFour, substituted: &Substituted, args: Link, out: &Output) -> Result<bool, Problem> {
    if !out.json() {
        out.note(Key::CardStepResult, &[]);
        four::show(four, out);
    }
    if substituted.any() {
        out.note(Key::CardSubstituted, &[]);
    }
    out.note(Key::CardConsentPerson, &[]);
    if args.yes || ask::agreed_about_card(Key::CardConfirmQuestion, &[], out)? {
        return Ok(true);
    }
    out.note(Key::CardStopped, &[]);
    Ok(false)
}
