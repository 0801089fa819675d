//! Which rows a command about points needs.

use super::action::PointsAction;
use crate::lane::wants::Wants;
use crate::ledger::view::View;

/// What the command itself names.
pub(crate) fn wants(wants: &mut Wants, action: &PointsAction) {
    let _ = (wants, action);
}

/// What the rows at hand name further.
pub(crate) fn follow(wants: &mut Wants, view: &View) {
    let _ = (wants, view);
}
