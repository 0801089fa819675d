//! Points and balances: what payments earn and when it is granted, what a cancelled payment takes back, until
//! when balances live, ranks.
//!
//! An earning is written down with its payment and granted by the calendar. Every step is idempotent by the key
//! of its row: a job that ran twice, late or only in part changes nothing more.

pub mod action;
mod decide;
pub(crate) mod load;
pub mod rows;
