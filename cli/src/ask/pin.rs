//! Asking for PINs: never from the command line or the environment, and the tries that are left are
//! said before they are used up.

use kinchaku_core::lock::{LockStatus, Pin};
use kinchaku_design::{Key, text};

use super::silent::Source;
use crate::output::{Exit, Output, Problem};

/// Where the PINs of one command come from.
pub struct Pins(Source);

impl Pins {
    /// A descriptor, or the terminal.
    pub fn from(descriptor: Option<u32>) -> Result<Self, Problem> {
        Source::find(descriptor)
            .map(Self)
            .ok_or(Problem::new(Key::ErrorPinSource, Exit::Usage))
    }

    /// The same, for the secrets of a card.
    pub fn for_card(descriptor: Option<u32>) -> Result<Self, Problem> {
        Source::find(descriptor)
            .map(Self)
            .ok_or(Problem::new(Key::ErrorCardSecretSource, Exit::Usage))
    }

    /// Whether a person is there who can be asked again.
    pub const fn is_person(&self) -> bool {
        self.0.is_person()
    }

    /// The PIN in use.
    pub fn present(&mut self, out: &Output) -> Result<Pin, Problem> {
        self.ask(Key::PinPrompt, out).map(|(pin, _)| pin)
    }

    /// A new PIN: a person types it twice, and an easy one is refused by what is easy about it.
    pub fn fresh(&mut self, out: &Output) -> Result<Pin, Problem> {
        let (pin, typed) = self.ask(Key::PinPromptNew, out)?;
        if pin.is_trivial() {
            let mut digits = typed.chars();
            let first = digits.next();
            let same = digits.all(|digit| Some(digit) == first);
            let key = if same {
                Key::ErrorPinRepeated
            } else {
                Key::ErrorPinSequence
            };
            return Err(Problem::new(key, Exit::Refused));
        }
        if self.is_person() {
            let (_, again) = self.ask(Key::PinPromptAgain, out)?;
            if *again != *typed {
                return Err(Problem::new(Key::ErrorPinMismatch, Exit::Pin));
            }
        }
        Ok(pin)
    }

    /// The next line as it was typed, for the secrets of a card.
    pub(super) fn typed(&mut self, prompt: Key, out: &Output) -> Option<zeroize::Zeroizing<String>> {
        self.0.line(text(out.lang(), prompt)).ok()
    }

    fn ask(&mut self, prompt: Key, out: &Output) -> Result<(Pin, zeroize::Zeroizing<String>), Problem> {
        let typed = self
            .0
            .line(text(out.lang(), prompt))
            .map_err(|_| Problem::new(Key::ErrorPinSource, Exit::Usage))?;
        let pin = Pin::parse(&typed).map_err(|_| Problem::new(Key::ErrorPinFormat, Exit::Usage))?;
        Ok((pin, typed))
    }
}

/// What must be known before the next try; locked and waiting are told without asking at all.
pub fn before(status: LockStatus, out: &Output) -> Result<(), Problem> {
    match status {
        LockStatus { set: false, .. } => Err(Problem::new(Key::ErrorPinMissing, Exit::Pin)),
        LockStatus { tries_left: 0, .. } => Err(Problem::new(Key::ErrorPinLocked, Exit::Pin)),
        LockStatus { wait_s: 1.., .. } => {
            Err(Problem::new(Key::ErrorPinWait, Exit::Pin).count("seconds", status.wait_s))
        }
        LockStatus { tries_left: 1, .. } => {
            out.note(Key::PinBeforeFifth, &[]);
            Ok(())
        }
        LockStatus { tries_left: 2, .. } => {
            out.note(Key::PinBeforeFourth, &[]);
            Ok(())
        }
        LockStatus { .. } => Ok(()),
    }
}
