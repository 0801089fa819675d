//! Why a payment does not go on, with what the screen needs to say what to do next.

use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::split::SplitError;
use kinchaku_protocol::time::Time;

use crate::key::KeyError;
use crate::store::StoreError;

/// Why a payment does not go on. Before it is signed, nothing is lost and nothing is spent.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayError {
    /// There is no allowance: go online once.
    #[error("no allowance")]
    NoAllowance,
    /// The allowance has ended: go online once.
    #[error("the allowance ended")]
    AllowanceEnded {
        /// When.
        at: Time,
    },
    /// As many payments as are allowed without a network: go online once.
    #[error("too many payments without a network")]
    CountUsedUp,
    /// An amount of zero.
    #[error("nothing to pay")]
    Zero,
    /// What can be used here does not suffice.
    #[error("{missing} short")]
    Short {
        /// How much is missing.
        missing: Amount,
        /// What could be paid here, without points.
        payable: Amount,
    },
    /// The amounts by hand do not add up to the total.
    #[error("the parts do not add up")]
    NotTheTotal,
    /// A class does not suffice here.
    #[error("class {class} is {missing} short")]
    ClassShort {
        /// Which.
        class: ClassId,
        /// How much is missing.
        missing: Amount,
    },
    /// A class whose use has not begun (F079).
    #[error("class {class} not before {from}")]
    NotYet {
        /// Which.
        class: ClassId,
        /// From when.
        from: Time,
    },
    /// Two classes that do not pay together (F081, F089).
    #[error("classes {one} and {other} do not pay together")]
    Apart {
        /// One.
        one: ClassId,
        /// The other.
        other: ClassId,
    },
    /// Above what may be paid to a shop with only paper.
    #[error("above the paper tier")]
    AbovePaper {
        /// The most for one payment.
        per_payment: Amount,
    },
    /// As many payments today as may be made to shops with only paper.
    #[error("no more paper payments today")]
    PaperUsedUp {
        /// How many a day.
        per_day: u32,
    },
    /// The same total was paid to the same shop a moment ago: ask (F158).
    #[error("a duplicate")]
    Duplicate {
        /// When.
        at: Time,
    },
    /// An older copy of the wallet was put back: go online once (T5).
    #[error("an older copy was put back")]
    RolledBack,
    /// The quote is no longer what the purse holds: quote again.
    #[error("the quote is outdated")]
    Outdated,
    /// The key did not sign. Nothing was paid.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for PayError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::RolledBack => Self::RolledBack,
            other => Self::Store(other),
        }
    }
}

impl From<rusqlite::Error> for PayError {
    fn from(error: rusqlite::Error) -> Self {
        Self::from(StoreError::from(error))
    }
}

impl PayError {
    /// From the rule that splits a total.
    pub(super) fn from_split(error: SplitError, payable: Amount) -> Self {
        match error {
            SplitError::Zero => Self::Zero,
            SplitError::Short { missing } => Self::Short { missing, payable },
            SplitError::NotTheTotal => Self::NotTheTotal,
            SplitError::ClassShort { class, missing } => Self::ClassShort { class, missing },
            SplitError::Apart { one, other } => Self::Apart { one, other },
        }
    }
}
