//! Scenarios across crates: what they share.
//!
//! [`offline_town`] is a town whose keys lie in memory, with enrolled devices and an allowance already in
//! their folders: for everything that happens without a server. [`running_town`] is a town with the real
//! server as a process of its own. [`counter`] is what happens at a counter in either. [`card_link`] is a
//! software My Number card at a reader. [`drawings`] is everything that is drawn.
//! [`selling_town`] is a running town with programmes. [`fuzz`] gives readers of
//! strangers' bytes what strangers give them.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a scenario that cannot be set up has failed"
)]

pub mod card_link;
pub mod chance;
pub mod copies;
pub mod counter;
pub mod database;
pub mod drawings;
pub mod frozen_wallet;
pub mod fuzz;
pub mod jpki_test_card;
pub mod offline_town;
pub mod program;
pub mod running_town;
pub mod scripted_server;
pub mod scripted_town;
pub mod selling_town;
