//! The wallet for Kotlin and Swift: what a screen needs of `kinchaku-core`, and nothing it must not see.
//!
//! - [`Wallet`]: an opened folder and everything that is done with it (`wallet/`)
//! - [`host`]: what the phone gives, as traits that it implements
//! - [`error`]: why something did not happen, an enum a flow
//! - [`value`], [`scanned`]: records and states, mirrors of the core's
//! - `engine`: the runtime; effects run to their end whoever stops waiting (docs/adr/0002)
//!
//! No rule lives here: a call converts, asks the core and converts. What may be shown or done is the core's to say.

mod engine;
pub mod error;
pub mod host;
mod panic;
pub mod scanned;
pub mod typed;
pub mod value;
mod wallet;

pub use scanned::recognise;
pub use wallet::*;

uniffi::setup_scaffolding!();
