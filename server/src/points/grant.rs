//! Grants of what was earned (F011 to F013): on its day, or later, each earning once. What one account earned in one
//! week comes as one lot.

use std::collections::{BTreeMap, BTreeSet};

use kinchaku_protocol::ids::{ClassId, DocId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Day;

use super::acquire::{Acquired, acquire};
use super::earn::{sources, total};
use super::rows::{EarningRow, EarningState};
use crate::command::{CommandError, Outcome};
use crate::ledger::decide::Books;
use crate::ledger::rows::{EntryKind, OperationId};

impl Books<'_> {
    /// Grants those that wait and whose day has come. A week whose day cannot be told holds up no other.
    pub(super) fn grant(&mut self, earnings: &[(DocId, ClassId)]) -> Result<Outcome, CommandError> {
        let programmes = self.view.programmes.clone().ok_or(CommandError::NotSetUp)?;
        let named: BTreeSet<_> = earnings.iter().copied().collect();
        let mut due: BTreeMap<(u64, ClassId, Day), Vec<EarningRow>> = BTreeMap::new();
        let mut untold = None;
        for key in named {
            let row = self.view.earnings.copy(&key);
            let Some(row) = row.filter(|row| row.state == EarningState::Pending) else {
                continue;
            };
            let class = programmes.classes.get(&row.class);
            let Some((_, grants)) = class.and_then(|class| class.earn.as_ref()) else {
                continue;
            };
            match grants.granted(&programmes.calendar, row.week) {
                Ok(day) if day <= self.now.day() => {
                    due.entry((row.account, row.class, row.week)).or_default().push(row);
                }
                Ok(_) => {}
                Err(error) => untold = Some(error),
            }
        }
        if let Some(error) = untold.filter(|_| due.is_empty()) {
            return Err(error.into());
        }
        let mut granted = 0_u64;
        for ((account, class, _), rows) in due {
            let known = programmes.classes.get(&class).ok_or(CommandError::Broken)?;
            let totals = rows.iter().map(total).collect::<Result<Vec<_>, _>>()?;
            let acquired = Acquired {
                account,
                class,
                amount: Amount::sum(totals)?,
                until: known.expiry.lot_until(self.now.day()),
                set: known.scope,
                consideration: Amount::ZERO,
                kind: EntryKind::Grant,
                operation_id: OperationId::Grant,
                occurred_at: self.now,
                intent: None,
                sources: sources(&rows)?,
            };
            let posted = acquire(self.view, &acquired, self.now)?;
            for mut row in rows {
                row.state = EarningState::Granted;
                row.lot = Some(posted.lot);
                row.tran_id = Some(posted.tran_id.clone());
                row.changed_at = self.now;
                self.view.earnings.put(row);
                granted = granted.saturating_add(1);
            }
        }
        Ok(Outcome::Ended(granted))
    }
}
