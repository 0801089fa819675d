//! Points and balances: what payments earn and when it is granted, what a cancelled payment takes back, until
//! when balances live, ranks.
//!
//! An earning is written down with its payment and granted by the calendar. Every step is idempotent by the key
//! of its row: a job that ran twice, late or only in part changes nothing more.
//!
//! Whoever makes a lot calls [`acquire`], and whoever takes value back [`claw_back`]: they keep what is owed (F008),
//! the end of extending balances and the days ranks are judged by. Both want the account, its balances and (to
//! take back) its lots at hand. What a payment earned goes back by [`claw::take_back_earnings`].

mod acquire;
pub mod action;
pub(crate) mod audit;
pub mod claw;
mod decide;
mod due;
mod earn;
mod expire;
pub mod forfeit;
mod grace;
mod grant;
mod judge;
pub(crate) mod load;
mod owe;
pub mod rows;
mod run;
mod spend;
mod usable;

pub(crate) use self::acquire::tell_standing;
pub use self::acquire::{Acquired, Posted, acquire};
pub use self::claw::{Taken, TakenBack, claw_back};
pub(crate) use self::earn::posted;
pub(crate) use self::grace::{released, taken_back};
pub use self::spend::{Spending, Spent, free_of, give_back, spend};
pub(crate) use self::usable::{free, opened_since};

use kinchaku_protocol::ids::Pid;

use crate::ledger::rows::account_party;

/// The party under which [`crate::ledger::rows::Book::Budget`] keeps what one programme gives.
#[must_use]
pub fn programme_party(programme: u32) -> Pid {
    account_party(u64::from(programme))
}
