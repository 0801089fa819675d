//! What people acquire: vouchers that are sold (applied for, drawn, ordered, paid) or handed out, and money they
//! top up with.
//!
//! An application: applied → won or not, or void. An order: [`rows::OrderState`]. What a provider tells is taken in
//! once, however often it is told; an order nobody paid gives its lots back.
//!
//! - [`lottery`], [`order`], `event`, `hand_out`: what the books decide
//! - [`exchange`]: points become money
//! - [`provider`]: whoever collects the money; [`desk`], [`somebody`], [`offers`], [`answer`]: in front of the books
//! - [`audit`]: what must hold of all of it (I10, I11)

pub mod action;
pub mod answer;
pub(crate) mod audit;
mod decide;
pub mod desk;
pub(crate) mod event;
pub mod exchange;
mod hand_out;
pub(crate) mod load;
pub mod lottery;
pub mod offers;
pub mod order;
pub mod provider;
pub mod rows;
mod run;
pub mod somebody;
