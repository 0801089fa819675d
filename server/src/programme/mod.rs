//! Programmes are data: a town is a folder of files that an operator reads and writes (docs/programmes.md).
//!
//! [`Programmes::load`] takes all of it or nothing, and says everything that is wrong at once. What may be done
//! is then a function of programme, person's facts and moment ([`check`]); nothing here knows a clock or a
//! database.

pub mod action;
mod change;
mod check;
mod class;
mod decide;
mod kind;
mod load;
mod model;
mod office;
mod problem;
mod reader;
mod roster;
pub mod rows;
mod shops;
#[cfg(test)]
mod tests;
mod town;
pub(crate) mod wanted;

/// The series that counts versions of the folder.
pub const PROGRAMMES: &str = "programmes";

pub use self::check::{Bought, Facts, Refusal, Sold, worth};
pub use self::load::Folder;
pub use self::model::{
    AgeLimit, Apply, Bonus, BuyBy, CancelRule, Class, Distribution, EntryPoints, Exchange, Kind, LegalKind, PayIn,
    Programme, Programmes, Region, Sale, ShopSet, UsePeriod, Who, Window,
};
pub use self::office::{SetUpError, read_folder};
pub use self::problem::{ProgrammeProblem, Wrong};
pub use self::roster::{PersonKey, RosterLine, read_roster};
pub use self::shops::Shop;
