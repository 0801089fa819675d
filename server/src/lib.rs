//! Kinchaku.

pub mod command;
pub mod fault;
pub mod keys;
pub mod sheet;
