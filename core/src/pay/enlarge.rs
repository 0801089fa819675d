//! The reserve is short, the account perhaps not: with a network a larger one is asked for, and the person hears only
//! what is still missing then.

use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::split::Choice;

use super::error::PayError;
use super::quote::{Quote, quote};
use super::shop_code::Shop;
use crate::home::Home;
use crate::sync::enlarge_allowance;

/// As [`quote`]; where it is short and there is a network, the reserve is enlarged once first. That the network does not
/// do is no error of the payment.
///
/// # Errors
/// [`PayError`].
pub fn quote_enlarging(
    home: &Home,
    shop: &Shop,
    total: Amount,
    choice: &Choice,
    online: bool,
) -> Result<Quote, PayError> {
    match quote(home, shop, total, choice, online) {
        Err(PayError::Short { .. } | PayError::ClassShort { .. })
            if online && matches!(enlarge_allowance(home), Ok(true)) =>
        {
            quote(home, shop, total, choice, online)
        }
        quoted => quoted,
    }
}
