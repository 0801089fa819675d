//! What a My Number card says of itself, without a PIN.

use std::sync::Arc;

use kinchaku_core::card::{self as core, Exchange, Outcome, Token, pump};
use kinchaku_core::home::Home;
use kinchaku_core::link;

use super::Wallet;
use crate::error::CardError;
use crate::host::{CardTransport, HostCard};

/// What answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum CardToken {
    /// A My Number card.
    Card,
    /// The 住基カード before it.
    OldCard,
    /// An Android phone.
    AndroidPhone,
    /// An iPhone.
    ApplePhone,
    /// Something that says something else of itself.
    Other,
}

/// Which certificates are on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Availability {
    /// 署名用; nobody under 15 has one (F053).
    pub sign: bool,
    /// 利用者証明用.
    pub auth: bool,
}

/// What a card says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct CardStatus {
    /// What answers.
    pub token: CardToken,
    /// Which certificates are there, where it says so.
    pub available: Option<Availability>,
    /// Tries of the 署名用 password that are left; none where there is no such password.
    pub sign_password: Option<i32>,
    /// Tries of the 利用者証明用 PIN.
    pub auth_pin: Option<i32>,
    /// Tries of the 券面事項入力補助用 PIN.
    pub text_pin: Option<i32>,
}

impl From<core::CardStatus> for CardStatus {
    fn from(status: core::CardStatus) -> Self {
        let core::CardStatus {
            token,
            available,
            sign_password,
            auth_pin,
            text_pin,
        } = status;
        Self {
            token: token.into(),
            available: available.map(|core::Availability { sign, auth }| Availability { sign, auth }),
            sign_password: sign_password.map(i32::from),
            auth_pin: auth_pin.map(i32::from),
            text_pin: text_pin.map(i32::from),
        }
    }
}

impl From<Token> for CardToken {
    fn from(token: Token) -> Self {
        match token {
            Token::Card => Self::Card,
            Token::OldCard => Self::OldCard,
            Token::AndroidPhone => Self::AndroidPhone,
            Token::IPhone => Self::ApplePhone,
            Token::Other => Self::Other,
        }
    }
}

#[uniffi::export]
impl Wallet {
    /// Asks the card in the field for what it says of itself, and remembers the tries that are left.
    ///
    /// # Errors
    /// [`CardError`]; [`CardError::Lost`] where the card went away, and nothing was lost by it.
    pub async fn card_status(&self, transport: Arc<dyn CardTransport>) -> Result<CardStatus, CardError> {
        self.engine
            .act(move |_, home| {
                let mut exchange = core::status();
                match touch(home, &mut exchange, transport)? {
                    Outcome::Done(status) => Ok(status.into()),
                    Outcome::TouchAgain(_) => Err(CardError::Lost),
                }
            })
            .await
    }
}

/// One touch. What it learnt of the card's tries is kept whatever it ended with.
pub(super) fn touch<T>(
    home: &Home,
    exchange: &mut Exchange<T>,
    transport: Arc<dyn CardTransport>,
) -> Result<Outcome<T>, CardError> {
    let card = HostCard(Arc::clone(&transport));
    let ended = pump(exchange, &mut HostCard(transport), &mut |progress| {
        card.reached(progress)
    });
    link::remember_tries(home, &exchange.tries())?;
    Ok(ended?)
}
