//! Where bytes go to a card: a phone's tag, a reader. The host brings it.

use super::error::{CardError, Why};
use super::exchange::{Event, Exchange, Progress, Step};

/// A card that is there.
pub trait CardTransport {
    /// Hands one command to the card and brings its answer, data and status word.
    ///
    /// An implementation MUST hand over these bytes exactly once and as they are: it never sends them again (not
    /// on `61xx` or `6Cxx`, not because its buffer was small, not because the card was lost), never splits them
    /// and never changes Le. One VERIFY too many can lock a person's card. It waits for the answer as long as the
    /// card asks for, and a signature takes a card seconds.
    ///
    /// # Errors
    /// [`TransportLost`] for everything else than an answer, whatever the reason.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportLost>;
}

/// No answer came: the card has gone, or the reader failed. Whether the card got the command is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the card is gone")]
pub struct TransportLost;

/// How one touch ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// The exchange is done.
    Done(T),
    /// The card is wanted again.
    TouchAgain(Why),
}

/// One touch: hands over what the exchange says, until it is over or the card has gone.
///
/// # Errors
/// [`CardError`]: the exchange is over.
pub fn pump<T>(
    exchange: &mut Exchange<T>,
    transport: &mut dyn CardTransport,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<Outcome<T>, CardError> {
    let mut shown = None;
    let mut step = exchange.step(Event::Touched);
    loop {
        let reached = exchange.progress();
        if reached > shown
            && let Some(progress) = reached
        {
            on_progress(progress);
        }
        shown = reached;
        step = match step {
            Step::Send(command) => match transport.transmit(command.bytes()) {
                Ok(answer) => exchange.step(Event::Answer(&answer)),
                Err(TransportLost) => exchange.step(Event::Lost),
            },
            Step::TouchAgain(why) => return Ok(Outcome::TouchAgain(why)),
            Step::Done(output) => return Ok(Outcome::Done(output)),
            Step::Failed(error) => return Err(error),
        };
    }
}
