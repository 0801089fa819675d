//! Receiving, on a shop's enrolled device: look at a payer's receipt, decide, sign the answer.
//!
//! ```text
//! check    verifies everything that can be verified offline      nothing written
//! answer   seen{accepted | refused} signed, with its outbox rows one counted commit, then the screen
//! relay    the receipt goes up at once; green only by the server's signed fact
//! ```
//!
//! | dies at              | then                                                            |
//! |----------------------|-----------------------------------------------------------------|
//! | before the commit    | nothing was said: the payer shows the receipt again             |
//! | after the commit     | the answer stands: the same receipt is told what was answered   |
//! | while relaying       | it waits; the next sync brings the fact                         |

mod answer;
mod check;
mod error;
mod relay;
mod verify;

pub use answer::{Answered, answer, answered, refuse};
pub use check::{Checked, check};
pub use error::ReceiveError;
pub use relay::{Relayed, relay};
pub use verify::{Counter, Proven, verify};
