//! What people acquire: vouchers that are sold (applied for, drawn, ordered, paid) or handed out, and money they
//! top up with.
//!
//! An application: applied → won or not, or void. An order: [`rows::OrderState`]. What a provider tells is taken in
//! once, however often it is told; an order nobody paid gives its lots back.

pub mod action;
mod decide;
pub(crate) mod load;
pub mod rows;
