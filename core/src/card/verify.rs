//! The one place from which VERIFY goes to the card, at most once for each time a person types.
//!
//! Order, in one touch: the card's own count is read; none left is [`CardError::Locked`], one left without consent
//! [`CardError::LastTry`], and nothing was sent. Else the [`Entry`] is consumed by the command. What follows is
//! known by the answer: right, wrong, locked, refused. Without an answer it is unknown, and the next touch reads
//! the count before anything else and ends the exchange.
//!
//! A lost link before VERIFY keeps the entry. No other way gives one back: it cannot be copied, the command
//! made of it is no [`super::apdu::Repeatable`], and this module alone makes it.

use zeroize::Zeroizing;

use super::apdu::{Command, CommandKind, Repeatable, StatusWord, ins};
use super::error::{CardError, Stop};
use super::exchange::Progress;
use super::link::Card;
use super::profile::SecretKind;
use super::secret::CardSecret;
use super::tries::Left;

/// Head of VERIFY against the selected file. Without a body, of four bytes, it asks for the count; with a fifth
/// byte a card would refuse that.
const HEAD: [u8; 4] = [0x00, ins::VERIFY, 0x00, 0x80];

/// One typing by a person.
#[derive(Debug)]
pub struct Entry<S> {
    secret: S,
    last_try: bool,
}

impl<S: CardSecret> Entry<S> {
    /// What was typed.
    pub const fn typed(secret: S) -> Self {
        Self {
            secret,
            last_try: false,
        }
    }

    /// The person knows that one try is left and wants to use it.
    #[must_use]
    pub fn agreeing_to_last_try(self) -> Self {
        Self { last_try: true, ..self }
    }
}

/// What became of the entries of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spent {
    /// No secret left this device.
    Nothing,
    /// The card got this one and has not answered.
    Unanswered(SecretKind),
    /// The card got this one and answered.
    Taken(SecretKind),
}

/// A VERIFY with its secret. Made in this module, consumed by [`Card::once`].
pub(super) struct Once {
    secret: SecretKind,
    bytes: Zeroizing<Vec<u8>>,
}

impl Once {
    fn new<S: CardSecret>(entry: &Entry<S>) -> Option<Self> {
        let ascii = entry.secret.ascii();
        let mut bytes = Zeroizing::new(Vec::with_capacity(
            ascii.len().saturating_add(HEAD.len()).saturating_add(1),
        ));
        bytes.extend(HEAD);
        bytes.push(u8::try_from(ascii.len()).ok()?);
        bytes.extend(ascii);
        Some(Self { secret: S::KIND, bytes })
    }

    pub const fn secret(&self) -> SecretKind {
        self.secret
    }

    pub fn command(self) -> Command {
        Command::once(CommandKind::Verify(self.secret), self.bytes)
    }
}

/// The card's count allows this entry, as read in this touch.
pub(super) struct Admitted(SecretKind);

/// How many tries the card says are left. The application is selected.
pub(super) async fn count(card: &mut Card, secret: SecretKind) -> Result<u8, Stop> {
    card.select_secret(secret).await?;
    let command = CommandKind::Count(secret);
    let status = card.ask(&Repeatable::plain(command, HEAD, &[])).await?.status;
    let left = match (status, status.tries()) {
        (StatusWord::KEY_BLOCKED | StatusWord::METHOD_BLOCKED, _) => 0,
        (_, Some(left)) => left,
        // 9000 too: a card that wants no secret is none of ours.
        (_, None) => return Err(CardError::Refused { command, status }.into()),
    };
    card.learn(secret, Left::Known(left));
    Ok(left)
}

/// Whether this entry may go to the card. Nothing of it is sent.
pub(super) async fn admit<S: CardSecret>(card: &mut Card, entry: Option<&Entry<S>>) -> Result<Admitted, Stop> {
    let secret = S::KIND;
    let Some(entry) = entry else {
        return Err(CardError::TypeAgain { secret }.into());
    };
    match count(card, secret).await? {
        0 => Err(CardError::Locked { secret }.into()),
        1 if !entry.last_try => Err(CardError::LastTry { secret }.into()),
        _ => Ok(Admitted(secret)),
    }
}

/// Takes the entry and sends it.
pub(super) async fn verify<S: CardSecret>(
    card: &mut Card,
    entry: &mut Option<Entry<S>>,
    Admitted(secret): Admitted,
) -> Result<(), Stop> {
    card.select_secret(secret).await?;
    let Some(once) = entry.take().and_then(|entry| Once::new(&entry)) else {
        return Err(CardError::TypeAgain { secret }.into());
    };
    let status = card.once(once).await?;
    let command = CommandKind::Verify(secret);
    match (status, status.tries()) {
        (StatusWord::OK, _) => {
            card.learn(secret, Left::Known(secret.max_tries()));
            card.reached(Progress::PasswordChecked);
            Ok(())
        }
        (StatusWord::KEY_BLOCKED | StatusWord::METHOD_BLOCKED, _) | (_, Some(0)) => {
            card.learn(secret, Left::Known(0));
            Err(CardError::Locked { secret }.into())
        }
        (_, Some(left)) => {
            card.learn(secret, Left::Known(left));
            Err(CardError::Wrong { secret, left }.into())
        }
        // Also 61xx and 6Cxx: whether it counted is as unknown as with a lost link, and nothing is sent again.
        (_, None) => Err(CardError::Refused { command, status }.into()),
    }
}

/// After a link that was lost under VERIFY: what the card says became of it.
pub(super) async fn look_after_loss(card: &mut Card, secret: SecretKind) -> Result<CardError, Stop> {
    card.select(secret.application()).await?;
    Ok(match count(card, secret).await? {
        0 => CardError::Locked { secret },
        left => CardError::Unconfirmed { secret, left },
    })
}
