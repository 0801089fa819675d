//! Which rows a command about settlement needs.

use super::action::SettleAction;
use crate::lane::wants::Wants;
use crate::ledger::view::View;

/// What the command itself names.
pub(crate) fn wants(wants: &mut Wants, action: &SettleAction) {
    let _ = (wants, action);
}

/// What the rows at hand name further.
pub(crate) fn follow(wants: &mut Wants, view: &View) {
    let _ = (wants, view);
}
