//! `kinchaku qr …`: codes without a wallet. The JSON forms are a promise to scripts and are frozen by
//! `tests/qr_forms.rs`.

mod code;
mod form;
mod parse;
mod read;
mod words;

use crate::args::QrCommand;
use crate::output::{Exit, Output};

/// Runs a `qr` command. It ends well where every item was good, [`Exit::Partly`] where some were.
pub fn run(command: &QrCommand, out: &Output) -> Exit {
    match command {
        QrCommand::Read { images } => read::run(images, out),
        QrCommand::Parse { payload } => parse::run(payload, out),
    }
}
