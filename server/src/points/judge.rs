//! Ranks (F016 to F021): judged for each day since the last time, so that a day on which nobody judged changes nothing.

use std::collections::BTreeSet;

use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::money::Signed;
use kinchaku_protocol::rules::rank::{self, Standing};
use kinchaku_protocol::time::Day;

use super::acquire::tell_standing;
use super::rows::RankRow;
use crate::command::{CommandError, Outcome};
use crate::ledger::decide::Books;
use crate::store::table::Column;

impl Books<'_> {
    /// Judges members as of today. Somebody who was never judged began with the lowest rank on the day of the first
    /// points.
    pub(super) fn judge(&mut self, members: &[(u64, ClassId)]) -> Result<Outcome, CommandError> {
        let programmes = self.view.programmes.clone().ok_or(CommandError::NotSetUp)?;
        let today = self.now.day();
        let named: BTreeSet<_> = members.iter().copied().collect();
        let mut judged = 0_u64;
        for (account, class) in named {
            let known = programmes.classes.get(&class);
            let Some((ladder, highest)) = known.and_then(|known| Some((known.ladder()?, known.ranks.len()))) else {
                continue;
            };
            let days = self.view.point_days.by(&account.to_value());
            let granted: Vec<(Day, Signed)> = days
                .filter(|row| row.class == class)
                .map(|row| (row.day, row.points))
                .collect();
            let before = self.view.ranks.copy(&(account, class));
            if before.as_ref().is_some_and(|row| row.judged >= today) {
                continue;
            }
            let last = before.as_ref().map(|row| Standing {
                day: row.judged,
                rank: usize::try_from(row.rank)
                    .unwrap_or(usize::MAX)
                    .min(highest.saturating_sub(1)),
            });
            let first = granted.iter().map(|(day, _)| *day).min();
            let last = last.or_else(|| first.map(|day| Standing { day, rank: 0 }));
            let standing = rank::judge(&ladder, &granted, last, today);
            let row = RankRow {
                account,
                class,
                rank: u32::try_from(standing.rank).unwrap_or(u32::MAX),
                judged: standing.day,
            };
            if before.map_or(0, |before| before.rank) != row.rank {
                tell_standing(self.view, account, class);
            }
            self.view.ranks.put(row);
            judged = judged.saturating_add(1);
        }
        Ok(Outcome::Ended(judged))
    }
}
