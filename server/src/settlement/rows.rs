//! The rows of settlement: periods, what shops are paid, how sales were undone.

use kinchaku_protocol::ids::{ClassId, DocId, Pid};
use kinchaku_protocol::money::{Amount, Signed};
use kinchaku_protocol::time::{Day, Time};

use crate::store::table::{numbered, table};

numbered! {
    /// Where a period's close is.
    pub enum PeriodState {
        /// Nothing more can be posted in it; shops' sums are being written.
        Closing = 0,
        /// Every shop's sum is written.
        Closed = 1,
    }
}

numbered! {
    /// How a sale was undone.
    pub enum RefundKind {
        /// The payment was taken back.
        Reversal = 0,
        /// The shop gave cash (F097).
        Cash = 1,
    }
}

table! {
    /// A settlement period of a class.
    pub struct PeriodRow in "periods" key [
        /// Which value.
        class: ClassId,
        /// Its place, from 1.
        number: u32,
    ] {
        /// Its first posting day.
        first: Day,
        /// Its last.
        last: Day,
        /// When the money arrives.
        paid_on: Day,
        /// Whether it is one for what came in after the season.
        late: bool,
        /// Where it is.
        state: PeriodState,
        /// When the close began.
        begun_at: Time,
        /// When it was done.
        closed_at: Option<Time>,
    }
}

table! {
    /// What a shop is paid for a period.
    pub struct PayoutRow in "payouts" key [
        /// Which value.
        class: ClassId,
        /// Which period.
        number: u32,
        /// Which shop.
        shop: Pid,
    ] {
        /// Payments.
        used: Amount,
        /// Payments taken back.
        cancelled: Amount,
        /// Left over from the period before: what was less than nothing (never more).
        carried_in: Signed,
        /// What is transferred.
        paid: Amount,
        /// Left for the next one.
        carried_out: Signed,
        /// The entry, where something is transferred.
        entry: Option<u64>,
    }
}

table! {
    /// How a sale was undone: one way, once.
    pub struct RefundRow in "refunds" key [
        /// The payment.
        intent: DocId,
    ] {
        /// How.
        kind: RefundKind,
        /// Whose token; 0 for a device.
        by: u64,
        /// What the shop or office wrote.
        note: String,
        /// When.
        at: Time,
    }
}
