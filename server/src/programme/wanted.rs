//! Which rows a command about the town's folder needs: a folder is checked against everything that hangs on it.

use super::action::SetUpAction;
use super::rows::{ProgrammeFileRow, RosterLineRow, RosterRow};
use crate::lane::wants::Wants;
use crate::ledger::rows::{ClassRow, ShopRow, ShopSetRow};
use crate::ledger::view::View;
use crate::sale::rows::SaleRow;
use crate::settlement::rows::PeriodRow;
use crate::store::Which;

/// What the command itself names.
pub(crate) fn wants(wants: &mut Wants, action: &SetUpAction) {
    match action {
        SetUpAction::Load(_) => {
            wants.whole::<ProgrammeFileRow>(Which::All);
            wants.whole::<ClassRow>(Which::All);
            wants.whole::<ShopRow>(Which::All);
            wants.whole::<ShopSetRow>(Which::All);
            wants.whole::<SaleRow>(Which::All);
            wants.whole::<PeriodRow>(Which::All);
        }
        SetUpAction::Roster { name, .. } => {
            wants.one::<RosterRow>("name", name);
            wants.one::<RosterLineRow>("list", name);
        }
    }
}

/// What the rows at hand name further.
pub(crate) const fn follow(_: &mut Wants, _: &View) {}
