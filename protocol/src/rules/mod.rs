//! The rules that wallet, shop and server evaluate: one function each, called by all of them.
//!
//! - [`authorisation`]: may this intent spend this allowance at this shop?
//! - [`caps`]: how much may a shop accept blind?
//! - [`split`]: which reserve lines pay a total?
//! - [`lots`]: in which order are lots consumed?
//! - [`duplicate`]: was the same amount paid at the same shop a moment ago?
//! - [`refresh`]: is it time for a new allowance?
//! - [`eligibility`]: who may have what, by age and address?
//! - [`earn`]: what does a payment earn, and what does taking it back cost?
//! - [`rank`]: which rank does a member have?
//! - [`expiry`]: when does value end?
//! - [`card_number`]: which number do people call an account by?
//! - [`draw`]: who wins when more is wanted than there is?

pub mod authorisation;
pub mod caps;
pub mod card_number;
pub mod draw;
pub mod duplicate;
pub mod earn;
pub mod eligibility;
pub mod expiry;
pub mod lots;
pub mod rank;
pub mod refresh;
pub mod split;
