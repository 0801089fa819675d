//! The protocol through its public face.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test stops where it fails"
)]

mod jpki;
mod mpm_networks;
mod mpm_parse;
mod mpm_shop_mark;
mod mpm_symbol;
mod mpm_write;
