//! Numbers, money and dates as a person reads them, the same on every screen.

mod date;
mod money;

pub use date::{date, date_time, moment, until};
pub use money::{Unit, money, number, signed_money};
