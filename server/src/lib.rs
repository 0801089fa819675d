//! Kinchaku.

pub mod keys;
