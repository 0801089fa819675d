//! EMV merchant-presented payment codes (EMV QRCPS MPM v1.0, with 62-10 and 62-11 of v1.1): what a
//! shop prints and a wallet scans.
//!
//! Text in, values and complaints out: [`parse`] never fails, it returns what could be read beside
//! every rule that is broken, so that a screen can show a shop's name and still refuse to pay.
//! [`write`] is held to the same rules. [`shop_mark`] is our own signed content of such a code,
//! [`recognise`] names whatever else is pointed at.

pub mod amount;
pub mod crc;
pub mod error;
pub mod fault;
mod field;
pub mod jpqr;
pub mod network;
pub mod object;
pub mod parse;
pub mod payload;
pub mod recognise;
pub mod shop_mark;
pub mod shown;
mod template;
pub mod tlv;
pub mod write;

pub use error::ErrorKind;
pub use fault::Fault;
pub use network::Network;
pub use object::ObjectId;
pub use parse::{Parsed, parse};
pub use payload::{Language, Payload, Template};
pub use recognise::{ConsumerCode, Everyday, NextStep, Scanned, recognise};
pub use write::{WriteError, write};

/// The most bytes a payload may have (EMV QRCPS MPM 4.1).
pub const MAX_PAYLOAD_BYTES: usize = 512;

/// The most characters one value may have, because its length has two digits (3.2).
pub const MAX_VALUE_CHARACTERS: usize = 99;
