//! Linking a My Number card to the account: challenge → what was typed → touches → the person confirms → the town decides.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kinchaku_core::card::{self as core, Entry, Exchange, Outcome, SignLinked, Trusted, Why};
use kinchaku_core::link::{self, Challenge, Evidence, Proven, Standing, Waiting};
use kinchaku_protocol::jpki::attributes::{BasicFour as CoreFour, Sex};
use kinchaku_protocol::jpki::statement::CardPurpose;

use super::Wallet;
use super::card::touch;
use crate::engine::Engine;
use crate::error::{CardError, CardSecretKind, LinkError, LinkRefusal};
use crate::host::CardTransport;
use crate::typed::SignPassword;
use crate::value::epoch_s;

/// 基本4情報, as read from the card. In memory and in the encrypted store alone: to be shown, never logged.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct BasicFour {
    /// Name.
    pub name: String,
    /// Address.
    pub address: String,
    /// Of birth; what the register does not have is none.
    pub birth_year: Option<i32>,
    /// Of birth.
    pub birth_month: Option<i32>,
    /// Of birth.
    pub birth_day: Option<i32>,
    /// By JIS X 0303: 0 unknown, 1 male, 2 female, 9 not applicable.
    pub sex: i32,
}

impl From<&CoreFour> for BasicFour {
    fn from(four: &CoreFour) -> Self {
        let CoreFour {
            name,
            address,
            birth,
            sex,
        } = four;
        Self {
            name: name.clone(),
            address: address.clone(),
            birth_year: birth.year.map(i32::from),
            birth_month: birth.month.map(i32::from),
            birth_day: birth.day.map(i32::from),
            sex: match sex {
                Sex::Unknown => 0,
                Sex::Male => 1,
                Sex::Female => 2,
                Sex::NotApplicable => 9,
                Sex::Other(digit) => (*digit).into(),
            },
        }
    }
}

/// Why a card is wanted once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum CardWanted {
    /// None was there yet.
    First,
    /// The link was lost, and nothing was lost by it.
    LinkLost,
    /// The link was lost while the card had the secret: the next touch asks how many tries are left.
    Unconfirmed {
        /// Which.
        secret: CardSecretKind,
    },
}

/// How one touch ended.
#[derive(Clone, PartialEq, Eq, uniffi::Enum)]
pub enum CardTouch {
    /// The card is wanted again; what was typed is still good.
    Again {
        /// Why.
        why: CardWanted,
    },
    /// Read and signed: shown to the person, who says that it is right.
    Read {
        /// As read.
        four: BasicFour,
    },
}

/// What became of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum LinkOutcome {
    /// The town says so, signed.
    Linked,
    /// A card the town has not seen: the office ties it.
    AtCounter,
    /// Kept, and sent by `resume_link`.
    Waiting {
        /// The last second at which sending is of use.
        until_s: i64,
    },
}

impl From<Proven> for LinkOutcome {
    fn from(proven: Proven) -> Self {
        match proven {
            Proven::Done(_) => Self::Linked,
            Proven::AtCounter => Self::AtCounter,
            Proven::Waiting { until } => Self::Waiting {
                until_s: epoch_s(until),
            },
        }
    }
}

/// What a link waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum CardWaiting {
    /// A network.
    Network {
        /// The last second at which the proof is of use.
        until_s: i64,
    },
    /// The office.
    Counter,
}

/// The screen of the linked card.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct LinkStanding {
    /// 0 no card, 1 a minor's, 2 an adult's.
    pub level: i32,
    /// When it was linked.
    pub linked_at_s: Option<i64>,
    /// The My Key ID, as last heard (F189).
    pub key_id: Option<String>,
    /// As this device read it.
    pub four: Option<BasicFour>,
    /// What is not finished.
    pub waiting: Option<CardWaiting>,
    /// Why the last proof was refused.
    pub refused: Option<LinkRefusal>,
}

impl From<Standing> for LinkStanding {
    fn from(standing: Standing) -> Self {
        let Standing {
            level,
            linked_at,
            key_id,
            official,
            waiting,
            refused,
        } = standing;
        Self {
            level: level.into(),
            linked_at_s: linked_at.map(epoch_s),
            key_id,
            four: official.as_ref().map(BasicFour::from),
            waiting: waiting.map(|waiting| match waiting {
                Waiting::Network { until } => CardWaiting::Network {
                    until_s: epoch_s(until),
                },
                Waiting::Counter => CardWaiting::Counter,
            }),
            refused: refused.map(LinkRefusal::from),
        }
    }
}

/// A card that is being linked. Good for 15 minutes; closing it forgets what was typed and read.
#[derive(uniffi::Object)]
pub struct CardLinking {
    engine: Arc<Engine>,
    challenge: Challenge,
    card: Arc<Mutex<AtCard>>,
}

/// How far the conversation with the card has come.
#[derive(Default)]
struct AtCard {
    entry: Option<Entry<core::SignPassword>>,
    exchange: Option<Exchange<SignLinked>>,
    evidence: Option<Evidence>,
}

#[uniffi::export]
impl Wallet {
    /// Asks the town for a challenge; the touch itself needs no network.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn begin_link(&self) -> Result<Arc<CardLinking>, LinkError> {
        let engine = Arc::clone(&self.engine);
        self.engine
            .act(move |_, home| {
                Ok(Arc::new(CardLinking {
                    engine,
                    challenge: link::begin(home, CardPurpose::Link)?,
                    card: Arc::default(),
                }))
            })
            .await
    }

    /// Sends a proof that waits; none where none does. To be called after opening and when a network comes.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn resume_link(&self) -> Result<Option<LinkOutcome>, LinkError> {
        self.engine
            .act(|_, home| Ok(link::resume(home)?.map(LinkOutcome::from)))
            .await
    }

    /// What this device knows of its person's card.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn link_standing(&self) -> Result<LinkStanding, LinkError> {
        self.engine.look(|_, home| Ok(link::standing(home)?.into())).await
    }
}

#[uniffi::export]
impl CardLinking {
    /// What the person typed, for one conversation. `last_try`: they know that one try is left and want to use it.
    ///
    /// # Errors
    /// [`CardError::Over`] where this password was used before.
    pub fn enter(&self, password: Arc<SignPassword>, last_try: bool) -> Result<(), CardError> {
        let entry = Entry::typed(password.take().ok_or(CardError::Over)?);
        *locked(&self.card) = AtCard {
            entry: Some(if last_try { entry.agreeing_to_last_try() } else { entry }),
            ..AtCard::default()
        };
        Ok(())
    }

    /// One touch, from the card's discovery to its end or its loss.
    ///
    /// # Errors
    /// [`CardError`]; then it is typed again, with `enter`. [`CardError::Over`] where nothing was entered.
    pub async fn touch(&self, transport: Arc<dyn CardTransport>) -> Result<CardTouch, CardError> {
        let card = Arc::clone(&self.card);
        let statement = self.challenge.statement(&[]);
        self.engine
            .act(move |_, home| {
                let mut card = locked(&card);
                let mut exchange = match (card.exchange.take(), card.entry.take()) {
                    (Some(exchange), _) => exchange,
                    (None, Some(entry)) => core::sign_link(entry, statement, Trusted::at(home.now()?.time)),
                    (None, None) => return Err(CardError::Over),
                };
                match touch(home, &mut exchange, transport)? {
                    Outcome::TouchAgain(why) => {
                        card.exchange = Some(exchange);
                        Ok(CardTouch::Again { why: why.into() })
                    }
                    Outcome::Done(read) => {
                        let four = read
                            .sign
                            .signed_attributes()
                            .map(|attributes| (&attributes.four).into());
                        let evidence = Evidence::try_from(read).map_err(|_| CardError::NoSignCertificate)?;
                        card.evidence = Some(evidence);
                        four.map(|four| CardTouch::Read { four })
                            .ok_or(CardError::NoSignCertificate)
                    }
                }
            })
            .await
    }

    /// The person says that what was read is right: signed, kept, sent. With [`LinkOutcome::Waiting`] it is kept.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn confirm(&self) -> Result<LinkOutcome, LinkError> {
        let card = Arc::clone(&self.card);
        let challenge = self.challenge.clone();
        self.engine
            .act(move |_, home| {
                let evidence = locked(&card).evidence.clone().ok_or(LinkError::NotRead)?;
                Ok(link::confirm(home, &challenge, evidence, &[])?.into())
            })
            .await
    }
}

impl From<Why> for CardWanted {
    fn from(why: Why) -> Self {
        match why {
            Why::First => Self::First,
            Why::LinkLost => Self::LinkLost,
            Why::Unconfirmed { secret } => Self::Unconfirmed { secret: secret.into() },
        }
    }
}

fn locked(card: &Mutex<AtCard>) -> MutexGuard<'_, AtCard> {
    card.lock().unwrap_or_else(PoisonError::into_inner)
}
