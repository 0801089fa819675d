//! `fact`: the server says what became of a document. Signed once, stored, and returned byte for byte.
//!
//! A later fact about the same document supersedes an earlier one only as POSTED → REVERSED, or as a
//! fork is decided by the branch that a shop accepted.

use super::field::{Bytes, codes, record};
use super::{Constraints, MAX_PAGE, document};
use crate::ids::{ClassId, DocId};
use crate::money::Amount;
use crate::time::{Day, Time};

codes! {
    /// What became of a document.
    pub enum FactKind {
        /// Posted in the ledger.
        Posted = 0,
        /// Refused for good; the value is free again.
        Rejected = 1,
        /// Posted and taken back.
        Reversed = 2,
        /// Two documents with one counter: proof of a clone.
        Fork = 3,
        /// A grant that waits for its person.
        Pending = 4,
        /// A cancellation that came before its payment.
        CancelNoted = 5,
    }
}

codes! {
    /// Why.
    pub enum Reason {
        /// Nothing to explain.
        None = 0,
        /// The shop refused it.
        ShopRefused = 1,
        /// The shop cancelled it.
        Cancelled = 2,
        /// More than the reserve holds.
        OverReserve = 3,
        /// It came after its hold had ended.
        Late = 4,
        /// Its counter lies above the last one the wallet declared at closing.
        AfterClose = 5,
        /// Another branch with its counter stands.
        ForkBranch = 6,
        /// Signed outside the allowance's time.
        OutsideWindow = 7,
        /// A part names no line, or more than the line had.
        BadPart = 8,
        /// A part cannot be used at this shop.
        NotUsableHere = 9,
        /// A part could not be used on that day.
        DayPassed = 10,
        /// The holder was stopped.
        Revoked = 11,
        /// No such shop or sheet.
        UnknownShop = 12,
        /// The challenge is not one of this device for this purpose, was used, or is older than 15 minutes.
        Challenge = 13,
        /// The card's signature is not by the key of its certificate: a copy of a card.
        CardSignature = 14,
        /// The certificate is not of the public personal authentication service, or of the wrong kind.
        CertificateUntrusted = 15,
        /// The certificate has ended, or has not begun.
        CertificateExpired = 16,
        /// The certificate was revoked.
        CertificateRevoked = 17,
        /// The account is another person's (F143).
        AnotherPerson = 18,
        /// The person of this card has another account.
        AnotherAccount = 19,
        /// A minor's card came without the card of a linked guardian.
        Guardian = 20,
        /// Name and address are not as the card's issuer signed them.
        Attributes = 21,
        /// A minor's way to link, by somebody who is none.
        NotAMinor = 22,
        /// No card is linked to this account.
        NotLinked = 23,
        /// A card this town has not seen: the office ties it to the account, or the platform does.
        UnknownCard = 24,
        /// The payment's week is closed: the office decides (F097).
        Closed = 25,
        /// The shop gave cash back: nothing is taken back besides (F097).
        CashRefunded = 26,
    }
}

record! {
    /// One row of the transaction list: one class of one entry (F113, F114).
    pub struct TransactionRow [
        /// YYYYMMDD and twelve digits.
        tran_id: String,
        /// Which value.
        class: ClassId,
        /// How much.
        amount: Amount,
    ]
}

document! {
    /// What the server decided.
    pub struct Fact = 7 v 1 "fact" max MAX_PAGE, {
        /// The document it is about.
        2 => subject: DocId,
        /// What became of it.
        3 => kind: FactKind,
        /// Why.
        4 => reason: Reason,
        /// The server's time.
        5 => at: Time,
        /// The transactions it made, one for each class.
        6 => rows: Vec<TransactionRow>,
        /// The day in Japan on which the books have it.
        7 => posting_day: Day;
        /// The other branch of a fork, or the target of a cancellation.
        ? 8 => other: Bytes,
    }
}

impl Constraints for Fact {
    fn check(&self) -> Result<(), u8> {
        self.rows
            .iter()
            .all(|row| row.tran_id.len() == 20)
            .then_some(())
            .ok_or(6)?;
        self.other
            .as_ref()
            .is_none_or(|id| id.0.len() == 32)
            .then_some(())
            .ok_or(8)
    }
}
