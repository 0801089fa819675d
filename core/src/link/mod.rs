//! Linking a My Number card, and what a linked card opens: the person signs a challenge of the server with
//! the card, and the server decides.
//!
//! ```text
//!   (nothing) ──begin──► CHALLENGED ──touch, confirm──► PROVEN ──fact{posted}───► LINKED
//!                            │                            ├──fact{pending}──► at the counter
//!                            │                            └──fact{rejected}─► REFUSED(reason)
//!                            └────────── 15 minutes ──────┴─────────────────► OVER
//! ```
//! * CHALLENGED needs a network; the touch needs none. What the card gave is in memory only until the person
//!   confirms it.
//! * PROVEN is durable before anything is sent: a lost network or a killed process is repaired by
//!   [`resume`], with the same document, which the server answers the same. After 15 minutes it is dropped.
//! * Nothing is linked until a signed fact about this very proof says so.
//!
//! Name and address live in the encrypted store and nowhere else: not in an error, not in a log.

mod challenge;
mod error;
mod evidence;
mod key_id;
mod prove;
mod standing;
mod tries;

pub use challenge::{Challenge, begin};
pub use error::LinkError;
pub use evidence::Evidence;
pub use key_id::key_id;
pub use prove::{Proven, confirm, resume};
pub use standing::{Official, Standing, Waiting, standing};
pub use tries::{remember_tries, remembered_tries};
