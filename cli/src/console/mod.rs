//! The town's JSON API, for `kinchaku shop …` and `kinchaku office …`: who asks, what is answered, what is shown.
//!
//! - [`client`]: one request, by a person's token or signed by a shop's device; [`token`]: where the token is
//! - [`refusal`]: what the server says no with, in words
//! - [`answer`]: the answers; [`page`]: lists of any length
//! - [`table`], [`shown`]: how they look
//! - [`file`]: files that are there whole or not at all
//! - [`transactions`], [`results`], [`payouts`], [`export`], [`cancel`]: what shop and office have in common

pub mod answer;
pub mod cancel;
pub mod client;
pub mod export;
pub mod file;
pub mod page;
pub mod payouts;
pub mod refusal;
pub mod results;
pub mod shown;
pub mod table;
mod token;
pub mod transactions;

pub use client::Client;
