//! The reader of a build without card readers: there is none, and it says so.

use std::time::Duration;

use kinchaku_core::card::{CardTransport, TransportLost};

use super::choice::Trouble;
use crate::ask::CardInUse;

/// No reader: there is no value of it.
pub enum Reader {}

/// No card.
pub enum Inserted {}

impl Reader {
    /// There is none.
    pub const fn find(_name: Option<&str>) -> Result<Self, Trouble> {
        Err(Trouble::NotBuilt)
    }

    /// Waits for a card.
    pub const fn insert(&mut self, _patience: Duration) -> Result<Inserted, Trouble> {
        match *self {}
    }

    /// Waits until the card is taken out.
    pub const fn removed(&mut self, _patience: Duration) -> Result<(), Trouble> {
        match *self {}
    }

    /// Whether a card is there now.
    pub const fn has_card(&mut self) -> bool {
        match *self {}
    }
}

impl Inserted {
    /// Takes the card's power.
    pub const fn power_down(self) -> CardInUse {
        match self {}
    }
}

impl CardTransport for Inserted {
    fn transmit(&mut self, _command: &[u8]) -> Result<Vec<u8>, TransportLost> {
        match *self {}
    }
}
