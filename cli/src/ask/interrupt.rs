//! Ctrl-C. Before the signature nothing was paid, and opening undoes what was prepared; while the key
//! signs it waits; afterwards the payment stands and is named.

use std::io::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use kinchaku_design::{Key, Lang, say};
use kinchaku_protocol::ids::Ref;
use rustix::termios::{OptionalActions, Termios, tcsetattr};
use signal_hook::consts::SIGINT;
use signal_hook::iterator::Signals;

use crate::output::Exit;

/// The payment that was signed in this run. Held while the key signs.
static SIGNED: Mutex<Option<Ref>> = Mutex::new(None);
/// How the terminal was before a secret was asked for.
static TERMINAL: Mutex<Option<Termios>> = Mutex::new(None);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From here on Ctrl-C ends the command in words. Where signals cannot be had it ends it without.
pub fn watch(lang: Lang) {
    let Ok(mut signals) = Signals::new([SIGINT]) else {
        return;
    };
    thread::spawn(move || {
        if signals.forever().next().is_some() {
            stop(lang);
        }
    });
}

fn stop(lang: Lang) {
    if let Some(before) = lock(&TERMINAL).take() {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
    }
    let signed = lock(&SIGNED);
    let said = match *signed {
        Some(reference) => say(
            lang,
            Key::PayInterruptedSigned,
            &[("reference", &reference.to_string())],
        ),
        None => {
            let code = Key::ErrorInterrupted.code().unwrap_or("");
            format!("{} ({code})", say(lang, Key::ErrorInterrupted, &[]))
        }
    };
    let _ = writeln!(io::stderr(), "\n{said}");
    std::process::exit(i32::from(Exit::Interrupted.status()));
}

/// How the terminal must be left.
pub(super) fn restore_on_stop(before: Option<Termios>) {
    *lock(&TERMINAL) = before;
}

/// Signs; nobody stops this half way without being told.
pub fn signing<T, E>(sign: impl FnOnce() -> Result<T, E>, reference: impl FnOnce(&T) -> Ref) -> Result<T, E> {
    let mut signed = lock(&SIGNED);
    let done = sign()?;
    *signed = Some(reference(&done));
    Ok(done)
}
