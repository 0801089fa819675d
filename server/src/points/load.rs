//! Which rows a command about points needs, and which ones payments need for their points.

use kinchaku_protocol::rules::expiry::Expiry;

use super::action::PointsAction;
use super::forfeit::forfeit_key;
use super::rows::{CampaignPointsRow, EarningRow, EarningState, ExtendingRow, ForfeitRow, PointDayRow, RankRow};
use crate::lane::wants::Wants;
use crate::ledger::rows::{AccountRow, ClassRow, LotRow};
use crate::ledger::view::View;
use crate::programme::Kind;

/// What the command itself names.
pub(crate) fn wants(wants: &mut Wants, action: &PointsAction) {
    match action {
        PointsAction::Grant { earnings } => {
            wants.granting = true;
            for (intent, _) in earnings {
                wants.one::<EarningRow>("intent", intent);
            }
        }
        PointsAction::Expire { balances } => {
            for (account, _) in balances {
                wants.one::<AccountRow>("id", account);
                wants.filtered::<LotRow>("account", account, Some("remaining > 0"));
            }
        }
        PointsAction::Judge { members } => {
            for (account, _) in members {
                wants.one::<PointDayRow>("account", account);
                wants.one::<RankRow>("account", account);
            }
        }
        PointsAction::Forfeit(asked) => {
            wants.one::<ForfeitRow>("id", &forfeit_key(asked.account, &asked.key));
            wants.one::<AccountRow>("id", &asked.account);
            wants.one::<ClassRow>("id", &asked.class);
            wants.filtered::<LotRow>("account", &asked.account, Some("remaining > 0"));
        }
    }
}

/// What the rows at hand name further.
pub(crate) fn follow(wants: &mut Wants, view: &View) {
    let Some(programmes) = view.programmes.as_deref() else {
        return;
    };
    let mut classes = programmes.classes.values();
    if classes.clone().any(|class| class.earn.is_some()) {
        let mut kinds = programmes.programmes.values().map(|programme| &programme.kind);
        let campaigns = kinds.any(|kind| matches!(kind, Kind::Campaign(_)));
        for intent in view.intents.all() {
            if wants.may_turn(view, intent) {
                wants.one::<EarningRow>("intent", &intent.id);
            }
        }
        // The first payment of an allowance is no row yet: its account comes with the allowance.
        for account in view.accounts.all().filter(|_| campaigns) {
            wants.one::<CampaignPointsRow>("account", &account.id);
        }
        for line in view.hold_lines.all() {
            if !programmes.classes.contains_key(&line.class) {
                wants.one::<ClassRow>("id", &line.class);
            }
        }
    }
    for earning in view.earnings.all() {
        wants.one::<AccountRow>("id", &earning.account);
        if earning.state == EarningState::Granted {
            // Whoever takes it back takes it from these.
            wants.filtered::<LotRow>("account", &earning.account, Some("remaining > 0"));
        }
    }
    if classes.any(|class| matches!(class.expiry, Expiry::Extending { .. })) {
        for account in view.accounts.all() {
            wants.one::<ExtendingRow>("account", &account.id);
        }
        // Where a balance is over when something is granted, it ends first.
        let granting = wants.granting;
        for balance in view.extending.all().filter(|row| granting && row.until.is_some()) {
            wants.filtered::<LotRow>("account", &balance.account, Some("remaining > 0"));
        }
    }
}
