//! What a card says of itself without a PIN.

use super::certificate::{availability, is_phone, token};
use super::error::{CardError, Stop};
use super::exchange::{Exchange, Plan, Progress};
use super::link::Card;
use super::profile::{Application, Availability, SecretKind, Token};
use super::verify;

/// What a card says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardStatus {
    /// What answers.
    pub token: Token,
    /// Which certificates are there, where the card says so.
    pub available: Option<Availability>,
    /// Tries of the 署名用 password that are left; `None` where there is none.
    pub sign_password: Option<u8>,
    /// Tries of the 利用者証明用 PIN.
    pub auth_pin: Option<u8>,
    /// Tries of the 券面事項入力補助用 PIN.
    pub text_pin: Option<u8>,
}

/// Reads what a card says of itself.
#[must_use]
pub fn status() -> Exchange<CardStatus> {
    Exchange::of(Status)
}

struct Status;

impl Plan for Status {
    type Output = CardStatus;

    async fn touch(&mut self, card: &mut Card) -> Result<CardStatus, Stop> {
        card.select(Application::Jpki).await?;
        let (token, available) = (token(card).await?, availability(card).await?);
        let sign_password = left(card, SecretKind::SignPassword).await?;
        let auth_pin = left(card, SecretKind::AuthPin).await?;
        let text_pin = match card.select(Application::Text).await {
            Ok(()) => left(card, SecretKind::TextPin).await?,
            Err(Stop::Failed(CardError::NotMyNumberCard)) => None,
            Err(stop) => return Err(stop),
        };
        card.reached(Progress::Read);
        Ok(CardStatus {
            token,
            available,
            sign_password,
            auth_pin,
            text_pin,
        })
    }
}

async fn left(card: &mut Card, secret: SecretKind) -> Result<Option<u8>, Stop> {
    match verify::count(card, secret).await {
        Ok(left) => Ok(Some(left)),
        Err(Stop::Failed(CardError::Refused { .. })) => Ok(None),
        Err(stop) => Err(stop),
    }
}

/// SELECT of the text application, saying *phone* where a phone is what answers: it has none.
pub(super) async fn select_text(card: &mut Card) -> Result<(), Stop> {
    match card.select(Application::Text).await {
        Err(Stop::Failed(CardError::NotMyNumberCard)) => {
            card.select(Application::Jpki).await?;
            let phone = is_phone(card).await?;
            Err(if phone {
                CardError::PhoneToken
            } else {
                CardError::NotMyNumberCard
            }
            .into())
        }
        selected => selected,
    }
}
