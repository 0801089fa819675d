//! The card as an exchange talks to it: one command, one answer, and a limit on how many in a touch.
//!
//! Owns what the card is believed to have selected, and the rules of repeating: only [`Repeatable`] commands are
//! followed by GET RESPONSE or sent again with another Le, a bounded number of times.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use super::apdu::{Answer, Command, CommandKind, MOST, Repeatable, StatusWord, ins};
use super::error::{CardError, Stop, Why};
use super::exchange::Progress;
use super::journal::Journal;
use super::profile::{Application, FIRST, Generation, Key, SecretKind};
use super::tries::{Learnt, Left};
use super::verify::{Once, Spent};

/// Most commands of one touch: a full linking takes about twenty, and answers of 32 bytes still fit.
const MOST_COMMANDS: u16 = 256;

/// Most GET RESPONSE after one command: 256 bytes announced one by one are a broken card.
const MOST_RESPONSES: u8 = 16;

/// What the host brought.
pub(super) enum Given {
    Touched,
    Answer(Answer),
    Lost,
}

impl Given {
    pub fn answer(bytes: &[u8]) -> Self {
        Answer::read(bytes).map_or(Self::Lost, Self::Answer)
    }
}

/// What the conversation wants from the host.
pub(super) enum Wish {
    Send(Command),
    Touch(Why),
}

/// Between an exchange and the function that runs inside it.
#[derive(Default)]
pub(super) struct Line(Mutex<Shared>);

#[derive(Default)]
struct Shared {
    given: Option<Given>,
    wish: Option<Wish>,
    progress: Option<Progress>,
    journal: Journal,
    learnt: Learnt,
}

impl Line {
    fn open(&self) -> MutexGuard<'_, Shared> {
        // Whoever panicked held no half-written state: every use sets whole fields.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn give(&self, given: Given) {
        self.open().given = Some(given);
    }

    pub fn wish(&self) -> Option<Wish> {
        self.open().wish.take()
    }

    pub fn progress(&self) -> Option<Progress> {
        self.open().progress
    }

    pub fn learnt(&self) -> Learnt {
        self.open().learnt
    }

    pub fn journal(&self) -> Journal {
        self.open().journal.clone()
    }

    /// Says what is wanted and waits for what comes.
    async fn ask(&self, wish: Wish) -> Given {
        self.open().wish = Some(wish);
        poll_fn(|_| match self.open().given.take() {
            Some(given) => Poll::Ready(given),
            None => Poll::Pending,
        })
        .await
    }
}

/// The card in front of us.
pub(super) struct Card {
    line: Arc<Line>,
    generation: &'static Generation,
    sent: u16,
    /// By which command the present file was selected, as far as the card's answers say.
    current: Option<CommandKind>,
    application: Option<Application>,
    spent: Spent,
    /// Whether the card reads by short identifier; forgotten by no touch, as it costs two commands to learn.
    pub reads_short: bool,
}

impl Card {
    pub fn new(line: Arc<Line>) -> Self {
        Self {
            line,
            generation: &FIRST,
            sent: 0,
            current: None,
            application: None,
            spent: Spent::Nothing,
            reads_short: true,
        }
    }

    pub const fn generation(&self) -> &'static Generation {
        self.generation
    }

    pub const fn spent(&self) -> Spent {
        self.spent
    }

    /// Waits for a card and knows nothing of it yet.
    pub async fn touched(&mut self, why: Why) {
        self.line.open().progress = None;
        (self.sent, self.current, self.application) = (0, None, None);
        // The first event is what the conversation is begun with; it is there already.
        let begun = self.line.open().given.take();
        let mut given = match begun {
            Some(given) => given,
            None => self.line.ask(Wish::Touch(why)).await,
        };
        while !matches!(given, Given::Touched) {
            given = self.line.ask(Wish::Touch(why)).await;
        }
    }

    pub fn reached(&self, progress: Progress) {
        let mut line = self.line.open();
        line.progress = line.progress.max(Some(progress));
    }

    pub fn learn(&self, secret: SecretKind, left: Left) {
        self.line.open().learnt.set(secret, left);
    }

    /// One command and its answer. Private: what may be sent again goes through the functions below, and what
    /// may not through [`Card::once`].
    async fn exchange(&mut self, command: Command) -> Result<Answer, Stop> {
        self.sent = self.sent.saturating_add(1);
        if self.sent > MOST_COMMANDS {
            return Err(CardError::Endless.into());
        }
        self.line.open().journal.sent(&command);
        let given = self.line.ask(Wish::Send(command)).await;
        let mut line = self.line.open();
        if let Given::Answer(answer) = given {
            line.journal.answered(answer.data.len(), answer.status);
            Ok(answer)
        } else {
            line.journal.lost();
            Err(Stop::Lost)
        }
    }

    /// A secret, which leaves this device here and nowhere else. From the moment it is handed out until the
    /// card answers, nobody knows whether the card counted.
    pub async fn once(&mut self, once: Once) -> Result<StatusWord, Stop> {
        let secret = once.secret();
        self.spent = Spent::Unanswered(secret);
        self.learn(secret, Left::Unconfirmed);
        let answer = self.exchange(once.command()).await?;
        self.spent = Spent::Taken(secret);
        Ok(answer.status)
    }

    /// One command, whatever the status word.
    pub async fn ask(&mut self, command: &Repeatable) -> Result<Answer, Stop> {
        self.exchange(command.command()).await
    }

    /// A command whose answer may come in parts (`61xx`) or wants another Le (`6Cxx`).
    pub async fn fetch(&mut self, command: &Repeatable) -> Result<Answer, Stop> {
        let mut answer = self.ask(command).await?;
        if let Some(le) = answer.status.right_le() {
            answer = self.ask(&command.with_le(le)).await?;
        }
        for _ in 0..MOST_RESPONSES {
            let Some(more) = answer.status.more() else { break };
            let next = self.ask(&command.response(more)).await?;
            answer.status = next.status;
            answer.data.extend(next.data);
            if answer.data.len() > MOST {
                break;
            }
        }
        Ok(answer)
    }

    /// SELECT of an application. Another one ends what was verified in this one.
    pub async fn select(&mut self, application: Application) -> Result<(), Stop> {
        if self.application == Some(application) {
            return Ok(());
        }
        (self.application, self.current) = (None, None);
        let kind = CommandKind::SelectApplication(application);
        let aid = self.generation.aid(application);
        let select = Repeatable::plain(kind, [0x00, ins::SELECT, 0x04, 0x0c], aid);
        let status = self.ask(&select).await?.status;
        // P2 = 0C asks for no file control information; a card may offer some all the same.
        if status != StatusWord::OK && status.more().is_none() {
            return Err(CardError::NotMyNumberCard.into());
        }
        self.application = Some(application);
        self.reached(Progress::Found);
        Ok(())
    }

    /// SELECT of a file by its identifier (P1 = 02, the only way that works), unless it is selected.
    pub async fn select_file(&mut self, kind: CommandKind, identifier: [u8; 2]) -> Result<(), Stop> {
        if self.current == Some(kind) {
            return Ok(());
        }
        self.current = None;
        let select = Repeatable::plain(kind, [0x00, ins::SELECT, 0x02, 0x0c], &identifier);
        match self.ask(&select).await?.status {
            StatusWord::OK => {
                self.current = Some(kind);
                Ok(())
            }
            status => Err(CardError::Refused { command: kind, status }.into()),
        }
    }

    /// The card selected a file by itself: READ BINARY by short identifier does.
    pub fn now_in(&mut self, kind: CommandKind) {
        self.current = Some(kind);
    }

    /// The card has no file selected, whatever we thought.
    pub fn in_no_file(&mut self) {
        self.current = None;
    }

    /// SELECT of a PIN's file.
    pub async fn select_secret(&mut self, secret: SecretKind) -> Result<(), Stop> {
        let identifier = self.generation.secret(secret).identifier();
        self.select_file(CommandKind::SelectSecret(secret), identifier).await
    }

    /// SELECT of a key's file, where it has one.
    pub async fn select_key(&mut self, key: Key) -> Result<(), Stop> {
        match self.generation.key(key) {
            Some(ef) => self.select_file(CommandKind::SelectKey(key), ef.identifier()).await,
            None => Ok(()),
        }
    }
}
