//! What is asked about acquiring value.

use std::fmt;

use kinchaku_protocol::ids::{ClassId, DocId, Ref};
use kinchaku_protocol::jpki::attributes::BirthDate;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Day;

use super::rows::EventKind;
use crate::programme::PayIn;

/// Somebody who wants something, as far as a rule may ask. Never stored as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Somebody {
    /// Keyed hash of name and birth date: one person, whichever the account.
    pub person: DocId,
    /// The birth date.
    pub birth: Option<BirthDate>,
    /// The address.
    pub address: Option<String>,
    /// Days of resident registers in which the person stands.
    pub registered_on: Vec<Day>,
    /// Lists on which the person stands.
    pub rosters: Vec<String>,
}

impl fmt::Debug for Somebody {
    /// Attributes of persons are in no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Somebody(..)")
    }
}

/// Who buys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Buyer {
    /// The person of the account, or the account itself where nobody is linked and nothing asks for it.
    Account(Option<Somebody>),
    /// Whoever has the number of the notice and the telephone of the application (F151, F152).
    Number {
        /// The buyer number.
        number: u64,
        /// Keyed hash of the telephone number.
        phone: DocId,
    },
}

/// What is ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ordered {
    /// Lots of a sale.
    Lots {
        /// Of which.
        programme: u32,
        /// How many.
        units: u32,
        /// By whom.
        buyer: Buyer,
    },
    /// Money (F064).
    TopUp {
        /// Which.
        class: ClassId,
        /// How much.
        amount: Amount,
    },
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// The caller's key: the same key again is the same order.
    pub key: String,
    /// For which account.
    pub account: u64,
    /// What.
    pub ordered: Ordered,
    /// How it is paid.
    pub pay_in: PayIn,
}

/// An application (F149).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApplication {
    /// For which sale.
    pub programme: u32,
    /// Its number, made from what the applicant sent.
    pub id: Ref,
    /// Who.
    pub who: Somebody,
    /// From which account; none on paper.
    pub account: Option<u64>,
    /// Keyed hash of the telephone number (F150).
    pub phone: Option<DocId>,
    /// Lots.
    pub units: u32,
}

/// Points that become money (F014).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewExchange {
    /// On which terms.
    pub programme: u32,
    /// Whose.
    pub account: u64,
    /// Who, where the account is linked.
    pub who: Option<Somebody>,
    /// How many.
    pub points: Amount,
    /// The caller's key: the same key again is the same exchange.
    pub key: String,
}

/// Money that no provider returns by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByHand {
    /// What an order cost, which has to go back.
    Order(u64),
    /// What a provider told and the books made nothing of: not the price, paid twice.
    Event(DocId),
}

/// What is asked about acquiring value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaleAction {
    /// SHA-256 of the seed of a draw, published before applications close. Until then another may take its place.
    Commit {
        /// Of which sale.
        programme: u32,
        /// The hash.
        commitment: DocId,
    },
    /// An application (F149).
    Apply(NewApplication),
    /// An application that does not count: a double or a fraud the office found (F149).
    Void {
        /// For which sale.
        programme: u32,
        /// Its number.
        id: Ref,
    },
    /// No more applications; the hash of the list is published.
    CloseList {
        /// Of which sale.
        programme: u32,
    },
    /// Draws lots (F078).
    Draw {
        /// Of which sale.
        programme: u32,
        /// What the commitment is of.
        seed: [u8; 32],
    },
    /// An order.
    Order(NewOrder),
    /// The provider was asked for the money of an order.
    Asked {
        /// Which order.
        order: u64,
        /// What the provider calls it.
        provider_ref: String,
    },
    /// A provider told something.
    Event {
        /// The provider's number for it: once each.
        id: String,
        /// About which order.
        order: u64,
        /// What.
        kind: EventKind,
        /// Of how much, in yen.
        amount: Amount,
    },
    /// The office gives back what an order cost, of which nothing was used.
    Refund {
        /// Which order.
        order: u64,
    },
    /// The office has dealt with money itself: returned it, or found that there is none to return.
    ByHand(ByHand),
    /// Ends orders nobody paid in time.
    LapseOrders {
        /// Which.
        orders: Vec<u64>,
    },
    /// Vouchers handed out to somebody (F068, F069).
    Receive {
        /// Of which programme.
        programme: u32,
        /// To which account.
        account: u64,
        /// Who, where the account is linked.
        who: Option<Somebody>,
        /// The caller's key: the same key again is the same.
        key: String,
    },
    /// Points become money (F014).
    Exchange(NewExchange),
    /// Grants the money of exchanges whose day has come (F015).
    GrantExchanges {
        /// Which.
        exchanges: Vec<DocId>,
    },
    /// Grants points for buying whose day has come (F080).
    GrantBonus {
        /// For which orders.
        orders: Vec<u64>,
    },
}
