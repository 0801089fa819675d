//! Receipts this shop's device was shown, with the answer it signed. States and arrows: [`State`].

use kinchaku_protocol::doc::{Intent, Verified};
use kinchaku_protocol::ids::{Pid, Ref};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::caps::SoFar;
use kinchaku_protocol::time::{Day, Time};
use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};

use super::{amount_in, amount_out, number_in, number_out, out_of_range, stored};

/// Where a receipt stands at the shop.
///
/// ```text
/// Waiting → Posted | Rejected | AcceptedBlind | Refused     (a relay whose answer has not come)
/// AcceptedBlind → Posted | Reversed        Refused → Reversed        Posted → Reversed
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Relayed; nothing may be handed over yet.
    Waiting,
    /// Verified offline, within the caps: paid, the scheme stands for it.
    AcceptedBlind,
    /// Refused, signed.
    Refused,
    /// The server's signed fact says so.
    Posted,
    /// The server's signed fact says not.
    Rejected,
    /// Posted and taken back.
    Reversed,
}

impl State {
    /// As a column. Frozen.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::AcceptedBlind => 1,
            Self::Refused => 2,
            Self::Posted => 3,
            Self::Rejected => 4,
            Self::Reversed => 5,
        }
    }

    const fn from_number(number: i64) -> Option<Self> {
        Some(match number {
            0 => Self::Waiting,
            1 => Self::AcceptedBlind,
            2 => Self::Refused,
            3 => Self::Posted,
            4 => Self::Rejected,
            5 => Self::Reversed,
            _ => return None,
        })
    }

    /// Whether the shop may hand over the goods.
    #[must_use]
    pub const fn paid(self) -> bool {
        matches!(self, Self::AcceptedBlind | Self::Posted)
    }
}

/// One receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReceipt {
    /// The payment.
    pub intent: Verified<Intent>,
    /// The whole payment.
    pub total: Amount,
    /// Where it stands.
    pub state: State,
    /// The answer this device signed.
    pub seen: Vec<u8>,
    /// When.
    pub seen_at: Time,
    /// The last fact.
    pub fact: Option<Vec<u8>>,
}

const COLUMNS: &str = "intent, total, state, seen, seen_at, fact";

fn read(row: &Row<'_>) -> Result<StoredReceipt> {
    Ok(StoredReceipt {
        intent: stored(&row.get::<_, Vec<u8>>(0)?)?,
        total: amount_out(row.get(1)?)?,
        state: State::from_number(row.get(2)?).ok_or_else(out_of_range)?,
        seen: row.get(3)?,
        seen_at: Time(number_out(row.get(4)?)?),
        fact: row.get(5)?,
    })
}

/// What is written of a new receipt, or of a new answer to one.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The payment.
    pub intent: &'a Intent,
    /// Its name.
    pub reference: Ref,
    /// The COSE_Sign1.
    pub intent_doc: &'a [u8],
    /// The allowance's COSE_Sign1, where the receipt had it.
    pub allowance_doc: Option<&'a [u8]>,
    /// Under whom it counts, where an allowance proved it.
    pub holder: Option<Pid>,
    /// The whole payment.
    pub total: Amount,
    /// The shop's day.
    pub day: Day,
    /// The answer.
    pub seen: &'a [u8],
    /// When.
    pub seen_at: Time,
    /// Where that leaves it.
    pub state: State,
}

/// Writes a receipt with its answer; a later answer to a waiting one replaces the first.
pub fn put(db: &Connection, entry: &Entry<'_>) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO receipt (ref, intent, allowance, auth_ref, seq, holder, shop_day, total, state, seen, seen_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (ref) DO UPDATE SET
            intent = CASE WHEN excluded.allowance IS NULL THEN intent ELSE excluded.intent END,
            allowance = coalesce(excluded.allowance, allowance), holder = coalesce(excluded.holder, holder),
            state = excluded.state, seen = excluded.seen, seen_at = excluded.seen_at",
    )?
    .execute(params![
        entry.reference.0,
        entry.intent_doc,
        entry.allowance_doc,
        entry.intent.authorisation.0,
        entry.intent.seq,
        entry.holder.map(|holder| holder.0),
        entry.day.0,
        amount_in(entry.total),
        entry.state.number(),
        entry.seen,
        number_in(entry.seen_at.0)?,
    ])?;
    Ok(())
}

/// Moves a receipt by the server's fact.
pub fn set_fact(db: &Connection, reference: Ref, state: State, fact: &[u8]) -> Result<()> {
    db.prepare_cached("UPDATE receipt SET state = ?2, fact = ?3 WHERE ref = ?1")?
        .execute(params![reference.0, state.number(), fact])?;
    Ok(())
}

/// One receipt.
pub fn get(db: &Connection, reference: Ref) -> Result<Option<StoredReceipt>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM receipt WHERE ref = ?1"))?
        .query_row([reference.0], read)
        .optional()
}

/// Whether the stored payment was proven here, by the signatures of a full receipt.
pub fn is_proven(db: &Connection, reference: Ref) -> Result<bool> {
    db.prepare_cached("SELECT EXISTS (SELECT 1 FROM receipt WHERE ref = ?1 AND allowance IS NOT NULL)")?
        .query_row([reference.0], |row| row.get(0))
}

/// Another payment with the same counter, if one was shown here. What only claims to be one, with nothing that
/// proves it, is none: anybody could write it to make an honest payer look like a clone.
pub fn rival(db: &Connection, authorisation: Ref, seq: u32, reference: Ref) -> Result<Option<StoredReceipt>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM receipt WHERE auth_ref = ?1 AND seq = ?2 AND ref <> ?3
         AND (allowance IS NOT NULL OR fact IS NOT NULL) LIMIT 1"
    ))?
    .query_row(params![authorisation.0, seq, reference.0], read)
    .optional()
}

/// What was taken from a holder: today, and since the day its pseudonym can have begun.
pub fn so_far(db: &Connection, holder: Pid, today: Day, since: Day) -> Result<SoFar> {
    let (day, all): (i64, i64) = db
        .prepare_cached(
            "SELECT coalesce(sum(CASE WHEN shop_day = ?2 THEN total ELSE 0 END), 0), coalesce(sum(total), 0)
             FROM receipt WHERE holder = ?1 AND shop_day >= ?3 AND state IN (0, 1, 3)",
        )?
        .query_row(params![holder.0, today.0, since.0], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(SoFar {
        shop_day: amount_out(day)?,
        holder: amount_out(all)?,
    })
}

/// The newest receipts, newest first.
pub fn newest(db: &Connection, count: u32) -> Result<Vec<StoredReceipt>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM receipt ORDER BY seen_at DESC, ref LIMIT ?1"
    ))?
    .query_map([count], read)?
    .collect()
}
