//! Payments this device made. States and arrows: [`State`]; only [`crate::pay`] and [`crate::sync`]
//! move them, each by a stored document.

use kinchaku_protocol::doc::{Document as _, Intent};
use kinchaku_protocol::ids::{Pid, Ref};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Time;
use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};

use super::{amount_in, amount_out, corrupt, id_out, number_in, number_out, out_of_range};

/// Where a payment stands.
///
/// ```text
/// Prepared → Abandoned                      (no signature left the device: the counter is free again)
/// Prepared → Signed → Posted | Rejected | Parked | RefusedAtShop
/// Parked → Posted | Rejected        Posted → Reversed        RefusedAtShop → Reversed
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Its bytes are fixed and its value set aside; nothing is signed.
    Prepared,
    /// The person stopped, or the device died, before it was signed.
    Abandoned,
    /// Signed and durable. Paid, as far as this device can say.
    Signed,
    /// The server's signed fact says so.
    Posted,
    /// The server's signed fact says not; the value is free again.
    Rejected,
    /// The server keeps it undecided.
    Parked,
    /// The shop's signed refusal was scanned; the value is free again.
    RefusedAtShop,
    /// Posted and taken back; the value is free again.
    Reversed,
}

impl State {
    /// As a column. Frozen.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Prepared => 0,
            Self::Abandoned => 1,
            Self::Signed => 2,
            Self::Posted => 3,
            Self::Rejected => 4,
            Self::Parked => 5,
            Self::RefusedAtShop => 6,
            Self::Reversed => 7,
        }
    }

    const fn from_number(number: i64) -> Option<Self> {
        Some(match number {
            0 => Self::Prepared,
            1 => Self::Abandoned,
            2 => Self::Signed,
            3 => Self::Posted,
            4 => Self::Rejected,
            5 => Self::Parked,
            6 => Self::RefusedAtShop,
            7 => Self::Reversed,
            _ => return None,
        })
    }

    /// Whether its value is spent, as far as this device knows.
    #[must_use]
    pub const fn spends(self) -> bool {
        matches!(self, Self::Prepared | Self::Signed | Self::Posted | Self::Parked)
    }
}

/// One payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its number on this device.
    pub id: i64,
    /// The allowance it spends.
    pub allowance: Ref,
    /// The intent's name.
    pub reference: Ref,
    /// What was, or would be, signed.
    pub intent: Intent,
    /// The signed document, from [`State::Signed`] on.
    pub doc: Option<Vec<u8>>,
    /// Where it stands.
    pub state: State,
    /// The shop's name, as its mark said it.
    pub shop_name: String,
    /// The whole payment.
    pub total: Amount,
    /// The last fact.
    pub fact: Option<Vec<u8>>,
}

const COLUMNS: &str = "id, allowance, ref, payload, doc, state, shop_name, total, fact";

fn read(row: &Row<'_>) -> Result<Payment> {
    let payload: Vec<u8> = row.get(3)?;
    Ok(Payment {
        id: row.get(0)?,
        allowance: id_out(&row.get::<_, Vec<u8>>(1)?, Ref::from_slice)?,
        reference: id_out(&row.get::<_, Vec<u8>>(2)?, Ref::from_slice)?,
        intent: Intent::decode(&payload).map_err(corrupt)?,
        doc: row.get(4)?,
        state: State::from_number(row.get(5)?).ok_or_else(out_of_range)?,
        shop_name: row.get(6)?,
        total: amount_out(row.get(7)?)?,
        fact: row.get(8)?,
    })
}

fn many(db: &Connection, sql: &str, parameters: impl rusqlite::Params) -> Result<Vec<Payment>> {
    db.prepare_cached(sql)?.query_map(parameters, read)?.collect()
}

/// What is written of a payment before it is signed.
#[derive(Debug)]
pub struct Fixed<'a> {
    /// What will be signed.
    pub intent: &'a Intent,
    /// Its bytes.
    pub payload: &'a [u8],
    /// Its name.
    pub reference: Ref,
    /// The shop's name.
    pub shop_name: &'a str,
    /// The whole payment.
    pub total: Amount,
    /// Whether nobody will verify it.
    pub paper: bool,
}

/// Adds a prepared payment; gives its number.
pub fn prepare(db: &Connection, fixed: &Fixed<'_>) -> Result<i64> {
    db.prepare_cached(
        "INSERT INTO payment (allowance, seq, ref, payload, state, shop, shop_name, total, paper, occurred_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .insert(params![
        fixed.intent.authorisation.0,
        fixed.intent.seq,
        fixed.reference.0,
        fixed.payload,
        State::Prepared.number(),
        fixed.intent.shop.0,
        fixed.shop_name,
        amount_in(fixed.total),
        fixed.paper,
        number_in(fixed.intent.occurred_at.0)?,
    ])
}

/// Keeps the signature. Returns whether the payment was still waiting for one.
pub fn signed(db: &Connection, id: i64, doc: &[u8]) -> Result<bool> {
    let changed = db
        .prepare_cached("UPDATE payment SET state = ?2, doc = ?3 WHERE id = ?1 AND state = ?4")?
        .execute(params![id, State::Signed.number(), doc, State::Prepared.number()])?;
    Ok(changed == 1)
}

/// Undoes prepared payments: one, or all of them. Returns how many.
pub fn abandon(db: &Connection, id: Option<i64>) -> Result<usize> {
    db.prepare_cached("UPDATE payment SET state = ?1 WHERE state = ?2 AND (?3 IS NULL OR id = ?3)")?
        .execute(params![State::Abandoned.number(), State::Prepared.number(), id])
}

/// Whether a payment was prepared and neither signed nor undone.
pub fn any_prepared(db: &Connection) -> Result<bool> {
    db.prepare_cached("SELECT EXISTS (SELECT 1 FROM payment WHERE state = 0)")?
        .query_row([], |row| row.get(0))
}

/// Moves a payment by the server's fact.
pub fn set_fact(db: &Connection, id: i64, state: State, fact: &[u8]) -> Result<()> {
    db.prepare_cached("UPDATE payment SET state = ?2, fact = ?3 WHERE id = ?1")?
        .execute(params![id, state.number(), fact])?;
    Ok(())
}

/// Moves a payment by the shop's refusal.
pub fn set_refused(db: &Connection, id: i64, refusal: &[u8]) -> Result<()> {
    db.prepare_cached("UPDATE payment SET state = ?2, refusal = ?3 WHERE id = ?1")?
        .execute(params![id, State::RefusedAtShop.number(), refusal])?;
    Ok(())
}

/// The server keeps it undecided.
pub fn set_parked(db: &Connection, id: i64) -> Result<()> {
    db.prepare_cached("UPDATE payment SET state = ?2 WHERE id = ?1 AND state = ?3")?
        .execute(params![id, State::Parked.number(), State::Signed.number()])?;
    Ok(())
}

/// One payment by its number.
pub fn get(db: &Connection, id: i64) -> Result<Option<Payment>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM payment WHERE id = ?1"))?
        .query_row([id], read)
        .optional()
}

/// One payment by the intent's name.
pub fn by_ref(db: &Connection, reference: Ref) -> Result<Option<Payment>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM payment WHERE ref = ?1 AND state <> 1"))?
        .query_row([reference.0], read)
        .optional()
}

/// Every payment of an allowance that used a counter, by counter.
pub fn of_allowance(db: &Connection, allowance: Ref) -> Result<Vec<Payment>> {
    let sql = format!("SELECT {COLUMNS} FROM payment WHERE allowance = ?1 AND state <> 1 ORDER BY seq");
    many(db, &sql, [allowance.0])
}

/// The newest payments, newest first.
pub fn newest(db: &Connection, count: u32) -> Result<Vec<Payment>> {
    let sql = format!("SELECT {COLUMNS} FROM payment WHERE state <> 1 ORDER BY id DESC LIMIT ?1");
    many(db, &sql, [count])
}

/// Payments to one shop since a time, for the duplicate alert.
pub fn to_shop_since(db: &Connection, shop: Pid, since: Time) -> Result<Vec<Payment>> {
    let sql = format!("SELECT {COLUMNS} FROM payment WHERE shop = ?1 AND occurred_at >= ?2 AND state <> 1");
    many(db, &sql, params![shop.0, number_in(since.0)?])
}

/// Payments since a time that nobody verified, for the paper tier.
pub fn paper_since(db: &Connection, since: Time) -> Result<Vec<Payment>> {
    let sql = format!("SELECT {COLUMNS} FROM payment WHERE occurred_at >= ?1 AND paper AND state <> 1");
    many(db, &sql, [number_in(since.0)?])
}

/// How many payments wait for the server.
pub fn waiting(db: &Connection) -> Result<u32> {
    let count: i64 = db
        .prepare_cached("SELECT count(*) FROM payment WHERE state = 2")?
        .query_row([], |row| row.get(0))?;
    number_out(count)
}
