//! The local book: one file a table, SQL and nothing else, and two readings over several tables that flows
//! share: [`purse`] and [`chain`]. Flows decide; this stores and loads.
//!
//! Every function takes a connection, so that a flow puts several into one transaction.

pub mod acquisitions;
pub mod allowances;
pub mod chain;
pub mod documents;
pub mod outbox;
pub mod payments;
pub mod purse;
pub mod receipts;
pub mod server_rows;

use kinchaku_protocol::doc::{DocError, Document, Received, Verified};
use kinchaku_protocol::money::{Amount, AmountError};
use rusqlite::types::Type;

/// A stored value that could not have been written by this software.
#[derive(Debug, thiserror::Error)]
#[error("stored value out of range")]
struct OutOfRange;

/// Turns a stored value that makes no sense into a database error, so that flows have one kind.
pub(crate) fn corrupt<E: std::error::Error + Send + Sync + 'static>(error: E) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, Box::new(error))
}

/// As [`corrupt`], where there is no error to keep.
pub(crate) fn out_of_range() -> rusqlite::Error {
    corrupt(OutOfRange)
}

/// An amount as a column.
pub(crate) fn amount_in(amount: Amount) -> i64 {
    amount.credit().units()
}

/// A column as an amount.
pub(crate) fn amount_out(units: i64) -> rusqlite::Result<Amount> {
    Amount::try_from(units).map_err(|error: AmountError| corrupt(error))
}

/// A time or another unsigned number as a column.
pub(crate) fn number_in(value: u64) -> rusqlite::Result<i64> {
    i64::try_from(value).map_err(corrupt)
}

/// A column as an unsigned number.
pub(crate) fn number_out<T: TryFrom<i64>>(value: i64) -> rusqlite::Result<T> {
    T::try_from(value).map_err(|_| out_of_range())
}

/// A document from this database: verified before it was stored.
pub(crate) fn stored<D: Document>(bytes: &[u8]) -> rusqlite::Result<Verified<D>> {
    Received::read(bytes)
        .map(Received::trusted)
        .map_err(|error: DocError| corrupt(error))
}

/// An id from a column.
pub(crate) fn id_out<T>(bytes: &[u8], read: fn(&[u8]) -> Option<T>) -> rusqlite::Result<T> {
    read(bytes).ok_or_else(out_of_range)
}
