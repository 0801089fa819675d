//! What is asked about access.

use kinchaku_protocol::ids::Pid;
use kinchaku_protocol::time::Time;

use super::rows::AccessRole;

/// A token for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// Whose.
    pub name: String,
    /// What it may do.
    pub role: AccessRole,
    /// For [`AccessRole::Merchant`].
    pub merchant: Option<String>,
    /// For [`AccessRole::Shop`].
    pub shop: Option<Pid>,
    /// Until when it is good.
    pub expires: Time,
}

/// What is asked about access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessAction {
    /// A token.
    Issue(NewToken),
    /// No longer.
    Revoke {
        /// Which.
        id: u64,
    },
    /// Somebody did something at the console.
    Log {
        /// Whose token.
        token: u64,
        /// Which device, where it signed in place of a token.
        device: Option<u64>,
        /// What, in a word.
        deed: String,
        /// To what.
        target: String,
    },
}
