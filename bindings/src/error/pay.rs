//! Why a payment does not go on, and why a shop's refusal gives nothing back.

use kinchaku_core::key::KeyError;
use kinchaku_core::pay::{AmountTextError, PayError as Core, RefusedError};

use super::{PinError, Trouble};
use crate::value::{PaymentState, amount, count, epoch_s};

/// Why what was typed is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum AmountError {
    /// Nothing was typed.
    #[error("no amount")]
    Empty,
    /// Not a whole number of yen.
    #[error("not a number")]
    NotANumber,
    /// Zero.
    #[error("zero")]
    Zero,
    /// Below zero.
    #[error("negative")]
    Negative,
    /// More than any payment can be.
    #[error("too large")]
    TooLarge,
}

impl From<AmountTextError> for AmountError {
    fn from(error: AmountTextError) -> Self {
        match error {
            AmountTextError::Empty => Self::Empty,
            AmountTextError::NotANumber => Self::NotANumber,
            AmountTextError::Zero => Self::Zero,
            AmountTextError::Negative => Self::Negative,
            AmountTextError::TooLarge => Self::TooLarge,
        }
    }
}

/// Why a payment does not go on. Nothing is lost and nothing is spent, but for [`Trouble::Unconfirmed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum PayError {
    /// There is no reserve to pay from: go online once.
    #[error("no allowance")]
    NoAllowance,
    /// The reserve's time is over: go online once.
    #[error("the allowance ended")]
    AllowanceEnded {
        /// When.
        at_s: i64,
    },
    /// As many payments as are possible without a network: go online once.
    #[error("too many payments without a network")]
    CountUsedUp,
    /// Not an amount above zero.
    #[error("nothing to pay")]
    Zero,
    /// What can be used here does not suffice.
    #[error("short")]
    Short {
        /// How much is missing.
        missing: i64,
        /// How much could be paid here without points.
        payable: i64,
    },
    /// The amounts by hand do not add up to the total.
    #[error("the parts do not add up")]
    NotTheTotal,
    /// A class does not suffice here.
    #[error("class {class_id} is short")]
    ClassShort {
        /// Which.
        class_id: i64,
        /// How much is missing.
        missing: i64,
    },
    /// A class whose use has not begun (F079).
    #[error("class {class_id} not yet")]
    NotYet {
        /// Which.
        class_id: i64,
        /// From when.
        from_s: i64,
    },
    /// Two classes that do not pay together (F081, F089).
    #[error("classes {one} and {other} do not pay together")]
    Apart {
        /// One.
        one: i64,
        /// The other.
        other: i64,
    },
    /// Above what may be paid to a shop with only paper.
    #[error("above the paper tier")]
    AbovePaper {
        /// The most for one payment.
        per_payment: i64,
    },
    /// As many payments today as may be made to shops with only paper.
    #[error("no more paper payments today")]
    PaperUsedUp {
        /// How many a day.
        per_day: i32,
    },
    /// The same total was paid to the same shop a moment ago: ask, then prepare again and say so (F158).
    #[error("a duplicate")]
    Duplicate {
        /// When.
        at_s: i64,
    },
    /// The quote is no longer what the purse holds: quote again.
    #[error("the quote is outdated")]
    Outdated,
    /// This payment was confirmed or given up before.
    #[error("over")]
    Over,
    /// The PIN did not open the key. The payment still waits, unless paying is locked.
    #[error("{reason}")]
    Pin {
        /// Why.
        reason: PinError,
    },
    /// The person closed the phone's prompt. Nothing was paid; prepare again.
    #[error("cancelled")]
    Cancelled,
    /// The phone's own key wants its prompt first. Nothing was paid; prepare again.
    #[error("the phone's key is locked")]
    KeyLocked,
    /// The phone or the wallet itself.
    #[error("{trouble}")]
    Device {
        /// What.
        trouble: Trouble,
    },
}

super::from_trouble!(PayError, RefusalError);

impl From<Core> for PayError {
    fn from(error: Core) -> Self {
        match error {
            Core::NoAllowance => Self::NoAllowance,
            Core::AllowanceEnded { at } => Self::AllowanceEnded { at_s: epoch_s(at) },
            Core::CountUsedUp => Self::CountUsedUp,
            Core::Zero => Self::Zero,
            Core::Short { missing, payable } => Self::Short {
                missing: amount(missing),
                payable: amount(payable),
            },
            Core::NotTheTotal => Self::NotTheTotal,
            Core::ClassShort { class, missing } => Self::ClassShort {
                class_id: class.0.into(),
                missing: amount(missing),
            },
            Core::NotYet { class, from } => Self::NotYet {
                class_id: class.0.into(),
                from_s: epoch_s(from),
            },
            Core::Apart { one, other } => Self::Apart {
                one: one.0.into(),
                other: other.0.into(),
            },
            Core::AbovePaper { per_payment } => Self::AbovePaper {
                per_payment: amount(per_payment),
            },
            Core::PaperUsedUp { per_day } => Self::PaperUsedUp {
                per_day: count(per_day),
            },
            Core::Duplicate { at } => Self::Duplicate { at_s: epoch_s(at) },
            Core::RolledBack => Trouble::RolledBack.into(),
            Core::Outdated => Self::Outdated,
            Core::Key(KeyError::Cancelled) => Self::Cancelled,
            Core::Key(KeyError::Locked) => Self::KeyLocked,
            Core::Key(error) => Self::Device { trouble: error.into() },
            Core::Store(error) => error.into(),
        }
    }
}

impl From<PinError> for PayError {
    fn from(reason: PinError) -> Self {
        match reason {
            PinError::Cancelled => Self::Cancelled,
            PinError::KeyLocked => Self::KeyLocked,
            PinError::Device { trouble } => Self::Device { trouble },
            reason => Self::Pin { reason },
        }
    }
}

/// Why a scanned text gives nothing back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum RefusalError {
    /// Not a shop's refusal.
    #[error("not a refusal")]
    NotARefusal,
    /// It refuses no payment of this wallet.
    #[error("no payment of this wallet")]
    OtherPayment,
    /// It was not signed by a device of the shop that was paid.
    #[error("not from the shop")]
    NotFromTheShop,
    /// It accepts the payment.
    #[error("an acceptance")]
    Accepted,
    /// The payment has come to another end already.
    #[error("already settled")]
    AlreadySettled {
        /// Which.
        state: PaymentState,
    },
    /// Not enrolled.
    #[error("not enrolled")]
    NotEnrolled,
    /// The phone or the wallet itself.
    #[error("{trouble}")]
    Device {
        /// What.
        trouble: Trouble,
    },
}

impl From<RefusedError> for RefusalError {
    fn from(error: RefusedError) -> Self {
        match error {
            RefusedError::NotARefusal(_) => Self::NotARefusal,
            RefusedError::OtherPayment => Self::OtherPayment,
            RefusedError::NotFromTheShop => Self::NotFromTheShop,
            RefusedError::Accepted => Self::Accepted,
            RefusedError::AlreadySettled(state) => Self::AlreadySettled { state: state.into() },
            RefusedError::NotEnrolled => Self::NotEnrolled,
            RefusedError::Store(error) => error.into(),
        }
    }
}
