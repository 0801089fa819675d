//! One exchange with a card at the reader, over as many touches as it takes, told as it happens.
//!
//! What a touch learnt of the card's counters is stored before the card is let go, so that Ctrl-C loses nothing.

use std::time::Duration;

use kinchaku_core::card::{
    CardError, CardSecret, Entry, Exchange, Left, Outcome, Progress, SecretKind, Trusted, Why, pump,
};
use kinchaku_core::home::Home;
use kinchaku_core::link;
use kinchaku_design::format::moment;
use kinchaku_design::{Key, text};

use super::choice;
use super::reader::Reader;
use crate::ask::{self, Pins};
use crate::output::{Exit, Output, Problem};
use crate::words;

/// Lost links until the exchange is given up, and until advice is given.
const MOST_LOSSES: u8 = 6;
const ADVICE_AFTER: u8 = 3;

/// A reader, and what belongs to it.
pub struct Desk<'a> {
    /// The reader.
    pub reader: Reader,
    /// How long a card is waited for.
    pub patience: Duration,
    /// The wallet whose person's card this is: it remembers the tries.
    pub home: Option<&'a Home>,
    /// Whom to believe.
    pub trusted: Trusted,
    /// Where to speak.
    pub out: &'a Output,
}

/// Whether a person waits for the steps of a touch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Steps {
    /// Something was entered, and each step is told up to this one.
    Told(Progress),
    /// It is over in a moment.
    Silent,
}

/// Why an exchange did not come to its end.
pub enum Ended {
    /// As the exchange says.
    Card(CardError),
    /// Everything else.
    Other(Problem),
}

impl From<Problem> for Ended {
    fn from(problem: Problem) -> Self {
        Self::Other(problem)
    }
}

impl From<Ended> for Problem {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Card(error) => words::card::problem(error),
            Ended::Other(problem) => problem,
        }
    }
}

impl Desk<'_> {
    /// Asks for a card where none lies there.
    pub fn ask_for(&mut self, key: Key) {
        if !self.reader.has_card() {
            self.out.note(key, &[]);
        }
    }

    /// Waits until the card that lies there is taken away.
    pub fn taken_away(&mut self) -> Result<(), Problem> {
        let taken = self.reader.removed(self.patience);
        taken.map_err(|trouble| choice::problem(trouble, self.out))
    }

    /// Runs an exchange.
    pub fn run<T>(&mut self, mut exchange: Exchange<T>, steps: Steps) -> Result<T, Ended> {
        let mut losses: u8 = 0;
        loop {
            let inserted = self.reader.insert(self.patience);
            let mut inserted = inserted.map_err(|trouble| choice::problem(trouble, self.out))?;
            let mut told = None;
            let ended = pump(&mut exchange, &mut inserted, &mut |reached| {
                if let Steps::Told(last) = steps {
                    tick(&mut told, reached.min(last), self.out);
                }
            });
            let in_use = inserted.power_down();
            if let Some(home) = self.home {
                link::remember_tries(home, &exchange.tries()).map_err(|error| words::store::store(&error))?;
            }
            drop(in_use);
            match ended {
                Ok(Outcome::Done(output)) => return Ok(output),
                Err(error) => return Err(Ended::Card(error)),
                Ok(Outcome::TouchAgain(why)) => {
                    losses = losses.saturating_add(1);
                    if losses >= MOST_LOSSES {
                        return Err(Problem::new(Key::ErrorCardRemoved, Exit::Card).into());
                    }
                    self.lost(why, steps, losses);
                }
            }
        }
    }

    /// Asks for a secret and runs the exchange that is made with it. A person who typed it wrong is asked again, and
    /// types again: nothing that was entered is ever used twice.
    pub fn entered<S: CardSecret, T>(
        &mut self,
        pins: &mut Pins,
        last_try: bool,
        ask: impl Fn(&mut Pins, &Output) -> Result<S, Problem>,
        exchange: impl Fn(Entry<S>) -> Exchange<T>,
        last: Progress,
    ) -> Result<T, Problem> {
        let mut agreed = last_try;
        loop {
            let entry = Entry::typed(ask(pins, self.out)?);
            let entry = if agreed { entry.agreeing_to_last_try() } else { entry };
            self.ask_for(Key::CardPlace);
            match self.run(exchange(entry), Steps::Told(last)) {
                Ok(output) => return Ok(output),
                Err(ended) => agreed = self.again(ended, pins, last_try)?,
            }
        }
    }

    /// Whether the person wants to type again; the answer is whether the last try may be used.
    fn again(&self, ended: Ended, pins: &Pins, last_try: bool) -> Result<bool, Problem> {
        let again = match ended {
            Ended::Card(
                error @ (CardError::Wrong { .. } | CardError::Unconfirmed { .. } | CardError::TypeAgain { .. }),
            ) => (error, false),
            Ended::Card(error @ CardError::LastTry { .. }) => (error, true),
            ended => return Err(ended.into()),
        };
        let (error, last) = again;
        let problem = words::card::problem(error);
        if !pins.is_person() {
            return Err(problem);
        }
        self.out.warn(&problem);
        if last && !ask::agreed_about_card(Key::CardLastTryQuestion, &[], self.out)? {
            return Err(problem);
        }
        Ok(last || last_try)
    }

    /// Says the rule of a secret, and what the last touch left of its tries.
    pub fn before(&self, kind: SecretKind) -> Result<(), Problem> {
        let lang = self.out.lang();
        let secret = text(lang, words::card::secret_word(kind).1);
        let most = kind.max_tries();
        self.out
            .note(Key::CardTriesRule, &[("secret", secret), ("count", &most.to_string())]);
        let Some(home) = self.home else { return Ok(()) };
        let tries = link::remembered_tries(home).map_err(|error| words::store::store(&error))?;
        let now = home.now().map_err(|error| words::store::store(&error))?.time;
        let Some((left, at)) = tries.of(kind) else {
            return Ok(());
        };
        let time = moment(lang, at.0, now.0);
        match left {
            Left::Known(left) if left < most => {
                let values = [("time", &*time), ("secret", secret), ("left", &*left.to_string())];
                self.out.note(Key::CardTriesBefore, &values);
            }
            Left::Known(_) => (),
            Left::Unconfirmed => self
                .out
                .note(Key::CardTriesUnconfirmed, &[("time", &time), ("secret", secret)]),
        }
        Ok(())
    }

    fn lost(&self, why: Why, steps: Steps, losses: u8) {
        let key = match (why, steps) {
            (Why::Unconfirmed { .. }, _) => Key::CardLostDuring,
            (Why::First | Why::LinkLost, Steps::Told(_)) => Key::CardLostBefore,
            (Why::First | Why::LinkLost, Steps::Silent) => Key::CardLost,
        };
        self.out.note(key, &[]);
        match losses.checked_sub(ADVICE_AFTER) {
            Some(0) => self.out.note(Key::CardTipFlat, &[]),
            Some(1) => self.out.note(Key::CardTipMetal, &[]),
            _ => (),
        }
    }
}

/// Tells each step up to the one that was reached, once: the card may have come two steps further at once.
fn tick(told: &mut Option<Progress>, reached: Progress, out: &Output) {
    for (step, key) in [
        (Progress::Found, Key::CardProgressFound),
        (Progress::PasswordChecked, Key::CardProgressPassword),
        (Progress::Read, Key::CardProgressRead),
        (Progress::Signed, Key::CardProgressSigned),
    ] {
        if step <= reached && Some(step) > *told {
            out.step(text(out.lang(), key));
            *told = Some(step);
        }
    }
}
