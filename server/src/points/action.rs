//! What the calendar asks about points. Whoever asks found out what is due by reading; the books look again.

use kinchaku_protocol::ids::{ClassId, DocId};

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
}
