//! Who somebody is, by their My Number card.
//!
//! - [`proven`]: what a proof showed; [`prove`]: whether it is true
//! - [`status`]: whether a certificate still stands, as its issuer says
//! - [`cards`], [`ids`], [`recheck`], [`official`]: what the server does with it in front of the books
//! - [`action`], [`challenge`], [`link`], [`key_id`], [`office`]: what the books decide
//! - [`tie`]: whose card it is
//! - [`audit`]: what must hold of persons
//! - [`personal`], [`secret`], [`rows`]: what is kept of a person, and how it is sealed

pub mod action;
pub mod audit;
pub mod cards;
pub mod challenge;
mod decide;
pub mod ids;
mod key_id;
mod link;
mod office;
pub mod official;
pub mod personal;
pub mod prove;
pub mod proven;
pub mod recheck;
pub mod rows;
pub mod secret;
pub mod status;
pub mod tie;
