//! What this device asked of the town to acquire value, each with its one request. Never deleted.

use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::time::Time;
use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};

use super::{number_in, number_out, out_of_range};

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An application for lots.
    Apply,
    /// An order, of lots or of money.
    Order,
    /// What is handed out.
    Receive,
    /// Points that become money.
    Exchange,
}

/// Asked → Taken | Refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Perhaps sent; the server may or may not have it.
    Asked,
    /// The server took it.
    Taken,
    /// The server refused it.
    Refused,
}

/// What is asked for, without who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What.
    pub kind: Kind,
    /// Of which programme; none for money.
    pub programme: Option<u32>,
    /// Money of which class.
    pub class: Option<ClassId>,
    /// Lots, an amount of money, or points.
    pub units: u64,
}

/// One row. `Debug` does not show the request, which may have a telephone number.
#[derive(Clone, PartialEq, Eq)]
pub struct Acquisition {
    /// Order of asking.
    pub id: i64,
    /// What for.
    pub wanted: Wanted,
    /// The body, until it is answered.
    pub request: Option<Vec<u8>>,
    /// Where it is.
    pub state: State,
    /// What the server said.
    pub answer: Option<Vec<u8>>,
    /// When it was asked first.
    pub asked_at: Time,
}

impl std::fmt::Debug for Acquisition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Acquisition")
            .field("id", &self.id)
            .field("wanted", &self.wanted)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

const COLUMNS: &str = "SELECT id, kind, programme, class, units, request, state, answer, asked_at FROM acquisition";

fn read(row: &Row<'_>) -> Result<Acquisition> {
    Ok(Acquisition {
        id: row.get(0)?,
        wanted: Wanted {
            kind: match row.get(1)? {
                0 => Kind::Apply,
                1 => Kind::Order,
                2 => Kind::Receive,
                3 => Kind::Exchange,
                _ => return Err(out_of_range()),
            },
            programme: row.get(2)?,
            class: row.get::<_, Option<u32>>(3)?.map(ClassId),
            units: number_out(row.get(4)?)?,
        },
        request: row.get(5)?,
        state: match row.get(6)? {
            0 => State::Asked,
            1 => State::Taken,
            2 => State::Refused,
            _ => return Err(out_of_range()),
        },
        answer: row.get(7)?,
        asked_at: Time(number_out(row.get(8)?)?),
    })
}

const fn kind_number(kind: Kind) -> i64 {
    match kind {
        Kind::Apply => 0,
        Kind::Order => 1,
        Kind::Receive => 2,
        Kind::Exchange => 3,
    }
}

const fn state_number(state: State) -> i64 {
    match state {
        State::Asked => 0,
        State::Taken => 1,
        State::Refused => 2,
    }
}

/// Puts a request down before it is sent.
pub fn ask(db: &Connection, wanted: Wanted, request: &[u8], now: Time) -> Result<i64> {
    db.prepare_cached(
        "INSERT INTO acquisition (kind, programme, class, units, request, state, open, asked_at)
         VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6)",
    )?
    .execute(params![
        kind_number(wanted.kind),
        wanted.programme,
        wanted.class.map(|class| class.0),
        number_in(wanted.units)?,
        request,
        number_in(now.0)?
    ])?;
    Ok(db.last_insert_rowid())
}

/// One of them.
pub fn get(db: &Connection, id: i64) -> Result<Option<Acquisition>> {
    db.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?
        .query_row([id], read)
        .optional()
}

/// Those that wait for an answer, in the order of asking.
pub fn asked(db: &Connection) -> Result<Vec<Acquisition>> {
    db.prepare_cached(&format!("{COLUMNS} WHERE state = 0 ORDER BY id"))?
        .query_map([], read)?
        .collect()
}

/// Orders that were taken and can still change, newest first.
pub fn open(db: &Connection, count: u32) -> Result<Vec<Acquisition>> {
    db.prepare_cached(&format!("{COLUMNS} WHERE open = 1 ORDER BY id DESC LIMIT ?1"))?
        .query_map([count], read)?
        .collect()
}

/// The newest.
pub fn newest(db: &Connection, count: u32) -> Result<Vec<Acquisition>> {
    db.prepare_cached(&format!("{COLUMNS} ORDER BY id DESC LIMIT ?1"))?
        .query_map([count], read)?
        .collect()
}

/// The server answered. `open`: whether it can still change.
pub fn settle(db: &Connection, id: i64, state: State, answer: Option<&[u8]>, open: bool) -> Result<()> {
    db.prepare_cached("UPDATE acquisition SET state = ?2, answer = ?3, open = ?4, request = NULL WHERE id = ?1")?
        .execute(params![id, state_number(state), answer, open])?;
    Ok(())
}
