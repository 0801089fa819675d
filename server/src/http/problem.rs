//! Errors as the API tells them (RFC 9457): a stable code and a status, nothing of a person, of a
//! document's content or of the database. Wallets have their own words for each code.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kinchaku_protocol::api;
use kinchaku_protocol::time::Time;
use serde_json::{Map, Value};

use crate::books::BooksError;
use crate::calendar::CalendarError;
use crate::command::CommandError;
use crate::identity::cards::CardError;
use crate::programme::Refusal;
use crate::sale::desk::SaleError;
use crate::sale::provider::ProviderError;
use crate::settlement::action::CancelRefusal;

/// Why a request was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// `kinchaku-version` is missing or names a version this server does not speak.
    Version,
    /// No such town here.
    UnknownTown,
    /// No such address.
    NotFound,
    /// The address is there, the method is not.
    Method,
    /// The body is larger than [`super::MAX_BODY`].
    TooLarge,
    /// The body is not of the media type that is read here.
    MediaType,
    /// The body, or a query, cannot be read.
    Malformed,
    /// The request's signature is missing, malformed or does not hold.
    Signature,
    /// The request was signed more than five minutes from the server's time.
    Clock,
    /// The same signed request came twice.
    Replay,
    /// The device is not enrolled, not of this role, or stopped.
    Device,
    /// The nonce is not of this server or older than five minutes.
    Nonce,
    /// A key does not prove its possession, or is not kept well enough.
    Key,
    /// The code is unknown, not for this role, or used.
    Code,
    /// The code is older than it may be.
    CodeExpired,
    /// The holder was stopped.
    Stopped,
    /// The allowances of this window are used up; the office has to look.
    Allowances {
        /// When the window ends.
        until: Time,
    },
    /// There is nothing to reserve.
    NothingToReserve,
    /// The close is not of this device's allowance.
    Close,
    /// The challenge is not of this device, or another one took its place: ask for a new one.
    Challenge,
    /// The status of a certificate cannot be had: the same proof may come again while its challenge lives.
    CardStatus {
        /// Seconds to wait.
        wait: u64,
    },
    /// The town links no children by the records of their card.
    Minors,
    /// What cannot be undone was not confirmed.
    Confirm,
    /// Nobody is linked to the account.
    NoPerson,
    /// No such card waits to be tied, or several do and none was named.
    NoPending,
    /// No such account, class, shop or sheet.
    Unknown,
    /// The number or key is taken by something else.
    Taken,
    /// The amount is zero or out of range.
    Amount,
    /// What the directory says of the shop does not fit into a payment code.
    Mark,
    /// A job was asked for a time that has not come.
    Future,
    /// The town has no folder of programmes.
    NotSetUp,
    /// The folder changes what is sold or in people's hands already.
    Incompatible,
    /// The folder is not right.
    BadFolder,
    /// A field of a query or a body is not as it should be.
    Invalid,
    /// The town collects no money in this way.
    NoProvider,
    /// Whoever collects money said no.
    Provider,
    /// The sale asks for a telephone number.
    NoPhone,
    /// The period is not closed yet.
    NotClosed,
    /// A transfer order cannot be written.
    Transfer,
    /// The amount is not that of the payment: it may be another one that was meant.
    AmountDiffers,
    /// The order is past this.
    OrderState,
    /// What the order brought was used.
    UsedAlready,
    /// The draw cannot be made now.
    NoDraw,
    /// The programme does not let this person do this now.
    Refused(Refusal),
    /// The payment is not taken back.
    NotCancelled(CancelRefusal),
    /// A day that cannot be told.
    Calendar(CalendarError),
    /// The bearer token is missing or wrong.
    Token,
    /// The token's role may not do this.
    Role,
    /// Too many requests: again in so many seconds.
    TooMany {
        /// Seconds.
        wait: u64,
    },
    /// The books or a key do not answer now.
    Unavailable,
    /// It took too long.
    Timeout,
    /// The same work was begun before and has not ended.
    Running,
    /// A mistake of the server.
    Internal,
}

impl Problem {
    /// Status, code and title.
    #[must_use]
    pub const fn parts(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::Version => (S::BAD_REQUEST, "version", "Version not spoken here"),
            Self::UnknownTown => (S::NOT_FOUND, "unknown_town", "No such town"),
            Self::NotFound => (S::NOT_FOUND, "not_found", "No such address"),
            Self::Method => (S::METHOD_NOT_ALLOWED, "method", "Method not allowed"),
            Self::TooLarge => (S::PAYLOAD_TOO_LARGE, "too_large", "Body too large"),
            Self::MediaType => (S::UNSUPPORTED_MEDIA_TYPE, "media_type", "Body of another media type"),
            Self::Malformed => (S::BAD_REQUEST, "malformed", "Body not understood"),
            Self::Signature => (S::UNAUTHORIZED, "signature", "Signature does not hold"),
            Self::Clock => (S::UNAUTHORIZED, "clock", "Signed at another time"),
            Self::Replay => (S::CONFLICT, "replay", "Request came before"),
            Self::Device => (S::FORBIDDEN, "device", "Device not enrolled"),
            Self::Nonce => (S::BAD_REQUEST, "nonce", "Nonce not valid"),
            Self::Key => (S::FORBIDDEN, "key", "Key not acceptable"),
            Self::Code => (S::FORBIDDEN, "code", "Code not valid"),
            Self::CodeExpired => (S::FORBIDDEN, "code_expired", "Code has expired"),
            Self::Stopped => (S::FORBIDDEN, "stopped", "Holder stopped"),
            Self::Allowances { .. } => (S::CONFLICT, "allowances", "No further allowance"),
            Self::NothingToReserve => (S::CONFLICT, "nothing_to_reserve", "Nothing to reserve"),
            Self::Close => (S::CONFLICT, "close", "Close not acceptable"),
            Self::Challenge => (S::CONFLICT, "challenge", "No such challenge"),
            Self::CardStatus { .. } => (
                S::SERVICE_UNAVAILABLE,
                "card_status",
                "Certificate status not available",
            ),
            Self::Minors => (S::FORBIDDEN, "minors", "No minors by card in this town"),
            Self::Confirm => (S::CONFLICT, "confirm", "Not confirmed"),
            Self::NoPerson => (S::NOT_FOUND, "no_person", "Nobody is linked"),
            Self::NoPending => (S::CONFLICT, "no_pending", "No such card is waiting"),
            Self::Unknown => (S::NOT_FOUND, "unknown", "No such account, class or shop"),
            Self::Taken => (S::CONFLICT, "taken", "Already taken"),
            Self::Amount => (S::BAD_REQUEST, "amount", "Amount not acceptable"),
            Self::Mark => (S::CONFLICT, "mark", "Does not fit into a payment code"),
            Self::Future => (S::CONFLICT, "future", "Time has not come"),
            Self::NotSetUp => (S::CONFLICT, "not_set_up", "No programmes in this town"),
            Self::Incompatible => (S::CONFLICT, "incompatible", "Changes what cannot change"),
            Self::BadFolder => (S::UNPROCESSABLE_ENTITY, "bad_folder", "The folder is not right"),
            Self::Invalid => (S::UNPROCESSABLE_ENTITY, "invalid", "A field is not right"),
            Self::NoProvider => (S::CONFLICT, "no_provider", "Nobody collects money in this way"),
            Self::Provider => (S::CONFLICT, "provider", "The provider said no"),
            Self::NoPhone => (S::UNPROCESSABLE_ENTITY, "no_phone", "A telephone number is needed"),
            Self::NotClosed => (S::CONFLICT, "not_closed", "The period is not closed"),
            Self::Transfer => (S::CONFLICT, "transfer", "The transfer order cannot be written"),
            Self::AmountDiffers => (S::CONFLICT, "amount_differs", "Not the amount of the payment"),
            Self::OrderState => (S::CONFLICT, "order_state", "The order is past this"),
            Self::UsedAlready => (S::CONFLICT, "used_already", "Used already"),
            Self::NoDraw => (S::CONFLICT, "no_draw", "Cannot be drawn now"),
            Self::Refused(refusal) => (S::CONFLICT, refused(refusal), "Refused by the programme"),
            Self::NotCancelled(refusal) => (S::CONFLICT, not_cancelled(refusal), "Not taken back"),
            Self::Calendar(_) => (S::CONFLICT, "calendar", "Holidays of that year are not known"),
            Self::Role => (S::FORBIDDEN, "role", "Not with this token"),
            Self::Token => (S::UNAUTHORIZED, "token", "Token not valid"),
            Self::TooMany { .. } => (S::TOO_MANY_REQUESTS, "too_many", "Too many requests"),
            Self::Unavailable => (S::SERVICE_UNAVAILABLE, "unavailable", "Try again"),
            Self::Timeout => (S::SERVICE_UNAVAILABLE, "timeout", "Took too long"),
            Self::Running => (S::CONFLICT, "running", "Still running"),
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "internal", "Mistake of the server"),
        }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.parts().1
    }
}

/// The code of a programme's refusal.
const fn refused(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotYet { .. } => "not_yet",
        Refusal::Over { .. } => "over",
        Refusal::NoCard => "no_card",
        Refusal::Elsewhere => "elsewhere",
        Refusal::TooYoung { .. } => "too_young",
        Refusal::TooOld { .. } => "too_old",
        Refusal::AgeUnclear => "age_unclear",
        Refusal::NotRegistered { .. } => "not_registered",
        Refusal::NotListed => "not_listed",
        Refusal::AppliedBefore => "applied_before",
        Refusal::NoApplication => "no_application",
        Refusal::NotWon => "not_won",
        Refusal::TooMany { .. } => "too_many_units",
        Refusal::SoldOut { .. } => "sold_out",
        Refusal::PayIn => "pay_in",
        Refusal::Owing => "owing",
        Refusal::NotEnough { .. } => "not_enough",
        Refusal::Step { .. } => "step",
        Refusal::Apart(..) => "apart",
        Refusal::NoClass(_) => "no_class",
    }
}

/// The code of why a payment is not taken back.
const fn not_cancelled(refusal: CancelRefusal) -> &'static str {
    match refusal {
        CancelRefusal::NotPosted => "not_posted",
        CancelRefusal::OtherShop => "other_shop",
        CancelRefusal::Closed => "closed",
        CancelRefusal::OfficeOnly => "office_only",
        CancelRefusal::Already => "already_cancelled",
        CancelRefusal::NotPaid => "not_paid",
        CancelRefusal::Cash => "cash_refunded",
        CancelRefusal::StillOpen => "still_open",
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Taken | CommandError::KeyReused => Self::Taken,
            CommandError::NoAccount | CommandError::NoClass | CommandError::NoShop => Self::Unknown,
            CommandError::NoDevice => Self::Device,
            CommandError::NoCode | CommandError::CodeUsed => Self::Code,
            CommandError::CodeExpired => Self::CodeExpired,
            CommandError::KeyNotAcceptable => Self::Key,
            CommandError::Amount => Self::Amount,
            CommandError::Stopped => Self::Stopped,
            CommandError::TooManyAllowances { until } => Self::Allowances { until },
            CommandError::NothingToReserve => Self::NothingToReserve,
            CommandError::Close => Self::Close,
            CommandError::NoChallenge => Self::Challenge,
            CommandError::NoPerson => Self::NoPerson,
            CommandError::NoPending => Self::NoPending,
            CommandError::NotSetUp => Self::NotSetUp,
            CommandError::Incompatible => Self::Incompatible,
            CommandError::BadFolder => Self::BadFolder,
            CommandError::NoProgramme
            | CommandError::NoApplication
            | CommandError::NoOrder
            | CommandError::NoPeriod
            | CommandError::NoToken => Self::Unknown,
            CommandError::OrderState => Self::OrderState,
            CommandError::UsedAlready => Self::UsedAlready,
            CommandError::NoDraw => Self::NoDraw,
            CommandError::Refused(refusal) => Self::Refused(refusal),
            CommandError::NotCancelled(refusal) => Self::NotCancelled(refusal),
            CommandError::Calendar(error) => Self::Calendar(error),
            CommandError::Unavailable | CommandError::Changed => Self::Unavailable,
            CommandError::Broken => Self::Internal,
        }
    }
}

impl From<BooksError> for Problem {
    fn from(error: BooksError) -> Self {
        match error {
            BooksError::Command(error) => error.into(),
            BooksError::Store(error) => {
                tracing::error!(%error, "the database did not answer");
                Self::Unavailable
            }
            BooksError::Keys(error) => {
                tracing::error!(%error, "a key is missing");
                Self::Unavailable
            }
            error @ (BooksError::Identity(_) | BooksError::Status(_)) => {
                tracing::error!(%error, "cards cannot be judged");
                Self::Unavailable
            }
        }
    }
}

impl From<SaleError> for Problem {
    fn from(error: SaleError) -> Self {
        match error {
            SaleError::Books(error) => error.into(),
            SaleError::Unreadable(error) => CardError::from(error).into(),
            SaleError::NoProvider => Self::NoProvider,
            SaleError::Provider(ProviderError::NoAnswer) => Self::Unavailable,
            SaleError::Provider(ProviderError::Refused) => Self::Provider,
            SaleError::NotGenuine(_) => Self::Signature,
            SaleError::NoSuchCharge(_) => Self::Unknown,
            SaleError::NoPhone => Self::NoPhone,
            // Told as a refusal wherever a code can be read.
            SaleError::ByCode => Self::Unknown,
        }
    }
}

impl From<CardError> for Problem {
    fn from(error: CardError) -> Self {
        match error {
            CardError::Books(error) => error.into(),
            CardError::NotAWallet => Self::Device,
            CardError::Purpose | CardError::Malformed => Self::Malformed,
            CardError::Minors => Self::Minors,
            CardError::Signature => Self::Signature,
            CardError::Key => Self::Key,
            CardError::Status { why, retry } => {
                tracing::warn!(%why, "the status of a certificate cannot be had");
                Self::CardStatus { wait: retry }
            }
            CardError::Unreadable(error) => {
                tracing::error!(%error, "a person cannot be read");
                Self::Unavailable
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.with(Map::new())
    }
}

impl Problem {
    /// The answer, with more members than every problem has.
    pub(super) fn with(self, mut members: Map<String, Value>) -> Response {
        let (status, code, title) = self.parts();
        members.insert("type".to_owned(), format!("urn:kinchaku:problem:{code}").into());
        members.insert("title".to_owned(), title.into());
        members.insert("status".to_owned(), status.as_u16().into());
        members.insert("code".to_owned(), code.into());
        if let Self::Allowances { until } = self {
            members.insert("until".to_owned(), until.to_string().into());
        }
        let mut response = (status, Value::Object(members).to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(api::PROBLEM));
        if let Self::TooMany { wait } | Self::CardStatus { wait } = self {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        if matches!(self, Self::Unavailable | Self::Timeout | Self::Running) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(5));
        }
        // For the log line.
        response.extensions_mut().insert(self);
        response
    }
}
