//! Ctrl-C. Before the signature nothing was paid, and opening undoes what was prepared; while the key
//! signs it waits; afterwards the payment stands and is named. A card in use answers the command it has, and
//! loses its power before the process ends.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
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

/// Held while a card has power.
static CARD: Mutex<()> = Mutex::new(());
/// The person stopped.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// A card has power for as long as this lives.
pub struct CardInUse(Option<MutexGuard<'static, ()>>);

/// Waits for nothing: one card is used at a time.
#[cfg(feature = "pcsc")]
pub fn card_in_use() -> CardInUse {
    CardInUse(Some(lock(&CARD)))
}

impl CardInUse {
    /// Whether no more commands may go to the card.
    #[cfg_attr(not(feature = "pcsc"), allow(dead_code, reason = "no card is ever in use"))]
    pub fn stopped(&self) -> bool {
        STOPPED.load(Ordering::SeqCst)
    }
}

impl Drop for CardInUse {
    /// The card is without power. Whoever was stopped says nothing more.
    fn drop(&mut self) {
        drop(self.0.take());
        while self.stopped() {
            thread::park();
        }
    }
}

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
    STOPPED.store(true, Ordering::SeqCst);
    let _card = lock(&CARD);
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
