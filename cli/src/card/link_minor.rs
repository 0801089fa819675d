//! `card link --minor`: a child's card, which has no certificate for signatures, and then the guardian's on the same
//! reader (F053).
//!
//! All PINs are entered before the first card is touched. The child's card gives the attributes and signs over them;
//! the guardian's, a linked adult's, signs beside it.

use kinchaku_core::card::{
    AuthPin, Authenticated, CardAttributes, CardSecret, Entry, Exchange, Progress, SecretKind, authenticate,
    read_attributes, status,
};
use kinchaku_core::link::{self, Challenge, Evidence};
use kinchaku_design::Key;
use kinchaku_protocol::jpki::attributes::Substituted;
use kinchaku_protocol::jpki::statement::CardPurpose;

use super::link::{begin, confirmed, consented};
use super::outcome;
use super::read::nonce;
use super::touch::{Desk, Steps};
use crate::args::Link;
use crate::ask::Pins;
use crate::host::Opened;
use crate::output::{Exit, Problem};
use crate::words;

pub fn run(desk: &mut Desk<'_>, wallet: &Opened, args: Link) -> Result<Exit, Problem> {
    let out = desk.out;
    if !consented(args, out)? {
        return Ok(Exit::Other);
    }
    let challenge = begin(wallet, CardPurpose::Link)?;
    out.note(Key::CardStepPassword, &[]);
    let mut pins = Pins::for_card(args.entered.secret.pin_fd)?;
    desk.before(SecretKind::TextPin)?;
    let text = pins.text_pin(Key::CardPromptChildText, out)?;
    desk.before(SecretKind::AuthPin)?;
    let auth = pins.auth_pin(Key::CardPromptChildAuth, out)?;
    let guardian = pins.auth_pin(Key::CardPromptGuardianAuth, out)?;

    out.note(Key::CardStepTouch, &[]);
    desk.ask_for(Key::CardPlaceChild);
    not_locked(desk)?;
    let attributes: CardAttributes = {
        let (nonce, trusted) = (nonce()?, desk.trusted.clone());
        once(
            desk,
            text,
            args,
            |entry| read_attributes(entry, nonce, trusted),
            Progress::Read,
        )?
    };
    let child = sign(desk, auth, args, challenge.statement(&attributes.basic_four))?;

    out.note(Key::CardChangeGuardian, &[]);
    let guardian = of_guardian(desk, guardian, args, &challenge, &attributes)?;
    let four = attributes.four.clone();
    let evidence = Evidence::of_minor(attributes, child, guardian);
    if !confirmed(&four, &Substituted::default(), args, out)? {
        return Ok(Exit::Other);
    }
    let proven =
        link::confirm(&wallet.home, &challenge, evidence, &[]).map_err(|error| words::link::problem(&error))?;
    outcome::tell(&proven, Key::CardLinkedMinor, Some(&four), &wallet.home, out)
}

/// Neither PIN is sent where the other one is locked: it would cost a try for nothing.
fn not_locked(desk: &mut Desk<'_>) -> Result<(), Problem> {
    let found = desk.run(status(), Steps::Silent)?;
    for (secret, left) in [
        (SecretKind::TextPin, found.text_pin),
        (SecretKind::AuthPin, found.auth_pin),
    ] {
        if left == Some(0) {
            return Err(words::card::problem(kinchaku_core::card::CardError::Locked { secret }));
        }
    }
    Ok(())
}

/// The guardian's card, after the child's was taken away. Its tries are not this wallet's to remember.
fn of_guardian(
    desk: &mut Desk<'_>,
    pin: AuthPin,
    args: Link,
    challenge: &Challenge,
    attributes: &CardAttributes,
) -> Result<Authenticated, Problem> {
    desk.taken_away()?;
    let home = desk.home.take();
    let signed = sign(desk, pin, args, challenge.guardian_statement(&attributes.basic_four));
    desk.home = home;
    signed
}

fn sign(desk: &mut Desk<'_>, pin: AuthPin, args: Link, statement: Vec<u8>) -> Result<Authenticated, Problem> {
    let trusted = desk.trusted.clone();
    once(
        desk,
        pin,
        args,
        |entry| authenticate(entry, statement, trusted),
        Progress::Signed,
    )
}

/// One entry for one exchange: with three PINs and two cards, starting again is clearer than asking in between.
fn once<S: CardSecret, T>(
    desk: &mut Desk<'_>,
    secret: S,
    args: Link,
    exchange: impl FnOnce(Entry<S>) -> Exchange<T>,
    last: Progress,
) -> Result<T, Problem> {
    let entry = Entry::typed(secret);
    let entry = if args.entered.last_try {
        entry.agreeing_to_last_try()
    } else {
        entry
    };
    Ok(desk.run(exchange(entry), Steps::Told(last))?)
}
