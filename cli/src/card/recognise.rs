//! `card recognise`: the certificate's issuer and number, hashed, without a PIN. Enough to know a card again at an
//! event; it names nobody and proves nothing, as every reader can copy it.

use data_encoding::HEXLOWER;
use kinchaku_core::card::recognise;
use kinchaku_design::{Key, text};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::touch::{Desk, Steps};
use crate::output::{Exit, Problem, columns};

pub fn run(desk: &mut Desk<'_>) -> Result<Exit, Problem> {
    desk.ask_for(Key::CardPlace);
    let certificate = desk.run(recognise(desk.trusted.clone()), Steps::Silent)?;
    let name = certificate.key_name();
    let issuer = HEXLOWER.encode(&name.aki);
    let serial = HEXLOWER.encode(&Sha256::digest(&name.serial));
    let out = desk.out;
    if out.json() {
        out.object(&json!({ "schema": 1, "issuer_key": issuer, "serial_sha256": serial }));
        return Ok(Exit::Done);
    }
    let row = |key, value: &str| vec![text(out.lang(), key).to_owned(), value.to_owned()];
    let rows = [
        row(Key::CardRecogniseIssuer, &issuer),
        row(Key::CardRecogniseSerial, &serial),
    ];
    for line in columns(&rows, &[]) {
        out.line(&line);
    }
    out.note(Key::CardRecognised, &[]);
    Ok(Exit::Done)
}
