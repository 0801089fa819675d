//! One conversation with a card, over as many touches as it takes, without any I/O.
//!
//! A host tells it what happens ([`Event`]) and does what it says ([`Step`]). States: a card is wanted, an answer
//! is wanted, over. What a conversation says next is written as an `async` function that waits for answers,
//! so the compiler makes the state machine; nothing else runs it, and it needs no runtime.
//!
//! Recovery: any lost link puts it back to *a card is wanted*, where nothing but VERIFY was ever lost
//! ([`super::verify`]). An exchange that is over has wiped what was typed for it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::apdu::Command;
use super::error::{CardError, Stop, Why};
use super::journal::Journal;
use super::link::{Card, Given, Line, Wish};
use super::tries::Learnt;
use super::verify::{self, Spent};

/// What happened to the host.
#[derive(Clone, Copy)]
pub enum Event<'a> {
    /// A card is in the field or in the reader, just powered up.
    Touched,
    /// What the card said to the last command, data and status word.
    Answer(&'a [u8]),
    /// The card has gone, or the reader failed. Also right where it is unclear whether a command arrived.
    Lost,
}

/// What the host does next.
#[derive(Debug)]
pub enum Step<T> {
    /// Hand this to the card, once and as it is, and bring its answer.
    Send(Command),
    /// Wait for a card.
    TouchAgain(Why),
    /// The end.
    Done(T),
    /// The end.
    Failed(CardError),
}

/// What a person sees of a touch, in this order; steps that an exchange does not have are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// It is a My Number card.
    Found,
    /// The card took what was typed.
    PasswordChecked,
    /// Everything is read.
    Read,
    /// The card signed, and its signature is right.
    Signed,
}

/// A conversation with a card that ends in a `T`.
pub struct Exchange<T> {
    /// `None` when it is over.
    work: Option<Work<T>>,
    line: Arc<Line>,
    wanted: Wanted,
}

type Work<T> = Pin<Box<dyn Future<Output = Result<T, CardError>> + Send>>;

#[derive(Clone, Copy)]
enum Wanted {
    Card(Why),
    Answer,
}

/// What one touch does, from SELECT to the end. It is called again for each touch, so it keeps across touches
/// only what may be used in another one.
pub(super) trait Plan: Send + 'static {
    type Output: Send + 'static;

    fn touch(&mut self, card: &mut Card) -> impl Future<Output = Result<Self::Output, Stop>> + Send;
}

impl<T: Send + 'static> Exchange<T> {
    pub(super) fn of(plan: impl Plan<Output = T>) -> Self {
        let line = Arc::new(Line::default());
        Self {
            work: Some(Box::pin(touches(plan, Card::new(line.clone())))),
            line,
            wanted: Wanted::Card(Why::First),
        }
    }
}

impl<T> Exchange<T> {
    /// Goes on by one event. After the end it is [`CardError::Over`].
    pub fn step(&mut self, event: Event<'_>) -> Step<T> {
        match (self.wanted, event) {
            (Wanted::Card(_), Event::Touched) => self.go_on(Given::Touched),
            // A late answer of a card that has gone says nothing about the next one.
            (Wanted::Card(why), _) if self.work.is_some() => Step::TouchAgain(why),
            (Wanted::Answer, Event::Answer(bytes)) => self.go_on(Given::answer(bytes)),
            (Wanted::Answer, Event::Touched) => match self.go_on(Given::Lost) {
                Step::TouchAgain(_) => self.go_on(Given::Touched),
                over => over,
            },
            (_, _) => self.go_on(Given::Lost),
        }
    }

    /// How far this touch has come.
    #[must_use]
    pub fn progress(&self) -> Option<Progress> {
        self.line.progress()
    }

    /// What is known of the card's counters by now. Worth storing after every step that says
    /// [`Step::TouchAgain`], [`Step::Done`] or [`Step::Failed`].
    #[must_use]
    pub fn tries(&self) -> Learnt {
        self.line.learnt()
    }

    /// What was sent and answered so far, without anything personal.
    #[must_use]
    pub fn journal(&self) -> Journal {
        self.line.journal()
    }

    fn go_on(&mut self, given: Given) -> Step<T> {
        let Some(work) = &mut self.work else {
            return Step::Failed(CardError::Over);
        };
        self.line.give(given);
        let end = match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => match self.line.wish() {
                Some(Wish::Send(command)) => {
                    self.wanted = Wanted::Answer;
                    return Step::Send(command);
                }
                Some(Wish::Touch(why)) => {
                    self.wanted = Wanted::Card(why);
                    return Step::TouchAgain(why);
                }
                None => Step::Failed(CardError::Over),
            },
            Poll::Ready(Ok(output)) => Step::Done(output),
            Poll::Ready(Err(error)) => Step::Failed(error),
        };
        self.work = None;
        end
    }
}

/// The plan, touch after touch.
async fn touches<P: Plan>(mut plan: P, mut card: Card) -> Result<P::Output, CardError> {
    let mut why = Why::First;
    loop {
        card.touched(why).await;
        let end = match card.spent() {
            // Before anything else the card is asked what became of the secret it had.
            Spent::Unanswered(secret) => verify::look_after_loss(&mut card, secret)
                .await
                .map_or_else(|stop| stop, Stop::Failed),
            Spent::Nothing | Spent::Taken(_) => match plan.touch(&mut card).await {
                Ok(output) => return Ok(output),
                Err(stop) => stop,
            },
        };
        why = match (end, card.spent()) {
            (Stop::Failed(error), _) => return Err(error),
            (Stop::Lost, Spent::Nothing) => Why::LinkLost,
            (Stop::Lost, Spent::Unanswered(secret)) => Why::Unconfirmed { secret },
            (Stop::Lost, Spent::Taken(secret)) => return Err(CardError::TypeAgain { secret }),
        };
    }
}
