//! What the calendar and the office ask about points and other value. Whoever asks found out what is due by reading;
//! the books look again.

use kinchaku_protocol::ids::{ClassId, DocId};
use kinchaku_protocol::money::Amount;

/// Value the office takes away (F105).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forfeiture {
    /// The caller's key: the same key again is the same.
    pub key: String,
    /// From whom.
    pub account: u64,
    /// Which value.
    pub class: ClassId,
    /// How much; all that nothing holds where absent.
    pub amount: Option<Amount>,
    /// Why, in the office's words.
    pub reason: String,
    /// Whose token.
    pub token: u64,
}

/// What is asked about points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PointsAction {
    /// Grants earnings whose day has come (F011 to F013).
    Grant {
        /// Which.
        earnings: Vec<(DocId, ClassId)>,
    },
    /// Ends balances of the extending kind whose day has passed (F022 to F025).
    Expire {
        /// Of which accounts.
        balances: Vec<(u64, ClassId)>,
    },
    /// Judges ranks as of today (F016 to F021).
    Judge {
        /// Of which accounts.
        members: Vec<(u64, ClassId)>,
    },
    /// The office takes value away (F105).
    Forfeit(Forfeiture),
}
