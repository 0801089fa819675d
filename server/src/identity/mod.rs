//! Who somebody is, by their My Number card.
//!
//! - [`proven`]: what a proof showed; [`prove`]: whether it is true
//! - [`status`]: whether a certificate still stands, as its issuer says

pub mod prove;
pub mod proven;
pub mod status;
