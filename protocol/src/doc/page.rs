//! `page`: what changed on the server for one device since a cursor. Signed by the fact key, so that
//! no balance is ever taken from somebody who merely answers.

use super::field::{Bytes, codes, record};
use super::{Constraints, MAX_PAGE, document};
use crate::money::Amount;
use crate::time::Time;

codes! {
    /// Which list a row belongs to.
    pub enum Table {
        /// [`super::AccountRow`], one.
        Account = 0,
        /// [`super::ClassRow`] by class.
        Class = 1,
        /// [`super::BalanceRow`] by class.
        Balance = 2,
        /// [`super::LotRow`] by lot.
        Lot = 3,
        /// The allowance in force, as signed.
        Allowance = 4,
        /// [`super::ShopRow`] by shop: the directory.
        Shop = 5,
        /// [`super::HistoryRow`] by transaction.
        History = 6,
        /// [`super::SaleRow`] by intent, for shop devices.
        Sale = 7,
        /// The renewed device document.
        Device = 8,
        /// Text for people, by number.
        Notice = 9,
        /// [`super::RuleRow`] by class.
        Rule = 10,
        /// [`super::StandingRow`] by class.
        Standing = 11,
        /// [`super::MemberRow`], one.
        Member = 12,
    }
}

record! {
    /// One changed row.
    pub struct Row [
        /// Which list.
        table: Table,
        /// Its key in the list.
        key: Bytes,
        /// Its new value, or none where it is gone.
        value: Option<Bytes>,
    ]
}

record! {
    /// A sum over all classes, to notice a lost row.
    pub struct StateRoot [
        /// Σ remaining.
        balance: Amount,
        /// Σ held and not yet posted.
        reserved: Amount,
        /// Σ owed after claw-back.
        negative: Amount,
    ]
}

document! {
    /// One answer to a pull.
    pub struct Page = 15 v 1 "page" max MAX_PAGE, {
        /// Opaque: sent back at the next pull.
        2 => cursor: Bytes,
        /// Changed rows.
        3 => rows: Vec<Row>,
        /// Facts as they were signed.
        4 => facts: Vec<Bytes>,
        /// Sums after this page, meaningful on the last one.
        5 => root: StateRoot,
        /// The server's time.
        6 => at: Time,
        /// The bulletin in force.
        7 => epoch: u32,
        /// Whether another page follows.
        8 => more: bool;
        /// Set where the cursor was unknown, so that these rows replace everything held.
        ? 64 => snapshot: bool,
        /// Echo of the device's nonce: an old page cannot be played back (T5).
        ? 65 => nonce: Bytes,
    }
}

impl Constraints for Page {}
