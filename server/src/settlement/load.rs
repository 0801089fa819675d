//! Which rows a command about settlement needs.

use super::action::SettleAction;
use super::rows::{PayoutRow, PeriodRow, RefundRow};
use crate::lane::wants::Wants;
use crate::ledger::rows::IntentRow;
use crate::ledger::view::View;

/// Of what a shop was paid, only what a close still asks about: not the history.
const OPEN_PAYOUTS: &str = "(carried_out <> 0 or exists (select 1 from periods where periods.muni = payouts.muni \
                            and periods.class = payouts.class and periods.number = payouts.number \
                            and periods.state = 0))";

/// What the command itself names.
pub(crate) fn wants(wants: &mut Wants, action: &SettleAction) {
    match action {
        SettleAction::Begin { class, .. } | SettleAction::Finish { class, .. } => {
            wants.one::<PeriodRow>("class", class);
        }
        SettleAction::Pay { class, shops, .. } => {
            wants.one::<PeriodRow>("class", class);
            for sum in shops {
                wants.filtered::<PayoutRow>("shop", &sum.shop, Some(OPEN_PAYOUTS));
            }
        }
        // Its document names the payment.
        SettleAction::Cancel { .. } => {}
        SettleAction::CashRefund { intent, .. } => {
            wants.undoes();
            wants.one::<IntentRow>("id", intent);
        }
    }
}

/// What the rows at hand name further.
pub(crate) fn follow(wants: &mut Wants, view: &View) {
    if wants.is_undoing() {
        for intent in view.intents.all() {
            wants.one::<RefundRow>("intent", &intent.id);
        }
    }
}
