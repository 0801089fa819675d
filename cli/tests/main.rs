//! What `kinchaku` says and does, run as its user runs it.
#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod acquire;
mod bad_input;
mod card_desk;
mod exit_codes;
mod office_console;
mod office_draw;
mod online;
mod qr_forms;
mod qr_read;
mod served;
mod shop_console;
mod speech;
mod town;
mod wallet_day;
mod wrong_servers;
