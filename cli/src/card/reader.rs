//! A PC/SC reader with a card in it, for one program at a time.
//!
//! The card is taken exclusively, over T=1, and loses its power when it is let go: what was verified would outlive
//! the program otherwise. T=0 is not taken: over it the question for the tries gets a fifth byte, which
//! a My Number card refuses, and drivers fetch answers by commands of their own.
//!
//! Nothing is ever sent twice. Whatever is not an answer, also an answer of no bytes, is a card that has gone.

use std::ffi::{CStr, CString};
use std::time::{Duration, Instant};

use kinchaku_core::card::{CardTransport, TransportLost};
use pcsc::{Card, Context, Disposition, Error, Protocols, ReaderState, Scope, ShareMode, State};

use super::choice::{Found, Trouble, choose};
use crate::ask::{CardInUse, card_in_use};

/// The longest answer to a short command: 256 bytes and a status word.
const LONGEST: usize = 258;

/// How long a card that does not answer is given to be put down rightly.
const MUTE_PATIENCE: Duration = Duration::from_secs(3);

/// The reader or readers that are waited at.
pub struct Reader {
    context: Context,
    states: Vec<ReaderState>,
}

/// A card with power.
pub struct Inserted {
    card: Option<Card>,
    in_use: CardInUse,
}

impl Reader {
    /// The reader that is meant.
    pub fn find(name: Option<&str>) -> Result<Self, Trouble> {
        let context = Context::establish(Scope::User).map_err(trouble)?;
        let names = match context.list_readers_owned() {
            Ok(names) => names,
            Err(Error::NoReadersAvailable) => Vec::new(),
            Err(error) => return Err(trouble(error)),
        };
        let mut states = states(names);
        if !states.is_empty() {
            context
                .get_status_change(Duration::ZERO, &mut states)
                .or_else(in_time)?;
        }
        let chosen = choose(states.iter().map(found).collect(), name)?;
        states.retain(|state| chosen.iter().any(|name| *name == said(state.name())));
        Ok(Self { context, states })
    }

    /// Waits for a card, and takes it. From the first one on the reader it lay in is meant.
    pub fn insert(&mut self, patience: Duration) -> Result<Inserted, Trouble> {
        let until = Instant::now().checked_add(patience);
        let mut mute_since = None;
        loop {
            self.look()?;
            for name in self.with_card() {
                let in_use = card_in_use();
                match self.context.connect(&name, ShareMode::Exclusive, Protocols::T1) {
                    Ok(card) => {
                        self.states.retain(|state| state.name() == name.as_c_str());
                        return Ok(Inserted {
                            card: Some(card),
                            in_use,
                        });
                    }
                    Err(Error::SharingViolation) => return Err(Trouble::Busy),
                    Err(Error::ProtoMismatch | Error::UnsupportedCard) => return Err(Trouble::NotACard),
                    // It is being put down, or being taken away.
                    Err(
                        Error::NoSmartcard
                        | Error::RemovedCard
                        | Error::UnpoweredCard
                        | Error::UnresponsiveCard
                        | Error::ResetCard
                        | Error::CommError,
                    ) => {
                        let since = *mute_since.get_or_insert_with(Instant::now);
                        if since.elapsed() > MUTE_PATIENCE {
                            return Err(Trouble::Mute);
                        }
                    }
                    Err(error) => return Err(trouble(error)),
                }
            }
            let left = left(until);
            if left.is_zero() {
                return Err(Trouble::NoCard);
            }
            let patience = if mute_since.is_some() {
                MUTE_PATIENCE.min(left)
            } else {
                left
            };
            self.change(patience)?;
        }
    }

    /// Waits until no card is there.
    pub fn removed(&mut self, patience: Duration) -> Result<(), Trouble> {
        let until = Instant::now().checked_add(patience);
        loop {
            if !self.has_card() {
                return Ok(());
            }
            let left = left(until);
            if left.is_zero() {
                return Err(Trouble::NoCard);
            }
            self.change(left)?;
        }
    }

    /// Whether a card is there now.
    pub fn has_card(&mut self) -> bool {
        self.look().is_ok() && !self.with_card().is_empty()
    }

    fn with_card(&self) -> Vec<CString> {
        let present = |state: &&ReaderState| state.event_state().contains(State::PRESENT);
        let states = self.states.iter().filter(present);
        states.map(|state| state.name().to_owned()).collect()
    }

    /// What is so now: a reader that is asked for the first time answers at once.
    fn look(&mut self) -> Result<(), Trouble> {
        let names = self.states.iter().map(|state| state.name().to_owned()).collect();
        self.states = states(names);
        self.ask(Duration::ZERO)
    }

    fn ask(&mut self, patience: Duration) -> Result<(), Trouble> {
        self.context
            .get_status_change(patience, &mut self.states)
            .or_else(in_time)?;
        let gone = |state: &ReaderState| state.event_state().intersects(State::UNKNOWN | State::UNAVAILABLE);
        if self.states.iter().all(gone) {
            return Err(Trouble::Failed);
        }
        Ok(())
    }

    /// Waits until it is different.
    fn change(&mut self, patience: Duration) -> Result<(), Trouble> {
        self.states.iter_mut().for_each(ReaderState::sync_current_state);
        self.ask(patience)
    }
}

impl Inserted {
    /// Takes the card's power. Ctrl-C waits for as long as what is returned lives.
    pub fn power_down(mut self) -> CardInUse {
        if let Some(card) = self.card.take() {
            // A card that has gone has no power either.
            let _ = card.disconnect(Disposition::UnpowerCard);
        }
        self.in_use
    }
}

impl CardTransport for Inserted {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportLost> {
        let card = self
            .card
            .as_ref()
            .filter(|_| !self.in_use.stopped())
            .ok_or(TransportLost)?;
        let mut answer = [0; LONGEST];
        match card.transmit(command, &mut answer) {
            Ok([]) | Err(_) => Err(TransportLost),
            Ok(answer) => Ok(answer.to_vec()),
        }
    }
}

fn states(names: Vec<CString>) -> Vec<ReaderState> {
    names
        .into_iter()
        .map(|name| ReaderState::new(name, State::UNAWARE))
        .collect()
}

fn found(state: &ReaderState) -> Found {
    Found {
        name: said(state.name()),
        card: state.event_state().contains(State::PRESENT),
    }
}

fn said(name: &CStr) -> String {
    name.to_string_lossy().into_owned()
}

fn left(until: Option<Instant>) -> Duration {
    until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()))
}

/// Nothing changed in time; that is no error here.
fn in_time(error: Error) -> Result<(), Trouble> {
    match error {
        Error::Timeout => Ok(()),
        error => Err(trouble(error)),
    }
}

const fn trouble(error: Error) -> Trouble {
    match error {
        Error::NoService | Error::ServiceStopped => Trouble::Service,
        Error::NoReadersAvailable => Trouble::NoReader,
        Error::SharingViolation => Trouble::Busy,
        Error::NoSmartcard | Error::RemovedCard | Error::Timeout => Trouble::NoCard,
        Error::UnresponsiveCard | Error::UnpoweredCard => Trouble::Mute,
        _ => Trouble::Failed,
    }
}
