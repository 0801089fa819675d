//! Scenarios across crates: what they share.
//!
//! [`offline_town`] is a town whose keys lie in memory, with enrolled devices and an allowance already in
//! their folders: for everything that happens without a server.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a scenario that cannot be set up has failed"
)]

pub mod frozen_wallet;
pub mod offline_town;
