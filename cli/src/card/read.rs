//! `card read`: name, address, birth date and sex, by the four-digit PIN for reading them, verified offline against
//! the signature of the card's issuer and, where the card can, its own.

use kinchaku_core::card::{Progress, SecretKind, read_attributes};
use kinchaku_design::Key;
use serde_json::{Value, json};

use super::four;
use super::touch::Desk;
use crate::args::Entered;
use crate::ask::Pins;
use crate::output::{Exit, Problem};

/// Bytes of the nonce that the card signs.
const NONCE: usize = 32;

pub fn run(desk: &mut Desk<'_>, args: Entered) -> Result<Exit, Problem> {
    let mut pins = Pins::for_card(args.secret.pin_fd)?;
    desk.before(SecretKind::TextPin)?;
    let nonce = nonce()?;
    let trusted = desk.trusted.clone();
    let read = desk.entered(
        &mut pins,
        args.last_try,
        |pins, out| pins.text_pin(Key::CardPromptText, out),
        |entry| read_attributes(entry, nonce.clone(), trusted.clone()),
        Progress::Read,
    )?;
    let out = desk.out;
    let is_here = read.presence.is_some();
    if out.json() {
        let mut object = four::object(&read.four);
        if let Value::Object(members) = &mut object {
            members.insert("schema".to_owned(), json!(1));
            members.insert("verified".to_owned(), json!({ "issuer": true, "not_a_copy": is_here }));
        }
        out.object(&object);
        return Ok(Exit::Done);
    }
    four::show(&read.four, out);
    out.note(Key::CardReadProof, &[]);
    let presence = if is_here {
        Key::CardReadPresence
    } else {
        Key::CardReadNoPresence
    };
    out.note(presence, &[]);
    Ok(Exit::Done)
}

/// Something the card has not signed before.
pub fn nonce() -> Result<Vec<u8>, Problem> {
    let mut nonce = vec![0; NONCE];
    getrandom::fill(&mut nonce).map_err(|_| Problem::new(Key::ErrorInternal, Exit::Other))?;
    Ok(nonce)
}
