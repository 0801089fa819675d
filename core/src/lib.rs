//! Kinchaku.
mod aead;
pub mod clock;
pub mod draw;
mod durable;
pub mod fault;
pub mod key;
pub mod lock;
pub mod scan;
pub mod secret;
pub mod store;
pub mod vault;
