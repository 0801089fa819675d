//! Where the books are kept. A store only loads and stores rows; it decides nothing.
//!
//! [`Store::load`] reads whole rows by the values of one column; [`Store::commit`] writes rows in one
//! transaction that holds only while the lane's lease does. A commit whose answer is lost is not a
//! failure: the lane loads again and finds what became of it.

pub mod migrate;
pub mod postgres;
pub mod sqlite;
pub mod table;

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use table::{BadValue, TableDef, Value};

use crate::command::Town;

/// Why the database did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or it failed.
    #[error("the database failed: {what}")]
    Failed {
        /// What it said; no row's content.
        what: String,
    },
    /// Another process holds the lane now.
    #[error("another process keeps these books")]
    LeaseLost,
    /// A stored value is not of its type.
    #[error(transparent)]
    Value(#[from] BadValue),
    /// The tables are of a newer version than this program.
    #[error("the tables are of version {found}, this program knows {known}")]
    Newer {
        /// In the database.
        found: u64,
        /// In this program.
        known: u64,
    },
    /// An address that is neither `sqlite:` nor `postgres:`.
    #[error("not an address of a database")]
    Address,
}

/// Seconds a lane stays with a holder that says nothing.
pub const LEASE_SECONDS: i64 = 5;

/// An answer to come.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Rows of one table, in the order of their key where [`Which`] does not say another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Query {
    /// The table.
    pub table: &'static TableDef,
    /// Which of its rows.
    pub which: Which,
}

/// Which rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Which {
    /// All of them.
    All,
    /// Those whose column is one of these values, on a further condition without parameters.
    Among(&'static str, Vec<Value>, Option<&'static str>),
    /// Those whose column is at most this, on a further condition without parameters.
    UpTo(&'static str, i64, &'static str),
    /// Of those whose first column is this, so many with the highest second column, highest first.
    Newest(&'static str, Value, &'static str, u32),
}

/// Rows to be written: new, or in place of those with the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The table.
    pub table: &'static TableDef,
    /// Whole rows.
    pub rows: Vec<Vec<Value>>,
}

/// The right to write, given by [`Store::lease`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Goes up with every holder; a commit under an older one is refused.
    pub epoch: i64,
}

/// A database.
pub trait Store: Send + Sync {
    /// Whole rows for each query, in its order; for the lane, whose connections nobody else uses.
    fn load(&self, town: Town, queries: Vec<Query>) -> Answer<'_, Vec<Vec<Vec<Value>>>>;

    /// The same for people who look at the books: however much they ask, the lane does not wait for them.
    fn read(&self, town: Town, queries: Vec<Query>) -> Answer<'_, Vec<Vec<Vec<Value>>>>;

    /// A report: `$1` is the town, further parameters follow.
    fn report(&self, town: Town, sql: &'static str, parameters: Vec<Value>) -> Answer<'_, Vec<Vec<Value>>>;

    /// Writes everything or nothing.
    fn commit(&self, town: Town, lease: Lease, writes: Vec<Write>) -> Answer<'_, ()>;

    /// Takes the lane, waiting for a former holder's lease to run out; gives up its own lease where asked.
    fn lease(&self, town: Town, holder: String) -> Answer<'_, Lease>;

    /// Keeps the lane for some seconds more.
    fn renew(&self, town: Town, lease: Lease) -> Answer<'_, ()>;

    /// Gives the lane back.
    fn release(&self, town: Town, lease: Lease) -> Answer<'_, ()>;
}

/// Opens the books at `sqlite:PATH` or `postgres://…`, and brings the tables up to date.
///
/// # Errors
/// [`StoreError`].
pub async fn open(address: &str) -> Result<Arc<dyn Store>, StoreError> {
    if let Some(path) = address.strip_prefix("sqlite:") {
        return Ok(Arc::new(sqlite::SqliteStore::open(Path::new(path))?));
    }
    if address.starts_with("postgres://") || address.starts_with("postgresql://") {
        return Ok(Arc::new(postgres::PostgresStore::open(address).await?));
    }
    Err(StoreError::Address)
}

/// The end of a query: rows in the order of their key, but for the newest.
fn order(query: &Query) -> String {
    match &query.which {
        Which::Newest(_, _, by, most) => format!("order by {by} desc limit {most}"),
        _ => {
            let key: Vec<&str> = query.table.key_columns().collect();
            format!("order by {}", key.join(", "))
        }
    }
}

/// What happens to a row whose key is there already: it is replaced.
fn on_conflict(table: &TableDef) -> String {
    let key: Vec<&str> = table.key_columns().collect();
    let set: Vec<String> = table
        .columns
        .iter()
        .skip(table.key)
        .map(|(name, _)| format!("{name} = excluded.{name}"))
        .collect();
    format!(
        "on conflict (muni, {}) do update set {}",
        key.join(", "),
        set.join(", ")
    )
}
