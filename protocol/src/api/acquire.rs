//! Bodies about acquiring value: what a town offers to the person of a wallet, applications, orders and what is
//! handed out. A rule's no is an answer with its reason; only what is not understood is a problem.

use crate::doc::field::{codes, record};
use crate::ids::{ClassId, Ref};
use crate::money::Amount;
use crate::time::{Day, Time};

/// The most characters of a key that a device gives a request.
pub const MAX_KEY: usize = 64;

codes! {
    /// How value comes to people.
    pub enum OfferKind {
        /// Vouchers are sold (F070).
        Sale = 0,
        /// Vouchers are handed out (F068, F069).
        Distribution = 1,
        /// Points become money (F014, F015).
        Exchange = 2,
    }
}

codes! {
    /// How money is paid in (F064, F153).
    pub enum PayWay {
        /// クレジットカード
        Card = 0,
        /// 銀行
        Bank = 1,
        /// ATM
        Atm = 2,
        /// コンビニ
        Store = 3,
        /// 窓口
        Counter = 4,
    }
}

record! {
    /// From a moment up to another, which no longer belongs to it.
    pub struct Span [
        /// The first second.
        opens: Time,
        /// The first second after it.
        closes: Time,
    ]
}

record! {
    /// Applications to a sale (F149).
    pub struct OfferApply [
        /// When they are taken.
        window: Span,
        /// Whether lots are drawn where too many are wanted (F078).
        draw: bool,
        /// What each lot applied for costs in points; none where applying costs nothing (F009).
        entry: Option<OfferEntry>,
    ]
}

record! {
    /// What an application costs in points.
    pub struct OfferEntry [
        /// Which points.
        class: ClassId,
        /// How many for each lot.
        points: Amount,
    ]
}

record! {
    /// Terms on which points become money (F014, F015).
    pub struct OfferExchange [
        /// Which points.
        source: ClassId,
        /// Points in one step: multiples of it are exchanged.
        step: Amount,
        /// What one step becomes.
        gives: Amount,
        /// The fewest points at once.
        least: Amount,
        /// Points that could be exchanged now; what is set aside for payments is not among them.
        free: Amount,
        /// On which day the money would come; none where no calendar says so.
        due: Option<Day>,
    ]
}

record! {
    /// One programme as the person of a wallet may take part in it.
    pub struct Offer [
        /// Its number.
        programme: u32,
        /// As people call it.
        name: String,
        /// What comes of it.
        class: ClassId,
        /// How.
        kind: OfferKind,
        /// Applications; none where everybody acquires at once.
        apply: Option<OfferApply>,
        /// When it is bought, handed out or exchanged.
        acquire: Span,
        /// The first second of its use (F079).
        from: Time,
        /// The last day of its use; none where it has none.
        until: Option<Day>,
        /// What one lot costs; nothing where it is handed out.
        price: Amount,
        /// What one lot is worth.
        face: Amount,
        /// Lots one person may have; how often it is handed out to one person.
        most: u32,
        /// Whether buying asks for the buyer number and the telephone of the application (F151, F152).
        by_number: bool,
        /// Whether its code can be read (F069).
        by_code: bool,
        /// How it can be paid.
        pay_in: Vec<PayWay>,
        /// Terms of an exchange; none where it is none.
        exchange: Option<OfferExchange>,
        /// What the person has of it.
        mine: OfferShare,
        /// Why the next step is not open to the person now; none where it is.
        refused: Option<AcquireRefusal>,
    ]
}

record! {
    /// What a person has of a programme, over all accounts.
    pub struct OfferShare [
        /// The application.
        application: Option<Ref>,
        /// Lots applied for.
        wanted: u32,
        /// Lots won; none before the draw.
        won: Option<u32>,
        /// The buyer number, where lots were won (F151).
        buyer: Option<u64>,
        /// Lots ordered and not paid yet.
        reserved: u32,
        /// Lots bought.
        bought: u32,
        /// How often it was handed out to the person.
        received: u32,
    ]
}

record! {
    /// What is open to the person of a wallet.
    pub struct OffersAnswer [
        /// The server's time.
        at: Time,
        /// Programmes whose time is not over, by number.
        offers: Vec<Offer>,
    ]
}

codes! {
    /// Why somebody does not acquire something now.
    pub enum Why {
        /// Not open yet: see `at`.
        NotYet = 0,
        /// Over: see `at`.
        Over = 1,
        /// A card has to be linked first.
        NoCard = 2,
        /// Lives elsewhere (F071).
        Elsewhere = 3,
        /// Too young: see `most`.
        TooYoung = 4,
        /// Too old: see `most`.
        TooOld = 5,
        /// The birth date is not known well enough: the office decides.
        AgeUnclear = 6,
        /// Not in the resident register of the day `at` (F076).
        NotRegistered = 7,
        /// Not on the list.
        NotListed = 8,
        /// A person applies once (F149).
        AppliedBefore = 9,
        /// There is nothing to apply for.
        NoApplication = 10,
        /// Drawn, and not won; or buyer number and telephone do not belong together (F152).
        NotWon = 11,
        /// More than one person may have: `left` of `most`.
        TooMany = 12,
        /// Not so many are left for anybody: see `left`.
        SoldOut = 13,
        /// No such programme or class, or not acquired in this way.
        Unknown = 14,
        /// Not paid in this way.
        PayWay = 15,
        /// Not by reading a code, or not without one.
        ByCode = 16,
        /// An amount of zero, or beyond what may be charged.
        Amount = 17,
        /// Something is owed after a claw-back: it is settled first.
        Owing = 18,
        /// The holder was stopped.
        Stopped = 19,
        /// The key was used for something else.
        KeyReused = 20,
        /// The provider did not take the order; no money moved.
        Provider = 21,
        /// The telephone number is asked for (F150).
        Phone = 22,
        /// Not so many points are free: see `left`. What is set aside for payments is not.
        NotEnough = 23,
        /// Not a multiple of `most`, or fewer than `left` (F014).
        Step = 24,
    }
}

record! {
    /// A rule's no, with what the screen needs to say what to do next.
    pub struct AcquireRefusal [
        /// Why.
        why: Why,
        /// The moment it speaks of.
        at: Option<Time>,
        /// The number it speaks of.
        most: Option<u64>,
        /// What is left of it.
        left: Option<u64>,
    ]
}

impl AcquireRefusal {
    /// One that is all said by its name.
    #[must_use]
    pub const fn plain(why: Why) -> Self {
        Self {
            why,
            at: None,
            most: None,
            left: None,
        }
    }
}

record! {
    unprinted
    /// An application. Its number is made of these bytes, so that sending them again is the same application.
    pub struct ApplyRequest [
        /// For which sale.
        programme: u32,
        /// Lots.
        units: u32,
        /// The telephone number (F150).
        phone: Option<String>,
        /// 16 random bytes: nobody else's application has this number.
        nonce: [u8; 16],
    ]
}

impl ApplyRequest {
    /// The number of the application that these bytes are.
    #[must_use]
    pub fn id(body: &[u8]) -> Ref {
        crate::ids::DocId::of(body).to_ref()
    }
}

record! {
    /// What became of an application.
    pub struct ApplyAnswer [
        /// Its number, where it was taken.
        id: Option<Ref>,
        /// Why it was not.
        refused: Option<AcquireRefusal>,
    ]
}

record! {
    unprinted
    /// Lots of a sale.
    pub struct LotsWanted [
        /// Of which.
        programme: u32,
        /// How many.
        units: u32,
        /// The buyer number of the notice, where one is asked for (F151).
        buyer: Option<u64>,
        /// The telephone number of the application, where one is asked for (F152).
        phone: Option<String>,
    ]
}

record! {
    /// Money (F064).
    pub struct MoneyWanted [
        /// Which class.
        class: ClassId,
        /// How much.
        amount: Amount,
    ]
}

record! {
    unprinted
    /// An order: of lots or of money, one of both.
    pub struct OrderRequest [
        /// The device's key: the same key again is the same order.
        key: String,
        /// Lots of a sale.
        lots: Option<LotsWanted>,
        /// Money.
        money: Option<MoneyWanted>,
        /// How it is paid.
        pay_in: PayWay,
    ]
}

record! {
    /// A wallet asks how an order of its account stands.
    pub struct OrderQuery [
        /// Which.
        order: u64,
    ]
}

codes! {
    /// Where an order is: AWAITING → PAID → REFUNDED or CHARGED BACK, or AWAITING → FAILED or LAPSED.
    pub enum OrderStage {
        /// Its money is awaited.
        Awaiting = 0,
        /// Paid, and the value is there.
        Paid = 1,
        /// The provider said no.
        Failed = 2,
        /// Nobody paid in time.
        Lapsed = 3,
        /// Paid, and given back.
        Refunded = 4,
        /// Paid, and taken back by the payer's bank.
        ChargedBack = 5,
    }
}

record! {
    /// An order as it stands.
    pub struct OrderStatus [
        /// Its number.
        order: u64,
        /// The sale; none for money.
        programme: Option<u32>,
        /// Which value comes of it.
        class: ClassId,
        /// Lots; 0 for money.
        units: u32,
        /// Yen to be paid.
        price: Amount,
        /// Value to come.
        face: Amount,
        /// How it is paid.
        pay_in: PayWay,
        /// Where it is.
        stage: OrderStage,
        /// Until when it waits for its payment.
        until: Time,
        /// When it was paid, or ended.
        settled_at: Option<Time>,
        /// What the payer shows or types at the provider.
        reference: Option<String>,
    ]
}

record! {
    /// What became of an order.
    pub struct OrderAnswer [
        /// As it stands, where it was taken.
        order: Option<OrderStatus>,
        /// Why it was not.
        refused: Option<AcquireRefusal>,
    ]
}

record! {
    /// Somebody fetches what is handed out (F068, F069).
    pub struct ReceiveRequest [
        /// The device's key: the same key again is the same.
        key: String,
        /// Of which programme.
        programme: u32,
        /// Whether its code was read, not a list chosen from.
        by_code: bool,
    ]
}

record! {
    /// What was handed out.
    pub struct Received [
        /// Which value.
        class: ClassId,
        /// How much.
        amount: Amount,
        /// The last day of its use.
        until: Option<Day>,
    ]
}

record! {
    /// What became of it.
    pub struct ReceiveAnswer [
        /// What was handed out, where it was.
        received: Option<Received>,
        /// Why it was not.
        refused: Option<AcquireRefusal>,
    ]
}

record! {
    /// Points become money (F014, F015). It cannot be taken back.
    pub struct ExchangeRequest [
        /// The device's key: the same key again is the same exchange.
        key: String,
        /// On which terms.
        programme: u32,
        /// How many points.
        points: Amount,
    ]
}

record! {
    /// An exchange as it stands.
    pub struct Exchanged [
        /// Which points are gone.
        source: ClassId,
        /// How many.
        points: Amount,
        /// Which money comes.
        class: ClassId,
        /// How much.
        amount: Amount,
        /// On which day.
        due: Day,
        /// Whether it has come.
        granted: bool,
    ]
}

record! {
    /// What became of it.
    pub struct ExchangeAnswer [
        /// The exchange, where it was taken.
        exchanged: Option<Exchanged>,
        /// Why it was not.
        refused: Option<AcquireRefusal>,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::field::{from_bytes, to_bytes};

    #[test]
    fn an_application_is_named_by_its_bytes() {
        let request = ApplyRequest {
            programme: 7,
            units: 30,
            phone: Some("09012345678".to_owned()),
            nonce: [1; 16],
        };
        let bytes = to_bytes(&request);
        assert!(from_bytes::<ApplyRequest>(&bytes) == Ok(request.clone()));
        let other = to_bytes(&ApplyRequest {
            nonce: [2; 16],
            ..request.clone()
        });
        assert_ne!(ApplyRequest::id(&bytes), ApplyRequest::id(&other));
        assert!(!format!("{request:?}").contains("090"), "no telephone in a log");
    }
}
