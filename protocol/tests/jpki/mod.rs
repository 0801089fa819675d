//! Certificates and records of My Number cards: what is read, whom it is believed from, what is refused.
//!
//! The cards are those of the test JPKI (`fixtures/jpki`), whose private keys are published, so hostile
//! certificates here are signed by the true issuer where that makes them harder to refuse.

mod attributes;
mod certificates;
mod chains;
mod keys;
mod made;
mod records;
