//! Acquiring value: what the town offers, applications for lots, orders of lots or money, what is handed out, and
//! points that become money.
//! All of it needs a network; what comes of it arrives as any value does, by signed pages.
//!
//! ```text
//!   (nothing) ──offers──► ASKED ──answer──► TAKEN ──order status──► PAID, LAPSED, …
//!                           │ └────────────► REFUSED(why)
//!                           └── no answer: ASKED, sent again by every sync
//! ```
//! * ASKED is durable before anything is sent, with the one body that is ever sent for it. The server knows it by a
//!   key in that body (an application by the body's hash), so asking again is the same: a lost answer, a killed
//!   process and an impatient person make no second order. [`resume`] repairs all of them.
//! * Without a network nothing is put down: [`AcquireError::NeedsNetwork`].
//! * What the server answers is shown and never counted as value.

mod ask;
mod code;
mod error;
pub(crate) mod fresh;
mod list;
mod offers;
mod resume;

pub use ask::{apply, charge, exchange, order, receive};
pub use code::{VoucherError, read_voucher};
pub use error::AcquireError;
pub use list::{Entry, Outcome, list};
pub use offers::offers;
pub use resume::resume;
