//! Which rows a command about access needs.

use kinchaku_protocol::ids::DocId;

use super::action::AccessAction;
use super::rows::TokenRow;
use crate::lane::wants::Wants;
use crate::ledger::rows::ShopRow;
use crate::ledger::view::View;

/// What the command itself names.
pub(crate) fn wants(wants: &mut Wants, action: &AccessAction) {
    match action {
        AccessAction::Issue(token) => {
            wants.one::<TokenRow>("hash", &DocId(token.hash));
            wants.one::<ShopRow>("shop", &token.shop);
            wants.one::<ShopRow>("merchant_id", &token.merchant);
        }
        AccessAction::Revoke { id } => wants.one::<TokenRow>("id", id),
        AccessAction::Log { .. } => {}
    }
}

/// What the rows at hand name further.
pub(crate) const fn follow(_: &mut Wants, _: &View) {}
