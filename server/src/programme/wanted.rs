//! Which rows a command about the town's folder needs.

use super::action::SetUpAction;
use crate::lane::wants::Wants;
use crate::ledger::view::View;

/// What the command itself names.
pub(crate) fn wants(wants: &mut Wants, action: &SetUpAction) {
    let _ = (wants, action);
}

/// What the rows at hand name further.
pub(crate) fn follow(wants: &mut Wants, view: &View) {
    let _ = (wants, view);
}
