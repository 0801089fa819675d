//! Who may use the JSON API: a token for each person, with a role; and what they did.
//!
//! A token is shown once, when it is made; the books keep its hash. It is good until it expires or is revoked.

pub mod action;
mod decide;
pub(crate) mod load;
pub mod rows;
pub mod token;
