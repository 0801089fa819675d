//! The server of a town: its ledger, its sync API and its operator's commands.
//!
//! - [`command`], [`ledger`], [`lane`], [`store`], [`query`]: the books, decided in one pure function
//! - [`keys`], [`config`], [`code`], [`clock`]: what a town keeps secret, decided, hands out, and the time
//! - [`programme`], [`calendar`], [`export`]: what a town's folder says; business days and closes; files for shops,
//!   offices and banks
//! - [`points`], [`sale`], [`settlement`]: what payments earn, how value is acquired, what shops are paid
//! - [`identity`], [`access`]: who somebody is, by their My Number card; who may use the console's API
//! - [`books`], [`http`], [`operator`], [`sheet`], [`jobs`], [`telemetry`]: how people and devices reach them

pub mod access;
pub mod books;
pub mod calendar;
pub mod clock;
pub mod code;
pub mod command;
pub mod config;
pub mod export;
pub mod fault;
pub mod http;
pub mod identity;
pub mod jobs;
pub mod keys;
pub mod lane;
pub mod ledger;
pub mod operator;
pub mod points;
pub mod programme;
pub mod query;
pub mod sale;
pub mod settlement;
pub mod sheet;
pub mod store;
pub mod telemetry;
