//! `card id …`: the My Key ID (F189 to F191, F211, F212). The rules are the town's. It is asked first; only where it
//! wants to see the person, the card is touched, and that is good for fifteen minutes.

use kinchaku_core::link::{self, Proven};
use kinchaku_design::Key;
use kinchaku_protocol::api::{KeyIdAction, KeyIdAnswer, KeyIdOutcome};
use kinchaku_protocol::jpki::my_key_id::{MyKeyId, MyKeyIdError};
use kinchaku_protocol::jpki::statement::CardPurpose;
use serde_json::json;

use super::link::begin;
use super::login::authenticated;
use super::outcome;
use super::touch::Desk;
use crate::args::{Entered, IdCommand, IdNamed};
use crate::ask::{self, Pins};
use crate::host::Opened;
use crate::output::{Exit, Filling, Output, Problem};
use crate::words;

/// Everything but revoking.
pub fn run<'a>(
    desk: impl FnOnce() -> Result<Desk<'a>, Problem>,
    wallet: &Opened,
    command: &IdCommand,
    out: &Output,
) -> Result<Exit, Problem> {
    let (action, named, entered) = match command {
        IdCommand::Generate(entered) => (KeyIdAction::Generate, None, *entered),
        IdCommand::Accept(named) => (KeyIdAction::Accept, Some(named), named.entered),
        IdCommand::Choose(named) => (KeyIdAction::Choose, Some(named), named.entered),
        IdCommand::Revoke(revoke) => (KeyIdAction::Revoke, Some(&revoke.named), revoke.named.entered),
    };
    let id = named.map(parsed).transpose()?;
    let had_one = link::standing(&wallet.home)
        .map_err(|error| words::store::store(&error))?
        .key_id
        .is_some();
    match step(desk, wallet, action, id.as_ref(), entered, out)? {
        Step::Answered(answer) => tell(&answer, id.as_ref(), had_one, out),
        Step::Waits(exit) => Ok(exit),
    }
}

/// Revoking, which is asked about twice.
pub fn revoke<'a>(
    desk: impl FnOnce() -> Result<Desk<'a>, Problem>,
    wallet: &Opened,
    command: &IdCommand,
    out: &Output,
) -> Result<Exit, Problem> {
    if let IdCommand::Revoke(revoke) = command {
        let id = parsed(&revoke.named)?.to_string();
        out.note(Key::CardKeyIdRevokeWhat, &[]);
        let sure = revoke.yes
            || (ask::agreed_about_card(Key::CardKeyIdRevokeQuestion, &[("id", &id)], out)?
                && ask::agreed_about_card(Key::CardKeyIdRevokeAgain, &[], out)?);
        if !sure {
            out.note(Key::CardStoppedOther, &[]);
            return Ok(Exit::Other);
        }
    }
    run(desk, wallet, command, out)
}

enum Step {
    Answered(KeyIdAnswer),
    /// The card's proof could not be sent; it was said how to go on.
    Waits(Exit),
}

fn step<'a>(
    desk: impl FnOnce() -> Result<Desk<'a>, Problem>,
    wallet: &Opened,
    action: KeyIdAction,
    id: Option<&MyKeyId>,
    entered: Entered,
    out: &Output,
) -> Result<Step, Problem> {
    let ask = || link::key_id(&wallet.home, action, id).map_err(|error| words::link::problem(&error));
    let answer = ask()?;
    if answer.outcome != KeyIdOutcome::CardFirst {
        return Ok(Step::Answered(answer));
    }
    let mut desk = desk()?;
    let challenge = begin(wallet, CardPurpose::KeyId)?;
    let mut pins = Pins::for_card(entered.secret.pin_fd)?;
    let read = authenticated(&mut desk, &mut pins, entered, challenge.statement(&[]))?;
    let proven =
        link::confirm(&wallet.home, &challenge, read.into(), &[]).map_err(|error| words::link::problem(&error))?;
    match proven {
        Proven::Done(_) => Ok(Step::Answered(ask()?)),
        waits => Ok(Step::Waits(outcome::tell(
            &waits,
            Key::CardLoginDone,
            None,
            &wallet.home,
            out,
        )?)),
    }
}

fn parsed(named: &IdNamed) -> Result<MyKeyId, Problem> {
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    MyKeyId::parse(&named.key_id).map_err(|error| match error {
        MyKeyIdError::Length { characters } => {
            Problem::new(Key::ErrorKeyIdLength, Exit::Usage).count("length", number(characters))
        }
        MyKeyIdError::Character { position } => {
            Problem::new(Key::ErrorKeyIdCharacter, Exit::Usage).count("position", number(position))
        }
    })
}

fn tell(answer: &KeyIdAnswer, asked: Option<&MyKeyId>, had_one: bool, out: &Output) -> Result<Exit, Problem> {
    let id = answer.id.as_deref().unwrap_or_default();
    let refused = |key| Problem::new(key, Exit::Refused);
    let outcome = match answer.outcome {
        KeyIdOutcome::Candidate => "candidate",
        KeyIdOutcome::Registered => "registered",
        KeyIdOutcome::Revoked => "revoked",
        KeyIdOutcome::Taken => {
            if !out.json() {
                out.note(Key::CardKeyIdChoices, &[("count", &answer.choices_left.to_string())]);
            }
            let asked = asked.map_or_else(String::new, ToString::to_string);
            return Err(refused(Key::ErrorKeyIdTaken)
                .with("id", Filling::Text(asked))
                .count("choices_left", answer.choices_left));
        }
        KeyIdOutcome::CardFirst => return Err(refused(Key::ErrorKeyIdCardFirst)),
        KeyIdOutcome::GenerateOnly => return Err(refused(Key::ErrorKeyIdGenerateOnly)),
        KeyIdOutcome::NoSuchId => return Err(refused(Key::ErrorKeyIdUnknown)),
        KeyIdOutcome::GoneForGood => return Err(refused(Key::ErrorKeyIdGone)),
    };
    if out.json() {
        out.object(&json!({
            "schema": 1,
            "outcome": outcome,
            "key_id": answer.id,
            "generations_left": answer.generations_left,
            "choices_left": answer.choices_left,
        }));
        return Ok(Exit::Done);
    }
    match answer.outcome {
        KeyIdOutcome::Candidate => {
            out.say(Key::CardKeyIdCandidate, &[("id", id)]);
            out.note(Key::CardKeyIdHowAccept, &[("id", id)]);
            out.note(
                Key::CardKeyIdGenerations,
                &[("count", &answer.generations_left.to_string())],
            );
        }
        KeyIdOutcome::Registered => {
            out.say(Key::CardKeyIdRegistered, &[("id", id)]);
            if had_one {
                out.note(Key::CardKeyIdAlias, &[]);
            }
        }
        _ => out.say(Key::CardKeyIdRevoked, &[]),
    }
    Ok(Exit::Done)
}
