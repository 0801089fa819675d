//! Kinchaku.

pub mod keys;
pub mod sheet;
