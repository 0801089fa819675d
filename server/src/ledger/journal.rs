//! Entries: what moved, in which ledger accounts, and the rows people read of it. An entry sums to
//! zero for each class or is not written at all.

use std::collections::BTreeMap;

use kinchaku_protocol::doc::{Table as List, TransactionRow};
use kinchaku_protocol::ids::{ClassId, DocId, Pid};
use kinchaku_protocol::money::{Amount, Signed};
use kinchaku_protocol::time::Time;

use super::Broken;
use super::rows::{
    Book, BusinessRow, EntryKind, EntryRow, NO_PARTY, Operation, OperationId, PostingRow, Topic, account_party,
};
use super::view::View;
use crate::points::rows::BalanceRow;

/// What moves in one entry: sums by ledger account, party, class and lot.
#[derive(Clone, Debug, Default)]
pub struct Movement {
    sums: BTreeMap<(ClassId, Book, Pid, Option<u64>), Signed>,
}

impl Movement {
    /// Adds an amount to a ledger account.
    ///
    /// # Errors
    /// [`Broken`] out of range.
    pub fn add(&mut self, book: Book, party: Pid, class: ClassId, lot: Option<u64>, by: Signed) -> Result<(), Broken> {
        let sum = self.sums.entry((class, book, party, lot)).or_default();
        *sum = sum.plus(by)?;
        Ok(())
    }

    /// A resident's lot gives to another ledger account.
    ///
    /// # Errors
    /// [`Broken`] out of range.
    pub fn user_to(
        &mut self,
        from: (u64, u64),
        book: Book,
        party: Pid,
        class: ClassId,
        by: Amount,
    ) -> Result<(), Broken> {
        let (account, lot) = from;
        self.add(Book::User, account_party(account), class, Some(lot), by.debit())?;
        self.add(book, party, class, None, by.credit())
    }

    /// Another ledger account gives to a resident's lot.
    ///
    /// # Errors
    /// [`Broken`] out of range.
    pub fn to_user(
        &mut self,
        to: (u64, u64),
        book: Book,
        party: Pid,
        class: ClassId,
        by: Amount,
    ) -> Result<(), Broken> {
        let (account, lot) = to;
        self.add(Book::User, account_party(account), class, Some(lot), by.credit())?;
        self.add(book, party, class, None, by.debit())
    }

    /// The scheme pays a shop, or has it back.
    ///
    /// # Errors
    /// [`Broken`] out of range.
    pub fn loss(&mut self, shop: Pid, class: ClassId, to_shop: Signed) -> Result<(), Broken> {
        self.add(Book::ShopPayable, shop, class, None, to_shop)?;
        let back = Signed::from_units(to_shop.units().checked_neg().ok_or(Broken)?);
        self.add(Book::ForkLoss, NO_PARTY, class, None, back)
    }

    /// What came into which lot.
    #[must_use]
    pub fn into_lots(&self) -> Vec<(u64, Amount)> {
        let some = self.sums.iter().filter(|(_, amount)| **amount > Signed::ZERO);
        some.filter_map(|(&(_, _, _, lot), amount)| Some((lot?, Amount::try_from(amount.units()).ok()?)))
            .collect()
    }

    /// What each account has of each class, and owes (I3).
    fn keep_balances(&self, view: &mut View) -> Result<(), Broken> {
        for (&(class, book, party, _), &amount) in &self.sums {
            if !matches!(book, Book::User | Book::Receivable) {
                continue;
            }
            let account = u64::from_be_bytes(party.0);
            let mut row = view.balances.copy(&(account, class)).unwrap_or(BalanceRow {
                account,
                class,
                value: Signed::ZERO,
                owed: Amount::ZERO,
            });
            row.value = row.value.plus(amount)?;
            if book == Book::Receivable {
                // A claim on the resident stands on the other side of the ledger: owing more is a debit.
                let owed = row.owed.credit().units().checked_sub(amount.units()).ok_or(Broken)?;
                row.owed = Amount::try_from(owed)?;
            }
            view.balances.put(row);
        }
        Ok(())
    }

    /// By how much this entry changed what an account has of a class.
    fn moved(&self, account: u64, class: ClassId) -> Result<Signed, Broken> {
        let party = account_party(account);
        let own = self.sums.iter().filter(|((of, book, whose, _), _)| {
            *of == class && *whose == party && matches!(book, Book::User | Book::Receivable)
        });
        own.map(|(_, amount)| *amount)
            .try_fold(Signed::ZERO, |sum, amount| Ok(sum.plus(amount)?))
    }

    fn balanced(&self) -> Result<(), Broken> {
        let mut by_class: BTreeMap<ClassId, Signed> = BTreeMap::new();
        for ((class, ..), amount) in &self.sums {
            let sum = by_class.entry(*class).or_default();
            *sum = sum.plus(*amount)?;
        }
        by_class
            .values()
            .all(|sum| *sum == Signed::ZERO)
            .then_some(())
            .ok_or(Broken)
    }
}

/// The head of an entry.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// Its kind.
    pub kind: EntryKind,
    /// The payment.
    pub intent: Option<DocId>,
    /// The entry it takes back.
    pub target: Option<u64>,
    /// When it happened.
    pub occurred_at: Time,
    /// When the books take it.
    pub now: Time,
}

/// Writes an entry; gives its number.
///
/// # Errors
/// [`Broken`] where it does not sum to zero.
pub fn enter(view: &mut View, head: Head, movement: &Movement) -> Result<u64, Broken> {
    movement.balanced()?;
    movement.keep_balances(view)?;
    let id = view.next("entry");
    view.entries.put(EntryRow {
        id,
        kind: head.kind,
        intent: head.intent,
        target: head.target,
        occurred_at: head.occurred_at,
        posted_at: head.now,
        period: head.now.day(),
    });
    let moved = movement.sums.iter().filter(|(_, amount)| **amount != Signed::ZERO);
    for (line, (&(class, book, party, lot), &amount)) in (0_u32..).zip(moved) {
        view.postings.put(PostingRow {
            entry: id,
            line,
            book,
            party,
            class,
            lot,
            amount,
        });
    }
    Ok(id)
}

/// What the rows of the transaction list say beyond their amounts.
#[derive(Clone, Copy, Debug)]
pub struct Business {
    /// The entry.
    pub entry: u64,
    /// ADD, SUB, CANCEL.
    pub operation: Operation,
    /// OP1 to OP5.
    pub operation_id: OperationId,
    /// Whose value.
    pub account: u64,
    /// The shop.
    pub shop: Option<Pid>,
    /// The payment.
    pub intent: Option<DocId>,
    /// When it happened.
    pub occurred_at: Time,
    /// When the books take it.
    pub now: Time,
}

/// Writes one row of the transaction list for each class (F113, F114), all at one time, of an entry that was
/// entered just now.
///
/// # Errors
/// [`Broken`] out of range.
pub fn list(
    view: &mut View,
    business: Business,
    amounts: &BTreeMap<ClassId, Amount>,
    movement: &Movement,
) -> Result<Vec<TransactionRow>, Broken> {
    let mut rows = Vec::new();
    for (&class, &amount) in amounts {
        let tran_id = format!("{}{:012}", business.now.day().digits(), view.next("serial"));
        let target = taken_back(view, business, class)?;
        let known = view.balances.get(&(business.account, class));
        let value_after = known.map_or(Signed::ZERO, |row| row.value);
        let moved = movement.moved(business.account, class)?.units();
        let before = value_after.units().checked_sub(moved).ok_or(Broken)?;
        view.business.put(BusinessRow {
            tran_id: tran_id.clone(),
            entry: business.entry,
            operation: business.operation,
            operation_id: business.operation_id,
            class,
            amount,
            account: business.account,
            shop: business.shop,
            intent: business.intent,
            target,
            occurred_at: business.occurred_at,
            posted_at: business.now,
            value_before: Signed::from_units(before),
            value_after,
        });
        let party = account_party(business.account);
        view.tell(Topic::Account, party, List::History, tran_id.clone().into_bytes());
        rows.push(TransactionRow { tran_id, class, amount });
    }
    Ok(rows)
}

/// The row of the payment that a cancellation takes back (F121's `targetTranId`).
fn taken_back(view: &View, business: Business, class: ClassId) -> Result<Option<String>, Broken> {
    if business.operation != Operation::Cancel {
        return Ok(None);
    }
    let intent = crate::store::table::Column::to_value(&business.intent);
    let paid = view
        .business
        .by(&intent)
        .filter(|row| row.operation == Operation::Sub && row.class == class)
        .map(|row| row.tran_id.clone())
        .max();
    // What takes a payment back names its row, which has to be at hand.
    match (business.operation_id, paid) {
        (OperationId::UseCancel, None) if business.intent.is_some() => Err(Broken),
        (_, paid) => Ok(paid),
    }
}
