//! Kinchaku.

pub mod books;
pub mod clock;
pub mod code;
pub mod command;
pub mod config;
pub mod fault;
pub mod http;
pub mod keys;
pub mod lane;
pub mod ledger;
pub mod operator;
pub mod query;
pub mod sheet;
pub mod store;
pub mod telemetry;
