//! Transactions one by one (F109 to F125), newest first, as index reads in their own order: a page goes on after the
//! last number of the one before.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit as _, Mac as _};
use kinchaku_protocol::ids::{ClassId, DocId, MarkId, Pid};
use kinchaku_protocol::money::{Amount, Signed};
use kinchaku_protocol::time::{Day, Time};
use sha2::Sha256;

use super::Reader;
use super::lists::columns;
use crate::command::Town;
use crate::ledger::rows::{BusinessRow, CounterRow, IntentRow, MarkRow, Operation, OperationId};
use crate::programme::Programmes;
use crate::settlement::action::{CancelRefusal, Canceller};
use crate::settlement::rows::RefundRow;
use crate::settlement::{Payment, cash_refusal, is_closed, refusal};
use crate::store::StoreError;
use crate::store::table::{Column, Value};

/// The columns of a [`Line`] but for what takes it back. Which rows is told first: the planner would start other
/// processes for a page if it had to join before it knew that it stops after it.
macro_rules! lines {
    ($which:literal) => {
        concat!(
            "select page.tran_id, page.entry, page.operation, page.operation_id, page.class, page.amount, \
             page.account, page.shop, page.intent, page.target, page.occurred_at, page.posted_at, page.value_before, \
             page.value_after, i.mark, i.total from (select * from business where muni = $1 and ",
            $which,
            ") as page left join intents i on i.muni = page.muni and i.id = page.intent"
        )
    };
}

const OF_SHOP_NEWEST: &str = lines!("shop = $5 and tran_id >= $2 and tran_id < $3 order by tran_id desc limit $4");
const ALL_NEWEST: &str = lines!("tran_id >= $2 and tran_id < $3 order by tran_id desc limit $4");
const OF_SHOP_OLDEST: &str = lines!("shop = $5 and tran_id >= $2 and tran_id < $3 order by tran_id limit $4");
const ALL_OLDEST: &str = lines!("tran_id >= $2 and tran_id < $3 order by tran_id limit $4");
const ONE: &str = lines!("tran_id = $2");
const OF_ENTRY: &str = lines!("intent = $2 and entry = $3");

/// Which transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionQuery {
    /// One shop's, or all.
    pub shop: Option<Pid>,
    /// From this posting day.
    pub first: Option<Day>,
    /// To this one.
    pub last: Option<Day>,
    /// After this row of the page before.
    pub after: Option<String>,
    /// How many.
    pub limit: u32,
}

/// A transaction with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// As the journal has it.
    pub row: BusinessRow,
    /// The sheet, for payments.
    pub mark: Option<MarkId>,
    /// Whether several services paid together (F114).
    pub combined: bool,
    /// The row that takes it back, and when that came.
    pub cancelled: Option<(String, Time)>,
}

/// A transaction as lists show it, as of now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// What the books have.
    pub line: Line,
    /// What the shop calls the sheet.
    pub mark_label: Option<String>,
    /// Whether its period is over (F121).
    pub closed: bool,
    /// Whether it stands: a payment that was not taken back, a grant (F122).
    pub active: bool,
}

/// A transaction in full (F125).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// It.
    pub transaction: Transaction,
    /// All rows of its entry, itself among them (F114, F127).
    pub parts: Vec<Transaction>,
    /// The whole payment; its own amount where it is none.
    pub total: Amount,
    /// Whether it can be taken back, or why not (F128).
    pub cancel: Result<(), CancelRefusal>,
    /// Whether cash can be given back instead, or why not (F097).
    pub cash: Result<(), CancelRefusal>,
    /// How it was undone, and what was written about it.
    pub refund: Option<RefundRow>,
}

impl Line {
    /// Not taken back, as far as its own row says.
    fn from_values(values: &[Value]) -> Result<Self, StoreError> {
        let [
            tran_id,
            entry,
            operation,
            operation_id,
            class,
            amount,
            account,
            shop,
            intent,
            target,
            occurred_at,
            posted_at,
            value_before,
            value_after,
            mark,
            total,
        ] = columns(values)?;
        let row = BusinessRow {
            tran_id: String::from_value(tran_id)?,
            entry: u64::from_value(entry)?,
            operation: Operation::from_value(operation)?,
            operation_id: OperationId::from_value(operation_id)?,
            class: ClassId::from_value(class)?,
            amount: Amount::from_value(amount)?,
            account: u64::from_value(account)?,
            shop: Option::from_value(shop)?,
            intent: Option::from_value(intent)?,
            target: Option::from_value(target)?,
            occurred_at: Time::from_value(occurred_at)?,
            posted_at: Time::from_value(posted_at)?,
            value_before: Signed::from_value(value_before)?,
            value_after: Signed::from_value(value_after)?,
        };
        // Of one payment each class has one row: less than all of it means that there are others.
        let total = Option::<Amount>::from_value(total)?;
        Ok(Self {
            combined: row.shop.is_some() && total.is_some_and(|total| total != row.amount),
            mark: Option::from_value(mark)?,
            cancelled: None,
            row,
        })
    }

    /// The day on which it came into the books.
    #[must_use]
    pub fn day(&self) -> Day {
        self.row.posted_at.day()
    }
}

impl Reader {
    /// A page of transactions, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn transactions(&self, query: &TransactionQuery, now: Time) -> Result<Vec<Transaction>, StoreError> {
        let sql = if query.shop.is_some() {
            OF_SHOP_NEWEST
        } else {
            ALL_NEWEST
        };
        let end = query.last.map_or_else(|| "99999999".to_owned(), end_of);
        let end = match &query.after {
            Some(after) => after.clone().min(end),
            None => end,
        };
        let begin = query.first.map_or_else(String::new, Day::digits);
        let mut lines = self.bounded(sql, begin, end, query.limit, query.shop).await?;
        lines.reverse();
        self.as_of(lines, now).await
    }

    /// Whose books.
    #[must_use]
    pub const fn town(&self) -> Town {
        self.town
    }

    /// Every sheet there ever was.
    pub(crate) async fn all_marks(&self) -> Result<Vec<MarkRow>, StoreError> {
        self.all().await
    }

    /// How many transactions there are: the last one's serial number, by which every number ends.
    pub(crate) async fn newest_serial(&self) -> Result<u64, StoreError> {
        let row = self.one::<CounterRow>("name", &"serial".to_owned()).await?;
        Ok(row.map_or(0, |row| row.value))
    }

    /// Lines from one number on up to another, oldest first.
    pub(crate) async fn lines_from(
        &self,
        begin: String,
        end: String,
        limit: u32,
        shop: Option<Pid>,
    ) -> Result<Vec<Line>, StoreError> {
        let sql = if shop.is_some() { OF_SHOP_OLDEST } else { ALL_OLDEST };
        self.bounded(sql, begin, end, limit, shop).await
    }

    async fn bounded(
        &self,
        sql: &'static str,
        begin: String,
        end: String,
        limit: u32,
        shop: Option<Pid>,
    ) -> Result<Vec<Line>, StoreError> {
        let mut parameters = vec![Value::Text(begin), Value::Text(end), limit.to_value()];
        parameters.extend(shop.map(|shop| shop.to_value()));
        self.lines(sql, parameters).await
    }

    /// Oldest first. What takes a row back is found by the row it names; what a week earned is one row, which is taken
    /// back payment by payment: it is cancelled when nothing is left of it.
    async fn lines(&self, sql: &'static str, parameters: Vec<Value>) -> Result<Vec<Line>, StoreError> {
        let rows = self.store.report(self.town, sql, parameters).await?;
        let lines: Result<Vec<Line>, StoreError> = rows.iter().map(|row| Line::from_values(row)).collect();
        let mut lines = lines?;
        lines.sort_by(|one, other| one.row.tran_id.cmp(&other.row.tran_id));
        let numbers = lines.iter().map(|line| line.row.tran_id.to_value()).collect();
        let mut taken: BTreeMap<String, (u64, BusinessRow)> = BTreeMap::new();
        for mut row in self.among::<BusinessRow>("target", numbers).await? {
            let Some(target) = row.target.take() else { continue };
            let before = taken.get(&target).map_or(0, |(sum, _)| *sum);
            taken.insert(target, (row.amount.units().saturating_add(before), row));
        }
        for line in &mut lines {
            let by = taken.remove(&line.row.tran_id);
            let whole = by.filter(|(sum, _)| *sum >= line.row.amount.units());
            line.cancelled = whole.map(|(_, row)| (row.tran_id, row.posted_at));
        }
        Ok(lines)
    }

    /// One transaction in full, with what `by` may do about it; none where there is none, or where it is another
    /// shop's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn transaction(&self, tran_id: &str, by: Canceller, now: Time) -> Result<Option<Detail>, StoreError> {
        let found = self.lines(ONE, vec![Value::Text(tran_id.to_owned())]).await?;
        let Some(line) = found.into_iter().next() else {
            return Ok(None);
        };
        if matches!(by, Canceller::Shop(shop) if line.row.shop != Some(shop)) {
            return Ok(None);
        }
        let parts = match line.row.intent {
            Some(intent) => self.entry(intent, line.row.entry).await?,
            None => vec![line.clone()],
        };
        let (cancel, cash, refund, total) = match line.row.intent {
            Some(intent) => self.undoable(intent, &line, by, now).await?,
            None => {
                let never = Err(CancelRefusal::NotPaid);
                (never, never, None, line.row.amount)
            }
        };
        let parts = self.as_of(parts, now).await?;
        let transaction = parts.iter().find(|part| part.line.row.tran_id == tran_id).cloned();
        Ok(transaction.map(|transaction| Detail {
            transaction,
            parts,
            total,
            cancel,
            cash,
            refund,
        }))
    }

    async fn entry(&self, intent: DocId, entry: u64) -> Result<Vec<Line>, StoreError> {
        self.lines(OF_ENTRY, vec![intent.to_value(), entry.to_value()]).await
    }

    /// What can be done about a payment: the same functions decide it in the lane.
    async fn undoable(&self, intent: DocId, line: &Line, by: Canceller, now: Time) -> Result<Undoable, StoreError> {
        let refund = self.one::<RefundRow>("intent", &intent).await?;
        let Some(row) = self.one::<IntentRow>("id", &intent).await? else {
            let never = Err(CancelRefusal::NotPosted);
            return Ok((never, never, refund, line.row.amount));
        };
        let paid = self.entry(intent, row.entry).await?;
        let parts = paid.iter().map(|part| (part.row.class, part.day())).collect();
        let payment = Payment::new(&row, refund.as_ref().map(|refund| refund.kind), parts);
        let programmes = self.programmes().await?;
        let programmes = programmes.as_deref();
        // A period that cannot be told is for the office.
        let said = |refused| match refused {
            Ok(None) => Ok(()),
            Ok(Some(refusal)) => Err(refusal),
            Err(_) => Err(CancelRefusal::Closed),
        };
        let cancel = said(refusal(&payment, by, programmes, now.day()));
        let cash = said(cash_refusal(&payment, by, programmes, now.day()));
        Ok((cancel, cash, refund, row.total))
    }

    async fn as_of(&self, lines: Vec<Line>, now: Time) -> Result<Vec<Transaction>, StoreError> {
        let mut shops: Vec<Value> = lines
            .iter()
            .filter_map(|line| Some(line.row.shop?.to_value()))
            .collect();
        shops.sort();
        shops.dedup();
        let marks = self.among::<MarkRow>("shop", shops).await?;
        let programmes = self.programmes().await?;
        let label = |line: &Line| {
            let mut marks = marks.iter();
            let mark = marks.find(|mark| Some(mark.shop) == line.row.shop && Some(mark.mark) == line.mark);
            mark.map(|mark| mark.label.clone())
        };
        let lines = lines.into_iter().map(|line| Transaction {
            mark_label: label(&line),
            closed: closed(programmes.as_deref(), &line, now),
            active: line.row.operation != Operation::Cancel && line.cancelled.is_none(),
            line,
        });
        Ok(lines.collect())
    }
}

/// The serial number in a transaction's number: in the order of the books, whatever day it was.
pub(crate) fn serial(number: &str) -> Option<u64> {
    number.get(8..)?.parse().ok()
}

/// Behind every number of a day. There is no number of a year with five digits, and none is asked for.
pub(crate) fn end_of(day: Day) -> String {
    let after = day.plus(1).digits();
    if after.len() == 8 { after } else { "99999999".to_owned() }
}

type Undoable = (
    Result<(), CancelRefusal>,
    Result<(), CancelRefusal>,
    Option<RefundRow>,
    Amount,
);

/// Whether a row's period is over; a period that cannot be told is closed to everybody but the office.
pub(crate) fn closed(programmes: Option<&Programmes>, line: &Line, now: Time) -> bool {
    is_closed(programmes, line.row.class, line.day(), now.day()).unwrap_or(true)
}

/// A payer's name at one shop: the same in all its files, and nothing anywhere else (F120).
#[must_use]
pub fn uid(key: &[u8; 32], shop: Option<Pid>, account: u64) -> String {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return String::new();
    };
    mac.update(b"uid");
    mac.update(&shop.unwrap_or(Pid([0; 8])).0);
    mac.update(&account.to_be_bytes());
    let name = mac.finalize().into_bytes();
    data_encoding::HEXLOWER.encode(name.get(..10).unwrap_or_default())
}
