//! What wallet, shop and server must agree on, to the byte and to the yen.
//!
//! Pure: no I/O, no clock, no randomness; `now` and keys come in from outside. The specification is
//! `docs/protocol.md`, the grammar `protocol/kinchaku.cddl`.
//!
//! - [`money`], [`ids`], [`time`]: the words everything else is written in
//! - [`cbor`], [`signature`], [`cose`]: bytes that can be signed once and never read in two ways
//! - [`test_roots`]: the roots nobody may trust with money
//! - [`doc`]: one file for each kind of signed document
//! - [`mpm`], [`voucher`], [`symbol`], [`base45`]: what is printed, shown and scanned
//! - [`rules`]: the rules both sides evaluate, each one function
//! - [`api`], [`http_signature`]: what a device asks a server, and how it signs the request (RFC 9421)
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::indexing_slicing)
)]

pub mod api;
pub mod base45;
pub mod cbor;
pub mod cose;
pub mod doc;
pub mod http_signature;
pub mod ids;
pub mod jpki;
pub mod money;
pub mod mpm;
pub mod rules;
pub mod signature;
pub mod symbol;
pub mod test_roots;
pub mod time;
pub mod voucher;
