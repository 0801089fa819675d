//! The jobs of points: what is due is found by reading and named to the books in chunks. Each of them may run twice,
//! late, or after it broke off: what was done is not due any more.

use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::time::Time;

use super::action::PointsAction;
use crate::books::{Books, BooksError};
use crate::command::{Action, CommandError, Outcome};

impl Books {
    /// Ends balances, grants what was earned, judges ranks; as of `now`. Gives how many of them.
    ///
    /// # Errors
    /// [`BooksError`]; the other two are done all the same where one cannot be.
    pub async fn run_points_jobs(&self, now: Time) -> Result<u64, BooksError> {
        let ended = self.end_due_balances(now).await;
        let granted = self.grant_due(now).await;
        let judged = self.judge_due(now).await;
        Ok(granted?.saturating_add(ended?).saturating_add(judged?))
    }

    /// Grants earnings whose day has come (F011 to F013).
    ///
    /// # Errors
    /// [`CommandError::Calendar`] where nothing was granted and the day of some week cannot be told.
    pub async fn grant_due(&self, now: Time) -> Result<u64, BooksError> {
        let Some(programmes) = self.reader().programmes().await? else {
            return Ok(0);
        };
        let weeks = self.reader().due_weeks(&programmes, now.day()).await?;
        let mut granted = 0_u64;
        for (class, week) in weeks.due {
            loop {
                let earnings = self.reader().pending_earnings(class, week).await?;
                let some = self.points(PointsAction::Grant { earnings }, now).await?;
                granted = granted.saturating_add(some);
                if some == 0 {
                    break;
                }
            }
        }
        match weeks.untold {
            Some(error) if granted == 0 => Err(CommandError::Calendar(error).into()),
            Some(error) => {
                tracing::warn!(%error, "some grants have to wait");
                Ok(granted)
            }
            None => Ok(granted),
        }
    }

    /// Ends balances of the extending kind whose day has passed (F022).
    ///
    /// # Errors
    /// [`BooksError`].
    pub async fn end_due_balances(&self, now: Time) -> Result<u64, BooksError> {
        let (mut after, mut ended) = ((0, ClassId(0)), 0_u64);
        loop {
            let balances = self.reader().due_balances(now.day(), after).await?;
            let Some(last) = balances.last() else {
                return Ok(ended);
            };
            after = *last;
            let some = self.points(PointsAction::Expire { balances }, now).await?;
            ended = ended.saturating_add(some);
        }
    }

    /// Judges the ranks of members who were not judged today (F018).
    ///
    /// # Errors
    /// [`BooksError`].
    pub async fn judge_due(&self, now: Time) -> Result<u64, BooksError> {
        let Some(programmes) = self.reader().programmes().await? else {
            return Ok(0);
        };
        let mut judged = 0_u64;
        for class in programmes.classes.values().filter(|class| !class.ranks.is_empty()) {
            let mut after = 0;
            loop {
                let members = self.reader().members_to_judge(class.id, now.day(), after).await?;
                let Some((last, _)) = members.last() else { break };
                after = *last;
                let some = self.points(PointsAction::Judge { members }, now).await?;
                judged = judged.saturating_add(some);
            }
        }
        Ok(judged)
    }

    async fn points(&self, action: PointsAction, now: Time) -> Result<u64, BooksError> {
        match self.execute(Action::Points(action), now).await? {
            Outcome::Ended(some) => Ok(some),
            _ => Ok(0),
        }
    }
}
