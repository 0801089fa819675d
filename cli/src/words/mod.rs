//! What every error of the core is called: one file for each flow, each enum matched to its last
//! variant, so that a new one does not compile until it has words, a code and an exit status.

pub mod acquire;
pub mod card;
pub mod enrol;
pub mod gate;
pub mod link;
pub mod pay;
pub mod receive;
pub mod refusal;
pub mod report;
pub mod scan;
pub mod seen;
pub mod state;
pub mod store;
pub mod sync;
