//! What is asked about settlement.

use kinchaku_protocol::ids::{ClassId, DocId, Pid};
use kinchaku_protocol::money::Amount;

/// What a shop did in a period, as the books add it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShopSum {
    /// Which shop.
    pub shop: Pid,
    /// Payments.
    pub used: Amount,
    /// Payments taken back.
    pub cancelled: Amount,
}

/// Who takes a payment back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Canceller {
    /// The shop that was paid.
    Shop(Pid),
    /// The office.
    Office,
}

/// What is asked about settlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettleAction {
    /// Begins the close of a period that is over: from here on nothing can be posted in it.
    Begin {
        /// Of which value.
        class: ClassId,
        /// Which.
        number: u32,
    },
    /// Writes what shops are paid.
    Pay {
        /// Of which value.
        class: ClassId,
        /// Which period.
        number: u32,
        /// Shops with anything in it, or with something left over from the one before.
        shops: Vec<ShopSum>,
    },
    /// Every shop's sum is written.
    Finish {
        /// Of which value.
        class: ClassId,
        /// Which period.
        number: u32,
    },
    /// Takes a payment back (F096, F097, F124 to F128).
    Cancel {
        /// The cancellation as signed by the console's key.
        document: Vec<u8>,
        /// Who asks.
        by: Canceller,
        /// Whose token; 0 for a device.
        token: u64,
        /// Why, in words.
        note: String,
    },
    /// Writes down that a shop gave cash back after the close (F097). It excludes taking the payment back.
    CashRefund {
        /// Which payment.
        intent: DocId,
        /// Who asks.
        by: Canceller,
        /// Whose token; 0 for a device.
        token: u64,
        /// Why, in words.
        note: String,
    },
}

/// Why a payment is not taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CancelRefusal {
    /// The books do not have it (yet): it was made without a network and has not come in.
    #[error("not in the books yet")]
    NotPosted,
    /// It is another shop's.
    #[error("not of this shop")]
    OtherShop,
    /// A part of it is closed: the office decides (F097).
    #[error("closed")]
    Closed,
    /// The programme leaves it to the office.
    #[error("the office decides")]
    OfficeOnly,
    /// It was taken back before (F126).
    #[error("already taken back")]
    Already,
    /// It was never paid: refused, or a fork.
    #[error("never paid")]
    NotPaid,
    /// The shop gave cash back.
    #[error("refunded in cash")]
    Cash,
    /// It is still open: taking it back is the way.
    #[error("still open")]
    StillOpen,
}
