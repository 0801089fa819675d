//! `card link --minor`: a child's card, which has no certificate for signatures, and then the guardian's on the same
//! reader (F053).
//!
//! All PINs are entered before the first card is touched. The child's card gives the attributes and signs over them in
//! one touch; the guardian's, a linked adult's, signs beside it.

use kinchaku_core::card::{
    AuthPin, Authenticated, CardAttributes, CardSecret, Entry, Progress, SecretKind, authenticate, link_minor,
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
    let child = {
        let (nonce, trusted, signed) = (nonce()?, desk.trusted.clone(), challenge.clone());
        let statement = move |four: &[u8]| signed.statement(four);
        let exchange = link_minor(entry(auth, args), entry(text, args), statement, nonce, trusted);
        desk.run(exchange, Steps::Told(Progress::Signed))?
    };

    out.note(Key::CardChangeGuardian, &[]);
    let guardian = of_guardian(desk, guardian, args, &challenge, &child.attributes)?;
    let four = child.attributes.four.clone();
    let evidence = Evidence::of_minor(child, guardian);
    if !confirmed(&four, &Substituted::default(), args, out)? {
        return Ok(Exit::Other);
    }
    let proven =
        link::confirm(&wallet.home, &challenge, evidence, &[]).map_err(|error| words::link::problem(&error))?;
    outcome::tell(&proven, Key::CardLinkedMinor, Some(&four), &wallet.home, out)
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
    let statement = challenge.guardian_statement(&attributes.basic_four);
    let exchange = authenticate(entry(pin, args), statement, desk.trusted.clone());
    let signed = desk.run(exchange, Steps::Told(Progress::Signed));
    desk.home = home;
    Ok(signed?)
}

/// One entry for one exchange: with three PINs and two cards, starting again is clearer than asking in between.
fn entry<S: CardSecret>(secret: S, args: Link) -> Entry<S> {
    let entry = Entry::typed(secret);
    if args.entered.last_try {
        entry.agreeing_to_last_try()
    } else {
        entry
    }
}
