//! The books: what is decided, as pure functions over rows that were loaded before.
//!
//! - [`rows`]: what is kept
//! - [`view`]: the part of it that a batch of commands needs
//! - [`settle`]: what becomes of the payments of one allowance, from the set of its documents
//! - [`booking`], [`line`], [`journal`]: how the books get there
//! - [`decide`]: one function for each command
//! - [`change`]: how it is kept that somebody must hear of something
//! - [`proof`]: what the documents prove against a wallet
//! - [`stop`]: who is named in the bulletin

pub mod booking;
pub mod change;
pub mod decide;
pub mod journal;
pub mod line;
pub mod proof;
pub mod rows;
pub mod settle;
pub mod stop;
pub mod view;

use kinchaku_protocol::money::AmountError;

/// An entry would break an invariant, or a row it needs is not there. Nothing of the batch is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the books refuse the entry")]
pub struct Broken;

impl From<AmountError> for Broken {
    fn from(_: AmountError) -> Self {
        Self
    }
}
