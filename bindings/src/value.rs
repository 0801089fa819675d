//! Numbers and states as every screen gets them: yen and points as `Long`, times as seconds since 1970 (`…_s`), days as
//! days since 1970 (`…_day`), names of payments as text.

use kinchaku_core::book::{payments, receipts};
use kinchaku_protocol::doc::Role as CoreRole;
use kinchaku_protocol::ids::ServiceType;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::symbol::{Symbol, SymbolError};
use kinchaku_protocol::time::{Day, Time};

use crate::error::Trouble;

/// No amount and no time of the wallet is larger than fits.
pub(crate) fn seconds(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A count, as Kotlin counts.
pub(crate) fn count(value: impl TryInto<i32>) -> i32 {
    value.try_into().unwrap_or(i32::MAX)
}

pub(crate) fn amount(amount: Amount) -> i64 {
    seconds(amount.units())
}

pub(crate) fn epoch_s(time: Time) -> i64 {
    seconds(time.0)
}

pub(crate) fn epoch_day(day: Day) -> i64 {
    day.0.into()
}

/// What was typed or is wanted, as an amount; `None` where it is none.
pub(crate) fn amount_in(units: i64) -> Option<Amount> {
    Amount::new(u64::try_from(units).ok()?).ok()
}

/// What this device is enrolled as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Role {
    /// A resident's wallet.
    Wallet,
    /// A shop's device.
    Shop,
    /// A device that grants at events.
    Staff,
}

impl From<CoreRole> for Role {
    fn from(role: CoreRole) -> Self {
        match role {
            CoreRole::Wallet => Self::Wallet,
            CoreRole::Shop => Self::Shop,
            CoreRole::Staff => Self::Staff,
        }
    }
}

/// What a class is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ClassKind {
    /// コイン.
    Money,
    /// ポイント.
    Points,
    /// 商品券.
    Voucher,
}

impl From<ServiceType> for ClassKind {
    fn from(service: ServiceType) -> Self {
        match service {
            ServiceType::Money => Self::Money,
            ServiceType::Points => Self::Points,
            ServiceType::Voucher => Self::Voucher,
        }
    }
}

/// An amount of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ClassAmount {
    /// Which; its name is in the balance.
    pub class_id: i64,
    /// How much.
    pub amount: i64,
}

/// Where a payment stands on this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum PaymentState {
    /// Not signed yet.
    Prepared,
    /// Given up before it was signed.
    Abandoned,
    /// Signed: paid, and it waits for the server.
    Signed,
    /// The server's signed fact says so.
    Posted,
    /// The server's signed fact says not; the value is free again.
    Rejected,
    /// The server keeps it undecided.
    Parked,
    /// The shop refused, signed; the value is free again.
    RefusedAtShop,
    /// Posted and taken back; the value is free again.
    Reversed,
}

impl From<payments::State> for PaymentState {
    fn from(state: payments::State) -> Self {
        match state {
            payments::State::Prepared => Self::Prepared,
            payments::State::Abandoned => Self::Abandoned,
            payments::State::Signed => Self::Signed,
            payments::State::Posted => Self::Posted,
            payments::State::Rejected => Self::Rejected,
            payments::State::Parked => Self::Parked,
            payments::State::RefusedAtShop => Self::RefusedAtShop,
            payments::State::Reversed => Self::Reversed,
        }
    }
}

/// Where a receipt stands at the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ReceiptState {
    /// Relayed; nothing may be handed over yet.
    Waiting,
    /// Verified without a network, within the caps: paid.
    AcceptedBlind,
    /// Refused, signed.
    Refused,
    /// The server's signed fact says so: paid.
    Posted,
    /// The server's signed fact says not.
    Rejected,
    /// Posted and taken back.
    Reversed,
}

impl From<receipts::State> for ReceiptState {
    fn from(state: receipts::State) -> Self {
        match state {
            receipts::State::Waiting => Self::Waiting,
            receipts::State::AcceptedBlind => Self::AcceptedBlind,
            receipts::State::Refused => Self::Refused,
            receipts::State::Posted => Self::Posted,
            receipts::State::Rejected => Self::Rejected,
            receipts::State::Reversed => Self::Reversed,
        }
    }
}

/// A QR code to be drawn: a quiet zone of four modules goes around it.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct QrCode {
    /// Modules on a side.
    pub side: i32,
    /// Row by row, 1 where it is dark.
    pub modules: Vec<u8>,
}

impl QrCode {
    pub(crate) fn of(symbol: Result<Symbol, SymbolError>) -> Result<Self, Trouble> {
        let symbol = symbol.map_err(|_| Trouble::Mistake)?;
        let side = symbol.size();
        let modules = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
        Ok(Self {
            modules: modules.map(|(x, y)| u8::from(symbol.dark(x, y))).collect(),
            side: i32::try_from(side).map_err(|_| Trouble::Mistake)?,
        })
    }
}
