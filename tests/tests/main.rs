//! The scenarios across crates, as one program: each would link the whole house.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test stops where it fails"
)]

mod acquire_again;
mod acquire_flow;
mod arrival_orders;
mod attacks;
mod bad_input;
mod balances;
mod belief;
mod card_exchanges;
mod card_link_online;
mod card_verify_once;
mod clocks;
mod fuzz;
mod jpki;
mod killed;
mod link_attacks;
mod outbox;
mod peer_jpki_test_card;
mod peer_myna_card;
mod pin_recovery;
mod pin_recovery_online;
mod refresh;
mod restored;
mod rollback;
mod shop_answers;
mod story;
mod stubborn_documents;
mod unproven_receipts;
mod upgrade;
