//! What can be asked of a town's books. Whatever changes them is a [`Command`]; the time and every
//! random value come in with it, so that the same history gives the same books on every database.

use std::sync::Arc;

use kinchaku_protocol::doc::{AnswerItem, Limits, PaperTier, Role, UploadItem};
use kinchaku_protocol::ids::{ClassId, MarkId, Pid, Ref, ServiceType, SetId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::signature::{PublicKey, Signer};
use kinchaku_protocol::time::{Day, Time};
use zeroize::Zeroizing;

use crate::access::action::AccessAction;
use crate::calendar::CalendarError;
use crate::identity::action::{CardAction, KeyIdResult};
use crate::points::action::PointsAction;
use crate::programme::Refusal;
use crate::programme::action::SetUpAction;
use crate::sale::action::SaleAction;
use crate::sale::rows::{ExchangeRow, OrderRow};
use crate::settlement::action::{CancelRefusal, SettleAction};

/// The issuing region whose books are meant: the first column of every key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Town {
    /// Its number.
    pub muni: u64,
}

/// A key the server signs with.
pub type ServerKey = Arc<dyn Signer + Send + Sync>;

/// The keys the books sign with, and what only their keeper knows.
#[derive(Clone)]
pub struct Signers {
    /// Signs allowances.
    pub issuer: ServerKey,
    /// Signs facts (and pages, outside the books).
    pub fact: ServerKey,
    /// Signs bulletins.
    pub bulletin: ServerKey,
    /// Signs `device` documents.
    pub device_ca: ServerKey,
    /// Keys that may sign a cancellation made at the console.
    pub console: Vec<PublicKey>,
    /// The key set in force, named by every bulletin.
    pub keyset_version: u32,
    /// Makes pseudonyms from account numbers.
    pub pseudonym: Zeroizing<[u8; 32]>,
}

/// What a town allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TownRules {
    /// Caps on blind acceptance, written into every allowance.
    pub limits: Limits,
    /// Payments to shops with only paper; none where the town does not allow them.
    pub paper: Option<PaperTier>,
    /// The largest reserve of one allowance.
    pub reserve: Amount,
    /// Seconds an allowance lives.
    pub allowance_life: u64,
    /// Allowances for one holder in one seven-day window.
    pub allowances_per_window: u32,
    /// Seconds a `device` document lives.
    pub device_life: u64,
    /// The lowest way of keeping keys that may pay: 1 software, 2 TEE, 3 secure element.
    pub least_level: u8,
}

impl Default for TownRules {
    fn default() -> Self {
        const DAY: u64 = 86_400;
        Self {
            limits: Limits {
                per_payment: Amount::of(3_000),
                per_shop_day: Amount::of(5_000),
                per_holder: Amount::of(10_000),
                soft_count: 24,
                hard_count: 30,
            },
            paper: None,
            reserve: Amount::of(50_000),
            allowance_life: 7 * DAY,
            allowances_per_window: 3,
            device_life: 30 * DAY,
            least_level: 1,
        }
    }
}

impl TownRules {
    /// Lets people pay at shops that have only paper: 1,000 yen each, three times a day.
    #[must_use]
    pub fn with_paper(mut self) -> Self {
        self.paper = Some(PaperTier {
            per_payment: Amount::of(1_000),
            per_day: 3,
        });
        self
    }
}

/// One change of the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The server's time.
    pub now: Time,
    /// What is asked.
    pub action: Action,
}

/// What the law calls a class; it decides whether expiry may be moved and what is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Legal {
    /// Given away.
    FreePoint,
    /// Paid for, usable for less than six months.
    PrepaidExempt,
    /// Paid for.
    Prepaid,
}

/// A value class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewClass {
    /// Its number.
    pub id: ClassId,
    /// Money, points or voucher.
    pub service_type: ServiceType,
    /// What the law calls it.
    pub legal: Legal,
    /// The programme's name.
    pub name: String,
}

/// A shop of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewShop {
    /// Which.
    pub shop: Pid,
    /// The merchant it belongs to.
    pub merchant_id: String,
    /// As on its sign.
    pub name: String,
    /// For sorting and speech.
    pub kana: String,
    /// For the payment code, which is ASCII there.
    pub romaji: String,
    /// Its town, in ASCII.
    pub city: String,
    /// Merchant category code (ISO 18245).
    pub mcc: u16,
    /// Postal code.
    pub postal: String,
    /// The sets it belongs to.
    pub sets: Vec<SetId>,
    /// 0 takes nothing offline, 1 by scanning the receipt, 2 on paper too.
    pub offline: u8,
}

/// For whom an invitation code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invitee {
    /// A resident: the account is made with the code.
    Resident,
    /// A further device of an account.
    Account(u64),
    /// A device of a shop.
    Shop(Pid),
}

/// What a device brings to be enrolled. Both proofs of possession were checked before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDevice {
    /// SHA-256 of the invitation code.
    pub code_hash: [u8; 32],
    /// As what.
    pub role: Role,
    /// K_sync.
    pub sync_key: PublicKey,
    /// K_pay, for wallets.
    pub pay_key: Option<PublicKey>,
    /// How the keys are kept: 1 software, 2 TEE, 3 secure element.
    pub level: u8,
}

/// Value for an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
    /// The caller's key: the same key again is the same credit.
    pub key: String,
    /// For whom.
    pub account: u64,
    /// Which value. Money is charged against suspense, the rest is granted from the class's budget.
    pub class: ClassId,
    /// How much.
    pub amount: Amount,
    /// The last day it can be used.
    pub until: Option<Day>,
    /// Which shops take it.
    pub set: SetId,
}

/// Whom to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A holder: nothing more is issued to the account.
    Holder(Pid),
    /// One device, lost or stolen; the account goes on with another.
    Device(Ref),
    /// A shop, or one of its sheets.
    Shop(Pid, Option<MarkId>),
}

/// What is asked of the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A value class.
    AddClass(NewClass),
    /// A shop; the same shop again replaces what the directory says of it.
    AddShop(NewShop),
    /// A printed sheet or register of a shop.
    AddMark {
        /// The shop.
        shop: Pid,
        /// The sheet.
        mark: MarkId,
        /// What the shop calls it.
        label: String,
    },
    /// An invitation code, single use.
    Invite {
        /// SHA-256 of the code.
        code_hash: [u8; 32],
        /// For whom.
        invitee: Invitee,
    },
    /// A device with an invitation code.
    Enrol(NewDevice),
    /// A new `device` document for an enrolled device.
    RenewDevice {
        /// Its document now.
        device: Ref,
    },
    /// Value.
    Credit(Credit),
    /// An allowance for a wallet's device.
    IssueAllowance {
        /// The device.
        device: Ref,
        /// The close of the one before.
        close: Option<Vec<u8>>,
        /// A ceiling the person chose.
        at_most: Option<Amount>,
    },
    /// Documents, whoever carries them.
    Upload(Vec<UploadItem>),
    /// Stops somebody, and says so in a bulletin.
    Revoke(Stop),
    /// A fresh bulletin.
    PublishBulletin,
    /// Ends the holds whose time has come.
    Lapse,
    /// Ends the value whose last day has passed and that nothing holds.
    Expire,
    /// A one-time code for a locked PIN, made at the office.
    IssueUnlock {
        /// SHA-256 of the code.
        code_hash: [u8; 32],
        /// For whom.
        account: u64,
    },
    /// A device uses such a code: a new payment key takes the place of the locked one.
    UseUnlock {
        /// SHA-256 of the code.
        code_hash: [u8; 32],
        /// The device.
        device: Ref,
        /// The new K_pay, whose proof of possession was checked before.
        pay_key: PublicKey,
    },
    /// About cards and persons.
    Card(CardAction),
    /// The town's folder and its lists.
    SetUp(SetUpAction),
    /// About points and balances.
    Points(PointsAction),
    /// About acquiring value.
    Sale(SaleAction),
    /// About what shops are paid.
    Settle(SettleAction),
    /// About who may use the console's API.
    Access(AccessAction),
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done, nothing to say.
    Done,
    /// The account of an invitation for a resident.
    Invited {
        /// Its number.
        account: Option<u64>,
    },
    /// A signed `device` document.
    Device(Vec<u8>),
    /// The transaction of a credit.
    Credited {
        /// YYYYMMDD and twelve digits (F113).
        tran_id: String,
    },
    /// A signed allowance.
    Allowance(Vec<u8>),
    /// One item for each document, in order.
    Answer(Vec<AnswerItem>),
    /// The bulletin in force, signed.
    Bulletin(Vec<u8>),
    /// How many holds, lots or links a job ended.
    Ended(u64),
    /// A challenge for a card was made.
    Challenge {
        /// The last second it is taken.
        until: Time,
    },
    /// A signed fact about one document.
    Fact(Vec<u8>),
    /// How a step towards a My Key ID ended.
    KeyId(KeyIdResult),
    /// A card was tied to a person.
    Tied {
        /// Which.
        pending: u64,
    },
    /// An order as it stands.
    Order(Box<OrderRow>),
    /// Lots were drawn.
    Drawn {
        /// Applications that took part.
        applications: u64,
        /// Lots won, all together.
        won: u64,
    },
    /// Points become money.
    Exchanged(Box<ExchangeRow>),
    /// A token was made.
    Token {
        /// Its number.
        id: u64,
    },
}

/// Why a command was not carried out. Nothing of it is in the books, but for a close that came with a
/// request for an allowance: that stands by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The number or code is taken, by something else.
    #[error("already taken")]
    Taken,
    /// No such account.
    #[error("no such account")]
    NoAccount,
    /// No such class.
    #[error("no such class")]
    NoClass,
    /// No such shop.
    #[error("no such shop")]
    NoShop,
    /// No such device, or it was stopped.
    #[error("no such device")]
    NoDevice,
    /// No such code, or not for this role.
    #[error("no such code")]
    NoCode,
    /// The code's seven days are over.
    #[error("the code has expired")]
    CodeExpired,
    /// The code was used by another device.
    #[error("the code was used before")]
    CodeUsed,
    /// The payment key is not kept well enough, or missing.
    #[error("the key is not acceptable")]
    KeyNotAcceptable,
    /// The same idempotency key with another content.
    #[error("the idempotency key was used for something else")]
    KeyReused,
    /// An amount of zero or beyond range.
    #[error("the amount is not acceptable")]
    Amount,
    /// The holder was stopped.
    #[error("the holder was stopped")]
    Stopped,
    /// The window's allowances are used up: the office has to look.
    #[error("no further allowance until {until}")]
    TooManyAllowances {
        /// When the window ends.
        until: Time,
    },
    /// Nothing is there to be reserved.
    #[error("nothing to reserve")]
    NothingToReserve,
    /// The close is not a close of an allowance of this device.
    #[error("the close is not acceptable")]
    Close,
    /// No such challenge of this device, or another one took its place.
    #[error("no such challenge")]
    NoChallenge,
    /// Nobody is linked to the account.
    #[error("nobody is linked to the account")]
    NoPerson,
    /// No such card waits for the office, or several do and none was named.
    #[error("no such card is waiting")]
    NoPending,
    /// The person of the account changed since the command was prepared; prepare it again.
    #[error("the person changed in between")]
    Changed,
    /// The town has no folder of programmes, or none with what was asked for.
    #[error("not set up")]
    NotSetUp,
    /// The folder changes what is sold or in people's hands already.
    #[error("the folder changes what cannot change any more")]
    Incompatible,
    /// The folder is not right; reading it says why.
    #[error("the folder is not right")]
    BadFolder,
    /// No such programme, or it is of another kind.
    #[error("no such programme")]
    NoProgramme,
    /// No such application.
    #[error("no such application")]
    NoApplication,
    /// No such order.
    #[error("no such order")]
    NoOrder,
    /// No such period, or it is not over yet.
    #[error("no such period to close")]
    NoPeriod,
    /// No such token.
    #[error("no such token")]
    NoToken,
    /// The order is past this: paid, failed or given back.
    #[error("the order is past this")]
    OrderState,
    /// What the order brought was used in part: it cannot be given back.
    #[error("used already")]
    UsedAlready,
    /// The seed is not the one committed to, or there is no commitment, or the list is still open, or it was drawn.
    #[error("the draw cannot be made now")]
    NoDraw,
    /// The programme does not let this person do this now.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// The payment is not taken back.
    #[error("not taken back: {0}")]
    NotCancelled(#[from] CancelRefusal),
    /// A day that cannot be told.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// The database or a key did not answer; try again.
    #[error("the books are not available")]
    Unavailable,
    /// The books refuse an entry that would break an invariant: somebody has to look.
    #[error("the books refuse the entry")]
    Broken,
}
