//! The rows of sales: applications, what a person has of a programme, orders.

use kinchaku_protocol::ids::{ClassId, DocId, Ref};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::{Day, Time};

use crate::store::table::{numbered, table};

numbered! {
    /// Where an order is: AWAITING → PAID → REFUNDED | CHARGED BACK, or AWAITING → FAILED | LAPSED, either →
    /// REFUNDED where the money came too late.
    pub enum OrderState {
        /// The provider was asked, or is about to be.
        Awaiting = 0,
        /// Paid, and the value is there.
        Paid = 1,
        /// The provider said no.
        Failed = 2,
        /// Nobody paid in time.
        Lapsed = 3,
        /// Paid, and given back before any of it was used, or paid too late. Whether the payer has the money again
        /// says [`RefundStep`].
        Refunded = 4,
        /// Paid, and taken back by the payer's bank.
        ChargedBack = 5,
    }
}

numbered! {
    /// Whether money that came in has to go back.
    pub enum RefundStep {
        /// No.
        None = 0,
        /// The provider has to give it back: it is asked until it says that it did.
        Due = 1,
        /// The payer has it.
        Done = 2,
    }
}

numbered! {
    /// What was made of something a provider told.
    pub enum EventVerdict {
        /// The order went on.
        Taken = 0,
        /// The money came too late: it goes back.
        TooLate = 1,
        /// Not the price of the order: nothing was done, and somebody has to look.
        OtherAmount = 2,
        /// The order was past it already: nothing was done.
        OutOfTurn = 3,
    }
}

numbered! {
    /// What a provider tells of an order.
    pub enum EventKind {
        /// The money is here.
        Paid = 0,
        /// It will not come.
        Declined = 1,
        /// It was given back.
        Refunded = 2,
        /// The payer's bank took it back.
        ChargedBack = 3,
    }
}

table! {
    /// How far a programme is.
    pub struct SaleRow in "sales" key [
        /// Which.
        programme: u32,
    ] {
        /// Lots that were paid.
        sold: u64,
        /// Lots that wait for their payment.
        reserved: u64,
        /// Value handed out or sold, all together.
        issued: Amount,
        /// Applications that count.
        applications: u64,
        /// SHA-256 of the draw's seed.
        commitment: Option<DocId>,
        /// SHA-256 of the list of applications, once that is closed.
        list: Option<DocId>,
        /// When the list was closed.
        closed_at: Option<Time>,
        /// The seed, once it was used.
        seed: Option<DocId>,
        /// When lots were drawn.
        drawn_at: Option<Time>,
    }
}

table! {
    /// An application.
    pub struct ApplicationRow in "applications" key [
        /// For what.
        programme: u32,
        /// Its number, which decides its place in the draw.
        id: Ref,
    ] {
        /// Keyed hash of who applied.
        person: DocId,
        /// From which account, where it was not on paper.
        account: Option<u64>,
        /// Keyed hash of the telephone number (F150).
        phone: Option<DocId>,
        /// Lots.
        wanted: u32,
        /// Lots won; none before the draw.
        won: Option<u32>,
        /// Whether it no longer counts.
        void: bool,
        /// The buyer number of the notice (F151); 0 before the draw, and where nothing was won.
        buyer: u64,
        /// Whether the person is of the age that gets points for buying (F080).
        bonus_age: bool,
        /// When it came.
        at: Time,
        /// What it cost in points (F009).
        points: Amount,
        /// Which points.
        point_class: Option<ClassId>,
        /// The entry that took them; none where it cost nothing, and once they were given back.
        entry: Option<u64>,
        /// The transaction of it.
        taken: Option<String>,
    }
}

numbered! {
    /// Where an exchange is: WAITING → GRANTED.
    pub enum ExchangeState {
        /// The points are gone, the money comes on its day.
        Waiting = 0,
        /// The money is there.
        Granted = 1,
    }
}

table! {
    /// Points that become money (F014, F015).
    pub struct ExchangeRow in "exchanges" key [
        /// Hash of account and the caller's key.
        id: DocId,
    ] {
        /// On which terms.
        programme: u32,
        /// Whose.
        account: u64,
        /// Which points.
        source: ClassId,
        /// How many.
        points: Amount,
        /// The terms as they were then: for each step of so many points …
        step: Amount,
        /// … so much money.
        gives: Amount,
        /// Which money.
        class: ClassId,
        /// How much.
        amount: Amount,
        /// When it was asked for.
        asked_at: Time,
        /// On which day the money comes.
        due: Day,
        /// Where it is.
        state: ExchangeState,
        /// The transaction that took the points.
        taken: String,
        /// The lot that the money came in.
        lot: Option<u64>,
        /// The transaction of its grant.
        tran_id: Option<String>,
        /// When it was granted.
        granted_at: Option<Time>,
    }
}

table! {
    /// What one person has of a programme, over all accounts.
    pub struct ShareRow in "shares" key [
        /// Of which.
        programme: u32,
        /// Keyed hash of who.
        person: DocId,
    ] {
        /// The application that counts.
        application: Option<Ref>,
        /// Lots ordered and not paid yet.
        reserved: u32,
        /// Lots bought.
        bought: u32,
        /// How often it was handed out to the person.
        received: u32,
    }
}

table! {
    /// Money to come in: for lots of a sale, or to top up.
    pub struct OrderRow in "orders" key [
        /// Its number.
        id: u64,
    ] {
        /// SHA-256 of the caller's key: the same key again is the same order.
        key: DocId,
        /// SHA-256 of what was asked.
        content: DocId,
        /// The sale; none for a top-up.
        programme: Option<u32>,
        /// Which value comes of it.
        class: ClassId,
        /// For whom.
        account: u64,
        /// Keyed hash of who buys.
        person: Option<DocId>,
        /// Lots; 0 for a top-up.
        units: u32,
        /// Yen to be paid.
        price: Amount,
        /// Value to come.
        face: Amount,
        /// How it is paid.
        pay_in: u8,
        /// Where it is.
        state: OrderState,
        /// What the provider calls it.
        provider_ref: Option<String>,
        /// When it was made.
        made_at: Time,
        /// Until when it waits for its payment.
        until: Time,
        /// When it was paid, or ended.
        settled_at: Option<Time>,
        /// The lot that came of it.
        lot: Option<u64>,
        /// The transaction of it.
        tran_id: Option<String>,
        /// Value that was taken back of it.
        returned: Amount,
        /// Points for buying it (F080).
        bonus_class: Option<ClassId>,
        /// How many.
        bonus: Amount,
        /// On which day.
        bonus_due: Option<Day>,
        /// Whether they were granted.
        bonus_done: bool,
        /// The lot they came in.
        bonus_lot: Option<u64>,
        /// The transaction of their grant.
        bonus_tran: Option<String>,
        /// Whether the money has to go back.
        refund: RefundStep,
    }
}

table! {
    /// What a provider told, once each.
    pub struct ProviderEventRow in "provider_events" key [
        /// SHA-256 of the provider's number for it.
        id: DocId,
    ] {
        /// About which order.
        order_id: u64,
        /// What.
        kind: EventKind,
        /// Of how much.
        amount: Amount,
        /// What was made of it.
        verdict: EventVerdict,
        /// When it was taken in.
        at: Time,
    }
}
