//! The rows of access: tokens of people, and what they did.

use kinchaku_protocol::ids::{DocId, Pid};
use kinchaku_protocol::time::Time;

use crate::store::table::{numbered, table};

numbered! {
    /// What a token may do.
    pub enum AccessRole {
        /// A clerk of one shop.
        Shop = 1,
        /// The head of a merchant: all its shops (F161).
        Merchant = 2,
        /// A town hall that looks (F162).
        Viewer = 3,
        /// A clerk of the office.
        Office = 4,
        /// Whoever answers for the office: programmes, draws, closes, tokens.
        Manager = 5,
    }
}

table! {
    /// Somebody's token for the JSON API.
    pub struct TokenRow in "tokens" key [
        /// SHA-256 of the token.
        hash: DocId,
    ] {
        /// Its number.
        id: u64,
        /// Whose, as the operator calls them.
        name: String,
        /// What it may do.
        role: AccessRole,
        /// All shops of this merchant (F161).
        merchant: Option<String>,
        /// This shop alone.
        shop: Option<Pid>,
        /// When it was made.
        made_at: Time,
        /// Until when it is good.
        expires: Time,
        /// Since when it is no longer.
        revoked_at: Option<Time>,
    }
}

table! {
    /// What somebody did at the console.
    pub struct OfficeDeedRow in "office_log" key [
        /// Its number.
        id: u64,
    ] {
        /// Whose token.
        token: u64,
        /// What, in a word.
        deed: String,
        /// To what.
        target: String,
        /// When.
        at: Time,
        /// Which device, where it signed in place of a token.
        device: Option<u64>,
    }
}
