//! The wallet: everything a phone or a desk does with a resident's or a shop's device, in plain Rust.
//!
//! Flows, each a folder whose header tells its states and what recovers it:
//! - [`acquire`]: vouchers and money are applied for, ordered and received
//! - [`enrol`]: an invitation becomes a device
//! - [`gate`]: the PIN opens the payment key; a locked PIN comes back
//! - [`pay`]: scan, quote, prepare, confirm, receipt
//! - [`receive`]: a shop's device looks at a receipt and answers
//! - [`link`]: a My Number card is linked, and opens what only its person may do
//! - [`sync`]: what was signed goes up, what was decided comes down
//! - [`view`]: what people are shown
//!
//! Mechanisms, which know of no flow: [`home`], [`store`], [`book`], [`vault`], [`key`], [`lock`],
//! [`clock`], [`network`], [`trust`], [`scan`], [`card`], [`draw`], [`secret`], [`fault`].
//!
//! The core blocks; whoever has a screen calls it from a thread of its own (docs/adr/0014).

pub mod acquire;
mod aead;
pub mod book;
pub mod card;
pub mod clock;
pub mod console;
pub mod draw;
mod durable;
pub mod enrol;
pub mod fault;
pub mod gate;
pub mod home;
pub mod key;
pub mod link;
pub mod lock;
pub mod network;
mod open;
pub mod pay;
pub mod receive;
pub mod scan;
pub mod secret;
pub mod store;
pub mod sync;
pub mod trust;
pub mod vault;
pub mod view;

pub use open::{OpenReport, open};
