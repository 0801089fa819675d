//! What a town's folder says, once it is known to be right.

use std::collections::BTreeMap;

use kinchaku_protocol::ids::{ClassId, ServiceType, SetId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::earn::{Campaign, EarnRule};
use kinchaku_protocol::rules::expiry::Expiry;
use kinchaku_protocol::rules::rank::Ladder;
use kinchaku_protocol::time::{Day, Time};

use super::shops::Shop;
use crate::calendar::{Calendar, GrantCalendar, Settlement};

/// Everything a town's folder says.
#[derive(Clone, Debug)]
pub struct Programmes {
    /// Whose it is.
    pub region: Region,
    /// Its business days.
    pub calendar: Calendar,
    /// Sets of shops by number (F072).
    pub sets: BTreeMap<SetId, ShopSet>,
    /// Value classes by number.
    pub classes: BTreeMap<ClassId, Class>,
    /// Programmes by number.
    pub programmes: BTreeMap<u32, Programme>,
    /// Shops in the order of the file.
    pub shops: Vec<Shop>,
}

/// The issuing region: one currency over one town or several (F027).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// The first column of every key of the books.
    pub number: u64,
    /// As people call it.
    pub name: String,
    /// Its towns, with prefecture and 郡, as the register writes them.
    pub towns: Vec<String>,
}

/// Shops that belong together: all of these towns, of these groups, and these shops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopSet {
    /// Its name.
    pub name: String,
    /// Towns all of whose shops are in it.
    pub towns: Vec<String>,
    /// Groups of shops.
    pub groups: Vec<String>,
    /// Single shops by their code.
    pub shops: Vec<String>,
}

impl ShopSet {
    /// Whether a shop is in the set.
    #[must_use]
    pub fn has(&self, shop: &Shop) -> bool {
        self.towns.contains(&shop.town)
            || self.shops.contains(&shop.code)
            || self.groups.iter().any(|group| shop.groups.contains(group))
    }
}

/// What the law calls it. Counsel decides which; the books only keep what each may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LegalKind {
    /// Given without payment.
    FreePoint,
    /// A prepaid payment instrument to which the act does not apply (資金決済法 4).
    PrepaidExempt,
    /// A prepaid payment instrument (資金決済法 3).
    Prepaid,
}

/// A value class: what a balance is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its number.
    pub id: ClassId,
    /// The word by which files name it.
    pub key: String,
    /// As people call it.
    pub name: String,
    /// Money, points or voucher (F116).
    pub service: ServiceType,
    /// What the law calls it.
    pub legal: LegalKind,
    /// When it ends.
    pub expiry: Expiry,
    /// Where it may be used: a set of shops, or anywhere.
    pub scope: SetId,
    /// Whether each payment asks for the PIN (F155).
    pub pin_always: bool,
    /// Classes it may pay together with (F081, F089); one of both naming the other is enough.
    pub combine: Vec<ClassId>,
    /// When shops are paid for it.
    pub settlement: Settlement,
    /// For points: how payments earn them, and when they are granted.
    pub earn: Option<(EarnRule, GrantCalendar)>,
    /// For points: ranks, lowest first.
    pub ranks: Vec<(String, Amount)>,
}

impl Class {
    /// The ranks as a ladder; `None` where there are none.
    #[must_use]
    pub fn ladder(&self) -> Option<Ladder> {
        let steps: Vec<Amount> = self.ranks.iter().map(|(_, from)| *from).collect();
        Ladder::new(steps).ok().filter(|_| !self.ranks.is_empty())
    }
}

/// From a moment up to another, which no longer belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first second.
    pub opens: Time,
    /// The first second after it.
    pub closes: Time,
}

/// When value may be used: by the time of the payment (F079).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsePeriod {
    /// The first second.
    pub from: Time,
    /// The last day.
    pub until: Day,
}

/// Who may take part (F071, F076). What is not asked for, anybody fulfils.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// Lives in one of these towns, as a My Number card proves.
    pub towns: Vec<String>,
    /// Stands in the resident register of a day, as the imported roster proves.
    pub registered_on: Option<Day>,
    /// Is of an age.
    pub age: Option<AgeLimit>,
    /// Stands on a list of this name.
    pub roster: Option<String>,
}

/// Ages, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgeLimit {
    /// The day on which it counts; that of the acquisition where there is none.
    pub on: Option<Day>,
    /// The lowest.
    pub least: u16,
    /// The highest.
    pub most: u16,
}

/// Who may cancel a payment until the week is closed (F096, F097). Afterwards the office alone may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CancelRule {
    /// The shop, while all parts are open.
    Shop,
    /// The office alone.
    Office,
}

/// One programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programme {
    /// Its number.
    pub id: u32,
    /// As people call it.
    pub name: String,
    /// What it hands out.
    pub class: ClassId,
    /// How long a reversal may restore lots that have ended.
    pub grace_days: u32,
    /// Who may cancel.
    pub cancel: CancelRule,
    /// Who may take part.
    pub who: Who,
    /// What it is.
    pub kind: Kind,
}

/// The kinds of programmes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Vouchers sold at a premium (F070, F074 to F080).
    Sale(Sale),
    /// Vouchers given away (F068, F069).
    Distribution(Distribution),
    /// More points for payments (F005).
    Campaign(Campaign),
    /// Points become money (F014, F015).
    Exchange(Exchange),
}

/// How people come to buy (F078, F149).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Apply {
    /// When applications are taken.
    pub window: Window,
    /// Whether lots are drawn where too many are wanted; first come, first served otherwise.
    pub draw: bool,
    /// What each lot applied for costs in points (F009).
    pub entry: Option<EntryPoints>,
}

/// What applying costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryPoints {
    /// Which points.
    pub class: ClassId,
    /// How many for each lot.
    pub points: Amount,
}

/// An exchange of points into money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// When it is asked for.
    pub window: Window,
    /// Which points.
    pub source: ClassId,
    /// Points in one step: multiples of it are exchanged.
    pub step: Amount,
    /// What one step becomes.
    pub gives: Amount,
    /// The fewest points at once.
    pub least: Amount,
    /// Days until the money comes (F015).
    pub after_days: u32,
}

/// What a buyer shows (F151, F152).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BuyBy {
    /// The account that applied.
    Account,
    /// The buyer number of the notice, and the phone of the application.
    BuyerNumber,
}

/// Ways to pay in (F064, F153).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PayIn {
    /// クレジットカード
    Card,
    /// 銀行
    Bank,
    /// ATM
    Atm,
    /// コンビニ
    Store,
    /// 窓口
    Counter,
}

/// A sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    /// Applications; none where everybody may buy at once.
    pub apply: Option<Apply>,
    /// When won lots are bought.
    pub buy: Window,
    /// What a buyer shows.
    pub by: BuyBy,
    /// Ways to pay in.
    pub pay_in: Vec<PayIn>,
    /// When they are used.
    pub usage: UsePeriod,
    /// What one lot costs.
    pub price: Amount,
    /// What one lot is worth.
    pub face: Amount,
    /// Lots one person may have (F077).
    pub most: u32,
    /// All face value together (F075).
    pub issue_ceiling: Amount,
    /// All premium together.
    pub premium_ceiling: Amount,
    /// Points for buying at an age (F080).
    pub bonus: Option<Bonus>,
}

/// Points for each lot that somebody of an age buys (F080).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bonus {
    /// Which points.
    pub class: ClassId,
    /// From this age on.
    pub age: u16,
    /// The day on which the age counts.
    pub on: Day,
    /// Points for each lot.
    pub points: u32,
    /// Days after the purchase.
    pub after_days: u32,
}

/// A distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// When it is handed out.
    pub window: Window,
    /// When it is used.
    pub usage: UsePeriod,
    /// What one person gets each time.
    pub amount: Amount,
    /// How often one person gets it.
    pub times: u32,
    /// All of it together.
    pub issue_ceiling: Amount,
    /// Whether people may fetch it by reading its code, besides choosing it from the list (F069).
    pub by_code: bool,
}

impl Programmes {
    /// The class that files name so.
    #[must_use]
    pub fn class_named(&self, key: &str) -> Option<&Class> {
        self.classes.values().find(|class| class.key == key)
    }

    /// The sets a shop is in, as its sheet and the directory name them.
    #[must_use]
    pub fn sets_of(&self, shop: &Shop) -> Vec<SetId> {
        let of = |(id, set): (&SetId, &ShopSet)| set.has(shop).then_some(*id);
        self.sets.iter().filter_map(of).collect()
    }
}
