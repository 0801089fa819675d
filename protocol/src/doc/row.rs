//! The rows a page carries, each a CBOR array. They hold no personal data.

use super::field::{Bytes, record};
use crate::ids::{ClassId, DocId, MarkId, Pid, SetId};
use crate::money::Amount;
use crate::time::{Day, Time};

record! {
    /// The account as the device's owner may know it.
    pub struct AccountRow [
        /// Assurance level of the person: 0 by invitation only.
        level: u8,
        /// Whether paying is stopped.
        stopped: bool,
    ]
}

record! {
    /// The account as people name it to each other.
    pub struct MemberRow [
        /// The card number (F026): [`crate::rules::card_number`].
        card: u64,
    ]
}

record! {
    /// A value class.
    pub struct ClassRow [
        /// Which.
        class: ClassId,
        /// 1 money, 2 points, 3 voucher (F116).
        service_type: u8,
        /// The programme's name.
        name: String,
    ]
}

record! {
    /// What a programme says of a class beyond its name, for the choice at the counter.
    pub struct RuleRow [
        /// Which.
        class: ClassId,
        /// Classes it may pay together with (F081, F089); the other way round, too.
        combine: Vec<ClassId>,
        /// The first second of its use (F079), none where it can be used as soon as it is there.
        from: Option<Time>,
        /// Whether each payment asks for the PIN (F155).
        pin_always: bool,
        /// The names of its ranks, lowest first (F016).
        ranks: Vec<String>,
    ]
}

record! {
    /// How the account stands with one class, beyond its balance.
    pub struct StandingRow [
        /// Which.
        class: ClassId,
        /// The last day of a balance of the extending kind (F022).
        until: Option<Day>,
        /// What is owed after a claw-back (F008).
        owed: Amount,
        /// The place of the rank among the class's ranks, none where nobody was judged yet.
        rank: Option<u32>,
        /// Points earned and not granted yet, or money of an exchange whose day has not come.
        coming: Amount,
    ]
}

record! {
    /// What the account has of one class.
    pub struct BalanceRow [
        /// Which.
        class: ClassId,
        /// Σ remaining over its lots.
        remaining: Amount,
        /// How much of that is held and not posted.
        held: Amount,
    ]
}

record! {
    /// One lot.
    pub struct LotRow [
        /// Its number.
        lot: u64,
        /// Which value.
        class: ClassId,
        /// What is left of it.
        remaining: Amount,
        /// The last day it can be used, none where it has none.
        until: Option<Day>,
        /// When it came.
        issued_at: Time,
    ]
}

record! {
    /// A shop in the directory.
    pub struct ShopRow [
        /// Which.
        shop: Pid,
        /// Its name.
        name: String,
        /// Its name in kana, for sorting and for speech.
        kana: String,
        /// The sets it belongs to.
        sets: Vec<SetId>,
        /// Its sheets.
        marks: Vec<MarkId>,
        /// 0 none, 1 scan, 2 paper.
        offline: u8,
    ]
}

record! {
    /// A transaction as the resident sees it.
    pub struct HistoryRow [
        /// YYYYMMDD and twelve digits (F113).
        tran_id: String,
        /// ADD, SUB or CANCEL as 1, 2, 3 (F117).
        operation: u8,
        /// OP1 use, OP2 grant, OP3 charge, OP4 use-cancel, OP5 grant-cancel (F117).
        operation_id: u8,
        /// Which value.
        class: ClassId,
        /// How much.
        amount: Amount,
        /// The shop, where there is one.
        shop: Option<Pid>,
        /// When it happened.
        occurred_at: Time,
        /// When the books took it.
        posted_at: Time,
    ]
}

record! {
    /// A payment as the shop sees it.
    pub struct SaleRow [
        /// The intent.
        intent: DocId,
        /// The register.
        mark: MarkId,
        /// The whole payment.
        total: Amount,
        /// The number of the fact's kind.
        status: u8,
        /// When it happened.
        occurred_at: Time,
        /// When the books took it.
        posted_at: Time,
        /// The fact, as signed.
        fact: Bytes,
    ]
}
