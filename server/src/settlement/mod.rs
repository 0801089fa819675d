//! What shops are owed and paid: periods and their close, cancellations before and after it, cash that a shop gave
//! back.
//!
//! A period: open → closing (its last day is over, nothing can be posted in it any more; shops' sums are being
//! written) → closed. Whatever dies in between is gone on with at the next call: every sum is written once, by its
//! key. A cancellation: the shop while every part's period is open, afterwards the office.

pub mod action;
pub(crate) mod audit;
mod cancel;
mod close;
mod decide;
pub(crate) mod load;
mod periods;
pub mod rows;
pub mod run;

pub use self::cancel::{Payment, cash_refusal, refusal};
pub(crate) use self::close::split;
pub(crate) use self::periods::{first_day, next_period};
pub use self::periods::{is_closed, period_of};
pub use self::run::{Closing, TakenBack};
